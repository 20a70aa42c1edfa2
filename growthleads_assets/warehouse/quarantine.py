"""What is held out of the calculation: the quarantined rows, and the money that they are worth.

Belongs here: reading `bronze.quarantine`. Does not: judging rows (landing/quarantine.py), resolving them (ledger.py).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import psycopg
from psycopg.rows import class_row

FIRST_LINES = 5


@dataclass(frozen=True)
class HeldOut:
    """Rows of a file version held out for one reason; ``first_lines`` are where the first five of them start.

    ``money_held_out`` is what they are worth as far as it can be read, None for a source that delivers no money;
    ``resolved_at`` when a later version took the place of theirs, None while they are held out.
    """

    source: str
    file: str
    day: date | None
    reason: str
    rows: int
    money_held_out: Decimal | None
    rows_without_readable_money: int
    first_lines: list[int]
    quarantined_at: datetime
    resolved_at: datetime | None


@dataclass(frozen=True)
class Entry:
    """A row held out: where it starts, as it landed, and what is wrong with it; ``detail`` says what to do."""

    line: int
    column_name: str | None
    value: str | None
    reason: str
    detail: str
    raw_line: str


def held_out(
    connection: psycopg.Connection,
    *,
    first: date | None = None,
    last: date | None = None,
    source: str | None = None,
    days: Collection[date | None] | None = None,
    with_resolved: bool = False,
) -> list[HeldOut]:
    """What is held out, by source, day, file and reason; ``with_resolved``: what once was, too.

    A bound leaves out what has no day, which is a dimension's; ``days`` names them one by one, None for dimensions.
    """
    with connection.cursor(row_factory=class_row(HeldOut)) as cursor:
        return cursor.execute(
            """
            select
                source,
                file,
                day,
                reason,
                count(*) as rows,
                case
                    when bool_or(earnings_column is not null)
                        then coalesce(sum(bronze.readable_money(fields, earnings_column)), 0)
                end as money_held_out,
                count(*) filter (
                    where earnings_column is not null and bronze.readable_money(fields, earnings_column) is null
                ) as rows_without_readable_money,
                (array_agg(line order by line))[:%(first_lines)s] as first_lines,
                min(quarantined_at) as quarantined_at,
                max(resolved_at) as resolved_at
            from bronze.quarantine
            left join bronze.sources using (source)
            where (%(with_resolved)s or resolved_at is null)
                and (%(first)s::date is null or day >= %(first)s)
                and (%(last)s::date is null or day <= %(last)s)
                and (%(source)s::text is null or source = %(source)s)
                and (%(days)s::date[] is null or day = any(%(days)s) or (day is null and %(undated)s))
            group by source, day, file, load_id, reason
            order by source, day, file, load_id, reason
            """,
            {
                "first": first,
                "last": last,
                "source": source,
                "days": None if days is None else [day for day in days if day],
                "undated": days is not None and None in days,
                "with_resolved": with_resolved,
                "first_lines": FIRST_LINES,
            },
        ).fetchall()


def entries(connection: psycopg.Connection, source: str, file: str) -> list[Entry]:
    """The rows of the version in force that are held out, in the order of their lines."""
    with connection.cursor(row_factory=class_row(Entry)) as cursor:
        return cursor.execute(
            """
            select line, column_name, value, reason, detail, raw_line
            from bronze.quarantine
            where source = %s and file = %s and resolved_at is null
            order by line
            """,
            (source, file),
        ).fetchall()
