"""`growthleads database init` and `migrate`: the roles, databases and tables that the platform works with.

Belongs here: their order, and as whom they are made. Does not: what is made (warehouse/roles.py, layout.py).
"""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from growthleads_assets.commands.reporting import Reporter
from growthleads_assets.contracts.registry import SOURCES
from growthleads_assets.settings import PREFIX, Settings
from growthleads_assets.warehouse.database import Database, external_database
from growthleads_assets.warehouse.layout import ensure_layout
from growthleads_assets.warehouse.migrations import NEWEST
from growthleads_assets.warehouse.roles import accounts, create_roles_and_databases, grant_rights
from growthleads_assets.warehouse.server import running_database


def initialise(settings: Settings, reporter: Reporter) -> None:
    """Have the roles and databases that the settings name, as far as an administrator is named too; then `migrate`.

    Raises DatabaseUnavailable.
    """
    if settings.database_url is None:
        reporter.say("The database is the home's embedded server, where one role does everything.")
    elif settings.admin_database_url is None:
        reporter.say(f"{PREFIX}ADMIN_DATABASE_URL is not set, so roles and databases are taken as they are.")
    else:
        for sentence in create_roles_and_databases(settings, accounts(settings)):
            reporter.say(sentence)
    migrate(settings, reporter)


def migrate(settings: Settings, reporter: Reporter) -> None:
    """As the owner, bring the platform's tables up to this release, and give the other roles their rights.

    One transaction: nobody meets a table that its role may not use yet. Raises DatabaseUnavailable.
    """
    has_roles = settings.owner_database_url or settings.reader_database_url
    with (
        database_of_owner(settings) as database,
        psycopg.connect(database.conninfo, autocommit=True) as connection,
        connection.transaction(),
    ):
        done = ensure_layout(connection, SOURCES)
        granted = list(grant_rights(connection, accounts(settings))) if has_roles else []
    for sentence in done:
        reporter.say(sentence)
    reporter.say(f"The platform's tables are at version {NEWEST}{', as they were' if not done else ''}.")
    for sentence in granted:
        reporter.say(sentence)


@contextmanager
def database_of_owner(settings: Settings) -> Iterator[Database]:
    """The database as the role that owns it, up while the context lasts. Raises DatabaseUnavailable."""
    if settings.owner_database_url is None:
        with running_database(settings) as database:
            yield database
    else:
        accounts(settings)
        yield external_database(settings.owner_database_url.get_secret_value(), f"{PREFIX}OWNER_DATABASE_URL")
