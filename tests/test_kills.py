"""`kill -9` at every point of a pass, and a plain pass afterwards that makes up for it."""

import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import dagster as dg
import dbt.cli.main
import pytest
from psycopg import sql

from growthleads_assets import cli
from growthleads_assets.automation import runs
from growthleads_assets.contracts.registry import SOURCES
from growthleads_assets.home.platform import Platform
from growthleads_assets.landing import departure
from growthleads_assets.settings import load_settings
from growthleads_assets.warehouse import loading, publication
from growthleads_assets.warehouse.database import Database
from tests import forked
from tests.cases import MARTS, Case, brands, deals, no_clicks, operators, routy, scrapers, voluum
from tests.homes import Home, Server

# Part 1: A has 10 + 1 click * 2, 20 and 30, B has 1. Part 2: the first day is the baseline; the increase of 4 up to the
# third day is spread over two days.
FIRST_LOAD = Case(
    name="first_load",
    files={
        **deals("A,CPC,raw_earnings + clicks*2", "Default,FIXED 0,raw_earnings"),
        **brands("br1,A"),
        **operators(),
        **routy("2024-03-01", ",A,Foo,US,,10,0,0", ",B,Foo,US,,1,0,0"),
        **routy("2024-03-02", ",A,Foo,US,,20,0,0"),
        **routy("2024-03-03", ",A,Foo,US,,30,0,0"),
        **voluum("2024-03-01", ",br1,1"),
        **no_clicks("2024-03-02", "2024-03-03"),
        **scrapers("2024-03-01", ",A,Foo,US,100,0"),
        **scrapers("2024-03-03", ",A,Foo,US,104,0"),
    },
    marts={
        "solution_1_marketing_daily": {
            ("A", "2024-03-01"): "12.00",
            ("B", "2024-03-01"): "1.00",
            ("A", "2024-03-02"): "20.00",
            ("A", "2024-03-03"): "30.00",
        },
        "solution_1_operators_monthly": {("Foo", "2024-03-01"): "63.00"},  # 12 + 1 + 20 + 30
        "solution_2_marketing_daily": {
            ("A", "2024-03-01"): "0.00",
            ("A", "2024-03-02"): "2.00",
            ("A", "2024-03-03"): "2.00",
        },
        "solution_2_operators_monthly": {("Foo", "2024-03-01"): "4.00"},
    },
)

# A click is worth 5 now, the second day has Foo 25 and Bar 5, and the increase is 6.
CORRECTION = Case(
    name="correction",
    files={
        **deals("A,CPC,raw_earnings + clicks*5", "Default,FIXED 0,raw_earnings"),
        **routy("2024-03-02", ",A,Foo,US,,25,0,0", ",A,Bar,US,,5,0,0"),
        **scrapers("2024-03-03", ",A,Foo,US,106,0"),
    },
    marts={
        "solution_1_marketing_daily": {
            ("A", "2024-03-01"): "15.00",
            ("B", "2024-03-01"): "1.00",
            ("A", "2024-03-02"): "30.00",
            ("A", "2024-03-03"): "30.00",
        },
        # Foo 15 + 1 + 25 + 30.
        "solution_1_operators_monthly": {("Foo", "2024-03-01"): "71.00", ("Bar", "2024-03-01"): "5.00"},
        "solution_2_marketing_daily": {
            ("A", "2024-03-01"): "0.00",
            ("A", "2024-03-02"): "3.00",
            ("A", "2024-03-03"): "3.00",
        },
        "solution_2_operators_monthly": {("Foo", "2024-03-01"): "6.00"},
    },
)


def die() -> NoReturn:
    """What `kill -9` does to this process."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("killed processes do not go on")


def while_rows_are_copied(patch: pytest.MonkeyPatch) -> None:
    """A file has some of its rows in the table, in a transaction that never commits."""
    copy = loading.Loader._copy

    def copy_one(self: loading.Loader, table: sql.Identifier, rows: Any) -> None:
        copy(self, table, rows)
        if table == sql.Identifier("bronze", "routy"):
            die()

    patch.setattr(loading.Loader, "_copy", copy_one)


def before_a_loaded_file_leaves(patch: pytest.MonkeyPatch) -> None:
    """A file is committed, and lies in the landing zone still."""
    patch.setattr(loading, "take_away", lambda *_: die())


def while_a_loaded_file_leaves(patch: pytest.MonkeyPatch) -> None:
    """A file is committed, and set aside in the landing zone."""
    patch.setattr(departure, "_finish", lambda *_, **__: die())


def after_a_dimension_is_loaded(patch: pytest.MonkeyPatch) -> None:
    """New deals are committed, and nothing else has happened."""
    _die_after(patch, loading.Loader, "load_landed", lambda _, source, *__: source.name == "deals")


def while_models_are_built(patch: pytest.MonkeyPatch) -> None:
    """Some models of the days are rewritten, and others say what they said before."""
    runner = dbt.cli.main.dbtRunner

    def runner_that_dies(manifest: Any = None, callbacks: Any = ()) -> Any:
        return runner(manifest, [*callbacks, die_after_a_model])

    def die_after_a_model(event: Any) -> None:
        if event.info.name == "LogModelResult" and event.data.node_info.node_name == "web_commission_daily":
            die()

    patch.setattr(dbt.cli.main, "dbtRunner", runner_that_dies)


def before_publishing(patch: pytest.MonkeyPatch) -> None:
    """The days are calculated, and nobody can see it yet."""
    _die_after(patch, publication, "finish_calculation")


def while_publishing(patch: pytest.MonkeyPatch) -> None:
    """The marts and the restatements are written, in a transaction that never commits."""
    patch.setattr(publication, "_record_days", lambda *_: die())


def after_publishing(patch: pytest.MonkeyPatch) -> None:
    """All is published, and nobody was told."""
    _die_after(patch, publication, "publish")


def _die_after(
    patch: pytest.MonkeyPatch, owner: object, name: str, applies: Callable[..., bool] = lambda *_: True
) -> None:
    original = getattr(owner, name)

    def die_after(*arguments: Any) -> Any:
        result = original(*arguments)
        if applies(*arguments):
            die()
        return result

    patch.setattr(owner, name, die_after)


Point = Callable[[pytest.MonkeyPatch], None]

POINTS: tuple[Point, ...] = (
    while_rows_are_copied,
    before_a_loaded_file_leaves,
    while_a_loaded_file_leaves,
    after_a_dimension_is_loaded,
    while_models_are_built,
    before_publishing,
    while_publishing,
    after_publishing,
)


@dataclass(frozen=True)
class Everything:
    """All that a home says of what landed and what is due, times and numbers of loads aside."""

    files: list[dict[str, Any]]
    rows: dict[str, list[dict[str, Any]]]
    marts: dict[str, list[dict[str, Any]]]
    restatements: list[dict[str, Any]]
    in_landing_zone: list[str]


@pytest.fixture(scope="module")
def undisturbed(server: Server) -> Mapping[str, Everything]:
    """What a home says in which nothing was killed, after the first load and after the correction."""
    with server.new_home() as home:
        said = {}
        for case in (FIRST_LOAD, CORRECTION):
            home.land(case.files)
            home.settle()
            said[case.name] = everything(home)
        return said


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.__name__)
def test_a_pass_that_is_killed_is_made_up_for_by_the_next(
    home: Home, undisturbed: Mapping[str, Everything], point: Point
) -> None:
    for case in (FIRST_LOAD, CORRECTION):
        home.land(case.files)
        seen_before = {mart: home.commissions(mart) for mart in MARTS}

        assert exit_code(home, settle, until=point) == -signal.SIGKILL

        # What readers see is what they saw, or what they are to see: nothing in between.
        seen = {mart: home.commissions(mart) for mart in MARTS}
        assert seen == (case.expected if point is after_publishing else seen_before)

        left = home.settle()

        assert left.is_empty
        assert {mart: home.commissions(mart) for mart in MARTS} == case.expected
        assert_ledger_adds_up(home)
        assert everything(home) == undisturbed[case.name]


def test_a_killed_command_is_made_up_for_by_the_next_and_its_run_ends_as_failed(
    home: Home, undisturbed: Mapping[str, Everything], monkeypatch: pytest.MonkeyPatch
) -> None:
    home.land(FIRST_LOAD.files)
    home.settle()
    home.land(CORRECTION.files)

    assert exit_code(home, run, until=while_rows_are_copied) == -signal.SIGKILL
    with dg.DagsterInstance.get() as instance:
        [killed] = instance.get_runs(filters=dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))

    assert exit_code(home, run) == 0

    assert everything(home) == undisturbed[CORRECTION.name]
    monkeypatch.setattr(runs, "_SECONDS_TO_LEASE", 0)
    with dg.DagsterInstance.get() as instance, home.platform.connected() as connection:
        assert runs.end_dead_runs(instance, connection) == [killed.run_id]
        by_status = {record.run_id: record.status for record in instance.get_runs()}
    assert by_status.pop(killed.run_id) is dg.DagsterRunStatus.FAILURE
    assert set(by_status.values()) == {dg.DagsterRunStatus.SUCCESS}


def settle(home: Home) -> None:
    """A pass without Dagster."""
    home.settle()


def run(_: Home) -> None:
    """The command."""
    cli.main(["run"])


def exit_code(home: Home, work: Callable[[Home], None], *, until: Point | None = None) -> int | None:
    """Work on the home in a process of its own, which kills itself at the point if there is one."""
    process = forked.start(_work, dict(os.environ), home.database, work, until)
    process.join()
    return process.exitcode


def _work(environment: dict[str, str], database: Database, work: Callable[[Home], None], until: Point | None) -> None:
    os.environ.update(environment)
    if until:
        until(pytest.MonkeyPatch())
    settings = load_settings()
    work(Home(settings, Platform(settings, SOURCES), database))


def everything(home: Home) -> Everything:
    return Everything(
        files=home.query(
            "select source, file, day, sha256, rows_read, rows_loaded, rows_quarantined, status, "
            "superseded_at is null as in_force from bronze.files order by load_id"
        ),
        rows={
            name: without(home.query(f"select * from bronze.{name} order by _file, _line"), "_load_id")
            for name in SOURCES
        },
        marts={mart: sorted(home.query(f"select * from gold.{mart}"), key=repr) for mart in MARTS},
        restatements=home.query(
            "select mart, key, period, kind, old_commission, new_commission, difference, cause_source, cause_file, "
            "old_sha256, new_sha256, jsonb_path_query_array(causes, '$[*].file') as causes "
            "from gold.commission_restatements order by restatement_id"
        ),
        in_landing_zone=sorted(path.name for path in home.settings.landing_zone.rglob("*") if path.is_file()),
    )


def without(rows: list[dict[str, Any]], column: str) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name != column} for row in rows]


def assert_ledger_adds_up(home: Home) -> None:
    """The changes of a number are a chain that ends at what its mart says."""
    says: dict[tuple[str, str, str], Any] = {}
    for row in home.query("select * from gold.commission_restatements order by restatement_id"):
        number = (row["mart"], row["key"], row["period"].isoformat())
        assert row["old_commission"] == says.get(number, row["old_commission"])
        assert row["difference"] == (row["new_commission"] or 0) - (row["old_commission"] or 0)
        says[number] = row["new_commission"]
    marts = {(mart, *key): amount for mart in MARTS for key, amount in home.commissions(mart).items()}
    assert {number: marts.get(number) for number in says} == says
