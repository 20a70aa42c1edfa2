"""From the bytes of a file to typed rows and quarantined rows, or to the reason why the file is refused.

Belongs here: the order of the steps, what refuses a file. Does not: reading files or tables; the steps themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from growthleads_assets.contracts.registry import Source
from growthleads_assets.contracts.schemas import folded_columns, lower_case
from growthleads_assets.landing import quarantine
from growthleads_assets.landing.cleaning import clean_text, form_of
from growthleads_assets.landing.header import Header, read_header
from growthleads_assets.landing.records import Records, read_records
from growthleads_assets.landing.refusal import FileRefused, Reason

_BATCH = 250_000
"""Records that are cleaned at a time."""

__all__ = ["FileRefused", "ParsedFile", "Reason", "parse_file"]


@dataclass(frozen=True)
class ParsedFile:
    """The content of an accepted file.

    ``rows``: ``line`` (Int64: the physical line, from 1, on which the record starts), the schema's columns, the columns
    of the source's derivation, and ``<column>_key`` (String: lower case) for the folded ones.

    ``quarantined``, one row per record held back: ``line``; ``raw_line`` (its text as landed); ``column_name`` and
    ``value`` of the first fault in the header's order, null where the fault is the row's; ``reason`` (a ``Reason``);
    ``detail`` (all faults in sentences, with what to do); ``fields`` (a JSON object, as text, of the cleaned texts by
    column and the ``<column>_key`` of folded ones; null where the number of fields is wrong).

    Every record is in one of the two: ``rows_read`` is the sum of their heights. ``extra_columns`` were ignored.
    """

    rows: pl.DataFrame
    quarantined: pl.DataFrame
    rows_read: int
    extra_columns: tuple[str, ...]


def parse_file(content: bytes, source: Source, day: date | None) -> ParsedFile:
    """Clean and judge a file of ``source`` by the rules of docs/domain.md, "Cleaning".

    ``day`` is an event file's day, None for a dimension. Raises FileRefused for a fault of the file as a whole, and
    in a dimension for any fault of a row but a repeat.
    """
    header, records = _after_header(read_records(content), source)
    width = len(header.names)
    typed, value_faults = _typed(records.of_width(width), header, source, day)
    faults = pl.concat([quarantine.wrong_widths(records.frame, width), value_faults])
    _refuse_faulty_dimension(source, faults)
    repeats = quarantine.repeats(typed, list(source.schema.to_schema().columns), apart_from=value_faults)
    rows, derived_faults = _derived(_without(typed, pl.concat([value_faults, repeats])), source)
    _refuse_faulty_dimension(source, derived_faults)
    faults = pl.concat([faults, repeats, derived_faults])
    faulty = records.on_lines(faults["line"])
    texts = _texts(faulty.of_width(width), header, source)
    return ParsedFile(
        rows=_without(rows, derived_faults),
        quarantined=quarantine.entries(faults, faulty.frame, texts, folded_columns(source.schema)),
        rows_read=records.frame.height,
        extra_columns=header.extra,
    )


def _after_header(records: Records, source: Source) -> tuple[Header, Records]:
    if records.frame.is_empty():
        raise FileRefused("The file is empty: even the header is missing. Its first line must name the columns.")
    header = read_header(records.first(), records.frame["line"][0], source)
    return header, records._replace(frame=records.frame.slice(1))


def _typed(records: Records, header: Header, source: Source, day: date | None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The values of the records, by the schema's columns and ``line``, and the faults that make some of them null.

    Done in batches: the texts of all rows at once would take several times the memory that their values do.
    """
    typed, faults = [], []
    for batch in records.batches(_BATCH):
        texts = _texts(batch, header, source)
        typed.append(
            texts.with_columns(
                form_of(column.dtype.type).read(texts[name], day).alias(name)
                for name, column in source.schema.to_schema().columns.items()
            )
        )
        faults.append(quarantine.value_faults(texts, typed[-1], source.schema))
    return pl.concat(typed), pl.concat(faults)


def _texts(records: Records, header: Header, source: Source) -> pl.DataFrame:
    """The cleaned texts of the schema's columns, in the header's order, with ``line``; null for a column left out."""
    fields = records.fields(len(header.names))
    known = source.schema.to_schema().columns
    delivered = [
        clean_text(field).alias(name) for name, field in zip(header.names, fields, strict=True) if name in known
    ]
    left_out = [pl.lit(None, pl.String).alias(name) for name in known if name not in header.names]
    return records.frame.select("line", *delivered, *left_out)


def _derived(rows: pl.DataFrame, source: Source) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows in the schema's order of columns with keys and derived columns, and the faults of the derivation."""
    rows = _with_keys(rows.select("line", *source.schema.to_schema().columns), folded_columns(source.schema))
    if source.derivation is None:
        return rows, quarantine.derivation_faults([])
    rows, found = source.derivation.compute(rows)
    if source.derivation.schema is not None:
        rows = _with_keys(rows, folded_columns(source.derivation.schema))
    return rows, quarantine.derivation_faults(found)


def _with_keys(rows: pl.DataFrame, folded: Sequence[str]) -> pl.DataFrame:
    return rows.with_columns(map(lower_case, folded))


def _without(rows: pl.DataFrame, faults: pl.DataFrame) -> pl.DataFrame:
    return rows if faults.is_empty() else rows.join(faults, on="line", how="anti", maintain_order="left")


def _refuse_faulty_dimension(source: Source, faults: pl.DataFrame) -> None:
    """A dimension is loaded whole or not at all: a dropped deal would silently pay the wrong rate."""
    if source.is_event or faults.is_empty():
        return
    first = faults.sort("line", maintain_order=True).row(0, named=True)
    others = faults["line"].n_unique() - 1
    more = f" {others:,} more row{'s are' if others > 1 else ' is'} faulty." if others else ""
    raise FileRefused(
        f"Line {first['line']}: {first['detail']}{more} "
        f"A dimension file is loaded whole or not at all: mend it and land it again."
    )
