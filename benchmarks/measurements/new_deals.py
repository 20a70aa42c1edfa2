"""One `growthleads run` after a new deals file that changes the terms of every source: per day of history.

200 sources with 10 operators each, a year against 3 months of history, every day of which is calculated and published
again. What the command takes with nothing to do is taken off both. Limited by the numbers themselves: each day's
commissions, shares and restatements are rows that have to be written. "Flat" is read as a ratio of at most 1.2.
"""

from collections.abc import Iterator
from itertools import count

from benchmarks import data
from benchmarks.harness import Bench, Figure, Usage, seconds
from benchmarks.homes import Home

YEAR, QUARTER = 365, 91
MOST_GROWTH = 1.2


def measure(bench: Bench) -> Iterator[Figure]:
    """Seconds of each, milliseconds per day, and the ratio of these."""
    shape = data.FULL.scaled(bench.scale)
    days = bench.scaled(YEAR, at_least=8), bench.scaled(QUARTER, at_least=2)
    year, quarter = (bench.homes.with_history(number, shape) for number in days)
    versions = count(2)

    def new_deals(home: Home) -> Usage:
        data.write_deals(home.settings.landing_zone, shape, version=next(versions))
        return bench.usage(home, lambda: home.growthleads("run"))

    def idle(home: Home) -> Usage:
        return bench.usage(home, lambda: home.growthleads("run"))

    of_year, of_quarter, idle_year, idle_quarter = bench.in_turn(
        lambda: new_deals(year), lambda: new_deals(quarter), lambda: idle(year), lambda: idle(quarter)
    )
    yield seconds(f"new deals with {days[0]} days of history", of_year)
    yield seconds(f"new deals with {days[1]} days of history", of_quarter)
    per_day = [
        ((of.wall - idle.wall) / number, (of.all_cpu - idle.all_cpu) / number)
        for of, idle, number in ((of_year, idle_year, days[0]), (of_quarter, idle_quarter, days[1]))
    ]
    for number, (wall, cpu) in zip(days, per_day, strict=True):
        yield Figure(f"per day of history, of {number} days", wall * 1000, "ms", cpu=cpu * 1000)
    (wall, cpu), (other_wall, other_cpu) = per_day
    yield Figure("long against short history, per day", wall / other_wall, "×", cpu=cpu / other_cpu, target=MOST_GROWTH)
