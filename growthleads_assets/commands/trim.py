"""Trimming Dagster's record of runs from a terminal.

Belongs here: what is said of it. Does not: which runs go (automation/retention.py).
"""

import dagster as dg

from growthleads_assets.automation.retention import trim_as_configured
from growthleads_assets.commands.reporting import Reporter
from growthleads_assets.home.platform import Platform


def trim(platform: Platform, reporter: Reporter) -> None:
    """Trim by the setting, as the schedule does each day, and say what went."""
    with dg.DagsterInstance.get() as instance, reporter.working("Trimming the record of runs"):
        trimmed = trim_as_configured(platform, instance, platform.settings.keep_runs)
    reporter.say(str(trimmed) if trimmed else "Every run is kept: GROWTHLEADS_KEEP_RUNS is 0.")
