"""From the bytes of a CSV file to its records and their fields, exactly as they were written.

Belongs here: encoding, line ends, quotes, blank lines, field counts. Does not: what a field means (cleaning.py).

polars reads the physical lines; its CSV reader does not split them, because it pads short records, cuts long ones and
takes quotes in the middle of a field for syntax. Only records that quotes spread over several lines are looked at one
by one.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import polars as pl

from growthleads_assets.landing.refusal import FileRefused

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
# quote, or at a lone CR. Possessive, so that nothing is scanned twice.
_FIELD_BYTES = rb'(?:"[^"]*+(?:""[^"]*+)*+"|[^",\r\n][^,\r\n]*+)?+'
_RECORD_BYTES = re.compile(rb"%b(?:,%b)*+" % (_FIELD_BYTES, _FIELD_BYTES))
_LONE_CR = re.compile(rb"\r(?!\n)")


class Records(NamedTuple):
    """The records of a file that are not blank.

    ``frame`` has the columns ``line`` (Int64: the physical line, from 1, on which the record starts), ``raw`` (String:
    its text as landed, without the line end), ``cells`` (its fields, ``separator`` between them) and ``width``
    (UInt32: the number of fields).
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


def read_records(content: bytes) -> Records:
    """The records of a file, header included; raises FileRefused for what is not UTF-8 text in the form of CSV."""
    _refuse_other_encodings(content)
    content = content.removeprefix(_BYTE_ORDER_MARK)
    if content.startswith(_BYTE_ORDER_MARK):
        raise FileRefused("The file starts with two byte order marks: save it as UTF-8 with one or none.")
    if content.endswith(b"\r"):
        raise _lone_carriage_return(_line_at(content, len(content)))
    if b'"' in content:
        return _without_blank_lines(Records(_quoted_records(content), _NUL))
    if b"\r" in content and (found := _LONE_CR.search(content)):
        raise _lone_carriage_return(_line_at(content, found.start()))
    return _without_blank_lines(Records(_plain_records(content), ","))


def _refuse_other_encodings(content: bytes) -> None:
    if content.startswith(_UTF16_MARKS):
        raise FileRefused("The file is encoded as UTF-16: save it as UTF-8.")
    if not content.isascii():
        _refuse_invalid_utf8(content)
    if (position := content.find(b"\0")) >= 0:
        raise FileRefused(
            f"Line {_line_at(content, position)} contains a NUL byte, so this is no text file: "
            f"export it as CSV in UTF-8."
        )


def _refuse_invalid_utf8(content: bytes) -> None:
    start = 0
    while start < len(content):
        end = content.find(b"\n", start + _DECODED_AT_ONCE) + 1 or len(content)
        try:
            content[start:end].decode()
        except UnicodeDecodeError as error:
            position = start + error.start
            raise FileRefused(
                f"Line {_line_at(content, position)} is not UTF-8 (byte 0x{content[position]:02x}): "
                f"save the file as CSV in UTF-8."
            ) from None
        start = end


def _lone_carriage_return(line: int) -> FileRefused:
    return FileRefused(
        f"Line {line} contains a carriage return (CR) without a line feed (LF) after it: "
        f"save the file with LF or CRLF as line ends."
    )


def _line_at(content: bytes, position: int) -> int:
    return content.count(b"\n", 0, position) + 1


def _lines(content: bytes) -> pl.DataFrame:
    """The physical lines without their LF or CRLF, as ``line`` and ``raw``."""
    lines = pl.read_csv(
        content,
        separator=_NUL,
        schema={"raw": pl.String},
        has_header=False,
        quote_char=None,
        empty_string_is_null=False,
        raise_if_empty=False,
    )
    return lines.select(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("line"), "raw")


def _plain_records(content: bytes) -> pl.DataFrame:
    return _with_width(_lines(content).with_columns(cells="raw"), ",")


def _with_width(records: pl.DataFrame, separator: str) -> pl.DataFrame:
    return records.with_columns(width=pl.col("cells").str.count_matches(separator, literal=True) + 1)


def _without_blank_lines(records: Records) -> Records:
    has_one_field = records.frame["width"] == 1
    if not has_one_field.any():
        return records
    is_text = pl.col("raw").str.strip_chars() != ""
    return records._replace(frame=records.frame.filter(~has_one_field | is_text))


def _quoted_records(content: bytes) -> pl.DataFrame:
    records = _lines(content).with_columns(simple=pl.col("raw").str.contains(_SIMPLE))
    incomplete = records.filter(~pl.col("simple")).filter(~pl.col("raw").str.contains(_COMPLETE))
    if not incomplete.is_empty():
        records = _joined(records, _records_from(content, incomplete["line"]))
    simple = pl.col("raw").str.replace_all('"', "", literal=True).str.replace_all(",", _NUL, literal=True)
    general = ("," + pl.col("raw")).str.replace_all(_FIELD, f"{_NUL}${{1}}${{2}}").str.strip_prefix(_NUL)
    cells = [
        records.filter("simple").with_columns(cells=simple),
        records.filter(~pl.col("simple")).with_columns(cells=general),
    ]
    return _with_width(pl.concat(cells).drop("simple").sort("line"), _NUL)


def _unescaped(column: str) -> pl.Expr:
    field = pl.col(column)
    content = field.str.strip_prefix('"').str.replace_all('""', '"', literal=True)
    return pl.when(field.str.starts_with('"')).then(content).otherwise(field)


class _LongRecord(NamedTuple):
    line: int
    last_line: int
    raw: str


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


def _records_from(content: bytes, lines: Iterable[int]) -> list[_LongRecord]:
    """The records that start on these lines, which are none in themselves; a line inside the record before starts none.

    Raises FileRefused where there is no record.
    """
    records: list[_LongRecord] = []
    position, current = 0, 1
    for line in lines:
        if line < current:
            continue
        for _ in range(line - current):
            position = content.index(b"\n", position) + 1
        end = _end_of_record(content, position, line)
        last_line = line + content.count(b"\n", position, end)
        records.append(_LongRecord(line, last_line, content[position:end].decode()))
        position, current = content.find(b"\n", end) + 1, last_line + 1
    return records


def _end_of_record(content: bytes, start: int, line: int) -> int:
    """Where the record ends that starts at ``start``, on ``line``: before its LF or CRLF, or at the end of the file."""
    record = _RECORD_BYTES.match(content, start)
    end = record.end() if record else start
    after = content[end : end + 2]
    if after in (b"", b"\r\n") or after[:1] == b"\n":
        return end
    last_line = line + content.count(b"\n", start, end)
    if after[:1] == b"\r":
        raise _lone_carriage_return(last_line)
    if after[:1] == b'"':
        raise FileRefused(
            f"The quote that opens on line {last_line} is never closed: close it, or double it if it is text."
        )
    raise FileRefused(
        f"Line {last_line} has text after a closing quote: a comma or the line's end must follow it; "
        f"double a quote that is part of the text."
    )
