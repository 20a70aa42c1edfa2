"""The tables of Dagster's storage, which the first process that works on a home makes."""

import threading
from concurrent.futures import ThreadPoolExecutor

import dagster as dg
import pytest

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
