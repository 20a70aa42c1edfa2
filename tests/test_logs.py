"""Logs as JSON: every line of a run, of the platform's own loggers and of commands, and no secret in any."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg
import pytest

from growthleads_assets import logs
from growthleads_assets.alerts.alert import Alert, Message
from growthleads_assets.alerts.channels import Log
from growthleads_assets.commands.reporting import Reporter
from growthleads_assets.settings import Settings, load_settings


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Settings that ask for JSON; in the end this process logs as before."""
    monkeypatch.setenv("GROWTHLEADS_LOG_FORMAT", "json")
    monkeypatch.setenv("GROWTHLEADS_DATABASE_URL", "postgresql://ann:s3c%2Fret@db:5432/ledger")
    monkeypatch.setenv("GROWTHLEADS_SLACK_WEBHOOK_URL", "https://slack.example.com/services/T0/B0/secret")
    handlers = logging.getLogger().handlers[:]
    yield load_settings()
    logging.getLogger().handlers[:] = handlers
    logging.setLoggerClass(logging.Logger)
    logging.captureWarnings(capture=False)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    """What was logged, a JSON object a line and nothing else."""
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_is_an_object_and_shows_no_secret(capsys: pytest.CaptureFixture[str], settings: Settings) -> None:
    logs.configure(settings)
    logs.configure(settings)
    log = logging.getLogger("growthleads_assets.somewhere")
    try:
        raise OSError("postgresql://ann:s3c%2Fret@db:5432/ledger, or ann with s3c/ret")
    except OSError:
        log.exception("Nobody could be told\nof %s", "s3c/ret")
    Reporter().complain("routy/2024-03-26.csv is refused.")

    failure, complaint = lines(capsys)
    assert failure["message"] == "Nobody could be told\nof ***"
    assert (failure["level"], failure["logger"]) == ("ERROR", "growthleads_assets.somewhere")
    assert datetime.fromisoformat(str(failure["timestamp"])).tzinfo is not None
    assert str(failure["exc_info"]).endswith("OSError: ***, or ann with ***")
    assert complaint["message"] == "routy/2024-03-26.csv is refused."


@pytest.mark.usefixtures("settings")
def test_secrets_of_a_url_s_query_and_within_extras_are_masked_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "postgresql://db/ledger?user=ann&password=s3c%2Fret&sslmode=require&sslpassword=key+word"
    monkeypatch.setenv("GROWTHLEADS_DATABASE_URL", url)
    logs.configure(load_settings())
    moment = datetime(2024, 3, 26, tzinfo=UTC)
    about = {"url": url, "parts": [("s3c%2Fret", 3, None), {"s3c/ret": OSError("key word"), "at": moment}]}

    logging.getLogger("growthleads_assets.somewhere").warning("ann with s3c/ret", extra={"about": about})

    [line] = lines(capsys)
    assert line["message"] == "ann with ***"
    assert line["about"] == {"url": "***", "parts": [["***", 3, None], {"***": "***", "at": moment.isoformat()}]}


def test_an_alert_in_the_log_has_its_fields(capsys: pytest.CaptureFixture[str], settings: Settings) -> None:
    logs.configure(settings)
    moment = datetime(2024, 3, 26, tzinfo=UTC)
    alert = Alert("k", "late_file", "routy is late", "It is late.", moment, None, "nothing", source="routy", file="x")
    Log().send(Message([alert], settings.ui_url))

    [line] = lines(capsys)
    assert line["level"] == "WARNING"
    assert line["alert"]["kind"] == "late_file"  # type: ignore[index]
    assert line["alert"]["source"] == "routy"  # type: ignore[index]


def test_a_run_of_dagster_logs_what_each_line_is_about(capsys: pytest.CaptureFixture[str], settings: Settings) -> None:
    logs.configure(settings)

    @dg.asset(key=["bronze", "routy"], partitions_def=dg.DailyPartitionsDefinition("2024-03-01"))
    def routy(context: dg.AssetExecutionContext) -> None:
        context.log.info("routy/2024-03-26.csv loaded: 3 rows")

    with dg.DagsterInstance.ephemeral() as instance:
        run = dg.materialize([routy], instance=instance, partition_key="2024-03-26")

    logged = lines(capsys)
    assert {line["run_id"] for line in logged} == {run.run_id}
    [own] = [line for line in logged if "3 rows" in str(line["message"])]
    assert (own["level"], own["logger"], own["step"]) == ("INFO", "dagster", "bronze__routy")
    assert [(line["asset"], line["partition"]) for line in logged if "asset" in line][-1] == (
        "bronze/routy",
        "2024-03-26",
    )
