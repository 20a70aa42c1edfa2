"""What the views of quality say about some days: how many rows, what they add up to, and the first of them.

Belongs here: reading such a view. Does not: which views there are, or what follows from what they say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal, LiteralString, NamedTuple

import psycopg
from psycopg import sql

from growthleads_assets.words import span

SHOWN_ROWS = 100


class Days(NamedTuple):
    """The first and the last day that is looked at."""

    first: date
    last: date

    def __str__(self) -> str:
        return span(self.first, self.last)


@dataclass(frozen=True)
class Look:
    """Where to look: rows of ``gold.<view>`` that fulfil ``condition``, in ``order``, and the column to be summed.

    ``condition`` may name parameters. ``reach`` says what a run of some days is about: these, the scraper days around
    them as well, or all there is, for what belongs to no day.
    """

    view: str
    order: LiteralString
    condition: LiteralString = "true"
    summed: str | None = None
    reach: Literal["days", "scraper_days", "all"] = "days"


@dataclass(frozen=True)
class Found:
    """What there is: ``count`` rows in all, ``total`` of the column that was to be summed, and the first ``rows``."""

    columns: Sequence[str]
    rows: Sequence[tuple[Any, ...]]
    count: int
    total: Decimal | None


_REACHES: Mapping[str, LiteralString] = {
    "days": " and date between %(first)s and %(last)s",
    "scraper_days": " and date = any(array(select silver.scraper_days(%(first)s, %(last)s)))",
    "all": "",
}


def find(
    connection: psycopg.Connection, look: Look, days: Days | None = None, parameters: Mapping[str, Any] | None = None
) -> Found:
    """What there is to find: of the days where a range is given, of all of history otherwise."""
    where = sql.SQL("where ({})").format(sql.SQL(look.condition))
    if days:
        where += sql.SQL(_REACHES[look.reach])
    values = {**(parameters or {}), **(days._asdict() if days else {})}
    view = sql.Identifier("gold", look.view)
    total = sql.SQL("sum({})").format(sql.Identifier(look.summed)) if look.summed else sql.SQL("sum(null::numeric)")
    # Counted and summed by the query that lists them: a view can take a while to make.
    cursor = connection.execute(
        sql.SQL("select *, count(*) over (), {} over () from {} {} order by {} limit {}").format(
            total, view, where, sql.SQL(look.order), sql.Literal(SHOWN_ROWS)
        ),
        values,
    )
    columns = [column.name for column in cursor.description or ()][:-2]
    rows = cursor.fetchall()
    count, summed = rows[0][-2:] if rows else (0, None)
    return Found(columns, [row[:-2] for row in rows], count, summed)
