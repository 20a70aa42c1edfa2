"""Old runs leave Dagster's record, and nothing that the UI tells of partitions and checks changes by it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import pytest

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
FIRST, SECOND = "2024-03-01", "2024-03-02"


def materialize(definitions: dg.Definitions, instance: dg.DagsterInstance, first: str, last: str) -> str:
    days = DayRange(datetime.fromisoformat(first).date(), datetime.fromisoformat(last).date(), frozenset())
    result = run_in_process(PlannedRun(f"{first} to {last}", [ROUTY], range_tags(days)), definitions, instance)
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


def test_old_runs_go_and_what_is_known_of_partitions_and_checks_stays(home: Home) -> None:
    home.land({**RAW_EARNINGS, **routy(FIRST, ",A,Foo,US,,1,0,0"), **routy(SECOND, ",A,Foo,US,,2,0,0")})
    definitions = build_defs(home.platform)
    with (
        dg.DagsterInstance.get() as instance,
        dagster_storage() as storage,
        home.platform.connected() as warehouse,
    ):
        with_second_day = materialize(definitions, instance, FIRST, SECOND)
        overtaken = materialize(definitions, instance, FIRST, FIRST)
        newest = materialize(definitions, instance, FIRST, FIRST)
        job = definitions.resolve_job_def(PIPELINE)
        told_of = instance.create_run_for_job(job, status=dg.DagsterRunStatus.FAILURE).run_id
        newest_of_job = instance.create_run_for_job(job, status=dg.DagsterRunStatus.CANCELED).run_id
        under_way = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED).run_id
        warehouse.execute(
            "insert into bronze.alerts (key, kind, title, message, money_is, money_is_estimate, happened_at, run_id) "
            "values ('a', 'failed_run', 'x', 'x', '', false, now(), %s)",
            (told_of,),
        )
        before = told_by_the_ui(definitions, instance)
        untouched = {run: len(instance.all_logs(run)) for run in (newest, told_of, newest_of_job, under_way)}
        later = datetime.now(UTC) + timedelta(minutes=1)

        nothing = trim(instance, storage, warehouse, later - timedelta(days=1))
        trimmed = trim(instance, storage, warehouse, later)
        again = trim(instance, storage, warehouse, later)

        assert (nothing.runs, nothing.runs_kept, nothing.events) == (0, 0, 0)
        assert (trimmed.runs, trimmed.runs_kept) == (1, 4)
        assert trimmed.events > 0
        assert again == Trimmed(runs_kept=4)
        assert told_by_the_ui(definitions, instance) == before
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
        # One for each check and day of a run, which its result without a day leaves as it is.
        ended = "select count(*) from asset_check_executions where execution_status = 'PLANNED' and run_id <> %s"
        assert storage.execute(ended, (under_way,)).fetchone() == (0,)

        scheduled = definitions.resolve_job_def(RETENTION).execute_in_process(instance=instance)

        assert scheduled.success
        assert told_by_the_ui(definitions, instance) == before
