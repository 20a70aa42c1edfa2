"""What it means that a value does not pass a check of its schema, in words for who delivered it.

Belongs here: a wording for every check that pandera knows, and for those that a schema defines itself. Does not: which
values fail, which the schema says.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import pandera.polars as pa
import polars as pl

from growthleads_assets.landing.refusal import Reason, shortened

_LISTED = 10

Statistics = Mapping[str, Any]
"""What a check compares with, by pandera's names for it."""

_WORDINGS: Mapping[str, Callable[[Statistics], str]] = {
    "equal_to": lambda than: f"is not {_shown(than['value'])}",
    "not_equal_to": lambda _: "is not allowed here",
    "greater_than": lambda than: f"is not above {_shown(than['min_value'])}",
    "greater_than_or_equal_to": lambda than: f"is below {_shown(than['min_value'])}",
    "less_than": lambda than: f"is not below {_shown(than['max_value'])}",
    "less_than_or_equal_to": lambda than: f"is above {_shown(than['max_value'])}",
    "in_range": lambda than: (
        f"is not {'at least' if than['include_min'] else 'above'} {_shown(than['min_value'])} "
        f"and {'at most' if than['include_max'] else 'below'} {_shown(than['max_value'])}"
    ),
    "isin": lambda than: f"is none of {_listed(than['allowed_values'])}",
    "notin": lambda _: "is not allowed here",
    "str_matches": lambda than: f"has not the form {than['pattern']}",
    "str_contains": lambda than: f"does not contain {than['pattern']}",
    "str_startswith": lambda than: f"does not start with {than['string']}",
    "str_endswith": lambda than: f"does not end with {than['string']}",
    "field_uniqueness": lambda _: "is there more than once",
}


def reason_and_words(name: str, checks: Iterable[pa.Check]) -> tuple[pl.Expr, pl.Expr]:
    """The ``Reason`` of values that fail the check ``name``, and what they do wrong: ``is below 0``.

    Expressions over the column ``value``, for the length of a text can be wrong in two ways. ``name`` is what pandera
    calls the check in its failure cases; ``checks`` are those of the column, or of the schema for a check of whole
    rows. A check that a schema defines is worded by its own ``error``.
    """
    if name == "not_nullable":
        return pl.lit(Reason.NULL_NOT_ALLOWED), pl.lit("is empty")
    check = next((check for check in checks if name == (check.error or check.name)), None)
    statistics: Statistics = (check and check.statistics) or {}
    known_as = (check and check.name) or name
    if known_as == "str_length":
        return _length(statistics)
    if known_as in _WORDINGS:
        words = _WORDINGS[known_as](statistics)
    else:
        words = name if check and check.error else f"does not pass the check {name}"
    return pl.lit(Reason.OUT_OF_RANGE), pl.lit(words)


def _length(bounds: Statistics) -> tuple[pl.Expr, pl.Expr]:
    fewest, most = (bounds.get(bound) or bounds.get("exact_value") for bound in ("min_value", "max_value"))
    if most is None:
        return pl.lit(Reason.OUT_OF_RANGE), pl.lit(f"has fewer than {_shown(fewest)} characters")
    too_long = pl.when(pl.col("value").str.len_chars() > most)
    return (
        too_long.then(pl.lit(Reason.TOO_LONG)).otherwise(pl.lit(Reason.OUT_OF_RANGE)),
        too_long.then(pl.lit(f"has more than {_shown(most)} characters")).otherwise(
            pl.lit(f"has fewer than {_shown(fewest)} characters")
        ),
    )


def _listed(values: Iterable[Any]) -> str:
    all_values = [_shown(value) for value in values]
    more = ", …" if len(all_values) > _LISTED else ""
    return ", ".join(all_values[:_LISTED]) + more


def _shown(value: Any) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return value.isoformat(" ") if isinstance(value, datetime) else shortened(str(value))
