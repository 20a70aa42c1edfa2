"""What dimension files mean beyond single values: deal terms, one source per brand, standard operator names.

Belongs here: rules over the rows of one dimension file. Does not: rules for single values, which the schemas hold.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import polars as pl

from growthleads_assets.contracts.formula import FormulaError, Terms, parse_formula
from growthleads_assets.contracts.schemas import lower_case

NOT_A_FORMULA = "not_a_formula"
CONTRADICTS_ROW = "contradicts_row"

_TERM_COLUMNS = ("per_raw_earnings", "per_click", "per_visit", "per_signup", "fixed", "denominator")
# An amount of more digits than anyone pays makes a label unknown: it is no number to compute with.
_LABEL = re.compile(
    r"(?P<kind>ppc|(?:fixed|hybrid)\s*(?P<amount>[0-9]{1,30}\.?[0-9]{0,30}|\.[0-9]{1,30}))", re.ASCII | re.IGNORECASE
)


class Fault(NamedTuple):
    """Something wrong with one row: ``reason`` is a short code, ``detail`` a sentence for a person."""

    line: int
    column: str | None
    value: str | None
    reason: str
    detail: str


def deal_terms(rows: pl.DataFrame) -> tuple[pl.DataFrame, list[Fault]]:
    """The deals with the columns of ``DealTerms``, and their faults.

    Faults (docs/domain.md, "Deals"): ``comments`` that is no formula; rows of one marketing source (``Default`` in
    any case of letters is one) and one ``valid_from`` whose formulas mean different things. The terms of a row
    without a formula are null.
    """
    formulas = _parsed(rows["comments"].unique())
    terms = {text: meaning for text, meaning in formulas.items() if isinstance(meaning, Terms)}
    derived = rows.with_columns(
        (lower_case("marketing_source") == "default").alias("is_default"),
        *_term_columns(rows["comments"], terms),
        pl.Series(
            "label_contradicts",
            [
                label is not None and formula in terms and _contradicts(label, terms[formula])
                for label, formula in rows.select("deal", "comments").iter_rows()
            ],
            pl.Boolean,
        ),
    )
    unreadable = [
        Fault(line, "comments", text, NOT_A_FORMULA, str(meaning))
        for line, text in rows.select("line", "comments").iter_rows()
        if isinstance(meaning := formulas[text], FormulaError)
    ]
    owner = pl.when("is_default").then(pl.lit("Default")).otherwise("marketing_source").alias("owner")
    return derived, unreadable or [
        Fault(
            row["line"],
            "comments",
            row["comments"],
            CONTRADICTS_ROW,
            f"Line {row['first_line']} has other terms for the same marketing source and time: "
            f"keep one of the two rows, or give each its own valid_from.",
        )
        for row in _disagreeing(derived.with_columns(owner), ["owner", "valid_from"], _TERM_COLUMNS)
    ]


def one_source_per_brand(rows: pl.DataFrame) -> tuple[pl.DataFrame, list[Fault]]:
    """The rows as they are, and a fault for every row that gives a brand, in any case, a second marketing source."""
    return rows, [
        Fault(
            row["line"],
            "marketing_source",
            row["marketing_source"],
            CONTRADICTS_ROW,
            f"Line {row['first_line']} gives the same brand to another marketing source: keep one of the two rows.",
        )
        for row in _disagreeing(rows, ["voluum_brand_key"], ["marketing_source"])
    ]


def standard_operators(rows: pl.DataFrame) -> tuple[pl.DataFrame, list[Fault]]:
    """The mapping with the column of ``StandardOperator``, and its faults.

    ``LOL`` directly before the row's own country at the end of ``std_operator``, with something before it, is a
    separator (docs/domain.md, "Mappings"). Faults: rows that map one variant, in any case of letters, to different
    standard operators or countries; names, as delivered or standard, that mean two standard operators in lower case.
    """
    derived = rows.with_columns(_standard_name().alias("standard_operator"))
    conflicts = [
        Fault(
            row["line"],
            "variants",
            row["variants"],
            CONTRADICTS_ROW,
            f"Line {row['first_line']} gives the same variant another operator or country: keep one of the two rows.",
        )
        for row in _disagreeing(derived, ["variants_key"], ["standard_operator", "country"])
    ]
    ambiguities = [
        Fault(
            row["line"],
            "std_operator",
            row["std_operator"],
            CONTRADICTS_ROW,
            f"The same name, but for its case, means another standard operator on line {row['first_line']}: "
            f"write both alike, or give them different names.",
        )
        for row in _disagreeing(_all_names(derived), ["name_key"], ["standard_operator"])
    ]
    return derived, conflicts + ambiguities


def _parsed(texts: Iterable[str]) -> dict[str, Terms | FormulaError]:
    formulas: dict[str, Terms | FormulaError] = {}
    for text in texts:
        try:
            formulas[text] = parse_formula(text)
        except FormulaError as error:
            formulas[text] = error
    return formulas


def _term_columns(formulas: pl.Series, terms: Mapping[str, Terms]) -> list[pl.Series]:
    numbers = {
        text: (meant.raw_earnings, meant.clicks, meant.visits, meant.signups, meant.fixed, meant.denominator)
        for text, meant in terms.items()
    }
    return [
        pl.Series(name, [str(numbers[text][place]) if text in numbers else None for text in formulas], pl.String)
        for place, name in enumerate(_TERM_COLUMNS)
    ]


def _contradicts(label: str, terms: Terms) -> bool:
    """Whether the usual meaning of a deal's label is another than its formula's; an unknown label has none."""
    known = _LABEL.fullmatch(label)
    if known is None:
        return False
    per_click, fixed = (Fraction(number, terms.denominator) for number in (terms.clicks, terms.fixed))
    amount = Fraction((known["amount"] or "0").rstrip("."))
    pays_per_click = not known["kind"].lower().startswith("fixed")
    return not (
        terms.raw_earnings == terms.denominator
        and terms.visits == terms.signups == 0
        and fixed == amount
        and (per_click > 0 if pays_per_click else per_click == 0)
    )


def _standard_name() -> pl.Expr:
    name, country = pl.col("std_operator"), pl.col("country")
    separator = pl.lit("LOL") + country
    before = name.str.strip_suffix(separator).str.strip_chars_end()
    separated = name.str.ends_with(separator) & (before != "")
    return pl.when(separated).then(before + " " + country).otherwise(name)


def _all_names(mapping: pl.DataFrame) -> pl.DataFrame:
    """Every name that may stand for a standard operator, in lower case as ``name_key``, in the order of the lines."""
    return pl.concat(
        [
            mapping.with_columns(lower_case("std_operator", "name_key")),
            mapping.with_columns(lower_case("standard_operator", "name_key")),
        ]
    ).sort("line", maintain_order=True)


def _disagreeing(rows: pl.DataFrame, key: Sequence[str], meaning: Sequence[str]) -> list[dict[str, Any]]:
    """Rows that differ in ``meaning`` from the first row of the same ``key``, each with that row's ``first_line``.

    Nulls are equal to each other. A line is named once.
    """
    firsts = rows.with_columns(pl.col("line", *meaning).first().over(key).name.prefix("first_"))
    differs = pl.any_horizontal(pl.col(column).ne_missing(pl.col(f"first_{column}")) for column in meaning)
    return firsts.filter(differs).unique("line", keep="first", maintain_order=True).to_dicts()
