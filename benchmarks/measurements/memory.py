"""The peak memory of a process that loads one routy file, against the size of the file.

A process of its own for each load, measured by the kernel. What it holds before it loads (Python, polars, psycopg) is
reported too. Beyond a batch memory is to stay as it is, which the file ten times as long shows. Limited by what is held
of a file at once.
"""

from collections.abc import Iterator
from statistics import median
from typing import Any

from benchmarks import data
from benchmarks.harness import FEWEST_TIMES, MEGABYTE, Bench, Figure
from benchmarks.homes import LAST_DAY, Home
from benchmarks.measurements.load import ROWS

MOST_GIBIBYTES = 2


def measure(bench: Bench) -> Iterator[Figure]:
    """Peaks of the load of 1,000,000 and of 10,000,000 rows; the latter is loaded once."""
    rows = bench.scaled(ROWS, at_least=1_000)
    with bench.homes.lent() as home:
        taken = [_load(home, rows) for _ in range(FEWEST_TIMES)]
        size, peak = taken[0]["size"], median(load["peak"] for load in taken)
        before = median(load["before"] for load in taken)
        basis = {"loads": taken}
        yield Figure(f"peak of a load of {rows:,} rows", peak / MEGABYTE, "MB", basis=basis)
        yield Figure("of this held before the load", before / MEGABYTE, "MB", basis=basis)
        yield Figure("peak against the file", peak / size, "×", target=10, basis=basis)
        long = _load(home, rows * 10)
    yield Figure(
        f"peak of a load of {rows * 10:,} rows", long["peak"] / 2**30, "GiB", target=MOST_GIBIBYTES, basis=long
    )
    yield Figure("peak against that of a tenth of the rows", long["peak"] / peak, "×", basis=long)


def _load(home: Home, rows: int) -> dict[str, Any]:
    file = home.settings.landing_zone / "routy" / f"{LAST_DAY}.csv"
    size = data.write_routy(file, LAST_DAY, rows)
    # Emptied so that no version is in force: the same bytes again would change nothing.
    if home.query("select to_regclass('bronze.files')") != [(None,)]:
        home.execute("truncate bronze.routy, bronze.quarantine, bronze.files cascade")
    return {"size": size, **home.process("load_one")}
