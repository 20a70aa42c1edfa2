"""From the bytes of a file to typed rows and quarantined rows, or to the reason why the file is refused.

Belongs here: the order of the steps, what refuses a file. Does not: reading files or tables; the steps themselves.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO

import polars as pl

from growthleads_assets.contracts.registry import Source
from growthleads_assets.contracts.schemas import folded_columns, lower_case
from growthleads_assets.landing import quarantine
from growthleads_assets.landing.cleaning import clean_texts, form_of
from growthleads_assets.landing.header import Header, read_header, refuse_boundless_header
from growthleads_assets.landing.records import (
    Block,
    Records,
    read_again,
    read_records,
    record_blocks,
    refuse_other_encodings,
)
from growthleads_assets.landing.refusal import FileRefused, Reason
from growthleads_assets.settings import LIMITS, Limits

_BATCH = 150_000
"""Records that are cleaned at a time, and the most rows of a batch: one that is held back takes half a kilobyte and
more, though it may have landed as two bytes.
"""

_FIRSTS_AT_ONCE = 500_000
"""Rows that others may repeat, of which so many are held in memory to be compared."""

__all__ = ["Batch", "FileRefused", "ParsedFile", "Reason", "parse_file", "parse_in_batches"]


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


@dataclass(frozen=True)
class Batch:
    """A part of what ``ParsedFile`` holds. All batches of a file together hold the same, in the order of lines but for
    repeats, which are found last.

    ``withdrawn``, with the columns of ``rows``, are rows of batches before that turned out to repeat others: they are
    among ``quarantined`` here, and are not to be counted among the rows.
    """  # noqa: D205

    rows: pl.DataFrame
    quarantined: pl.DataFrame
    withdrawn: pl.DataFrame
    extra_columns: tuple[str, ...]


def parse_file(content: bytes, source: Source, day: date | None, limits: Limits = LIMITS) -> ParsedFile:
    """Clean and judge a file of ``source`` by the rules of docs/domain.md, "Cleaning".

    ``day`` is an event file's day, None for a dimension. Raises FileRefused for a fault of the file as a whole, and
    in a dimension for any fault of a row but a repeat.
    """
    header, records = _after_header(read_records(content, limits.longest_row), source, limits)
    typed, faults, value_faults = _judged(records, header, source, day, limits)
    _refuse_faulty_dimension(source, faults)
    repeats = quarantine.repeats(typed, list(source.schema.to_schema().columns), apart_from=value_faults)
    rows, derived_faults = _derived(_without(typed, pl.concat([value_faults, repeats])), source)
    _refuse_faulty_dimension(source, derived_faults)
    faults = pl.concat([faults, repeats, derived_faults])
    return ParsedFile(
        rows=_without(rows, derived_faults),
        quarantined=_entries(faults, records, header, source),
        rows_read=records.frame.height,
        extra_columns=header.extra,
    )


def parse_in_batches(
    file: BinaryIO, source: Source, day: date | None, batch_bytes: int, limits: Limits = LIMITS
) -> Iterator[Batch]:
    """As ``parse_file``, some ``batch_bytes`` of the file at a time; one batch at least.

    A batch has a bounded number of rows, however short they are. Beyond it, the text that it is from and 16 bytes for
    each row that is not held back are in memory; before the last batches, up to 40 where many rows are equal.

    The file must stay open and unchanged until the last batch. Raises FileRefused at any batch, the first one or the
    last: nothing of the file is to be kept then.

    Where rules hold over several rows, as they do in a dimension, the whole file is one batch.
    """
    if not source.is_event or source.derivation is not None:
        file.seek(0)
        parsed = parse_file(file.read(), source, day, limits)
        yield Batch(parsed.rows, parsed.quarantined, parsed.rows.clear(), parsed.extra_columns)
        return
    refuse_other_encodings(file)
    known = list(source.schema.to_schema().columns)
    read: list[tuple[Block, pl.DataFrame]] = []
    header = None
    for block in record_blocks(file, batch_bytes, limits.longest_row):
        records = block.records
        if header is None:
            if records.frame.is_empty():
                continue
            try:
                header, records = _after_header(records, source, limits)
            except FileRefused:
                # What is no CSV at all is said before what is wrong with its header.
                _exhaust(record_blocks(file, batch_bytes, limits.longest_row))
                raise
        hashed = []
        for some in records.batches(_BATCH):
            typed, faults, value_faults = _judged(some, header, source, day, limits)
            rows, _ = _derived(_without(typed, value_faults), source)
            hashed.append(rows.select("line", hash=quarantine.row_hashes(rows, known)))
            yield Batch(rows, _entries(faults, some, header, source), rows.clear(), header.extra)
        read.append((block.without_records(), pl.concat(hashed)))
    if header is None:
        raise _empty()
    yield from _repeats(file, read, header, source, day, limits.longest_row)


def _repeats(
    file: BinaryIO,
    read: Sequence[tuple[Block, pl.DataFrame]],
    header: Header,
    source: Source,
    day: date | None,
    longest_row: int,
) -> Iterator[Batch]:
    """Batches that withdraw the rows that repeat an earlier one; ``read`` are blocks, each with the hashes of its rows.

    Only rows of which another has the same hash are read again, and compared.
    """
    known = list(source.schema.to_schema().columns)
    hashes = pl.concat(hashed["hash"] for _, hashed in read).sort()
    shared = hashes.filter(hashes == hashes.shift(1)).unique().to_frame()
    for some in shared.iter_slices(_FIRSTS_AT_ONCE):
        firsts: list[pl.DataFrame] = []
        for block, hashed in read:
            lines = hashed.join(some, on="hash", how="semi")["line"]
            if lines.is_empty():
                continue
            for records in read_again(file, block, longest_row).on_lines(lines).batches(_BATCH):
                typed, no_faults = _typed(records, header, source, day)
                candidates = pl.concat([*firsts, typed])
                repeats = quarantine.repeats(candidates, known, apart_from=no_faults)
                firsts = [_without(candidates, repeats)]
                if not repeats.is_empty():
                    rows, _ = _derived(typed.join(repeats, on="line", how="semi"), source)
                    entries = _entries(repeats, records, header, source)
                    yield Batch(rows.clear(), entries, rows, header.extra)


def _exhaust(blocks: Iterable[Block]) -> None:
    for _ in blocks:
        pass


def _after_header(records: Records, source: Source, limits: Limits) -> tuple[Header, Records]:
    if records.frame.is_empty():
        raise _empty()
    line, width, size = records.frame.select("line", "width", "size").row(0)
    refuse_boundless_header(line, width, size, limits)
    header = read_header(records.first(), line, source)
    return header, records._replace(frame=records.frame.slice(1))


def _empty() -> FileRefused:
    return FileRefused("The file is empty: even the header is missing. Its first line must name the columns.")


def _judged(
    records: Records, header: Header, source: Source, day: date | None, limits: Limits
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The values of the records that have the header's width, all faults found so far, and those of single values."""
    width = len(header.names)
    typed, value_faults = _typed(records.of_width(width), header, source, day)
    others = (
        quarantine.too_long(records.frame, limits.longest_row),
        quarantine.wrong_widths(records.frame, width),
    )
    return typed, pl.concat([*others, value_faults]), value_faults


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
    delivered = {name: field for name, field in zip(header.names, fields.columns, strict=True) if name in known}
    texts = clean_texts(fields.select(pl.col(field).alias(name) for name, field in delivered.items()))
    left_out = [pl.lit(None, pl.String).alias(name) for name in known if name not in delivered]
    return texts.insert_column(0, records.frame["line"]).with_columns(left_out)


def _entries(faults: pl.DataFrame, records: Records, header: Header, source: Source) -> pl.DataFrame:
    """What is quarantined of the records, by their faults."""
    if faults.is_empty():
        return quarantine.ENTRIES.to_frame()
    faulty = records.on_lines(faults["line"])
    texts = _texts(faulty.of_width(len(header.names)), header, source)
    return quarantine.entries(faults, faulty.frame, texts, folded_columns(source.schema))


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
