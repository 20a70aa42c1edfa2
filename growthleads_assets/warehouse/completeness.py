"""Which days are complete, and which lack a file that they should have by now.

Belongs here: asking `gold.day_completeness` for that. Does not: telling anyone.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

import psycopg
from psycopg.rows import class_row

from growthleads_assets.warehouse.database import is_there
from growthleads_assets.warehouse.fitting import prepared


@dataclass(frozen=True)
class LateFile:
    """A required file that has not come: its source and day, and when the first other file of that day came."""

    source: str
    day: date
    others_came_at: datetime


@dataclass(frozen=True)
class PartDay:
    """A part and day, as in `gold.day_completeness`, where its columns are described; files are source names."""

    part: int
    date: date
    status: Literal["complete", "provisional", "waiting", "missing"]
    files_in: list[str]
    files_missing: list[str]
    waiting_for: list[str]
    files_late: list[str]
    files_refused: list[str]
    files_empty: list[str]
    quarantined_rows: int
    quarantined_money: Decimal
    is_estimated: bool
    first_file_at: datetime | None
    published_at: datetime | None
    is_current: bool


def late_files(connection: psycopg.Connection) -> list[LateFile]:
    """The required event files that are overdue, by source and day.

    A file is late when the first file of its day, of another source that feeds the same part, was accepted longer ago
    than GROWTHLEADS_LATE_AFTER and a part in use waits for it. None while the view is missing, also where somebody
    dropped it: who looks for work to do is to find it all the same, and a run makes the view again.
    """
    if not is_there(connection, "gold.day_completeness"):
        return []
    with connection.cursor(row_factory=class_row(LateFile)) as cursor:
        return cursor.execute(
            """
            select late.source, date as day, min(first_file_at) as others_came_at
            from gold.day_completeness
            cross join lateral unnest(files_late) as late (source)
            group by late.source, date
            order by late.source, date
            """
        ).fetchall()


def part_days(connection: psycopg.Connection, first: date, last: date) -> list[PartDay]:
    """Each part in use and day of the range that it has got to, by part and day; none before a first run.

    Raises psycopg.Error, also where somebody dropped the view: no day must look as if nothing had come.
    """
    if not is_prepared(connection):
        return []
    with connection.cursor(row_factory=class_row(PartDay)) as cursor:
        return cursor.execute(
            "select * from gold.day_completeness where date between %s and %s order by part, date", (first, last)
        ).fetchall()


def is_prepared(connection: psycopg.Connection) -> bool:
    """Whether the models were made: by the first run, and not by whoever looks before."""
    return prepared(connection) is not None
