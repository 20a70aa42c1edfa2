"""The restatement ledger: every change to a published number, and which files brought it about.

Belongs here: `gold.commission_restatements`. Does not: changing the numbers, which publication.py does.

A publication is compared with what the marts said before it. Two things can move a number: days published before that
now say something else, a *restatement*, and days published for the first time, an *accrual*, which moves months and
part 3. What the number would be without the new days lies in between: `old -> between` is the restatement and
`between -> new` the accrual, so the changes of a number form a chain that ends at what its mart says.

A period that was never published before has no history yet: its first publication, as a whole, writes nothing.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import class_row


@dataclass(frozen=True)
class Restatement:
    """A row of the ledger, as documented in docs/domain.md, "What changed": amounts in whole cents, null where the
    mart has no row; ``causes`` are objects with source, file, old_sha256, new_sha256 and accepted_at.
    """  # noqa: D205

    mart: str
    key: str
    period: date
    kind: str
    old_commission: Decimal | None
    new_commission: Decimal | None
    difference: Decimal
    restated_at: datetime
    run_id: str
    cause_source: str | None
    cause_file: str | None
    old_sha256: str | None
    new_sha256: str | None
    causes: Sequence[Mapping[str, Any]] = field(default_factory=list)

    @property
    def because_of(self) -> str:
        """The cause, as people read it."""
        return f"{self.cause_source}/{self.cause_file}" if self.cause_source else "the same files, read anew"


def restated_in_all(rows: Iterable[Restatement]) -> Decimal:
    """What all sources' days together gained or lost by the restatements among these rows, in parts 1 and 2."""
    daily = (row for row in rows if row.mart == "solution_3_marketing_daily" and row.kind == "restatement")
    return sum((row.difference for row in daily), Decimal("0.00"))


@contextmanager
def recorded(
    connection: psycopg.Connection,
    *,
    published: Mapping[int, Collection[date]],
    withdrawn: Mapping[int, Collection[date]],
    run_id: str,
) -> Iterator[None]:
    """Record in the ledger what the body changes in the marts; inside the publishing transaction.

    ``published`` are the days, by part, that the body replaces with what was calculated, ``withdrawn`` those that it
    empties. `bronze.calculations` must still say with which files they were settled before.
    """
    _note_days(connection, published, withdrawn)
    connection.execute(_NOTE_KNOWN_PERIODS)
    if connection.execute("select from known_periods limit 1").fetchone() is None:
        yield
        return
    connection.execute(_NOTE_INPUT_CHANGES)
    connection.execute(_NUMBERS.format(table=sql.Identifier("numbers_before")))
    connection.execute(_SHARES.format(table=sql.Identifier("shares_before")))
    yield
    connection.execute(_NUMBERS.format(table=sql.Identifier("numbers_after")))
    connection.execute(_SHARES.format(table=sql.Identifier("shares_after")))
    connection.execute(_NOTE_MOVES)
    connection.execute(_NOTE_NEIGHBOURS)
    connection.execute(_RECORD, {"run_id": run_id})


def restatements(
    connection: psycopg.Connection,
    *,
    first: date | None = None,
    last: date | None = None,
    source: str | None = None,
    run_id: str | None = None,
    with_accruals: bool = False,
) -> list[Restatement]:
    """The rows of the ledger, oldest first, of the days from ``first`` to ``last`` and the months they lie in.

    ``source`` is the source of the cause or a marketing source, ``run_id`` the run that restated.
    """
    with connection.cursor(row_factory=class_row(Restatement)) as cursor:
        return cursor.execute(
            """
            select
                mart, key, period, kind, old_commission, new_commission, difference, restated_at, run_id,
                cause_source, cause_file, old_sha256, new_sha256, causes
            from gold.commission_restatements
            where (%(with_accruals)s or kind = 'restatement')
                and (
                    %(first)s::date is null
                    or period >= case when mart like '%%monthly' then date_trunc('month', %(first)s::timestamp)
                        else %(first)s end
                )
                and (%(last)s::date is null or period <= %(last)s)
                and (%(source)s::text is null or cause_source = %(source)s
                    or (mart like '%%marketing_daily' and key = %(source)s))
                and (%(run_id)s::text is null or run_id = %(run_id)s)
            order by restatement_id
            """,
            {"first": first, "last": last, "source": source, "run_id": run_id, "with_accruals": with_accruals},
        ).fetchall()


def _note_days(
    connection: psycopg.Connection,
    published: Mapping[int, Collection[date]],
    withdrawn: Mapping[int, Collection[date]],
) -> None:
    connection.execute(_NOTE_DAYS)
    for days, is_published in ((published, True), (withdrawn, False)):
        for part in days:
            connection.execute(
                """
                insert into settling (part, day, is_first)
                select %(part)s, day, %(is_published)s and first_published_at is null
                from unnest(%(days)s::date[]) as days (day)
                inner join bronze.calculations using (day)
                where part = %(part)s
                """,
                {"part": part, "days": list(days[part]), "is_published": is_published},
            )
    connection.execute("analyze settling")


# `is_first`: published now and never before.
_NOTE_DAYS = """
create temporary table settling (part int, day date, is_first boolean, primary key (part, day)) on commit drop
"""

# Periods of which something was published before: what changes in them from now on is on record.
_NOTE_KNOWN_PERIODS = """
create temporary table known_periods on commit drop as
select distinct mart.name as mart, mart.period
from bronze.calculations as calculations
cross join lateral (
    values
        ('solution_' || calculations.part || '_marketing_daily', calculations.day),
        ('solution_3_marketing_daily', calculations.day),
        (
            'solution_' || calculations.part || '_operators_monthly',
            date_trunc('month', calculations.day::timestamp)::date
        ),
        ('solution_3_operators_monthly', date_trunc('month', calculations.day::timestamp)::date)
) as mart (name, period)
where calculations.first_published_at is not null
    and date_trunc('month', calculations.day::timestamp) in (
        select date_trunc('month', day::timestamp) from settling
    )
"""

# Which file versions a day is calculated from now, and was not before.
_NOTE_INPUT_CHANGES = """
create temporary table input_changes on commit drop as
select
    settling.part,
    settling.day,
    new.load_id,
    new.source,
    new.file,
    old.sha256 as old_sha256,
    new.sha256 as new_sha256,
    new.recorded_at as accepted_at
from settling
inner join bronze.calculations as calculations using (part, day)
cross join lateral jsonb_each_text(calculations.inputs) as input (source, load_id)
inner join bronze.files as new on input.load_id::bigint = new.load_id
left join bronze.files as old
    on (calculations.settled_inputs ->> input.source)::bigint = old.load_id
    and (not settling.is_first or new.day is null)
where old.load_id is distinct from new.load_id
    -- A first publication comes of all files of its day, and of a dimension only if the day had waited for its change.
    and (not settling.is_first or new.day is not null or old.load_id is not null)
"""

# What the six marts say of the days and months at hand.
_NUMBERS = sql.SQL("""
create temporary table {table} on commit drop as
with days as (select distinct day from settling),
months as (select distinct date_trunc('month', day::timestamp)::date as month from settling)
select 'solution_1_marketing_daily' as mart, marketing_source as key, date as period, total_commission as commission
from gold.solution_1_marketing_daily where date in (select day from settling where part = 1)
union all
select 'solution_2_marketing_daily', marketing_source, date, total_commission
from gold.solution_2_marketing_daily where date in (select day from settling where part = 2)
union all
select 'solution_3_marketing_daily', marketing_source, date, total_commission
from gold.solution_3_marketing_daily where date in (select day from days)
union all
select 'solution_1_operators_monthly', operator, month, total_commission
from gold.solution_1_operators_monthly where month in (select month from months)
union all
select 'solution_2_operators_monthly', operator, month, total_commission
from gold.solution_2_operators_monthly where month in (select month from months)
union all
select 'solution_3_operators_monthly', operator, month, total_commission
from gold.solution_3_operators_monthly where month in (select month from months)
""")

# What each day contributes: by source to part 3's day, by operator to the months.
_SHARES = sql.SQL("""
create temporary table {table} on commit drop as
with span as (
    select
        date_trunc('month', min(day)::timestamp)::date as first_day,
        (date_trunc('month', max(day)::timestamp) + interval '1 month - 1 day')::date as last_day
    from settling
)
select 1 as part, date as day, 'marketing_daily' as mart, marketing_source as key, total_commission as commission
from gold.solution_1_marketing_daily where date in (select day from settling)
union all
select 2, date, 'marketing_daily', marketing_source, total_commission
from gold.solution_2_marketing_daily where date in (select day from settling)
union all
select 1, date, 'operators_monthly', operator, sum(commission)
from gold.solution_1_operators_daily
where date between (select first_day from span) and (select last_day from span)
    and date_trunc('month', date::timestamp) in (select date_trunc('month', day::timestamp) from settling)
group by date, operator
union all
select 2, date, 'operators_monthly', operator, sum(commission)
from gold.solution_2_operators_daily
where date between (select first_day from span) and (select last_day from span)
    and date_trunc('month', date::timestamp) in (select date_trunc('month', day::timestamp) from settling)
group by date, operator
""")

# Which days moved which numbers, by part: `mart` is the kind of mart.
_NOTE_MOVES = """
create temporary table moves on commit drop as
select
    coalesce(before.part, after.part) as part,
    coalesce(before.day, after.day) as day,
    coalesce(before.mart, after.mart) as mart,
    coalesce(before.key, after.key) as key,
    coalesce(settling.is_first, false) as is_first
from shares_before as before
full outer join shares_after as after using (part, day, mart, key)
left join settling
    on coalesce(before.part, after.part) = settling.part and coalesce(before.day, after.day) = settling.day
where before.commission is distinct from after.commission
"""

# A scrapers file also moves other days than its own: those whose increase begins or ends with it, or now passes over
# it. Where nothing is left to tell from, it is the changed file nearest in time.
_NOTE_NEIGHBOURS = """
with moved as (
    select distinct day from moves where part = 2
),
changed as (
    select
        calculations.day,
        new.load_id,
        new.source,
        new.file,
        old.sha256 as old_sha256,
        new.sha256 as new_sha256,
        new.recorded_at as accepted_at
    from bronze.calculations as calculations
    inner join bronze.files as new on (calculations.inputs ->> 'scrapers')::bigint = new.load_id
    left join bronze.files as old on (calculations.settled_inputs ->> 'scrapers')::bigint = old.load_id
    where calculations.part = 2
        and old.load_id is distinct from new.load_id
        and exists (select from moved)
),
spanned as (
    select distinct moved.day, changed.day as file_day
    from moved
    inner join silver.scraper_increases as increases on moved.day = increases.date
    inner join changed
        on changed.day between increases.previously_observed_on and increases.observed_on
),
nearest as (
    select distinct on (moved.day) moved.day, changed.day as file_day
    from moved
    cross join changed
    where moved.day not in (select day from spanned)
        and moved.day not in (select day from input_changes where part = 2)
    order by moved.day, abs(moved.day - changed.day), changed.day
)
insert into input_changes (part, day, load_id, source, file, old_sha256, new_sha256, accepted_at)
select 2, neighbours.day, changed.load_id, changed.source, changed.file, changed.old_sha256, changed.new_sha256,
    changed.accepted_at
from (table spanned union all table nearest) as neighbours (day, file_day)
inner join changed on neighbours.file_day = changed.day
-- A day's own file is in already.
where neighbours.day <> neighbours.file_day
"""

_RECORD = """
with keys as (
    select mart, key, period from numbers_before
    union
    select mart, key, period from numbers_after
),
-- What the numbers would be if no day had been published for the first time.
without_new_days as (
    select 'solution_' || part || '_' || mart as mart, key, day as period, sum(commission) as commission
    from shares_after left join settling using (part, day)
    where mart = 'marketing_daily' and is_first is not true
    group by part, mart, key, day
    union all
    select 'solution_3_marketing_daily', key, day, sum(commission)
    from shares_after left join settling using (part, day)
    where mart = 'marketing_daily' and is_first is not true
    group by key, day
    union all
    select 'solution_' || part || '_' || mart, key, date_trunc('month', day::timestamp)::date, sum(commission)
    from shares_after left join settling using (part, day)
    where mart = 'operators_monthly' and is_first is not true
    group by part, mart, key, date_trunc('month', day::timestamp)
    union all
    select 'solution_3_operators_monthly', key, date_trunc('month', day::timestamp)::date, sum(commission)
    from shares_after left join settling using (part, day)
    where mart = 'operators_monthly' and is_first is not true
    group by key, date_trunc('month', day::timestamp)
),
changes as (
    select
        keys.mart,
        keys.key,
        keys.period,
        change.kind,
        change.old_commission,
        change.new_commission
    from keys
    inner join known_periods using (mart, period)
    left join numbers_before using (mart, key, period)
    left join without_new_days using (mart, key, period)
    left join numbers_after using (mart, key, period)
    cross join lateral (
        values
            ('restatement', numbers_before.commission, without_new_days.commission),
            ('accrual', without_new_days.commission, numbers_after.commission)
    ) as change (kind, old_commission, new_commission)
    where change.old_commission is distinct from change.new_commission
),
-- The days that moved a number have inputs that changed.
change_causes as (
    select distinct
        changes.mart,
        changes.key,
        changes.period,
        changes.kind,
        input_changes.load_id,
        input_changes.source,
        input_changes.file,
        input_changes.old_sha256,
        input_changes.new_sha256,
        input_changes.accepted_at
    from changes
    inner join moves
        on
            changes.mart in ('solution_' || moves.part || '_' || moves.mart, 'solution_3_' || moves.mart)
            and changes.key = moves.key
            and changes.period = case
                when moves.mart = 'marketing_daily' then moves.day else date_trunc('month', moves.day::timestamp)::date
            end
            and (changes.kind = 'accrual') = moves.is_first
    inner join input_changes on moves.part = input_changes.part and moves.day = input_changes.day
),
causes as (
    select
        mart,
        key,
        period,
        kind,
        (array_agg(source order by load_id desc))[1] as cause_source,
        (array_agg(file order by load_id desc))[1] as cause_file,
        (array_agg(old_sha256 order by load_id desc))[1] as old_sha256,
        (array_agg(new_sha256 order by load_id desc))[1] as new_sha256,
        jsonb_agg(
            jsonb_build_object(
                'source', source, 'file', file, 'old_sha256', old_sha256, 'new_sha256', new_sha256,
                'accepted_at', accepted_at
            )
            order by load_id
        ) as causes
    from change_causes
    group by mart, key, period, kind
)
insert into gold.commission_restatements (
    mart, key, period, kind, old_commission, new_commission, difference, run_id,
    cause_source, cause_file, old_sha256, new_sha256, causes
)
select
    changes.mart,
    changes.key,
    changes.period,
    changes.kind,
    changes.old_commission,
    changes.new_commission,
    coalesce(changes.new_commission, 0) - coalesce(changes.old_commission, 0),
    %(run_id)s,
    causes.cause_source,
    causes.cause_file,
    causes.old_sha256,
    causes.new_sha256,
    coalesce(causes.causes, '[]')
from changes
left join causes using (mart, key, period, kind)
-- A restatement comes before the accrual on top of it.
order by changes.period, changes.mart, changes.key collate "C", changes.kind desc
"""
