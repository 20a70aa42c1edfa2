"""What a run holds while its process lives: proof of life, and the right to write.

Belongs here: the two locks of a run, and asking whether a run still holds its own. Does not: what follows from it.

PostgreSQL gives both back when the process ends, however it ends, on whichever machine. So a run whose record says that
it is going on while nobody holds its lock is dead.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from growthleads_assets.warehouse.session_locks import hold_lock, is_held

_WRITER = "writer"


@contextmanager
def run_lease(connection: psycopg.Connection, run_id: str) -> Iterator[None]:
    """Show that the run lives, and wait until no other run writes; ``connection`` is in autocommit mode.

    One run at a time, whoever started it: what a run finds when it begins is then what it calculates from.
    """
    with hold_lock(connection, _of(run_id)), hold_lock(connection, _WRITER):
        yield


def is_alive(connection: psycopg.Connection, run_id: str) -> bool:
    """Whether a process holds the lease of the run, or waits with it for its turn."""
    return is_held(connection, _of(run_id))


def somebody_writes(connection: psycopg.Connection) -> bool:
    """Whether a run writes at the moment."""
    return is_held(connection, _WRITER)


def wait_for_writers(connection: psycopg.Connection) -> None:
    """Wait until no run writes at the moment."""
    with hold_lock(connection, _WRITER):
        return


def _of(run_id: str) -> str:
    return f"run {run_id}"
