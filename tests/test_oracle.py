"""The oracle and the hand-calculated cases check one another; on random histories the oracle keeps the books."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import strategies
from tests.cases import (
    ACCEPTED_DIMENSIONS,
    ACCEPTED_FORMULAS,
    CASES,
    REFUSED_DIMENSIONS,
    REFUSED_FORMULAS,
    START_DATE,
    Case,
)
from tests.oracle import (
    FileKey,
    FormulaParser,
    Landed,
    Part,
    Refused,
    Result,
    evaluate,
    file_key,
    judge,
    land,
    share_cents,
)

TODAY = date(2025, 4, 1)


def landed_case(case: Case) -> Landed:
    return land(case.batches, start_date=date.fromisoformat(START_DATE), today=TODAY)


def key_of(path: str) -> FileKey:
    key = file_key(path)
    assert key is not None
    return key


def as_text(mart: Mapping[tuple[str, date], Decimal]) -> dict[tuple[str, str], Decimal]:
    return {(name, day.isoformat()): amount for (name, day), amount in mart.items()}


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    assert isinstance(request.param, Case)
    return request.param


def test_commissions_are_those_worked_out_by_hand(case: Case) -> None:
    commissions = evaluate(landed_case(case).in_force).commissions()
    assert {mart: as_text(rows) for mart, rows in commissions.items()} == case.expected


def test_further_columns_are_those_worked_out_by_hand(case: Case) -> None:
    result = evaluate(landed_case(case).in_force)
    daily = {"solution_1_marketing_daily": result.part_1.daily, "solution_2_marketing_daily": result.part_2.daily}
    for mart, details in case.details.items():
        for (source, day), columns in details.items():
            row = daily[mart][source, date.fromisoformat(day)]
            assert {name: getattr(row, name) for name in columns} == {
                name: Decimal(value) if isinstance(value, str) else value for name, value in columns.items()
            }


def test_rows_are_quarantined_as_worked_out_by_hand(case: Case) -> None:
    outcomes = evaluate(landed_case(case).in_force).outcomes
    quarantined = {key: outcome.quarantined for key, outcome in outcomes.items() if outcome.quarantined}
    assert quarantined == {key_of(path): rows for path, rows in case.quarantined.items()}
    for path, rows_read in case.rows_read.items():
        assert outcomes[key_of(path)].rows_read == rows_read


def test_files_are_refused_or_wait_as_worked_out_by_hand(case: Case) -> None:
    not_accepted = landed_case(case).not_accepted
    assert {path for path, outcome in not_accepted.items() if outcome.status == "refused"} == case.refused
    assert {path for path, outcome in not_accepted.items() if outcome.status == "waiting"} == case.waiting


def test_days_are_published_as_worked_out_by_hand(case: Case) -> None:
    published = evaluate(landed_case(case).in_force).published
    for part, days in case.published.items():
        assert published[part] == {date.fromisoformat(day) for day in days}


@pytest.mark.parametrize("fault", REFUSED_DIMENSIONS)
def test_refused_dimensions(fault: str) -> None:
    for path, content in REFUSED_DIMENSIONS[fault].items():
        assert judge(*key_of(path), content.encode()).status == "refused"


@pytest.mark.parametrize("merit", ACCEPTED_DIMENSIONS)
def test_accepted_dimensions(merit: str) -> None:
    for path, content in ACCEPTED_DIMENSIONS[merit].items():
        assert judge(*key_of(path), content.encode()).status == "loaded"


@pytest.mark.parametrize("formula", REFUSED_FORMULAS)
def test_refused_formulas(formula: str) -> None:
    with pytest.raises(Refused):
        FormulaParser(formula).parse()


@pytest.mark.parametrize("formula", ACCEPTED_FORMULAS)
def test_accepted_formulas(formula: str) -> None:
    terms = FormulaParser(formula).parse()
    assert (*terms.coefficients, terms.constant) == tuple(Fraction(text) for text in ACCEPTED_FORMULAS[formula])


def test_what_a_day_waits_for_is_named() -> None:
    names = {case.name: case for case in CASES}
    web_traffic = evaluate(landed_case(names["a_day_waits_for_routy_and_voluum"]).in_force).waiting[1]
    assert web_traffic == {
        date(2024, 3, 27): ("routy",),
        date(2024, 3, 28): ("routy",),
        date(2024, 3, 30): ("voluum",),
    }
    scrapers = evaluate(landed_case(names["a_day_waits_for_its_figures_and_voluum"]).in_force).waiting[2]
    assert scrapers == {
        date(2024, 3, 25): ("voluum",),
        date(2024, 3, 27): ("voluum",),
        date(2024, 3, 29): ("scrapers",),
    }
    before_mappings = evaluate(landed_case(names["nothing_before_each_dimension"]).in_force).waiting[1]
    assert before_mappings == {date(2024, 3, 26): ("central_mapping",)}


@given(
    cents=st.integers(0, 10_000),
    weights=st.dictionaries(st.sampled_from("abcBÉ"), st.fractions(0, 100, max_denominator=9), min_size=1),
)
def test_shares_add_up_and_each_is_within_a_cent_of_its_due(cents: int, weights: dict[str, Fraction]) -> None:
    shares = share_cents(cents, weights)
    total = sum(weights.values())
    assert sum(shares.values()) == cents
    for name, share in shares.items():
        due = cents * weights[name] / total if total else Fraction(cents, len(weights))
        assert abs(share - due) < 1


def _assert_months_are_the_days(part: Part) -> None:
    """The operators' months add up to the sources' days to the cent."""
    by_month: dict[date, Decimal] = {}
    for (_, day), row in part.daily.items():
        month = day.replace(day=1)
        by_month[month] = by_month.get(month, Decimal(0)) + row.total_commission
    operators: dict[date, Decimal] = {}
    for (_, month), amount in part.monthly.items():
        operators[month] = operators.get(month, Decimal(0)) + amount
    assert operators == by_month


@given(history=strategies.histories())
def test_books_balance_on_random_histories(history: strategies.History) -> None:
    files = strategies.in_force(history)
    result: Result = evaluate(files)
    for outcome in result.outcomes.values():
        assert outcome.status == "loaded"
        assert outcome.rows_read == outcome.rows_loaded + outcome.rows_quarantined
        assert outcome.rows_quarantined == len(outcome.quarantined)
    for part in (result.part_1, result.part_2):
        _assert_months_are_the_days(part)
        assert all(row.total_commission >= 0 for row in part.daily.values())
    for part_number, part in ((1, result.part_1), (2, result.part_2)):
        assert {day for _, day in part.daily} <= result.published[part_number]
        assert result.published[part_number].isdisjoint(result.waiting[part_number])
    for row in result.part_2.daily.values():
        assert row.raw_earnings >= 0
        assert not (row.is_baseline and (row.is_estimated or row.total_commission))


@given(history=strategies.histories())
def test_only_the_last_accepted_versions_count(history: strategies.History) -> None:
    files = strategies.in_force(history)
    at_once = {f"{source}/{name}": content for (source, name), content in files.items()}
    assert strategies.in_force(strategies.History([at_once])) == files
