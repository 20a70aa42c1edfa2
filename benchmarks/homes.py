"""Homes to measure on: a folder, an embedded server of its own, and the platform's commands on it.

Belongs here: making homes, those with some history that measurements share, and removing them. Does not: measuring.

History is loaded by the platform itself: all files lie in the landing zone, and one `growthleads run` takes them in. It
is the same as what years of daily runs leave, but for the run history of Dagster and the restatements.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import psutil
import psycopg

from benchmarks import data
from growthleads_assets.contracts.registry import SOURCES
from growthleads_assets.home.platform import Platform
from growthleads_assets.settings import PREFIX, Settings, load_settings
from growthleads_assets.warehouse.database import Database
from growthleads_assets.warehouse.installation import bundled_binaries
from growthleads_assets.warehouse.server import running_database, stop_database

PSQL = bundled_binaries() / "psql"
LAST_DAY = date(2025, 6, 30)
"""The last day of all history. Days after it are free for measurements."""


class ProcessFailed(Exception):
    """A process that a measurement started did not succeed: ``str()`` is the command and what it said last."""


@dataclass
class Home:
    """A home whose server is up."""

    settings: Settings
    database: Database
    shape: data.Shape
    first_day: date
    _use: ExitStack
    _postmaster: list[psutil.Process] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        """The home's folder."""
        return self.settings.home

    @property
    def platform(self) -> Platform:
        """The home as the platform's code knows it."""
        return Platform(self.settings, SOURCES)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a process that works on this home; its `.env` holds the settings."""
        return {**os.environ, f"{PREFIX}HOME": str(self.folder), **self.database.environment}

    def growthleads(self, *arguments: str) -> str:
        """Run the command on this home and return what it printed. Raises ProcessFailed."""
        return self._run([str(Path(sysconfig.get_path("scripts"), "growthleads")), *arguments])

    def process(self, module: str, *arguments: str) -> Any:
        """Run a module of `benchmarks.processes` on this home and return the JSON on its last line."""
        output = self._run([sys.executable, "-m", f"benchmarks.processes.{module}", *arguments])
        return json.loads(output.splitlines()[-1])

    def psql(self, *arguments: str) -> str:
        """Run psql on this home's database."""
        return self._run([str(PSQL), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", *arguments])

    def _run(self, command: Sequence[str]) -> str:
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode:
            said = "\n".join((done.stdout + done.stderr).splitlines()[-12:])
            raise ProcessFailed(
                f"{' '.join([Path(command[0]).name, *command[1:]])}: exit code {done.returncode}\n{said}"
            )
        return done.stdout

    @contextmanager
    def connected(self) -> Iterator[psycopg.Connection]:
        """A connection to the database in autocommit mode, without what the platform does when it connects."""
        with psycopg.connect(self.database.conninfo, autocommit=True) as connection:
            yield connection

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with self.connected() as connection:
            return connection.execute(statement.encode()).fetchall()

    def execute(self, *statements: str) -> None:
        """Execute statements one by one."""
        with self.connected() as connection:
            for statement in statements:
                connection.execute(statement.encode())

    @contextmanager
    def left_alone(self) -> Iterator[None]:
        """This process does not use the database: commands start and stop the server themselves."""
        self.leave()
        try:
            yield
        finally:
            self._use.enter_context(running_database(self.settings))

    def leave(self) -> None:
        """Use the database no longer."""
        self._postmaster.clear()
        self._use.close()

    def server_cpu(self) -> float:
        """Processor seconds of the server so far: of its processes that ended, and of those that live."""
        if not self._postmaster:
            with self.connected() as connection:
                backend = psutil.Process(connection.info.backend_pid)
                self._postmaster += [backend.parent() or backend]
        [postmaster] = self._postmaster
        used = sum(postmaster.cpu_times()[:4])
        for process in postmaster.children():
            try:
                used += sum(process.cpu_times()[:2])
            except psutil.NoSuchProcess:
                # It ended in between, and counts among the ended at the next look.
                continue
        return float(used)


class Homes:
    """The homes of a session below one folder; ``close`` stops their servers and removes them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = count(1)
        self._stack = ExitStack()
        self._with_history: dict[tuple[int, data.Shape], Home] = {}

    def new(self, *, first_day: date = LAST_DAY, shape: data.Shape = data.SMALL) -> Home:
        """An empty home that accepts files from ``first_day`` on."""
        return self._stack.enter_context(self.lent(first_day=first_day, shape=shape))

    @contextmanager
    def lent(self, *, first_day: date = LAST_DAY, shape: data.Shape = data.SMALL) -> Iterator[Home]:
        """An empty home that is removed at the end of the context."""
        folder = self.folder / f"home-{next(self._numbers)}"
        (folder / "landing_zone").mkdir(parents=True)
        # Nothing is to wait for files to settle: they are complete when a run starts.
        lines = (f"{PREFIX}START_DATE={first_day}", f"{PREFIX}SETTLE_SECONDS=0", f"{PREFIX}TIMEZONE=UTC")
        (folder / ".env").write_text("\n".join(lines))
        settings = load_settings(home=folder)
        use = ExitStack()
        try:
            yield Home(settings, use.enter_context(running_database(settings)), shape, first_day, use)
        finally:
            use.close()
            stop_database(settings)
            # A folder outside of the home that the server's account needed goes with it.
            shutil.rmtree((settings.state_dir / "postgresql").resolve(), ignore_errors=True)
            shutil.rmtree(folder, ignore_errors=True)

    def with_history(self, days: int, shape: data.Shape) -> Home:
        """A home with so many days of history up to LAST_DAY, made when it is first asked for."""
        key = (days, shape)
        if key not in self._with_history:
            home = self.new(first_day=data.first_of(LAST_DAY, days), shape=shape)
            data.write_dimensions(home.settings.landing_zone, shape)
            data.write_days(home.settings.landing_zone, home.first_day, LAST_DAY, shape)
            home.growthleads("run")
            # As autovacuum leaves it after a minute.
            home.execute("vacuum analyze")
            self._with_history[key] = home
        return self._with_history[key]

    def close(self) -> None:
        """Stop all servers and remove what they left."""
        self._stack.close()


@contextmanager
def homes() -> Iterator[Homes]:
    """Homes below a temporary folder; nothing of the caller's own configuration reaches them."""
    for name in [name for name in os.environ if name.startswith((PREFIX, "PG"))]:
        del os.environ[name]
    folder = data.temporary_folder()
    found = Homes(folder)
    try:
        yield found
    finally:
        try:
            found.close()
        finally:
            shutil.rmtree(folder, ignore_errors=True)
