"""How Python's garbage collector goes about our processes, most of whose objects live until they end.

Belongs here: when it looks, and that it does not as a process ends. Does not: what makes garbage.
"""

import atexit
import gc
from functools import cache


@cache
def leave_all_to_the_system_at_exit() -> None:
    """Have this process end without a look through all that it holds.

    Python would go through some half a million objects of Dagster's and dbt's definitions, and take apart each: a
    seventh of a run with one small day, for memory that the system takes back by itself. Files and connections are
    closed by those who opened them, and what others have registered for the exit runs all the same.
    """
    atexit.register(gc.freeze)


def look_seldom() -> None:
    """Look through what is held at a slower pace than Python's own.

    That took 8 % of the processor time of a run with one small day. For commands, not for servers that stay up.
    """
    gc.set_threshold(100_000, 20, 20)
