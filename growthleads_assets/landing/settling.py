"""Whether a file's deliverer has finished writing it, told by its size and times alone.

Belongs here: watching files over time. Does not: finding or reading them.

A file is *settled* once it has not changed for a number of seconds. Its ``mtime`` alone proves nothing, for copying
tools set it back (``cp -p``, ``rsync -t``). The ``ctime`` cannot be set: every write, and every change of ``mtime``,
moves it to now. So a file whose ``mtime`` and ``ctime`` both lie far enough back has not been written to since, and is
settled at first sight; only fresh files have to be watched.

That comparison is of two clocks, the file system's and ours. On a network drive whose clock is *behind* by more than
the settling time, a file being written looks old: set a settling time longer than the clocks differ, or have files
delivered under a ``.part`` name and renamed. A clock *ahead* of ours, or an ``mtime`` in the future, only means that
the file is watched, by our clock. Writes through a memory map show only when the kernel writes them back.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypedDict

from growthleads_assets.landing.zone import LandedFile

PATIENCE_SECONDS = 30.0
_SHORTEST_PAUSE_SECONDS = 0.05


class Observation(TypedDict):
    """What is remembered of a fresh file: its size, times and inode, and since when these are the same.

    ``since`` is in seconds since 1970. Plain values, to be kept as JSON between the ticks of a sensor.
    """

    signature: str
    since: float


Observations = dict[str, Observation]
"""Of each fresh file, by its path in the landing zone (``LandedFile.relative``)."""


def observe(
    files: Sequence[LandedFile],
    previous: Mapping[str, Observation],
    *,
    now: float,
    settle_seconds: float,
) -> tuple[list[LandedFile], Observations]:
    """``files`` with a ``waits`` on each takeable one that has not settled, and what to remember until the next look.

    ``previous`` is what the look before returned (``{}`` at the first), ``now`` in seconds since 1970. Files that are
    not takeable pass through as they are. Nothing is remembered of files that are settled by their own times, so the
    observations stay as small as the number of fresh files. With ``settle_seconds`` 0 every file is settled.
    """
    looked_at: list[LandedFile] = []
    observations: Observations = {}
    for file in files:
        if not file.takeable or settle_seconds <= 0 or _changed_at(file) <= now - settle_seconds:
            looked_at.append(file)
            continue
        seen = _observation(file, previous.get(file.relative), now)
        observations[file.relative] = seen
        looked_at.append(file if now - seen["since"] >= settle_seconds else _unsettled(file, settle_seconds))
    return looked_at, observations


def wait_until_settled(
    discover: Callable[[], Sequence[LandedFile]],
    settle_seconds: float,
    *,
    patience_seconds: float = PATIENCE_SECONDS,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> list[LandedFile]:
    """What ``discover`` finds once all of it has settled; files that keep changing carry a ``waits``.

    Waits only for fresh files, commonly once and no longer than ``settle_seconds``. Files that arrive or change
    meanwhile are waited for too, until ``patience_seconds`` have been slept; each file is given one full settling time
    at the least.
    """
    observations: Observations = {}
    slept = 0.0
    while True:
        now = clock()
        files, observations = observe(discover(), observations, now=now, settle_seconds=settle_seconds)
        fresh = [observations[file.relative]["since"] for file in files if file.waits and file.relative in observations]
        if not fresh or slept >= patience_seconds:
            return files
        pause = max(max(fresh) + settle_seconds - now, _SHORTEST_PAUSE_SECONDS)
        sleep(pause)
        slept += pause


def _changed_at(file: LandedFile) -> float:
    """When it was last written to or exchanged at the latest, by the clock of its file system."""
    return max(file.mtime_ns, file.ctime_ns) / 1e9


def _observation(file: LandedFile, previous: Observation | None, now: float) -> Observation:
    signature = f"{file.size}:{file.mtime_ns}:{file.ctime_ns}:{file.inode}"
    known = [now, _changed_at(file)]
    if previous and previous["signature"] == signature:
        known.append(previous["since"])
    # Moments still to come are another clock's, or ours before it was put back: they prove nothing.
    return Observation(signature=signature, since=min(moment for moment in known if moment <= now))


def _unsettled(file: LandedFile, settle_seconds: float) -> LandedFile:
    sentence = (
        f"{file.relative} is still being written, or has only just landed: it is taken up once it has not changed "
        f"for {settle_seconds:g} seconds."
    )
    return replace(file, waits=sentence)
