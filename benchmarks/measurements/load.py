"""The load of one clean routy file of 1,000,000 rows, against a bare COPY of the same file.

`Loader.load_landed` does everything: it reads, cleans and validates the file, finds duplicates, archives it, writes its
rows and the ledger, commits, and takes the file out of the landing zone. The COPY writes the file into a table without
an index: one of the file's own columns, and, as a figure of its own, one that has bronze's six further columns too, all
of one value each. Limited by the width of a row, and by the index over (load, line).
"""

from collections.abc import Iterator

from benchmarks import data, loads
from benchmarks.harness import MEGABYTE, Bench, Figure, ratio, seconds
from benchmarks.homes import LAST_DAY

ROWS = 1_000_000
MOST = 2.5


def measure(bench: Bench) -> Iterator[Figure]:
    """Seconds of each, and the ratios."""
    rows = bench.scaled(ROWS, at_least=1_000)
    file = bench.folder / "clean.csv"
    size = data.write_routy(file, LAST_DAY, rows)
    with loads.home_for_loading(bench) as home:
        load, copy, wide_copy = bench.in_turn(
            lambda: loads.timed_load(bench, home, file),
            lambda: loads.timed_copy(bench, home, file),
            lambda: loads.timed_copy(bench, home, file, added=loads.ADDED_TO_ROUTY),
        )
    yield seconds(f"load of {rows:,} rows, {size / MEGABYTE:.0f} MB", load)
    yield seconds("bare COPY of the same file", copy)
    yield seconds("bare COPY of it into all columns of bronze", wide_copy)
    yield ratio("load against bare COPY", load, copy, target=MOST)
    yield ratio("load against bare COPY into all columns of bronze", load, wide_copy, target=MOST)
