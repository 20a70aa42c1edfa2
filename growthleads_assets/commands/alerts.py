"""The alerts on record and what became of them, and trying out the channels.

Belongs here: showing both. Does not: raising or delivering alerts.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from growthleads_assets.alerts.alert import Alert, Message
from growthleads_assets.alerts.channels import channels, problem_sending
from growthleads_assets.commands.reporting import Reporter, plain_values
from growthleads_assets.settings import PREFIX, Settings
from growthleads_assets.warehouse.alerts import Delivery

COLUMNS = ("raised_at", "title", "money_concerned", "delivery")
SHOWN = 50

Raised = Sequence[tuple[Alert, Sequence[Delivery]]]


def as_json(raised: Raised, ui_url: str) -> list[Mapping[str, Any]]:
    """Each alert's fields, with its ``deliveries``; times in ISO 8601."""
    return [
        {**alert.fields(ui_url), "deliveries": list(map(_without_id, plain_values(deliveries)))}
        for alert, deliveries in raised
    ]


def show(raised: Raised, reporter: Reporter) -> None:
    """The newest alerts as a table."""
    if not raised:
        reporter.say("No alert was ever raised.")
        return
    reporter.table("Alerts", [_cells(*each) for each in raised[:SHOWN]], COLUMNS)
    if len(raised) > SHOWN:
        reporter.say(f"{len(raised) - SHOWN} older ones: growthleads alerts --json")


def send_test(settings: Settings, reporter: Reporter) -> bool:
    """Send a test message over each channel, and say what became of it; whether all were taken."""
    test = Alert(
        key="test",
        kind="test",
        title="This is a test",
        message="GrowthLeads can reach you here. It was asked to try by `growthleads alerts --test`.",
        happened_at=datetime.now(UTC),
        money=None,
        money_is="this is a test",
    )
    succeeded = True
    for channel in channels(settings):
        problem = problem_sending(channel, Message([test], settings.ui_url))
        if problem:
            reporter.complain(f"{channel.name}: {problem}")
            succeeded = False
        else:
            reporter.say(f"{channel.name}: sent")
    if settings.alert_channels == ("log",):
        wanted = ", ".join(f"{PREFIX}{name}" for name in ("SLACK_WEBHOOK_URL", "SMTP_URL", "ALERT_WEBHOOK_URL"))
        reporter.say(f"No other channel is configured: set one or more of {wanted} (see the README).")
    return succeeded


def _without_id(delivery: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in delivery.items() if name != "alert_id"}


def _cells(alert: Alert, deliveries: Sequence[Delivery]) -> Mapping[str, object]:
    return {
        "raised_at": f"{alert.raised_at:%Y-%m-%d %H:%M:%S}",
        "title": alert.title,
        "money_concerned": alert.money_in_words,
        "delivery": "; ".join(map(_state, deliveries)) or "none: it happened before a channel was configured",
    }


def _state(delivery: Delivery) -> str:
    if delivery.delivered_at:
        return f"{delivery.channel}: {delivery.delivered_at:%Y-%m-%d %H:%M:%S}"
    if delivery.given_up_at:
        return f"{delivery.channel}: given up after {delivery.attempts} tries: {delivery.last_error}"
    if not delivery.attempts:
        return f"{delivery.channel}: due"
    return (
        f"{delivery.channel}: tried {delivery.attempts} times, again at {delivery.next_try_at:%H:%M:%S}: "
        f"{delivery.last_error or 'under way'}"
    )
