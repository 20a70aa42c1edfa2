"""The figures by which an operator watches the platform, as the database has them at one moment.

Belongs here: reading them, from whatever tables are there. Does not: naming them (commands/metrics.py).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, LiteralString

import psycopg

from growthleads_assets.warehouse.completeness import is_prepared
from growthleads_assets.warehouse.database import Database, is_there

STATEMENT_SECONDS = 10
LOCK_SECONDS = 2


@dataclass(frozen=True)
class HeldOutInAll:
    """Rows held out and the money that they are worth, as far as it can be read; None where none is delivered."""

    rows: int
    money: Decimal | None


@dataclass(frozen=True)
class Figures:
    """What there is to watch; times are when something happened last.

    ``accepted`` by source; ``published`` by part; ``days`` by part and status of `gold.day_completeness`;
    ``days_behind`` by part: those that are over and not published, or not from the files in force; ``late`` by source;
    ``held_out`` by source and reason; ``alerts`` raised ever, by kind; ``deliveries`` still to be made, or given up, by
    channel and that.
    """

    accepted: Mapping[str, datetime] = field(default_factory=dict)
    published: Mapping[int, datetime] = field(default_factory=dict)
    days: Mapping[tuple[int, str], int] = field(default_factory=dict)
    days_behind: Mapping[int, int] = field(default_factory=dict)
    late: Mapping[str, int] = field(default_factory=dict)
    held_out: Mapping[tuple[str, str], HeldOutInAll] = field(default_factory=dict)
    alerts: Mapping[str, int] = field(default_factory=dict)
    deliveries: Mapping[tuple[str, str], int] = field(default_factory=dict)


@contextmanager
def looking(database: Database) -> Iterator[psycopg.Connection]:
    """A connection that only reads, one moment in each transaction, and gives up soon.

    Who watches must not hold up who works. Raises psycopg.Error.
    """
    with psycopg.connect(database.conninfo) as connection:
        for name, seconds in (("statement_timeout", STATEMENT_SECONDS), ("lock_timeout", LOCK_SECONDS)):
            connection.execute("select set_config(%s, %s, false)", (name, f"{seconds}s"))
        connection.commit()
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        yield connection


def is_in_use(connection: psycopg.Connection) -> bool:
    """Whether the platform's own tables are there."""
    return is_there(connection, "bronze.alert_deliveries")


def figures(connection: psycopg.Connection, today: date) -> Figures:
    """The figures of one moment; without what the dbt project makes where that has not been built yet.

    Raises psycopg.Error, also where somebody dropped a view: no figure is to look as if all were well.
    """
    with connection.transaction():
        are_made = is_prepared(connection)
        return Figures(
            accepted=_by_one(connection, _ACCEPTED),
            published=_by_one(connection, _PUBLISHED),
            days=_by_two(connection, _DAYS) if are_made else {},
            days_behind=_by_one(connection, _DAYS_BEHIND, today=today) if are_made else {},
            late=_by_one(connection, _LATE) if are_made else {},
            held_out={
                (source, reason): HeldOutInAll(rows, money)
                for source, reason, rows, money in connection.execute(_HELD_OUT)
            },
            alerts=_by_one(connection, _ALERTS),
            deliveries=_by_two(connection, _DELIVERIES),
        )


def _by_one(connection: psycopg.Connection, query: LiteralString, **values: object) -> dict[Any, Any]:
    return dict(connection.execute(query, values).fetchall())


def _by_two(connection: psycopg.Connection, query: LiteralString) -> dict[Any, Any]:
    return {(one, other): value for one, other, value in connection.execute(query)}


_ACCEPTED = "select source, max(recorded_at) from bronze.files where status = 'loaded' group by source"

_PUBLISHED = "select part, max(published_at) from gold.published_days group by part"

_DAYS = "select part, status, count(*) from gold.day_completeness group by part, status"

_DAYS_BEHIND = """
select part, count(*) filter (where date < %(today)s and (published_at is null or not is_current))
from gold.day_completeness
group by part
"""

_LATE = """
select late.source, count(distinct date)
from gold.day_completeness
cross join lateral unnest(files_late) as late (source)
group by late.source
"""

_HELD_OUT = """
select
    source,
    reason,
    count(*),
    case
        when bool_or(earnings_column is not null)
            then coalesce(sum(bronze.readable_money(fields, earnings_column)), 0)
    end
from bronze.quarantine
left join bronze.sources using (source)
where resolved_at is null
group by source, reason
"""

_ALERTS = "select kind, count(*) from bronze.alerts group by kind"

_DELIVERIES = """
select channel, case when given_up_at is null then 'due' else 'given_up' end as state, count(*)
from bronze.alert_deliveries
where delivered_at is null
group by channel, state
"""
