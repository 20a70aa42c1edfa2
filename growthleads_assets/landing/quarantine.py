"""Which rows are held back and why: faults of form and of the schema, wrong numbers of fields, repeated rows.

Belongs here: finding the faults of rows, saying them in sentences, one entry a row. Does not: refusing files
(parsing.py).
"""

from collections.abc import Iterable, Sequence

import pandera.errors
import pandera.polars as pa
import polars as pl

from growthleads_assets.contracts.derivations import Fault
from growthleads_assets.contracts.schemas import lower_case
from growthleads_assets.landing.checks import reason_and_words
from growthleads_assets.landing.cleaning import form_of
from growthleads_assets.landing.oversized import EXCERPT_CHARACTERS
from growthleads_assets.landing.refusal import REPLACEMENT, SHOWN_CHARACTERS, UNSHOWN, Reason

FAULTS = pl.Schema(
    {"line": pl.Int64, "column_name": pl.String, "value": pl.String, "reason": pl.String, "detail": pl.String}
)
"""Columns of a frame of faults, of which a line can have several; ``column_name`` and ``value`` can be null."""

ENTRIES = pl.Schema(
    {
        "line": pl.Int64,
        "raw_line": pl.String,
        "column_name": pl.String,
        "value": pl.String,
        "reason": pl.String,
        "detail": pl.String,
        "fields": pl.String,
    }
)
"""Columns of a frame of entries: see ``ParsedFile.quarantined``."""

# A frame of several chunks is copied into one to be hashed: not the whole of it at once.
_HASHED_AT_ONCE = 100_000

# What pandera names a check by: the check of a column, or of whole rows.
_BY_CHECK = ("schema_context", "column", "check")


def _worded(sentence: str, *values: str | pl.Expr) -> pl.Expr:
    """A sentence with values, or columns by name, in place of ``{}``; null where one of them is null.

    What polars' own `format` is for; of polars 2.1 that panics over a column in several parts, the first of which is
    empty, as where the first faulty row lies further down in a large file.
    """
    texts = [pl.lit(text) for text in sentence.split("{}")]
    parts = [part for pair in zip(texts, (*values, pl.lit("")), strict=True) for part in pair]
    return pl.concat_str(parts)


_COLUMN = pl.col("column_name")
_VALUE = (
    pl.when(pl.col("value").str.len_chars() > SHOWN_CHARACTERS)
    .then(pl.col("value").str.head(SHOWN_CHARACTERS) + "…")
    .otherwise("value")
    .str.replace_all(UNSHOWN, REPLACEMENT)
)
_SENTENCES = {
    Reason.NOT_A_DATE: _worded("{} `{}` is no date: write it like 2024-03-26 or 2024-03-26 13:45:00.", _COLUMN, _VALUE),
    Reason.DATE_OUTSIDE_DAY: _worded(
        "{} `{}` is not on the file's day: correct it, or land the row in the file of its day.", _COLUMN, _VALUE
    ),
    Reason.NOT_A_DECIMAL: _worded(
        "{} `{}` is no plain decimal: write it like -1234.56, without currency, exponent or separators of thousands.",
        _COLUMN,
        _VALUE,
    ),
    Reason.NOT_A_COUNT: _worded("{} `{}` is no whole number: write it like 12.", _COLUMN, _VALUE),
    Reason.TOO_MANY_DIGITS: _worded(
        "{} `{}` has more digits than are kept, 12 before the decimal point and 9 after it: correct it.",
        _COLUMN,
        _VALUE,
    ),
    Reason.NULL_NOT_ALLOWED: _worded("{} is empty: fill it in.", _COLUMN),
    Reason.OUT_OF_RANGE: pl.when(_COLUMN.is_null())
    .then(_worded("The row {}: correct it.", "words"))
    .otherwise(_worded("{} `{}` {}: correct it.", _COLUMN, _VALUE, "words")),
    Reason.TOO_LONG: _worded("{} `{}` {}: shorten it.", _COLUMN, _VALUE, "words"),
}


def value_faults(texts: pl.DataFrame, typed: pl.DataFrame, schema: type[pa.DataFrameModel]) -> pl.DataFrame:
    """The faults of single values, at most one for each row and column, in the order of lines and of columns.

    ``texts`` and ``typed`` are the same rows, with ``line`` and the schema's columns. A text without a value has not
    the form that the column's type asks for; all else is the schema's to judge.
    """
    columns = typed.drop("line").columns
    found = [*_faults_of_form(texts, typed.select(columns)), *_faults_of_schema(texts, typed.select(columns), schema)]
    if not found:
        return FAULTS.to_frame()
    return (
        pl.concat(found, how="diagonal")
        .with_columns(pl.col("column_name").cast(pl.Enum(columns)))
        .unique(["line", "column_name"], keep="first", maintain_order=True)
        .sort("line", "column_name", nulls_last=True)
        .with_columns(pl.col("column_name").cast(pl.String))
        .with_columns(detail=_sentence())
        .select(FAULTS.names())
    )


def _sentence() -> pl.Expr:
    return pl.coalesce(pl.when(pl.col("reason") == reason).then(sentence) for reason, sentence in _SENTENCES.items())


def _faults_of_form(texts: pl.DataFrame, typed: pl.DataFrame) -> Iterable[pl.DataFrame]:
    for column in typed.iter_columns():
        fault = form_of(column.dtype).fault
        if fault is None or not column.has_nulls():
            continue
        text = texts.select("line", value=column.name).filter(column.is_null() & texts[column.name].is_not_null())
        yield text.with_columns(
            pl.lit(column.name).alias("column_name"),
            fault(text["value"]).alias("reason"),
            words=pl.lit(None, pl.String),
        )


def _faults_of_schema(
    texts: pl.DataFrame, typed: pl.DataFrame, schema: type[pa.DataFrameModel]
) -> Iterable[pl.DataFrame]:
    try:
        schema.validate(typed, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        cases = errors.failure_cases
        if cases["index"].has_nulls():
            raise  # a whole column is not what the schema says: no fault of the file
        for (context, name, check), failed in cases.partition_by(*_BY_CHECK, as_dict=True).items():
            of_column = schema.to_schema().columns[str(name)] if context == "Column" else None
            value = str(name) if of_column else pl.lit(None, pl.String)
            reason, words = reason_and_words(str(check), (of_column or schema.to_schema()).checks)
            yield texts.select("line", value=value)[failed["index"]].with_columns(
                column_name=pl.lit(of_column and name, pl.String), reason=reason, words=words
            )


def too_long(records: pl.DataFrame, longest: int) -> pl.DataFrame:
    """A fault for every record of more than ``longest`` bytes, of which the fields were not told apart."""
    return records.filter(pl.col("size") > longest).select(
        "line",
        column_name=pl.lit(None, pl.String),
        value=pl.lit(None, pl.String),
        reason=pl.lit(Reason.ROW_TOO_LONG),
        detail=_worded(
            f"The row has {{}} bytes, more than the {{}} of GROWTHLEADS_LONGEST_ROW, and only its first "
            f"{EXCERPT_CHARACTERS} characters are shown here: correct it in the whole file (a quote may be missing), "
            "or raise the setting.",
            "size",
            pl.lit(longest),
        ),
    )


def wrong_widths(records: pl.DataFrame, width: int) -> pl.DataFrame:
    """A fault for every record that has not ``width`` fields, apart from those of which they were not told apart."""
    return records.filter(pl.col("width") != width, pl.col("width") != 0).select(
        "line",
        column_name=pl.lit(None, pl.String),
        value=pl.lit(None, pl.String),
        reason=pl.lit(Reason.FIELD_COUNT),
        detail=_worded(
            "The line has {} instead of {} fields: give every column its field, and quote a value with a comma in it.",
            "width",
            pl.lit(width),
        ),
    )


def row_hashes(rows: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    """A number for each row, the same for rows equal in ``columns``, and rarely for others (UInt64)."""
    batches = rows.select(columns).iter_slices(_HASHED_AT_ONCE)
    return pl.concat([pl.Series(dtype=pl.UInt64), *(batch.hash_rows() for batch in batches)])


def repeats(rows: pl.DataFrame, columns: Sequence[str], *, apart_from: pl.DataFrame) -> pl.DataFrame:
    """A fault for every row equal in ``columns`` to one before it, leaving those aside that have faults already.

    Null is equal to null only.
    """
    if rows.is_empty():
        return FAULTS.to_frame()
    # Hashing takes a fraction of the memory that comparing whole rows does; those of one hash are compared.
    repeated = rows.filter(row_hashes(rows, columns).is_duplicated()).join(
        apart_from, on="line", how="anti", maintain_order="left"
    )
    return (
        repeated.select("line", first_line=pl.col("line").first().over(columns))
        .filter(pl.col("line") != pl.col("first_line"))
        .select(
            "line",
            column_name=pl.lit(None, pl.String),
            value=pl.lit(None, pl.String),
            reason=pl.lit(Reason.DUPLICATE),
            detail=_worded(
                "The row repeats line {}, so it counts once: delete it, or set its time apart if both are meant.",
                "first_line",
            ),
        )
    )


def derivation_faults(found: Iterable[Fault]) -> pl.DataFrame:
    """The faults that a source's derivation found, with the column and value that they are about in the sentence."""
    faults = pl.DataFrame(list(found), schema=FAULTS, orient="row")
    detail = pl.col("detail").str.replace_all(UNSHOWN, REPLACEMENT)
    about = pl.when(pl.col("value").is_not_null()).then(_worded("{} `{}`: {}", _COLUMN, _VALUE, detail))
    return faults.with_columns(detail=about.otherwise(detail)).sort("line", maintain_order=True)


def entries(faults: pl.DataFrame, records: pl.DataFrame, texts: pl.DataFrame, folded: Sequence[str]) -> pl.DataFrame:
    """What is quarantined, one row a record, in the order of lines: see ``ParsedFile.quarantined``.

    ``records`` has the ``line`` and ``raw`` text of the faulty records, ``texts`` the ``line`` and the cleaned texts of
    those with the right number of fields.
    """
    by_line = faults.group_by("line", maintain_order=True).agg(
        pl.col("column_name", "value", "reason").first(), pl.col("detail").str.join(" ")
    )
    columns = texts.drop("line").columns
    fields = texts.select(
        "line", fields=pl.struct(*columns, *map(lower_case, folded)).struct.json_encode().cast(pl.String)
    )
    return (
        by_line.join(records.select("line", raw_line="raw"), on="line", how="left")
        .join(fields, on="line", how="left")
        .select(ENTRIES.names())
        .sort("line")
    )
