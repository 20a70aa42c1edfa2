"""What a deal formula may say, what it means exactly, and that no text can do harm."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from growthleads_assets.contracts.formula import MAX_DIGITS, MAX_LENGTH, VARIABLES, FormulaError, Terms, parse_formula
from tests.cases import ACCEPTED_FORMULAS, REFUSED_FORMULAS

Amounts = Mapping[str, int]


def factors(terms: Terms) -> tuple[Fraction, ...]:
    """The factors of the variables, in their order, and the constant."""
    numerators = (terms.raw_earnings, terms.clicks, terms.visits, terms.signups, terms.fixed)
    return tuple(Fraction(numerator, terms.denominator) for numerator in numerators)


def value(terms: Terms, amounts: Amounts) -> Fraction:
    *own, constant = factors(terms)
    products = (factor * amounts[name] for factor, name in zip(own, VARIABLES, strict=True))
    return constant + sum(products, Fraction(0))


def refusal(text: str) -> str:
    with pytest.raises(FormulaError) as refused:
        parse_formula(text)
    return str(refused.value)


# ----------------------------------------------------------------------------------------------------------------------
# By hand
# ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("formula", ACCEPTED_FORMULAS)
def test_accepted_formulas_mean_what_was_worked_out_by_hand(formula: str) -> None:
    assert factors(parse_formula(formula)) == tuple(Fraction(factor) for factor in ACCEPTED_FORMULAS[formula])


@pytest.mark.parametrize("formula", REFUSED_FORMULAS)
def test_everything_else_is_refused_in_a_sentence(formula: str) -> None:
    sentence = refusal(formula)
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_terms_are_whole_numbers_over_the_least_common_denominator() -> None:
    # 1/3 raw_earnings + 1/4 clicks + 1/2 = (4 raw_earnings + 3 clicks + 6) / 12
    assert parse_formula("raw_earnings/3 + clicks*.25 + 0.5") == Terms(4, 3, 0, 0, 6, 12)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("raw_earnings/2 + 1", "total commission = (RAW_EARNINGS + 2) * 0.5"),
        ("clicks/-2", "-0.50*clicks"),
        ("0*visits", "clicks - clicks"),
        ("1/3 + 1/6", ".5"),
    ],
)
def test_formulas_that_mean_the_same_have_equal_terms(one: str, other: str) -> None:
    assert parse_formula(one) == parse_formula(other)


@pytest.mark.parametrize(
    "prefix",
    [
        "total commision=",
        "total commission=",
        "Total\tCommision  = ",
        "TOTALCOMMISSION=",
        "\n total\ncommission\n=\n",
        "",
    ],
)
def test_the_prefix_is_optional_in_either_spelling_any_case_and_spacing(prefix: str) -> None:
    assert parse_formula(f"{prefix}clicks*10") == Terms(0, 10, 0, 0, 0, 1)


def test_blanks_of_any_kind_separate() -> None:
    assert parse_formula("\u00a0raw_earnings\u2003+\r\n100\t") == Terms(1, 0, 0, 0, 100, 1)


@pytest.mark.parametrize(
    ("formula", "part", "position"),
    [
        ("raw_earnings + 1e3", "1e3", 16),
        ("0x10*clicks", "0x10", 1),
        ("clicks*1_000", "1_000", 8),
        ("raw_earnings**2", "**", 13),
        ("raw_earnings//2", "//", 13),
        ("2*max(clicks)", "max", 3),
        ("total commision= earnings", "earnings", 18),
        ("1.2.3", "1.2.3", 1),
        ("raw_earnings = 5", "=", 14),
        ("clicks % 2", "%", 8),
        ("10 clicks", "clicks", 4),
        ("clicks(2)", "(", 7),
        ("1 + (clicks", "(", 5),
        ("clicks) + 1", ")", 7),
        ("()", ")", 2),
        ("1 + clicks*(visits + 1)", "clicks*(visits + 1)", 5),
        ("1 + 100/raw_earnings", "raw_earnings", 9),
        ("clicks/(1 - 1)", "(1 - 1)", 8),
        ("clicks/0.0", "0.0", 8),
        ("\u0663*clicks", "\u0663", 1),
        ("c\u013aicks", "c\u013aicks", 1),
        ("clic\u212as", "clic\u212as", 1),
    ],
)
def test_a_refusal_names_the_offending_part_and_where_it_stands(formula: str, part: str, position: int) -> None:
    sentence = refusal(formula)
    assert f"`{part}`" in sentence
    assert f"position {position}" in sentence


def test_a_formula_that_ends_too_early_is_said_to() -> None:
    assert "ends where a number or a variable is missing, after `raw_earnings +`" in refusal("raw_earnings + ")
    assert "empty" in refusal("  ")
    assert "empty" in refusal("total commission =")


# ----------------------------------------------------------------------------------------------------------------------
# Hostile
# ----------------------------------------------------------------------------------------------------------------------


def test_parentheses_may_nest_as_deep_as_the_length_allows() -> None:
    deep = (MAX_LENGTH - len("clicks")) // 2
    assert parse_formula("(" * deep + "clicks" + ")" * deep) == Terms(0, 1, 0, 0, 0, 1)
    assert parse_formula("-" * (MAX_LENGTH - 1) + "1") == Terms(0, 0, 0, 0, -1, 1)
    assert parse_formula("-(" * 3_000 + "1" + ")" * 3_000) == Terms(0, 0, 0, 0, 1, 1)


@pytest.mark.parametrize("text", ["(" * 5_000, "(" * 5_000 + "1", "1" + ")" * 5_000, "-" * MAX_LENGTH])
def test_deep_nesting_that_is_wrong_is_refused(text: str) -> None:
    assert len(refusal(text)) < 300


@pytest.mark.parametrize("text", ["1" + "+1" * 5_000, " " * MAX_LENGTH + "1", "(" * 1_000_000])
def test_a_text_that_is_too_long_is_refused(text: str) -> None:
    assert f"{len(text):,} characters; at most 10,000" in refusal(text)


def test_the_longest_sum_is_added_up() -> None:
    assert parse_formula("1" + "+1" * 4_999) == Terms(0, 0, 0, 0, 5_000, 1)


def test_numbers_have_up_to_a_thousand_digits_exactly() -> None:
    largest = "9" * MAX_DIGITS
    assert parse_formula(largest) == Terms(0, 0, 0, 0, 10**MAX_DIGITS - 1, 1)
    assert parse_formula(f"-{largest}*clicks").clicks == 1 - 10**MAX_DIGITS
    assert "more than 1,000 digits" in refusal(f"1 + {largest}")
    assert "more than 1,000 digits" in refusal("9" * (MAX_DIGITS + 1))
    assert parse_formula("0" * 5_000 + "7." + "0" * 4_000) == Terms(0, 0, 0, 0, 7, 1)


@pytest.mark.parametrize(
    "text",
    [
        "*".join(["9" * 900] * 11),
        "clicks" + "/7" * 4_000,
        "+".join(f"1/{number}" for number in range(1_000, 2_400)),
        f"clicks/{'3' * 900} + visits/{'7' * 899}",
        "0." + "0" * 5_000 + "1",
    ],
)
def test_numbers_that_grow_beyond_bounds_are_refused(text: str) -> None:
    sentence = refusal(text)
    assert "1,000 digits" in sentence
    assert len(sentence) < 300


# ----------------------------------------------------------------------------------------------------------------------
# Random
# ----------------------------------------------------------------------------------------------------------------------


@given(st.one_of(st.text(), st.text("0123456789.+-*/() clicksvt_e=\n\u0663\u00a0", max_size=40)))
@example("\ud800")
@example("\0")
@example("total commision= " * 3)
def test_any_text_is_a_formula_or_refused(text: str) -> None:
    try:
        terms = parse_formula(text)
    except FormulaError as error:
        assert str(error).endswith(".")  # noqa: PT017 - both outcomes are right
    else:
        assert terms.denominator > 0


@dataclass(frozen=True)
class Expression:
    """A formula as text, fully bracketed or not, and how to evaluate it; ``None`` is what must be refused."""

    text: str
    names: frozenset[str]
    factors: tuple[Fraction, ...] | None


def _number(text: str) -> Expression:
    constant = Fraction(text.rstrip("."))
    return Expression(text, frozenset(), (*(Fraction(0),) * len(VARIABLES), constant))


def _variable(name: str, spelling: str) -> Expression:
    return Expression(spelling, frozenset({name}), tuple(Fraction(name == other) for other in (*VARIABLES, None)))


def _constant(expression: tuple[Fraction, ...]) -> Fraction | None:
    return None if any(expression[:-1]) else expression[-1]


def _combined(left: Expression, sign: str, right: Expression, blank: str) -> Expression:
    text = f"({left.text}{blank}){sign}{blank}({right.text})"
    names = left.names | right.names
    if left.factors is None or right.factors is None:
        return Expression(text, names, None)
    return Expression(text, names, _result(left.factors, sign, right))


def _result(left: tuple[Fraction, ...], sign: str, divisor: Expression) -> tuple[Fraction, ...] | None:
    right = divisor.factors or ()
    pairs = tuple(zip(left, right, strict=True))
    if sign == "+":
        return tuple(one + other for one, other in pairs)
    if sign == "-":
        return tuple(one - other for one, other in pairs)
    if sign == "/":
        constant = None if divisor.names else right[-1]
        return tuple(factor / constant for factor in left) if constant else None
    if (constant := _constant(right)) is not None:
        return tuple(constant * factor for factor in left)
    if (constant := _constant(left)) is not None:
        return tuple(constant * factor for factor in right)
    return None


def _negated(inner: Expression) -> Expression:
    negative = None if inner.factors is None else tuple(-factor for factor in inner.factors)
    return Expression(f"-({inner.text})", inner.names, negative)


LEAVES = st.one_of(
    st.sampled_from(("0", "1", "2", "10", "0.5", ".25", "3.", "007", "0.015")).map(_number),
    st.sampled_from(VARIABLES).flatmap(
        lambda name: st.sampled_from((name, name.upper(), name.title())).map(lambda spelling: _variable(name, spelling))
    ),
)
EXPRESSIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(_combined, inner, st.sampled_from("++--**/"), inner, st.sampled_from(("", " ", "\t "))),
        inner.map(_negated),
    ),
    max_leaves=12,
)


@given(EXPRESSIONS)
def test_random_expressions_mean_what_their_trees_do(expression: Expression) -> None:
    if expression.factors is None:
        refusal(expression.text)
    else:
        assert factors(parse_formula(expression.text)) == expression.factors


NUMBERS = st.sampled_from(("1", "2", "3", "7", "0.5", "10"))


@given(
    st.lists(
        st.tuples(st.sampled_from("+-*/"), st.sampled_from(("", "+", "-", "--")), NUMBERS), min_size=1, max_size=8
    ),
    st.fixed_dictionaries({name: st.integers(-5, 100) for name in VARIABLES}),
)
def test_without_parentheses_the_usual_precedence_holds(steps: list[tuple[str, str, str]], amounts: Amounts) -> None:
    text, total, product = "clicks", Fraction(0), Fraction(amounts["clicks"])
    for sign, unary, number in steps:
        text += f" {sign} {unary}{number}"
        right = Fraction(number) * (-1 if unary == "-" else 1)
        if sign in "+-":
            total, product = total + product, right if sign == "+" else -right
        else:
            product = product * right if sign == "*" else product / right
    assert value(parse_formula(text), amounts) == total + product
