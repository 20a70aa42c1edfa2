"""The installed command, as a person at a terminal has it: exit codes, what it prints, what it leaves."""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib.util import cache_from_source, find_spec
from pathlib import Path

import polars as pl
import pytest

from growthleads_assets.settings import PREFIX, load_settings
from growthleads_assets.warehouse.server import stop_database
from tests import forked
from tests.cases import brands, deals, lines, operators, routy, voluum
from tests.endpoints import endpoint
from tests.homes import folder_for_all

COMMAND = [sys.executable, "-m", "growthleads_assets"]


@dataclass
class Terminal:
    """A shell in a home of its own."""

    home: Path

    @property
    def environment(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        return {**own, "GROWTHLEADS_HOME": str(self.home), "GROWTHLEADS_SETTLE_SECONDS": "0"}

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return forked.Command(arguments, {**self.environment, **variables}).ended()

    def land(self, files: Mapping[str, str]) -> None:
        for relative, content in files.items():
            path = self.home / "landing_zone" / relative
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)

    def mart(self, name: str) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(self.run("export", name).stdout)))


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    """A home with its own embedded server."""
    with folder_for_all() as folder:
        yield Terminal(folder / "home")
        stop_database(load_settings(home=folder / "home"))


DIMENSIONS = {
    **deals("A,FIXED 100,total commision= raw_earnings + 100", "Default,FIXED 0,raw_earnings"),
    **brands("br1,A"),
    **operators("Foo NJ,FooLOLUS,US"),
}


def files_land_and_are_mended(terminal: Terminal) -> None:
    # Asked before anything was ever run.
    before = terminal.run("status")
    assert (before.returncode, before.stderr) == (0, "")
    assert "Nothing has landed yet." in before.stdout

    nothing = terminal.run("run")
    assert (nothing.returncode, nothing.stderr) == (0, "")
    assert "Nothing is new." in nothing.stdout

    terminal.land({**DIMENSIONS, **routy("2024-03-26", "2024-03-26,A,Foo NJ,US,,1.005,0,0"), **voluum("2024-03-26")})
    terminal.land({"routy/notes.csv": "hello\n", "manual/2024-03-26.csv": lines("date;marketing_source", "x;y")})
    first = terminal.run("run")

    # Everything else is loaded all the same: 1.005 + 100 = 101.005, half a cent up.
    assert first.returncode == 1
    assert "routy/notes.csv" in first.stderr
    assert "manual/2024-03-26.csv" in first.stderr
    assert "Traceback" not in first.stderr
    daily = terminal.mart("solution_1_marketing_daily")
    assert [(row["marketing_source"], row["date"], row["total_commission"]) for row in daily] == [
        ("A", "2024-03-26", "101.01")
    ]
    assert daily[0]["raw_earnings"].rstrip("0") == "1.005"
    assert terminal.mart("solution_1_operators_monthly") == [
        {"operator": "Foo US", "month": "2024-03-01", "total_commission": "101.01"}
    ]
    assert not (terminal.home / "landing_zone" / "routy" / "2024-03-26.csv").exists()
    assert (terminal.home / "landing_zone" / "deals.csv").exists()
    archived = {path.parent.name for path in (terminal.home / "archive_zone").rglob("*.csv")}
    assert archived == {"routy", "voluum", "deals", "voluum_mapper", "central_mapping"}

    # A refused file that is still there is named again; mended, it is loaded.
    again = terminal.run("run")
    assert again.returncode == 1
    assert "manual/2024-03-26.csv" in again.stderr
    (terminal.home / "landing_zone" / "routy" / "notes.csv").unlink()
    header = "date,marketing_source,operator,raw_earnings,visits,signups"
    terminal.land({"manual/2024-03-26.csv": lines(header, ",A,Bar,2,0,0")})
    mended = terminal.run("run")
    assert (mended.returncode, mended.stderr) == (0, "")
    # 1.005 + 2 + 100 = 103.005
    assert terminal.mart("solution_3_marketing_daily")[0]["total_commission"] == "103.01"


def status_says_what_is_where(terminal: Terminal) -> None:
    terminal.land({"voluum/2024-03-27.csv": "date,voluum_brand,clicks\n", "routy/2999-01-01.csv": "x\n"})
    terminal.run("run")

    found = json.loads(terminal.run("status", "--json").stdout)

    files = {(file["source"], file["file"]): file for file in found["files"]}
    loaded = files["routy", "2024-03-26.csv"]
    assert (loaded["status"], loaded["rows_read"], loaded["rows_loaded"], loaded["rows_quarantined"]) == (
        "loaded",
        1,
        1,
        0,
    )
    assert files["routy", "2999-01-01.csv"]["status"] == "waiting"
    days = {(day["part"], day["day"]): (day["status"], day["waiting_for"]) for day in found["days"]}
    assert days[1, "2024-03-26"] == ("published", [])
    assert days[2, "2024-03-26"] == ("waiting", ["scrapers"])
    assert days[3, "2024-03-26"] == ("published", [])
    assert days[1, "2024-03-27"] == ("waiting", ["routy"])
    verdicts = {(verdict["part"], verdict["day"]): verdict["verdict"] for verdict in found["payout"]}
    assert (verdicts[1, "2024-03-26"], verdicts[1, "2024-03-27"]) == ("yes", "no")
    statuses = {(day["part"], day["date"]): day["status"] for day in found["completeness"]}
    assert (statuses[1, "2024-03-26"], statuses[1, "2024-03-27"], found["quarantine"]) == ("complete", "waiting", [])
    shown = terminal.run("status", "--files").stdout
    assert shown.startswith("Part 1, web traffic. Can be paid out: 2024-03-26. Cannot be paid out: ")
    assert "2024-03-27: no: waits for routy." in shown
    assert "part 1, web traffic" in shown
    assert "routy/2999-01-01.csv" in shown
    assert "published" in shown


def a_look_imports_neither_dagster_nor_dbt(terminal: Terminal) -> None:
    """They take longer than all else that a look does, and most passes of a schedule find nothing new."""
    for command in ("run", "status"):
        looked = subprocess.run(
            [COMMAND[0], "-X", "importtime", *COMMAND[1:], command],
            env=terminal.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        imported = {line.rpartition("|")[2].strip() for line in looked.stderr.splitlines()}
        assert "polars" in imported
        assert imported.isdisjoint({"dagster", "dbt", "sqlalchemy"})


def alerts_say_who_was_told(terminal: Terminal) -> None:
    told = json.loads(terminal.run("alerts", "--json").stdout)

    assert {alert["file"] for alert in told} == {"routy/notes.csv", "manual/2024-03-26.csv"}
    # There were several passes, and each file was told of once.
    assert [[(each["channel"], each["attempts"]) for each in alert["deliveries"]] for alert in told] == [
        [("log", 1)]
    ] * 2
    assert all(each["delivered_at"] for alert in told for each in alert["deliveries"])
    assert "manual/2024-03-26.csv is refused" in terminal.run("alerts").stdout


def export_writes_files(terminal: Terminal) -> None:
    # It is up for the steps that follow: each command started and stopped it until here.
    assert "up" in terminal.run("database", "start").stdout
    parquet, excel = terminal.home / "mart.parquet", terminal.home / "mart.xlsx"

    assert terminal.run("export", "solution_1_marketing_daily", "--output", str(parquet)).returncode == 0
    assert terminal.run("export", "solution_1_marketing_daily", "--output", str(excel)).returncode == 0

    assert pl.read_parquet(parquet)["total_commission"].to_list() == [Decimal("103.01")]
    assert excel.read_bytes().startswith(b"PK")
    wrong = terminal.run("export", "solution_9")
    assert wrong.returncode == 1
    assert "solution_1_marketing_daily" in wrong.stderr
    assert terminal.run("export", "solution_1_marketing_daily", "--output", "mart.doc").returncode == 1
    # Standard output that takes nothing more, be it buffered or not.
    for variables in ({}, {"PYTHONUNBUFFERED": "1"}):
        with Path("/dev/full").open("wb") as full:
            cut_off = subprocess.run(
                [*COMMAND, "export", "solution_1_marketing_daily"],
                env={**terminal.environment, **variables},
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
            )
        assert cut_off.returncode == 1
        assert cut_off.stderr == "standard output cannot be written: No space left on device.\n"


def other_commands_see_the_same_database(terminal: Terminal) -> None:
    command = "exec", "--", "psql", "-Atc", "select total_commission from gold.solution_1_marketing_daily"
    assert terminal.run(*command).stdout == "103.01\n"
    assert terminal.run("exec", "--", "sh", "-c", "exit 7").returncode == 7
    # A command that SIGTERM reaches through the platform can end its work, with the database up until then.
    ending = "trap 'psql -Atc \"select 1\"; exit 9' TERM; kill -TERM $PPID; while :; do sleep 0.1; done"
    ended = terminal.run("exec", "--", "sh", "-c", ending)
    assert (ended.returncode, ended.stdout) == (9, "1\n")

    url = terminal.run("database", "url").stdout.strip()
    asked = subprocess.run(["psql", url, "-Atc", "select 1"], capture_output=True, text=True, check=False)
    assert asked.stdout == "1\n"


def a_partition_materialized_by_dagster_says_the_same(terminal: Terminal) -> None:
    before = [terminal.mart(mart) for mart in ("solution_1_marketing_daily", "solution_3_operators_monthly")]
    module = "growthleads_assets.definitions"
    done = terminal.run(
        *("exec", "--", "dagster", "job", "execute", "-m", module, "-j", "web_traffic"),
        *("--tags", json.dumps({"dagster/partition": "2024-03-26"})),
    )

    assert done.returncode == 0, done.stderr[-2000:]
    after = [terminal.mart(mart) for mart in ("solution_1_marketing_daily", "solution_3_operators_monthly")]
    assert after == before


def a_correction_is_on_record_and_can_be_reverted(terminal: Terminal) -> None:
    known = len(json.loads(terminal.run("restatements", "--json").stdout))
    terminal.land(routy("2024-03-26", "2024-03-26,A,Foo NJ,US,,4.005,0,0", "2024-03-26,B,Foo NJ,US,,1,0,0"))
    run = terminal.run("run")
    assert "restated" in run.stdout

    # 4.005 + 2 + 100 = 106.005, half a cent up; B has the default's terms. Day and month of part 1, and part 3 beside.
    rows = json.loads(terminal.run("restatements", "--json").stdout)[known:]
    changes = {(row["mart"], row["key"]): (row["old_commission"], row["new_commission"]) for row in rows}
    assert changes["solution_1_marketing_daily", "A"] == ("103.01", "106.01")
    assert changes["solution_3_marketing_daily", "B"] == (None, "1.00")
    assert {(row["cause_source"], row["cause_file"]) for row in rows} == {("routy", "2024-03-26.csv")}
    only_b = json.loads(terminal.run("restatements", "--json", "--source", "B", "--from", "2024-03-26").stdout)
    assert {(row["key"], row["difference"]) for row in only_b} == {("B", "1.00")}
    assert json.loads(terminal.run("restatements", "--json", "--to", "2024-02-29").stdout) == []

    reverted = terminal.run("revert", "routy", "2024-03-26.csv")
    assert reverted.returncode == 0, reverted.stderr
    assert [row["total_commission"] for row in terminal.mart("solution_1_marketing_daily")] == ["103.01"]
    everything = json.loads(terminal.run("restatements", "--json").stdout)[known:]
    assert sum(Decimal(row["difference"]) for row in everything) == 0
    assert len(everything) == 2 * len(rows)
    nothing = terminal.run("revert", "voluum", "2024-03-26.csv")
    assert nothing.returncode == 1
    assert "only one version" in nothing.stderr


def a_reverted_dimension_stays_reverted(terminal: Terminal) -> None:
    terminal.land(deals("A,FIXED 200,raw_earnings + 200", "Default,FIXED 0,raw_earnings"))
    assert terminal.run("run").returncode == 0
    assert terminal.mart("solution_1_marketing_daily")[0]["total_commission"] == "203.01"

    assert terminal.run("revert", "deals", "deals.csv").returncode == 0

    assert "Nothing is new." in terminal.run("run").stdout
    assert terminal.mart("solution_1_marketing_daily")[0]["total_commission"] == "103.01"
    assert "raw_earnings + 100" in (terminal.home / "landing_zone" / "deals.csv").read_text()


def a_backfill_says_the_same_again(terminal: Terminal) -> None:
    before = terminal.mart("solution_3_marketing_daily"), terminal.run("restatements", "--json", "--all").stdout

    done = terminal.run("backfill", "--from", "2024-03-25", "--to", "2024-03-26")

    assert (done.returncode, done.stderr) == (0, "")
    assert "without any file: 2024-03-25" in done.stdout
    after = terminal.mart("solution_3_marketing_daily"), terminal.run("restatements", "--json", "--all").stdout
    assert after == before
    assert terminal.run("backfill", "--from", "2024-03-26", "--to", "2024-03-26", "--source", "deals").returncode == 0
    for wrong in (("2024-03-26", "2024-03-25"), ("2024-03-26", "2999-01-01"), ("2000-01-01", "2024-03-26")):
        refused = terminal.run("backfill", "--from", wrong[0], "--to", wrong[1])
        assert refused.returncode == 1
        assert "Traceback" not in refused.stderr
    assert (
        "no source nobody"
        in terminal.run("backfill", "--from", "2024-03-26", "--to", "2024-03-26", "--source", "nobody").stderr
    )


def what_somebody_dropped_is_a_sentence_until_it_is_made_again(terminal: Terminal) -> None:
    whole = json.loads(terminal.run("status", "--json").stdout)
    for view in ("gold.file_statistics", "gold.day_completeness"):
        terminal.run("exec", "--", "psql", "-c", f"drop view {view} cascade")

        lacking = terminal.run("status")

        assert (lacking.returncode, lacking.stdout) == (1, "")
        assert lacking.stderr == (
            f'The database lacks something that it should have: relation "{view}" does not exist. Somebody dropped it, '
            "or it is being made again at the moment. `growthleads check` makes again what dbt makes, but no rows of "
            "marts: these and all of bronze are in a backup.\n"
        )
        assert terminal.run("check").returncode == 0
        assert json.loads(terminal.run("status", "--json").stdout) == whole


def the_database_stays_up_until_it_is_stopped(terminal: Terminal) -> None:
    assert "stopped" in terminal.run("database", "stop").stdout
    assert "not running" in terminal.run("database", "stop").stdout
    assert terminal.mart("solution_1_marketing_daily")[0]["total_commission"] == "103.01"


LIFE: tuple[Callable[[Terminal], None], ...] = (
    files_land_and_are_mended,
    status_says_what_is_where,
    a_look_imports_neither_dagster_nor_dbt,
    alerts_say_who_was_told,
    export_writes_files,
    other_commands_see_the_same_database,
    a_partition_materialized_by_dagster_says_the_same,
    a_correction_is_on_record_and_can_be_reverted,
    a_reverted_dimension_stays_reverted,
    a_backfill_says_the_same_again,
    what_somebody_dropped_is_a_sentence_until_it_is_made_again,
    the_database_stays_up_until_it_is_stopped,
)


def test_the_embedded_database_has_one_role_and_its_url_no_password(terminal: Terminal) -> None:
    made = terminal.run("database", "init")
    assert (made.returncode, made.stderr) == (0, "")
    assert made.stdout.startswith(
        "The database is the home's embedded server, where one role does everything.\nVersion 1:"
    )
    assert terminal.run("database", "migrate").stdout.endswith(", as they were.\n")
    refused = terminal.run("database", "init", GROWTHLEADS_READER_DATABASE_URL="postgresql://reader:s3cret@db/ledger")
    assert refused.returncode == 1
    assert refused.stderr.startswith(
        "GROWTHLEADS_READER_DATABASE_URL must be set together with GROWTHLEADS_DATABASE_URL"
    )
    shown = terminal.run("database", "url")
    assert shown.stdout.startswith("postgresql://postgres@/growthleads?host=")
    assert shown.stderr == ""
    assert terminal.run("database", "stop").returncode == 0


@pytest.mark.takes_minutes
def test_life_of_a_home(terminal: Terminal) -> None:
    """One test, because each step starts from where the one before it left the home."""
    for step in LIFE:
        step(terminal)


@pytest.mark.parametrize("package", ["dagster", "dbt.cli", "pandera", "polars", "psycopg", "sqlalchemy"])
def test_what_is_installed_is_compiled(package: str) -> None:
    """Else every process compiles it, where Python may not keep the result, which nearly doubles what imports take."""
    found = find_spec(package)

    assert found
    assert found.origin
    assert Path(cache_from_source(found.origin)).exists()


def test_a_wrong_setting_is_a_sentence() -> None:
    environment = {**os.environ, "GROWTHLEADS_START_DATE": "soon"}
    wrong = subprocess.run([*COMMAND, "run"], env=environment, capture_output=True, text=True, check=False)
    assert wrong.returncode == 1
    assert "GROWTHLEADS_START_DATE" in wrong.stderr
    assert "Traceback" not in wrong.stderr


def test_a_channel_can_be_tried_out(terminal: Terminal) -> None:
    with endpoint() as webhook, endpoint("/services/s3cret") as slack:
        slack.statuses = [403]
        tried = terminal.run(
            "alerts", "--test", GROWTHLEADS_ALERT_WEBHOOK_URL=webhook.url, GROWTHLEADS_SLACK_WEBHOOK_URL=slack.url
        )

    assert (tried.returncode, tried.stdout) == (1, "webhook: sent\n")
    assert tried.stderr.startswith("slack: The endpoint answered 403")
    assert "s3cret" not in tried.stderr
    assert webhook.titles() == ["This is a test"]
