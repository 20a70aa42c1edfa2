"""A real `growthleads dev`: files are dropped, the marts appear; it is killed in parts, and makes up for it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from growthleads_assets.commands.session import working_on
from growthleads_assets.contracts.registry import SOURCES
from growthleads_assets.home.platform import Platform
from growthleads_assets.settings import PREFIX, Settings, load_settings
from growthleads_assets.warehouse.database import Database
from growthleads_assets.warehouse.server import StopOutcome, stop_database
from tests.cases import RAW_EARNINGS, no_clicks, routy
from tests.homes import folder_for_all

# Only a bound: what is waited for takes seconds, on a busy machine some minutes.
PATIENCE_SECONDS = 600


def until(condition: Callable[[], Any], what: str) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.2)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Dev:
    """`growthleads dev` on a home of its own, and what can be seen of it from outside."""

    settings: Settings
    database: Database
    log: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        own = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        # A killed code server leaves its socket in the temporary folder.
        environment = {**own, "TMPDIR": str(self.log.parent)}
        environment |= {"GROWTHLEADS_HOME": str(self.settings.home), "GROWTHLEADS_SETTLE_SECONDS": "1"}
        command = [sys.executable, "-m", "growthleads_assets", "dev", "--port", str(self.port)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        until(self._serves, "the UI is served")

    def _serves(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/server_info", timeout=5) as answer:
                return "dagster_version" in json.load(answer)
        except (OSError, urllib.error.URLError):
            return False

    def ended(self) -> int:
        """Wait for its end; the exit code."""
        assert self.process
        return self.process.wait(PATIENCE_SECONDS)

    def interrupt(self) -> None:
        """What Ctrl-C does."""
        assert self.process
        self.process.send_signal(signal.SIGINT)

    def session(self) -> int:
        """The number of the session that the UI and the daemon run in."""
        return int((self.settings.state_dir / "dev.session").read_text())

    def kill(self, what: str) -> None:
        """`kill -9` of the processes of the session that have this in their command line."""
        found = [process for process in processes_of(self.session()) if what in " ".join(process.cmdline())]
        assert found, f"no process of {what}"
        for process in found:
            process.kill()

    def land(self, files: Mapping[str, str | bytes]) -> None:
        """Drop files; an event file appears under its name as a whole."""
        for relative, content in files.items():
            path = self.settings.landing_zone / relative
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(str(content))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database.conninfo) as connection:
            return connection.execute(query.encode()).fetchall()

    def pays(self) -> dict[str, str]:
        """Commission of part 3 by day."""
        return dict(self.rows("select date::text, total_commission::text from gold.solution_3_marketing_daily"))

    def runs(self) -> list[tuple[str, str]]:
        """Dagster's runs and their states, oldest first."""
        return [(run, status) for run, status in self.rows("select run_id, status from dagster.runs order by id")]

    def has_nothing_under_way(self) -> bool:
        return {status for _, status in self.runs()} <= {"SUCCESS", "FAILURE"}

    def idle_ticks(self) -> int:
        """How often the sensor on the landing zone has looked and found nothing to do."""
        idle = "select from dagster.job_ticks where status = 'SKIPPED'"
        return len(self.rows(f"{idle} and position('landing_zone_sensor' in tick_body) > 0"))

    def told(self) -> list[tuple[Any, ...]]:
        """What people were told of, and over which channel."""
        return self.rows(
            "select title, channel from bronze.alerts inner join bronze.alert_deliveries using (alert_id) "
            "where delivered_at is not null"
        )

    @contextmanager
    def marts_locked(self) -> Iterator[None]:
        """Whoever publishes meanwhile has to wait."""
        with psycopg.connect(self.database.conninfo) as connection:
            connection.execute("lock table gold.solution_3_marketing_daily in share mode")
            yield

    def someone_waits_to_publish(self) -> bool:
        query = "select 1 from pg_locks where not granted and relation = 'gold.solution_3_marketing_daily'::regclass"
        return bool(self.rows(query))


def processes_of(session: int) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (ProcessLookupError, psutil.NoSuchProcess):
            continue
    return found


@pytest.fixture
def dev() -> Iterator[Dev]:
    """A home with its tables made, as locks on them need."""
    with folder_for_all() as folder:
        settings = load_settings(home=folder / "home")
        with working_on(settings) as (inside, database):
            platform = Platform(inside, SOURCES)
            with platform.connected() as connection:
                platform.transformation.prepare(connection)
        dev = Dev(settings, database, folder / "dev.log")
        try:
            yield dev
        finally:
            if dev.process and dev.process.poll() is None:
                dev.interrupt()
                dev.ended()
            stop_database(settings)


# One test, because each start costs as much as all that is looked at.
@pytest.mark.takes_minutes
def test_what_lands_is_published_whatever_is_killed(dev: Dev) -> None:
    dev.start()

    # The process of a run is killed while it publishes the first days: the next run makes up for it.
    with dev.marts_locked():
        dev.land({**RAW_EARNINGS, **routy("2024-03-01", ",A,Foo,US,,1,0,0"), **routy("2024-03-02", ",A,Foo,US,,2,0,0")})
        dev.land({**no_clicks("2024-03-01", "2024-03-02"), "manual/2024-03-02.csv": "no;header\n"})
        until(dev.someone_waits_to_publish, "the days are being published")
        assert dev.pays() == {}
        dev.kill("multiprocessing.spawn")
    until(lambda: dev.pays() == {"2024-03-01": "1.00", "2024-03-02": "2.00"}, "both days are published")
    until(dev.has_nothing_under_way, "all runs have ended")
    runs = dev.runs()
    # The dimensions, the days, and the days again.
    assert [status for _, status in runs] == ["SUCCESS", "FAILURE", "SUCCESS"]

    # What loads the definitions is killed and comes back by itself. A refused file was tried once, and an idle system
    # starts nothing.
    dev.kill("dagster code-server")
    dev.kill("dagster api grpc")
    looks = dev.idle_ticks()
    until(lambda: dev.idle_ticks() >= looks + 2, "the sensor has looked twice more")
    assert dev.runs() == runs
    assert dev.rows("select source, file from bronze.files where status = 'refused'") == [("manual", "2024-03-02.csv")]
    assert (dev.settings.landing_zone / "manual" / "2024-03-02.csv").exists()
    # People hear of it, and not of the run that was killed and made up for; the link leads to this UI.
    until(dev.told, "people are told")
    assert dev.told() == [("manual/2024-03-02.csv is refused", "log")]
    assert f"http://127.0.0.1:{dev.port}/runs/" in dev.log.read_text()

    # The daemon is killed as soon as it has requested the run for a correction: all of it ends, the database too, and
    # the next start takes the run up.
    session = dev.session()
    dev.land(routy("2024-03-02", ",A,Foo,US,,7,0,0"))
    until(lambda: len(dev.runs()) > len(runs), "a run is requested")
    dev.kill("dagster._daemon")
    assert dev.ended() == 1
    assert processes_of(session) == []
    assert stop_database(dev.settings) is StopOutcome.NOT_RUNNING

    dev.start()
    until(lambda: dev.pays() == {"2024-03-01": "1.00", "2024-03-02": "7.00"}, "the correction is published")

    # The first publication is no restatement. The correction is one of four numbers: the source's day and the
    # operator's month, 1 + 2 and then 1 + 7, in parts 1 and 3.
    assert dev.rows(
        "select mart, old_commission::text, new_commission::text, cause_file from gold.commission_restatements "
        "order by mart"
    ) == [
        ("solution_1_marketing_daily", "2.00", "7.00", "2024-03-02.csv"),
        ("solution_1_operators_monthly", "3.00", "8.00", "2024-03-02.csv"),
        ("solution_3_marketing_daily", "2.00", "7.00", "2024-03-02.csv"),
        ("solution_3_operators_monthly", "3.00", "8.00", "2024-03-02.csv"),
    ]

    # Ctrl-C ends all of it, a run that is still at it too.
    session = dev.session()
    dev.interrupt()
    assert dev.ended() == 0
    assert processes_of(session) == []
    assert stop_database(dev.settings) is StopOutcome.NOT_RUNNING
