"""What a COPY to standard output gives, written to a file as fast as PostgreSQL makes it.

Belongs here: the exchange with libpq. Does not: what is copied.

psycopg's own `Cursor.copy` waits for each row by itself, which takes longer than PostgreSQL takes to make it: 219,000
rows in 0.41 s, against 0.23 s as it is done here and 0.22 s by psql.
"""

from collections.abc import Sequence
from typing import BinaryIO

import psycopg
from psycopg import generators, sql
from psycopg.abc import PQGen
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.waiting import Wait

# What PQgetCopyData says in place of a size; 0 means that no row is here yet.
_END = -1


def copy_out(connection: psycopg.Connection, statement: sql.Composed, target: BinaryIO) -> None:
    """Write to ``target``, a buffered file, what a statement ``copy … to stdout`` gives.

    The connection is in autocommit mode, or in a transaction. Raises psycopg.Error, and what ``target`` does. Where
    that or an interrupt leaves the connection amid the COPY, it is closed; after an interrupt some rows may still be
    written.
    """
    libpq, encoding = connection.pgconn, connection.info.encoding
    try:
        with connection.lock:
            connection.wait(_exchange(libpq, statement.as_bytes(connection), target, encoding))
    except BaseException:
        if libpq.transaction_status == TransactionStatus.ACTIVE:
            connection.close()
        raise


def _exchange(libpq: PGconn, statement: bytes, target: BinaryIO, encoding: str) -> PQGen[None]:
    libpq.send_query(statement)
    _expect(ExecStatus.COPY_OUT, (yield from generators.execute(libpq)), encoding)
    size, row = libpq.get_copy_data(1)
    while size != _END:
        if size:
            target.write(row)
        else:
            yield Wait.R
            libpq.consume_input()
        size, row = libpq.get_copy_data(1)
    _expect(ExecStatus.COMMAND_OK, (yield from generators.fetch_many(libpq)), encoding)


def _expect(status: ExecStatus, results: Sequence[PGresult], encoding: str) -> None:
    [result] = results
    if result.status != status:
        raise error_from_result(result, encoding)
