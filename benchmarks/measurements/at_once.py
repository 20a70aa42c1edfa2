"""Eight runs over eight different days started at once, against the same one after another.

Each is a `growthleads backfill` of one day, which reads its files again and recalculates and publishes it. Runs write
one at a time, so what happens at once is their start. Afterwards all tables must say what they said before: a row that
is there twice fails the measurement. Limited by the processors, on which eight starts of Python compete.
"""

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

from benchmarks import data
from benchmarks.harness import Bench, Figure, ratio, seconds
from benchmarks.homes import LAST_DAY, Home, ProcessFailed
from benchmarks.measurements.corrected_day import SHORT
from growthleads_assets.warehouse.publication import MARTS

RUNS = 8


def measure(bench: Bench) -> Iterator[Figure]:
    """Seconds of each, and the ratio."""
    home = bench.homes.with_history(bench.scaled(SHORT, at_least=RUNS), data.FULL.scaled(bench.scale))
    days = [LAST_DAY - timedelta(days=number) for number in range(RUNS)]
    before = _said(home)
    at_once, in_order = bench.in_turn(
        lambda: bench.usage(home, lambda: _rebuild(home, days, workers=RUNS)),
        lambda: bench.usage(home, lambda: _rebuild(home, days, workers=1)),
    )
    if _said(home) != before:
        raise ProcessFailed("The tables say something else after the same days were rebuilt at once.")
    yield seconds(f"{RUNS} runs at once", at_once)
    yield seconds(f"{RUNS} runs one after another", in_order)
    yield ratio("at once against one after another", at_once, in_order, target=1)


def _rebuild(home: Home, days: Sequence[date], *, workers: int) -> None:
    with ThreadPoolExecutor(workers) as pool:
        done = [pool.submit(home.growthleads, "backfill", "--from", f"{day}", "--to", f"{day}") for day in days]
    for one in done:
        one.result()


def _said(home: Home) -> str:
    """A fingerprint of all rows of bronze and the marts, without which load brought them."""
    digest = hashlib.sha256()
    for source in data.EVENT_SOURCES:
        digest.update(str(home.query(f"select _day, _line from bronze.{source} order by _day, _line")).encode())
    for mart in MARTS:
        digest.update(str(home.query(f"select * from gold.{mart} order by 1, 2, 3")).encode())
    return digest.hexdigest()
