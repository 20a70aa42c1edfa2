"""Waiting for others: file locks and conditions.

Belongs here: the plain mechanics. Does not: what a lock stands for.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

POLL_SECONDS = 0.02


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether the condition came true within that time; it is tried at least once."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def try_lock(file: int, kind: int) -> bool:
    """Take a lock of this kind (`fcntl.LOCK_SH`, `fcntl.LOCK_EX`) on an open file, if that needs no waiting."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def open_lock_file(path: Path) -> Iterator[int]:
    """An open lock file, which child processes do not inherit; closing it gives the lock back."""
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        yield file
    finally:
        os.close(file)
