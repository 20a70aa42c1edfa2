"""How much money a day or a file is about, as far as it is known.

Belongs here: the published commission, the earnings of files, and their medians. Does not: what it is wanted for.

Medians are of the newest 28 days or files, the lower of two middle ones: an order of magnitude, and said to be one.
"""

from datetime import date
from typing import Any, LiteralString

import psycopg

from growthleads_assets.alerts.alert import Money
from growthleads_assets.warehouse.database import is_there
from growthleads_assets.words import span

RECENT = 28
ALL_PARTS = 3
RUNNING_TOTALS = 2
"""The part whose files say what was earned since ever, and not on their day."""


def money_of_days(connection: psycopg.Connection, first: date, last: date) -> Money:
    """The commission published for the days, both included; of days not published yet, what such days come to."""
    return _commission(connection, ALL_PARTS, first, last)


def money_of_a_day(connection: psycopg.Connection) -> Money:
    """What a published day comes to, for what concerns every day."""
    return _commission(connection, ALL_PARTS, None, None)


def money_of_file(connection: psycopg.Connection, source: str | None, file: str, day: date | None) -> Money:
    """What a file that is refused or late is about: the earnings of its version in force, or of files like it.

    Files that say nothing of a day's earnings (clicks, running totals, dimensions) are about commission instead.
    """
    found = _row(connection, _SOURCE, source=source)
    if not found:
        return Money(None, "the file is in the place of no source")
    parts, has_earnings = found
    if parts == [RUNNING_TOTALS]:
        return _commission(connection, RUNNING_TOTALS, day, day)
    if not has_earnings:
        return _commission(connection, ALL_PARTS, day, day)
    return _earnings(connection, source or "", file)


_SOURCE = "select parts, earnings_column is not null from bronze.sources where source = %(source)s"


def _earnings(connection: psycopg.Connection, source: str, file: str) -> Money:
    own = _row(connection, _OWN_EARNINGS, source=source, file=file)
    if own:
        return Money(own[0], "the earnings of its version in force")
    median, files = _row(connection, _MEDIAN_EARNINGS, source=source)
    if not files:
        return Money(None, f"no file of {source} was ever accepted")
    last = "only file" if files == 1 else f"last {files} files"
    return Money(median, f"the median of {source}'s {last}", is_estimate=True)


_OWN_EARNINGS = """
select round(earnings, 2)
from bronze.files
where source = %(source)s and file = %(file)s
    and status = 'loaded' and superseded_at is null and earnings is not null
"""

_MEDIAN_EARNINGS = """
select round(percentile_disc(0.5) within group (order by earnings), 2), count(*)
from (
    select earnings
    from bronze.files
    where source = %(source)s and status = 'loaded' and superseded_at is null and earnings is not null
    order by day desc
    limit %(recent)s
) as recent
"""


def _commission(connection: psycopg.Connection, part: int, first: date | None, last: date | None) -> Money:
    of_part = "" if part == ALL_PARTS else f" of part {part}"
    is_prepared = is_there(connection, "gold.solution_3_marketing_daily")
    values = {"part": part, "first": first, "last": last}
    amount, published, median, days = _row(connection, _COMMISSION, **values) if is_prepared else (None, 0, None, 0)
    if not days:
        return Money(None, f"nothing{of_part} is published yet")
    if not (published and first and last):
        last_days = "only day" if days == 1 else f"last {days} days"
        return Money(median, f"the median commission of the {last_days} published{of_part}", is_estimate=True)
    asked = (last - first).days + 1
    some = "" if published == asked else f"{published} of the {asked} days "
    return Money(amount, f"the commission{of_part} published for {some}{span(first, last)}")


# A day may be published without rows.
_COMMISSION = """
with days as (
    select distinct date from gold.published_days where %(part)s in (part, 3)
),
commissions as (
    select 2 as part, date, total_commission from gold.solution_2_marketing_daily
    union all
    select 3 as part, date, total_commission from gold.solution_3_marketing_daily
),
per_day as (
    select days.date, coalesce(sum(commissions.total_commission), 0.00) as commission
    from days
    left join commissions on days.date = commissions.date and commissions.part = %(part)s
    group by days.date
),
asked as (
    select sum(commission) as amount, count(*) as days
    from per_day
    where date between %(first)s::date and %(last)s::date
),
recent as (
    select commission from per_day order by date desc limit %(recent)s
),
typical as (
    select percentile_disc(0.5) within group (order by commission) as median, count(*) as days from recent
)
select asked.amount, asked.days, typical.median, typical.days
from asked
cross join typical
"""


def _row(connection: psycopg.Connection, query: LiteralString, **values: object) -> tuple[Any, ...]:
    """The one row of a query; empty when there is none."""
    return connection.execute(query, {"recent": RECENT, **values}).fetchone() or ()
