"""Random landing zones through the real files, PostgreSQL and dbt project, against the independent calculation."""

from collections.abc import Mapping
from datetime import date
from typing import Any, TypeVar

from hypothesis import given, settings

from growthleads_assets.planning.planner import Plan
from tests import oracle, strategies
from tests.cases import MARTS, START_DATE
from tests.homes import Home, Server

DETAILS = {
    "solution_1_marketing_daily": ("raw_earnings", "clicks", "visits", "signups"),
    "solution_2_marketing_daily": ("raw_earnings", "clicks", "visits", "is_estimated", "is_baseline"),
}
START = date.fromisoformat(START_DATE)

T = TypeVar("T")


# An example takes seconds here and milliseconds elsewhere: a fifth of what the profile asks for (deep: 200).
@settings(max_examples=max(8, settings().max_examples // 5))
@given(history=strategies.histories())
def test_the_platform_says_what_the_oracle_says(server: Server, history: strategies.History) -> None:
    with server.new_home(start_date=START_DATE) as home:
        for count, batch in enumerate(history.batches, start=1):
            home.land(batch)
            left = home.settle()

            assert left.is_empty
            assert_agrees(home, left, history.batches[:count])

        before = everything_published(home)
        again = home.settle()

        assert again.is_empty
        assert everything_published(home) == before


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


def by_text(rows: Mapping[tuple[str, date], T]) -> dict[tuple[str, str], T]:
    """The rows by (name, day as text)."""
    return {(name, str(day)): row for (name, day), row in rows.items()}


def everything_published(home: Home) -> dict[str, list[dict[str, Any]]]:
    """All rows and columns of the six marts, and when each day was published."""
    tables = (*MARTS, "published_days")
    return {table: sorted(home.query(f"select * from gold.{table}"), key=repr) for table in tables}
