"""Random landing zones through the real files, PostgreSQL and dbt project, against the independent calculation."""

import hashlib
import tempfile
from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import given, settings

from growthleads_assets.contracts.registry import SOURCES
from growthleads_assets.planning.planner import Plan
from tests import oracle, strategies
from tests.cases import MARTS, START_DATE
from tests.homes import Home, Server

DETAILS = {
    "solution_1_marketing_daily": ("raw_earnings", "clicks", "visits", "signups"),
    "solution_2_marketing_daily": ("raw_earnings", "clicks", "visits", "is_estimated", "is_baseline"),
}
BOOKKEEPING = ("load_id", "_load_id", "run_id", "inputs", "first_published_at", "published_at")
"""Columns that a rebuild numbers and dates anew."""
START = date.fromisoformat(START_DATE)

Number = tuple[str, str, str]
"""A mart, a marketing source or operator, and a day or month."""

T = TypeVar("T")


# An example takes many seconds here and milliseconds elsewhere: a tenth of what the profile asks for (deep: 100).
@settings(max_examples=settings().max_examples // 10)
@given(history=strategies.histories())
def test_the_platform_says_what_the_oracle_says(server: Server, history: strategies.History) -> None:
    with server.new_home(start_date=START_DATE) as home:
        books = Books(home)
        for count, batch in enumerate(history.batches, start=1):
            home.land(batch)
            if stop_after := history.interruptions[count - 1]:
                home.settle(stop_after=stop_after)
            left = home.settle(with_tests=True)

            assert left.is_empty
            assert_agrees(home, left, history.batches[:count])
            books.check(batch)

        before = everything_published(home)
        again = home.settle()

        assert again.is_empty
        assert everything_published(home) == before
        with tempfile.TemporaryDirectory() as folder:
            home.copy_zones(Path(folder))
            accepted = everything_accepted(home)
            before = everything_published(home, but=BOOKKEEPING)
            with server.home_on(Path(folder), start_date=START_DATE) as rebuilt:
                rebuilt.restore()
                left = rebuilt.settle()

                assert left.is_empty
                assert everything_accepted(rebuilt) == accepted
                assert everything_published(rebuilt, but=BOOKKEEPING) == before


def assert_agrees(home: Home, left: Plan, batches: list[dict[str, bytes]]) -> None:
    """All that the platform says after the batches is what the oracle says."""
    landed = oracle.land(batches, start_date=START)
    expected = oracle.evaluate(landed.in_force, start_date=START)

    assert {file.place for file, _ in left.refused} == landed.not_accepted.keys()
    assert not left.waiting
    assert not left.unreadable
    assert home.quarantined() == {
        f"{source}/{name}": list(outcome.quarantined)
        for (source, name), outcome in expected.outcomes.items()
        if outcome.quarantined
    }
    assert home.published() == {part: {str(day) for day in expected.published[part]} for part in (1, 2)}
    assert {mart: home.commissions(mart) for mart in MARTS} == {
        mart: by_text(rows) for mart, rows in expected.commissions().items()
    }
    parts = {"solution_1_marketing_daily": expected.part_1, "solution_2_marketing_daily": expected.part_2}
    for mart, names in DETAILS.items():
        rows = home.daily_rows(mart)
        assert {key: {name: row[name] for name in names} for key, row in rows.items()} == {
            key: {name: getattr(row, name) for name in names} for key, row in by_text(parts[mart].daily).items()
        }, mart


class Books:
    """Follows the marts from landing to landing, and holds the restatement ledger against them."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.numbers: dict[Number, Decimal] = {}
        self.periods: set[tuple[str, str]] = set()
        self.rows_seen = 0

    def check(self, batch: Mapping[str, bytes]) -> None:
        """The ledger says how each number came from what it was before the batch to what it is now.

        A period published for the first time begins with what its first row started from, or has no row.
        """
        after = {(mart, *key): amount for mart in MARTS for key, amount in self.home.commissions(mart).items()}
        rows = self.home.ledger(since=self.rows_seen)
        story = dict(self.numbers)
        told: set[Number] = set()
        for row in rows:
            number = (row["mart"], row["key"], row["period"].isoformat())
            if number in told or (number[0], number[2]) in self.periods:
                assert row["old_commission"] == story.get(number), number
            assert row["difference"] == (row["new_commission"] or 0) - (row["old_commission"] or 0)
            self._check_cause(row, batch)
            told.add(number)
            if row["new_commission"] is None:
                story.pop(number, None)
            else:
                story[number] = row["new_commission"]
        for number in after.keys() | story.keys():
            if number in told or (number[0], number[2]) in self.periods:
                assert after.get(number) == story.get(number), number
        self.numbers = after
        self.periods = self._published_periods()
        self.rows_seen += len(rows)

    def _check_cause(self, row: Mapping[str, Any], batch: Mapping[str, bytes]) -> None:
        landed = {(path.split("/")[0].removesuffix(".csv"), path.split("/")[-1]): path for path in batch}
        causes = {(cause["source"], cause["file"]): cause for cause in row["causes"]}
        # A day published for the first time comes of all its files, some of which may have waited for the others.
        assert row["kind"] == "accrual" or causes.keys() <= landed.keys(), row
        assert (row["cause_source"], row["cause_file"]) in landed, row
        last = causes[row["cause_source"], row["cause_file"]]
        assert (row["old_sha256"], row["new_sha256"]) == (last["old_sha256"], last["new_sha256"])
        assert last["new_sha256"] == hashlib.sha256(batch[landed[row["cause_source"], row["cause_file"]]]).hexdigest()
        assert row["kind"] == "restatement" or not row["mart"].startswith(("solution_1_mark", "solution_2_mark"))

    def _published_periods(self) -> set[tuple[str, str]]:
        """(mart, day or month) of all that was ever published, with rows or without."""
        periods = set(self.periods)
        for part, days in self.home.published().items():
            for day in days:
                periods |= {(f"solution_{n}_marketing_daily", day) for n in (part, 3)}
                periods |= {(f"solution_{n}_operators_monthly", f"{day[:8]}01") for n in (part, 3)}
        return periods


def by_text(rows: Mapping[tuple[str, date], T]) -> dict[tuple[str, str], T]:
    """The rows by (name, day as text)."""
    return {(name, str(day)): row for (name, day), row in rows.items()}


def everything_published(home: Home, but: Collection[str] = ()) -> dict[str, list[dict[str, Any]]]:
    """All rows of the six marts, and when each day was published; all columns but some."""
    tables = (*MARTS, "published_days")
    return {table: rows_of(home, f"gold.{table}", but) for table in tables}


def everything_accepted(home: Home) -> dict[str, list[dict[str, Any]]]:
    """Every version that was ever accepted with its history and quarantine, and the rows of those in force."""
    tables = {table: rows_of(home, f"bronze.{table}", BOOKKEEPING) for table in (*SOURCES, "dimension_changes")}
    versions = home.query(
        "select source, file, day, sha256, rows_loaded, rows_quarantined, earnings, archived_as, superseded_at is null "
        "as is_in_force from bronze.files where status = 'loaded' order by source, file, load_id"
    )
    quarantine = home.query(
        "select rows.source, rows.file, line, raw_line, column_name, value, rows.reason, detail, fields::text, "
        "resolved_at is null as is_held, archived_as from bronze.quarantine as rows join bronze.files using (load_id) "
        "order by rows.source, rows.file, archived_as, line"
    )
    return {**tables, "files": versions, "quarantine": quarantine}


def rows_of(home: Home, table: str, but: Collection[str]) -> list[dict[str, Any]]:
    """The rows of a table without some of its columns, in an order that does not depend on these."""
    rows = home.query(f"select * from {table}")
    return sorted(({name: row[name] for name in row if name not in but} for row in rows), key=repr)
