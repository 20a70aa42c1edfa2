"""The channels that the settings name, and sending a message over one in bounded time.

Belongs here: what all channels have in common. Does not: how any one of them speaks (web.py, mail.py).
"""

import logging
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from growthleads_assets.alerts.alert import Message
from growthleads_assets.alerts.failure import DeliveryFailed
from growthleads_assets.alerts.mail import Mail
from growthleads_assets.alerts.web import Slack, Webhook
from growthleads_assets.settings import Settings

# A conversation has many steps, each with a timeout of its own, and looking up a name has none.
SECONDS_A_MESSAGE = 15

LOG = logging.getLogger(__name__)


class Channel(Protocol):
    """A way to people. ``name`` is its name in `Settings.alert_channels`."""

    @property
    def name(self) -> str:
        """Such as `slack`."""

    def send(self, message: Message) -> None:
        """Send a message, or raise DeliveryFailed."""


@dataclass(frozen=True)
class Log:
    """This process's log, where no other channel is configured."""

    name: str = "log"

    def send(self, message: Message) -> None:
        """Write the message as a warning."""
        LOG.warning("ALERT %s\n%s", message.title, message.text, extra={"alert": message.fields()})


def channels(settings: Settings) -> Sequence[Channel]:
    """The channels that alerts go to."""
    found: list[Channel] = []
    if settings.slack_webhook_url:
        found.append(Slack(settings.slack_webhook_url))
    if settings.mail_server and settings.alert_mail_from and settings.alert_mail_to:
        found.append(Mail(settings.mail_server, settings.alert_mail_from, settings.alert_mail_to))
    if settings.alert_webhook_url:
        found.append(Webhook(settings.alert_webhook_url))
    return found or [Log()]


def problem_sending(channel: Channel, message: Message, seconds: float = SECONDS_A_MESSAGE) -> str | None:
    """Send a message; the sentence why it could not be delivered within that time, None if it was."""
    sent: Future[None] = Future()

    def send() -> None:
        try:
            channel.send(message)
        except Exception as problem:  # noqa: BLE001 - it is raised where the message was to be sent
            sent.set_exception(problem)
        else:
            sent.set_result(None)

    # A thread of its own, which nobody waits for: a server that answers a byte at a time holds up no tick and no pass.
    threading.Thread(target=send, name=f"alert to {channel.name}", daemon=True).start()
    try:
        sent.result(seconds)
    except DeliveryFailed as problem:
        return str(problem)
    except TimeoutError:
        return f"It was not taken within {seconds:g} seconds."
    except Exception as problem:  # noqa: BLE001 - whatever a library raises: no run fails because of a message
        return f"It could not be sent: {type(problem).__name__}."
    return None
