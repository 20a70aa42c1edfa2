"""Loading one file into bronze with the platform's loader, and the bare COPY that it is held against.

Belongs here: what several measurements of loading share. Does not: what they report.
"""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import psycopg

from benchmarks import data
from benchmarks.harness import Bench, Usage
from benchmarks.homes import LAST_DAY, Home
from growthleads_assets.contracts.registry import SOURCES
from growthleads_assets.home.platform import Platform
from growthleads_assets.landing.zone import discover

BYTES_AT_ONCE = 1 << 20
COPY_COLUMNS = {
    "routy": "date timestamp, marketing_source text, operator text, country text, country_code text, "
    "raw_earnings numeric(21,9), visits bigint, signups bigint",
    "voluum": "date timestamp, voluum_brand text, clicks bigint",
    "manual": "date timestamp, marketing_source text, operator text, raw_earnings numeric(21,9), visits bigint, "
    "signups bigint",
    "scrapers": "date timestamp, marketing_source text, operator text, country text, total_earnings numeric(21,9), "
    "visits bigint",
}
"""The columns of the files as the platform types them, without what it adds."""
ADDED_TO_ROUTY = {
    "operator_key": "text default 'operator 7'",
    "_source": "text default 'routy'",
    "_file": f"text default '{LAST_DAY}.csv'",
    "_line": "bigint default 1",
    "_load_id": "bigint default 1",
    "_day": f"date default '{LAST_DAY}'",
}
"""The columns that a routy row has in bronze beside its own, filled with something as long as what they hold."""


def load_landed(connection: psycopg.Connection, platform: Platform) -> tuple[int, int]:
    """Load the routy file that lies in the landing zone; its rows loaded and quarantined."""
    settings = platform.settings
    landed = discover(settings.landing_zone, SOURCES, start_date=settings.start_date, today=settings.today())
    [file] = [file for file in landed if file.source == "routy"]
    outcome = platform.loader(connection, "benchmark").load_landed(SOURCES["routy"], file)
    if outcome.status != "loaded":
        raise ValueError(f"The generated file was not loaded: {outcome}")
    return outcome.rows_loaded, outcome.rows_quarantined


def timed_load(bench: Bench, home: Home, file: Path) -> Usage:
    """What it takes to load a file into empty tables."""
    place = home.settings.landing_zone / "routy" / f"{LAST_DAY}.csv"
    place.parent.mkdir(parents=True, exist_ok=True)
    with home.platform.connected() as connection:
        connection.execute("truncate bronze.routy, bronze.quarantine, bronze.files cascade")
        connection.execute("checkpoint")
        shutil.rmtree(home.settings.archive_zone, ignore_errors=True)
        shutil.copyfile(file, place)
        return bench.usage(home, lambda: load_landed(connection, home.platform))


def timed_copy(bench: Bench, home: Home, file: Path, *, added: Mapping[str, str] = MappingProxyType({})) -> Usage:
    """What a bare COPY of the file takes, into an empty table of its columns, and of those added, without any index."""
    columns = ", ".join([COPY_COLUMNS["routy"], *(f"{name} {definition}" for name, definition in added.items())])
    home.execute("create schema if not exists bench", "drop table if exists bench.routy")
    home.execute(f"create table bench.routy ({columns})", "checkpoint")
    with home.connected() as connection:
        return bench.usage(home, lambda: copy_file(connection, "routy", file))


def copy_file(connection: psycopg.Connection, source: str, file: Path) -> None:
    """COPY a file as it is into `bench.<source>`."""
    columns = ", ".join(column.split()[0] for column in COPY_COLUMNS[source].split(", "))
    command = f"copy bench.{source} ({columns}) from stdin (format csv, header)"
    with connection.cursor() as cursor, cursor.copy(command.encode()) as copy:
        for block in blocks(file):
            copy.write(block)


def blocks(file: Path) -> Iterator[bytes]:
    """The bytes of a file, a megabyte at a time."""
    with file.open("rb") as content:
        while block := content.read(BYTES_AT_ONCE):
            yield block


@contextmanager
def home_for_loading(bench: Bench) -> Iterator[Home]:
    """An empty home that has loaded a small file, so that nothing is done for the first time."""
    with bench.homes.lent() as home:
        small = bench.folder / "small.csv"
        data.write_routy(small, LAST_DAY, 100)
        timed_load(bench, home, small)
        yield home
