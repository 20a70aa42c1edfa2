"""What a frame holds is what the table holds then, whatever the form in which it is sent."""

import json
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import polars as pl
import psycopg
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from psycopg import sql

from growthleads_assets.warehouse.copy_in import copy_in
from tests.homes import Server

DTYPES = pl.Schema(
    {
        "line": pl.Int64(),
        "text": pl.String(),
        "money": pl.Decimal(21, 9),
        "count": pl.Int64(),
        "moment": pl.Datetime("us"),
        "day": pl.Date(),
        "is_default": pl.Boolean(),
        "fields": pl.String(),
    }
)
SQL_TYPES = {
    "line": "bigint",
    "text": "text",
    "money": "numeric(21,9)",
    "count": "bigint",
    "moment": "timestamp",
    "day": "date",
    "is_default": "boolean",
    "fields": "jsonb",
}
MOST = Decimal("999999999999.999999999")
SMALLEST = Decimal("0.000000001")
NOTHING = (None,) * 7

Row = tuple[Any, ...]


def _texts() -> st.SearchStrategy[str]:
    # No NUL, which PostgreSQL has no place for, and a file is refused for; polars refuses half a surrogate pair.
    return st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)


ROWS = st.lists(
    st.tuples(
        st.none() | _texts(),
        st.none() | st.decimals(-MOST, MOST, places=9),
        st.none() | st.integers(-(2**63), 2**63 - 1),
        # Of the year 1 to 9999.
        st.none() | st.datetimes(),
        st.none() | st.dates(),
        st.none() | st.booleans(),
        st.none() | st.dictionaries(_texts(), st.none() | _texts(), max_size=3).map(json.dumps),
    ),
    min_size=1,
    max_size=20,
)


@pytest.fixture(scope="module")
def connection(server: Server) -> Iterator[psycopg.Connection]:
    """A connection with a table of every type that is sent in binary form."""
    with server.new_home() as home, psycopg.connect(home.database.conninfo, autocommit=True) as connection:
        columns = ", ".join(f"{name} {sql_type}" for name, sql_type in SQL_TYPES.items())
        connection.execute(f"create table gold.copied ({columns})".encode())
        yield connection


def _copied(connection: psycopg.Connection, rows: list[Row]) -> list[Row]:
    connection.execute("truncate gold.copied")
    numbered = [(line, *row) for line, row in enumerate(rows)]
    frame = pl.DataFrame(numbered, schema=DTYPES, orient="row")
    copy_in(connection, sql.Identifier("gold", "copied"), frame, SQL_TYPES)
    # A numeric as its text, for 1.5 equals 1.500000000.
    columns = ", ".join(f"{name}::text" if name == "money" else name for name in SQL_TYPES)
    return connection.execute(f"select {columns} from gold.copied order by line".encode()).fetchall()


@given(ROWS, st.integers(1, 300))
@example([NOTHING], 5000)
@example([("", MOST, 0, datetime.combine(date.min, time()), date.min, False, "{}")], 1)
@example([("\\.", -MOST, -1, datetime(1999, 12, 31, 23, 59, 59, 999999), date(1999, 12, 31), True, '{"a": null}')], 1)
# PostgreSQL has four decimal digits to a digit of its own.
@example([(None, SMALLEST * 10**power, *NOTHING[2:]) for power in range(21)], 1)
@example([(None, -SMALLEST * 10**power * 9999, *NOTHING[2:]) for power in range(17)], 1)
@example([(None, Decimal(0), *NOTHING[2:]), NOTHING], 3000)
def test_every_value_arrives_as_it_was(connection: psycopg.Connection, rows: list[Row], times: int) -> None:
    # More rows than are sent at once, so that values and nulls lie at any place in what is.
    assert _copied(connection, rows * times) == [
        (line, text, None if money is None else f"{money + 0:.9f}", *others, fields and json.loads(fields))
        for line, (text, money, *others, fields) in enumerate(rows * times)
    ]


def test_a_number_of_any_digits_is_kept(connection: psycopg.Connection) -> None:
    connection.execute("create table gold.numbers (name text, factor numeric)")
    factors = ["0." + "3" * 80, "-" + "9" * 60, "1.50", None]
    frame = pl.DataFrame({"name": ["a\tb", "\\.", "\\N", "é"], "factor": factors})

    copy_in(connection, sql.Identifier("gold", "numbers"), frame, {"name": "text", "factor": "numeric"})

    found = connection.execute("select name, factor::text from gold.numbers").fetchall()
    assert found == list(zip(frame["name"], factors, strict=True))
