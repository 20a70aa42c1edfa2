"""What changed in published numbers, for a terminal or a program.

Belongs here: showing the restatement ledger. Does not: writing it.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from growthleads_assets.commands.reporting import Reporter
from growthleads_assets.warehouse.restatements import Restatement, restated_in_all

COLUMNS = ("restated_at", "mart", "key", "period", "old", "new", "difference", "kind", "because_of")


def as_json(rows: Sequence[Restatement]) -> list[Mapping[str, Any]]:
    """The columns of the ledger as plain values: amounts as decimal texts, dates and times in ISO 8601."""
    return [{name: _plain(value) for name, value in vars(row).items()} for row in rows]


def show(rows: Sequence[Restatement], reporter: Reporter, *, is_selection: bool) -> None:
    """The rows as a table, and what all sources' days together gained or lost."""
    if not rows:
        reporter.say("No restatement matches." if is_selection else "No published number was restated.")
        return
    reporter.table("Restatements", [_cells(row) for row in rows], COLUMNS)
    reporter.say(f"Commission of all sources and days, restated by {restated_in_all(rows):+} in all.")


def _plain(value: object) -> object:
    match value:
        case Decimal():
            return str(value)
        case date() | datetime():
            return value.isoformat()
        case _:
            return value


def _cells(row: Restatement) -> dict[str, object]:
    return {
        "restated_at": f"{row.restated_at:%Y-%m-%d %H:%M:%S}",
        "mart": row.mart,
        "key": row.key,
        "period": row.period.isoformat(),
        "old": row.old_commission,
        "new": row.new_commission,
        "difference": f"{row.difference:+}",
        "kind": row.kind,
        "because_of": row.because_of,
    }
