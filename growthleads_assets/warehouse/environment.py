"""What child processes need to work on the same home and database: variables, and Dagster's home.

Belongs here: the environment of `dagster`, `dbt` and `psql`. Does not: running them.
"""

import os
import shutil
import sysconfig
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr

from growthleads_assets import libpq
from growthleads_assets.settings import CHECKOUT, DAGSTER_STORAGE_URL, KEPT_FROM_CHILDREN, PREFIX, READER_ROLE, Settings
from growthleads_assets.warehouse.database import (
    DAGSTER_SCHEMA,
    Database,
    DatabaseUnavailable,
    beside,
    external_database,
)
from growthleads_assets.warehouse.installation import bundled_binaries

# Any constant does, as long as every process uses the same one.
DAGSTER_SCHEMA_LOCK = 7_201_002

# The daemon and the code server take no variable for it: their commands say `--log-format json`.
_JSON_LOGS = {"DBT_LOG_FORMAT": "json", "DBT_LOG_FORMAT_FILE": "json", "DAGSTER_WEBSERVER_LOG_FORMAT": "json"}


def child_environment(settings: Settings, database: Database) -> dict[str, str]:
    """The whole environment for a child process that works on this home and database.

    The caller's own variables stay, except those that configure the platform: they are replaced, so that a child means
    the same home and database wherever it runs. Libpq's (`PGOPTIONS`, ...) stay for a database of someone else's, and
    are no concern of the embedded one. The platform's commands come first on PATH, the bundled PostgreSQL's last.
    Passwords are in it, those of the owner and the administrator aside: it is for processes, not for printing.

    Raises DatabaseUnavailable when Dagster has a database of its own that cannot be reached.
    """
    replaced = set() if settings.database_url else set(libpq.VARIABLES.values())
    own = {k: v for k, v in os.environ.items() if not k.startswith(PREFIX) and k not in replaced}
    return {
        **own,
        **dict(_settings_variables(settings)),
        **database.environment,
        f"{PREFIX}DATABASE_URL": database.url,
        DAGSTER_STORAGE_URL: dagster_database(settings, database).dagster_url,
        READER_ROLE: reader_role(settings) or "",
        "PATH": _path(own.get("PATH")),
        "DAGSTER_HOME": str(settings.dagster_home),
        "DAGSTER_DISABLE_TELEMETRY": "yes",
        # One event for the days that a run plans and one statement for those that it materialized: with an event per
        # asset and day, a range of a year took longer to announce than to calculate. What is due is told from the
        # ledger, so nothing depends on days that the UI would mark as failed.
        "DAGSTER_EMIT_PARTITION_SUBSET_IN_PLANNED_EVENTS": "true",
        "DAGSTER_EVENT_BATCH_SIZE": "1000",
        "DBT_PROJECT_DIR": str(settings.dbt_project_dir),
        "DBT_PROFILES_DIR": str(settings.dbt_project_dir),
        "DBT_TARGET_PATH": str(settings.dbt_target_path),
        "DBT_LOG_PATH": str(settings.dbt_log_path),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        **(_JSON_LOGS if settings.log_format == "json" else {}),
    }


def _path(own: str | None) -> str:
    """The caller's PATH with the platform's folders at its ends, once, however often it went through here."""
    first, last = sysconfig.get_path("scripts"), str(bundled_binaries())
    between = [folder for folder in own.split(os.pathsep) if folder not in {first, last}] if own else []
    return os.pathsep.join([first, *between, last])


def dagster_database(settings: Settings, warehouse: Database) -> Database:
    """The database of Dagster's storage: one of its own where that is configured, else the warehouse.

    Raises DatabaseUnavailable when it cannot be reached.
    """
    if settings.dagster_database_url is None:
        return warehouse
    url = settings.dagster_database_url.get_secret_value()
    return beside(external_database(url, f"{PREFIX}DAGSTER_DATABASE_URL", of_any_encoding=True), warehouse)


def reader_role(settings: Settings) -> str | None:
    """The role that reads gold and nothing else, where there is one."""
    if settings.reader_database_url is None:
        return None
    return str(conninfo_to_dict(settings.reader_database_url.get_secret_value())["user"])


def _settings_variables(settings: Settings) -> Iterator[tuple[str, str]]:
    """Every setting as the variable that sets it, written as `load_settings` reads it."""
    for name, value in settings:
        if value is None or name in KEPT_FROM_CHILDREN:
            continue
        match value:
            case SecretStr():
                text = value.get_secret_value()
            case date():
                text = value.isoformat()
            case timedelta():
                text = f"{value.total_seconds():f}s"
            case _:
                text = str(value)
        yield f"{PREFIX}{name.upper()}", text


def prepare_dagster_home(settings: Settings, database: Database) -> None:
    """Have `DAGSTER_HOME` ready: the folder, the checkout's `dagster.yaml` in it, and the schema of its storage.

    Repeating it changes nothing, and two processes can do it at once. Raises DatabaseUnavailable, OSError.
    """
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    _copy_if_different(CHECKOUT / "dagster.yaml", settings.dagster_home / "dagster.yaml")
    storage = dagster_database(settings, database)
    try:
        with psycopg.connect(storage.conninfo) as connection:
            # `if not exists` alone fails when two create it at once, and where one may not create schemas.
            connection.execute("select pg_advisory_xact_lock(%s)", [DAGSTER_SCHEMA_LOCK])
            if not connection.execute("select 1 from pg_namespace where nspname = %s", [DAGSTER_SCHEMA]).fetchone():
                connection.execute(sql.SQL("create schema {}").format(sql.Identifier(DAGSTER_SCHEMA)))
    except psycopg.errors.InsufficientPrivilege:
        raise DatabaseUnavailable(
            f"The role {storage.user} may not create the schema {DAGSTER_SCHEMA} for Dagster's storage in the database "
            f"{storage}: `growthleads database init` or `growthleads database migrate` creates it."
        ) from None


def _copy_if_different(source: Path, target: Path) -> None:
    content = source.read_bytes()
    if target.exists() and target.read_bytes() == content:
        return
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as new:
        new.write(content)
    shutil.copymode(source, new.name)
    Path(new.name).replace(target)
