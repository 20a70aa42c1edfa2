"""How things are measured: wall time and processor time of both sides, in turn, and what is said of them.

Belongs here: taking times, medians and ratios, and the shape of the results. Does not: what is measured.
"""

import os
import platform
import resource
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from benchmarks.homes import Home, Homes

FEWEST_TIMES, FEWEST_TIMES_WHEN_SLOW = 5, 3
SLOW_SECONDS = 60
MEGABYTE = 1_000_000

_CHECKOUT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Usage:
    """Seconds that something took: on the clock, of processors on this side, and of processors in the server."""

    wall: float
    cpu: float
    server_cpu: float

    @property
    def all_cpu(self) -> float:
        """Processor time of both sides; on a busy machine it says more than the clock."""
        return self.cpu + self.server_cpu


@dataclass(frozen=True)
class Series:
    """The same thing measured several times."""

    usages: Sequence[Usage]

    @property
    def wall(self) -> float:
        """The median on the clock."""
        return median(usage.wall for usage in self.usages)

    @property
    def all_cpu(self) -> float:
        """The median processor time of both sides."""
        return median(usage.all_cpu for usage in self.usages)

    @property
    def server_cpu(self) -> float:
        """The median processor time of the server."""
        return median(usage.server_cpu for usage in self.usages)

    def as_json(self) -> list[dict[str, float]]:
        """Each time, rounded to milliseconds."""
        return [{name: round(value, 3) for name, value in vars(usage).items()} for usage in self.usages]


@dataclass(frozen=True)
class Figure:
    """One result. ``cpu`` is the same figure worked out from processor time; ``target`` is the most that it may be.

    ``basis`` is what it was worked out from, for the JSON.
    """

    what: str
    value: float
    unit: str
    cpu: float | None = None
    target: float | None = None
    basis: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self, *, is_full_scale: bool) -> dict[str, Any]:
        """Its fields, and whether it meets its target; null where there is none, or the data is not of full size."""
        return {
            "what": self.what,
            "value": round(self.value, 4),
            "unit": self.unit,
            "cpu": None if self.cpu is None else round(self.cpu, 4),
            "target": self.target,
            "met": self.value <= self.target if self.target is not None and is_full_scale else None,
            "basis": self.basis,
        }


def seconds(what: str, series: Series, *, target: float | None = None) -> Figure:
    """The median of a series in seconds."""
    return Figure(what, series.wall, "s", cpu=series.all_cpu, target=target, basis={"times": series.as_json()})


def ratio(what: str, series: Series, other: Series, *, target: float | None = None) -> Figure:
    """How many times as long one series takes as another, by their medians."""
    return Figure(
        what,
        series.wall / other.wall,
        "×",
        cpu=series.all_cpu / other.all_cpu,
        target=target,
        basis={"times": series.as_json(), "against": other.as_json()},
    )


@dataclass
class Bench:
    """What measurements work with: a temporary folder, homes, and the scale, which makes all data smaller."""

    folder: Path
    homes: Homes
    scale: float

    def scaled(self, number: int, *, at_least: int) -> int:
        """A number of rows, days or files at this scale."""
        return max(at_least, round(number * self.scale))

    def usage(self, home: Home | None, action: Callable[[], object]) -> Usage:
        """What an action takes, the processes that it waits for included.

        Without a home the server counts for nothing, as where the action starts and stops it.
        """
        server, own, clock = home.server_cpu() if home else 0, _own_cpu(), time.perf_counter()
        action()
        wall = time.perf_counter() - clock
        return Usage(wall, _own_cpu() - own, (home.server_cpu() if home else 0) - server)

    def in_turn(self, *actions: Callable[[], Usage]) -> list[Series]:
        """Each of the actions several times, in turn: what else the machine does meanwhile touches all alike."""
        usages: list[list[Usage]] = [[] for _ in actions]
        while len(usages[0]) < _times_needed(usages):
            for taken, action in zip(usages, actions, strict=True):
                taken.append(action())
        return [Series(taken) for taken in usages]


def _times_needed(usages: Sequence[Sequence[Usage]]) -> int:
    is_slow = any(usage.wall > SLOW_SECONDS for taken in usages for usage in taken)
    return FEWEST_TIMES_WHEN_SLOW if is_slow else FEWEST_TIMES


def _own_cpu() -> float:
    """Processor time of this process, all its threads, and the children that it has waited for."""
    of_children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + of_children.ru_utime + of_children.ru_stime


@dataclass
class Report:
    """The results of a session, by measurement."""

    scale: float
    figures: dict[str, list[Figure]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    took: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """What is written to the file: docs/performance.md describes it."""
        return {
            "measured_at": self._began,
            "scale": self.scale,
            "machine": self._machine,
            "measurements": [
                {
                    "name": name,
                    "seconds": round(self.took[name], 1),
                    "failure": self.failures.get(name),
                    "figures": [figure.as_json(is_full_scale=self.scale >= 1) for figure in self.figures[name]],
                }
                for name in self.figures
            ],
        }

    def rows(self) -> list[dict[str, str | None]]:
        """A line for each figure, for people."""
        return [
            _row(name, figure, is_full_scale=self.scale >= 1) for name in self.figures for figure in self.figures[name]
        ]

    @cached_property
    def _began(self) -> str:
        return datetime.now(UTC).isoformat(timespec="seconds")

    @cached_property
    def _machine(self) -> dict[str, Any]:
        return {
            "processors": os.cpu_count(),
            "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
            "system": f"{platform.system()} {platform.release()} {platform.machine()}",
            "python": platform.python_version(),
            "load_average": [round(load, 2) for load in os.getloadavg()],
            "commit": _commit(),
        }


def _row(name: str, figure: Figure, *, is_full_scale: bool) -> dict[str, str | None]:
    met = figure.as_json(is_full_scale=is_full_scale)["met"]
    return {
        "measurement": name,
        "figure": figure.what,
        "value": f"{figure.value:,.2f} {figure.unit}",
        "by_cpu": None if figure.cpu is None else f"{figure.cpu:,.2f} {figure.unit}",
        "target": None if figure.target is None else f"≤ {figure.target:g} {figure.unit}",
        "met": {None: None, True: "yes", False: "no"}[met],
    }


def _commit() -> str | None:
    """The commit that is measured, `+` behind it where files differ from it; None outside a clone."""
    git = ["git", "-C", str(_CHECKOUT)]
    try:
        head = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True)
        changes = subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return head.stdout.strip() + ("+" if changes.stdout.strip() else "")
