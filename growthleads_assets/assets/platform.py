"""The resource through which assets reach the home they work on.

Belongs here: handing settings, database, archive and dbt project to assets. Does not: what they do with them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial

import psycopg

from growthleads_assets.contracts.registry import Registry
from growthleads_assets.landing.archive import Archive
from growthleads_assets.landing.departure import recover
from growthleads_assets.landing.rules import rules_fingerprint
from growthleads_assets.landing.settling import wait_until_settled
from growthleads_assets.landing.zone import LandedFile, discover
from growthleads_assets.settings import Settings
from growthleads_assets.warehouse import ledger
from growthleads_assets.warehouse.loading import Loader
from growthleads_assets.warehouse.server import running_database
from growthleads_assets.warehouse.tables import create_tables
from growthleads_assets.warehouse.transformation import Transformation


@dataclass
class Platform:
    """One home: its settings and its sources, and on demand its database and its dbt project."""

    settings: Settings
    registry: Registry

    @contextmanager
    def connected(self) -> Iterator[psycopg.Connection]:
        """A connection in autocommit mode to the home's database, with the platform's own tables in it."""
        with running_database(self.settings) as database, psycopg.connect(database.conninfo, autocommit=True) as link:
            create_tables(link, self.registry)
            yield link

    def landed(self, connection: psycopg.Connection, *, settle_seconds: float) -> list[LandedFile]:
        """What lies in the landing zone, once it has settled and what killed processes had set aside is back."""
        zone = self.settings.landing_zone
        recover(zone, Archive(self.settings.archive_zone), partial(ledger.was_accepted, connection))
        return wait_until_settled(
            lambda: discover(zone, self.registry, start_date=self.settings.start_date, today=self.settings.today()),
            settle_seconds,
        )

    def loader(self, connection: psycopg.Connection, run_id: str) -> Loader:
        """What loads files on behalf of a run."""
        return Loader(connection, Archive(self.settings.archive_zone), rules_fingerprint(), run_id)

    @cached_property
    def transformation(self) -> Transformation:
        """The dbt project as this home uses it."""
        return Transformation(self.settings.dbt_project_dir, self.settings.dbt_target_path, self.settings.dbt_log_path)
