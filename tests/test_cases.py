"""The hand-calculated cases, through the real files, PostgreSQL and dbt project."""

from decimal import Decimal

import pytest
from hypothesis import settings

from tests.cases import CASES, MARTS, START_DATE, Case
from tests.homes import Server

# dbt's tests look at what the cases give in `make test-deep`; at random histories they look each time.
WITH_TESTS = settings.get_current_profile_name() == "deep"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_marts_are_what_was_worked_out_by_hand(server: Server, case: Case) -> None:
    with server.new_home(start_date=START_DATE) as home:
        lefts = [home.land_and_settle(batch, with_tests=WITH_TESTS) for batch in case.batches]
        left = lefts[-1]

        assert {mart: home.commissions(mart) for mart in MARTS} == {mart: case.expected[mart] for mart in MARTS}
        for mart, rows in case.details.items():
            found = home.daily_rows(mart)
            for key, details in rows.items():
                expected = {name: _typed(name, value) for name, value in details.items()}
                assert {name: found[key][name] for name in details} == expected, (mart, key)
        by_path = {_path(name): lines for name, lines in home.quarantined().items()}
        expected_lines = {path: list(lines) for path, lines in case.quarantined.items() if lines}
        assert {path: lines for path, lines in by_path.items() if path in expected_lines} == expected_lines
        assert by_path.keys() - expected_lines.keys() == set()
        assert {file.place for file, _ in left.refused} == case.refused
        assert {file.place for file, _ in left.waiting} == case.waiting
        for part, days in case.published.items():
            if part in (1, 2):
                assert home.published()[part] == set(days)
        assert left.is_empty


def _typed(name: str, value: str | int | bool) -> object:
    return Decimal(value) if name == "raw_earnings" else value


def _path(source_and_file: str) -> str:
    """Cases name dimension files as they lie at the top of the landing zone."""
    source, file = source_and_file.split("/")
    return file if file == f"{source}.csv" else source_and_file
