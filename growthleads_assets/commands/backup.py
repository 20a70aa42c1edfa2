"""`growthleads database backup` and `restore`: the whole database in one file.

Belongs here: which of PostgreSQL's programs does it, as whom, into what. Does not: the archive zone, which is files.

The schemas of the platform go into the file, and Dagster's where it is in the same database. Roles are named by the
settings and not by the file: what is restored belongs to those of the place where it is restored.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from growthleads_assets.commands.database import database_of_owner, initialise
from growthleads_assets.commands.rebuild import await_catching_up
from growthleads_assets.commands.reporting import NotPossible, Reporter
from growthleads_assets.contracts.registry import SOURCES
from growthleads_assets.home.platform import Platform
from growthleads_assets.settings import PREFIX, Settings
from growthleads_assets.warehouse import ledger
from growthleads_assets.warehouse.database import DAGSTER_SCHEMA, Database, external_database, is_there
from growthleads_assets.warehouse.installation import bundled_binaries
from growthleads_assets.warehouse.roles import MODEL_SCHEMAS, accounts
from growthleads_assets.warehouse.server import running_database

SCHEMAS = ("bronze", *MODEL_SCHEMAS, DAGSTER_SCHEMA)


def backup(settings: Settings, file: Path, reporter: Reporter) -> None:
    """Write the database to a new file, readable by its owner only. Raises NotPossible, DatabaseUnavailable."""
    if file.exists():
        raise NotPossible(f"{file} is there already: name a new file, and no backup is ever overwritten.")
    unfinished = file.with_name(f".{file.name}.part")
    try:
        with _database_to_read(settings) as database:
            unfinished.unlink(missing_ok=True)
            unfinished.touch(0o600)
            with reporter.working(f"Backing up the database {database}"):
                _run(database, "pg_dump", "--format=custom", *_of_schemas(database), f"--file={unfinished}")
            size = unfinished.stat().st_size
            unfinished.rename(file)
    except OSError as error:
        raise NotPossible(f"{file} cannot be written: {error.strerror}.") from None
    finally:
        unfinished.unlink(missing_ok=True)
    reporter.say(
        f"{file}: {size} bytes. Copy the archive {settings.archive_zone} after it: the database names its files."
    )


def restore(settings: Settings, file: Path, reporter: Reporter) -> None:
    """Put a backup in the place of a database that holds no files, and bring it up to this release.

    Where it fails the database is empty. Raises NotPossible, DatabaseUnavailable.
    """
    if not file.is_file():
        raise NotPossible(f"There is no file {file}.")
    if _has_roles(settings):
        _require_administrator(settings)
        initialise(settings, reporter)
    with database_of_owner(settings) as database:
        with psycopg.connect(database.conninfo) as connection:
            _empty(connection)
        with reporter.working(f"Restoring {file}"):
            options = ("--no-owner", "--no-privileges", "--single-transaction", "--dbname=")
            _run(database, "pg_restore", *options, str(file))
        who = accounts(settings) if settings.database_url else None
        if who and who.reader:
            # dbt sees to that too, but not before the next run.
            with psycopg.connect(database.conninfo) as connection:
                connection.execute(
                    sql.SQL("grant select on all tables in schema gold to {}").format(sql.Identifier(who.reader.role))
                )
    initialise(settings, reporter)
    reporter.say(f"{file} is restored.")
    if missing := await_catching_up(Platform(settings, SOURCES)):
        reporter.say(
            f"Versions in the archive that came after it: {missing}. `growthleads rebuild` loads them, and "
            "until then nothing is published."
        )


def _has_roles(settings: Settings) -> bool:
    return bool(settings.database_url and settings.owner_database_url)


def _require_administrator(settings: Settings) -> str:
    if settings.admin_database_url is None:
        raise NotPossible(
            "Of a database whose work is divided among roles no role of these may read or restore all: set "
            f"{PREFIX}ADMIN_DATABASE_URL, as for `growthleads database init`."
        )
    return settings.admin_database_url.get_secret_value()


@contextmanager
def _database_to_read(settings: Settings) -> Iterator[Database]:
    """The database as somebody who may read all of it."""
    if _has_roles(settings):
        url, variable = _require_administrator(settings), f"{PREFIX}ADMIN_DATABASE_URL"
        admin = external_database(url, variable, of_any_encoding=True)
        yield Database({**admin.parameters, "dbname": accounts(settings).loader.dbname})
    else:
        # One that is refused for its encoding can be moved by a backup.
        with running_database(settings, of_any_encoding=True) as database:
            yield database


def _of_schemas(database: Database) -> list[str]:
    with psycopg.connect(database.conninfo) as connection:
        rows = connection.execute("select nspname from pg_namespace where nspname = any(%s)", (list(SCHEMAS),))
        found = [f"--schema={name}" for (name,) in rows]
    if "--schema=bronze" not in found:
        raise NotPossible(f"The database {database} has no tables of the platform: there is nothing to back up.")
    return found


def _empty(connection: psycopg.Connection) -> None:
    """Drop the platform's schemas, unless there are files in them."""
    if is_there(connection, "bronze.files") and not ledger.is_empty(connection):
        raise NotPossible(
            "The database holds files already, and a backup is restored into one that does not: name an empty database "
            "with GROWTHLEADS_DATABASE_URL, or an empty folder with GROWTHLEADS_HOME."
        )
    for schema in SCHEMAS:
        connection.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(schema)))


def _run(database: Database, name: str, *arguments: str) -> None:
    program = _program(database, name)
    environment = {**os.environ, **database.environment}
    done = subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip()
        if database.password:
            said = said.replace(database.password, "***")
        raise NotPossible(f"{name} failed: {said or f'exit code {done.returncode}'}")


def _program(database: Database, name: str) -> Path:
    """A program of PostgreSQL's that is no older than the server: an older one refuses it."""
    with psycopg.connect(database.conninfo) as connection:
        server = connection.info.server_version // 10000
    on_path = shutil.which(name)
    # The installed one first: it may be of the server's own version, and the file it writes then fits both ways.
    for program in (*([Path(on_path)] if on_path else []), bundled_binaries() / name):
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
        version = re.search(r"\(PostgreSQL\) (\d+)", said)
        if version and int(version[1]) >= server:
            return program
    raise NotPossible(
        f"The database is PostgreSQL {server}, and no {name} of that version or a newer one is on the PATH."
    )
