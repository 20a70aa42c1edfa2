"""What changed in published numbers, for a terminal or a program.

Belongs here: showing the restatement ledger. Does not: writing it.
"""

from collections.abc import Sequence

from growthleads_assets.commands.reporting import Reporter
from growthleads_assets.warehouse.restatements import Restatement, restated_in_all

COLUMNS = ("restated_at", "mart", "key", "period", "old", "new", "difference", "kind", "because_of")


def show(rows: Sequence[Restatement], reporter: Reporter, *, is_selection: bool) -> None:
    """The rows as a table, and what all sources' days together gained or lost."""
    if not rows:
        reporter.say("No restatement matches." if is_selection else "No published number was restated.")
        return
    reporter.table("Restatements", [_cells(row) for row in rows], COLUMNS)
    reporter.say(f"Commission of all sources and days, restated by {restated_in_all(rows):+} in all.")


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
