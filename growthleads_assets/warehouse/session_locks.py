"""Advisory locks by name, for what only one process may do at a time.

Belongs here: taking and giving back locks of a session. Does not: locks of a transaction, which sit beside its SQL.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg


@contextmanager
def hold_lock(connection: psycopg.Connection, name: str) -> Iterator[None]:
    """Wait for the lock of this name and hold it; PostgreSQL gives it back should this process die.

    ``connection`` must be in autocommit mode, or the lock would be asked for in a transaction of its own making.
    """
    connection.execute("select pg_advisory_lock(hashtextextended(%s, 0))", (_key(name),))
    try:
        yield
    finally:
        # A connection that broke has given it back already, and the reason why it broke is the one to be heard.
        if not connection.broken:
            _release(connection, name)


def is_held(connection: psycopg.Connection, name: str) -> bool:
    """Whether a session holds the lock of this name."""
    row = connection.execute("select pg_try_advisory_lock(hashtextextended(%s, 0))", (_key(name),)).fetchone()
    is_free = bool(row and row[0])
    if is_free:
        _release(connection, name)
    return not is_free


def _release(connection: psycopg.Connection, name: str) -> None:
    connection.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", (_key(name),))


def _key(name: str) -> str:
    return f"growthleads {name}"
