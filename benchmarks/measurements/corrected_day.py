"""One `growthleads run` after one routy file was corrected, with 3 years of history against 30 days of it.

The corrected day is the eleventh from the end in both. The command with nothing to do is measured on both homes too, so
that what grows with history is seen beside what a start costs. Limited by statements that look at all of history: the
planner's comparison of landed, calculated and published days, and scans where an index or a literal range is missing.
"""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count

from benchmarks import data
from benchmarks.harness import Bench, Figure, Usage, ratio, seconds
from benchmarks.homes import LAST_DAY, Home

LONG, SHORT = 3 * 365, 30


def measure(bench: Bench) -> Iterator[Figure]:
    """Seconds of each, and the ratios."""
    shape = data.FULL.scaled(bench.scale)
    days = bench.scaled(LONG, at_least=8), bench.scaled(SHORT, at_least=2)
    long, short = (bench.homes.with_history(number, shape) for number in days)
    corrected = LAST_DAY - timedelta(days=min(10, days[1] - 1))
    versions = count(1)

    def correct(home: Home) -> Usage:
        data.write_day(home.settings.landing_zone, "routy", corrected, shape, seed=next(versions))
        return bench.usage(home, lambda: home.growthleads("run"))

    def idle(home: Home) -> Usage:
        return bench.usage(home, lambda: home.growthleads("run"))

    of_long, of_short, idle_long, idle_short = bench.in_turn(
        lambda: correct(long), lambda: correct(short), lambda: idle(long), lambda: idle(short)
    )
    yield seconds(f"one corrected day with {days[0]} days of history", of_long)
    yield seconds(f"one corrected day with {days[1]} days of history", of_short)
    yield ratio("long against short history", of_long, of_short, target=1.3)
    yield Figure("the same, of the server's processor time", of_long.server_cpu / max(of_short.server_cpu, 0.01), "×")
    yield ratio("nothing to do: long against short history", idle_long, idle_short)
