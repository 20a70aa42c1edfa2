"""From the text of a field to its value: trimming, nulls, dates, money and counts, by the type of the column.

Belongs here: the rules of docs/domain.md, "Cleaning", for single values. Does not: which rows are kept (parsing.py).

A value is cast only when its text has exactly the form that its type allows: the casts of polars drop digits
silently, accept a year 24 and turn 23:59:60 into the next day.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from itertools import product
from typing import NamedTuple

import polars as pl

from growthleads_assets.contracts.schemas import COUNT_DIGITS, MONEY_PRECISION, MONEY_SCALE
from growthleads_assets.landing.refusal import Reason

MONEY = pl.Decimal(MONEY_PRECISION, MONEY_SCALE)
MOMENT = pl.Datetime("us")

_WHOLE_DIGITS = MONEY_PRECISION - MONEY_SCALE
_DECIMAL = r"\A[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)\z"
_MONEY = (
    rf"\A[+-]?(?:0*[0-9]{{1,{_WHOLE_DIGITS}}}(?:\.[0-9]{{0,{MONEY_SCALE}}}0*)?"
    rf"|\.[0-9]{{1,{MONEY_SCALE}}}0*)\z"
)
_WHOLE = r"\A[+-]?(?:[0-9]+(?:\.0*)?|\.0+)\z"
_COUNT = rf"\A[+-]?(?:0*[0-9]{{1,{COUNT_DIGITS}}}(?:\.0*)?|\.0+)\z"

_USUAL_MOMENT = r"\A[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-5][0-9]\z"
_MOMENT = (
    r"\A[0-9]{4}(?:-[0-9]{1,2}-|/[0-9]{1,2}/)[0-9]{1,2}"
    r"(?:[ T][0-9]{1,2}:[0-9]{1,2}(?::[0-5]?[0-9](?:\.[0-9]{1,6})?)?)?\z"
)


def _in_any_case(word: str) -> Iterator[str]:
    return map("".join, product(*({letter.lower(), letter.upper()} for letter in word)))


_NULLS = sorted({spelling for word in ("", "null", "nan", "n/a", "none") for spelling in _in_any_case(word)})


class Form(NamedTuple):
    """How the texts of a column are read.

    ``read`` takes the cleaned texts and the file's day, and gives the values: null for a text that is none, or none of
    that day. ``fault`` takes texts that could not be read, and gives the ``Reason`` of each; None where any can be.
    """

    read: Callable[[pl.Series, date | None], pl.Series]
    fault: Callable[[pl.Series], pl.Series] | None


def clean_texts(fields: pl.DataFrame) -> pl.DataFrame:
    """Trimmed texts of columns of texts; null for the empty text and the spellings of null."""
    # One after the other: an expression that names what is trimmed twice has polars trim it twice.
    trimmed = fields.select(pl.all().str.strip_chars())
    return trimmed.select(pl.all().replace(_NULLS, None))


def form_of(dtype: pl.DataType) -> Form:
    """How a column of this type is read; raises TypeError for a type that no column of a file may have."""
    for known, form in _FORMS:
        if dtype == known:
            return form
    raise TypeError(f"{dtype} is no type for the column of a file; contracts/schemas.py lists those that are")


def _where(condition: pl.Series, values: pl.Series) -> pl.Series:
    """The values where the condition holds, else null."""
    return pl.select(pl.when(condition).then(values)).to_series().alias(values.name)


def _either(condition: pl.Series, reason: Reason, otherwise: Reason) -> pl.Series:
    return pl.select(pl.when(condition).then(pl.lit(reason)).otherwise(pl.lit(otherwise))).to_series()


def _read_text(texts: pl.Series, _day: date | None) -> pl.Series:
    return texts


def _read_money(texts: pl.Series, _day: date | None) -> pl.Series:
    return _where(texts.str.contains(_MONEY), texts).cast(MONEY)


def _money_fault(texts: pl.Series) -> pl.Series:
    return _either(texts.str.contains(_DECIMAL), Reason.TOO_MANY_DIGITS, Reason.NOT_A_DECIMAL)


def _read_count(texts: pl.Series, _day: date | None) -> pl.Series:
    # By way of a decimal, which takes a sign and a point.
    return _where(texts.str.contains(_COUNT), texts).cast(MONEY).cast(pl.Int64)


def _count_fault(texts: pl.Series) -> pl.Series:
    return _either(texts.str.contains(_WHOLE), Reason.TOO_MANY_DIGITS, Reason.NOT_A_COUNT)


def _read_moment(texts: pl.Series, day: date | None) -> pl.Series:
    moments = _moments(texts)
    if day is None:
        return moments
    on_the_day = pl.when(moments.dt.date() == day).then(moments)
    start_of_day = pl.lit(datetime.combine(day, time()), MOMENT)
    return pl.select(pl.when(texts.is_null()).then(start_of_day).otherwise(on_the_day)).to_series().alias(texts.name)


def _moment_fault(texts: pl.Series) -> pl.Series:
    return _either(_moments(texts).is_not_null(), Reason.DATE_OUTSIDE_DAY, Reason.NOT_A_DATE)


def _read_day(texts: pl.Series, _day: date | None) -> pl.Series:
    return _moments(texts).dt.date()


def _day_fault(texts: pl.Series) -> pl.Series:
    return pl.repeat(Reason.NOT_A_DATE, len(texts), dtype=pl.String, eager=True)


def _moments(texts: pl.Series) -> pl.Series:
    """The moments that texts by the date rule mean; null for other texts."""
    is_usual = texts.str.contains(_USUAL_MOMENT)
    # As a rule few texts are the same, so remembering what they mean takes longer than reading them.
    moments = _where(is_usual, texts).str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us", cache=False)
    # The other forms take longer, and as a rule few rows or none have them.
    unusual = (~is_usual).fill_null(value=False).arg_true()
    if not unusual.is_empty():
        moments = moments.scatter(unusual, _unusual_moments(texts.gather(unusual)))
    # Neither PostgreSQL nor a person has a year 0.
    return _where(moments >= datetime.combine(date.min, time()), moments)


def _unusual_moments(texts: pl.Series) -> pl.Series:
    of_the_form = _where(texts.str.contains(_MOMENT), texts)
    plain = of_the_form.str.replace_all("/", "-", literal=True).str.replace("T", " ", literal=True)
    colons = plain.str.count_matches(":", literal=True)
    missing_time = pl.when(colons == 0).then(pl.lit(" 00:00:00")).when(colons == 1).then(pl.lit(":00"))
    complete = pl.select(pl.lit(plain) + missing_time.otherwise(pl.lit(""))).to_series()
    return complete.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", strict=False, time_unit="us")


_FORMS: tuple[tuple[pl.DataType, Form], ...] = (
    (pl.String(), Form(_read_text, None)),
    (MONEY, Form(_read_money, _money_fault)),
    (pl.Int64(), Form(_read_count, _count_fault)),
    (MOMENT, Form(_read_moment, _moment_fault)),
    (pl.Date(), Form(_read_day, _day_fault)),
)
