"""Slack and webhooks: messages posted as JSON.

Belongs here: the two forms, and the HTTP request. Does not: whether it is tried again.
"""

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from growthleads_assets.alerts.alert import Message
from growthleads_assets.alerts.failure import DeliveryFailed

SECONDS = 10
SHOWN_BYTES = 200
SHORTEST_SECRET = 8


@dataclass(frozen=True)
class Slack:
    """An incoming webhook of Slack."""

    url: SecretStr
    name: str = "slack"

    def send(self, message: Message) -> None:
        """Post the message as text. Raises DeliveryFailed."""
        _post(self.url, {"text": f"*{_escaped(message.title)}*\n{_escaped(message.text)}"})


@dataclass(frozen=True)
class Webhook:
    """An endpoint of one's own."""

    url: SecretStr
    name: str = "webhook"

    def send(self, message: Message) -> None:
        """Post the message's fields. Raises DeliveryFailed."""
        _post(self.url, message.fields())


def _escaped(text: str) -> str:
    """As Slack wants it; so a file's name can neither link nor call everybody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect is no delivery: the request would go on as GET, without its content."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _post(url: SecretStr, content: Mapping[str, object]) -> None:
    address = url.get_secret_value()
    parts = urlsplit(address)
    # An endpoint may repeat what it was asked for. What is shorter is no secret, and could be part of any word.
    secrets = [part for part in (address, parts.path, parts.query) if len(part) > SHORTEST_SECRET]
    request = urllib.request.Request(  # noqa: S310 - the settings accept http and https only
        address,
        data=json.dumps(content).encode(),
        headers={"Content-Type": "application/json; charset=utf-8", "User-Agent": "growthleads"},
        method="POST",
    )
    try:
        urllib.request.build_opener(_NoRedirects).open(request, timeout=SECONDS).close()
    except urllib.error.HTTPError as answer:
        with answer:
            said = answer.read(SHOWN_BYTES).decode(errors="replace")
        raise DeliveryFailed(f"The endpoint answered {answer.code} {answer.reason}: {said}", secrets) from None
    except (OSError, http.client.HTTPException) as problem:
        reason = getattr(problem, "reason", None) or problem
        raise DeliveryFailed(f"The endpoint cannot be reached: {reason}", secrets) from None
