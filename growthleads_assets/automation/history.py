"""Checking all of history, which a run of some days does not: every test and every warning, once a day.

Belongs here: the job, its schedule, and what it tells Dagster. Does not: any test.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from growthleads_assets.assets.models import FAILED_CHECKS, IS_PUBLISHED, check_evaluations
from growthleads_assets.automation.jobs import WRITER_TAGS
from growthleads_assets.checks.warnings import DataWarning
from growthleads_assets.home.platform import Platform
from growthleads_assets.settings import Settings
from growthleads_assets.warehouse.transformation import TransformationFailed

HISTORY_CHECKS = "history_checks"


def history_job(warnings: Sequence[DataWarning]) -> dg.JobDefinition:
    """The job that runs every dbt test and every warning over all days; a test that fails fails the run."""

    @dg.op(
        out={}, description="Every dbt test over all days, and every warning, as results of the checks of the assets."
    )
    def all_of_history(context: dg.OpExecutionContext, platform: dg.ResourceParam[Platform]) -> Iterator[Any]:
        transformation = platform.transformation
        failure = None
        with platform.connected() as connection:
            transformation.prepare(connection)
            try:
                events: Sequence[dict[str, Any]] = transformation.test_all_of_history()
            except TransformationFailed as failed:
                events, failure = failed.events, failed
            yield from check_evaluations(context, transformation, events)
            for warning in warnings:
                yield warning.judge(connection, None).evaluation()
        if failure:
            raise dg.Failure(
                f"What is published breaks a rule: {failure}",
                metadata={FAILED_CHECKS: list(failure.failed_tests), IS_PUBLISHED: True},
            ) from None

    @dg.job(
        name=HISTORY_CHECKS,
        # Calculated and published tables agree between runs, not while one writes.
        tags=WRITER_TAGS,
        executor_def=dg.in_process_executor,
        description="Checks all of history: every rule, and what is worth a look.",
    )
    def history_checks() -> None:
        all_of_history()

    return history_checks


def history_schedule(job: dg.JobDefinition, settings: Settings) -> dg.ScheduleDefinition:
    """Early every morning, before anybody looks at the numbers."""
    return dg.ScheduleDefinition(
        name="history_checks_daily",
        job=job,
        cron_schedule="30 4 * * *",
        execution_timezone=settings.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
