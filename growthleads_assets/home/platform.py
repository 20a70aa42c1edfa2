"""One home, as assets and commands reach it.

Belongs here: handing out its settings, database, archive and dbt project. Does not: what is done with them.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property, partial

import psycopg

from growthleads_assets.contracts.registry import Registry
from growthleads_assets.landing.archive import Archive, ArchiveError
from growthleads_assets.landing.departure import recover
from growthleads_assets.landing.reading import Fingerprints
from growthleads_assets.landing.rules import rules_fingerprint
from growthleads_assets.landing.settling import Observations, observe, wait_until_settled
from growthleads_assets.landing.zone import LandedFile, discover, without_large
from growthleads_assets.settings import Settings
from growthleads_assets.warehouse import ledger
from growthleads_assets.warehouse.alerts import note_channels
from growthleads_assets.warehouse.environment import reader_role
from growthleads_assets.warehouse.layout import ensure_layout
from growthleads_assets.warehouse.leases import run_lease
from growthleads_assets.warehouse.loading import Loader, settle_acceptances
from growthleads_assets.warehouse.server import running_database
from growthleads_assets.warehouse.tables import record_settings
from growthleads_assets.warehouse.transformation import Transformation

LOADERS = 2
"""Files of a range of days that are loaded at a time: while one waits for the disk and the server, another is read."""


@dataclass
class Platform:
    """One home: its settings and its sources, and on demand its database and its dbt project."""

    settings: Settings
    registry: Registry

    @contextmanager
    def connected(self) -> Iterator[psycopg.Connection]:
        """A connection in autocommit mode to the home's database, with the platform's own tables in it."""
        with running_database(self.settings) as database, psycopg.connect(database.conninfo, autocommit=True) as link:
            ensure_layout(link, self.registry, reader_role(self.settings))
            record_settings(
                link,
                late_after=self.settings.late_after,
                provisional_for=self.settings.provisional_for,
                timezone=self.settings.timezone,
            )
            note_channels(link, self.settings.alert_channels)
            yield link

    @contextmanager
    def leased(self, run_id: str) -> Iterator["Platform"]:
        """This platform for a run: while it lasts the run counts as alive, and no other run writes."""
        with self.connected() as connection, run_lease(connection, run_id):
            yield self

    def rebuild_due(self, connection: psycopg.Connection) -> str | None:
        """Why nothing may be loaded or published yet, in a sentence, while the archive is to be loaded first; or None.

        Files that land would be published as if the ones before them had never come: half a month as a month.
        """
        if ledger.rebuild_under_way(connection):
            return ledger.REBUILD_UNDER_WAY
        if not ledger.is_empty(connection):
            return None
        archive = Archive(self.settings.archive_zone)
        try:
            if not any(archive.versions(source) for source in self.registry):
                return None
        except ArchiveError as problem:
            return f"The database holds no files, and whether the archive does cannot be told: {problem}"
        return (
            f"The database holds no files, but the archive {archive.archive_zone} does: load them first with "
            "`growthleads rebuild`, or name the database that they were loaded into."
        )

    def landed(
        self,
        connection: psycopg.Connection,
        *,
        settle_seconds: float,
        concerns: Callable[[LandedFile], bool] = lambda _: True,
    ) -> list[LandedFile]:
        """What lies in the landing zone, once what ``concerns`` the caller has settled.

        What killed processes had set aside is put back first.
        """
        self._recover(connection)
        files = wait_until_settled(lambda: [file for file in self._discover() if concerns(file)], settle_seconds)
        return without_large(files, self.registry, self.settings.limits)

    def landed_so_far(
        self, connection: psycopg.Connection, seen_before: Observations
    ) -> tuple[list[LandedFile], Observations]:
        """What lies in the landing zone now, without waiting: files that have not settled carry a ``waits``.

        ``seen_before`` is what the look before returned beside the files.
        """
        self._recover(connection)
        settle_seconds = self.settings.settle_seconds
        files, fresh = observe(self._discover(), seen_before, now=time.time(), settle_seconds=settle_seconds)
        return without_large(files, self.registry, self.settings.limits), fresh

    def seen(self) -> list[LandedFile]:
        """What lies in the landing zone now, as it lies there: nothing is put back, nothing waited for."""
        return without_large(self._discover(), self.registry, self.settings.limits)

    def _recover(self, connection: psycopg.Connection) -> None:
        archive = Archive(self.settings.archive_zone)
        # Without what a rebuild is to load, the ledger cannot say what was accepted.
        if not self.rebuild_due(connection):
            settle_acceptances(connection, archive, self.registry)
        recover(self.settings.landing_zone, archive, partial(ledger.was_accepted, connection))

    def _discover(self) -> list[LandedFile]:
        return discover(
            self.settings.landing_zone,
            self.registry,
            start_date=self.settings.start_date,
            today=self.settings.today(),
        )

    @cached_property
    def fingerprints(self) -> Fingerprints:
        """SHA-256 of landed files, read once for as long as a file stays as it is."""
        return Fingerprints()

    def loader(self, connection: psycopg.Connection, run_id: str) -> Loader:
        """What loads files on behalf of a run."""
        settings = self.settings
        archive = Archive(settings.archive_zone)
        return Loader(connection, archive, self.rules, settings.batch_size, settings.limits, run_id)

    @contextmanager
    def loaders(self, connection: psycopg.Connection, run_id: str, files: int) -> Iterator[Sequence[Loader]]:
        """As many loaders as work on so many files at a time, each with a connection; ``connection`` is the first's.

        Raises what ``connected`` does.
        """
        with ExitStack() as stack:
            others = (stack.enter_context(self.connected()) for _ in range(1, min(LOADERS, files)))
            yield [self.loader(each, run_id) for each in (connection, *others)]

    @property
    def rules(self) -> str:
        """The fingerprint of the rules that judge files, as the settings have them."""
        return rules_fingerprint(self.settings.limits)

    @cached_property
    def transformation(self) -> Transformation:
        """The dbt project as this home uses it."""
        return Transformation(self.settings.dbt_project_dir, self.settings.dbt_target_path, self.settings.dbt_log_path)
