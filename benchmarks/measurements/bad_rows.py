"""The load of a file of which 5 % of the rows break a rule, against the load of a clean one of as many rows.

Faults of five kinds, spread evenly: a date that is none, one of another day, an amount and a count that cannot be read,
a missing name. Limited by what is kept of each bad row: its line, its raw text and its fields, for people to mend it.
"""

from collections.abc import Iterator
from math import ceil
from pathlib import Path

from benchmarks import data, loads
from benchmarks.harness import Bench, Figure, ratio, seconds
from benchmarks.homes import LAST_DAY, Home, ProcessFailed
from benchmarks.measurements.load import ROWS

BAD_SHARE = 0.05


def measure(bench: Bench) -> Iterator[Figure]:
    """Seconds of each, and the ratio."""
    rows = bench.scaled(ROWS, at_least=1_000)
    clean, bad = bench.folder / "clean.csv", bench.folder / "bad.csv"
    data.write_routy(clean, LAST_DAY, rows)
    data.write_routy(bad, LAST_DAY, rows, bad_share=BAD_SHARE)
    with loads.home_for_loading(bench) as home:
        of_bad, of_clean = bench.in_turn(
            lambda: loads.timed_load(bench, home, bad), lambda: loads.timed_load(bench, home, clean)
        )
        held = [_held_out(bench, home, file) for file in (clean, bad)]
    if held != [0, ceil(rows * BAD_SHARE)]:
        raise ProcessFailed(f"Of {rows} rows {held} of the clean and the bad file were quarantined.")
    yield seconds(f"load with {BAD_SHARE:.0%} bad rows", of_bad)
    yield seconds("load of the clean file", of_clean)
    yield ratio("bad against clean", of_bad, of_clean, target=1.5)


def _held_out(bench: Bench, home: Home, file: Path) -> int:
    loads.timed_load(bench, home, file)
    [(quarantined,)] = home.query("select count(*) from bronze.quarantine")
    return int(quarantined)
