"""Two passes over one home at the same time, as when someone runs the command while another one is still at it."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from growthleads_assets.home.survey import survey
from growthleads_assets.settings import PREFIX, load_settings
from growthleads_assets.warehouse.server import running_database, stop_database
from tests import forked
from tests.cases import RAW_EARNINGS, no_clicks, routy, scrapers
from tests.homes import Home, folder_for_all

DAYS = [f"2024-03-0{day}" for day in range(1, 6)]


@pytest.fixture
def new_home() -> Iterator[Path]:
    """A home in which nothing was ever run: the two make its database, its tables and Dagster's too."""
    with folder_for_all() as folder:
        yield folder / "home"
        stop_database(load_settings(home=folder / "home"))


def test_two_runs_at_once_load_everything_once(new_home: Path) -> None:
    files = {**RAW_EARNINGS, **no_clicks(*DAYS), **scrapers(DAYS[0], ",A,Foo,US,100,0")}
    for number, day in enumerate(DAYS, start=1):
        files |= routy(day, f",A,Foo,US,,{number},0,0", f",A,Bar,US,,{number}.25,0,0", f",A,Bar,US,,{number}.25,0,0")
    for relative, content in files.items():
        path = new_home / "landing_zone" / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(str(content))

    outcomes = _run_twice_at_once(new_home)

    assert [exit_code for exit_code, _ in outcomes] == [0, 0], outcomes
    assert list((new_home / "landing_zone").rglob("2024-*")) == []
    with running_database(load_settings(home=new_home)) as database, psycopg.connect(database.conninfo) as connection:

        def rows(query: str) -> list[tuple[Any, ...]]:
            return connection.execute(query.encode()).fetchall()

        accepted = rows("select source, file, count(*) from bronze.files group by source, file")
        loaded = rows("select _day::text, _line, count(*) from bronze.routy group by _day, _line order by _day, _line")
        held = rows("select reason, count(*) from bronze.quarantine group by reason")
        daily = rows("select date::text, total_commission::text from gold.solution_1_marketing_daily order by date")
        monthly = rows("select operator, total_commission::text from gold.solution_3_operators_monthly")
        restated = rows("select count(*) from gold.commission_restatements")
        runs = rows("select distinct status from dagster.runs")

    # Three dimensions, five days of routy and voluum, one of scrapers.
    assert len(accepted) == 3 + 5 + 5 + 1
    assert {count for _, _, count in accepted} == {1}
    # The third row of each day says what the second one says, and is held.
    assert loaded == [(day, line, 1) for day in DAYS for line in (2, 3)]
    assert held == [("duplicate", 5)]
    # Day n pays n + n.25.
    assert daily == [(day, f"{2 * number}.25") for number, day in enumerate(DAYS, start=1)]
    # Foo 1 + 2 + 3 + 4 + 5, and the baseline of part 2 adds 0; Bar 5 * 0.25 more than Foo.
    assert dict(monthly) == {"Foo": "15.00", "Bar": "16.25"}
    assert restated == [(0,)]
    assert runs == [("SUCCESS",)]


def test_who_looks_at_a_home_does_not_wait_for_who_writes(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    # Only a bound: without a wait it is not reached.
    monkeypatch.setenv("PGOPTIONS", "-c lock_timeout=5s")
    with psycopg.connect(home.database.conninfo) as writer:
        # What a transaction that loads a file or publishes has locked at its end.
        writer.execute("lock table bronze.routy, bronze.files, gold.commission_restatements in row exclusive mode")
        writer.execute("select from bronze.day_inputs")

        with home.platform.connected() as connection:
            assert survey(home.platform, connection, settle_seconds=0).is_empty


def _run_twice_at_once(home: Path) -> list[tuple[int, str]]:
    """Exit code and standard error of each of two `growthleads run`."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    environment = {**own, "GROWTHLEADS_HOME": str(home), "GROWTHLEADS_SETTLE_SECONDS": "0"}
    commands = [forked.Command(["run"], environment) for _ in range(2)]
    return [(outcome.returncode, outcome.stderr) for outcome in [command.ended() for command in commands]]
