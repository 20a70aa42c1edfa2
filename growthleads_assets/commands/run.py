"""One pass: load everything that has landed and recalculate what it touches.

Belongs here: whether there is anything to do, and what is said of the rest. Does not: executing runs (runner.py).
"""

from datetime import UTC, datetime

import psycopg

from growthleads_assets.commands.reporting import NotPossible, Reporter
from growthleads_assets.home.platform import Platform
from growthleads_assets.home.survey import survey
from growthleads_assets.home.telling import deliver, raise_about_files
from growthleads_assets.planning.planner import Plan
from growthleads_assets.warehouse.completeness import late_files


def run_pass(platform: Platform, reporter: Reporter) -> bool:
    """Do all that there is to do now; whether nothing was refused and no run failed for good."""
    began = datetime.now(UTC)
    with platform.connected() as connection:
        if due := platform.rebuild_due(connection):
            raise NotPossible(due)
        with reporter.working("Looking at what has landed"):
            plan = survey(platform, connection, settle_seconds=platform.settings.settle_seconds)
        if plan.is_empty:
            reporter.say("Nothing is new.")
            raise_about_files(platform, connection)
            deliver(platform, connection)
            return _say_what_is_left(connection, plan, reporter)
        # Most of a pass with nothing to do was the import of Dagster and dbt, and most passes of a schedule are such.
        with reporter.working("Starting Dagster"):
            from growthleads_assets.commands.runner import execute_all

        plan, is_done = execute_all(platform, connection, reporter, began)
        return _say_what_is_left(connection, plan, reporter) and is_done


def _say_what_is_left(connection: psycopg.Connection, plan: Plan, reporter: Reporter) -> bool:
    for late in late_files(connection):
        reporter.say(f"late: {late.source}/{late.day}.csv: growthleads status says what waits for it")
    for _, sentence in plan.waiting:
        reporter.say(f"waiting: {sentence}")
    for file, sentence in plan.refused:
        reporter.complain(f"refused: {file.place}: {sentence}")
    for _, sentence in plan.unreadable:
        reporter.complain(f"not read: {sentence}")
    return not plan.refused and not plan.unreadable
