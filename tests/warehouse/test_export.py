"""What an export says, whatever order of texts the database prefers."""

import errno
import io
import os
import signal
from collections.abc import Callable
from threading import Thread
from typing import Any

import psycopg
import pytest
from psycopg import sql

from growthleads_assets.warehouse.copy_out import copy_out
from growthleads_assets.warehouse.export import write_csv
from growthleads_assets.warehouse.locks import wait_until
from tests import forked
from tests.homes import Home

PATIENCE_SECONDS = 240


# The bundled server knows no order of texts but that of their bytes, by one name or another.
@pytest.mark.parametrize("collation", ['collate "ucs_basic"', ""])
def test_rows_are_in_the_order_of_their_keys_bytes(home: Home, collation: str) -> None:
    columns = f"name text {collation}, day date, amount numeric, primary key (name, day)"
    home.query_all(f"create table gold.names ({columns})")
    home.query_all(
        "insert into gold.names values ('b', '2024-03-02', 1.50), ('é', '2024-03-01', 2), ('B', '2024-03-01', 3), "
        "('b', '2024-03-01', 4), ('a', '2024-03-01', 5)"
    )
    written = io.BytesIO()

    with home.platform.connected() as connection:
        write_csv(connection, "names", written)

    assert written.getvalue().decode().splitlines() == [
        "name,day,amount",
        "B,2024-03-01,3",
        "a,2024-03-01,5",
        "b,2024-03-01,4",
        "b,2024-03-02,1.50",
        "é,2024-03-01,2",
    ]


def test_export_says_exactly_what_postgresql_does(home: Home) -> None:
    home.query_all("create table gold.texts (line int primary key, text text)")
    home.query_all(
        r"""
        insert into gold.texts
        select
            line,
            case line % 4 when 0 then null when 1 then E'a "b"\n\\.\r,' when 2 then '' else repeat('é', line) end
        from generate_series(1, 5000) as line
        """
    )
    written = io.BytesIO()

    with home.platform.connected() as connection:
        write_csv(connection, "texts", written)
        [(rows,)] = connection.execute("select count(*) from gold.texts").fetchall()

    expected = "line,text\n" + "".join(f"{line},{_as_csv(line)}\n" for line in range(1, 5001))
    assert rows == 5000
    assert written.getvalue().decode() == expected


def _as_csv(line: int) -> str:
    return ["", '"a ""b""\n\\.\r,"', '""', "é" * line][line % 4]


ROWS = 200_000
A_TABLE = sql.SQL("copy gold.numbers to stdout").format()


@pytest.fixture
def numbers(home: Home) -> Home:
    """A home with a table of more rows than any buffer holds."""
    home.query_all("create table gold.numbers (number int primary key)")
    home.query_all(f"insert into gold.numbers select generate_series(1, {ROWS})")
    return home


def test_an_error_in_the_midst_of_an_export_is_heard(numbers: Home) -> None:
    fails_at_the_end = sql.SQL("copy (select 1 / ({} - number) from gold.numbers) to stdout").format(ROWS)
    written = io.BytesIO()

    with numbers.platform.connected() as connection:
        with pytest.raises(psycopg.errors.DivisionByZero, match="division by zero"):
            copy_out(connection, fails_at_the_end, written)

        assert written.getvalue()
        assert connection.execute("select 1").fetchone() == (1,)


def test_a_statement_that_copies_nothing_out_is_no_export(numbers: Home) -> None:
    with numbers.platform.connected() as connection, pytest.raises(psycopg.Error):
        copy_out(connection, sql.SQL("copy gold.numbers from stdin").format(), io.BytesIO())

    assert numbers.query("select count(*) as rows from gold.numbers") == [{"rows": ROWS}]


class AtFirstWrite(io.BytesIO):
    """A file at whose first row something happens."""

    def __init__(self, happens: Callable[[], object]) -> None:
        super().__init__()
        self._happens = happens

    def write(self, row: Any) -> int:
        if not self.tell():
            self._happens()
        return super().write(row)


def test_a_connection_lost_in_the_midst_of_an_export_is_heard(numbers: Home) -> None:
    with numbers.platform.connected() as connection:
        process = connection.info.backend_pid
        target = AtFirstWrite(lambda: numbers.query("select pg_terminate_backend(%s)", process))

        with pytest.raises(psycopg.OperationalError):
            copy_out(connection, A_TABLE, target)


def test_a_command_that_loses_the_database_says_so(numbers: Home) -> None:
    waiting = "select pid from pg_locks where not granted and relation = 'gold.numbers'::regclass"

    with psycopg.connect(numbers.database.conninfo) as other:
        other.execute("lock table gold.numbers")
        export = forked.Command(["export", "numbers"], os.environ)
        assert wait_until(lambda: bool(numbers.query(waiting)), PATIENCE_SECONDS)
        numbers.query(f"select pg_terminate_backend(pid) from ({waiting}) as waiting")
        done = export.ended()

    assert (done.returncode, done.stdout) == (1, "")
    assert "terminating connection due to administrator command" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_full_disk_ends_an_export(numbers: Home) -> None:
    def fail() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with numbers.platform.connected() as connection:
        with pytest.raises(OSError, match="No space left"):
            copy_out(connection, A_TABLE, AtFirstWrite(fail))

        assert connection.closed


def test_an_interrupt_ends_an_export_that_waits(numbers: Home) -> None:
    waits = "select from pg_locks where not granted and relation = 'gold.numbers'::regclass"
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def interrupt() -> None:
        wait_until(lambda: bool(numbers.query(waits)), PATIENCE_SECONDS)
        signal.raise_signal(signal.SIGINT)

    try:
        with psycopg.connect(numbers.database.conninfo) as other, numbers.platform.connected() as connection:
            other.execute("lock table gold.numbers")
            thread = Thread(target=interrupt)
            thread.start()
            with pytest.raises(KeyboardInterrupt):
                copy_out(connection, A_TABLE, io.BytesIO())
            thread.join()
            assert wait_until(lambda: not numbers.query(waits), PATIENCE_SECONDS)
    finally:
        signal.signal(signal.SIGINT, before)
