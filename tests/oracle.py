"""An independent calculation of what the platform must load and publish, in plain Python.

It is written from the domain rules alone and shares no code with the package, so that the two can be compared on any
landing zone. It is slow and literal on purpose: exact fractions, one rule per function, each rule paraphrased in the
function's docstring.

    landed = land(batches)              # which version of which file is in force, what is refused, what waits
    result = evaluate(landed.in_force)  # the six marts, what is published, what happened to every row
"""

import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import floor, lcm
from typing import Literal, NoReturn, cast

FileKey = tuple[str, str]
"""(source, file name): what identifies a file, wherever it landed."""

Value = str | datetime | date | Fraction | int | None
"""A typed cell: text, an event's date and time, a deal's valid_from, earnings, a count, or null."""


class Refused(Exception):
    """A file-level fault: no row of the file is loaded. The text says what is wrong."""


# ----------------------------------------------------------------------------------------------------------------------
# Sources
# ----------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Column:
    """A column the rules know: its kind of value, whether null is allowed in it, whether a file may lack it."""

    name: str
    kind: Literal["name", "text", "date", "decimal", "count"]
    nullable: bool = True
    may_be_missing: bool = False


def _columns(*names: str) -> tuple[Column, ...]:
    kinds: dict[str, Literal["text", "date", "decimal", "count"]] = {
        "deal": "text",
        "comments": "text",
        "date": "date",
        "valid_from": "date",
        "raw_earnings": "decimal",
        "total_earnings": "decimal",
        "visits": "count",
        "signups": "count",
        "clicks": "count",
    }
    never_null = {"marketing_source", "operator", "voluum_brand", "comments", "variants", "std_operator"}
    return tuple(Column(name, kinds.get(name, "name"), name not in never_null, name == "valid_from") for name in names)


EVENTS: dict[str, tuple[Column, ...]] = {
    "routy": _columns(
        "date", "marketing_source", "operator", "country", "country_code", "raw_earnings", "visits", "signups"
    ),
    "voluum": _columns("date", "voluum_brand", "clicks"),
    "manual": _columns("date", "marketing_source", "operator", "raw_earnings", "visits", "signups"),
    "scrapers": _columns("date", "marketing_source", "operator", "country", "total_earnings", "visits"),
}
DIMENSIONS: dict[str, tuple[Column, ...]] = {
    "deals": _columns("marketing_source", "deal", "comments", "valid_from"),
    "voluum_mapper": _columns("voluum_brand", "marketing_source"),
    "central_mapping": _columns("variants", "std_operator", "country"),
}


# ----------------------------------------------------------------------------------------------------------------------
# Records
# ----------------------------------------------------------------------------------------------------------------------

# Unicode's White_Space property; Python's own str.strip() also takes the separators U+001C to U+001F.
WHITE_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)


@dataclass(frozen=True)
class Record:
    """One record of a file: the physical line it starts on (1-based) and its fields, quotes taken off."""

    line: int
    fields: tuple[str, ...]
    size: int
    """Bytes without the line end."""


LONGEST_ROW = 2 * 1024 * 1024
MOST_FIELDS = 1000


def read_records(content: bytes, longest_row: int = LONGEST_ROW) -> list[Record]:
    """Encoding and fields: UTF-8 with or without BOM, LF or CRLF; empty lines and lines of blanks are skipped.

    A line of blanks that is too long for a row is one that is too long.
    """
    if b"\0" in content:
        raise Refused("a NUL byte")
    try:
        text = content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise Refused("not UTF-8") from error
    records = []
    position, line = 0, 1
    while position < len(text):
        fields, end = _read_record(text, position)
        raw = text[position:end].removesuffix("\n").removesuffix("\r")
        size = len(raw.encode())
        if raw.strip(WHITE_SPACE) or size > longest_row:
            records.append(Record(line, fields, size))
        line += text.count("\n", position, end)
        position = end
    return records


def _read_record(text: str, position: int) -> tuple[tuple[str, ...], int]:
    """The fields of the record that starts at the position, and where the next record starts."""
    fields = []
    while True:
        value, position = _read_field(text, position)
        fields.append(value)
        if text.startswith(",", position):
            position += 1
            continue
        if text.startswith("\r\n", position):
            return tuple(fields), position + 2
        if text.startswith("\n", position):
            return tuple(fields), position + 1
        if position == len(text):
            return tuple(fields), position
        if text[position] == "\r":
            raise Refused("a lone CR as line end")
        raise Refused("text after a closing quote")


def _read_field(text: str, position: int) -> tuple[str, int]:
    """A field is quoted only when its first character is a quote; any other quote is data. Ends before , LF or CR."""
    if not text.startswith('"', position):
        end = position
        while end < len(text) and text[end] not in ",\r\n":
            end += 1
        return text[position:end], end
    value = ""
    position += 1
    while True:
        quote = text.find('"', position)
        if quote < 0:
            raise Refused("an unterminated quote")
        value += text[position:quote]
        if not text.startswith('""', quote):
            return value, quote + 1
        value += '"'
        position = quote + 2


def snake_case(name: str) -> str:
    """Header: trimmed, `_` before a capital that follows a small letter or digit, small letters, other runs one `_`."""
    result = ""
    previous = ""
    for character in name.strip(WHITE_SPACE):
        if character.isupper() and (previous.islower() or previous.isdigit()):
            result += "_"
        if character.isalnum():
            result += character.lower()
        elif not result.endswith("_"):
            result += "_"
        previous = character
    return result


def read_header(record: Record | None, columns: Sequence[Column]) -> tuple[str, ...]:
    """Header: any column order; a missing column, or any name twice, refuses; an extra column is ignored."""
    names = tuple(snake_case(name) for name in record.fields) if record else ()
    for column in columns:
        if column.name not in names and not column.may_be_missing:
            raise Refused(f"the column {column.name} is missing")
    for name in names:
        if names.count(name) > 1:
            raise Refused(f"the column {name} is there twice")
    return names


# ----------------------------------------------------------------------------------------------------------------------
# Cells
# ----------------------------------------------------------------------------------------------------------------------


class Fault(Exception):
    """A row-level fault; the text is the reason code of the quarantined row."""


_DATE = re.compile(
    r"(?P<year>[0-9]{4})(?P<separator>[-/])(?P<month>[0-9]{1,2})(?P=separator)(?P<day>[0-9]{1,2})"
    r"([ T](?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{1,2})(:(?P<second>[0-9]{1,2})(\.(?P<fraction>[0-9]{1,6}))?)?)?"
)
_DECIMAL = re.compile(r"(?P<sign>[+-]?)(?=\.?[0-9])(?P<whole>[0-9]*)(\.(?P<decimals>[0-9]*))?")


def clean_text(raw: str) -> str | None:
    """Text: trimmed; empty and, in any case of letters, NULL, NaN, N/A, None are null (NA is Namibia)."""
    text = raw.strip(WHITE_SPACE)
    return None if text.lower() in {"", "null", "nan", "n/a", "none"} else text


def parse_date(text: str) -> datetime:
    """Date: year first, one- or two-digit month and day, `-` or `/` twice, optional time H:M[:S[.f]]."""
    match = _DATE.fullmatch(text)
    if not match:
        raise Fault("not_a_date")
    year, month, day, hour, minute, second = (
        int(match[name] or 0) for name in ("year", "month", "day", "hour", "minute", "second")
    )
    try:
        return datetime(year, month, day, hour, minute, second, int((match["fraction"] or "").ljust(6, "0")))
    except ValueError as error:
        raise Fault("not_a_date") from error


def parse_decimal(text: str) -> Fraction:
    """Earnings: plain decimals, up to 12 digits before and 9 after the point, not counting idle zeros."""
    match = _DECIMAL.fullmatch(text)
    if not match:
        raise Fault("not_a_decimal")
    whole, decimals = match["whole"].lstrip("0"), (match["decimals"] or "").rstrip("0")
    if len(whole) > 12 or len(decimals) > 9:
        raise Fault("too_many_digits")
    magnitude = Fraction(int(whole + decimals or "0"), 10 ** len(decimals))
    return -magnitude if match["sign"] == "-" else magnitude


def parse_count(text: str) -> int:
    """Visits, signups, clicks: whole numbers >= 0 of up to 12 digits, in decimal form too (3.0 is 3)."""
    match = _DECIMAL.fullmatch(text)
    if not match or (match["decimals"] or "").strip("0"):
        raise Fault("not_a_count")
    whole = match["whole"].lstrip("0")
    if len(whole) > 12:
        raise Fault("too_many_digits")
    if match["sign"] == "-" and whole:
        raise Fault("out_of_range")
    return int(whole or "0")


LONGEST_NAME = 200


def parse_cell(column: Column, text: str | None, day: date | None) -> Value:
    """The typed value of a cell. An event's null date is the file's day at 00:00:00; a dimension has no day.

    A name has up to 200 characters; a deal's label and formula are no names.
    """
    if text is None:
        if not column.nullable:
            raise Fault("null_not_allowed")
        return datetime(day.year, day.month, day.day) if column.kind == "date" and day else None
    if column.kind == "decimal":
        return parse_decimal(text)
    if column.kind == "count":
        return parse_count(text)
    if column.kind == "name" and len(text) > LONGEST_NAME:
        raise Fault("too_long")
    if column.kind in {"name", "text"}:
        return text
    moment = parse_date(text)
    if day is None:
        return moment.date()
    if moment.date() != day:
        raise Fault("date_outside_day")
    return moment


# ----------------------------------------------------------------------------------------------------------------------
# Files
# ----------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class QuarantinedRow:
    """A row held back: its line, its reason code, and its cleaned text by column (None: wrong number of fields)."""

    line: int
    reason: str
    texts: Mapping[str, str | None] | None = None


@dataclass(frozen=True)
class ParsedFile:
    """What a valid file holds: typed rows by column, and the rows held back."""

    rows: list[dict[str, Value]]
    quarantined: list[QuarantinedRow]


@dataclass(frozen=True)
class FileOutcome:
    """What becomes of a file that landed. A refused or waiting file has no rows, and a reason."""

    status: Literal["loaded", "refused", "waiting"]
    reason: str | None = None
    rows_read: int = 0
    rows_loaded: int = 0
    rows_quarantined: int = 0
    quarantined: tuple[tuple[int, str], ...] = ()
    """(line, reason code) of every quarantined row, in the order of the file."""


def parse_records(
    content: bytes, columns: Sequence[Column], day: date | None, longest_row: int = LONGEST_ROW
) -> ParsedFile:
    """Row-level faults quarantine the row, the rest loads; the first faulty column in header order gives the reason.

    A line with more or fewer fields than the header is quarantined, never padded. A row equal in every known column, as
    typed values, to an earlier loaded row of the file is a duplicate. A row of more bytes than a row may have is
    quarantined for that, whatever it holds; a header that is longer, or has too many fields, refuses the file.
    """
    records = read_records(content, longest_row)
    if records and (records[0].size > longest_row or len(records[0].fields) > MOST_FIELDS):
        raise Refused("the header is too long")
    header = read_header(records[0] if records else None, columns)
    known = {column.name: column for column in columns}
    loaded: dict[tuple[Value, ...], dict[str, Value]] = {}
    quarantined = []
    for record in records[1:]:
        if record.size > longest_row:
            quarantined.append(QuarantinedRow(record.line, "row_too_long"))
            continue
        if len(record.fields) != len(header):
            quarantined.append(QuarantinedRow(record.line, "field_count"))
            continue
        texts = {name: clean_text(cell) for name, cell in zip(header, record.fields, strict=True) if name in known}
        try:
            row = {name: parse_cell(known[name], text, day) for name, text in texts.items()}
        except Fault as fault:
            quarantined.append(QuarantinedRow(record.line, str(fault), texts))
            continue
        identity = tuple(row.values())
        if identity in loaded:
            quarantined.append(QuarantinedRow(record.line, "duplicate", texts))
        else:
            loaded[identity] = row
    return ParsedFile(list(loaded.values()), quarantined)


def day_of(file_name: str) -> date:
    """File name: exactly YYYY-MM-DD.csv for events."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\.csv", file_name):
        raise Refused("the name is not a day")
    try:
        return date.fromisoformat(file_name.removesuffix(".csv"))
    except ValueError as error:
        raise Refused("the name is not a day") from error


def parse_file(source: str, file_name: str, content: bytes, longest_row: int = LONGEST_ROW) -> ParsedFile:
    """The rows of a file; raises Refused. Dimension files are all or nothing: one bad row refuses the file."""
    if source in EVENTS:
        return parse_records(content, EVENTS[source], day_of(file_name), longest_row)
    if source not in DIMENSIONS or file_name != f"{source}.csv":
        raise Refused("no such source or file")
    parsed = parse_records(content, DIMENSIONS[source], None, longest_row)
    for row in parsed.quarantined:
        if row.reason != "duplicate":
            raise Refused(f"line {row.line}: {row.reason}")
    {"deals": Deals, "voluum_mapper": Brands, "central_mapping": Operators}[source](parsed.rows)
    return parsed


def judge(
    source: str, file_name: str, content: bytes, *, start_date: date = date.min, today: date = date.max
) -> FileOutcome:
    """What becomes of a file: refused before the start date, waiting while its day is to come, else as parsed."""
    try:
        if source in EVENTS:
            day = day_of(file_name)
            if day < start_date:
                raise Refused("its day is before the start date")
            if day > today:
                return FileOutcome("waiting", "its day is still to come")
        parsed = parse_file(source, file_name, content)
    except Refused as refusal:
        return FileOutcome("refused", str(refusal))
    quarantined = tuple((row.line, row.reason) for row in parsed.quarantined)
    return FileOutcome(
        "loaded", None, len(parsed.rows) + len(quarantined), len(parsed.rows), len(quarantined), quarantined
    )


@dataclass
class Landed:
    """The state after some landings: versions in force, and the outcome of every file that is not accepted."""

    in_force: dict[FileKey, bytes] = field(default_factory=dict)
    not_accepted: dict[str, FileOutcome] = field(default_factory=dict)
    """By relative path: the files that lie in the landing zone at the end, refused or waiting."""


def file_key(path: str) -> FileKey | None:
    """(source, file name) of a path relative to the landing zone; None where no source has such a file."""
    folder, _, name = path.rpartition("/")
    source = folder or name.removesuffix(".csv")
    known = source in DIMENSIONS or (source in EVENTS and folder)
    return (source, name) if known and name.endswith(".csv") else None


def land(batches: Iterable[Mapping[str, bytes]], *, start_date: date = date.min, today: date = date.max) -> Landed:
    """Batches of {path: bytes} landing in order, a pass of the platform after each.

    The version accepted last is in force: a refused or waiting file leaves what an earlier version loaded.
    Dimension files stay in the landing zone, so `deals.csv` and `deals/deals.csv` at once (both refused) may come about
    over several batches. The same bytes again change nothing.
    """
    landed = Landed()
    dimensions_present: set[str] = set()
    for batch in batches:
        dimensions_present |= {path for path in batch if (key := file_key(path)) and key[0] in DIMENSIONS}
        for path, content in batch.items():
            outcome = _land_file(landed, path, content, dimensions_present, start_date, today)
            landed.not_accepted.pop(path, None)
            if outcome.status != "loaded":
                landed.not_accepted[path] = outcome
    for path in dimensions_present:
        if _twin(path) in dimensions_present:
            landed.not_accepted[path] = FileOutcome("refused", "the dimension is there twice")
    return landed


def _twin(path: str) -> str:
    """The other place a dimension file may land in."""
    folder, _, name = path.rpartition("/")
    return name if folder else f"{name.removesuffix('.csv')}/{name}"


def _land_file(
    landed: Landed, path: str, content: bytes, dimensions_present: set[str], start_date: date, today: date
) -> FileOutcome:
    key = file_key(path)
    if key is None:
        return FileOutcome("refused", "no such source")
    if path in dimensions_present and _twin(path) in dimensions_present:
        return FileOutcome("refused", "the dimension is there twice")
    outcome = judge(*key, content, start_date=start_date, today=today)
    if outcome.status == "loaded":
        landed.in_force[key] = content
    return outcome


# ----------------------------------------------------------------------------------------------------------------------
# Deals
# ----------------------------------------------------------------------------------------------------------------------

VARIABLES = ("raw_earnings", "clicks", "visits", "signups")


@dataclass(frozen=True)
class Linear:
    """A formula's meaning: a constant plus a coefficient for each of VARIABLES, exactly."""

    constant: Fraction = Fraction(0)
    coefficients: tuple[Fraction, ...] = (Fraction(0),) * len(VARIABLES)

    def plus(self, other: "Linear") -> "Linear":
        pairs = zip(self.coefficients, other.coefficients, strict=True)
        return Linear(self.constant + other.constant, tuple(mine + theirs for mine, theirs in pairs))

    def times(self, factor: Fraction) -> "Linear":
        return Linear(self.constant * factor, tuple(coefficient * factor for coefficient in self.coefficients))

    def is_constant(self) -> bool:
        return not any(self.coefficients)

    def value(self, *arguments: Fraction | int) -> Fraction:
        """The value for arguments in the order of VARIABLES."""
        products = (mine * theirs for mine, theirs in zip(self.coefficients, arguments, strict=True))
        return self.constant + sum(products, Fraction(0))


def variable(name: str) -> Linear:
    """The formula that is one variable."""
    return Linear(Fraction(0), tuple(Fraction(name == other) for other in VARIABLES))


class FormulaParser:
    """A formula: + - * /, unary plus and minus, parentheses and plain decimals over VARIABLES, linear in them.

    Anything else is refused: 1e3, 0x10, 1_000, **, a call, a division by zero or by a variable. The prefix
    `total commision=`, with either spelling and any spacing or case, is optional. So is a formula of more than 10,000
    characters, and one with a number of more than 1,000 digits in it, on the way or as its result.
    """

    _PREFIX = re.compile(r"\s*total\s*commiss?ion\s*=", re.IGNORECASE)
    _TOKEN = re.compile(r"\s*(?:([0-9]+\.?[0-9]*|\.[0-9]+)|([A-Za-z_][A-Za-z_0-9]*)|(\S))")
    _LONGEST = 10_000
    _MOST_DIGITS = 1_000

    def __init__(self, text: str) -> None:
        if len(text) > self._LONGEST:
            raise Refused("the formula is too long")
        body = text[match.end() :] if (match := self._PREFIX.match(text)) else text
        self._tokens = [match[0].strip() for match in self._TOKEN.finditer(body.strip(WHITE_SPACE))]
        self._next = 0

    def parse(self) -> Linear:
        usual = sys.getrecursionlimit()
        # Each parenthesis nests a few calls.
        sys.setrecursionlimit(usual + 4 * len(self._tokens))
        try:
            result = self._sum()
        finally:
            sys.setrecursionlimit(usual)
        if self._next < len(self._tokens):
            self._fail()
        numbers = (result.constant, *result.coefficients)
        denominator = lcm(*(number.denominator for number in numbers))
        self._bounded(Linear(Fraction(denominator)))
        for number in numbers:
            self._bounded(Linear(number * denominator))
        return result

    def _bounded(self, result: Linear) -> Linear:
        numbers = (result.constant, *result.coefficients)
        if max(max(abs(number.numerator), number.denominator) for number in numbers) >= 10**self._MOST_DIGITS:
            raise Refused("the formula comes to a number that is too long")
        return result

    def _peek(self) -> str:
        return self._tokens[self._next] if self._next < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        self._next += 1
        return token

    def _fail(self) -> NoReturn:
        raise Refused(f"the formula is not understood at {self._peek() or 'its end'}")

    def _sum(self) -> Linear:
        result = self._product()
        while self._peek() in {"+", "-"}:
            sign = 1 if self._take() == "+" else -1
            result = self._bounded(result.plus(self._product().times(Fraction(sign))))
        return result

    def _product(self) -> Linear:
        result = self._signed()
        while self._peek() in {"*", "/"}:
            operation, right = self._take(), self._signed()
            if operation == "/":
                if not right.is_constant() or right.constant == 0:
                    raise Refused("the formula divides by zero or by a variable")
                result = result.times(1 / right.constant)
            elif right.is_constant():
                result = result.times(right.constant)
            elif result.is_constant():
                result = right.times(result.constant)
            else:
                raise Refused("the formula multiplies two variables")
            self._bounded(result)
        return result

    def _signed(self) -> Linear:
        sign = 1
        while self._peek() in {"+", "-"}:
            sign *= 1 if self._take() == "+" else -1
        return self._operand().times(Fraction(sign))

    def _number(self, token: str) -> Fraction:
        whole, _, decimals = token.partition(".")
        if len(whole.lstrip("0")) + len(decimals.rstrip("0")) > self._MOST_DIGITS:
            raise Refused("a number of the formula is too long")
        return Fraction(token.rstrip("."))

    def _operand(self) -> Linear:
        token = self._peek()
        if token == "(":
            self._take()
            inner = self._sum()
            if self._peek() != ")":
                self._fail()
            self._take()
            return inner
        if token.lower() in VARIABLES:
            return variable(self._take().lower())
        if token[:1] in tuple(".0123456789") and token != ".":
            return self._bounded(Linear(self._number(self._take())))
        self._fail()


class Deals:
    """The deals in force, by marketing source and the date their terms hold from (None: since always)."""

    def __init__(self, rows: Iterable[Mapping[str, Value]]) -> None:
        """Two rows with one source and valid_from refuse the file when their formulas mean different things."""
        self._history: dict[str, dict[date | None, Linear]] = defaultdict(dict)
        for row in rows:
            source = self._key(cast(str, row["marketing_source"]))
            valid_from = cast(date | None, row.get("valid_from"))
            terms = FormulaParser(cast(str, row["comments"])).parse()
            if self._history[source].setdefault(valid_from, terms) != terms:
                raise Refused(f"two deals for {source} from {valid_from}")

    @staticmethod
    def _key(source: str) -> str:
        """Sources are compared exactly; only the row `Default` may be in any case."""
        return "Default" if source.lower() == "default" else source

    def terms(self, source: str, day: date) -> Linear:
        """The terms in force on the day: the source's own, else those of `Default`, else raw_earnings."""
        for candidate in (self._key(source), "Default"):
            history = self._history.get(candidate, {})
            started = [valid_from for valid_from in history if valid_from and valid_from <= day]
            if started:
                return history[max(started)]
            if None in history:
                return history[None]
        return variable("raw_earnings")


# ----------------------------------------------------------------------------------------------------------------------
# Mappings
# ----------------------------------------------------------------------------------------------------------------------


class Brands:
    """Voluum brands, compared in lower case, and their marketing sources."""

    def __init__(self, rows: Iterable[Mapping[str, Value]]) -> None:
        """Two rows with one brand that disagree refuse the file."""
        self._sources: dict[str, str] = {}
        for row in rows:
            source, brand = cast(str, row["marketing_source"]), cast(str, row["voluum_brand"])
            if self._sources.setdefault(brand.lower(), source) != source:
                raise Refused(f"{brand} has two marketing sources")

    def source(self, brand: str) -> str | None:
        """The marketing source of a brand; None where it is unmapped."""
        return self._sources.get(brand.lower())


def standard_name(delivered: str, country: str | None) -> str:
    """`LOL` directly before the row's own country code at the end, with something before it, is a separator.

    `DraftkingsLOLUS` with country US is `Draftkings US`; `INTER_LOL` with country FR stays. Blanks before it go.
    """
    before = delivered.removesuffix(f"LOL{country}") if country else delivered
    if before in {"", delivered}:
        return delivered
    return f"{before.rstrip(WHITE_SPACE)} {country}"


class Operators:
    """Raw operator names and the standard names they mean, compared in lower case."""

    def __init__(self, rows: Iterable[Mapping[str, Value]]) -> None:
        """Refused: two rows with one variant that disagree, and names that would mean two standard names."""
        self._variants: dict[str, tuple[str, str | None]] = {}
        self._standard: dict[str, str] = {}
        for row in rows:
            delivered, country = cast(str, row["std_operator"]), cast(str | None, row["country"])
            variant, standard = cast(str, row["variants"]), standard_name(delivered, country)
            if self._variants.setdefault(variant.lower(), (standard, country)) != (standard, country):
                raise Refused(f"the variant {variant} has two meanings")
            for name in (delivered, standard):
                if self._standard.setdefault(name.lower(), standard) != standard:
                    raise Refused(f"the name {name} would mean two standard names")

    def standard(self, raw: str) -> str:
        """The variant's standard name; else the standard name it already is; else a name of its own."""
        variant = self._variants.get(raw.lower())
        return variant[0] if variant else self._standard.get(raw.lower(), raw)


# ----------------------------------------------------------------------------------------------------------------------
# Money
# ----------------------------------------------------------------------------------------------------------------------


def commission_cents(amount: Fraction) -> int:
    """max(0, round(amount, 2)) in cents, half away from zero."""
    return max(0, floor(amount * 100 + Fraction(1, 2)))


def share_cents(cents: int, weights: Mapping[str, Fraction]) -> dict[str, int]:
    """Cents shared in proportion to the weights, evenly where all are 0, by the largest-remainder method.

    Remainders are compared exactly; ties go to the operator whose name comes first by code point.
    """
    total = sum(weights.values(), Fraction(0))
    parts = {name: weight / total if total else Fraction(1, len(weights)) for name, weight in weights.items()}
    exact = {name: cents * part for name, part in parts.items()}
    shares = {name: floor(amount) for name, amount in exact.items()}
    by_remainder = sorted(exact, key=lambda name: (shares[name] - exact[name], name))
    for name in by_remainder[: cents - sum(shares.values())]:
        shares[name] += 1
    return shares


def _decimal(amount: Fraction) -> Decimal:
    """An amount of up to 9 decimals as Decimal; the constructor is exact, whatever the context's precision."""
    return Decimal(f"{int(amount * 10**9)}E-9")


def _money(cents: int) -> Decimal:
    return Decimal(f"{cents}E-2")


# ----------------------------------------------------------------------------------------------------------------------
# A marketing source's day, in either part
# ----------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """A row of solution_N_marketing_daily; the flags are part 2's."""

    raw_earnings: Decimal
    clicks: int
    visits: int
    signups: int
    total_commission: Decimal
    is_estimated: bool = False
    is_baseline: bool = False


@dataclass(frozen=True)
class Item:
    """What one row (part 1) or one key's figure (part 2) gives to its marketing source's day."""

    source: str
    operator: str
    earnings: Fraction
    visits: int
    signups: int = 0
    is_estimated: bool = False
    is_baseline: bool = False


@dataclass(frozen=True)
class Dimensions:
    """The three dimensions in force."""

    deals: Deals
    brands: Brands
    operators: Operators


@dataclass
class Part:
    """The marts of one part: a row per source and day, and commission per operator and first day of month."""

    daily: dict[tuple[str, date], Row] = field(default_factory=dict)
    monthly: dict[tuple[str, date], Decimal] = field(default_factory=dict)

    def add_share(self, operator: str, day: date, amount: Decimal) -> None:
        """A month is the sum over its days."""
        key = (operator, day.replace(day=1))
        self.monthly[key] = self.monthly.get(key, Decimal("0.00")) + amount


def add_day(part: Part, day: date, items: Iterable[Item], clicks: Mapping[str, int], deals: Deals) -> None:
    """Once per marketing source and day: sums, clicks, formula, rounding, clamp, and the share among operators.

    Only sources with an item that day have a row: clicks without traffic pay nothing. Where all items are a baseline
    the commission is 0 (no fixed amount, no clicks), and the row is there.
    """
    by_source: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        by_source[item.source].append(item)
    for source, own in by_source.items():
        earnings = sum((item.earnings for item in own), Fraction(0))
        visits, signups = sum(item.visits for item in own), sum(item.signups for item in own)
        is_baseline = all(item.is_baseline for item in own)
        due = deals.terms(source, day).value(earnings, clicks.get(source, 0), visits, signups)
        cents = 0 if is_baseline else commission_cents(due)
        part.daily[source, day] = Row(
            _decimal(earnings),
            clicks.get(source, 0),
            visits,
            signups,
            _money(cents),
            any(item.is_estimated for item in own),
            is_baseline,
        )
        weights: dict[str, Fraction] = defaultdict(Fraction)
        for item in own:
            weights[item.operator] += max(item.earnings, Fraction(0))
        for operator, share in share_cents(cents, weights).items():
            part.add_share(operator, day, _money(share))


def clicks_by_source(rows: Iterable[Mapping[str, Value]], brands: Brands) -> dict[str, int]:
    """A day's clicks: several brands of one source add up; null is 0; an unmapped brand's clicks go to no source."""
    clicks: dict[str, int] = defaultdict(int)
    for row in rows:
        source = brands.source(cast(str, row["voluum_brand"]))
        if source is not None:
            clicks[source] += cast(int | None, row["clicks"]) or 0
    return clicks


# ----------------------------------------------------------------------------------------------------------------------
# Part 2: running totals to figures
# ----------------------------------------------------------------------------------------------------------------------

Key = tuple[str, str, str | None]
"""(marketing source, standard operator, country); a null country is a key of its own."""


def observations(files: Mapping[date, ParsedFile], operators: Operators) -> dict[Key, dict[date, tuple[Fraction, int]]]:
    """Running totals (earnings, visits) by key and day: rows of one day with the same key add up.

    A key is not observed on a day when one of its rows was quarantined (duplicates aside) or has a null total; where a
    quarantined row's key cannot be read (wrong number of fields, no source or operator), no key of that file is.
    """
    observed: dict[Key, dict[date, tuple[Fraction, int]]] = defaultdict(dict)
    for day, parsed in files.items():
        held_back = [row for row in parsed.quarantined if row.reason != "duplicate"]
        unknown = [
            row for row in held_back if not (row.texts and row.texts["marketing_source"] and row.texts["operator"])
        ]
        if unknown:
            continue
        spoilt = {_key(row.texts or {}, operators) for row in held_back}
        for row in parsed.rows:
            key = _key(row, operators)
            if row["total_earnings"] is None or row["visits"] is None:
                spoilt.add(key)
                continue
            earnings, visits = observed[key].get(day, (Fraction(0), 0))
            observed[key][day] = (earnings + cast(Fraction, row["total_earnings"]), visits + cast(int, row["visits"]))
        for key in spoilt & observed.keys():
            observed[key].pop(day, None)
    return observed


def _key(row: Mapping[str, Value], operators: Operators) -> Key:
    return (
        cast(str, row["marketing_source"]),
        operators.standard(cast(str, row["operator"])),
        cast(str | None, row["country"]),
    )


LONGEST_GAP = 7


def figures(observed: Mapping[Key, Mapping[date, tuple[Fraction, int]]]) -> dict[date, list[Item]]:
    """Each key's increase by day: 0 at its first observation (the baseline), then what its running totals rose by.

    When 1 to 7 days lie missing the increase is spread evenly: each missing day gets its share, cut to 9 decimals
    (visits: to whole ones), and is estimated; the day observed gets the rest. Over a longer gap it all belongs to the
    day observed. A total that went down gives 0, earnings and visits each for themselves.
    """
    result: dict[date, list[Item]] = defaultdict(list)
    for (source, operator, _), totals in observed.items():
        days = sorted(totals)
        if days:
            result[days[0]].append(Item(source, operator, Fraction(0), 0, is_baseline=True))
        for before, day in pairwise(days):
            earnings = max(totals[day][0] - totals[before][0], Fraction(0))
            visits = max(totals[day][1] - totals[before][1], 0)
            missing = [before + timedelta(offset) for offset in range(1, (day - before).days)]
            if len(missing) > LONGEST_GAP:
                missing = []
            earnings_share = Fraction(floor(earnings * 10**9 / (len(missing) + 1)), 10**9)
            visits_share = visits // (len(missing) + 1)
            for estimated in missing:
                result[estimated].append(Item(source, operator, earnings_share, visits_share, is_estimated=True))
            rest = (earnings - earnings_share * len(missing), visits - visits_share * len(missing))
            result[day].append(Item(source, operator, *rest))
    return result


# ----------------------------------------------------------------------------------------------------------------------
# Everything
# ----------------------------------------------------------------------------------------------------------------------


@dataclass
class Result:
    """What the platform must say of the versions in force."""

    outcomes: dict[FileKey, FileOutcome] = field(default_factory=dict)
    part_1: Part = field(default_factory=Part)
    part_2: Part = field(default_factory=Part)
    published: dict[int, set[date]] = field(default_factory=lambda: {1: set(), 2: set(), 3: set()})
    """Days published by part, days without rows too. Part 3 has a day as soon as part 1 or part 2 has it."""
    waiting: dict[int, dict[date, tuple[str, ...]]] = field(default_factory=lambda: {1: {}, 2: {}})
    """Parts 1 and 2: days some file of the part is there for (or an estimate), with the sources they wait for."""

    @property
    def solution_1_marketing_daily(self) -> dict[tuple[str, date], Row]:
        return self.part_1.daily

    @property
    def solution_2_marketing_daily(self) -> dict[tuple[str, date], Row]:
        return self.part_2.daily

    @property
    def solution_3_marketing_daily(self) -> dict[tuple[str, date], Decimal]:
        """Parts 1 and 2 added: two equal amounts are two amounts; for every key that either has."""
        commission = [
            {key: row.total_commission for key, row in part.daily.items()} for part in (self.part_1, self.part_2)
        ]
        return _added(*commission)

    @property
    def solution_1_operators_monthly(self) -> dict[tuple[str, date], Decimal]:
        return self.part_1.monthly

    @property
    def solution_2_operators_monthly(self) -> dict[tuple[str, date], Decimal]:
        return self.part_2.monthly

    @property
    def solution_3_operators_monthly(self) -> dict[tuple[str, date], Decimal]:
        return _added(self.part_1.monthly, self.part_2.monthly)

    def commissions(self) -> dict[str, dict[tuple[str, date], Decimal]]:
        """total_commission of all six marts, by mart name and key."""
        return {
            "solution_1_marketing_daily": {key: row.total_commission for key, row in self.part_1.daily.items()},
            "solution_2_marketing_daily": {key: row.total_commission for key, row in self.part_2.daily.items()},
            "solution_3_marketing_daily": self.solution_3_marketing_daily,
            "solution_1_operators_monthly": self.solution_1_operators_monthly,
            "solution_2_operators_monthly": self.solution_2_operators_monthly,
            "solution_3_operators_monthly": self.solution_3_operators_monthly,
        }


def _added(*marts: Mapping[tuple[str, date], Decimal]) -> dict[tuple[str, date], Decimal]:
    total: dict[tuple[str, date], Decimal] = {}
    for mart in marts:
        for key, amount in mart.items():
            total[key] = total.get(key, Decimal("0.00")) + amount
    return total


def evaluate(files: Mapping[FileKey, bytes], *, start_date: date = date.min, today: date = date.max) -> Result:
    """The marts of the versions in force. A file that would not be accepted counts as not there."""
    result = Result()
    events: dict[str, dict[date, ParsedFile]] = {source: {} for source in EVENTS}
    rows: dict[str, list[dict[str, Value]]] = {}
    for (source, name), content in files.items():
        outcome = judge(source, name, content, start_date=start_date, today=today)
        result.outcomes[source, name] = outcome
        if outcome.status != "loaded":
            continue
        parsed = parse_file(source, name, content)
        if source in EVENTS:
            events[source][day_of(name)] = parsed
        else:
            rows[source] = parsed.rows
    missing = tuple(source for source in DIMENSIONS if source not in rows)
    dimensions = Dimensions(
        Deals(rows.get("deals", [])),
        Brands(rows.get("voluum_mapper", [])),
        Operators(rows.get("central_mapping", [])),
    )
    _evaluate_part_1(result, events, dimensions, missing)
    _evaluate_part_2(result, events, dimensions, missing)
    result.published[3] = result.published[1] | result.published[2]
    return result


def _publish(result: Result, part: int, day: date, waiting_for: tuple[str, ...]) -> bool:
    """Notes whether the day is published; nothing is before each dimension has been loaded once."""
    if waiting_for:
        result.waiting[part][day] = waiting_for
        return False
    result.published[part].add(day)
    return True


def _evaluate_part_1(
    result: Result, events: Mapping[str, Mapping[date, ParsedFile]], dimensions: Dimensions, missing: tuple[str, ...]
) -> None:
    """A day is ready when its routy and voluum files are loaded; manual joins whenever it comes."""
    routy, voluum, manual = events["routy"], events["voluum"], events["manual"]
    for day in sorted(routy.keys() | voluum.keys() | manual.keys()):
        absent = tuple(source for source in ("routy", "voluum") if day not in events[source])
        if not _publish(result, 1, day, missing + absent):
            continue
        traffic = routy[day].rows + (manual[day].rows if day in manual else [])
        items = [
            Item(
                cast(str, row["marketing_source"]),
                dimensions.operators.standard(cast(str, row["operator"])),
                cast(Fraction | None, row["raw_earnings"]) or Fraction(0),
                cast(int | None, row["visits"]) or 0,
                cast(int | None, row["signups"]) or 0,
            )
            for row in traffic
        ]
        clicks = clicks_by_source(voluum[day].rows, dimensions.brands)
        add_day(result.part_1, day, items, clicks, dimensions.deals)


def _evaluate_part_2(
    result: Result, events: Mapping[str, Mapping[date, ParsedFile]], dimensions: Dimensions, missing: tuple[str, ...]
) -> None:
    """A day is ready when its scrapers figures are known (a file, or some key's estimate) and its voluum is loaded."""
    scrapers, voluum = events["scrapers"], events["voluum"]
    by_day = {} if missing else figures(observations(scrapers, dimensions.operators))
    for day in sorted(scrapers.keys() | voluum.keys() | by_day.keys()):
        known = {"scrapers": day in scrapers or day in by_day, "voluum": day in voluum}
        absent = tuple(source for source, is_known in known.items() if not is_known)
        if not _publish(result, 2, day, missing + absent):
            continue
        clicks = clicks_by_source(voluum[day].rows, dimensions.brands)
        add_day(result.part_2, day, by_day.get(day, []), clicks, dimensions.deals)
