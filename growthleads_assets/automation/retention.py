"""Trimming Dagster's record of runs that ended long ago, by hand and once a day.

Belongs here: which runs go, the job and its schedule. Does not: SQL on Dagster's tables (warehouse/dagster_records.py).

The record is for people to look at, and nothing is decided by it: the platform's own tables (the file ledger, the
quarantine, restatements, alerts) are kept for good. A run goes with all its events and logs when it ended before the
time that is kept, unless it is still needed: the newest and the newest successful run of a job, and a run that an alert
names, stay as they are; one that holds the newest materialization of a partition, the last attempt at one that was
materialized by itself and failed, or the newest result of a check stays with these alone, and with how it ended.

What is left of a run that was being deleted is found by its row among the runs: so that goes last.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

import dagster as dg
import psycopg
from psycopg.rows import scalar_row

from growthleads_assets.automation.jobs import WRITER_TAGS
from growthleads_assets.home.platform import Platform
from growthleads_assets.settings import Settings
from growthleads_assets.warehouse import dagster_records
from growthleads_assets.words import counted

RETENTION = "retention"
_ENDED = (dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)
_A_BATCH = 200


@dataclass
class Trimmed:
    """What went: whole runs, events of runs that stay and of none, results of checks, and backfills.

    ``runs_kept`` counts the old runs that stay because something of theirs is needed.
    """

    runs: int = 0
    runs_kept: int = 0
    events: int = 0
    check_results: int = 0
    backfills: int = 0

    def __str__(self) -> str:
        return (
            f"{counted(self.runs, 'run')} deleted, {self.runs_kept} of the same age kept for what they hold; also "
            f"deleted: {counted(self.events, 'event')}, {counted(self.check_results, 'check result')}, "
            f"{counted(self.backfills, 'backfill')}."
        )


def trim(
    instance: dg.DagsterInstance, storage: psycopg.Connection, warehouse: psycopg.Connection, before: datetime
) -> Trimmed:
    """Trim what ended before then; see the module. ``storage`` is a connection to Dagster's tables.

    Runs in the queue or under way are not touched. What was interrupted is finished by the next call.
    """
    named = _named_by_alerts(warehouse)
    old = list(_ended_runs(instance, before))
    whole = named | {run_id for job in {job for _, job in old} for run_id in _newest_of_job(instance, job)}
    trimmed = Trimmed()
    candidates = iter([run_id for run_id, _ in old if run_id not in whole])
    while batch := list(islice(candidates, _A_BATCH)):
        needed = dagster_records.runs_with_newest(storage, batch)
        for run_id in batch:
            instance.compute_log_manager.delete_logs(prefix=[run_id])
            if run_id not in needed:
                instance.event_log_storage.delete_events(run_id)
                instance.delete_run(run_id)
                trimmed.runs += 1
        trimmed.events += dagster_records.empty_runs(storage, needed)
    trimmed.runs_kept = len(old) - trimmed.runs
    trimmed.events += dagster_records.delete_events_of_no_run(storage, before)
    trimmed.check_results = dagster_records.delete_check_results(storage, before)
    trimmed.backfills = dagster_records.delete_backfills(storage, before)
    return trimmed


def trim_as_configured(platform: Platform, instance: dg.DagsterInstance, keep: timedelta) -> Trimmed | None:
    """Trim what ended longer ago than ``keep``; None when that is zero, and everything is kept."""
    if not keep:
        return None
    with platform.connected() as warehouse, dagster_records.dagster_storage() as storage:
        return trim(instance, storage, warehouse, datetime.now(UTC) - keep)


def retention_job() -> dg.JobDefinition:
    """The job that trims by the setting."""

    @dg.op(description="Deletes the record of runs that ended longer ago than GROWTHLEADS_KEEP_RUNS.")
    def trim_old_runs(context: dg.OpExecutionContext, platform: dg.ResourceParam[Platform]) -> None:
        trimmed = trim_as_configured(platform, context.instance, platform.settings.keep_runs)
        context.log.info(str(trimmed) if trimmed else "GROWTHLEADS_KEEP_RUNS is 0: every run is kept.")

    @dg.job(
        name=RETENTION,
        tags=WRITER_TAGS,
        executor_def=dg.in_process_executor,
        description="Trims Dagster's record of runs; the newest materializations and check results stay.",
    )
    def retention() -> None:
        trim_old_runs()

    return retention


def retention_schedule(job: dg.JobDefinition, settings: Settings) -> dg.ScheduleDefinition:
    """Once a day, when little happens and before all of history is checked."""
    return dg.ScheduleDefinition(
        name="retention_daily",
        job=job,
        cron_schedule="30 3 * * *",
        execution_timezone=settings.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )


def _ended_runs(instance: dg.DagsterInstance, before: datetime) -> Iterator[tuple[str, str]]:
    """Id and job of each run that ended before then."""
    filters, cursor = dg.RunsFilter(statuses=list(_ENDED), updated_before=before), None
    while records := instance.get_run_records(filters=filters, limit=1000, cursor=cursor):
        yield from ((record.dagster_run.run_id, record.dagster_run.job_name) for record in records)
        cursor = records[-1].dagster_run.run_id


def _newest_of_job(instance: dg.DagsterInstance, job: str) -> Iterator[str]:
    """The newest run of a job that ended, and the newest that succeeded, which alerts on all of history count from."""
    for statuses in (_ENDED, [dg.DagsterRunStatus.SUCCESS]):
        filters = dg.RunsFilter(job_name=job, statuses=list(statuses))
        yield from (run.run_id for run in instance.get_runs(filters=filters, limit=1))


def _named_by_alerts(warehouse: psycopg.Connection) -> set[str]:
    with warehouse.cursor(row_factory=scalar_row) as cursor:
        return set(cursor.execute("select distinct run_id from bronze.alerts where run_id is not null"))
