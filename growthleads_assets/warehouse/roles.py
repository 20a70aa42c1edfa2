"""Who may do what: the roles of the warehouse, their databases, and their rights.

Belongs here: creating roles and databases as an administrator, handing over what they own, granting. Does not: the
rights to read dbt's models, which dbt keeps (dbt_project/macros/grants.sql).

| role | owns | may |
|---|---|---|
| owner | the databases, the schemas, bronze, what the publisher records in gold | everything with those, nothing else |
| loader | the models of silver, gold and candidate | write rows of bronze, and add to the records |
| reader | nothing | read gold |
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
from psycopg import sql
from psycopg.abc import ConnDict
from psycopg.conninfo import conninfo_to_dict

from growthleads_assets.settings import PREFIX, Settings
from growthleads_assets.warehouse.database import (
    DAGSTER_SCHEMA,
    Database,
    DatabaseUnavailable,
    external_database,
    require_encoding,
)
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
        if account:
            _require_same_server(account.variable, account.place, loader)
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
    return Account(variable, role, str(parts.get("password", "")), dbname, _place(parts))


def _place(parts: ConnDict) -> tuple[str, str]:
    """Host and port; a socket is on this machine, and so is what has no host."""
    host = str(parts.get("host") or parts.get("hostaddr") or "").lower()
    is_here = not host or host.startswith(("/", "@")) or host in {"127.0.0.1", "::1"}
    return "localhost" if is_here else host, str(parts.get("port") or "5432")


def _require_same_server(variable: str, place: tuple[str, str], loader: Account) -> None:
    if place != loader.place:
        here, there = (f"{host}, port {port}" for host, port in (place, loader.place))
        raise DatabaseUnavailable(
            f"{variable} names the server {here}, but {loader.variable} names {there}: both must name the server of "
            "the warehouse, in the same words."
        )


def create_roles_and_databases(settings: Settings, who: Accounts) -> Iterator[str]:
    """As the administrator, have the roles and databases that the settings name; what was done, sentence by sentence.

    Passwords leave this process as SCRAM verifiers only, so that no log of the server can hold them. Repeating it sets
    passwords and rights again. What an earlier installation with one role made goes over to whom it belongs, and what
    other roles, such as the readers of before, were granted in these databases is taken from them.

    Raises DatabaseUnavailable, also for a role that exists and may do more than the platform's roles are to, by itself
    or as a member of another.
    """
    variable = f"{PREFIX}ADMIN_DATABASE_URL"
    if settings.admin_database_url is None:
        raise ValueError(f"{variable} is not set")
    url = settings.admin_database_url.get_secret_value()
    _require_same_server(variable, _place(conninfo_to_dict(url)), who.loader)
    admin = external_database(url, variable, of_any_encoding=True)
    has_dagster = who.dagster_is_apart and who.dagster.place == who.loader.place
    roles = {account.role: account for account in (*who.of_warehouse, *([who.dagster] if has_dagster else []))}
    if admin.user in roles:
        raise DatabaseUnavailable(
            f"{roles[admin.user].variable} names the administrator {admin.user}: name a role of its own, which "
            "`growthleads database init` creates."
        )
    with _refusals_explained(admin, variable), psycopg.connect(admin.conninfo, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", (ROLES_LOCK,))
        _require_encoding(connection, Database({**admin.parameters, "dbname": who.loader.dbname}), who.loader.variable)
        for account in roles.values():
            yield _have_role(connection, account, roles)
        with _member_of(connection, list(roles)):
            yield _have_database(connection, who.loader.dbname, who.owner.role)
            _grant_database(connection, who.loader.dbname, who)
            warehouse = Database({**admin.parameters, "dbname": who.loader.dbname})
            with psycopg.connect(warehouse.conninfo) as inside:
                _close_public_schema(inside)
                yield from _hand_over(inside, who)
                yield from _take_back(inside, who)
            if has_dagster:
                yield _have_database(connection, who.dagster.dbname, who.dagster.role)
                _close_database(connection, who.dagster.dbname)
                storage = Database({**admin.parameters, "dbname": who.dagster.dbname})
                with psycopg.connect(storage.conninfo) as inside:
                    _close_public_schema(inside)
                    yield from _take_back(inside, who)
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


def _have_role(connection: psycopg.Connection, account: Account, platforms: Collection[str]) -> str:
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
    _refuse_memberships(connection, account, platforms)
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


def _refuse_memberships(connection: psycopg.Connection, account: Account, platforms: Collection[str]) -> None:
    """Refuse a role that is a member of one with rights; a group without any, as pg_hba.conf names them, is harmless.

    Raises DatabaseUnavailable.
    """
    found = connection.execute(
        sql.SQL(
            """
            with recursive memberships as (
                select roleid as direct, roleid from pg_auth_members
                where member = (select oid from pg_roles where rolname = %(role)s)
                union
                select memberships.direct, pg_auth_members.roleid
                from memberships inner join pg_auth_members on pg_auth_members.member = memberships.roleid
            )
            select pg_get_userbyid(memberships.direct), pg_roles.rolname
            from memberships inner join pg_roles on pg_roles.oid = memberships.roleid
            where pg_roles.rolname = any(%(platforms)s)
                or pg_roles.rolname like 'pg\\_%%'
                or {}
                or exists (
                    select from pg_shdepend where refclassid = 'pg_authid'::regclass and refobjid = pg_roles.oid
                )
            order by memberships.direct <> memberships.roleid, 1, 2
            limit 1
            """
        ).format(sql.SQL(" or ").join(map(sql.Identifier, POWERS))),
        {"role": account.role, "platforms": list(platforms)},
    ).fetchone()
    if found:
        direct, role = found
        through = "" if direct == role else f", by being one of {direct}"
        revoke = sql.SQL("revoke {} from {}").format(sql.Identifier(direct), sql.Identifier(account.role))
        raise DatabaseUnavailable(
            f"The role {account.role} of {account.variable} is a member of {role}{through}, which may do more than the "
            f"platform needs: name another role, or end that with `{revoke.as_string(connection)}`."
        )


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


def _require_encoding(connection: psycopg.Connection, database: Database, variable: str) -> None:
    """Before anything is changed: whether the database, where it is there already, has a place for every name."""
    query = "select pg_encoding_to_char(encoding) from pg_database where datname = %s"
    for (encoding,) in connection.execute(query, (database.dbname,)):
        require_encoding(database, variable, encoding)


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
        select
            'function',
            format('%%I.%%I(%%s)', nspname, proname, pg_get_function_identity_arguments(pg_proc.oid)),
            proowner,
            nspname,
            ''
        from pg_proc inner join schemas on pronamespace = schemas.oid
        """,
        {"schemas": _schemas(who)},
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


def _schemas(who: Accounts) -> list[str]:
    return ["bronze", *MODEL_SCHEMAS, *([] if who.dagster_is_apart else [DAGSTER_SCHEMA])]


def _meant(connection: psycopg.Connection, who: Accounts) -> Mapping[tuple[str, str], set[str]]:
    """What the platform grants in this database, by where and to whom; nothing for whoever is not in it."""
    meant: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    if connection.info.dbname == who.loader.dbname:
        for account in (who.owner, who.loader):
            meant["database", account.role] |= {"CONNECT", "TEMPORARY"}
        for schema in ("bronze", *MODEL_SCHEMAS):
            meant[f"schema {schema}", who.loader.role] |= {"USAGE", *([] if schema == "bronze" else ["CREATE"])}
            meant[f"tables of {schema}", who.loader.role] |= {right.upper() for right in EVERYTHING.split(", ")}
        if who.reader:
            meant["database", who.reader.role] |= {"CONNECT"}
            meant["schema gold", who.reader.role] |= {"USAGE"}
            meant["tables of gold", who.reader.role] |= {"SELECT"}
        if not who.dagster_is_apart:
            meant["database", who.dagster.role] |= {"CONNECT"}
            meant[f"schema {DAGSTER_SCHEMA}", who.dagster.role] |= {"USAGE", "CREATE"}
    return meant


def _take_back(connection: psycopg.Connection, who: Accounts) -> Iterator[str]:
    """Take from everybody but the owners and the administrator what the platform does not grant, in this database.

    What the loader may do with the tables of bronze is for `grant_rights`.
    """
    meant = _meant(connection, who)
    granted = connection.execute(
        """
        with schemas as (select * from pg_namespace where nspname = any(%(schemas)s)),
        objects as (
            select 'database' as place, 'database' as kind, quote_ident(datname) as name, datdba as owner, datacl as acl
            from pg_database where datname = current_database()
            union all
            select 'schema ' || nspname, 'schema', quote_ident(nspname), nspowner, nspacl from schemas
            union all
            select 'tables of ' || nspname, 'table', format('%%I.%%I', nspname, relname), relowner, relacl
            from pg_class inner join schemas on relnamespace = schemas.oid where relkind in ('r', 'v')
            union all
            -- What is revoked on a table is revoked on its columns too.
            select 'tables of ' || nspname, 'table', format('%%I.%%I', nspname, relname), relowner, attacl
            from pg_attribute
            inner join pg_class on attrelid = pg_class.oid
            inner join schemas on relnamespace = schemas.oid
            where relkind in ('r', 'v') and attacl is not null
        )
        select
            place,
            kind,
            name,
            case when grantee <> 0 then pg_get_userbyid(grantee) end,
            array_agg(privilege_type),
            bool_or(is_grantable)
        from objects cross join lateral aclexplode(acl)
        where grantee <> owner and grantee <> current_user::regrole
        group by place, kind, name, grantee
        order by place, kind, name
        """,
        {"schemas": _schemas(who)},
    ).fetchall()
    # Whoever may hand on what they have may have done so, and only with that right does it go.
    for _, kind, name, role, _, may_hand_on in granted:
        if may_hand_on:
            connection.execute(
                sql.SQL("revoke grant option for all on {} {} from {} cascade").format(
                    sql.SQL(kind), sql.SQL(name), sql.Identifier(role)
                )
            )
    taken: defaultdict[str, set[str]] = defaultdict(set)
    for place, kind, name, role, rights, _ in granted:
        unmeant = set(rights) - meant[place, role]
        if unmeant:
            connection.execute(
                sql.SQL("revoke {} on {} {} from {} cascade").format(
                    sql.SQL(", ").join(map(sql.SQL, sorted(unmeant))),
                    sql.SQL(kind),
                    sql.SQL(name),
                    sql.Identifier(role) if role else sql.SQL("public"),
                )
            )
            taken[f"the role {role}" if role else "everybody"].add(place)
    for whom, places in sorted(taken.items()):
        yield (
            f"In the database {connection.info.dbname} rights are taken from {whom} that the platform does not give: "
            f"{', '.join(sorted(places))}."
        )


def _grant_schema(connection: psycopg.Connection, schema: str, who: Accounts) -> None:
    role = who.dagster.role if schema == DAGSTER_SCHEMA else who.loader.role
    connection.execute(
        sql.SQL("grant usage, create on schema {} to {}").format(sql.Identifier(schema), sql.Identifier(role))
    )


def grant_rights(connection: psycopg.Connection, who: Accounts) -> Iterator[str]:
    """As the owner, give loader and readers the rights that they need, and take from the loader what it does not.

    Raises DatabaseUnavailable where one of these roles does not exist.
    """
    with connection.transaction(), _missing_roles_explained():
        if who.loader.role != who.owner.role:
            loader = sql.Identifier(who.loader.role)
            connection.execute(sql.SQL("grant usage on schema bronze to {}").format(loader))
            for schema in MODEL_SCHEMAS:
                _grant_schema(connection, schema, who)
            for schema, name, relation in connection.execute(
                "select relnamespace::regnamespace::text, relname, concat_ws('.', relnamespace::regnamespace, relname) "
                "from pg_class where relkind in ('r', 'v') and (relnamespace = 'bronze'::regnamespace "
                "or (relnamespace = 'gold'::regnamespace and relname = any(%s)))",
                (list(PUBLISHED),),
            ).fetchall():
                table, rights = sql.Identifier(schema, name), sql.SQL(RIGHTS.get(relation, EVERYTHING))
                connection.execute(sql.SQL("revoke all on {} from {}").format(table, loader))
                connection.execute(sql.SQL("grant {} on {} to {}").format(rights, table, loader))
            yield f"The role {who.loader.role} may load files and build the models."
        if who.dagster.role != who.owner.role and not who.dagster_is_apart:
            connection.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(DAGSTER_SCHEMA)))
            _grant_schema(connection, DAGSTER_SCHEMA, who)
            yield f"The role {who.dagster.role} may keep Dagster's record in the schema {DAGSTER_SCHEMA}."
        if who.reader:
            grant_to_reader(connection, who.reader.role)
            yield f"The role {who.reader.role} may read gold."


@contextmanager
def _missing_roles_explained() -> Iterator[None]:
    try:
        yield
    except psycopg.errors.UndefinedObject as missing:
        raise DatabaseUnavailable(
            f"A role of the settings has to exist before it gets its rights ({missing.diag.message_primary}): "
            f"`growthleads database init` creates it, with {PREFIX}ADMIN_DATABASE_URL set."
        ) from None


def grant_to_reader(connection: psycopg.Connection, reader: str) -> None:
    """Let a role look into gold, and read what the publisher records there; the models are dbt's to grant."""
    role = sql.Identifier(reader)
    connection.execute(sql.SQL("grant usage on schema gold to {}").format(role))
    for table in PUBLISHED:
        connection.execute(sql.SQL("grant select on {} to {}").format(sql.Identifier("gold", table), role))
