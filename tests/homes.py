"""A home to test on: its own zones, and a database that is new for each test, on a server that all tests share.

A database is copied from a template in which every table and view is already made, so that a test starts in a fraction
of a second; a home that many tests start from is made once and copied (`Server.home_like`). The dbt project is parsed
once for all test processes, and again when one of its files has changed.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from growthleads_assets.assets.models import DIMENSION_MODELS, to_build
from growthleads_assets.contracts.registry import SOURCES
from growthleads_assets.home.platform import Platform
from growthleads_assets.home.survey import survey
from growthleads_assets.planning.planner import Plan
from growthleads_assets.planning.requests import BY_HAND, Attempts, Request, requests
from growthleads_assets.settings import Settings, load_settings
from growthleads_assets.warehouse import publication
from growthleads_assets.warehouse.database import Database
from growthleads_assets.warehouse.environment import child_environment, prepare_dagster_home
from growthleads_assets.warehouse.server import running_database, stop_database
from growthleads_assets.warehouse.transformation import Transformation

TEMPLATE = "prepared"
RUN_ID = "test"


@contextmanager
def folder_for_all() -> Iterator[Path]:
    """A temporary folder that the server's account can enter too: where tests run as root, pytest's own are closed."""
    folder = Path(tempfile.mkdtemp(prefix="growthleads-test-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Home:
    """A home in a test; see `Server.new_home`."""

    settings: Settings
    platform: Platform
    database: Database

    def land(self, files: Mapping[str, str | bytes]) -> None:
        """Put files into the landing zone, by path relative to it."""
        for relative, content in files.items():
            path = self.settings.landing_zone / relative
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def settle(self, *, with_tests: bool = False, stop_after: str | None = None) -> Plan:
        """One pass without Dagster: the same plan, requests and steps as a pass of runs, called directly.

        ``with_tests`` runs dbt's tests on the windows too, which takes as long as all the rest. ``stop_after``
        `loading` or `calculating` leaves the first request at that point, as a process does that is killed. Returns
        what was left to do at the last look.
        """
        command = "build" if with_tests else "run"
        tried: dict[str, Attempts] = {}
        with self.platform.connected() as connection:
            self.platform.transformation.prepare(connection)
            while True:
                plan = survey(self.platform, connection, settle_seconds=0)
                now = datetime.now(UTC)
                chosen = requests(plan, attempts=tried, under_way=(), now=now, patience=BY_HAND)
                if not chosen.now:
                    return plan
                request = chosen.now[0]
                tried[request.work] = Attempts(1, now)
                self._load(connection, plan, request)
                if stop_after == "loading":
                    return plan
                if request.days and not request.days.recalculates:
                    continue
                if request.days is None:
                    self._build_dimensions(command)
                    continue
                self.recalculate(
                    connection, request.days.first, request.days.last, command, publish=stop_after != "calculating"
                )
                if stop_after == "calculating":
                    return plan

    def _load(self, connection: psycopg.Connection, plan: Plan, request: Request) -> None:
        """Load the landed files that a request is about."""
        loader = self.platform.loader(connection, RUN_ID)
        landed = {file.relative: file for file in self.platform.landed(connection, settle_seconds=0)}
        for file in plan.to_load:
            is_meant = (
                file.source in request.dimensions
                if request.days is None
                else file.day is not None and request.days.first <= file.day <= request.days.last
            )
            if is_meant:
                loader.load_landed(self.platform.registry[file.source or ""], landed[file.place])

    def copy_zones(self, folder: Path) -> None:
        """Copy both zones, as of now, into a folder."""
        for zone in (self.settings.landing_zone, self.settings.archive_zone):
            shutil.copytree(zone, folder / zone.name)

    def restore(self) -> None:
        """What the runs of `growthleads rebuild` load from the archive, without Dagster."""
        with self.platform.connected() as connection:
            loader = self.platform.loader(connection, RUN_ID)
            for source in self.platform.registry.values():
                for name, copies in loader.archive.versions(source.name).items():
                    day = date.fromisoformat(name.removesuffix(".csv")) if source.is_event else None
                    loader.restore(source, name, day, copies)

    def land_and_settle(self, files: Mapping[str, str | bytes], *, with_tests: bool = False) -> Plan:
        """`land`, then `settle`."""
        self.land(files)
        return self.settle(with_tests=with_tests)

    def recalculate(
        self, connection: psycopg.Connection, first: date, last: date, command: str = "run", *, publish: bool = True
    ) -> None:
        """What the model assets do for a range of days."""
        publication.begin_calculation(connection, (1, 2), first, last, RUN_ID)
        self._build(command, first, last, self._event_models())
        publication.finish_calculation(connection, RUN_ID)
        if publish:
            self.publish(connection, first, last)

    def perform(self, *, sources: Collection[str], days: tuple[date, date] | None, recalculates: bool) -> None:
        """What a run does that was requested for these sources and days, without Dagster and without dbt's tests."""
        with self.platform.connected() as connection:
            loader = self.platform.loader(connection, RUN_ID)
            for file in self.platform.landed(connection, settle_seconds=0):
                is_meant = not days or (file.day and days[0] <= file.day <= days[1])
                if file.source and file.source in sources and is_meant and file.takeable:
                    loader.load_landed(self.platform.registry[file.source], file)
            if days and recalculates:
                self.recalculate(connection, *days, "run")

    def rewrite(self, connection: psycopg.Connection, model: str, day: str) -> None:
        """What the step of the event models does when only one of them is materialized for a day."""
        only_day = date.fromisoformat(day)
        publication.leave_to_be_calculated(connection, only_day, only_day)
        self._build("build", only_day, only_day, [model])

    def publish(self, connection: psycopg.Connection, first: date, last: date) -> publication.Publication:
        """Publish what was calculated for the days, parts 1 and 2."""
        return publication.publish(connection, (1, 2), first, last, RUN_ID)

    def _build_dimensions(self, command: str) -> None:
        """What the assets of the dimensions do; these are views, of which there is nothing but the tests to run."""
        if command == "build":
            today = self.settings.today()
            self._build(command, today, today, DIMENSION_MODELS)

    def _build(self, command: str, first: date, last: date, models: Sequence[str]) -> None:
        transformation = self.platform.transformation
        transformation.build(command, first, last, select=to_build(transformation.manifest, models))

    def _event_models(self) -> list[str]:
        """The models of a range of days."""
        return [
            node["name"]
            for node in self.platform.transformation.manifest["nodes"].values()
            if node["resource_type"] == "model"
            and node["config"]["materialized"] in {"incremental", "view"}
            and not {"reads_marts", "reports"} & {*node["tags"]}
            and node["name"] not in DIMENSION_MODELS
        ]

    def query(self, statement: str, *parameters: Any) -> list[dict[str, Any]]:
        """Rows of a query, as dictionaries."""
        with psycopg.connect(self.database.conninfo, row_factory=dict_row) as connection:
            return connection.execute(statement.encode(), parameters or None).fetchall()

    def query_all(self, statement: str) -> None:
        """Execute a statement that returns nothing."""
        with psycopg.connect(self.database.conninfo, autocommit=True) as connection:
            connection.execute(statement.encode())

    def commissions(self, mart: str) -> dict[tuple[str, str], Decimal]:
        """total_commission of a solution mart by (source or operator, day or month)."""
        name, period = ("marketing_source", "date") if mart.endswith("daily") else ("operator", "month")
        rows = self.query(f"select {name}, {period}, total_commission from gold.{mart}")
        return {(row[name], row[period].isoformat()): row["total_commission"] for row in rows}

    def daily_rows(self, mart: str) -> dict[tuple[str, str], dict[str, Any]]:
        """The rows of a daily mart by (source, day)."""
        rows = self.query(f"select * from gold.{mart}")
        return {(row["marketing_source"], row["date"].isoformat()): row for row in rows}

    def quarantined(self) -> dict[str, list[tuple[int, str]]]:
        """(line, reason) of the quarantined rows in force, by source/file."""
        found: dict[str, list[tuple[int, str]]] = {}
        for row in self.query("select * from bronze.quarantine where resolved_at is null order by source, file, line"):
            found.setdefault(f"{row['source']}/{row['file']}", []).append((row["line"], row["reason"]))
        return found

    def ledger(self, *, since: int = 0) -> list[dict[str, Any]]:
        """The rows of the restatement ledger after the first ``since``, in order."""
        return self.query("select * from gold.commission_restatements order by restatement_id offset %s", since)

    def calculated(self, since: datetime) -> dict[int, list[str]]:
        """The days calculated since that moment, by part."""
        days: dict[int, list[str]] = {1: [], 2: []}
        for row in self.query("select part, day from bronze.calculations where started_at > %s order by day", since):
            days[row["part"]].append(row["day"].isoformat())
        return days

    def now(self) -> datetime:
        """The database's clock."""
        [row] = self.query("select clock_timestamp() as now")
        moment: datetime = row["now"]
        return moment

    def published(self) -> dict[int, set[str]]:
        """The days published, by part."""
        days: dict[int, set[str]] = {1: set(), 2: set()}
        for row in self.query("select part, date from gold.published_days"):
            days[row["part"]].add(row["date"].isoformat())
        return days


class Server:
    """The shared server of a test process, and the homes on it, one at a time."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder = folder
        self.database = database
        self.maintenance = make_conninfo(database.conninfo, dbname="postgres")
        self._copies: dict[str, Path] = {}
        self._make_template()

    @contextmanager
    def new_home(self, **overrides: Any) -> Iterator[Home]:
        """An empty home with all tables made; ``overrides`` are settings. This process's environment names it."""
        with self._home(TEMPLATE, None, **overrides) as home:
            yield home

    @contextmanager
    def home_on(self, zones: Path, **overrides: Any) -> Iterator[Home]:
        """A new home on copies of the `landing_zone` and `archive_zone` in a folder."""
        with self._home(TEMPLATE, zones, **overrides) as home:
            yield home

    @contextmanager
    def home_like(self, name: str, make: Callable[[Home], object]) -> Iterator[Home]:
        """A home as ``make`` leaves a new one; the first of this name is kept, and the others are copies of it."""
        if name not in self._copies:
            with self.new_home() as home:
                make(home)
                zones = self.folder / f"kept-{name}"
                home.settings.landing_zone.parent.rename(zones)
                home.settings.landing_zone.parent.mkdir()
            self._recreate(f"kept {name}", self.database.dbname)
            self._copies[name] = zones
        with self._home(f"kept {name}", self._copies[name]) as home:
            yield home

    @contextmanager
    def _home(self, template: str, files: Path | None, **overrides: Any) -> Iterator[Home]:
        self._recreate(self.database.dbname, template)
        zones = Path(tempfile.mkdtemp(dir=self.folder))
        if files:
            shutil.copytree(files, zones, dirs_exist_ok=True)
        with self._environment(self._settings(zones, **overrides)) as settings:
            yield Home(settings, Platform(settings, SOURCES), self.database)
        shutil.rmtree(zones)

    def _settings(self, zones: Path, **overrides: Any) -> Settings:
        return load_settings(
            home=self.folder,
            landing_zone=zones / "landing_zone",
            archive_zone=zones / "archive_zone",
            database_url=self.database.url,
            **{"settle_seconds": 0, "timezone": "UTC", "start_date": "2023-01-01", **overrides},
        )

    @contextmanager
    def _environment(self, settings: Settings) -> Iterator[Settings]:
        before = dict(os.environ)
        os.environ.update(child_environment(settings, self.database))
        settings.landing_zone.mkdir(parents=True, exist_ok=True)
        try:
            prepare_dagster_home(settings, self.database)
            yield load_settings()
        finally:
            os.environ.clear()
            os.environ.update(before)

    def _make_template(self) -> None:
        with self._environment(self._settings(self.folder / "template")) as settings:
            platform = Platform(settings, SOURCES)
            have_parsed(platform.transformation)
            with platform.connected() as connection:
                platform.transformation.prepare(connection)
        self._recreate(TEMPLATE, self.database.dbname)

    def _recreate(self, name: str, template: str) -> None:
        with psycopg.connect(self.maintenance, autocommit=True) as connection:
            connection.execute(f'drop database if exists "{name}" with (force)'.encode())
            connection.execute(f'create database "{name}" template "{template}" strategy file_copy'.encode())


def have_parsed(transformation: Transformation) -> None:
    """Have the dbt project parsed, once for all homes, where set-up has it parsed: it may have changed since.

    Homes take it over if it is of their database too, and parse it by themselves if not.
    """
    assert replace(transformation, target_path=transformation.shipped).manifest


@contextmanager
def shared_server() -> Iterator[Server]:
    """A server up for as long as the context lasts."""
    with folder_for_all() as folder:
        settings = load_settings(home=folder)
        with running_database(settings) as database:
            yield Server(folder, database)
        stop_database(settings)
