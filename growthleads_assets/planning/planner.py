"""The planner: compares what has landed with what is loaded and published, and says what is to do.

Belongs here: that comparison, without looking anything up itself. Does not: Dagster, PostgreSQL, the file system.

It works from state, never from events, so a pass that was cut short is finished by the next one.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby

from growthleads_assets.words import span


@dataclass(frozen=True)
class Landed:
    """A file in the landing zone. ``sha256`` is null when it was not read: it is refused, waits or is unreadable.

    ``refusal``, ``waits`` and ``unreadable`` are sentences; ``place`` is its path in the landing zone.
    """

    source: str | None
    file: str
    day: date | None
    place: str
    sha256: str | None = None
    refusal: str | None = None
    waits: str | None = None
    unreadable: str | None = None


@dataclass(frozen=True)
class Judged:
    """The newest refusal on record of a file: of which content, by which rules, and why."""

    sha256: str | None
    judged_by: str
    reason: str


@dataclass(frozen=True)
class DayRange:
    """Days from ``first`` to ``last``, both included, and the event sources with files to load for any of them.

    Without ``recalculates`` these files are in force already, and have only to leave the landing zone.
    """

    first: date
    last: date
    sources: frozenset[str]
    recalculates: bool = True

    @property
    def span(self) -> str:
        """The days as people read them."""
        return span(self.first, self.last)


@dataclass(frozen=True)
class DayWork:
    """What is to do for a day: the ``sources`` with files to load, whether its figures can change, and ``starts_from``,
    a text of all that this depends on.
    """  # noqa: D205

    day: date
    sources: frozenset[str]
    recalculates: bool
    starts_from: str


@dataclass(frozen=True)
class Plan:
    """What is to do. ``dimensions`` come first; the ``days``, in order, need them.

    ``refused`` and ``unreadable`` are the landed files that cannot be loaded, each with its sentence; ``waiting``
    those that are not due yet; ``to_load`` those that the dimensions and days are about.
    """

    dimensions: tuple[str, ...]
    days: tuple[DayWork, ...]
    refused: tuple[tuple[Landed, str], ...]
    unreadable: tuple[tuple[Landed, str], ...]
    waiting: tuple[tuple[Landed, str], ...]
    to_load: tuple[Landed, ...] = ()
    release: str = field(default="", repr=False)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to load and nothing to calculate."""
        return not self.dimensions and not self.days

    @property
    def ranges(self) -> tuple[DayRange, ...]:
        """The days in one range per run of days without a gap."""
        return tuple(map(as_range, runs_of_days(self.days)))

    def fingerprint_of_dimensions(self) -> str:
        """What loading the dimensions starts from."""
        content = sorted((file.source or "", file.sha256) for file in self.to_load if file.source in self.dimensions)
        return _fingerprint(self.release, content)

    def fingerprint_of(self, days: Iterable[DayWork]) -> str:
        """What loading and calculating these days starts from."""
        return _fingerprint(self.release, [(work.day.isoformat(), work.starts_from) for work in days])


def plan(
    landed: Iterable[Landed],
    *,
    in_force: Mapping[tuple[str, str], str],
    refusals: Mapping[tuple[str, str], Judged],
    rules: str,
    days_to_settle: Mapping[date, str],
    release: str = "",
) -> Plan:
    """What is to do about the ``landed`` files and the days whose calculation is behind their files.

    ``in_force`` gives the SHA-256 of the version in force by (source, file), ``refusals`` the newest refusal,
    ``days_to_settle`` for each such day a text of the versions that it is to be calculated from. ``rules`` is the
    fingerprint of today's rules: a file refused by the same ones is not tried again. ``release`` is that of all that
    calculates: work that failed with one may succeed with another.
    """
    dimensions: list[str] = []
    loads: dict[date, dict[str, str]] = {day: {} for day in days_to_settle}
    refused: list[tuple[Landed, str]] = []
    unreadable: list[tuple[Landed, str]] = []
    waiting: list[tuple[Landed, str]] = []
    to_load: list[Landed] = []
    changed: set[date] = set()
    for file in landed:
        judged = refusals.get((file.source or "", file.file))
        if file.refusal:
            refused.append((file, file.refusal))
        elif file.unreadable:
            unreadable.append((file, file.unreadable))
        elif file.waits:
            waiting.append((file, file.waits))
        elif judged and (judged.sha256, judged.judged_by) == (file.sha256, rules):
            refused.append((file, judged.reason))
        elif file.source and file.day:
            # Loaded even when its bytes are in force: loading is what takes it out of the landing zone.
            loads.setdefault(file.day, {})[file.source] = file.sha256 or ""
            if in_force.get((file.source, file.file)) != file.sha256:
                changed.add(file.day)
            to_load.append(file)
        elif file.source and in_force.get((file.source, file.file)) != file.sha256:
            dimensions.append(file.source)
            to_load.append(file)
    return Plan(
        tuple(dimensions),
        tuple(
            DayWork(
                day,
                frozenset(loads[day]),
                recalculates=day in days_to_settle or day in changed,
                starts_from=json.dumps([loads[day], days_to_settle.get(day)], sort_keys=True),
            )
            for day in sorted(loads)
        ),
        tuple(refused),
        tuple(unreadable),
        tuple(waiting),
        tuple(to_load),
        release,
    )


def runs_of_days(days: Iterable[DayWork]) -> Iterator[tuple[DayWork, ...]]:
    """The days, which must be in order, in one group per run of days without a gap that are to be treated alike."""
    numbered = enumerate(days)
    for _, run in groupby(numbered, key=lambda item: (item[1].day - timedelta(days=item[0]), item[1].recalculates)):
        yield tuple(work for _, work in run)


def as_range(days: Collection[DayWork]) -> DayRange:
    """The range of some days without a gap."""
    in_order = [work.day for work in days]
    sources = frozenset().union(*(work.sources for work in days))
    return DayRange(in_order[0], in_order[-1], sources, recalculates=any(work.recalculates for work in days))


def _fingerprint(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()
