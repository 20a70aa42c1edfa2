"""Working on a home: its database up, and the environment that Dagster and dbt read.

Belongs here: what every command needs first. Does not: any one command.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from growthleads_assets import logs
from growthleads_assets.settings import Settings, load_settings
from growthleads_assets.warehouse.database import Database
from growthleads_assets.warehouse.environment import child_environment, prepare_dagster_home
from growthleads_assets.warehouse.server import running_database


@contextmanager
def working_on(settings: Settings) -> Iterator[tuple[Settings, Database]]:
    """The home's settings and database, while this process's environment says the same.

    Dagster's instance and dbt's profile read variables, so those are set here, as they are for child processes.
    """
    logs.configure(settings)
    settings.landing_zone.mkdir(parents=True, exist_ok=True)
    with running_database(settings) as database:
        before, inside = dict(os.environ), child_environment(settings, database)
        os.environ.clear()
        os.environ.update(inside)
        try:
            prepare_dagster_home(settings, database)
            yield load_settings(), database
        finally:
            os.environ.clear()
            os.environ.update(before)
