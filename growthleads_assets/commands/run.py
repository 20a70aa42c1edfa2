"""One pass: load everything that has landed and recalculate what it touches.

Belongs here: the order of the runs and what is said of them. Does not: what is to do, which the planner says.
"""

from collections.abc import Iterable

import dagster as dg
import psycopg

from growthleads_assets.assets.platform import Platform
from growthleads_assets.automation.graph import build_defs
from growthleads_assets.automation.runs import PlannedRun, dimension_run, failure_reason, range_runs, run_in_process
from growthleads_assets.automation.survey import survey
from growthleads_assets.commands.reporting import Reporter
from growthleads_assets.planning.planner import Plan

PART_NAMES = {1: "web traffic", 2: "scrapers"}


def run_pass(platform: Platform, reporter: Reporter) -> bool:
    """Do all that there is to do now; whether nothing was refused and no run failed.

    Dimensions are loaded first, because the days that they change are known only then.
    """
    with platform.connected() as connection:
        with reporter.working("Looking at what has landed"):
            first_look = survey(platform, connection, settle_seconds=platform.settings.settle_seconds)
        if first_look.is_empty:
            reporter.say("Nothing is new.")
            return _say_what_is_left(first_look, reporter)
        with reporter.working("Preparing the asset graph"):
            definitions = build_defs(platform)
        with dg.DagsterInstance.get() as instance:
            runner = _Runner(platform, connection, definitions, instance, reporter)
            dimensions = dimension_run(first_look)
            all_succeeded = runner.execute([dimensions] if dimensions else [])
            second_look = survey(platform, connection, settle_seconds=0) if dimensions else first_look
            all_succeeded &= runner.execute(range_runs(second_look, definitions, platform.registry))
        nothing_refused = _say_what_is_left(survey(platform, connection, settle_seconds=0), reporter)
        return all_succeeded and nothing_refused


class _Runner:
    """Executes planned runs one after another and says what became of them."""

    def __init__(
        self,
        platform: Platform,
        connection: psycopg.Connection,
        definitions: dg.Definitions,
        instance: dg.DagsterInstance,
        reporter: Reporter,
    ) -> None:
        self.platform = platform
        self.connection = connection
        self.definitions = definitions
        self.instance = instance
        self.reporter = reporter

    def execute(self, runs: Iterable[PlannedRun]) -> bool:
        all_succeeded = True
        for run in runs:
            with self.reporter.working(f"Running {run.title}"):
                result = run_in_process(run, self.definitions, self.instance)
            self._say_what_was_loaded(result.run_id)
            self._say_what_was_published(result.run_id)
            if not result.success:
                all_succeeded = False
                self.reporter.complain(f"failed: {run.title} (run {result.run_id}): {failure_reason(result)}")
        return all_succeeded

    def _say_what_was_loaded(self, run_id: str) -> None:
        files = self.connection.execute(
            "select source, file, rows_loaded, rows_quarantined from bronze.files "
            "where run_id = %s and status = 'loaded' order by source, file",
            (run_id,),
        )
        for source, file, loaded, quarantined in files:
            held = f", {quarantined} quarantined" if quarantined else ""
            self.reporter.say(f"loaded {source}/{file}: {loaded} rows{held}")

    def _say_what_was_published(self, run_id: str) -> None:
        days = self.connection.execute(
            "select part, min(date), max(date), count(*) from gold.published_days where run_id = %s "
            "group by part order by part",
            (run_id,),
        )
        for part, first, last, count in days:
            span = f"{first}" if first == last else f"{first} to {last}"
            self.reporter.say(f"published part {part} ({PART_NAMES[part]}): {_days(count)}, {span}")


def _say_what_is_left(plan: Plan, reporter: Reporter) -> bool:
    for _, sentence in plan.waiting:
        reporter.say(f"waiting: {sentence}")
    for file, sentence in plan.refused:
        reporter.complain(f"refused: {file.place}: {sentence}")
    for _, sentence in plan.unreadable:
        reporter.complain(f"not read: {sentence}")
    return not plan.refused and not plan.unreadable


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"
