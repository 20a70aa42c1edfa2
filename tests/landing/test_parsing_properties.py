"""What holds for any file, on random ones: nothing is lost, nothing but a refusal is raised, both paths agree."""

import csv
import io
import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from growthleads_assets.contracts.registry import SOURCES, Source
from growthleads_assets.landing import parsing
from growthleads_assets.landing.parsing import FileRefused, ParsedFile, parse_file
from tests import oracle
from tests.landing.fuzzing import day_of, independently_parsed

DAY = date(2024, 3, 26)
HEADERS = {
    "routy": ("date", "marketing_source", "operator", "country", "countryCode", "raw_earnings", "visits", "signups"),
    "voluum": ("date", "voluum_brand", "clicks"),
    "voluum_mapper": ("voluum_brand", "marketing_source"),
    "central_mapping": ("variants", "std_operator", "country"),
    "deals": ("marketing_source", "deal", "comments", "valid_from"),
}
DATES = ("2024-03-26", "2024/3/26 1:2", "2024-03-26T23:59:59.5", "2024-03-26 23:59:60", "2024-03-27", "0000-01-01")
NUMBERS = ("1", "2.0", "-3", "+.5", "-0", "1e5", "1234567890123", "0.1234567891", "\u0663", "5.", "7\n")
TEXTS = (
    "A",
    "a",
    " b ",
    "\u00c9",
    'say "hi"',
    "x,y",
    "m\nn",
    "c\r\nd",
    "FooLOLUS",
    "Foo US",
    "US",
    "Default",
    "\u0130" * 201,
)
FORMULAS = ("raw_earnings", "raw_earnings + 1", "clicks*2", "total commision= clicks/3", "clicks*clicks")
CELLS = st.one_of(st.sampled_from(("", "NULL", "n/a", *DATES, *NUMBERS, *TEXTS, *FORMULAS)), st.text(max_size=3))
USUAL_CELLS = {
    **dict.fromkeys(("date", "valid_from"), DATES[:3]),
    **dict.fromkeys(("raw_earnings", "visits", "signups", "clicks"), ("1", "2", "3.0")),
    "comments": FORMULAS[:4],
}
ENDS = st.sampled_from(("\n", "\r\n"))

Rows = list[list[str]]


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


def written(rows: Sequence[Sequence[str]], end: str) -> str:
    return "".join(",".join(row) + end for row in rows)


@st.composite
def files(draw: st.DrawFn) -> tuple[Source, bytes]:
    """Files that are mostly right: cells of the right kind in most places, quotes where needed or anywhere."""
    name = draw(st.sampled_from(sorted(HEADERS)))
    columns = draw(st.permutations(HEADERS[name]))
    usual = [st.sampled_from(USUAL_CELLS.get(column, TEXTS)) for column in columns]
    cell = [st.one_of(cells, cells, CELLS) for cells in usual]
    rows = draw(st.lists(st.one_of(st.tuples(*cell), st.tuples(*cell), st.lists(CELLS, max_size=4)), max_size=6))
    needs_quotes = draw(st.booleans())

    def as_field(cell: str) -> str:
        return quoted(cell) if needs_quotes or any(special in cell for special in ',"\r\n') else cell

    text = written([list(columns), *[list(map(as_field, row)) for row in rows]], draw(ENDS))
    content = draw(st.sampled_from((b"", b"", b"\xef\xbb\xbf", b"\n"))) + text.encode("utf-8", "ignore")
    for position, length, spliced in draw(st.lists(SPLICES, max_size=2)):
        at = position % (len(content) + 1)
        content = content[:at] + spliced + content[at + length :]
    return SOURCES[name], content


SPLICES = st.tuples(
    st.integers(0, 400),
    st.integers(0, 2),
    st.sampled_from((b'"', b'""', b",", b"\n", b"\r", b"\r\n", b"\0", b"\xff", b" ", b"\xef\xbb\xbf", b"x")),
)
BYTES = st.one_of(
    st.binary(),
    st.lists(st.sampled_from((b'"', b",", b"\n", b"\r", b" ", b"a", b"1", b"\xc3\xa9", b"\xc3"))).map(b"".join),
)


def nothing_is_lost(parsed: ParsedFile) -> None:
    lines = [*parsed.rows["line"], *parsed.quarantined["line"]]
    assert parsed.rows_read == len(lines) == len(set(lines))
    assert parsed.quarantined["reason"].null_count() == parsed.quarantined["detail"].null_count() == 0


@given(BYTES, st.booleans(), st.sampled_from(sorted(HEADERS)))
@example(b'"', True, "voluum")
@example(b"\r", True, "voluum")
@example(b'"\r', True, "voluum")
@example(b'"\n', True, "voluum")
@example(b"\xef\xbb\xbf", False, "voluum")
def test_any_bytes_are_a_file_or_refused(content: bytes, with_header: bool, name: str) -> None:
    header = ",".join(HEADERS[name]).encode() + b"\n" if with_header else b""
    try:
        nothing_is_lost(parse_file(header + content, SOURCES[name], day_of(SOURCES[name])))
    except FileRefused as refused:
        assert len(str(refused)) > 20  # noqa: PT017 - both outcomes are right


def neutral(value: object) -> object:
    return Fraction(value) if isinstance(value, Decimal) else value


@given(files())
def test_parsing_agrees_with_an_independent_reading_of_the_rules(file: tuple[Source, bytes]) -> None:
    source, content = file
    expected = independently_parsed(source, content)
    try:
        parsed = parse_file(content, source, day_of(source))
    except FileRefused:
        assert expected is None
        return
    assert expected is not None
    nothing_is_lost(parsed)
    columns = list(source.schema.to_schema().columns)
    rows = [tuple(map(neutral, row)) for row in parsed.rows.select(columns).iter_rows()]
    assert rows == [tuple(row.get(column) for column in columns) for row in expected.rows]
    held_back = parsed.quarantined.select("line", "reason").rows()
    assert held_back == [(entry.line, entry.reason) for entry in expected.quarantined]
    for fields, entry in zip(parsed.quarantined["fields"], expected.quarantined, strict=True):
        known = json.loads(fields) if fields else {}
        texts = {
            name: text for name, text in known.items() if not name.endswith("_key") and name in (entry.texts or {})
        }
        assert texts == dict(entry.texts or {})


PLAIN_CELLS = st.one_of(
    st.sampled_from(("", "NULL", "A", " a", *DATES, *NUMBERS[:-1])),
    st.text(st.characters(codec="utf-8", exclude_characters=',"\r\n\0'), max_size=4),
)


@given(st.lists(st.lists(PLAIN_CELLS, min_size=2, max_size=4), max_size=8), ENDS)
def test_quotes_around_every_field_change_nothing(rows: Rows, end: str) -> None:
    source = SOURCES["voluum"]
    rows = [list(HEADERS["voluum"]), *rows]
    plain = parse_file(written(rows, end).encode(), source, DAY)
    in_quotes = parse_file(written([list(map(quoted, row)) for row in rows], end).encode(), source, DAY)
    assert_frame_equal(plain.rows, in_quotes.rows)
    assert_frame_equal(plain.quarantined.drop("raw_line"), in_quotes.quarantined.drop("raw_line"))


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=200).filter(
            oracle.clean_text
        )
    ),
    # Before LF as line end, csv leaves a CR without quotes.
    st.sampled_from(((csv.QUOTE_ALL, "\n"), (csv.QUOTE_ALL, "\r\n"), (csv.QUOTE_MINIMAL, "\r\n"))),
)
def test_text_that_another_writer_wrote_is_read_back(texts: list[str], style: tuple[int, str]) -> None:
    quoting, end = style
    target = io.StringIO(newline="")
    writer = csv.writer(target, quoting=quoting, lineterminator=end)  # type: ignore[arg-type]
    writer.writerows([HEADERS["voluum"], *(("", text, number) for number, text in enumerate(texts))])
    parsed = parse_file(target.getvalue().encode(), SOURCES["voluum"], DAY)
    assert parsed.rows["voluum_brand"].to_list() == [oracle.clean_text(text) for text in texts]
    assert parsed.rows["clicks"].to_list() == list(range(len(texts)))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("", "+", "-")),
            st.integers(0, 3),
            st.integers(0, 10**12 - 1),
            st.integers(0, 9).flatmap(lambda digits: st.text("0123456789", min_size=digits, max_size=digits)),
            st.integers(0, 15),
        )
    )
)
def test_any_decimal_within_bounds_is_kept_exactly(numbers: list[tuple[str, int, int, str, int]]) -> None:
    texts = [f"{sign}{'0' * lead}{whole}.{part}{'0' * trail}" for sign, lead, whole, part, trail in numbers]
    rows = [["", "A", "B", "", "", text, str(number), ""] for number, text in enumerate(texts)]
    content = written([HEADERS["routy"], *rows], "\n")
    parsed = parse_file(content.encode(), SOURCES["routy"], DAY)
    assert parsed.rows["raw_earnings"].to_list() == [Decimal(text) for text in texts]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files())
def test_the_size_of_batches_changes_nothing(monkeypatch: pytest.MonkeyPatch, file: tuple[Source, bytes]) -> None:
    source, content = file
    outcomes = []
    for size in (1, 2, 1_000):
        monkeypatch.setattr(parsing, "_BATCH", size)
        try:
            parsed = parse_file(content, source, day_of(source))
        except FileRefused as refused:
            outcomes.append((pl.DataFrame({"refused": [str(refused)]}), pl.DataFrame()))
        else:
            outcomes.append((parsed.rows, parsed.quarantined))
    for rows, quarantined in outcomes[1:]:
        assert_frame_equal(rows, outcomes[0][0])
        assert_frame_equal(quarantined, outcomes[0][1])
