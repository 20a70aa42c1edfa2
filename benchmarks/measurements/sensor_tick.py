"""A tick of the landing zone's sensor with 10,000 files waiting.

The files are 2,500 days of four sources, complete and settled, on a home that has its dimensions. In a process that
keeps running, as Dagster's code server does: the first tick reads every file for its SHA-256, later ones know them.
Starting the runs that a tick requests is the daemon's work and not in it. Limited by a look at each file on disk, and
the comparison of as many days.
"""

from collections.abc import Iterator
from statistics import median

from benchmarks import data
from benchmarks.harness import FEWEST_TIMES, Bench, Figure
from benchmarks.homes import LAST_DAY

FILES = 10_000
MOST_SECONDS = 10


def measure(bench: Bench) -> Iterator[Figure]:
    """Seconds of the first tick and of those after it."""
    days = bench.scaled(FILES // len(data.EVENT_SOURCES), at_least=5)
    first = data.first_of(LAST_DAY, days)
    with bench.homes.lent(first_day=first) as home:
        data.write_dimensions(home.settings.landing_zone, data.SMALL)
        home.growthleads("run")
        data.write_days(home.settings.landing_zone, first, LAST_DAY, data.SMALL)
        ticks = [home.process("ticks") for _ in range(FEWEST_TIMES)]
    files = days * len(data.EVENT_SOURCES)
    for what, chosen in (
        ("first tick of a process", [process[0] for process in ticks]),
        ("later tick", [tick for process in ticks for tick in process[1:]]),
    ):
        yield Figure(
            f"{what} with {files:,} files waiting",
            median(tick["wall"] for tick in chosen),
            "s",
            cpu=median(tick["cpu"] for tick in chosen),
            target=MOST_SECONDS,
            basis={"ticks": chosen},
        )
