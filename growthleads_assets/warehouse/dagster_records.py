"""What Dagster's storage keeps of runs that ended, beyond what its own interface can remove: events and check results.

Belongs here: SQL on the tables of Dagster's storage, which is pinned to one release. Does not: which runs are old.

`DagsterInstance.delete_run` removes a run with all of its events, the newest materialization of a partition among
them, and none of the results of its checks. So events are removed here one by one. Kept is the newest event of each
kind of an asset and partition: the materializations and observations from which the UI tells the state of a partition,
and the state of freshness. A planned materialization is kept where it is what tells that the last attempt at a
partition failed; that of a range names no partition, and only the newest of an asset is kept.
"""

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import psycopg
from psycopg import sql
from psycopg.rows import scalar_row

from growthleads_assets.settings import DAGSTER_STORAGE_URL

# One condition for each kind of partition, so that each finds its index.
_NONE_LATER = sql.SQL(
    """(
    not exists (
        select from event_logs as later
        where later.asset_key = events.asset_key
            and later.dagster_event_type = {kind}
            and later.partition = events.partition
            and later.id > events.id
    )
    and (
        events.partition is not null
        or not exists (
            select from event_logs as later
            where later.asset_key = events.asset_key
                and later.dagster_event_type = {kind}
                and later.partition is null
                and later.id > events.id
        )
    )
)"""
)

# To the UI the last attempt failed where it was planned by a run that failed, and no materialization came after it.
_IS_NEWEST_OF_ITS_KIND = sql.SQL(
    """(
    events.asset_key is not null
    and {none_of_its_kind_later}
    and (
        events.dagster_event_type <> 'ASSET_MATERIALIZATION_PLANNED'
        or (
            exists (select from runs where runs.run_id = events.run_id and runs.status = 'FAILURE')
            and {none_made_later}
        )
    )
)"""
).format(
    none_of_its_kind_later=_NONE_LATER.format(kind=sql.SQL("events.dagster_event_type")),
    none_made_later=_NONE_LATER.format(kind=sql.Literal("ASSET_MATERIALIZATION")),
)

# When and how it ended, and why it failed: what the page of a run shows first.
_IS_OUTCOME_OF_RUN = sql.SQL(
    "(events.dagster_event_type like 'PIPELINE_%%' or events.dagster_event_type = 'STEP_FAILURE')"
)

_DELETE_EVENTS = sql.SQL(
    """
with gone as (
    delete from event_logs as events
    where {condition}
    returning id
),
tags as (
    delete from asset_event_tags using gone where asset_event_tags.event_id = gone.id
)
select count(*) from gone
"""
)


@contextmanager
def dagster_storage() -> Iterator[psycopg.Connection]:
    """A connection in autocommit mode to the storage that this process's environment names, in Dagster's schema."""
    url = os.environ[DAGSTER_STORAGE_URL].replace("postgresql+psycopg2://", "postgresql://", 1)
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def runs_with_newest(connection: psycopg.Connection, run_ids: Collection[str]) -> set[str]:
    """Those of the runs that hold the newest event of its kind of an asset and partition, or a check's newest result.

    A run that failed holds the attempts that no later one of their asset and partition followed.
    The newest result of a check is its last one that passed or failed, by partition, and its last one of all.
    """
    with connection.cursor(row_factory=scalar_row) as cursor:
        of_events = cursor.execute(
            sql.SQL("select distinct run_id from event_logs as events where run_id = any(%s) and {is_newest}").format(
                is_newest=_IS_NEWEST_OF_ITS_KIND
            ),
            (list(run_ids),),
        ).fetchall()
        of_checks = cursor.execute(
            """
            with newest as (
                select max(id) as id from asset_check_executions group by asset_key, check_name
                union all
                select max(id) from asset_check_executions
                where execution_status <> 'PLANNED'
                group by asset_key, check_name, partition
            )
            select distinct run_id from asset_check_executions inner join newest using (id) where run_id = any(%s)
            """,
            (list(run_ids),),
        ).fetchall()
    return {*of_events, *of_checks}


def empty_runs(connection: psycopg.Connection, run_ids: Collection[str]) -> int:
    """Remove the events of the runs but for the newest of their kind and the runs' outcomes; how many these were."""
    condition = sql.SQL("run_id = any(%(run_ids)s) and not {} and not {}")
    return _deleted(connection, condition.format(_IS_NEWEST_OF_ITS_KIND, _IS_OUTCOME_OF_RUN), run_ids=list(run_ids))


def delete_events_of_no_run(connection: psycopg.Connection, before: datetime) -> int:
    """Remove the events of before then that sensors and the daemon reported, but for the newest; how many."""
    condition = sql.SQL("run_id = '' and timestamp < %(before)s and not {}")
    return _deleted(connection, condition.format(_IS_NEWEST_OF_ITS_KIND), before=_naive(before))


def delete_check_results(connection: psycopg.Connection, before: datetime) -> int:
    """Remove results of checks from before then, and those that were planned by runs which ended; how many.

    Of each check the newest row stays, and of each partition of it the newest that passed or failed. Planned rows of
    runs that ended go at any age. A check that was not reached leaves one; homes of earlier releases have one for each
    check and day of a run, beside the result, which has no day (automation/storage.py).
    """
    return connection.execute(
        """
        with newest as (
            select asset_key, check_name, max(id) as id from asset_check_executions group by asset_key, check_name
        ),
        newest_results as (
            select asset_key, check_name, partition, max(id) as id
            from asset_check_executions
            where execution_status <> 'PLANNED'
            group by asset_key, check_name, partition
        ),
        ended_runs as (
            select run_id from runs where status in ('SUCCESS', 'FAILURE', 'CANCELED')
        )
        delete from asset_check_executions as executions
        using newest
        where executions.asset_key = newest.asset_key
            and executions.check_name = newest.check_name
            and executions.id < newest.id
            and executions.id not in (select id from newest_results)
            and case
                when executions.execution_status = 'PLANNED' and executions.run_id in (select run_id from runs)
                    then executions.run_id in (select run_id from ended_runs)
                else executions.evaluation_event_timestamp < %(before)s
            end
        """,
        {"before": _naive(before)},
    ).rowcount


def delete_backfills(connection: psycopg.Connection, before: datetime) -> int:
    """Remove backfills that ended, were requested before then and have no run left; how many these were."""
    with connection.cursor(row_factory=scalar_row) as cursor:
        gone = cursor.execute(
            """
            delete from bulk_actions
            where status in ('COMPLETED', 'COMPLETED_SUCCESS', 'COMPLETED_FAILED', 'FAILED', 'CANCELED')
                and timestamp < %s
                and not exists (select from runs where runs.backfill_id = bulk_actions.key)
            returning key
            """,
            (_naive(before),),
        ).fetchall()
    connection.execute("delete from backfill_tags where backfill_id = any(%s)", (gone,))
    return len(gone)


def _deleted(connection: psycopg.Connection, condition: sql.Composed, **parameters: object) -> int:
    row = connection.execute(_DELETE_EVENTS.format(condition=condition), parameters).fetchone()
    return row[0] if row else 0


def _naive(moment: datetime) -> datetime:
    """Dagster stores moments in UTC without saying so."""
    return moment.astimezone(UTC).replace(tzinfo=None)
