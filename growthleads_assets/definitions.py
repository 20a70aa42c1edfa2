"""The entry point that Dagster loads.

Belongs here: the definitions of the home that the environment names. Does not: anything else.
"""

import dagster as dg

from growthleads_assets import garbage, logs
from growthleads_assets.automation.graph import build_defs
from growthleads_assets.contracts.registry import SOURCES
from growthleads_assets.home.platform import Platform
from growthleads_assets.settings import load_settings


@dg.definitions
def defs() -> dg.Definitions:
    """Every asset and job."""
    garbage.leave_all_to_the_system_at_exit()
    settings = load_settings()
    logs.configure(settings)
    return build_defs(Platform(settings, SOURCES))
