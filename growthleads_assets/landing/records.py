"""From the bytes of a CSV file to its records and their fields, exactly as they were written.

Belongs here: encoding, line ends, quotes, blank lines, field counts. Does not: what a field means (cleaning.py).

polars reads the physical lines; its CSV reader does not split them, because it pads short records, cuts long ones and
takes quotes in the middle of a field for syntax. Only records that quotes spread over several lines are looked at one
by one.
"""

import codecs
import io
import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO, NamedTuple

import polars as pl

from growthleads_assets.landing.oversized import EXCERPT_CHARACTERS, FIELD, IS_BLANK, PassedOver, pass_over
from growthleads_assets.landing.refusal import (
    FileRefused,
    NeverClosed,
    lone_carriage_return,
    never_closed,
    text_after_quote,
)

# A landed file has no NUL byte: it can stand where no text must be mistaken for it.
_NUL = "\0"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_DECODED_AT_ONCE = 1 << 20

_QUOTED = r'"(?:[^"]|"")*"'
_UNQUOTED = r'[^",\r][^,\r]*|'
# One line that is a record in itself.
_COMPLETE = rf"\A(?:{_QUOTED}|{_UNQUOTED})(?:,(?:{_QUOTED}|{_UNQUOTED}))*\z"
# The same, where quotes do nothing but enclose whole fields without comma or quote: they may be dropped.
_SIMPLE = r'\A(?:"[^",]*"|[^",\r]*)(?:,(?:"[^",]*"|[^",\r]*))*\z'
# With a comma before each field; the opening quote is kept to tell, later, that the field was quoted.
_FIELD = r',(?:("(?:[^"]|"")*)"|([^,]*))'

# A record up to its line end, or to where it stops being one: at a quote that is never closed, at text after a closing
# quote, or at a lone CR.
_RECORD_BYTES = re.compile(rb"%b(?:,%b)*+" % (FIELD, FIELD))
_LONE_CR = re.compile(rb"\r(?!\n)")

_FRAME = pl.Schema({"line": pl.Int64, "raw": pl.String, "cells": pl.String, "width": pl.UInt32, "size": pl.Int64})
_EXCERPT = pl.col("raw").str.head(EXCERPT_CHARACTERS) + "…"


class Records(NamedTuple):
    """The records of a file that are not blank.

    ``frame`` has the columns ``line`` (Int64: the physical line, from 1, on which the record starts), ``raw`` (String:
    its text as landed, without the line end), ``cells`` (its fields, ``separator`` between them), ``width`` (UInt32:
    the number of fields) and ``size`` (Int64: bytes of its text as landed).

    Of a record longer than a row may be, ``raw`` is the beginning; its fields are not told apart, and ``width`` is 0.
    """

    frame: pl.DataFrame
    separator: str

    def of_width(self, width: int) -> "Records":
        """The records that have so many fields."""
        is_so_wide = self.frame["width"] == width
        return self if is_so_wide.all() else self._replace(frame=self.frame.filter(is_so_wide))

    def on_lines(self, lines: pl.Series) -> "Records":
        """The records that start on these lines."""
        return self._replace(frame=self.frame.join(lines.unique().to_frame("line"), on="line", how="semi"))

    def batches(self, size: int) -> Iterator["Records"]:
        """The records in turn, ``size`` at a time; one batch at least."""
        for start in range(0, max(self.frame.height, 1), size):
            yield self._replace(frame=self.frame.slice(start, size))

    def first(self) -> list[str]:
        """The fields of the first record, however many they are; quotes and escapes are resolved."""
        cells: str = self.frame["cells"][0]
        fields = cells.split(self.separator)
        if self.separator == _NUL:
            return [field[1:].replace('""', '"') if field.startswith('"') else field for field in fields]
        return fields

    def fields(self, width: int) -> pl.DataFrame:
        """The fields, one column each, of records that all have ``width`` of them; quotes and escapes are resolved."""
        fields = self.frame.select(pl.col("cells").str.splitn(self.separator, width)).to_series().struct.unnest()
        if self.separator == _NUL:
            return fields.with_columns(_unescaped(column) for column in fields.columns)
        return fields


class Block(NamedTuple):
    """Some records of a file, and where they lie: ``size`` bytes from ``start``, the first on line ``first_line``."""

    start: int
    size: int
    first_line: int
    records: Records

    def without_records(self) -> "Block":
        """Where they lie, to read them again; what they take in memory is free."""
        return self._replace(records=self.records._replace(frame=self.records.frame.clear()))


def read_records(content: bytes, longest: int) -> Records:
    """The records of a file, header included; raises FileRefused for what is not UTF-8 text in the form of CSV.

    ``longest`` is how many bytes a record may have.
    """
    file = io.BytesIO(content)
    refuse_other_encodings(file)
    # One block, but for a last record that is passed over.
    blocks = [block.records for block in record_blocks(file, len(content), longest)]
    return blocks[0]._replace(frame=pl.concat(records.frame for records in blocks))


def refuse_other_encodings(file: BinaryIO) -> None:
    """Raise FileRefused for a file that is not UTF-8 text, or that ends in a lone CR; all of it is read."""
    lines, line_of_nul, end, cut = 0, None, b"", b""
    file.seek(0)
    while piece := file.read(_DECODED_AT_ONCE):
        if file.tell() == len(piece):
            _refuse_other_byte_order_marks(piece)
        if cut or not piece.isascii():
            cut = _refuse_invalid_utf8(cut + piece, lines, goes_on=True)
        if line_of_nul is None and (position := piece.find(b"\0")) >= 0:
            line_of_nul = lines + _line_at(piece, position)
        lines += piece.count(b"\n")
        end = piece[-1:]
    _refuse_invalid_utf8(cut, lines, goes_on=False)
    if line_of_nul is not None:
        raise FileRefused(
            f"Line {line_of_nul} contains a NUL byte, so this is no text file: export it as CSV in UTF-8."
        )
    file.seek(0)
    if file.read(2 * len(_BYTE_ORDER_MARK)) == 2 * _BYTE_ORDER_MARK:
        raise FileRefused("The file starts with two byte order marks: save it as UTF-8 with one or none.")
    if end == b"\r":
        raise lone_carriage_return(lines + 1)


def record_blocks(file: BinaryIO, size: int, longest: int) -> Iterator[Block]:
    """The records of a file that ``refuse_other_encodings`` lets pass, in blocks of about ``size`` bytes; at least one.

    A block ends where a record does, so one record can make it larger, by ``longest`` bytes at most: a longer one is
    passed over (see ``Records``). Raises FileRefused, for the first fault of the file, at the block that has it.
    """
    file.seek(0)
    first = len(_BYTE_ORDER_MARK) if file.read(len(_BYTE_ORDER_MARK)) == _BYTE_ORDER_MARK else 0
    file.seek(first)
    start, line, rest = first, 1, b""
    # Twice as much each time that a record does not end: what was read is not looked through again and again.
    while more := _whole_lines(file, max(size, len(rest)), longest):
        had, rest = len(rest), rest + more
        whole, end = _without_endless_line(rest, longest), 0
        if whole and (not had or _first_record_ends(whole, line)):
            records, end = _records_of(whole, line, longest, goes_on=True)
            if end:
                yield Block(start, end, line, records)
        line += rest.count(b"\n", 0, end)
        start, rest = start + end, rest[end:]
        # All of it is of one record that has not ended, but for a CR that may be part of its line end.
        if len(rest) > longest + 1:
            passed = pass_over(file, start, line)
            yield Block(start, passed.taken, line, _passed_over(line, passed))
            start, line, rest = start + passed.taken, line + passed.lines, b""
            file.seek(start)
    if rest or start == first:
        records, end = _records_of(rest, line, longest, goes_on=False)
        yield Block(start, end, line, records)


def read_again(file: BinaryIO, block: Block, longest: int) -> Records:
    """The records of a block that was read before."""
    file.seek(block.start)
    return _records_of(file.read(block.size), block.first_line, longest, goes_on=False)[0]


def _whole_lines(file: BinaryIO, size: int, longest: int) -> bytes:
    """So many bytes, or as many more as it takes to the end of a line; none at the end of the file.

    Of a line that goes on for more than ``longest`` bytes it is the beginning.
    """
    piece = file.read(size)
    return piece if piece.endswith(b"\n") else piece + file.readline(longest + len(b"\r\n"))


def _without_endless_line(content: bytes, longest: int) -> bytes:
    """Without a last line of which only the beginning was read; a shorter one is whole, and ends with the file."""
    ends = content.rfind(b"\n") + 1
    return content[:ends] if len(content) - ends > longest + 1 else content


def _records_of(content: bytes, first_line: int, longest: int, *, goes_on: bool) -> tuple[Records, int]:
    """The records of whole lines, and where they end: at a record not closed yet, where the file ``goes_on``."""
    if b'"' in content:
        frame, end = _quoted_records(content, first_line, goes_on=goes_on)
        return Records(_cut(_without_blank_lines(frame), longest), _NUL), end
    if b"\r" in content and (found := _LONE_CR.search(content)):
        raise lone_carriage_return(first_line + content.count(b"\n", 0, found.start()))
    frame = _plain_records(content, first_line)
    return Records(_cut(_without_blank_lines(frame), longest), ","), len(content)


def _cut(records: pl.DataFrame, longest: int) -> pl.DataFrame:
    """The records with their ``size``; of those above ``longest`` only the beginning is kept."""
    records = records.with_columns(size=pl.col("raw").str.len_bytes().cast(pl.Int64))
    is_too_long = records["size"] > longest
    if not is_too_long.any():
        return records
    return records.with_columns(
        raw=pl.when(is_too_long).then(_EXCERPT).otherwise("raw"),
        cells=pl.when(is_too_long).then(pl.lit("")).otherwise("cells"),
        width=pl.when(is_too_long).then(0).otherwise("width").cast(pl.UInt32),
    )


def _passed_over(line: int, record: PassedOver) -> Records:
    if record.is_blank:
        return Records(_FRAME.to_frame(), ",")
    values = {"line": [line], "raw": [f"{record.excerpt}…"], "cells": [""], "width": [0], "size": [record.size]}
    return Records(pl.DataFrame(values, schema=_FRAME), ",")


def _refuse_other_byte_order_marks(start: bytes) -> None:
    if start.startswith(_UTF16_MARKS):
        raise FileRefused("The file is encoded as UTF-16: save it as UTF-8.")


def _refuse_invalid_utf8(piece: bytes, lines_before: int, *, goes_on: bool) -> bytes:
    """The first bytes of a character whose others follow, where the file ``goes_on``."""
    try:
        _, decoded = codecs.utf_8_decode(piece, "strict", not goes_on)
    except UnicodeDecodeError as error:
        raise FileRefused(
            f"Line {lines_before + _line_at(piece, error.start)} is not UTF-8 (byte 0x{piece[error.start]:02x}): "
            f"save the file as CSV in UTF-8."
        ) from None
    return piece[decoded:]


def _line_at(content: bytes, position: int) -> int:
    return content.count(b"\n", 0, position) + 1


def _lines(content: bytes, first_line: int) -> pl.DataFrame:
    """The physical lines without their LF or CRLF, as ``line`` and ``raw``."""
    if content.startswith(_BYTE_ORDER_MARK):
        # Further down in the file it is text like any other; polars drops one where its input starts.
        content = _BYTE_ORDER_MARK + content
    lines = pl.read_csv(
        content,
        separator=_NUL,
        schema={"raw": pl.String},
        has_header=False,
        quote_char=None,
        empty_string_is_null=False,
        raise_if_empty=False,
    )
    return lines.select(pl.int_range(first_line, first_line + pl.len(), dtype=pl.Int64).alias("line"), "raw")


def _plain_records(content: bytes, first_line: int) -> pl.DataFrame:
    return _with_width(_lines(content, first_line).with_columns(cells="raw"), ",")


def _with_width(records: pl.DataFrame, separator: str) -> pl.DataFrame:
    return records.with_columns(width=pl.col("cells").str.count_matches(separator, literal=True) + 1)


def _without_blank_lines(records: pl.DataFrame) -> pl.DataFrame:
    has_one_field = records["width"] == 1
    return records.filter(~has_one_field | ~IS_BLANK) if has_one_field.any() else records


def _quoted_records(content: bytes, first_line: int, *, goes_on: bool) -> tuple[pl.DataFrame, int]:
    records = _lines(content, first_line).with_columns(simple=pl.col("raw").str.contains(_SIMPLE))
    incomplete = records.filter(~pl.col("simple")).filter(~pl.col("raw").str.contains(_COMPLETE))
    end = len(content)
    if not incomplete.is_empty():
        long = _records_from(content, incomplete["line"], first_line)
        if long.unclosed and not goes_on:
            raise long.unclosed.refusal
        if long.unclosed:
            end = long.unclosed.position
            records = records.filter(pl.col("line") < long.unclosed.line)
        records = _joined(records, long.records)
    simple = pl.col("raw").str.replace_all('"', "", literal=True).str.replace_all(",", _NUL, literal=True)
    general = ("," + pl.col("raw")).str.replace_all(_FIELD, f"{_NUL}${{1}}${{2}}").str.strip_prefix(_NUL)
    cells = [
        records.filter("simple").with_columns(cells=simple),
        records.filter(~pl.col("simple")).with_columns(cells=general),
    ]
    return _with_width(pl.concat(cells).drop("simple").sort("line"), _NUL), end


def _unescaped(column: str) -> pl.Expr:
    field = pl.col(column)
    content = field.str.strip_prefix('"').str.replace_all('""', '"', literal=True)
    return pl.when(field.str.starts_with('"')).then(content).otherwise(field)


class _LongRecord(NamedTuple):
    line: int
    last_line: int
    raw: str


class _Unclosed(NamedTuple):
    """A record of which the end was not there: where it starts, and the refusal if nothing follows."""

    position: int
    line: int
    refusal: NeverClosed


class _LongRecords(NamedTuple):
    records: list[_LongRecord]
    unclosed: _Unclosed | None


def _joined(lines: pl.DataFrame, records: list[_LongRecord]) -> pl.DataFrame:
    """The lines, those that a long record goes over replaced by it."""
    long = pl.DataFrame(records, schema={"line": pl.Int64, "last_line": pl.Int64, "raw": pl.String}, orient="row")
    covered = long.select(pl.int_ranges("line", pl.col("last_line") + 1).alias("line")).explode("line")
    return pl.concat(
        [
            lines.join(covered, on="line", how="anti"),
            long.select("line", "raw", pl.lit(value=False).alias("simple")),
        ]
    )


def _records_from(content: bytes, lines: Iterable[int], first_line: int) -> _LongRecords:
    """The records that start on these lines, which are none in themselves; a line inside the record before starts none.

    Raises FileRefused where there is no record, unless it may only be that its end is missing.
    """
    records: list[_LongRecord] = []
    position, current = 0, first_line
    for line in lines:
        if line < current:
            continue
        for _ in range(line - current):
            position = content.index(b"\n", position) + 1
        try:
            end = _end_of_record(content, position, line)
        except NeverClosed as refusal:
            return _LongRecords(records, _Unclosed(position, line, refusal))
        last_line = line + content.count(b"\n", position, end)
        records.append(_LongRecord(line, last_line, content[position:end].decode()))
        position, current = content.find(b"\n", end) + 1, last_line + 1
    return _LongRecords(records, None)


def _first_record_ends(content: bytes, line: int) -> bool:
    try:
        _end_of_record(content, 0, line)
    except NeverClosed:
        return False
    return True


def _end_of_record(content: bytes, start: int, line: int) -> int:
    """Where the record ends that starts at ``start``, on ``line``: before its LF or CRLF, or at the end of the file."""
    record = _RECORD_BYTES.match(content, start)
    end = record.end() if record else start
    after = content[end : end + 2]
    if after in (b"", b"\r\n") or after[:1] == b"\n":
        return end
    last_line = line + content.count(b"\n", start, end)
    if after[:1] == b"\r":
        raise lone_carriage_return(last_line)
    if after[:1] == b'"':
        raise never_closed(last_line)
    raise text_after_quote(last_line)
