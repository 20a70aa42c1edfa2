"""Alerts and the messages made of them.

Belongs here: what an alert holds, and how one or many of them are worded. Does not: when one is raised, or sending it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from textwrap import shorten
from typing import Literal

from growthleads_assets.words import span

Kind = Literal["refused_file", "late_file", "failed_work", "failed_check", "failed_run", "test"]

DIGEST_TITLES: dict[Kind, str] = {
    "refused_file": "{} files are refused",
    "late_file": "{} required files are late",
    "failed_work": "{} pieces of work failed for good",
    "failed_check": "{} blocking checks failed",
    "failed_run": "{} runs failed",
    "test": "{} tests",
}
# Slack cuts a text at 40,000 characters.
LISTED = 50
LISTED_CHARACTERS = 400
SHOWN_CHARACTERS = 2_000


@dataclass(frozen=True)
class Money:
    """How much money is concerned: ``amount`` is None where nothing is known, ``what`` says what it is, or why not."""

    amount: Decimal | None
    what: str
    is_estimate: bool = False


@dataclass(frozen=True)
class Alert:
    """One matter to tell people of, once: ``key`` names it, and an alert of the same key is the same matter.

    ``title`` is one line, ``message`` the sentences that say what happened. ``file`` is a path from the landing zone.
    ``money``, ``money_is`` and ``money_is_estimate`` are those of a `Money`.
    """

    key: str
    kind: Kind
    title: str
    message: str
    happened_at: datetime
    money: Decimal | None
    money_is: str
    money_is_estimate: bool = False
    source: str | None = None
    file: str | None = None
    first_day: date | None = None
    last_day: date | None = None
    run_id: str | None = None
    raised_at: datetime | None = None

    @property
    def money_in_words(self) -> str:
        """The amount with what it is, such as ``about 1,234.50, the median of routy's last 28 files``."""
        if self.money is None:
            return f"not known: {self.money_is}"
        return f"{'about ' if self.money_is_estimate else ''}{self.money:,.2f}, {self.money_is}"

    @property
    def days(self) -> str | None:
        """The day or days, as people read them."""
        return span(self.first_day, self.last_day) if self.first_day and self.last_day else None

    def link(self, ui_url: str) -> str:
        """The page of the run in the UI; without a run that of the source's asset, or of all assets."""
        if self.run_id:
            return f"{ui_url.rstrip('/')}/runs/{self.run_id}"
        return f"{ui_url.rstrip('/')}/assets" + (f"/bronze/{self.source}" if self.source else "")

    @property
    def runbook(self) -> str | None:
        """The page, in the checkout, that says what to do about an alert of this kind."""
        return None if self.kind == "test" else f"docs/runbook/{self.kind}.md"

    def fields(self, ui_url: str) -> dict[str, object]:
        """All of it as plain values: amounts as decimal texts, days and times in ISO 8601."""
        return {
            "key": self.key,
            "kind": self.kind,
            "title": self.title,
            "message": self.message,
            "source": self.source,
            "file": self.file,
            "first_day": self.first_day and self.first_day.isoformat(),
            "last_day": self.last_day and self.last_day.isoformat(),
            "money": None if self.money is None else f"{self.money:.2f}",
            "money_is": self.money_is,
            "money_is_estimate": self.money_is_estimate,
            "run_id": self.run_id,
            "run_url": self.link(ui_url) if self.run_id else None,
            "link": self.link(ui_url),
            "runbook": self.runbook,
            "happened_at": self.happened_at.isoformat(),
            "raised_at": self.raised_at and self.raised_at.isoformat(),
        }


@dataclass(frozen=True)
class Message:
    """What is sent at once: one alert, or a digest of several of one kind. ``ui_url`` is where its links begin."""

    alerts: Sequence[Alert]
    ui_url: str

    @property
    def title(self) -> str:
        """One line."""
        first = self.alerts[0]
        title = first.title if len(self.alerts) == 1 else DIGEST_TITLES[first.kind].format(len(self.alerts))
        return " ".join(title.split())

    @property
    def text(self) -> str:
        """What happened, which day and file, how much money is concerned, and the link; without the title."""
        if len(self.alerts) > 1:
            return self._digest()
        [alert] = self.alerts
        facts = {
            "Day": alert.days,
            "File": alert.file,
            "Money concerned": alert.money_in_words,
            "When": f"{alert.happened_at:%Y-%m-%d %H:%M} UTC",
            "Run" if alert.run_id else "See": alert.link(self.ui_url),
            "What to do": alert.runbook,
        }
        return "\n".join(
            [
                shorten(alert.message, SHOWN_CHARACTERS, placeholder=" …"),
                "",
                *(f"{name}: {fact}" for name, fact in facts.items() if fact),
            ]
        )

    def fields(self) -> dict[str, object]:
        """The alert's own fields and the ``text``; of a digest those that all its alerts share, and ``alerts``."""
        each = [alert.fields(self.ui_url) for alert in self.alerts]
        if len(each) == 1:
            return {**each[0], "text": self.text}
        shared = {
            name: value if all(other[name] == value for other in each) else None for name, value in each[0].items()
        }
        return {**shared, "title": self.title, "text": self.text, "alerts": each}

    def _digest(self) -> str:
        lines = [f"- {self._in_a_line(alert)}" for alert in self.alerts[:LISTED]]
        if len(self.alerts) > LISTED:
            lines.append(f"- and {len(self.alerts) - LISTED} more: `growthleads alerts` lists them.")
        if runbook := self.alerts[0].runbook:
            lines += ["", f"What to do: {runbook}"]
        return "\n".join(lines)

    def _in_a_line(self, alert: Alert) -> str:
        said = shorten(f"{alert.title}: {alert.message}", LISTED_CHARACTERS, placeholder=" …")
        return f"{said} Money concerned: {alert.money_in_words}. {alert.link(self.ui_url)}"
