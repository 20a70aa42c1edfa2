"""Executing runs in this process, one after another.

Belongs here: their order, and what is said of them. Does not: what is to do, which the planner says.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import dagster as dg
import psycopg

from growthleads_assets.automation.alerting import attend
from growthleads_assets.automation.graph import build_defs
from growthleads_assets.automation.runs import (
    PlannedRun,
    end_dead_runs,
    failure_reason,
    files_not_loaded,
    found_by_checks,
    planned_run,
    run_in_process,
    versions_left_out,
    was_interrupted,
)
from growthleads_assets.commands.reporting import Reporter
from growthleads_assets.home.platform import Platform
from growthleads_assets.home.survey import survey
from growthleads_assets.planning.planner import Plan
from growthleads_assets.planning.requests import BY_HAND, Attempts, requests
from growthleads_assets.warehouse import leases
from growthleads_assets.warehouse.restatements import restated_in_all, restatements
from growthleads_assets.words import PART_NAMES, counted, span


def execute_all(
    platform: Platform, connection: psycopg.Connection, reporter: Reporter, began: datetime
) -> tuple[Plan, bool]:
    """Do all that there is to do in a pass, and tell people of it and of other runs that failed since it ``began``.

    Returns what the planner says in the end, and whether no run failed and no work is left. What is to do is looked up
    anew after each run: dimensions come first, because the days that they change are known only then, and the days of
    a run that failed are tried again in smaller groups.
    """
    with runner(platform, connection, reporter) as run:
        failed: set[str] = set()
        tried: dict[str, Attempts] = {}
        while True:
            if leases.somebody_writes(connection):
                with reporter.working("Waiting for a run that is under way"):
                    leases.wait_for_writers(connection)
            plan = survey(platform, connection, settle_seconds=platform.settings.settle_seconds)
            now = datetime.now(UTC)
            chosen = requests(plan, attempts=tried, under_way=(), now=now, patience=BY_HAND)
            if not chosen.now:
                break
            request = chosen.now[0]
            tried[request.work] = Attempts(1, now)
            is_one_day = request.days is None or request.days.first == request.days.last
            if not run.execute(planned_run(request, run.definitions), is_last_try=is_one_day):
                failed.add(request.title)
        # Nobody else may be there to tell people, as where passes are started by cron.
        attend(platform, connection, run.instance, runs_since=began, held_back=chosen.held_back)
    for held in chosen.held_back:
        if held.title not in failed:
            reporter.complain(f"not done: {held.title}: its run ended well, but the work is still to do; see its log")
    return plan, not chosen.held_back and not failed


@contextmanager
def runner(platform: Platform, connection: psycopg.Connection, reporter: Reporter) -> Iterator["Runner"]:
    """What executes runs in this process, on the same instance as the UI."""
    with reporter.working("Preparing the asset graph"):
        definitions = build_defs(platform)
    with dg.DagsterInstance.get() as instance:
        # Keeps connections open: Dagster's storage connects anew for every event otherwise, hundreds of times a run.
        instance.optimize_for_webserver(statement_timeout=0, pool_recycle=3600, max_overflow=20)
        end_dead_runs(instance, connection)
        yield Runner(connection, definitions, instance, reporter)


class Runner:
    """Executes planned runs one after another, says what became of them, counts those that failed, and keeps the
    sentences about versions in the archive that were left out.
    """  # noqa: D205

    def __init__(
        self,
        connection: psycopg.Connection,
        definitions: dg.Definitions,
        instance: dg.DagsterInstance,
        reporter: Reporter,
    ) -> None:
        self.connection = connection
        self.definitions = definitions
        self.instance = instance
        self.reporter = reporter
        self.failed_runs = 0
        self.left_out: list[str] = []

    def execute(self, run: PlannedRun, *, is_last_try: bool = True, names_refused_files: bool = False) -> bool:
        """Execute a run; False if it failed and will not be tried in another way.

        ``names_refused_files``: say which files of the run, and which of their earlier versions in the archive, could
        not be loaded, which counts as a failure too.
        """
        with self.reporter.working(f"Running {run.title}"):
            result = run_in_process(run, self.definitions, self.instance)
        if was_interrupted(result.all_events):
            raise KeyboardInterrupt
        self._say_what_was_loaded(result.run_id)
        self._say_what_was_published(result.run_id)
        self._say_what_was_restated(result.run_id)
        for sentence in found_by_checks(result, dg.AssetCheckSeverity.WARN):
            self.reporter.say(f"worth a look: {sentence}", style="yellow")
        if result.success:
            not_loaded = files_not_loaded(result) if names_refused_files else []
            left_out = versions_left_out(result) if names_refused_files else []
            for sentence in not_loaded:
                self.reporter.complain(f"not loaded: {sentence}")
            for sentence in left_out:
                self.reporter.complain(f"left out: {sentence}")
            self.left_out += left_out
            return not not_loaded and not left_out
        self.failed_runs += 1
        failure = f"{run.title} (run {result.run_id}): {failure_reason(result.all_events)}"
        if is_last_try:
            self.reporter.complain(f"failed: {failure}")
        else:
            self.reporter.say(f"failed, and tried again in smaller groups of days: {failure}")
        return not is_last_try

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
            self.reporter.say(
                f"published part {part} ({PART_NAMES[part]}): {counted(count, 'day')}, {span(first, last)}"
            )

    def _say_what_was_restated(self, run_id: str) -> None:
        rows = restatements(self.connection, run_id=run_id)
        if rows:
            self.reporter.say(
                f"restated {counted(len(rows), 'published number')}, {restated_in_all(rows):+} of commission in all: "
                "growthleads restatements lists them"
            )
