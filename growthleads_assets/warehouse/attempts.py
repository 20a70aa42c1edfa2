"""How often work was requested that is still not done.

Belongs here: reading and writing `bronze.attempts`. Does not: when work is tried again, which the planner says.
"""

from collections.abc import Collection
from datetime import datetime

import psycopg


def all_attempts(connection: psycopg.Connection) -> dict[str, tuple[int, datetime]]:
    """How often each piece of work was requested, and when last, by its fingerprint."""
    rows = connection.execute("select work, attempts, requested_at from bronze.attempts")
    return {work: (count, requested_at) for work, count, requested_at in rows}


def note_attempt(connection: psycopg.Connection, work: str, title: str) -> None:
    """Count a request, before its run exists: one that is lost on the way is a failed attempt like any other."""
    connection.execute(
        """
        insert into bronze.attempts (work, title, attempts, requested_at) values (%s, %s, 1, clock_timestamp())
        on conflict (work) do update
        set attempts = attempts.attempts + 1, requested_at = excluded.requested_at
        """,
        (work, title),
    )


def forget_others(connection: psycopg.Connection, known: Collection[str]) -> None:
    """Forget the attempts at all work but this: it is done, or starts from something else now."""
    connection.execute("delete from bronze.attempts where work <> all(%s)", (list(known),))
