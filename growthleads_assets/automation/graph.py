"""The whole asset graph put together.

Belongs here: which assets, jobs, sensors and resources make up a home's definitions. Does not: any of them.
"""

from collections.abc import Iterator

import dagster as dg

from growthleads_assets.assets.bronze import bronze_asset
from growthleads_assets.assets.models import model_assets
from growthleads_assets.assets.partitions import daily_partitions
from growthleads_assets.assets.published import restatement_ledger
from growthleads_assets.automation.alerting import alert_sensor
from growthleads_assets.automation.history import history_job, history_schedule
from growthleads_assets.automation.jobs import build_jobs
from growthleads_assets.automation.retention import retention_job, retention_schedule
from growthleads_assets.automation.sensors import landing_zone_sensor
from growthleads_assets.checks.freshness import freshness
from growthleads_assets.checks.warnings import warning_checks, warnings_of
from growthleads_assets.home.platform import Platform


def build_defs(platform: Platform) -> dg.Definitions:
    """The definitions for a home and a set of sources."""
    partitions = daily_partitions(platform.settings)
    warnings = warnings_of(platform.registry, platform.settings)
    history = history_job(warnings)
    retention = retention_job()
    fresh = freshness(platform)
    loaded = [*(bronze_asset(source, partitions) for source in platform.registry.values())]
    definitions = dg.Definitions(
        assets=[
            *dg.with_source_code_references(dg.map_asset_specs(fresh, [*loaded, restatement_ledger(partitions)])),
            *dg.map_asset_specs(fresh, model_assets(platform.transformation, partitions)),
        ],
        asset_checks=[warning_checks(warnings)],
        jobs=[*build_jobs(), history, retention],
        schedules=[history_schedule(history, platform.settings), retention_schedule(retention, platform.settings)],
        resources={"platform": _leased(platform)},
        # Steps of a run wait for one another anyway; a process for each would cost more than its work.
        executor=dg.in_process_executor,
    )
    sensors = [landing_zone_sensor(platform, definitions), alert_sensor(platform)]
    return dg.Definitions.merge(definitions, dg.Definitions(sensors=sensors))


def _leased(platform: Platform) -> dg.ResourceDefinition:
    """The platform as runs have it: one resource for all steps of a run, and with it the run's lease."""

    @dg.resource(description="The home that the assets work on; a run has it to itself.")
    def leased_platform(context: dg.InitResourceContext) -> Iterator[Platform]:
        with platform.leased(context.run.run_id if context.run else "none"):
            yield platform

    return leased_platform
