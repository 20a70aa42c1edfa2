"""What `growthleads run` costs by itself: with nothing new, and with one small new day.

On a home with 30 days of history, with its server up, and, as cron finds it, with the server started and stopped by
the command. Where the time goes is taken from runs of their own under the profile of `benchmarks.processes.profiled`:
imports, definitions, dbt and the other parts, on the clock and as processor time of the process; beside them, since all
parts wait for it, the processor time that PostgreSQL takes for the SQL.
Limited by imports: with nothing new by those of polars and pandera, else by those of Dagster and dbt, the asset graph,
and their own work around each step and model.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import count
from statistics import median
from typing import Any, NamedTuple

from benchmarks import data
from benchmarks.harness import FEWEST_TIMES_WHEN_SLOW, Bench, Figure, Usage, seconds
from benchmarks.homes import LAST_DAY, Home
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
    yield from _parts("nothing new", [_profiled(bench, home) for _ in range(FEWEST_TIMES_WHEN_SLOW)])

    def profile_of_new_day() -> Profile:
        land()
        return _profiled(bench, home)

    yield from _parts("one small new day", [profile_of_new_day() for _ in range(FEWEST_TIMES_WHEN_SLOW)])


class Profile(NamedTuple):
    """A run: what it took seen from outside, and its parts, each with its seconds and processor time."""

    usage: Usage
    parts: Mapping[str, Mapping[str, float]]


def _profiled(bench: Bench, home: Home) -> Profile:
    profiles: list[Any] = []
    usage = bench.usage(home, lambda: profiles.append(home.process("profiled", "run")))
    parts = profiles[0]["phases"]
    inside = {clock: sum(part[clock] for part in parts.values()) for clock in ("wall", "cpu")}
    around = {"wall": usage.wall - inside["wall"], "cpu": usage.cpu - inside["cpu"]}
    return Profile(usage, {**parts, "Python's own start and end": around})


def _parts(run: str, profiles: Sequence[Profile]) -> Iterator[Figure]:
    figures = []
    none = {"wall": 0.0, "cpu": 0.0}
    for part in sorted({part for profile in profiles for part in profile.parts}):
        times = [profile.parts.get(part, none) for profile in profiles]
        wall, cpu = (median(time[clock] for time in times) for clock in none)
        figures.append(Figure(f"{run}: of this {part}", wall, "s", cpu=cpu))
    yield from sorted(figures, key=lambda figure: -figure.value)
    server = median(profile.usage.server_cpu for profile in profiles)
    yield Figure(f"{run}: meanwhile SQL, in the server's processes", server, "s", cpu=server)
