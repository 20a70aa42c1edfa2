"""Reading a gold table or view in full: as CSV, Parquet or Excel.

Belongs here: its columns, its order, its file formats. Does not: where the file goes on a terminal.
"""

from pathlib import Path
from typing import BinaryIO, NamedTuple

import polars as pl
import psycopg
from psycopg import sql
from psycopg.types.string import TextLoader

from growthleads_assets.contracts.schemas import MONEY_SCALE
from growthleads_assets.warehouse.copy_out import copy_out
from growthleads_assets.warehouse.keys import primary_key

FORMATS = (".csv", ".parquet", ".xlsx")
# The most that polars and Parquet carry; sums of earnings need 9 digits after the point.
_MOST_DIGITS = 38


class NotExportable(Exception):
    """There is no such table in gold, or no such file format: a sentence that names what there is."""


def exportable(connection: psycopg.Connection) -> list[str]:
    """The tables and views of gold, by name."""
    rows = connection.execute(
        "select relname from pg_class "
        "where relnamespace = to_regnamespace('gold') and relkind in ('r', 'v', 'm') order by relname"
    )
    return [name for (name,) in rows]


def write_csv(connection: psycopg.Connection, name: str, target: BinaryIO) -> None:
    """Write a table of gold as CSV with a header: UTF-8, ISO dates, plain decimals, ordered by its key.

    Raises NotExportable.
    """
    connection.execute("set datestyle to 'ISO, YMD'")
    statement = sql.SQL("copy ({}) to stdout (format csv, header)").format(_ordered(connection, name))
    copy_out(connection, statement, target)


def export_to(connection: psycopg.Connection, name: str, path: Path) -> None:
    """Write a table of gold to a file whose ending names the format; an older file is replaced when all is written.

    Excel keeps numbers as binary fractions of 15 digits: amounts are exact to the cent up to ten trillion.

    Raises NotExportable, OSError.
    """
    if path.suffix.lower() not in FORMATS:
        raise NotExportable(f"{path.name} must end in {', '.join(FORMATS[:-1])} or {FORMATS[-1]}.")
    unfinished = path.with_name(f".{path.name}.part")
    try:
        match path.suffix.lower():
            case ".csv":
                with unfinished.open("wb") as target:
                    write_csv(connection, name, target)
            case ".parquet":
                _read(connection, name).write_parquet(unfinished)
            case ".xlsx":
                _write_excel(_read(connection, name), unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _ordered(connection: psycopg.Connection, name: str) -> sql.Composed:
    if name not in exportable(connection):
        there_is = ", ".join(exportable(connection)) or "nothing yet"
        raise NotExportable(f"There is no {name} in gold. There is: {there_is}.")
    table = sql.Identifier("gold", name)
    columns = _columns(connection, name)
    key = primary_key(connection, f"gold.{name}")
    order = key.columns if key else tuple(columns)
    terms = [
        sql.SQL("{} collate {}").format(sql.Identifier(column), sql.Identifier("C"))
        if columns[column].needs_order
        else sql.Identifier(column)
        for column in order
    ]
    return sql.SQL("select * from {} order by {}").format(table, sql.SQL(", ").join(terms))


class _Column(NamedTuple):
    type_name: str
    needs_order: bool
    """Whether its texts are ordered otherwise than by their bytes. Where they are not, a key's index has the order:
    to sort all rows all the same took twice as long as to write them.
    """


def _columns(connection: psycopg.Connection, name: str) -> dict[str, _Column]:
    rows = connection.execute(
        """
        select
            attname,
            format_type(atttypid, null),
            atttypid = 'text'::regtype
            and not (
                attcollation = '"default"'::regcollation
                and (pg_database.datlocprovider = 'b' or pg_database.datcollate in ('C', 'POSIX'))
            )
        from pg_attribute
        cross join pg_database
        where attrelid = %s::regclass and attnum > 0 and not attisdropped and datname = current_database()
        order by attnum
        """,
        (f"gold.{name}",),
    )
    return {column: _Column(*about) for column, *about in rows}


def _read(connection: psycopg.Connection, name: str) -> pl.DataFrame:
    types: dict[str, pl.DataType | type[pl.DataType]] = {
        "numeric": pl.Decimal(_MOST_DIGITS, MONEY_SCALE),
        "integer": pl.Int32,
        "bigint": pl.Int64,
        "date": pl.Date,
        "boolean": pl.Boolean,
        "timestamp with time zone": pl.Datetime("us", "UTC"),
        "text[]": pl.List(pl.String),
    }
    statement = _ordered(connection, name)
    schema = {column: types.get(about.type_name, pl.String) for column, about in _columns(connection, name).items()}
    with connection.cursor() as cursor:
        # JSON as the text that it is, not as values of who knows which types.
        cursor.adapters.register_loader("jsonb", TextLoader)
        rows = cursor.execute(statement).fetchall()
    return pl.DataFrame(rows, schema=schema, orient="row")


def _write_excel(rows: pl.DataFrame, path: Path) -> None:
    from xlsxwriter import Workbook

    # A cell of Excel holds neither a list nor a time zone: lists become texts, and moments are those of UTC.
    rows = rows.with_columns(
        pl.col(pl.List(pl.String)).list.join(", "), pl.col(pl.Datetime("us", "UTC")).dt.replace_time_zone(None)
    )
    # Text that looks like a formula or an address is data.
    options = {"strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(path, options) as workbook:
        rows.write_excel(workbook, autofit=True, dtype_formats={pl.Date: "yyyy-mm-dd"})
