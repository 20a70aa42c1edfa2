"""Calculating and publishing days: what a calculation began with, and the one transaction that publishes it.

Belongs here: `bronze.calculations`, `gold.published_days` and the rows of the solution marts. Does not: computing them,
which dbt does.

A calculation notes the file versions in force when it begins. Its days are published only if the same versions are in
force when it ends, and no other calculation of them has begun: whichever came later sees newer files and publishes
instead. So what is recorded as published is what the numbers were computed from.
"""

import logging
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from growthleads_assets.warehouse import ledger
from growthleads_assets.warehouse.database import NOT_THERE
from growthleads_assets.warehouse.fitting import CANDIDATE
from growthleads_assets.warehouse.restatements import recorded

LOG = logging.getLogger(__name__)

DAILY_MARTS = {
    1: ("solution_1_marketing_daily", "solution_1_operators_daily"),
    2: ("solution_2_marketing_daily", "solution_2_operators_daily"),
    3: ("solution_3_marketing_daily",),
}
MONTHLY_MARTS = {
    1: "solution_1_operators_monthly",
    2: "solution_2_operators_monthly",
    3: "solution_3_operators_monthly",
}
MARTS = tuple(mart for part in DAILY_MARTS for mart in (*DAILY_MARTS[part], MONTHLY_MARTS[part]))
"""Every table that publishing writes, in the order it writes them."""


@dataclass(frozen=True)
class Violation:
    """A rule of the marts that a publication would have broken, with the numbers that do not agree."""

    rule: str
    mart: str
    key: str
    period: date
    expected: object
    found: object

    def __str__(self) -> str:
        return f"{self.rule} in {self.mart}: {self.key}, {self.period}: {self.expected} expected, {self.found} found"


class PublicationBlocked(Exception):
    """The new numbers contradict one another; nothing was published. ``str()`` says where, ``rules`` what is broken."""

    def __init__(self, contradictions: Sequence[Violation | str]) -> None:
        super().__init__(
            "Nothing was published, because the numbers contradict one another: " + "; ".join(map(str, contradictions))
        )
        self.rules = sorted({each.rule if isinstance(each, Violation) else each for each in contradictions})


class BeforeRebuild(Exception):
    """A rebuild from the archive has not ended, so files are missing: nothing was published. ``str()`` says so."""


@dataclass
class Publication:
    """What a publication did, days by part: ``published``, ``waiting`` for files, or ``overtaken`` by newer ones."""

    published: dict[int, list[date]] = field(default_factory=dict)
    waiting: dict[int, list[date]] = field(default_factory=dict)
    overtaken: dict[int, list[date]] = field(default_factory=dict)


def begin_calculation(
    connection: psycopg.Connection, parts: Collection[int], first: date, last: date, run_id: str
) -> None:
    """Note the file versions that a calculation of these parts and days begins with."""
    with connection.transaction():
        # A publication under way settles the calculations that it read: it must not settle this one.
        connection.execute(_LOCK)
        connection.execute(_BEGIN, {"parts": list(parts), "first": first, "last": last, "run_id": run_id})


_LOCK = "select pg_advisory_xact_lock(hashtextextended('gold publication', 0))"

_BEGIN = """
insert into bronze.calculations (part, day, inputs, run_id)
select part, day, inputs, %(run_id)s
from bronze.day_inputs
where part = any(%(parts)s) and day between %(first)s and %(last)s
on conflict (part, day) do update
set
    inputs = excluded.inputs,
    run_id = excluded.run_id,
    started_at = excluded.started_at,
    finished_at = null,
    settled_at = null,
    waiting_for = null
"""


def finish_calculation(connection: psycopg.Connection, run_id: str) -> None:
    """Note that the run's calculations are done, those aside that another run has begun since."""
    connection.execute(
        "update bronze.calculations set finished_at = clock_timestamp() where run_id = %s and finished_at is null",
        (run_id,),
    )


def publish(
    connection: psycopg.Connection, parts: Collection[int], first: date, last: date, run_id: str
) -> Publication:
    """Replace the days by what was calculated, in all marts they appear in, in one transaction.

    For part 2 these are also the days around the range whose numbers its scrapers files changed. Part 3 always follows
    parts 1 and 2.

    Raises PublicationBlocked and BeforeRebuild, and then nothing has changed.
    """
    publication = Publication()
    with _refusals_reported(), connection.transaction():
        connection.execute(_LOCK)
        if ledger.rebuild_under_way(connection):
            raise BeforeRebuild(ledger.REBUILD_UNDER_WAY)
        touched: set[date] = set()
        for part in sorted(parts):
            days = _calculated_days(connection, part, first, last)
            around = [day for day in days if not first <= day <= last]
            unchanged = set(around) - _changed_days(connection, part, around)
            days = {day: state for day, state in days.items() if day not in unchanged}
            publication.published[part] = [day for day, state in days.items() if state == "ready"]
            publication.waiting[part] = [day for day, state in days.items() if state == "waiting"]
            publication.overtaken[part] = [day for day, state in days.items() if state == "overtaken"]
        with recorded(connection, published=publication.published, withdrawn=publication.waiting, run_id=run_id):
            for part in publication.published:
                settled = [*publication.published[part], *publication.waiting[part]]
                _replace_days(connection, part, settled)
                touched.update(settled)
            _replace_days(connection, 3, sorted(touched))
        for part in publication.published:
            _record_days(connection, part, publication, run_id)
        violations = _violations(connection, touched)
        if violations:
            raise PublicationBlocked(violations)
    return publication


@contextmanager
def _refusals_reported() -> Iterator[None]:
    """Say of rows that the marts' own constraints refuse which these are: two for one key, or a value not given."""
    try:
        yield
    except psycopg.IntegrityError as refused:
        facts = refused.diag
        what = " ".join(filter(None, (facts.message_primary, facts.message_detail)))
        raise PublicationBlocked([f"{facts.table_name}: {what}"]) from None


def _calculated_days(connection: psycopg.Connection, part: int, first: date, last: date) -> dict[date, str]:
    """The days of a part that were calculated, each ``ready``, ``waiting`` or ``overtaken``."""
    rows = connection.execute(
        """
        select
            part_days.date,
            case
                when calculations.finished_at is null or calculations.inputs <> day_inputs.inputs then 'overtaken'
                when part_days.waiting_for = '{}' then 'ready'
                else 'waiting'
            end
        from silver.part_days
        inner join bronze.day_inputs on part_days.part = day_inputs.part and part_days.date = day_inputs.day
        left join bronze.calculations
            on part_days.part = calculations.part and part_days.date = calculations.day
        where part_days.part = %(part)s
            and (
                part_days.date between %(first)s and %(last)s
                or (part_days.part = 2 and part_days.date in (select silver.scraper_days(%(first)s, %(last)s)))
            )
        order by part_days.date
        """,
        {"part": part, "first": first, "last": last},
    )
    return dict(rows.fetchall())


def _changed_days(connection: psycopg.Connection, part: int, days: Collection[date]) -> set[date]:
    """Those of the days for which the marts would say something else."""
    changed: set[date] = set()
    for mart in DAILY_MARTS[part]:
        columns = _columns(connection, mart)
        rows = connection.execute(
            sql.SQL(
                """
                with candidate as (select {columns} from {candidate} where date = any(%(days)s)),
                mart as (select {columns} from {mart} where date = any(%(days)s))
                select distinct date
                from (
                    (table candidate except all table mart) union all (table mart except all table candidate)
                ) as differences
                """
            ).format(columns=columns, candidate=sql.Identifier(CANDIDATE, mart), mart=sql.Identifier("gold", mart)),
            {"days": list(days)},
        )
        changed.update(day for (day,) in rows)
    return changed


def _columns(connection: psycopg.Connection, mart: str) -> sql.Composed:
    rows = connection.execute(
        "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped",
        (f"gold.{mart}",),
    )
    return sql.SQL(", ").join(sql.Identifier(name) for (name,) in rows)


def _replace_days(connection: psycopg.Connection, part: int, days: Collection[date]) -> None:
    for mart in DAILY_MARTS[part]:
        _replace_rows(connection, mart, "date", days)
    _replace_rows(connection, MONTHLY_MARTS[part], "month", sorted({day.replace(day=1) for day in days}))


def _replace_rows(connection: psycopg.Connection, mart: str, period: str, periods: Collection[date]) -> None:
    names = {
        "mart": sql.Identifier("gold", mart),
        "candidate": sql.Identifier(CANDIDATE, mart),
        "period": sql.Identifier(period),
        "columns": _columns(connection, mart),
    }
    connection.execute(sql.SQL("delete from {mart} where {period} = any(%s)").format(**names), (list(periods),))
    # In the order of the key, by which an export reads: rows that lie together take it half the time.
    connection.execute(
        sql.SQL(
            "insert into {mart} ({columns}) select {columns} from {candidate} where {period} = any(%s) "
            "order by {period}, {columns}"
        ).format(**names),
        (list(periods),),
    )


def _record_days(connection: psycopg.Connection, part: int, publication: Publication, run_id: str) -> None:
    connection.execute(
        """
        insert into gold.published_days (part, date, inputs, run_id, first_published_at)
        select part, day, inputs, %(run_id)s, coalesce(first_published_at, clock_timestamp())
        from bronze.calculations where part = %(part)s and day = any(%(days)s)
        on conflict (part, date) do update
        set inputs = excluded.inputs, run_id = excluded.run_id, published_at = excluded.published_at
        """,
        {"part": part, "days": publication.published[part], "run_id": run_id},
    )
    connection.execute(
        "delete from gold.published_days where part = %s and date = any(%s)", (part, publication.waiting[part])
    )
    connection.execute(
        """
        update bronze.calculations
        set
            settled_at = clock_timestamp(),
            settled_inputs = calculations.inputs,
            waiting_for = part_days.waiting_for,
            first_published_at = case
                when calculations.day = any(%(published)s::date[]) then coalesce(first_published_at, clock_timestamp())
                else first_published_at
            end
        from silver.part_days
        where calculations.part = part_days.part and calculations.day = part_days.date
            and calculations.part = %(part)s and calculations.day = any(%(published)s::date[] || %(waiting)s::date[])
        """,
        {"part": part, "published": publication.published[part], "waiting": publication.waiting[part]},
    )


def _violations(connection: psycopg.Connection, days: Collection[date]) -> list[Violation]:
    periods = sorted({*days, *(day.replace(day=1) for day in days)})
    with connection.cursor(row_factory=class_row(Violation)) as cursor:
        return cursor.execute(
            "select rule, mart, key, period, expected, found from gold.mart_violations where period = any(%s) limit 20",
            (periods,),
        ).fetchall()


def acknowledge_dimensions(connection: psycopg.Connection, since: date) -> None:
    """Put newer dimension versions on record for the settled days from ``since`` on that they leave as they are.

    What is left behind its dimensions afterwards is to be calculated again. The days are compared and recorded in one
    statement, from one snapshot: what is accepted or calculated meanwhile is compared at the next look. Where a view
    that they are compared by is missing, all of them are left: the run that calculates them makes it again.
    """
    behind = [source for (source,) in connection.execute(_BEHIND_DIMENSIONS, {"since": since})]
    if not behind:
        return
    try:
        with connection.transaction():
            connection.execute(_LOCK)
            connection.execute(_ACKNOWLEDGE, {"dimensions": behind, "since": since})
    except NOT_THERE as missing:
        LOG.warning(
            "Days cannot be compared with the newest %s, because something is missing that this takes (%s): all that "
            "were calculated with older ones are calculated again.",
            ", ".join(behind),
            missing.diag.message_primary,
        )


# Dimensions of which a settled day has an older version. A day that had none of it was waiting for it.
_BEHIND_DIMENSIONS = """
select distinct sources.source
from bronze.sources
cross join bronze.calculations
inner join bronze.day_inputs using (part, day)
where sources.kind = 'dimension'
    and calculations.settled_at is not null
    and calculations.day >= %(since)s
    and calculations.inputs ? sources.source
    and calculations.inputs -> sources.source <> day_inputs.inputs -> sources.source
"""

_ACKNOWLEDGE = """
with moving as (
    -- Days around one whose scrapers are being calculated: some of their tables may be rewritten, and others not yet.
    select silver.scraper_days(day, day) as day
    from bronze.calculations
    where part = 2 and settled_at is null and inputs ? 'scrapers'
),
unaffected as (
    select calculations.part, calculations.day, day_inputs.inputs
    from bronze.calculations
    inner join bronze.day_inputs using (part, day)
    where calculations.settled_at is not null
        and calculations.day >= %(since)s
        and not (calculations.part = 2 and calculations.day in (select day from moving))
        and calculations.inputs <> day_inputs.inputs
        and calculations.inputs - %(dimensions)s::text[] = day_inputs.inputs - %(dimensions)s::text[]
        and not exists (
            select from unnest(%(dimensions)s::text[]) as dimension (source)
            where calculations.inputs ? dimension.source <> (day_inputs.inputs ? dimension.source)
        )
        and (calculations.part, calculations.day) not in (
            select part, date from gold.dimension_impact where dimension = any(%(dimensions)s)
            union all
            -- Another day's run may have calculated them with the new version already.
            select part, date from gold.unpublished_days
        )
),
acknowledged as (
    update bronze.calculations
    set inputs = unaffected.inputs, settled_inputs = unaffected.inputs
    from unaffected
    where calculations.part = unaffected.part
        and calculations.day = unaffected.day
        and calculations.settled_at is not null
    returning calculations.part, calculations.day, calculations.inputs
)
update gold.published_days
set inputs = acknowledged.inputs
from acknowledged
where published_days.part = acknowledged.part and published_days.date = acknowledged.day
"""


def leave_to_be_calculated(connection: psycopg.Connection, first: date, last: date) -> None:
    """Note that days behind their files are to be calculated as a whole, whatever some of their tables say by then.

    For who rewrites only some of a day's tables: those would no longer show that a dimension changed.
    """
    connection.execute(
        """
        update bronze.calculations
        set settled_at = null
        from bronze.day_inputs
        where calculations.part = day_inputs.part and calculations.day = day_inputs.day
            and calculations.day between %s and %s
            and calculations.inputs <> day_inputs.inputs
        """,
        (first, last),
    )


def days_to_settle(connection: psycopg.Connection) -> dict[date, str]:
    """Days whose files are not those of their newest settled calculation, each with the file versions as a text."""
    rows = connection.execute(
        """
        select day_inputs.day, jsonb_object_agg(day_inputs.part, day_inputs.inputs)::text
        from bronze.day_inputs
        left join bronze.calculations
            on day_inputs.part = calculations.part and day_inputs.day = calculations.day
        where calculations.settled_at is null or calculations.inputs <> day_inputs.inputs
        group by day_inputs.day
        order by day_inputs.day
        """
    )
    return dict(rows.fetchall())
