"""Rows of a frame written to a table as fast as PostgreSQL takes them.

Belongs here: the form in which they are sent. Does not: which rows, and what of a table they replace.

They are sent in PostgreSQL's binary form, which pgpq makes: no dates and decimals have to be read from texts there, and
a million rows take the server a quarter less than as CSV.
"""

from collections.abc import Iterator, Mapping

import polars as pl
import psycopg
from pgpq import ArrowToPostgresBinaryEncoder
from pgpq.encoders import StringViewEncoderBuilder
from pgpq.schema import Jsonb
from psycopg import sql

_ROWS_AT_ONCE = 2048
"""Some hundred kilobytes. pgpq keeps the interpreter to itself meanwhile, and the server has as much still to read."""


def copy_in(
    connection: psycopg.Connection, table: sql.Identifier, rows: pl.DataFrame, sql_types: Mapping[str, str]
) -> None:
    """Add rows to a table that has their columns.

    ``sql_types`` names the types of the table's columns, at least of those that their dtype does not tell: `jsonb`, and
    `numeric` of any number of digits, both given as texts. Each other column is of the type that SQL_TYPES
    (tables.py) has for its dtype. Raises psycopg.Error.
    """
    if rows.is_empty():
        return
    columns = sql.SQL(", ").join(map(sql.Identifier, rows.columns))
    statement = sql.SQL("copy {} ({}) from stdin").format(table, columns)
    types = {sql_types.get(name) for name in rows.columns}
    with connection.cursor() as cursor:
        if "numeric" in types:
            # Only PostgreSQL can read such a text, and only dimensions have any.
            with cursor.copy(statement) as copy:
                for row in rows.iter_rows():
                    copy.write_row(row)
            return
        with cursor.copy(statement + sql.SQL(" (format binary)")) as copy:
            for piece in _in_binary(rows, {name for name in rows.columns if sql_types.get(name) == "jsonb"}):
                copy.write(piece)


def _in_binary(rows: pl.DataFrame, of_json: set[str]) -> Iterator[bytes]:
    # As it is in memory: the oldest form of Arrow would be a copy of all texts.
    table = rows.to_arrow(compat_level=pl.CompatLevel.newest())
    encoder = ArrowToPostgresBinaryEncoder.new_with_encoders(
        table.schema,
        {
            field.name: StringViewEncoderBuilder.new_with_output(field, Jsonb())
            if field.name in of_json
            else ArrowToPostgresBinaryEncoder.infer_encoder(field)
            for field in table.schema
        },
    )
    yield encoder.write_header()
    for batch in table.to_batches(max_chunksize=_ROWS_AT_ONCE):
        yield encoder.write_batch(batch)
    yield encoder.finish()
