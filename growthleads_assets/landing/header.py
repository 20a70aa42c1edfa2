"""The header of a file: which field of a row is which column of the source.

Belongs here: column names, missing, repeated and extra ones. Does not: the rows.
"""

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import polars as pl

from growthleads_assets.contracts.registry import Source
from growthleads_assets.landing.refusal import FileRefused, shortened
from growthleads_assets.settings import Limits

_OTHER_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_NAMES_COLUMNS = "The first line that is not blank must name the columns, separated by commas."


class Header(NamedTuple):
    """Column names in the file's order, normalized; the extra ones are those that the source does not know."""

    names: tuple[str, ...]
    extra: tuple[str, ...]


@lru_cache(maxsize=8)
def snake_case(names: tuple[str, ...]) -> tuple[str, ...]:
    """Column names as the platform writes them: ``countryCode`` and `` Country Code`` are ``country_code``.

    Remembered, because the files of a source have one header, and its few names take as long as a thousand rows; only
    the last few, because a header can have as many bytes as a row.
    """
    return tuple(
        pl.Series(names, dtype=pl.String)
        .str.strip_chars()
        .str.replace_all(r"([\p{Ll}0-9])(\p{Lu})", "${1}_${2}")
        .str.replace_all(r"[^\p{L}\p{N}]+", "_")
        .str.to_lowercase()
    )


def refuse_boundless_header(line: int, width: int, size: int, limits: Limits) -> None:
    """Raise FileRefused for a header that is longer than a row, or has more fields than one, may have."""
    if size > limits.longest_row:
        raise FileRefused(
            f"The header on line {line} has {size} bytes, more than the {limits.longest_row} of "
            f"GROWTHLEADS_LONGEST_ROW. {_NAMES_COLUMNS}"
        )
    if width > limits.most_fields:
        raise FileRefused(
            f"The header on line {line} has {width} fields, more than the {limits.most_fields} of "
            f"GROWTHLEADS_MOST_FIELDS: export the file without the columns that nobody needs, or raise the setting."
        )


def read_header(delivered: Sequence[str], line: int, source: Source) -> Header:
    """The header's columns, from its fields; raises FileRefused when one is missing or stands there twice."""
    names = snake_case(tuple(delivered))
    known = source.schema.to_schema().columns
    missing = [name for name in known if name not in names and name not in source.optional_columns]
    if missing:
        raise FileRefused(
            f"The header on line {line} lacks {_columns(missing)}; "
            f"it reads {shortened(','.join(delivered))!r}. {_advice(delivered)}"
        )
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise FileRefused(
            f"The header on line {line} has {_columns(repeated)} more than once: every column needs a name of its own."
        )
    return Header(names, tuple(name for name in names if name not in known))


def _columns(names: Sequence[str]) -> str:
    listed = ", ".join(shortened(name) or "(a column without name)" for name in names[:20])
    return f"the column{'s' if len(names) > 1 else ''} {listed}"


def _advice(delivered: Sequence[str]) -> str:
    if len(delivered) == 1:
        for delimiter, name in _OTHER_DELIMITERS.items():
            if delimiter in delivered[0]:
                return f"Its fields are separated by {name}: export the file with commas."
    return _NAMES_COLUMNS
