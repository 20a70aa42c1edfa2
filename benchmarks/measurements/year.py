"""One `growthleads run` that takes in a year from nothing to all six marts, against the least that this can cost.

Four sources, 365 days, 2,000 rows a file. Against it stand a bare COPY of every file and the same SQL through psql:
every table of dbt's compiled project made with `create table … as`, its key, indexes and statistics, each mart from its
view, and every test. As a figure of its own it is held against less than that, the tables alone. The fixed start-up is
what the same command takes in a new home with one small day: it makes the database, the tables and Dagster's storage,
and parses the project unless set-up has. Limited by what the least leaves out: archive copies, bronze's keys and
columns, the comparison with what was published before, and a transaction with its fsync for each file.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

from benchmarks import baseline, data
from benchmarks.harness import Bench, Figure, Usage, seconds
from benchmarks.homes import LAST_DAY, Home

DAYS = 365


def measure(bench: Bench) -> Iterator[Figure]:
    """Seconds of each, and the ratio beyond the start-up."""
    days, shape = bench.scaled(DAYS, at_least=3), data.FULL.scaled(bench.scale)
    first = data.first_of(LAST_DAY, days)
    year, day = bench.folder / "year", bench.folder / "one-day"
    data.write_dimensions(year, shape)
    data.write_days(year, first, LAST_DAY, shape)
    data.write_dimensions(day, data.SMALL)
    data.write_days(day, LAST_DAY, LAST_DAY, data.SMALL)
    models, complete = bench.folder / "models.sql", bench.folder / "complete.sql"
    with bench.homes.lent(first_day=first, shape=shape) as finished:
        _take_in(finished, year)
        baseline.write_statements(finished, models=models, complete=complete)

        def least_copies() -> Usage:
            baseline.empty_tables(finished)
            return bench.usage(finished, lambda: baseline.copy_all(finished, year))

        def through_psql(script: Path) -> Usage:
            # What the script before made goes.
            baseline.empty_tables(finished)
            return bench.usage(finished, lambda: finished.psql("--output=/dev/null", "--file", str(script)))

        copies, tables, sql, run, start = bench.in_turn(
            least_copies,
            lambda: through_psql(models),
            lambda: through_psql(complete),
            lambda: _in_new_home(bench, year),
            lambda: _in_new_home(bench, day),
        )
    yield seconds(f"growthleads run: {days} days of {shape.rows:,} rows in 4 files", run)
    yield seconds("fixed start-up: one small day in a new home", start)
    yield seconds("bare COPY of all files", copies)
    yield seconds("the same SQL through psql", sql)
    yield seconds("the tables alone through psql, without keys, indexes and tests", tables)
    for against, least in (("the same SQL", sql), ("the tables alone", tables)):
        yield Figure(
            f"run beyond the start-up against COPY and {against}",
            (run.wall - start.wall) / (copies.wall + least.wall),
            "×",
            cpu=(run.all_cpu - start.all_cpu) / (copies.all_cpu + least.all_cpu),
            target=2,
        )


def _in_new_home(bench: Bench, files: Path) -> Usage:
    with bench.homes.lent(first_day=data.first_of(LAST_DAY, DAYS)) as home:
        shutil.copytree(files, home.settings.landing_zone, dirs_exist_ok=True)
        return bench.usage(home, lambda: home.growthleads("run"))


def _take_in(home: Home, files: Path) -> None:
    shutil.copytree(files, home.settings.landing_zone, dirs_exist_ok=True)
    home.growthleads("run")
