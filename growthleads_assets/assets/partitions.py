"""The one daily partitioning of everything that derives from events.

Belongs here: the partitions and the days a run covers. Does not: which days are to be materialized.
"""

from collections.abc import Sequence
from datetime import date

import dagster as dg

from growthleads_assets.settings import Settings


def daily_partitions(settings: Settings) -> dg.DailyPartitionsDefinition:
    """One partition per day from the start date to today, today included."""
    return dg.DailyPartitionsDefinition(
        start_date=settings.start_date.isoformat(), timezone=settings.timezone, end_offset=1
    )


def days_of(context: dg.AssetExecutionContext | dg.OpExecutionContext) -> Sequence[date]:
    """The days that the run materializes, in order; none in a run without partitions."""
    if not context.has_partition_key and not context.has_partition_key_range:
        return []
    return sorted(date.fromisoformat(key) for key in context.partition_keys)
