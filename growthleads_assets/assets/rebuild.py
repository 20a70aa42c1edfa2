"""What steps of runs do while a rebuild is due.

Belongs here: that they fail, whoever started them. Does not: when one is due (home/platform.py).
"""

import dagster as dg
import psycopg

from growthleads_assets.home.platform import Platform


def refuse_before_rebuild(platform: Platform, connection: psycopg.Connection) -> None:
    """Raise dagster.Failure where a rebuild is due."""
    if due := platform.rebuild_due(connection):
        raise dg.Failure(due)
