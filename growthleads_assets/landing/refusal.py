"""What can be wrong with a file as a whole, and with one of its rows.

Belongs here: the exception that refuses a file, the reasons for which a row is quarantined. Does not: finding them.
"""

import re
from enum import StrEnum

SHOWN_CHARACTERS = 60
"""How much of a value is shown in a sentence: a field may be a megabyte long."""

UNSHOWN = "[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]"
"""What is no text to a terminal or a log: control characters, line ends, marks that turn the direction of writing."""

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


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
    ROW_TOO_LONG = "row_too_long"


class NeverClosed(FileRefused):
    """A quote opens and does not close in what was looked at."""


def never_closed(line: int) -> NeverClosed:
    """The refusal for a quoted field that starts on this line and has no end."""
    return NeverClosed(f"The quote that opens on line {line} is never closed: close it, or double it if it is text.")


def lone_carriage_return(line: int) -> FileRefused:
    """The refusal for a CR that ends no line."""
    return FileRefused(
        f"Line {line} contains a carriage return (CR) without a line feed (LF) after it: "
        f"save the file with LF or CRLF as line ends."
    )


def text_after_quote(line: int) -> FileRefused:
    """The refusal for a quoted field that goes on behind its closing quote."""
    return FileRefused(
        f"Line {line} has text after a closing quote: a comma or the line's end must follow it; "
        f"double a quote that is part of the text."
    )


def shortened(text: str) -> str:
    """Text as it is shown in a sentence: nothing in it that a terminal or a log would take for more than text."""
    text = re.sub(UNSHOWN, REPLACEMENT, text)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
