"""The six marts written as CSV with 3 years of history, by what `growthleads export` does, against psql's copy.

Both write six files over one connection. What the command costs before it reads anything is in `startup`; the command
itself, once for each mart, is a line of its own without a target. psql copies the tables as they lie, while an export
is ordered by key, which is what limits it.
"""

from collections.abc import Iterator

import psycopg

from benchmarks import data
from benchmarks.harness import Bench, Figure, ratio, seconds
from benchmarks.measurements.corrected_day import LONG
from growthleads_assets.warehouse.export import export_to
from growthleads_assets.warehouse.publication import MONTHLY_MARTS

MARTS = (*(f"solution_{part}_marketing_daily" for part in MONTHLY_MARTS), *MONTHLY_MARTS.values())


def measure(bench: Bench) -> Iterator[Figure]:
    """Seconds of each, and the ratio."""
    home = bench.homes.with_history(bench.scaled(LONG, at_least=8), data.FULL.scaled(bench.scale))
    folder = bench.folder / "exported"
    folder.mkdir(exist_ok=True)

    def export() -> None:
        with psycopg.connect(home.database.conninfo, autocommit=True) as connection:
            for mart in MARTS:
                export_to(connection, mart, folder / f"{mart}.csv")

    def copy() -> None:
        home.psql(*(f"--command=\\copy gold.{mart} to '{folder}/{mart}.psql' (format csv, header)" for mart in MARTS))

    def commands() -> None:
        for mart in MARTS:
            home.growthleads("export", mart, "--output", str(folder / f"{mart}.csv"))

    exported, copied, by_command = bench.in_turn(
        lambda: bench.usage(home, export), lambda: bench.usage(home, copy), lambda: bench.usage(home, commands)
    )
    [(rows,)] = home.query(f"select {' + '.join(f'(select count(*) from gold.{mart})' for mart in MARTS)}")
    yield seconds(f"export of the six marts, {rows:,} rows", exported)
    yield seconds("psql \\copy of the same", copied)
    yield ratio("export against psql", exported, copied, target=1.5)
    yield seconds("six commands `growthleads export`", by_command)
