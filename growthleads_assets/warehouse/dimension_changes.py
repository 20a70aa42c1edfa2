"""What a version of a dimension file changes against the one before it: rows added, removed and altered.

Belongs here: `bronze.dimension_changes`. Does not: loading the rows, or which days they concern.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from growthleads_assets.contracts.registry import Source


@dataclass(frozen=True)
class DimensionChange:
    """A row that a version ``added``, ``removed`` or ``altered``: the columns of its file, before and after."""

    change: str
    key: Mapping[str, Any]
    old_row: Mapping[str, Any] | None
    new_row: Mapping[str, Any] | None


@contextmanager
def recorded(connection: psycopg.Connection, source: Source, load_id: int) -> Iterator[None]:
    """Record what the body, which replaces a dimension's rows by those of a load, changes; within its transaction."""
    rows = _rows(source)
    connection.execute(sql.SQL("create temporary table rows_before on commit drop as {}").format(rows))
    yield
    connection.execute(
        sql.SQL(
            """
            insert into bronze.dimension_changes (load_id, source, change, key, old_row, new_row)
            select
                %s,
                %s,
                case when before.row is null then 'added' when after.row is null then 'removed' else 'altered' end,
                coalesce(before.key, after.key),
                before.row,
                after.row
            from rows_before as before
            full outer join ({}) as after on before.key = after.key
            where before.row is distinct from after.row
            """
        ).format(rows),
        (load_id, source.name),
    )
    connection.execute("drop table rows_before")


def changes_of_version_in_force(connection: psycopg.Connection, source: Source) -> list[DimensionChange]:
    """What the version in force of a dimension changed, by key; nothing for the first version."""
    with connection.cursor(row_factory=class_row(DimensionChange)) as cursor:
        return cursor.execute(
            """
            select changes.change, changes.key, changes.old_row, changes.new_row
            from bronze.dimension_changes as changes
            inner join bronze.files as files using (load_id)
            where changes.source = %s and files.superseded_at is null
            order by changes.key::text
            """,
            (source.name,),
        ).fetchall()


def _rows(source: Source) -> sql.Composed:
    """One row per key, as JSON: the key and the columns of the file."""
    columns = tuple(source.schema.to_schema().columns)
    key_columns = source.key or columns
    key = sql.SQL(", ").join(map(sql.Identifier, key_columns))
    return sql.SQL(
        "select distinct on ({key}) {key_object} as key, {row_object} as row from {table} order by {key}, _line"
    ).format(
        key=key,
        key_object=_object(key_columns),
        row_object=_object(columns),
        table=sql.Identifier("bronze", source.name),
    )


def _object(columns: tuple[str, ...]) -> sql.Composed:
    pairs = (sql.SQL("{}, {}").format(sql.Literal(column), sql.Identifier(column)) for column in columns)
    return sql.SQL("jsonb_build_object({})").format(sql.SQL(", ").join(pairs))
