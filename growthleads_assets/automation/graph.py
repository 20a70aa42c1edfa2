"""The whole asset graph put together.

Belongs here: which assets, jobs and resources make up a home's definitions. Does not: any of them.
"""

import dagster as dg

from growthleads_assets.assets.bronze import bronze_asset
from growthleads_assets.assets.models import model_assets
from growthleads_assets.assets.partitions import daily_partitions
from growthleads_assets.assets.platform import Platform
from growthleads_assets.automation.jobs import build_jobs


def build_defs(platform: Platform) -> dg.Definitions:
    """The definitions for a home and a set of sources."""
    partitions = daily_partitions(platform.settings)
    return dg.Definitions(
        assets=[
            *dg.with_source_code_references(
                [bronze_asset(source, partitions) for source in platform.registry.values()]
            ),
            *model_assets(platform.transformation, partitions),
        ],
        jobs=build_jobs(),
        resources={"platform": platform},
        # Steps of a run wait for one another anyway; a process for each would cost more than its work.
        executor=dg.in_process_executor,
    )
