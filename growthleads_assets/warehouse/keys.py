"""Primary keys that tables have.

Belongs here: what PostgreSQL's catalog says of them, and changing them. Does not: which they should have.
"""

from collections.abc import Iterable
from typing import NamedTuple

import psycopg
from psycopg import sql


class PrimaryKey(NamedTuple):
    """The constraint's name, its columns in order, and whether something else needs it, such as a view that groups by
    it or a reference from another table.
    """  # noqa: D205

    name: str
    columns: tuple[str, ...]
    is_needed: bool


def primary_key(connection: psycopg.Connection, table: str) -> PrimaryKey | None:
    """The primary key of a table, named as in SQL; None where it has none, or where there is no such table."""
    row = connection.execute(
        """
        select
            key.conname,
            array(
                select pg_attribute.attname::text
                from unnest(key.conkey) with ordinality as part (attnum, place)
                inner join pg_attribute
                    on pg_attribute.attrelid = key.conrelid and pg_attribute.attnum = part.attnum
                order by part.place
            ),
            exists (
                select from pg_depend
                where pg_depend.refobjid in (key.oid, key.conindid) and pg_depend.deptype = 'n'
            )
        from pg_constraint as key
        where key.contype = 'p' and key.conrelid = to_regclass(%s)
        """,
        (table,),
    ).fetchone()
    return PrimaryKey(row[0], tuple(row[1]), row[2]) if row else None


def replace_key(connection: psycopg.Connection, table: sql.Identifier, key: PrimaryKey, columns: Iterable[str]) -> None:
    """Key a table by other columns, or by the same in another order, under the name that its key has."""
    connection.execute(
        sql.SQL("alter table {0} drop constraint {1}, add constraint {1} primary key ({2})").format(
            table, sql.Identifier(key.name), sql.SQL(", ").join(map(sql.Identifier, columns))
        )
    )
