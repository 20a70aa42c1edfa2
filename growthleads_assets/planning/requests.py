"""Which of the work to do is requested now: not what is under way, and not at once what failed before.

Belongs here: forming runs of the planned work, and their retries. Does not: Dagster, PostgreSQL, the file system.

Days without a gap go in one run. A run that failed, or ended with its work still to do, is not simply repeated: its
days are tried again in two halves, and so on, until a day that cannot be done stands alone and holds up no other. A day
alone is tried again after a growing delay, and left at last until something that it starts from changes.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from growthleads_assets.planning.planner import DayRange, DayWork, Plan, as_range, runs_of_days


@dataclass(frozen=True)
class Attempts:
    """How often a piece of work was requested, and when last."""

    count: int
    requested_at: datetime


@dataclass(frozen=True)
class Patience:
    """How often a piece of work is tried, and how long after the first time; each delay is ``growth`` times the last.

    Attempts are counted per ``work``: a fingerprint of all that it starts from, so whatever changes is a new start.
    """

    most_attempts: int
    first_delay: timedelta
    growth: int = 4

    def tries_again_at(self, attempts: Attempts) -> datetime | None:
        """When work that was tried so often is due again; None once it is given up."""
        if attempts.count >= self.most_attempts:
            return None
        delay: timedelta = self.first_delay * self.growth ** (attempts.count - 1)
        return attempts.requested_at + delay


# 15 seconds, 1, 4 and 16 minutes: a database that restarts is outlasted, a fault that stays is not hammered on.
AUTOMATIC = Patience(most_attempts=5, first_delay=timedelta(seconds=15))
BY_HAND = Patience(most_attempts=1, first_delay=timedelta())
"""Whoever waits at a terminal is told at once."""


@dataclass(frozen=True)
class Request:
    """A run to start now: of some ``dimensions``, or of a range of ``days``."""

    work: str
    title: str
    dimensions: tuple[str, ...] = ()
    days: DayRange | None = None


@dataclass(frozen=True)
class HeldBack:
    """Work that was tried and is still to do: when it is tried again, None if not before something changes."""

    request: Request
    attempts: int
    again_at: datetime | None

    @property
    def title(self) -> str:
        """What the work is about."""
        return self.request.title


@dataclass
class Requests:
    """``now``: the runs to start. ``held_back``: work that has to wait. ``known``: the fingerprints of all of it."""

    now: list[Request] = field(default_factory=list)
    held_back: list[HeldBack] = field(default_factory=list)
    known: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class UnderWay:
    """What runs that are queued or running do: a range of days, or dimensions where ``days`` is None."""

    days: DayRange | None


def requests(
    plan: Plan,
    *,
    attempts: Mapping[str, Attempts],
    under_way: Collection[UnderWay],
    now: datetime,
    patience: Patience,
) -> Requests:
    """The runs to start for a plan, given how often its pieces were tried and what is being done already.

    Days wait for dimensions that are being loaded, unless these have failed before: what is in force is used then.
    """
    desk = _Desk(plan, attempts, now, patience)
    if all(work.days for work in under_way):
        desk.consider_dimensions()
        if not desk.found.now:
            desk.consider_days([work for work in plan.days if not _is_under_way(work, under_way)])
    return desk.found


def _is_under_way(work: DayWork, under_way: Collection[UnderWay]) -> bool:
    return any(other.days and other.days.first <= work.day <= other.days.last for other in under_way)


class _Desk:
    """Goes through the work piece by piece."""

    def __init__(self, plan: Plan, attempts: Mapping[str, Attempts], now: datetime, patience: Patience) -> None:
        self.plan = plan
        self.attempts = attempts
        self.now = now
        self.patience = patience
        self.found = Requests()

    def consider_dimensions(self) -> None:
        names = self.plan.dimensions
        if names:
            self._consider(Request(self.plan.fingerprint_of_dimensions(), ", ".join(names), dimensions=names))

    def consider_days(self, days: Collection[DayWork]) -> None:
        # A day that failed by itself stays by itself, or it would hold up those beside it again.
        alone = [work for work in days if self.plan.fingerprint_of([work]) in self.attempts]
        together = [work for work in days if work not in alone]
        for group in sorted([*((work,) for work in alone), *runs_of_days(together)], key=lambda group: group[0].day):
            for request in self._pieces(group):
                self._consider(request)

    def _pieces(self, days: tuple[DayWork, ...]) -> Iterator[Request]:
        work = self.plan.fingerprint_of(days)
        self.found.known.add(work)
        tried = self.attempts.get(work)
        days_range = as_range(days)
        request = Request(work, _title(days_range), days=days_range)
        if tried is None or len(days) == 1:
            yield request
        elif (due := tried.requested_at + self.patience.first_delay) > self.now:
            self.found.held_back.append(HeldBack(request, tried.count, due))
        else:
            middle = len(days) // 2
            yield from self._pieces(days[:middle])
            yield from self._pieces(days[middle:])

    def _consider(self, request: Request) -> None:
        self.found.known.add(request.work)
        tried = self.attempts.get(request.work)
        due = self.patience.tries_again_at(tried) if tried else self.now
        if due and due <= self.now:
            self.found.now.append(request)
        elif tried:
            self.found.held_back.append(HeldBack(request, tried.count, due))


def _title(days: DayRange) -> str:
    return days.span + (f": {', '.join(sorted(days.sources))}" if days.sources else "")
