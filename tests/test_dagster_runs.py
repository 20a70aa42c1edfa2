"""Whole Dagster runs through the real definitions: a range in one, and what they report."""

import signal
import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import dagster as dg
import psycopg
import pytest

from growthleads_assets.alerts.channels import channels
from growthleads_assets.automation.graph import build_defs
from growthleads_assets.automation.runs import (
    RANGE_END,
    RANGE_START,
    PlannedRun,
    derived_from_events,
    failure_reason,
    run_in_process,
)
from growthleads_assets.commands.backfill import rebuild as backfill
from growthleads_assets.commands.reporting import Reporter
from growthleads_assets.commands.run import run_pass
from growthleads_assets.commands.status import status
from growthleads_assets.contracts.registry import SOURCES
from growthleads_assets.warehouse.alerts import deliver
from growthleads_assets.warehouse.locks import wait_until
from tests.cases import RAW_EARNINGS, brands, deals, manual, no_clicks, operators, routy, scrapers, voluum
from tests.endpoints import endpoint
from tests.homes import Home, Server

# pytest replaces the filters of growthleads_assets.assets around each test, and a warning in a step fails its run.
pytestmark = pytest.mark.filterwarnings("ignore::dagster.BetaWarning")

DAYS = ("2024-02-29", "2024-03-01", "2024-03-02")
# The middle day has clicks alone, and its scrapers' figures are estimated.
FILES = {
    **deals("A,x,raw_earnings + clicks*2", "Default,x,raw_earnings/3"),
    **brands("br1,A"),
    **operators("Foo NJ,FooLOLUS,US"),
    **routy(DAYS[0], ",A,Foo NJ,US,,1.005,0,0", ",B,Bar,,US,10,0,0", ",B,Bar,,US,bad,0,0"),
    **routy(DAYS[2], ",A,foo us,US,,4,0,0", ",A,Bar,US,,1,0,0"),
    **manual(DAYS[0], ",B,Foo NJ,7,0,0"),
    **scrapers(DAYS[0], ",A,Foo NJ,US,100,0", ",B,Bar,US,50,0"),
    **scrapers(DAYS[2], ",A,Foo NJ,US,120,0", ",B,Bar,US,80,0"),
    **voluum(DAYS[0], ",br1,3"),
    **voluum(DAYS[1], ",br1,5"),
    **no_clicks(DAYS[2]),
}

BOOKKEEPING = [
    *("load_id", "_load_id", "run_id", "inputs", "first_published_at", "published_at"),
    *("first_file_at", "quarantined_at"),
]
"""Columns that differ from one load, or one run, to the next."""


def everything(home: Home) -> dict[str, list[str]]:
    """The rows of every bronze table and every model, and the days published, the bookkeeping aside."""
    nodes = home.platform.transformation.manifest["nodes"].values()
    models = [f"{node['schema']}.{node['name']}" for node in nodes if node["resource_type"] == "model"]
    tables = [*(f"bronze.{source}" for source in SOURCES), *models, "gold.published_days"]
    return {
        table: sorted(
            str(row["content"])
            for row in home.query(f"select to_jsonb(t) - %s::text[] as content from {table} as t", BOOKKEEPING)
        )
        for table in tables
    }


def reported(source: str, key: str) -> set[str]:
    """What the newest materializations of a source's bronze table say under a key of their metadata."""
    with dg.DagsterInstance.get() as instance:
        newest = instance.fetch_materializations(dg.AssetKey(["bronze", source]), limit=len(DAYS)).records
    return {str(record.asset_materialization.metadata[key].value) for record in newest if record.asset_materialization}


def test_a_range_in_one_run_equals_its_days_one_by_one(server: Server) -> None:
    dimensions = {path: text for path, text in FILES.items() if "/" not in path}
    events = [name for name, source in SOURCES.items() if source.is_event]
    with server.new_home() as home:
        home.land_and_settle(dimensions)
        home.land(FILES)
        definitions = build_defs(home.platform)
        bronze = [dg.AssetKey(["bronze", name]) for name in events]
        run = PlannedRun(
            "days", [*bronze, *derived_from_events(definitions)], tags={RANGE_START: DAYS[0], RANGE_END: DAYS[-1]}
        )

        with dg.DagsterInstance.get() as instance:
            result = run_in_process(run, definitions, instance)

        assert result.success, failure_reason(result.all_events)
        assert reported("routy", "days_without_a_file") == {DAYS[1]}
        [held] = reported("routy", "quarantine")
        assert held.splitlines()[2:] == ["| not_a_decimal | 2024-02-29.csv | 1 | 0 | 1 | 4 |"]
        assert reported("manual", "days_without_a_file") == {f"{DAYS[1]}, {DAYS[2]}"}
        assert home.settle().is_empty
        # Dagster's record grows with checks, not with checks times days, and none stays as merely planned.
        assert home.query("select from dagster.asset_check_executions where partition is not null") == []
        assert home.query("select from dagster.asset_check_executions where execution_status = 'PLANNED'") == []
        in_one_run = everything(home)
    with server.new_home() as home:
        home.land_and_settle(dimensions)
        home.land(FILES)
        for day in (DAYS[1], DAYS[2], DAYS[0]):
            home.perform(sources=events, days=(date.fromisoformat(day), date.fromisoformat(day)), recalculates=True)

        assert everything(home) == in_one_run


def test_a_range_that_breaks_off_leaves_each_file_loaded_or_landed_and_the_next_run_loads_the_rest(home: Home) -> None:
    days = [str(date(2024, 3, 1) + timedelta(days=day)) for day in range(40)]
    for number, day in enumerate(days, start=1):
        home.land(routy(day, f",A,Foo,US,,{number},0,0", f",B,Foo,US,,{number}.5,0,0"))
    home.query_all(
        """
        create function break_off() returns trigger language plpgsql as $$ begin raise 'the disk is full'; end $$;
        create trigger breaks_off before insert on bronze.routy for each row
        when (new._day = '2024-03-05') execute function break_off();
        """
    )

    assert not load_routy(home, days).success
    # Nothing is begun once a day has failed; the other one at work and those that it took up before may be through.
    assert {f"{day}.csv" for day in days[20:]} | {"2024-03-05.csv"} <= loaded_or_landed(home, days)

    home.query_all("drop trigger breaks_off on bronze.routy")
    assert load_routy(home, days).success
    assert loaded_or_landed(home, days) == set()
    # 1 to 40 are 820, twice, and 40 halves.
    assert home.query("select sum(raw_earnings) as paid from bronze.routy") == [{"paid": Decimal(1660)}]


def test_a_range_that_breaks_off_says_why_though_nothing_beside_it_can_be_cancelled(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_connection: psycopg.Connection) -> None:
        raise psycopg.OperationalError("cancellation failed: the server is gone")

    for number in range(1, 11):
        home.land(routy(f"2024-03-{number:02}", *(f",A,Foo,US,,{line},0,0" for line in range(2_000))))
    home.query_all(
        """
        create function break_off() returns trigger language plpgsql as $$ begin raise 'the disk is full'; end $$;
        create trigger breaks_off before insert on bronze.routy for each row
        when (new._day = '2024-03-01') execute function break_off();
        """
    )
    monkeypatch.setattr(psycopg.Connection, "cancel_safe", fail)

    result = load_routy(home, ["2024-03-01", "2024-03-10"])

    assert "the disk is full" in failure_reason(result.all_events)


def test_a_range_that_is_interrupted_ends_though_the_server_does_not_answer(home: Home) -> None:
    days = ["2024-03-01", "2024-03-02", "2024-03-03"]
    for day in days:
        home.land(routy(day, ",A,Foo,US,,1,0,0"))
    waiting = "select count(*) from pg_locks where not granted and relation = 'bronze.routy'::regclass"

    def interrupt() -> None:
        with psycopg.connect(home.database.conninfo, autocommit=True) as looking:
            wait_until(lambda: looking.execute(waiting).fetchone() == (2,), 60)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    with psycopg.connect(home.database.conninfo) as other:
        other.execute("lock table bronze.routy in share mode")
        interrupting = threading.Thread(target=interrupt)
        interrupting.start()
        # Else the run would wait for this test for good.
        giving_up = threading.Timer(60, home.query_all, [f"select pg_terminate_backend({other.info.backend_pid})"])
        giving_up.start()
        with suppress(KeyboardInterrupt, dg.DagsterExecutionInterruptedError):
            assert not load_routy(home, days).success
        interrupting.join()
        giving_up.cancel()
        assert other.execute("select 1").fetchone() == (1,)

    assert loaded_or_landed(home, days) == {f"{day}.csv" for day in days}
    assert load_routy(home, days).success
    assert loaded_or_landed(home, days) == set()


def load_routy(home: Home, days: Sequence[str]) -> dg.ExecuteInProcessResult:
    """A run of the bronze table of routy over a range of days."""
    run = PlannedRun("days", [dg.AssetKey(["bronze", "routy"])], tags={RANGE_START: days[0], RANGE_END: days[-1]})
    with dg.DagsterInstance.get() as instance:
        return run_in_process(run, build_defs(home.platform), instance)


def loaded_or_landed(home: Home, days: Sequence[str]) -> set[str]:
    """The files that still lie in the landing zone; each of the others is on record, with all of its rows in place."""
    loaded = {row["file"]: row["rows_loaded"] for row in home.query("select file, rows_loaded from bronze.files")}
    in_place = {
        row["_file"]: row["n"] for row in home.query("select _file, count(*) as n from bronze.routy group by 1")
    }
    landed = {path.name for path in (home.settings.landing_zone / "routy").iterdir()}
    assert loaded == in_place
    assert landed == {f"{day}.csv" for day in days} - loaded.keys()
    return landed


def test_bronze_tables_and_checks_alone_can_be_run_and_the_same_bytes_again_are_no_failure(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    home.land_and_settle(FILES)
    before = home.commissions("solution_3_marketing_daily")
    definitions = build_defs(home.platform)
    with dg.DagsterInstance.get() as instance:
        for source, tags in (("routy", {"dagster/partition": DAYS[0]}), ("deals", {})):
            run = PlannedRun(source, [dg.AssetKey(["bronze", source])], tags=tags)
            result = run_in_process(run, definitions, instance)
            assert result.success, failure_reason(result.all_events)
        for asset, check in (
            ("silver/operators", "operators_are_mapped"),
            ("silver/traffic_events", "traffic_events_operator_is_known"),
            ("gold/mart_violations", "marts_do_not_contradict_themselves"),
        ):
            evaluated = _executed_alone(definitions, instance, asset, check)
            assert [evaluation.check_name for evaluation in evaluated] == [check]
    home.land({path: text for path, text in FILES.items() if path == f"routy/{DAYS[0]}.csv"})

    assert run_pass(home.platform, Reporter())

    assert "failed" not in capsys.readouterr().out
    assert home.settle().is_empty
    assert home.commissions("solution_3_marketing_daily") == before


def test_a_run_says_what_changed_in_dimensions_and_in_published_numbers(home: Home) -> None:
    home.land_and_settle(FILES)
    home.land(deals("A,x,raw_earnings + clicks*3", "Default,x,raw_earnings/3"))

    assert run_pass(home.platform, Reporter())

    with dg.DagsterInstance.get() as instance:
        changes = _metadata(instance, "bronze", "deals")
        restated = _metadata(instance, "gold", "commission_restatements")
        on_the_mart = _metadata(instance, "gold", "solution_3_marketing_daily")
    assert [changes[f"rows_{change}"] for change in ("added", "removed", "altered")] == [0, 0, 1]
    assert "raw_earnings + clicks*2 | comments: raw_earnings + clicks*3" in changes["changed_rows"]
    # A on 29 February, part 1: 1.005 + 3*2 became 1.005 + 3*3, half a cent up both times. Part 2 is at its baseline.
    assert "| solution_1_marketing_daily | A | 2024-02-29 | 7.01 | 10.01 | 3.00 | deals/deals.csv |" in _lines(restated)
    assert on_the_mart["restated_numbers"] == restated["restated_numbers"]


def test_a_backfill_names_the_days_without_a_file_in_order(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    home.land_and_settle(FILES)

    assert backfill(home.platform, date(2024, 1, 1), date(2024, 4, 30), None, Reporter())

    said = " ".join(capsys.readouterr().out.split())
    assert "without any file: 2024-01-01 to 2024-02-28, 2024-03-03 to 2024-04-30" in said


def test_status_says_why_a_day_is_not_published_whose_run_failed(home: Home) -> None:
    day = {
        path: text for path, text in FILES.items() if "/" not in path or path.startswith(("routy/2024-03-02", "vol"))
    }
    home.query_all(
        "create function gold.break() returns trigger language plpgsql as "
        "$$ begin raise exception 'the disk is full'; end $$"
    )
    home.query_all("create trigger breaks before insert on gold.published_days execute function gold.break()")
    home.land({path: text for path, text in day.items() if DAYS[0] not in path and DAYS[1] not in path})

    assert not run_pass(home.platform, Reporter())

    found = status(home.platform, number_of_days=1, last=date.fromisoformat(DAYS[2]))
    [told] = found.verdicts
    assert (told.part, told.verdict) == (1, "no")
    [reason] = told.reasons
    assert reason.startswith("its files are in and not published, for the newest run failed")
    assert "the disk is full" in reason


def test_a_blocking_check_is_told_by_its_name_and_nothing_fails_while_nobody_can_be_told(server: Server) -> None:
    with endpoint() as webhook, server.new_home(alert_webhook_url=webhook.url, ui_url="http://ui") as home:
        webhook.statuses = [500, 200]
        home.land_and_settle(RAW_EARNINGS)
        # A cent too much on one day, as a broken allocation would give it.
        home.query_all(
            """
            create function add_a_cent() returns trigger language plpgsql as
                'begin new.commission := new.commission + 0.01; return new; end';
            create trigger cent before insert on gold.web_commission_by_operator
                for each row when (new.date = '2024-03-02') execute function add_a_cent();
            """
        )
        home.land({**routy("2024-03-01", ",A,Foo,US,,1,0,0"), **routy("2024-03-02", ",A,Foo,US,,2,0,0")})
        home.land({**no_clicks("2024-03-01", "2024-03-02"), "manual/2024-03-01.csv": "x\n"})
        home.settle(stop_after="loading")

        assert not run_pass(home.platform, Reporter())

        # The day beside it is published. The endpoint did not take the first message: it is sent again. That both days
        # failed together is no news.
        assert home.commissions("solution_3_marketing_daily") == {("A", "2024-03-01"): Decimal("1.00")}
        assert webhook.titles() == ["manual/2024-03-01.csv is refused"]
        with home.platform.connected() as connection:
            later = datetime.now(UTC) + timedelta(hours=1)
            deliver(connection, channels(home.settings), ui_url=home.settings.ui_url, now=later)
        [_, _, blocked] = webhook.posted
        assert (blocked["kind"], blocked["title"]) == ("failed_check", "A blocking check failed: 2024-03-02")
        assert "Failed: web_commission_by_operator_adds_up_to_the_commission." in blocked["message"]
        assert (blocked["first_day"], blocked["last_day"]) == ("2024-03-02", "2024-03-02")
        assert (blocked["money"], blocked["money_is"]) == ("1.00", "the median commission of the only day published")
        with dg.DagsterInstance.get() as instance:
            run = instance.get_run_by_id(blocked["run_id"])
            assert run
            told = _materialized(instance, run.run_id)
        assert (run.is_failure, run.tags[RANGE_START], run.tags[RANGE_END]) == (True, "2024-03-02", "2024-03-02")
        # Views that were read on the way there, and none that show what was not calculated.
        assert {"silver/stg_routy", "silver/traffic_events", "gold/web_commission_by_operator"} <= told
        assert told.isdisjoint({"gold/dimension_impact", "gold/dim_calendar", "gold/solution_1_marketing_daily"})


def _materialized(instance: dg.DagsterInstance, run_id: str) -> set[str]:
    """What a run has materialized."""
    events = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
    return {event.asset_key.to_user_string() for entry in events if (event := entry.dagster_event) and event.asset_key}


def _executed_alone(
    definitions: dg.Definitions, instance: dg.DagsterInstance, asset: str, check: str
) -> list[dg.AssetCheckEvaluation]:
    """What a check says that somebody executes by itself in the UI."""
    key = dg.AssetCheckKey(dg.AssetKey(asset.split("/")), check)
    job = dg.define_asset_job("one_check", selection=dg.AssetSelection.checks(key))
    with_job = dg.Definitions.merge(definitions, dg.Definitions(jobs=[job]))
    result = with_job.resolve_job_def("one_check").execute_in_process(instance=instance, raise_on_error=False)
    assert result.success, failure_reason(result.all_events)
    return list(result.get_asset_check_evaluations())


def _metadata(instance: dg.DagsterInstance, *key: str) -> dict[str, Any]:
    """The metadata of the oldest materialization with any that says what changed."""
    records = instance.fetch_materializations(dg.AssetKey(key), limit=50, ascending=True).records
    found = [record.asset_materialization.metadata for record in records if record.asset_materialization]
    telling = next(metadata for metadata in found if {"changed_rows", "restated_numbers"} & metadata.keys())
    return {name: value.value for name, value in telling.items()}


def _lines(restated: dict[str, Any]) -> list[str]:
    return str(restated["restatements"]).split("\n")
