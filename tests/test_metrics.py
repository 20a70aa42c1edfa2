"""What an operator watches, as Prometheus reads it: figures of a situation worked out by hand, and the server."""

import os
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from growthleads_assets.alerts.alert import Alert
from growthleads_assets.commands import metrics
from growthleads_assets.contracts.registry import SOURCES
from growthleads_assets.home.platform import Platform
from growthleads_assets.warehouse.alerts import raise_alert
from tests.cases import RAW_EARNINGS, manual, no_clicks, routy, scrapers
from tests.homes import Home

Samples = dict[str, dict[tuple[str, ...], float]]


def read(text: str) -> Samples:
    """Values by metric and by the values of its labels, in the order of these, as a scraper reads them."""
    found: Samples = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation
        for sample in family.samples:
            found.setdefault(sample.name.removeprefix("growthleads_"), {})[tuple(sample.labels.values())] = sample.value
    return found


def above_zero(values: dict[tuple[str, ...], float]) -> dict[tuple[str, ...], float]:
    return {labels: value for labels, value in values.items() if value}


def test_a_view_that_somebody_dropped_is_no_figure_of_zero(home: Home) -> None:
    home.land_and_settle({**RAW_EARNINGS, **routy("2024-03-01", ",A,Foo,US,,1.50,0,0")})
    home.query_all("drop view gold.day_completeness cascade")

    found = read(metrics.exposition(home.platform))

    assert found["collector_success"]["database",] == 0
    assert found.keys().isdisjoint({"days", "days_unpublished", "files_late"})


def test_the_figures_are_those_of_the_home(home: Home) -> None:
    began = datetime.now(UTC).timestamp()
    home.land_and_settle(
        {
            **RAW_EARNINGS,
            # Held out: 40 and -0.25 of no count, an amount that cannot be read, and a repeat of 1.50.
            **routy("2024-03-01", *(f",A,Foo,,US,{rest}" for rest in ("1.50,0,0", "40,x,0", "-0.25,x,0", "€5,0,0"))),
            **manual("2024-03-01", ",A,Foo,1.50,0,0", ",A,Foo,1.50,0,0"),
            # A running total of 1000 that has no count of visits.
            **scrapers("2024-03-02", ",A,Foo,US,1000,x", ",A,Foo,FR,10,0"),
            **no_clicks("2024-03-01", "2024-03-02"),
        }
    )
    # The day before today is over: routy's file came alone. That of tomorrow waits, and two are refused.
    home.land({**routy("2024-03-03", ",A,Foo,,US,1,0,0"), "routy/2024-03-04.csv": "date,what\n"})
    home.settle()
    home.land(
        {
            **routy("2999-01-01", ",A,Foo,,US,1,0,0"),
            "surprise.csv": "x\n",
            # Landed and not loaded yet; a dimension that is in force is not.
            **manual("2024-03-05", ",A,Foo,1,0,0"),
        }
    )
    with home.platform.connected() as connection:
        _raise_alert(connection)

    found = read(metrics.exposition(home.platform))

    assert found["database_up"] == {(): 1}
    assert found["collector_success"] == {("database",): 1, ("dagster",): 1}
    assert above_zero(found["files_waiting"]) == {
        ("routy", "refused"): 1,
        ("routy", "to_come"): 1,
        ("manual", "to_load"): 1,
        ("unknown", "refused"): 1,
    }
    assert 0 < found["oldest_file_waiting_seconds"][()] < datetime.now(UTC).timestamp() - began
    assert above_zero(found["quarantined_rows"]) == {
        ("not_a_count", "routy"): 2,
        ("not_a_decimal", "routy"): 1,
        ("duplicate", "manual"): 1,
        ("not_a_count", "scrapers"): 1,
    }
    assert above_zero(found["quarantined_money"]) == {
        ("earnings", "not_a_count", "routy"): 39.75,
        ("earnings", "duplicate", "manual"): 1.50,
        ("running totals", "not_a_count", "scrapers"): 1000,
    }
    assert found["quarantined_money"]["earnings", "not_a_decimal", "routy"] == 0
    # Part 1 has 1 March complete; from the 2nd to yesterday nothing, or nothing but routy, has come. Today is not over.
    over = (home.settings.today() - datetime(2024, 3, 1, tzinfo=UTC).date()).days
    assert found["days_unpublished"] == {("1",): over - 1, ("2",): over - 2}
    assert sum(value for (part, _), value in found["days"].items() if part == "1") == over + 1
    accepted = found["last_success_timestamp_seconds"]
    assert {name for (name,), moment in accepted.items() if moment > began - 1} == {*SOURCES}
    assert found["last_published_timestamp_seconds"].keys() == {("1",), ("2",)}
    assert min(found["last_published_timestamp_seconds"].values()) > began - 1
    assert above_zero(found["alerts_total"]) == {("failed_run",): 1}
    assert found["alert_deliveries"] == {("log", "due"): 0, ("log", "given_up"): 0}
    assert found["failed_runs"] == {(): 0}
    assert found["rebuild_due"] == {(): 0}


def _raise_alert(connection: psycopg.Connection) -> None:
    happened_at = datetime.now(UTC)
    raise_alert(connection, Alert("run 1", "failed_run", "Failed", "It failed.", happened_at, None, "nothing"))


def test_what_is_watched_is_read_and_never_written(home: Home) -> None:
    home.query_all("drop schema bronze cascade")
    before = home.query("select oid, relname from pg_class order by oid")

    found = read(metrics.exposition(home.platform))

    assert found["database_up"] == {(): 1}
    assert "files_waiting" not in found
    assert home.query("select oid, relname from pg_class order by oid") == before


def test_a_database_that_is_down_is_a_figure_too(home: Home) -> None:
    nowhere = home.settings.model_copy(update={"database_url": SecretStr("postgresql://ann:s3cret@127.0.0.1:1/x")})
    found = read(metrics.exposition(Platform(nowhere, SOURCES)))
    assert found["database_up"] == {(): 0}
    assert found["collector_success"] == {("database",): 0, ("dagster",): 0}
    assert found.keys() == {"database_up", "collector_success", "collect_duration_seconds"}


@pytest.fixture
def address(home: Home) -> Iterator[str]:
    with metrics.server(home.platform, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def answer(address: str, path: str, content: bytes | None = None) -> tuple[int, str]:
    """Status and text."""
    try:
        with urllib.request.urlopen(f"{address}{path}", data=content) as answered:  # noqa: S310 - http, at this machine
            return answered.status, answered.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


def test_they_are_served_and_nothing_else_is(address: str) -> None:
    status, text = answer(address, "/metrics")
    assert (status, read(text)["database_up"]) == (200, {(): 1})
    assert answer(address, "/healthz") == (200, "ok\n")
    assert answer(address, "/../etc/passwd")[0] == 404
    assert answer(address, "/metrics", b"x")[0] == 405


def test_years_of_scrapes_leave_no_trace_in_the_process(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    metrics.exposition(home.platform)
    set_again: list[str] = []
    monkeypatch.setattr(os, "putenv", lambda *variable: set_again.append(str(variable)))
    before = dict(os.environ)
    metrics.exposition(home.platform)
    assert (dict(os.environ), set_again) == (before, [])
