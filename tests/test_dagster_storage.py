"""Dagster's storage: its tables, which the first process that works on a home makes, and what comes into them."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.asset_checks.asset_check_evaluation import (  # noqa: TID251 - what Dagster itself reports
    AssetCheckEvaluationPlanned,
)
from dagster._core.events import AssetMaterializationPlannedData  # noqa: TID251 - what Dagster itself reports

from growthleads_assets.automation.jobs import PIPELINE
from tests.homes import Home

AT_ONCE = 4


def test_several_that_start_at_once_make_them_once(home: Home) -> None:
    # On a server that takes its time over a table, as a busy one does, they are sure to meet.
    after_each_table(home, "perform pg_sleep(0.2) where to_regclass('dagster.jobs') is null")
    together = threading.Barrier(AT_ONCE)

    def start() -> int:
        together.wait()
        with dg.DagsterInstance.get() as instance:
            return instance.get_runs_count()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        started = [pool.submit(start) for _ in range(AT_ONCE)]

    assert [process.result() for process in started] == [0] * AT_ONCE


@pytest.mark.parametrize(
    "table",
    [
        pytest.param("run_tags", id="in the storage of runs"),
        pytest.param("pending_steps", id="in the storage of events"),
        pytest.param("asset_daemon_asset_evaluations", id="in the storage of schedules"),
    ],
)
def test_tables_whose_making_broke_off_are_made_by_the_next_start(home: Home, table: str) -> None:
    after_each_table(home, f"if to_regclass('dagster.{table}') is not null then raise 'the connection is gone'; end if")
    with pytest.raises(Exception, match="the connection is gone"), dg.DagsterInstance.get():
        pass
    home.query_all("drop event trigger after_each_table")

    with dg.DagsterInstance.get():
        made = tables(home)
    home.query_all("drop schema dagster cascade; create schema dagster")
    with dg.DagsterInstance.get():
        assert made == tables(home)


def test_what_a_run_plans_is_on_record_by_its_own_numbers(home: Home) -> None:
    routy, check = dg.AssetKey(["bronze", "routy"]), "required_values_are_given"
    plan = [
        (
            dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED,
            AssetCheckEvaluationPlanned(asset_key=routy, check_name=check),
        ),
        (dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED, AssetMaterializationPlannedData(routy)),
        (
            dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED,
            AssetCheckEvaluationPlanned(asset_key=routy, check_name="other"),
        ),
    ]
    with dg.DagsterInstance.get() as instance:
        instance.event_log_storage.store_event_batch([_planned(kind, data) for kind, data in plan])
        instance.event_log_storage.store_event_batch([])

    logged = home.query("select id, dagster_event_type, run_id from dagster.event_logs order by id")
    assert [(row["dagster_event_type"], row["run_id"]) for row in logged] == [(kind.value, "run") for kind, _ in plan]
    checks = home.query(
        "select check_name, evaluation_event_storage_id as event, execution_status "
        "from dagster.asset_check_executions order by id"
    )
    assert [(row["check_name"], row["event"], row["execution_status"]) for row in checks] == [
        (check, logged[0]["id"], "PLANNED"),
        ("other", logged[2]["id"], "PLANNED"),
    ]
    [asset] = home.query("select asset_key, last_run_id from dagster.asset_keys")
    assert (asset["asset_key"], asset["last_run_id"]) == ('["bronze", "routy"]', "run")


def _planned(kind: dg.DagsterEventType, data: Any) -> dg.EventLogEntry:
    event = dg.DagsterEvent(kind.value, PIPELINE, step_key="bronze__routy", event_specific_data=data)
    return dg.EventLogEntry(  # type: ignore[no-untyped-call]
        error_info=None,
        level=logging.DEBUG,
        user_message="",
        run_id="run",
        timestamp=0.0,
        step_key="bronze__routy",
        job_name=PIPELINE,
        dagster_event=event,
    )


def after_each_table(home: Home, statement: str) -> None:
    """Have the server do something in each statement that makes a table."""
    home.query_all(
        f"""
        create function after_each_table() returns event_trigger language plpgsql as $$ begin {statement}; end $$;
        create event trigger after_each_table on ddl_command_end when tag in ('CREATE TABLE')
        execute function after_each_table();
        """
    )


def tables(home: Home) -> set[str]:
    """Dagster's tables."""
    return {row["tablename"] for row in home.query("select tablename from pg_tables where schemaname = 'dagster'")}
