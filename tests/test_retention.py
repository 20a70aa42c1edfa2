"""Old runs leave Dagster's record, and nothing that the UI tells of partitions and checks changes by it."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest.mock import patch

import dagster as dg
import psycopg
import pytest
from dagster._core.events import AssetMaterializationPlannedData  # noqa: TID251 - what Dagster itself reports

from growthleads_assets.automation.graph import build_defs
from growthleads_assets.automation.jobs import PIPELINE
from growthleads_assets.automation.retention import RETENTION, Trimmed, trim
from growthleads_assets.automation.runs import PlannedRun, failure_reason, range_tags, run_in_process
from growthleads_assets.planning.planner import DayRange
from growthleads_assets.warehouse.dagster_records import dagster_storage
from tests.cases import RAW_EARNINGS, routy
from tests.homes import Home

pytestmark = pytest.mark.filterwarnings("ignore::dagster.BetaWarning")

ROUTY = dg.AssetKey(["bronze", "routy"])
OUTCOME = {dg.DagsterEventType.RUN_START, dg.DagsterEventType.RUN_SUCCESS}
FIRST, SECOND, THIRD = "2024-03-01", "2024-03-02", "2024-03-03"


def days(first: str, last: str) -> DayRange:
    return DayRange(date.fromisoformat(first), date.fromisoformat(last), frozenset())


def materialize(definitions: dg.Definitions, instance: dg.DagsterInstance, first: str, last: str) -> str:
    planned = PlannedRun(f"{first} to {last}", [ROUTY], range_tags(days(first, last)))
    result = run_in_process(planned, definitions, instance)
    assert result.success, failure_reason(result.all_events)
    return str(result.run_id)


def told_by_the_ui(definitions: dg.Definitions, instance: dg.DagsterInstance) -> Mapping[str, Any]:
    """The newest materialization of each partition, and the newest result of each check, of every asset."""
    graph = definitions.resolve_asset_graph()
    results = instance.event_log_storage.get_asset_check_summary_records(sorted(graph.asset_check_keys, key=str))
    newest: dict[str, Any] = {}
    for key in graph.materializable_asset_keys:
        for record in instance.fetch_materializations(key, limit=1000, ascending=True).records:
            newest[f"{key.to_user_string()} {record.partition_key}"] = (record.storage_id, record.run_id)
        event = instance.get_latest_materialization_event(key)
        newest[f"{key.to_user_string()} of all"] = event and event.timestamp
    checks = {str(key): result.last_completed_check_execution_record for key, result in results.items()}
    return {**newest, **{key: (record.run_id, record.status, record.event) for key, record in checks.items() if record}}


def newest_results(storage: psycopg.Connection) -> list[tuple[Any, ...]]:
    """The newest result of each check and partition, as the storage has it."""
    return storage.execute(
        "select distinct on (asset_key, check_name, partition) * from asset_check_executions "
        "where execution_status <> 'PLANNED' order by asset_key, check_name, partition, id desc"
    ).fetchall()


def planned_by_day(storage: psycopg.Connection, run: str) -> None:
    """What earlier releases recorded at the start of a run, beside the result without a day that came of it."""
    storage.execute(
        "insert into asset_check_executions "
        "(asset_key, check_name, partition, run_id, execution_status, evaluation_event_timestamp) "
        "select %s, 'files_accepted', day, %s, 'PLANNED', now() at time zone 'utc' from unnest(%s::text[]) as day",
        (ROUTY.to_string(), run, [FIRST, SECOND]),
    )


def attempts_that_made_nothing(instance: dg.DagsterInstance) -> Mapping[str, str]:
    """By partition the run of the last attempt, where that came to nothing: the UI shows it as that run ended."""
    storage = instance.event_log_storage
    found = storage.get_latest_asset_partition_materialization_attempts_without_materializations(ROUTY)
    return {partition: run for partition, (run, _) in found.items()}


def interrupted(storage: object, method: str) -> AbstractContextManager[object]:
    """As if the process were killed when it comes to this."""
    return patch.object(storage, method, side_effect=KeyboardInterrupt)


def test_old_runs_go_and_what_is_known_of_partitions_and_checks_stays(home: Home) -> None:
    home.land({**RAW_EARNINGS, **routy(FIRST, ",A,Foo,US,,1,0,0"), **routy(SECOND, ",A,Foo,US,,2,0,0")})
    definitions = build_defs(home.platform)
    with (
        dg.DagsterInstance.get() as instance,
        dagster_storage() as storage,
        home.platform.connected() as warehouse,
    ):
        job = definitions.resolve_job_def(PIPELINE)
        of_routy = job.get_subset(asset_selection={ROUTY})

        def failed(day: str) -> str:
            run = instance.create_run_for_job(of_routy, status=dg.DagsterRunStatus.FAILURE).run_id
            planned = AssetMaterializationPlannedData(ROUTY, partition=day)
            event = dg.DagsterEvent.build_asset_materialization_planned_event(PIPELINE, "bronze__routy", planned)
            instance.report_dagster_event(event, run)
            return run

        made_good, never_made = failed(FIRST), failed(THIRD)
        with_second_day = materialize(definitions, instance, FIRST, SECOND)
        overtaken = materialize(definitions, instance, FIRST, FIRST)
        newest = materialize(definitions, instance, FIRST, FIRST)
        told_of = instance.create_run_for_job(job, status=dg.DagsterRunStatus.FAILURE).run_id
        newest_of_job = instance.create_run_for_job(job, status=dg.DagsterRunStatus.CANCELED).run_id
        under_way = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED).run_id
        warehouse.execute(
            "insert into bronze.alerts (key, kind, title, message, money_is, money_is_estimate, happened_at, run_id) "
            "values ('a', 'failed_run', 'x', 'x', '', false, now(), %s)",
            (told_of,),
        )
        for run in (with_second_day, under_way):
            planned_by_day(storage, run)
        for _ in range(2):
            instance.report_runless_asset_event(dg.AssetObservation(ROUTY))
        observed = "select id from event_logs where run_id = '' order by id"
        [_, last_observed] = storage.execute(observed).fetchall()
        storage.execute(
            "insert into bulk_actions (key, status, timestamp) "
            "values ('ended', 'COMPLETED_SUCCESS', now() at time zone 'utc'), ('asked', 'REQUESTED', 'epoch')"
        )
        assert attempts_that_made_nothing(instance) == {THIRD: never_made}
        before, results = told_by_the_ui(definitions, instance), newest_results(storage)
        untouched = {run: len(instance.all_logs(run)) for run in (newest, told_of, newest_of_job, under_way)}
        later = datetime.now(UTC) + timedelta(minutes=1)

        nothing = trim(instance, storage, warehouse, later - timedelta(days=1))
        for of, method in ((instance.event_log_storage, "delete_events"), (instance.run_storage, "delete_run")):
            with pytest.raises(KeyboardInterrupt), interrupted(of, method):
                trim(instance, storage, warehouse, later)
        trimmed = trim(instance, storage, warehouse, later)
        again = trim(instance, storage, warehouse, later)

        assert (nothing.runs, nothing.runs_kept, nothing.events, nothing.backfills) == (0, 0, 0, 0)
        assert (trimmed.runs, trimmed.runs_kept, trimmed.backfills) == (2, 5, 1)
        assert trimmed.events > 0
        assert again == Trimmed(runs_kept=5)
        assert told_by_the_ui(definitions, instance) == before
        assert newest_results(storage) == results
        assert attempts_that_made_nothing(instance) == {THIRD: never_made}
        assert instance.get_run_by_id(made_good) is None
        assert storage.execute(observed).fetchall() == [last_observed]
        assert storage.execute("select key from bulk_actions").fetchall() == [("asked",)]
        of_no_run = "select count(*) from event_logs where run_id <> '' and run_id not in (select run_id from runs)"
        assert storage.execute(of_no_run).fetchone() == (0,)
        assert before[f"bronze/routy {SECOND}"][1] == with_second_day
        assert instance.get_materialized_partitions(ROUTY) == {FIRST, SECOND}
        assert instance.get_run_by_id(overtaken) is None
        assert not instance.all_logs(overtaken)
        assert {run: len(instance.all_logs(run)) for run in untouched} == untouched
        assert all(instance.get_run_by_id(run) for run in untouched)
        left = [entry.dagster_event for entry in instance.all_logs(with_second_day)]
        assert [event.partition for event in left if event and event.is_step_materialization] == [SECOND]
        assert {event.event_type for event in left if event and not event.is_step_materialization} == OUTCOME
        kept_logs = {path.name for path in (home.settings.dagster_home / "storage").iterdir()}
        assert not kept_logs & {overtaken, with_second_day}
        assert newest in kept_logs
        # By runs that ended nothing is planned any more; what a run under way planned stays.
        planned = (
            "select distinct run_id, array_agg(partition order by partition) "
            "from asset_check_executions where execution_status = 'PLANNED' and partition is not null group by run_id"
        )
        assert storage.execute(planned).fetchall() == [(under_way, [FIRST, SECOND])]
        ended = "select count(*) from asset_check_executions where execution_status = 'PLANNED' and run_id <> %s"
        assert storage.execute(ended, (under_way,)).fetchone() == (0,)

        scheduled = definitions.resolve_job_def(RETENTION).execute_in_process(instance=instance)

        assert scheduled.success
        assert told_by_the_ui(definitions, instance) == before
