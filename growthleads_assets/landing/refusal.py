"""What can be wrong with a file as a whole, and with one of its rows.

Belongs here: the exception that refuses a file, the reasons for which a row is quarantined. Does not: finding them.
"""

from enum import StrEnum

SHOWN_CHARACTERS = 60
"""How much of a value is shown in a sentence: a field may be a megabyte long."""


class FileRefused(Exception):
    """No row of the file can be loaded; ``str()`` says in a sentence what is wrong, where, and what to do."""


class Reason(StrEnum):
    """Why a row is quarantined; a derivation may add codes of its own."""

    DUPLICATE = "duplicate"
    FIELD_COUNT = "field_count"
    NOT_A_DATE = "not_a_date"
    DATE_OUTSIDE_DAY = "date_outside_day"
    NOT_A_DECIMAL = "not_a_decimal"
    NOT_A_COUNT = "not_a_count"
    TOO_MANY_DIGITS = "too_many_digits"
    NULL_NOT_ALLOWED = "null_not_allowed"
    OUT_OF_RANGE = "out_of_range"
    TOO_LONG = "too_long"


def shortened(text: str) -> str:
    """Text as it is shown in a sentence."""
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
