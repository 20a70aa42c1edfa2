"""Having the platform's own tables as this release needs them, whatever release made them.

Belongs here: applying migrations, bringing bronze tables up to the source registry, and refusing what cannot be brought
up. Does not: the steps (migrations.py), the columns (tables.py), dbt's tables (fitting.py).

A bronze table follows its schema by itself: a new column is added to it, empty in the rows that are there until
`growthleads backfill` reads their files again. One that must not be empty is enforced for rows that come from then on,
and for all rows from the first migration on that finds it filled. A column that the schema does not have any more stays
with what it holds. What could lose or turn values is refused: another type for a column, another kind of source.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from importlib.metadata import version
from typing import NamedTuple

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus

from growthleads_assets.contracts.registry import Registry, Source
from growthleads_assets.warehouse.database import DatabaseUnavailable
from growthleads_assets.warehouse.keys import primary_key, replace_key
from growthleads_assets.warehouse.migrations import MIGRATIONS, NEWEST
from growthleads_assets.warehouse.roles import grant_to_reader
from growthleads_assets.warehouse.tables import bronze_columns, bronze_key, required_columns

# Any constant does, as long as every process uses the same one.
LAYOUT_LOCK = 7_201_001


@dataclass(frozen=True)
class _State:
    """What a database says of its layout; version 0: nothing, or it is not there yet."""

    version: int = 0
    release: str = ""
    checksum: str = ""
    admits_reader: bool = False

    def is_wanted(self, fingerprint: str) -> bool:
        """Whether nothing is to do for a registry of this fingerprint."""
        return (self.version, self.checksum, self.admits_reader) == (NEWEST, fingerprint, True)


def ensure_layout(connection: psycopg.Connection, registry: Registry, reader: str | None = None) -> list[str]:
    """Have the platform's own tables as this release and this registry need them; what was done, as sentences.

    A role of ``reader`` may look into gold then.

    One query where they are. Making sure of what is there already would wait for whoever writes at the moment, a
    publication for example, and could block it in turn. Two processes may do so at the same time: one waits for the
    other. All of it is one transaction.

    Raises DatabaseUnavailable where a newer release has been at work, where the role of the connection does not own the
    tables, or where a bronze table holds what its schema does not allow any more.
    """
    fingerprint = _fingerprint(registry)
    if _state(connection, reader).is_wanted(fingerprint):
        return []
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(%s)", (LAYOUT_LOCK,))
        found = _state(connection, reader)
        if found.is_wanted(fingerprint):
            return []
        _refuse_newer(found)
        _require_owner(connection, found, fingerprint)
        done = list(_migrate(connection, found))
        for source in registry.values():
            done += _bring_up(connection, source)
        _record_registry(connection, registry)
        connection.execute("delete from bronze.layout")
        connection.execute("insert into bronze.layout (checksum) values (%s)", (fingerprint,))
        if reader:
            _admit(connection, reader)
    return done


def _state(connection: psycopg.Connection, reader: str | None) -> _State:
    is_alone = connection.info.transaction_status == TransactionStatus.IDLE
    try:
        # What is not there yet is not to end a transaction that has begun.
        with nullcontext() if is_alone else connection.transaction():
            row = connection.execute(
                """
                select
                    migrations.version,
                    migrations.release,
                    (select min(layout.checksum) from bronze.layout),
                    %(reader)s::text is null or coalesce(
                        (select has_schema_privilege(oid, 'gold', 'usage') from pg_roles where rolname = %(reader)s),
                        false
                    )
                from bronze.migrations
                order by migrations.version desc
                limit 1
                """,
                {"reader": reader},
            ).fetchone()
    except psycopg.errors.UndefinedTable:
        row = None
    except psycopg.errors.InsufficientPrivilege:
        raise DatabaseUnavailable(_not_for(connection, "may not use the platform's tables")) from None
    return _State(row[0], row[1], row[2] or "", row[3]) if row else _State()


def _refuse_newer(found: _State) -> None:
    if found.version > NEWEST:
        raise DatabaseUnavailable(
            f"The database's tables are at version {found.version}, made by release {found.release}, and this release, "
            f"{_release()}, knows versions up to {NEWEST}: install release {found.release} or a newer one, or restore "
            "the backup made before the upgrade."
        )


def _admit(connection: psycopg.Connection, reader: str) -> None:
    try:
        grant_to_reader(connection, reader)
    except psycopg.errors.UndefinedObject:
        raise DatabaseUnavailable(
            f"The role {reader} of GROWTHLEADS_READER_DATABASE_URL does not exist: `growthleads database init` creates "
            "it, with GROWTHLEADS_ADMIN_DATABASE_URL set."
        ) from None


def _require_owner(connection: psycopg.Connection, found: _State, fingerprint: str) -> None:
    row = connection.execute(
        """
        select coalesce(
            bool_and(pg_has_role(relowner, 'usage')),
            has_database_privilege(current_database(), 'create')
        )
        from pg_class
        where
            relkind = 'r'
            and (
                relnamespace = to_regnamespace('bronze')
                or oid in (to_regclass('gold.published_days'), to_regclass('gold.commission_restatements'))
            )
        """
    ).fetchone()
    if row and row[0]:
        return
    if found.version == 0:
        problem = "does not own the platform's tables, which are not there or of a release without versions"
    elif found.version < NEWEST:
        problem = f"does not own the platform's tables, which are at version {found.version} and have to be at {NEWEST}"
    elif found.checksum != fingerprint:
        problem = "does not own the platform's tables, which are not as the sources of this release need them"
    else:
        problem = "may not let the role of GROWTHLEADS_READER_DATABASE_URL read gold"
    raise DatabaseUnavailable(_not_for(connection, problem))


def _not_for(connection: psycopg.Connection, problem: str) -> str:
    return (
        f"The role {connection.info.user} {problem}: run `growthleads database migrate`, with "
        "GROWTHLEADS_OWNER_DATABASE_URL set to the URL of the role that owns them."
    )


def _migrate(connection: psycopg.Connection, found: _State) -> Iterator[str]:
    for migration in MIGRATIONS:
        if migration.version > found.version:
            connection.execute(migration.statements.encode())
            connection.execute(
                "insert into bronze.migrations (version, what, release) values (%s, %s, %s)",
                (migration.version, migration.what, _release()),
            )
            yield f"Version {migration.version}: {migration.what}"


def _release() -> str:
    return version("growthleads")


def _fingerprint(registry: Registry) -> str:
    """What the bronze tables and the record of the registry follow from."""
    parts = [
        (
            source.description,
            sorted(bronze_columns(source).items()),
            sorted(required_columns(source)),
            bronze_key(source),
            row,
        )
        for source, row in zip(registry.values(), _registry_rows(registry), strict=True)
    ]
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _bring_up(connection: psycopg.Connection, source: Source) -> Iterator[str]:
    """Have the bronze table of a source as its schema says."""
    table = sql.Identifier("bronze", source.name)
    wanted = {name: sql_type for name, (sql_type, _) in bronze_columns(source).items()}
    required = required_columns(source)
    found = _columns(connection, f'bronze."{source.name}"')
    if not found:
        connection.execute(
            sql.SQL("create table {} ({}, primary key ({}))").format(
                table,
                sql.SQL(", ").join(
                    _definition(name, sql_type, required=name in required) for name, sql_type in wanted.items()
                ),
                _key(source),
            )
        )
        yield f"The table bronze.{source.name} is made."
    else:
        _require_same_kind(connection, source)
        _require_same_types(connection, source, found)
        for name in (name for name in wanted if name not in found):
            connection.execute(
                sql.SQL("alter table {} add column {}").format(table, _definition(name, wanted[name], required=False))
            )
            yield f"The table bronze.{source.name} has the new column {name}."
        for name in found.keys() - required:
            connection.execute(
                sql.SQL("alter table {} alter column {} drop not null, drop constraint if exists {}").format(
                    table, sql.Identifier(name), _rule(name)
                )
            )
        _set_key(connection, source)
        for name in sorted(required.difference(bronze_key(source))):
            if name not in found or not found[name].is_required:
                _require(connection, source, name)
        _fill_earnings(connection, source)
    connection.execute(sql.SQL("comment on table {} is {}").format(table, sql.Literal(source.description)))


def _definition(name: str, sql_type: str, *, required: bool) -> sql.Composed:
    return sql.SQL("{} " + sql_type + (" not null" if required else "")).format(sql.Identifier(name))


def _key(source: Source) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, bronze_key(source)))


class _Column(NamedTuple):
    sql_type: str
    is_required: bool


def _columns(connection: psycopg.Connection, table: str) -> Mapping[str, _Column]:
    """The columns of a table, none where it does not exist."""
    rows = connection.execute(
        "select attname, format_type(atttypid, atttypmod), attnotnull from pg_attribute "
        "where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped",
        (table,),
    )
    return {name: _Column(sql_type, is_required) for name, sql_type, is_required in rows}


def _require_same_kind(connection: psycopg.Connection, source: Source) -> None:
    row = connection.execute("select kind from bronze.sources where source = %s", (source.name,)).fetchone()
    if row and row[0] != source.kind:
        raise DatabaseUnavailable(
            f"The source {source.name} is now a source of kind {source.kind}, and the database holds its files as of "
            f"kind {row[0]}: give it another name, so that what was loaded stays as it is."
        )


def _require_same_types(connection: psycopg.Connection, source: Source, found: Mapping[str, _Column]) -> None:
    shared = {name: sql_type for name, (sql_type, _) in bronze_columns(source).items() if name in found}
    definitions = sql.SQL(", ").join(_definition(*column, required=False) for column in shared.items())
    # A type has more than one name: PostgreSQL is to say which they are.
    connection.execute(sql.SQL("create temporary table as_wanted ({}) on commit drop").format(definitions))
    wanted = _columns(connection, "as_wanted")
    connection.execute("drop table as_wanted")
    for name, column in wanted.items():
        if found[name].sql_type != column.sql_type:
            raise DatabaseUnavailable(
                f"The column {name} of bronze.{source.name} has the type {found[name].sql_type} and its schema says "
                f"{column.sql_type}: give the column of the schema another name, or change the type of what is there "
                "by a migration in growthleads_assets/warehouse/migrations.py."
            )


def _set_key(connection: psycopg.Connection, source: Source) -> None:
    """Key the table as new ones are keyed: a table of an early release had an index for the day beside its key."""
    key = primary_key(connection, f'bronze."{source.name}"')
    table = sql.Identifier("bronze", source.name)
    if key and key.columns != bronze_key(source):
        replace_key(connection, table, key, bronze_key(source))
    connection.execute(sql.SQL("drop index if exists {}").format(sql.Identifier("bronze", f"{source.name}_by_day")))


def _require(connection: psycopg.Connection, source: Source, column: str) -> None:
    """Have a column refuse to be empty; where rows are there that leave it so, for rows from now on."""
    table, name = sql.Identifier("bronze", source.name), sql.Identifier(column)
    rule = _rule(column)
    is_empty = connection.execute(
        sql.SQL("select exists (select from {} where {} is null)").format(table, name)
    ).fetchone()
    if is_empty and is_empty[0]:
        connection.execute(sql.SQL("alter table {} drop constraint if exists {}").format(table, rule))
        connection.execute(
            sql.SQL("alter table {} add constraint {} check ({} is not null) not valid").format(table, rule, name)
        )
    else:
        connection.execute(
            sql.SQL("alter table {} alter column {} set not null, drop constraint if exists {}").format(
                table, name, rule
            )
        )


def _rule(column: str) -> sql.Identifier:
    return sql.Identifier(f"{column}_is_given")


def _fill_earnings(connection: psycopg.Connection, source: Source) -> None:
    """Say what the files in force are worth that were loaded before anybody asked."""
    if source.earnings_column is None:
        return
    connection.execute(
        sql.SQL(
            """
            update bronze.files
            set earnings = coalesce((select sum({earnings}) from {table} where _load_id = files.load_id), 0)
            where source = {source} and status = 'loaded' and superseded_at is null and earnings is null
            """
        ).format(
            earnings=sql.Identifier(source.earnings_column),
            table=sql.Identifier("bronze", source.name),
            source=sql.Literal(source.name),
        )
    )


def _registry_rows(registry: Registry) -> list[tuple[str, str, list[int], list[int], str | None]]:
    return [
        (source.name, source.kind, sorted(source.parts), sorted(source.required_for), source.earnings_column)
        for source in registry.values()
    ]


def _record_registry(connection: psycopg.Connection, registry: Registry) -> None:
    connection.execute("delete from bronze.sources where source <> all(%s)", (list(registry),))
    for row in _registry_rows(registry):
        connection.execute(
            """
            insert into bronze.sources (source, kind, parts, required_for, earnings_column)
            values (%s, %s, %s, %s, %s)
            on conflict (source) do update
            set
                kind = excluded.kind,
                parts = excluded.parts,
                required_for = excluded.required_for,
                earnings_column = excluded.earnings_column
            """,
            row,
        )
