"""How to reach a PostgreSQL database: one set of libpq parameters in every form that someone asks for.

Belongs here: URLs, variables, the check of a database that someone else runs, whether something is in it. Does not:
starting a server.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

import psycopg
from psycopg import pq
from psycopg.abc import ConnDict
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from growthleads_assets import libpq
from growthleads_assets.settings import PREFIX

OLDEST_VERSION = 15
CONNECT_SECONDS = 10
DAGSTER_SCHEMA = "dagster"
ENCODING = "UTF8"

NOT_THERE = (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedFunction, psycopg.errors.InvalidSchemaName)
"""What PostgreSQL says of a table or view, a function, or a schema that somebody dropped."""


class DatabaseUnavailable(Exception):
    """The database cannot be used: one sentence that says why, without a password."""


@dataclass(frozen=True)
class Database:
    """A database that can be reached: libpq parameters by keyword, `host` (or socket folder), `port`, `user` and
    `dbname` always among them. Neither `repr` nor `str` shows a password.
    """  # noqa: D205

    parameters: Mapping[str, str] = field(repr=False)

    def __str__(self) -> str:
        return f"{self.dbname} at {self.host}, port {self.port}"

    @property
    def host(self) -> str:
        """The host name, or the folder of the unix socket."""
        return self.parameters["host"]

    @property
    def port(self) -> int:
        """The port, for a socket too: it is part of the socket's name."""
        return int(self.parameters["port"])

    @property
    def user(self) -> str:
        """The role that connects."""
        return self.parameters["user"]

    @property
    def password(self) -> str:
        """The password, empty where none is needed."""
        return self.parameters.get("password", "")

    @property
    def dbname(self) -> str:
        """The name of the database."""
        return self.parameters["dbname"]

    @property
    def conninfo(self) -> str:
        """The connection string for psycopg; in UTF-8, as rows are copied, whatever the environment asks for."""
        return make_conninfo(**{**self.parameters, "client_encoding": ENCODING})

    @property
    def url(self) -> str:
        """The URL for psql and other clients that use libpq; it holds the password if there is one."""
        return _url("postgresql", self.parameters)

    @property
    def url_to_show(self) -> str:
        """The URL without anything secret in it."""
        return _url("postgresql", {k: v for k, v in self.parameters.items() if k not in libpq.SECRETS})

    @property
    def dagster_url(self) -> str:
        """The URL for Dagster's storage in this database: psycopg2 by name, in Dagster's own schema.

        SQLAlchemy 2.1 takes psycopg 3 for `postgresql://`, with which dagster-postgres fails. Its hundreds of small
        commits a run do not wait for the disk: what a crash of the server loses of them decides nothing.
        """
        own = f"-csearch_path={DAGSTER_SCHEMA} -csynchronous_commit=off"
        options = f"{self.parameters.get('options', '')} {own}".strip()
        return _url("postgresql+psycopg2", {**self.parameters, "options": options})

    @property
    def environment(self) -> dict[str, str]:
        """The variables from which psql, dbt and every other libpq client connect to this database, in UTF-8."""
        own = {libpq.VARIABLES[name]: value for name, value in self.parameters.items() if name in libpq.VARIABLES}
        return {**own, "PGCLIENTENCODING": ENCODING}


def external_database(url: str, variable: str = f"{PREFIX}DATABASE_URL", *, of_any_encoding: bool = False) -> Database:
    """The database of ``url``, after a look at it; ``variable`` is the setting that it comes from.

    Raises DatabaseUnavailable when it cannot be reached, is older than PostgreSQL 15, or has no place for every
    character of a name, unless it may be ``of_any_encoding``.
    """
    requested = conninfo_to_dict(url)
    patient = make_conninfo(url, connect_timeout=requested.get("connect_timeout", CONNECT_SECONDS))
    try:
        with psycopg.connect(patient) as connection:
            database = Database(_resolved(requested, connection.info))
            version = connection.info.server_version // 10_000
            [encoding] = connection.execute("show server_encoding").fetchone() or [""]
    except psycopg.Error as error:
        raise DatabaseUnavailable(_unreachable(requested, error, variable)) from None
    if version < OLDEST_VERSION:
        raise DatabaseUnavailable(
            f"The database {database} is PostgreSQL {version}, but {OLDEST_VERSION} or newer is needed."
        )
    if not of_any_encoding:
        require_encoding(database, variable, encoding)
    return database


def require_encoding(database: Database, variable: str, encoding: str) -> None:
    """Raise DatabaseUnavailable for a database that has no place for every character; ``variable`` names it."""
    if encoding != ENCODING:
        raise DatabaseUnavailable(
            f"The database {database} of {variable} has the encoding {encoding}, and a name can have any character: "
            f"name one of the encoding {ENCODING}, as `create database … encoding '{ENCODING}' template template0` "
            "makes it. `growthleads database backup` and `restore` move what is in this one, or `growthleads rebuild` "
            "loads it from the archive."
        )


def is_there(connection: psycopg.Connection, relation: str) -> bool:
    """Whether the database has a table or view of this name, which is written with its schema."""
    [found] = connection.execute("select to_regclass(%s) is not null", (relation,)).fetchone() or [False]
    return bool(found)


def beside(database: Database, other: Database) -> Database:
    """``database`` with nothing left to variables of the environment, which are those of the ``other`` one."""
    unsaid = other.environment.keys() - database.environment.keys()
    compiled = {
        option.keyword.decode(): (option.compiled or b"").decode()
        for option in pq.Conninfo.get_defaults()
        if option.envvar and option.envvar.decode() in unsaid
    }
    return Database({**compiled, **database.parameters})


def _resolved(requested: ConnDict, info: psycopg.ConnectionInfo) -> dict[str, str]:
    """What the URL asks for, completed by what libpq took from its defaults, variables and files."""
    parameters = {name: str(value) for name, value in requested.items() if name != "client_encoding"}
    parameters |= {"host": info.host, "port": str(info.port), "user": info.user, "dbname": info.dbname}
    return {**parameters, "password": info.password} if info.password else parameters


def _unreachable(requested: ConnDict, error: psycopg.Error, variable: str) -> str:
    reason = str(error).splitlines()[0].rstrip(".")
    for secret in filter(None, (requested.get(name) for name in libpq.SECRETS)):
        reason = reason.replace(str(secret), "***")
    return f"The database of {variable} cannot be reached: {reason}."


def _url(scheme: str, parameters: Mapping[str, str]) -> str:
    """A URL in which everything but user, host and name is in the query, where every client accepts it.

    A socket folder goes into the query too: as a path it cannot stand where a host name stands.
    """
    rest = dict(parameters)
    user, password, name = rest.pop("user"), rest.pop("password", ""), rest.pop("dbname")
    host, port = rest.pop("host"), rest.pop("port")
    credentials = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
    if host.startswith("/"):
        place = ""
        rest = {"host": host, "port": port, **rest}
    else:
        place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    query = f"?{urlencode(rest, quote_via=quote)}" if rest else ""
    return f"{scheme}://{credentials}@{place}/{quote(name, safe='')}{query}"
