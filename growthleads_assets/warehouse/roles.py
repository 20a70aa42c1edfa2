"""Who may do what: the roles of the warehouse, their databases, and their rights.

Belongs here: creating roles and databases as an administrator, handing over what they own, granting. Does not: the
rights to read dbt's models, which dbt keeps (dbt_project/macros/grants.sql).

| role | owns | may |
|---|---|---|
| owner | the databases, the schemas, bronze, what the publisher records in gold | everything with those, nothing else |
| loader | the models of silver, gold and candidate | write rows of bronze, and add to the records |
| reader | nothing | read gold |
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from growthleads_assets.settings import PREFIX, Settings
from growthleads_assets.warehouse.database import DAGSTER_SCHEMA, Database, DatabaseUnavailable, external_database
from growthleads_assets.warehouse.ledger_columns import PUBLISHED

# Any constant does, as long as every process uses the same one.
ROLES_LOCK = 7_201_003

MODEL_SCHEMAS = ("silver", "gold", "candidate")
EVERYTHING = "select, insert, update, delete"
RIGHTS = {
    "bronze.migrations": "select",
    "bronze.layout": "select",
    "bronze.sources": "select",
    "bronze.files": "select, insert, update (rows_read, rows_loaded, rows_quarantined, earnings, extra_columns, "
    "superseded_at, gone_at)",
    "bronze.quarantine": "select, insert, update (quarantined_at, resolved_at)",
    "bronze.calculations": "select, insert, update",
    "bronze.dimension_changes": "select, insert",
    "bronze.alerts": "select, insert",
    "gold.commission_restatements": "select, insert",
}
"""What the loader may do with the platform's own tables of which rows are to stay; with others, everything."""

POWERS = {
    "rolsuper": "a superuser",
    "rolcreaterole": "allowed to create roles",
    "rolcreatedb": "allowed to create databases",
    "rolreplication": "allowed to replicate",
    "rolbypassrls": "allowed to bypass row security",
}


@dataclass(frozen=True)
class Account:
    """A role, its password and its database, as the URL of the setting ``variable`` names them."""

    variable: str
    role: str
    password: str = field(repr=False)
    dbname: str
    place: tuple[str, str]
    """Host and port."""


@dataclass(frozen=True)
class Accounts:
    """The roles that the settings name; without a URL of its own the owner is the loader, and so is Dagster."""

    owner: Account
    loader: Account
    reader: Account | None
    dagster: Account

    @property
    def of_warehouse(self) -> Sequence[Account]:
        """Those that connect to the warehouse."""
        return [account for account in (self.owner, self.loader, self.reader) if account]

    @property
    def dagster_is_apart(self) -> bool:
        """Whether Dagster's storage is in a database of its own."""
        return (self.dagster.place, self.dagster.dbname) != (self.loader.place, self.loader.dbname)


def accounts(settings: Settings) -> Accounts:
    """The roles of the settings, which name a database. Raises DatabaseUnavailable where they do not go together."""
    loader = _account(settings, "database_url")
    owner = _account(settings, "owner_database_url") if settings.owner_database_url else loader
    reader = _account(settings, "reader_database_url") if settings.reader_database_url else None
    dagster = _account(settings, "dagster_database_url") if settings.dagster_database_url else loader
    for account in (owner, reader):
        if account and account.dbname != loader.dbname:
            raise DatabaseUnavailable(
                f"{account.variable} names the database {account.dbname}, but {loader.variable} names {loader.dbname}: "
                "both must be the warehouse."
            )
    if reader and reader.role in {owner.role, loader.role, dagster.role}:
        raise DatabaseUnavailable(
            f"{reader.variable} names the role {reader.role}, which does more than reading: give readers one of theirs."
        )
    passwords: dict[str, Account] = {}
    for account in filter(None, (owner, loader, reader, dagster)):
        known = passwords.setdefault(account.role, account)
        if known.password != account.password:
            raise DatabaseUnavailable(
                f"{known.variable} and {account.variable} name the role {account.role} with two passwords."
            )
    return Accounts(owner, loader, reader, dagster)


def _account(settings: Settings, name: str) -> Account:
    variable = f"{PREFIX}{name.upper()}"
    parts = conninfo_to_dict(getattr(settings, name).get_secret_value())
    role, dbname = str(parts.get("user", "")), str(parts.get("dbname", ""))
    if not role or not dbname:
        raise DatabaseUnavailable(f"{variable} must name its role and its database for this.")
    place = (str(parts.get("host", "")), str(parts.get("port", "")) or "5432")
    return Account(variable, role, str(parts.get("password", "")), dbname, place)


def create_roles_and_databases(settings: Settings, who: Accounts) -> Iterator[str]:
    """As the administrator, have the roles and databases that the settings name; what was done, sentence by sentence.

    Passwords leave this process as SCRAM verifiers only, so that no log of the server can hold them. Repeating it sets
    passwords and rights again. What an earlier installation with one role made goes over to whom it belongs.

    Raises DatabaseUnavailable, also for a role that exists and may do more than the platform's roles are to.
    """
    variable = f"{PREFIX}ADMIN_DATABASE_URL"
    if settings.admin_database_url is None:
        raise ValueError(f"{variable} is not set")
    admin = external_database(settings.admin_database_url.get_secret_value(), variable)
    has_dagster = who.dagster_is_apart and who.dagster.place == who.loader.place
    roles = {account.role: account for account in (*who.of_warehouse, *([who.dagster] if has_dagster else []))}
    if admin.user in roles:
        raise DatabaseUnavailable(
            f"{roles[admin.user].variable} names the administrator {admin.user}: name a role of its own, which "
            "`growthleads database init` creates."
        )
    with _refusals_explained(admin, variable), psycopg.connect(admin.conninfo, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", (ROLES_LOCK,))
        for account in roles.values():
            yield _have_role(connection, account)
        with _member_of(connection, list(roles)):
            yield _have_database(connection, who.loader.dbname, who.owner.role)
            _grant_database(connection, who.loader.dbname, who)
            warehouse = Database({**admin.parameters, "dbname": who.loader.dbname})
            with psycopg.connect(warehouse.conninfo) as inside:
                _close_public_schema(inside)
                yield from _hand_over(inside, who)
            if has_dagster:
                yield _have_database(connection, who.dagster.dbname, who.dagster.role)
                _close_database(connection, who.dagster.dbname)
                storage = Database({**admin.parameters, "dbname": who.dagster.dbname})
                with psycopg.connect(storage.conninfo) as inside:
                    _close_public_schema(inside)
    if who.dagster_is_apart and not has_dagster:
        yield (
            f"{who.dagster.variable} is on another server, {who.dagster.place[0]}: its role and database have to be "
            "created there."
        )


@contextmanager
def _refusals_explained(admin: Database, variable: str) -> Iterator[None]:
    try:
        yield
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.DependentObjectsStillExist) as refused:
        raise DatabaseUnavailable(
            f"The role {admin.user} of {variable} may not do all that is needed: {refused.diag.message_primary}."
        ) from None


def _have_role(connection: psycopg.Connection, account: Account) -> str:
    row = connection.execute(
        sql.SQL("select rolcanlogin, {} from pg_roles where rolname = %s").format(
            sql.SQL(", ").join(map(sql.Identifier, POWERS))
        ),
        (account.role,),
    ).fetchone()
    if row and any(row[1:]):
        powers = " and ".join(power for power, has in zip(POWERS.values(), row[1:], strict=True) if has)
        raise DatabaseUnavailable(
            f"The role {account.role} of {account.variable} is {powers}, which is more than the platform needs: name "
            "another one, or take that from it."
        )
    if row and row[0] and not account.password:
        # Changing nothing takes the right to change it all the same.
        return f"The role {account.role} was there."
    clauses: list[sql.Composable] = [sql.SQL("login")]
    if account.password:
        verifier = connection.pgconn.encrypt_password(
            account.password.encode(), account.role.encode(), b"scram-sha-256"
        )
        clauses.append(sql.SQL("password {}").format(sql.Literal(verifier.decode())))
    connection.execute(
        sql.SQL("{} role {} {}").format(
            sql.SQL("alter" if row else "create"), sql.Identifier(account.role), sql.SQL(" ").join(clauses)
        )
    )
    password = f"with the password of {account.variable}" if account.password else "without a password"
    return f"The role {account.role} {'was there, now' if row else 'is created'} {password}."


@contextmanager
def _member_of(connection: psycopg.Connection, roles: Sequence[str]) -> Iterator[None]:
    """While it lasts, an administrator who is no superuser may act for these roles."""
    row = connection.execute(
        "select rolname from pg_roles where rolname = any(%s) and not pg_has_role(oid, 'usage')", (list(roles),)
    ).fetchall()
    missing = sql.SQL(", ").join(sql.Identifier(role) for (role,) in row)
    if not row:
        yield
        return
    connection.execute(sql.SQL("grant {} to current_user").format(missing))
    try:
        yield
    finally:
        connection.execute(sql.SQL("revoke {} from current_user").format(missing))


def _have_database(connection: psycopg.Connection, name: str, owner: str) -> str:
    row = connection.execute("select pg_get_userbyid(datdba) from pg_database where datname = %s", (name,)).fetchone()
    database, role = sql.Identifier(name), sql.Identifier(owner)
    if row is None:
        connection.execute(
            sql.SQL("create database {} owner {} encoding 'UTF8' template template0").format(database, role)
        )
        return f"The database {name} is created; it belongs to {owner}."
    if row[0] == owner:
        return f"The database {name} was there, and belongs to {owner}."
    connection.execute(sql.SQL("alter database {} owner to {}").format(database, role))
    return f"The database {name} was there, and belongs to {owner} now."


def _grant_database(connection: psycopg.Connection, name: str, who: Accounts) -> None:
    _close_database(connection, name)
    # dbt and the publisher work with temporary tables.
    rights = {who.owner.role: "connect, temporary", who.loader.role: "connect, temporary"}
    rights |= {account.role: "connect" for account in (who.reader,) if account}
    if who.dagster.dbname == name:
        rights.setdefault(who.dagster.role, "connect")
    for role, right in rights.items():
        connection.execute(
            sql.SQL("grant " + right + " on database {} to {}").format(sql.Identifier(name), sql.Identifier(role))
        )


def _close_database(connection: psycopg.Connection, name: str) -> None:
    connection.execute(sql.SQL("revoke all on database {} from public").format(sql.Identifier(name)))


def _close_public_schema(connection: psycopg.Connection) -> None:
    # Servers that were made before PostgreSQL 15 let everybody create tables there.
    connection.execute("revoke create on schema public from public")


def _hand_over(connection: psycopg.Connection, who: Accounts) -> Iterator[str]:
    """Give what is in the warehouse to the role that is to own it, as where one role did everything before."""
    found = connection.execute(
        """
        with schemas as (select oid, nspname from pg_namespace where nspname = any(%(schemas)s))
        select 'schema' as kind, quote_ident(nspname) as name, nspowner as owner, nspname as schema, '' as relation
        from schemas inner join pg_namespace using (oid, nspname)
        union all
        select 'table', format('%%I.%%I', nspname, relname), relowner, nspname, relname
        from pg_class inner join schemas on relnamespace = schemas.oid where relkind in ('r', 'v')
        union all
        select 'function', pg_proc.oid::regprocedure::text, proowner, nspname, ''
        from pg_proc inner join schemas on pronamespace = schemas.oid
        """,
        {"schemas": ["bronze", *MODEL_SCHEMAS, *([] if who.dagster_is_apart else [DAGSTER_SCHEMA])]},
    ).fetchall()
    moved = 0
    for kind, name, owner, schema, relation in found:
        is_platforms = kind == "schema" or schema == "bronze" or (schema == "gold" and relation in PUBLISHED)
        wanted = who.owner.role if is_platforms else who.dagster.role if schema == DAGSTER_SCHEMA else who.loader.role
        row = connection.execute("select %s::regrole::oid = %s", (sql.Identifier(wanted).as_string(connection), owner))
        if row.fetchone() == (True,):
            continue
        if kind == "schema" and schema != "bronze":
            # Whoever is to own something in a schema must be allowed to make it there.
            _grant_schema(connection, schema, who)
        connection.execute(
            sql.SQL("alter {} {} owner to {}").format(sql.SQL(kind), sql.SQL(name), sql.Identifier(wanted))
        )
        moved += 1
    if moved:
        yield f"Schemas, tables and functions that now belong to another of these roles: {moved}."


def _grant_schema(connection: psycopg.Connection, schema: str, who: Accounts) -> None:
    role = who.dagster.role if schema == DAGSTER_SCHEMA else who.loader.role
    connection.execute(
        sql.SQL("grant usage, create on schema {} to {}").format(sql.Identifier(schema), sql.Identifier(role))
    )


def grant_rights(connection: psycopg.Connection, who: Accounts) -> Iterator[str]:
    """As the owner, give loader and readers the rights that they need, and take from the loader what it does not."""
    with connection.transaction():
        if who.loader.role != who.owner.role:
            loader = sql.Identifier(who.loader.role)
            connection.execute(sql.SQL("grant usage on schema bronze to {}").format(loader))
            for schema in MODEL_SCHEMAS:
                _grant_schema(connection, schema, who)
            for (table,) in connection.execute(
                "select oid::regclass::text from pg_class where relkind in ('r', 'v') and "
                "(relnamespace = 'bronze'::regnamespace "
                "or (relnamespace = 'gold'::regnamespace and relname = any(%s)))",
                (list(PUBLISHED),),
            ).fetchall():
                rights = sql.SQL(RIGHTS.get(table, EVERYTHING))
                connection.execute(sql.SQL("revoke all on {} from {}").format(sql.SQL(table), loader))
                connection.execute(sql.SQL("grant {} on {} to {}").format(rights, sql.SQL(table), loader))
            yield f"The role {who.loader.role} may load files and build the models."
        if who.dagster.role != who.owner.role and not who.dagster_is_apart:
            connection.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(DAGSTER_SCHEMA)))
            _grant_schema(connection, DAGSTER_SCHEMA, who)
            yield f"The role {who.dagster.role} may keep Dagster's record in the schema {DAGSTER_SCHEMA}."
        if who.reader:
            grant_to_reader(connection, who.reader.role)
            yield f"The role {who.reader.role} may read gold."


def grant_to_reader(connection: psycopg.Connection, reader: str) -> None:
    """Let a role look into gold, and read what the publisher records there; the models are dbt's to grant."""
    role = sql.Identifier(reader)
    connection.execute(sql.SQL("grant usage on schema gold to {}").format(role))
    for table in PUBLISHED:
        connection.execute(sql.SQL("grant select on {} to {}").format(sql.Identifier("gold", table), role))
