"""Which days lack a file that they should have by now.

Belongs here: asking the ledger for that. Does not: telling anyone.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import psycopg
from psycopg.rows import class_row


@dataclass(frozen=True)
class LateFile:
    """A required file that has not come: its source and day, and when the first other file of that day came."""

    source: str
    day: date
    others_came_at: datetime


def late_files(connection: psycopg.Connection, late_after: timedelta) -> list[LateFile]:
    """The required event files that are overdue, by source and day.

    A file is late when the first file of its day, of another source that feeds the same part, was accepted more than
    ``late_after`` ago and a part waits for it. A part that no source of its own ever fed is not in use, and waits for
    nothing: voluum alone, which feeds both parts, makes nobody miss scrapers.
    """
    prepared = connection.execute("select to_regclass('silver.part_days') is not null").fetchone()
    if not prepared or not prepared[0]:
        return []
    with connection.cursor(row_factory=class_row(LateFile)) as cursor:
        return cursor.execute(_LATE_FILES, {"late_after": late_after}).fetchall()


_LATE_FILES = """
with parts_in_use as (
    select distinct sources.parts[1] as part
    from bronze.sources
    inner join bronze.files using (source)
    where files.status = 'loaded' and sources.kind = 'event' and cardinality(sources.parts) = 1
),
arrivals as (
    select part_sources.part, files.day, min(files.recorded_at) as others_came_at
    from bronze.files
    inner join bronze.part_sources using (source)
    where files.status = 'loaded' and part_sources.kind = 'event'
    group by part_sources.part, files.day
)
select missing.source, part_days.date as day, min(arrivals.others_came_at) as others_came_at
from silver.part_days
inner join parts_in_use using (part)
cross join lateral unnest(part_days.waiting_for) as missing (source)
inner join bronze.sources on missing.source = sources.source and sources.kind = 'event'
inner join arrivals on part_days.part = arrivals.part and part_days.date = arrivals.day
where arrivals.others_came_at < clock_timestamp() - %(late_after)s
group by missing.source, part_days.date
order by missing.source, part_days.date
"""
