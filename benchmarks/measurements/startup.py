"""What `growthleads run` costs by itself: with nothing new, and with one small new day.

On a home with 30 days of history, with its server up, and, as cron finds it, with the server started and stopped by
the command. Where the time goes is taken from runs of their own under the profile of `benchmarks.processes.profiled`.
Limited by imports: with nothing new by those of polars and pandera, else by those of Dagster and dbt, the asset graph,
and their own work around each step and model.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import count
from statistics import median
from typing import Any

from benchmarks import data
from benchmarks.harness import FEWEST_TIMES_WHEN_SLOW, Bench, Figure, Usage, seconds
from benchmarks.homes import LAST_DAY
from benchmarks.measurements.corrected_day import SHORT


def measure(bench: Bench) -> Iterator[Figure]:
    """Seconds of each, and the parts of each."""
    home = bench.homes.with_history(bench.scaled(SHORT, at_least=2), data.FULL.scaled(bench.scale))
    days = (LAST_DAY + timedelta(days=number) for number in count(1))

    def land() -> None:
        day = next(days)
        data.write_days(home.settings.landing_zone, day, day, data.SMALL)

    def idle() -> Usage:
        return bench.usage(home, lambda: home.growthleads("run"))

    def new_day() -> Usage:
        land()
        return idle()

    def idle_from_cron() -> Usage:
        with home.left_alone():
            return bench.usage(None, lambda: home.growthleads("run"))

    idle()
    nothing, small, from_cron = bench.in_turn(idle, new_day, idle_from_cron)
    yield seconds("nothing new", nothing, target=3)
    yield seconds("nothing new, server started and stopped", from_cron)
    yield seconds("one small new day", small, target=10)
    yield from _parts("nothing new", [home.process("profiled", "run") for _ in range(FEWEST_TIMES_WHEN_SLOW)])

    def profile_of_new_day() -> Any:
        land()
        return home.process("profiled", "run")

    yield from _parts("one small new day", [profile_of_new_day() for _ in range(FEWEST_TIMES_WHEN_SLOW)])


def _parts(run: str, profiles: Sequence[Any]) -> Iterator[Figure]:
    phases = {phase: median(profile["phases"].get(phase, 0) for profile in profiles) for phase in profiles[0]["phases"]}
    for phase, taken in sorted(phases.items(), key=lambda item: -item[1]):
        yield Figure(f"{run}: of this {phase}", taken, "s")
