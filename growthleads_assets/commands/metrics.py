"""What an operator watches, as Prometheus metrics: printed once, or served to who asks.

Belongs here: names, help texts, labels, and the HTTP server. Does not: the database's figures (warehouse/watching.py).

Everything is worked out when it is asked for, from the landing zone, the ledger and Dagster's record; nothing is
counted here, so that a restart loses nothing. Nothing is written either.
"""

import logging
import os
import socketserver
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from time import monotonic
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import dagster as dg
import psycopg
from prometheus_client import CollectorRegistry, generate_latest, make_wsgi_app
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from growthleads_assets import logs
from growthleads_assets.alerts.alert import DIGEST_TITLES
from growthleads_assets.commands.reporting import NotPossible, Reporter
from growthleads_assets.contracts.registry import PARTS
from growthleads_assets.home.platform import Platform
from growthleads_assets.landing.reading import Fingerprints
from growthleads_assets.landing.refusal import Reason
from growthleads_assets.landing.zone import LandedFile
from growthleads_assets.settings import Settings
from growthleads_assets.warehouse import ledger
from growthleads_assets.warehouse.database import Database, DatabaseUnavailable
from growthleads_assets.warehouse.environment import child_environment
from growthleads_assets.warehouse.server import running_database
from growthleads_assets.warehouse.watching import Figures, figures, is_in_use, looking

FAILURES_WITHIN = timedelta(days=1)
DAY_STATES = ("complete", "provisional", "waiting", "missing")
FILE_STATES = ("to_load", "to_come", "refused", "unreadable")
DELIVERY_STATES = ("due", "given_up")
UNKNOWN = "unknown"
"""In place of a source, for what lies in the place of none."""

LOG = logging.getLogger(__name__)

Labels = tuple[object, ...]
Value = float | datetime | None


def exposition(platform: Platform) -> str:
    """The metrics as text, in the format that Prometheus reads."""
    return generate_latest(_registry(platform)).decode()


def serve(platform: Platform, host: str, port: int, reporter: Reporter) -> None:
    """Answer `/metrics`, and `/healthz` as long as this process does, until it is stopped.

    An embedded database is up meanwhile; another one may come and go. Raises NotPossible, DatabaseUnavailable.
    """
    logs.configure(platform.settings)
    is_embedded = platform.settings.database_url is None
    with running_database(platform.settings) if is_embedded else nullcontext(), server(platform, host, port) as web:
        reporter.say(f"Metrics are served at http://{host}:{web.server_port}/metrics; Ctrl-C stops it.")
        web.serve_forever()


def server(platform: Platform, host: str, port: int) -> WSGIServer:
    """The server, bound to its port. Raises NotPossible."""
    try:
        return make_server(host, port, _routes(make_wsgi_app(_registry(platform))), _Server, _QuietHandler)
    except OSError as problem:
        raise NotPossible(f"Metrics cannot be served on {host}, port {port}: {problem.strerror}.") from None


def _registry(platform: Platform) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(Watch(platform))
    return registry


def _routes(metrics: Callable[..., Any]) -> Callable[..., Any]:
    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        match environ["PATH_INFO"]:
            case "/metrics":
                answer: Iterable[bytes] = metrics(environ, start_response)
                return answer
            case "/healthz":
                status, said = "200 OK", b"ok\n"
            case _:
                status, said = "404 Not Found", b"There is /metrics and /healthz.\n"
        start_response(status, [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(said)))])
        return [said]

    return application


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    """A scrape that takes long does not keep others from asking for the health."""

    daemon_threads = True


class _QuietHandler(WSGIRequestHandler):
    # A client that sends nothing is not waited for.
    timeout = 10

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named so by the standard library
        """Nothing: one line a scrape would be most of the log."""


@dataclass(eq=False)
class Watch(Collector):
    """The metrics of a home, worked out anew each time that they are collected, one time after another."""

    platform: Platform
    _fingerprints: Fingerprints = field(default_factory=Fingerprints)
    _alone: threading.Lock = field(default_factory=threading.Lock)

    def describe(self) -> Iterable[Metric]:
        """Nothing in advance: else it would be collected once to be registered."""
        return []

    def collect(self) -> Iterator[Metric]:
        """All metrics. What cannot be had is missing, and `growthleads_collector_success` says so."""
        with self._alone:
            began = monotonic()
            found: list[Metric] = []
            worked = {"database": False, "dagster": False}
            try:
                with running_database(self.platform.settings) as database:
                    worked |= self._work_out(database, found)
            except DatabaseUnavailable as problem:
                LOG.warning("Metrics could not be worked out: %s", problem)
            found += [
                _gauge("database_up", "Whether the database can be asked.", {(): worked["database"]}),
                _gauge(
                    "collector_success",
                    "Whether metrics could be worked out.",
                    {(name,): value for name, value in worked.items()},
                    "collector",
                ),
                _gauge("collect_duration_seconds", "How long working these out took.", {(): monotonic() - began}),
            ]
        yield from found

    def _work_out(self, database: Database, found: list[Metric]) -> dict[str, bool]:
        settings = self.platform.settings
        if not _has_worked(found, partial(self._of_the_database, database)):
            return {}
        # Dagster makes the tables of its storage when it is asked: not before the platform has made its own.
        return {"database": True, "dagster": not found or _has_worked(found, partial(_of_dagster, settings, database))}

    def _of_the_database(self, database: Database) -> Iterator[Metric]:
        with looking(database) as connection:
            if is_in_use(connection):
                yield from _of_figures(self.platform, figures(connection, self.platform.settings.today()))
                yield from _of_files(self.platform, self._files(connection))
                yield _gauge(
                    "rebuild_due",
                    "Whether the archive has to be loaded before anything else is.",
                    {(): self.platform.rebuild_due(connection) is not None},
                )

    def _files(self, connection: psycopg.Connection) -> list[tuple[LandedFile, str]]:
        """What lies in the landing zone without being loaded, each with its state."""
        refusals = {(refusal.source, refusal.file): refusal.sha256 for refusal in ledger.newest_refusals(connection)}
        in_force = {(version.source, version.file): version.sha256 for version in ledger.versions_in_force(connection)}
        registry = self.platform.registry
        seen = self.platform.seen()
        # What is read to be told apart is small, or was read before: dimensions, and what stands refused.
        doubtful = {
            file.path
            for file in seen
            if file.source and ((file.source, file.name) in refusals or not registry[file.source].is_event)
        }
        known = {
            file.path: (sha256, problem)
            for file, sha256, problem in self._fingerprints.of(file for file in seen if file.path in doubtful)
        }
        found = []
        for file in seen:
            sha256, problem = known.get(file.path, (None, None))
            key = (file.source or "", file.name)
            if file.refusal or (sha256 and refusals.get(key) == sha256):
                found.append((file, "refused"))
            elif file.unreadable or problem:
                found.append((file, "unreadable"))
            elif file.waits:
                found.append((file, "to_come"))
            elif not sha256 or in_force.get(key) != sha256:
                found.append((file, "to_load"))
        return found


def _has_worked(found: list[Metric], metrics: Callable[[], Iterable[Metric]]) -> bool:
    try:
        found += list(metrics())
    except (DatabaseUnavailable, psycopg.Error, SQLAlchemyError, dg.DagsterError, OSError) as problem:
        LOG.warning("Metrics could not be worked out: %s", problem)
        return False
    return True


def _of_figures(platform: Platform, read: Figures) -> Iterator[Metric]:
    sources = platform.registry
    yield _gauge(
        "last_success_timestamp_seconds",
        "When a file of the source was accepted last; 0 where none ever was.",
        {(name,): read.accepted.get(name) for name in sources},
        "source",
    )
    yield _gauge(
        "last_published_timestamp_seconds",
        "When a day of the part was published last; 0 where none ever was.",
        {(part,): read.published.get(part) for part in PARTS},
        "part",
    )
    yield _gauge(
        "days",
        "Days of the part by their status, as in gold.day_completeness: those that are waiting or missing cannot be "
        "paid out.",
        {(part, status): read.days.get((part, status), 0) for part in PARTS for status in DAY_STATES},
        "part",
        "status",
    )
    yield _gauge(
        "days_unpublished",
        "Days that are over and not published, or not from the files in force.",
        {(part,): read.days_behind.get(part, 0) for part in PARTS},
        "part",
    )
    yield _gauge(
        "files_late",
        "Days for which the required file of the source is late.",
        {(name,): read.late.get(name, 0) for name, source in sources.items() if source.is_event},
        "source",
    )
    yield from _of_quarantine(platform, read)
    yield _gauge(
        "alert_deliveries",
        "Messages that have not reached a channel: due, or given up.",
        {
            (channel, state): read.deliveries.get((channel, state), 0)
            for channel in {*platform.settings.alert_channels, *(channel for channel, _ in read.deliveries)}
            for state in DELIVERY_STATES
        },
        "channel",
        "state",
    )
    alerts = CounterMetricFamily("growthleads_alerts", "Alerts raised, by kind.", labels=["kind"])
    for kind in DIGEST_TITLES:
        alerts.add_metric([kind], read.alerts.get(kind, 0))
    yield alerts


def _of_quarantine(platform: Platform, read: Figures) -> Iterator[Metric]:
    # At 0 where nothing is held out: a figure that appears with its first value cannot be seen to rise.
    known = {(name, reason.value) for name in platform.registry for reason in Reason}
    rows = {key: read.held_out[key].rows if key in read.held_out else 0 for key in known.union(read.held_out)}
    yield _gauge("quarantined_rows", "Rows held out now.", dict(sorted(rows.items())), "source", "reason")
    money: dict[Labels, Value] = {}
    for name, reason in sorted(rows):
        source = platform.registry.get(name)
        if source and source.earnings_column:
            kind = "running totals" if source.delivers_running_totals else "earnings"
            held = read.held_out.get((name, reason))
            money[name, reason, kind] = float(held.money or 0) if held else 0
    yield _gauge(
        "quarantined_money",
        "What the rows held out are worth, as far as it can be read; a duplicate repeats a row that is loaded.",
        money,
        *("source", "reason", "money_is"),
    )


def _of_files(platform: Platform, files: Iterable[tuple[LandedFile, str]]) -> Iterator[Metric]:
    now = datetime.now(UTC).timestamp()
    counted = Counter((file.source or UNKNOWN, state) for file, state in files)
    yield _gauge(
        "files_waiting",
        "Files in the landing zone that are not loaded, by why.",
        {(source, state): counted[source, state] for source in (*platform.registry, UNKNOWN) for state in FILE_STATES},
        "source",
        "state",
    )
    ages = [now - file.ctime_ns / 1e9 for file, state in files if state == "to_load"]
    yield _gauge(
        "oldest_file_waiting_seconds",
        "How long the oldest file that is to be loaded has lain in the landing zone; 0 without one.",
        {(): max([0.0, *ages])},
    )


def _of_dagster(settings: Settings, database: Database) -> Iterator[Metric]:
    # The instance reads variables, and nothing else in this process does. What is so already is left alone: the C
    # library keeps each value that a variable had, and this comes round for years.
    variables = child_environment(settings, database).items() - os.environ.items()
    os.environ.update(variables)
    with dg.DagsterInstance.get() as instance:
        failures = dg.RunsFilter(
            statuses=[dg.DagsterRunStatus.FAILURE], updated_after=datetime.now(UTC) - FAILURES_WITHIN
        )
        yield _gauge(
            "failed_runs",
            "Runs that failed within a day, those included that were tried again.",
            {(): instance.get_runs_count(failures)},
        )
        last: dict[Labels, Value] = {}
        for result, status in (("success", dg.DagsterRunStatus.SUCCESS), ("failure", dg.DagsterRunStatus.FAILURE)):
            records = instance.get_run_records(dg.RunsFilter(statuses=[status]), limit=1)
            last[result,] = records[0].end_time if records else None
        yield _gauge("last_run_timestamp_seconds", "When a run last ended so; 0 where none ever did.", last, "result")
        ticks: dict[Labels, Value] = {}
        for state in instance.all_instigator_state():
            if state.instigator_type.value == "SENSOR":
                found = instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=1)
                ticks[state.instigator_name,] = found[0].timestamp if found else None
        yield _gauge("sensor_last_tick_timestamp_seconds", "When the daemon last asked the sensor.", ticks, "sensor")


def _gauge(name: str, about: str, values: Mapping[Labels, Value], *labels: str) -> Metric:
    gauge = GaugeMetricFamily(f"growthleads_{name}", about, labels=labels)
    for key, value in values.items():
        number = value.timestamp() if isinstance(value, datetime) else float(value or 0)
        gauge.add_metric([str(label) for label in key], number)
    return gauge
