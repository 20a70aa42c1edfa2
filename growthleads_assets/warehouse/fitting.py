"""Making room for what the dbt project builds: tables that an earlier release made otherwise, or that somebody dropped.

Belongs here: comparing the project with the database, and what becomes of a table that no longer fits. Does not:
building (transformation.py), the platform's own tables (layout.py).

dbt writes into a table that is there, and fails where its columns are not those of the model. What silver and gold hold
follows from bronze, so that a table of another form is dropped, to be made anew and filled for all days before anything
is calculated from it: with some of its days only, running totals would have no predecessor. A mart is what was
published, and keeps its rows. It gets the columns that it lacks, empty until its days are published again, for which
all of them count as not calculated; and it loses those that are not published any more.

A table that somebody dropped is filled like one of another form. A mart is not: what was published was there alone, and
what is calculated may be newer, or held back. Tables that stay get their key and indexes as the model has them.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from growthleads_assets.warehouse.keys import primary_key, replace_key

KINDS = {"view": "v", "incremental": "r", "published": "r"}
"""What PostgreSQL calls the relation that each materialization makes."""

FUNCTIONS = ("silver.scraper_days",)
"""What the project makes beside models (dbt_project/macros/window.sql)."""

CANDIDATE = "candidate"
"""The schema of the views of what each mart should say (dbt_project/macros/writing.sql)."""

TO_BE_FILLED = "to be filled"
"""Stands in `bronze.prepared_models` from the moment that tables are dropped until they hold all days again."""

_NAMED_BY_DBT = re.compile("[0-9a-f]{32}")

Shape = Mapping[str, tuple[object, ...]]
"""Columns with what tells their types apart."""


@dataclass(frozen=True)
class _Model:
    schema: str
    name: str
    materialized: str
    columns: Mapping[str, str]
    key: tuple[str, ...]
    indexes: Sequence[Mapping[str, Any]]
    relation_kind: str
    """That of what is in the database by its name, empty where there is nothing."""

    @property
    def table(self) -> sql.Identifier:
        return sql.Identifier(self.schema, self.name)


def make_room(connection: psycopg.Connection, manifest: Mapping[str, Any]) -> None:
    """Have nothing in the way of a build of every model of the project; one transaction."""
    with connection.transaction():
        models = list(_models(connection, manifest))
        misplaced = [model for model in models if model.relation_kind not in {"", KINDS[model.materialized]}]
        tables = [model for model in models if model.relation_kind == KINDS[model.materialized] == "r"]
        changed = [table for table in tables if _shape_there(connection, table) != _shape_wanted(connection, table)]
        # Where others were prepared before, it is new, or somebody dropped it: there can be days that belong in it.
        lacking = [model for model in models if not model.relation_kind] if prepared(connection) else []
        for model in (*misplaced, *_of_kind("incremental", changed)):
            kind = sql.SQL("view" if model.relation_kind == "v" else "table")
            connection.execute(sql.SQL("drop {} if exists {} cascade").format(kind, model.table))
        marts = _of_kind("published", changed)
        if marts:
            _drop_views(connection, models)
        for mart in marts:
            _adapt(connection, mart)
        for table in tables:
            if table in marts or table not in changed:
                _order_key(connection, table)
                _index(connection, table)
        if marts:
            connection.execute("update bronze.calculations set settled_at = null")
        if misplaced or _of_kind("incremental", [*changed, *lacking]):
            note_prepared(connection, TO_BE_FILLED)


def _of_kind(materialized: str, models: Sequence[_Model]) -> list[_Model]:
    return [model for model in models if model.materialized == materialized]


def standing(connection: psycopg.Connection, manifest: Mapping[str, Any]) -> str | None:
    """A fingerprint of the project's tables, views and functions in the database; None where one is missing.

    Of each it takes in its kind, who may use it, and what dbt notes of a view it made: the checksum of its query. A
    view that somebody drops and makes again lacks that. What is not noticed: a `create or replace view`, which keeps
    it, and a table that somebody makes again, whatever rows it has.
    """
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    candidates = [f"{CANDIDATE}.{node['name']}" for node in models if node["config"]["materialized"] == "published"]
    relations = [*(f"{node['schema']}.{node['name']}" for node in models), *candidates]
    rows = connection.execute(
        """
        select concat_ws(' ', nspname, relname, relkind, relacl, obj_description(pg_class.oid, 'pg_class')) as thing
        from pg_class
        inner join pg_namespace on pg_class.relnamespace = pg_namespace.oid
        where concat_ws('.', nspname, relname) = any(%(relations)s)
        union all
        select concat_ws(' ', nspname, proname, proacl)
        from pg_proc
        inner join pg_namespace on pg_proc.pronamespace = pg_namespace.oid
        where concat_ws('.', nspname, proname) = any(%(functions)s)
        order by thing
        """,
        {"relations": relations, "functions": list(FUNCTIONS)},
    ).fetchall()
    if len(rows) < len(relations) + len(FUNCTIONS):
        return None
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def note_prepared(connection: psycopg.Connection, state: str) -> None:
    """Record for what state of the project the database is prepared."""
    with connection.transaction():
        connection.execute("delete from bronze.prepared_models")
        connection.execute("insert into bronze.prepared_models (checksum) values (%s)", (state,))


def prepared(connection: psycopg.Connection) -> str | None:
    """For what state of the project the database is prepared."""
    row = connection.execute("select checksum from bronze.prepared_models").fetchone()
    return str(row[0]) if row else None


def _models(connection: psycopg.Connection, manifest: Mapping[str, Any]) -> Iterator[_Model]:
    nodes = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    there = {
        (schema, name): kind
        for schema, name, kind in connection.execute(
            "select nspname, relname, relkind::text from pg_class "
            "inner join pg_namespace on relnamespace = pg_namespace.oid where nspname = any(%s)",
            (list({node["schema"] for node in nodes}),),
        )
    }
    for node in nodes:
        yield _Model(
            node["schema"],
            node["name"],
            node["config"]["materialized"],
            {column["name"]: column["data_type"] for column in node["columns"].values()},
            next((tuple(rule["columns"]) for rule in node["constraints"] if rule["type"] == "primary_key"), ()),
            node["config"].get("indexes") or (),
            there.get((node["schema"], node["name"]), ""),
        )


def _drop_views(connection: psycopg.Connection, models: Sequence[_Model]) -> None:
    """Drop every view, for a column that a view reads can neither go nor change; all of them are made again."""
    for model in models:
        if model.materialized == "published":
            candidate = sql.Identifier(CANDIDATE, model.name)
            connection.execute(sql.SQL("drop view if exists {} cascade").format(candidate))
        elif model.relation_kind == "v":
            connection.execute(sql.SQL("drop view if exists {} cascade").format(model.table))


def _adapt(connection: psycopg.Connection, mart: _Model) -> None:
    there, wanted = _shape_there(connection, mart), _shape_wanted(connection, mart)
    changes = [sql.SQL("drop column {}").format(sql.Identifier(name)) for name in there if name not in wanted]
    for name, sql_type in mart.columns.items():
        column = sql.Identifier(name)
        if name not in there:
            changes.append(sql.SQL("add column {} " + sql_type).format(column))
        elif there[name] != wanted[name]:
            changes.append(sql.SQL("alter column {0} type " + sql_type + " using {0}::" + sql_type).format(column))
    connection.execute(sql.SQL("alter table {} {}").format(mart.table, sql.SQL(", ").join(changes)))


def _order_key(connection: psycopg.Connection, table: _Model) -> None:
    """Have the columns of the key in the model's order on a table that stays, unless something else needs the key."""
    key = primary_key(connection, table.table.as_string(connection))
    if key is None or key.is_needed or key.columns == table.key or sorted(key.columns) != sorted(table.key):
        return
    replace_key(connection, table.table, key, table.key)


def _index(connection: psycopg.Connection, table: _Model) -> None:
    """Have the indexes that the model asks for on a table that stays, where dbt makes them with the table only; those
    that dbt named, and the model no longer asks for, go.
    """  # noqa: D205
    # How PostgreSQL writes what they are on, it is to say itself.
    connection.execute(sql.SQL("create temporary table as_wanted (like {}) on commit drop").format(table.table))
    for index in table.indexes:
        connection.execute(_create_index(sql.Identifier("as_wanted"), index))
    wanted = dict(zip(_indexed(connection, "as_wanted"), table.indexes, strict=True))
    connection.execute("drop table as_wanted")
    there = _indexed(connection, table.table.as_string(connection))
    for what, index in wanted.items():
        if what not in there:
            connection.execute(_create_index(table.table, index))
    for what, name in there.items():
        if what not in wanted and _NAMED_BY_DBT.fullmatch(name):
            connection.execute(sql.SQL("drop index {}").format(sql.Identifier(table.schema, name)))


def _create_index(table: sql.Identifier, index: Mapping[str, Any]) -> sql.Composed:
    unique = sql.SQL("unique " if index.get("unique") else "")
    return sql.SQL("create {}index on {} ({})").format(unique, table, sql.SQL(", ".join(index["columns"])))


def _indexed(connection: psycopg.Connection, table: str) -> dict[tuple[bool, str], str]:
    """The indexes of a table, in the order in which they were made: whether it is unique and what it is on, and its
    name.
    """  # noqa: D205
    rows = connection.execute(
        "select indisunique, split_part(pg_get_indexdef(indexrelid), ' USING ', 2), relname "
        "from pg_index inner join pg_class on pg_class.oid = indexrelid "
        "where indrelid = %s::regclass order by indexrelid",
        (table,),
    )
    return {(is_unique, what): name for is_unique, what, name in rows}


def _shape_there(connection: psycopg.Connection, table: _Model) -> Shape:
    return _shape(connection, sql.SQL("select * from {} limit 0").format(table.table))


def _shape_wanted(connection: psycopg.Connection, table: _Model) -> Shape:
    nulls = [
        sql.SQL("null::" + sql_type + " as {}").format(sql.Identifier(name)) for name, sql_type in table.columns.items()
    ]
    return _shape(connection, sql.SQL("select {}").format(sql.SQL(", ").join(nulls)))


def _shape(connection: psycopg.Connection, query: sql.Composed) -> Shape:
    description = connection.execute(query).description or ()
    return {column.name: (column.type_code, column.precision, column.scale) for column in description}
