"""The demo: sample data through the whole pipeline, in a home of its own.

Belongs here: landing the sample files and showing the marts. Does not: anything that a real home would not do too.
"""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from growthleads_assets.commands.reporting import Reporter
from growthleads_assets.commands.run import run_pass
from growthleads_assets.home.platform import Platform
from growthleads_assets.landing.reading import sha256
from growthleads_assets.settings import CHECKOUT, EMBEDDED, Settings, load_settings
from growthleads_assets.warehouse import ledger

HOME = CHECKOUT / ".demo"
LESS_TELLING = {"visits", "signups", "is_baseline"}
MARTS = [f"solution_{part}_{mart}" for part in (1, 2, 3) for mart in ("marketing_daily", "operators_monthly")]


def demo_settings() -> Settings:
    """The demo's home: nothing of the caller's configuration reaches it."""
    return load_settings(
        home=HOME,
        landing_zone=HOME / "landing_zone",
        archive_zone=HOME / "archive_zone",
        **EMBEDDED,
        start_date="2024-01-01",
        timezone="UTC",
        settle_seconds=0,
        slack_webhook_url=None,
        alert_webhook_url=None,
        alert_mail_from=None,
        alert_mail_to=None,
        smtp_url=None,
    )


def run_demo(platform: Platform, reporter: Reporter) -> bool:
    """Land the sample data and then a correction of it, run the pipeline after each, and show the marts.

    What the home has accepted before is not landed again, so a second time nothing is new.
    """
    succeeded = True
    something_new = False
    for folder, sentence in (
        ("initial", "Landing the sample data"),
        ("correction", "Landing a correction: routy delivers 30 January 2025 again, mended"),
    ):
        landed = _land(platform, files("growthleads_assets") / "demo_data" / folder)
        if landed:
            something_new = True
            reporter.say(f"{sentence} ({landed} files in {_shown(platform.settings.landing_zone)})", style="bold")
            succeeded &= run_pass(platform, reporter)
    if not something_new:
        # A pass all the same: it finishes what an interrupted demo may have left.
        succeeded &= run_pass(platform, reporter)
    with platform.connected() as connection:
        for mart in MARTS:
            _show(connection, mart, reporter)
    _say_what_next(reporter)
    return succeeded


def _land(platform: Platform, folder: Traversable) -> int:
    """Put the files of a sample folder that were never accepted into the landing zone; how many."""
    landed = 0
    with platform.connected() as connection:
        for place in sorted(_files_below(folder, Path())):
            content = folder.joinpath(*place.parts).read_bytes()
            source = place.parts[0].removesuffix(".csv")
            if ledger.was_accepted(connection, source, place.name, sha256(content)):
                continue
            target = platform.settings.landing_zone / place
            target.parent.mkdir(parents=True, exist_ok=True)
            unfinished = target.with_name(f"{target.name}.part")
            unfinished.write_bytes(content)
            unfinished.replace(target)
            landed += 1
    return landed


def _files_below(folder: Traversable, place: Path) -> list[Path]:
    found: list[Path] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _files_below(entry, place / entry.name)
        elif entry.name.endswith(".csv"):
            found.append(place / entry.name)
    return found


def _show(connection: psycopg.Connection, mart: str, reporter: Reporter) -> None:
    period = "date" if mart.endswith("daily") else "month"
    statement = sql.SQL("select * from {} order by {}, 1").format(sql.Identifier("gold", mart), sql.Identifier(period))
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = [_readable(row) for row in cursor.execute(statement)]
    columns = [column for column in rows[0] if column not in LESS_TELLING] if rows else []
    reporter.table(f"gold.{mart}", rows, columns)


def _readable(row: dict[str, Any]) -> dict[str, Any]:
    """Earnings without the zeros after their last digit."""
    if "raw_earnings" not in row:
        return row
    return {**row, "raw_earnings": f"{row['raw_earnings'].normalize():f}"}


def _say_what_next(reporter: Reporter) -> None:
    reporter.say("What next?", style="bold")
    reporter.say("  .venv/bin/growthleads dev --demo     the Dagster UI on what was just built")
    reporter.say(
        '  cp your files to landing_zone/       routy/2025-01-29.csv, …, deals.csv: see README, "Landing files"'
    )
    reporter.say("  .venv/bin/growthleads run            loads them and publishes your own marts")


def _shown(path: Path) -> str:
    return str(path.relative_to(CHECKOUT)) if path.is_relative_to(CHECKOUT) else str(path)
