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
    key = f"growthleads {name}"
    connection.execute("select pg_advisory_lock(hashtextextended(%s, 0))", (key,))
    try:
        yield
    finally:
        connection.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", (key,))
