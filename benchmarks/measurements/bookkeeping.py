"""What Dagster's own record keeping takes in a long run, against the SQL of the same run.

Record keeping is the time within the public methods of the instance's event log, run and schedule storage. SQL is the
time in which a dbt model or test is executed, and the loading and publishing of the platform. Two runs: everything
recalculated after new deals, and a backfill of 3 years. Limited by the number of events, which grows with assets times
partitions; each is a row or more in Dagster's tables.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from statistics import median
from typing import Any

from benchmarks import data
from benchmarks.harness import FEWEST_TIMES_WHEN_SLOW, Bench, Figure
from benchmarks.homes import LAST_DAY
from benchmarks.measurements.corrected_day import LONG
from benchmarks.measurements.new_deals import YEAR
from benchmarks.processes.profiled import STORAGE, WORK


def measure(bench: Bench) -> Iterator[Figure]:
    """Seconds and the ratio for each run."""
    shape = data.FULL.scaled(bench.scale)
    year = bench.homes.with_history(bench.scaled(YEAR, at_least=8), shape)
    versions = count(1001)
    profiles = []
    for _ in range(FEWEST_TIMES_WHEN_SLOW):
        data.write_deals(year.settings.landing_zone, shape, version=next(versions))
        profiles.append(year.process("profiled", "run"))
    yield from _figures("new deals", profiles)
    long = bench.homes.with_history(bench.scaled(LONG, at_least=8), shape)
    span = ("--from", str(long.first_day), "--to", str(LAST_DAY))
    profiles = [long.process("profiled", "backfill", *span) for _ in range(FEWEST_TIMES_WHEN_SLOW)]
    yield from _figures("backfill", profiles)


def _figures(run: str, profiles: Sequence[Any]) -> Iterator[Figure]:
    storage = [_seconds(profile, [STORAGE]) for profile in profiles]
    work = [_seconds(profile, WORK) for profile in profiles]
    yield Figure(f"{run}: Dagster's record keeping", median(storage), "s")
    yield Figure(f"{run}: SQL, loading and publishing", median(work), "s")
    yield Figure(
        f"{run}: record keeping against SQL",
        median(one / other for one, other in zip(storage, work, strict=True)),
        "×",
        target=1,
        basis={"profiles": profiles},
    )


def _seconds(profile: Any, parts: Iterable[str]) -> float:
    phases = profile["phases"]
    return float(sum(phases[part]["wall"] for part in parts if part in phases))
