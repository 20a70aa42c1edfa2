"""Hostile and broken files: what one may hold, what becomes of it beyond, and memory that stays what it was."""

import tracemalloc
from pathlib import Path

import pytest

from growthleads_assets.contracts.registry import SOURCES
from growthleads_assets.landing.parsing import FileRefused, parse_file
from growthleads_assets.landing.records import record_blocks
from growthleads_assets.settings import Limits
from tests.landing.fuzzing import DAY
from tests.landing.test_batches import held_back, in_batches

HEADER = "date,voluum_brand,clicks\n"
LIMITS = Limits(longest_row=2000, most_fields=10)
MANY = ",b,2\n" * 1000
# Three times what a row may have, over lines and with all that may stand in quotes.
LONG = '"' + 'x""y,\r\n' * 1000 + '"'


@pytest.mark.parametrize("size", [7, 100, 3000, 100_000])
def test_a_row_too_long_is_held_back_with_its_beginning_and_the_rest_is_loaded(size: int) -> None:
    # Lines: 2 is good, 3 to 1003 one row, 1004 is good, 1005 one line too long, 1006 is good.
    text = f"{HEADER},a,1\n,{LONG},2\r\n,b,3\n,{'y' * 3000},4\n,c,5"

    parsed = in_batches(text.encode(), size=size, limits=LIMITS)

    assert parsed.rows.select("line", "voluum_brand", "clicks").rows() == [(2, "a", 1), (1004, "b", 3), (1006, "c", 5)]
    assert held_back(parsed) == [(3, "row_too_long"), (1005, "row_too_long")]
    assert parsed.quarantined["raw_line"].to_list() == [f",{LONG}"[:1000] + "…", f",{'y' * 999}…"]
    assert parsed.quarantined["fields"].to_list() == [None, None]
    # 1 comma, 2 quotes, 7 bytes a line, and `,2`; 1 comma, 3000, and `,4`.
    assert [detail.split(", and")[0] for detail in parsed.quarantined["detail"]] == [
        "The row has 7005 bytes, more than the 2000 of GROWTHLEADS_LONGEST_ROW",
        "The row has 3003 bytes, more than the 2000 of GROWTHLEADS_LONGEST_ROW",
    ]


@pytest.mark.parametrize("size", [7, 100, 3000, 100_000])
@pytest.mark.parametrize("blanks", [" " * 3000, "\t \u3000" * 1000], ids=["spaces", "blanks of several bytes"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_line_of_blanks_is_skipped_however_long_it_is(size: int, blanks: str, end: str) -> None:
    lines = [blanks, HEADER.strip(), blanks, ",a,1", blanks, blanks, ",b,2", blanks]

    parsed = in_batches(end.join(lines).encode(), size=size, limits=LIMITS)

    assert parsed.rows.select("line", "voluum_brand").rows() == [(4, "a"), (7, "b")]
    assert parsed.rows_read == 2
    mapper = end.join(["voluum_brand,marketing_source", blanks, "a,A", blanks]).encode()
    assert parse_file(mapper, SOURCES["voluum_mapper"], None, LIMITS).rows["line"].to_list() == [3]


@pytest.mark.parametrize("line", [" " * 3000 + ",", " " * 3000 + "x", f'"{" " * 3000}"', "\x1f" * 3000])
def test_a_long_line_with_more_than_blanks_is_held_back(line: str) -> None:
    for size in (7, 100_000):
        parsed = in_batches(f"{HEADER}{line}\n,a,1\n{line}".encode(), size=size, limits=LIMITS)
        assert held_back(parsed) == [(2, "row_too_long"), (4, "row_too_long")]


def test_a_row_may_be_as_long_as_the_limit_and_no_byte_longer() -> None:
    comment = "date,voluum_brand,clicks,comment\n"
    rows = [f",a,1,{'é' * 997}.", f",b,1,{'é' * 998}"]  # 5 + 1994 + 1 bytes and 5 + 1996
    parsed = in_batches(f"{comment}{rows[0]}\n{rows[1]}\n".encode(), limits=LIMITS)
    assert parsed.rows["voluum_brand"].to_list() == ["a"]

    parsed = in_batches(f"{comment}{rows[0]}\n{rows[1]}\n".encode(), limits=Limits(longest_row=1999))
    assert held_back(parsed) == [(2, "row_too_long"), (3, "row_too_long")]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (f'{HEADER},"a,1\n{MANY}', "The quote that opens on line 2 is never closed"),
        (f'{HEADER},"a,1\n{MANY},"c",3\n', "Line 1003 has text after a closing quote"),
        (f"{HEADER},{'y' * 3000}\r,1\n", "Line 2 contains a carriage return (CR)"),
        ("date," + "x" * 3000, "The header on line 1 has 3005 bytes, more than the 2000 of GROWTHLEADS_LONGEST_ROW"),
        ("\n" + "," * 1999, "The header on line 2 has 2000 fields, more than the 10 of GROWTHLEADS_MOST_FIELDS"),
    ],
)
def test_a_file_without_bounds_is_refused_with_the_line_and_the_setting(text: str, sentence: str) -> None:
    with pytest.raises(FileRefused) as refusal:
        in_batches(text.encode(), limits=LIMITS)
    assert str(refusal.value).startswith(sentence)


def test_a_dimension_with_a_row_too_long_is_refused() -> None:
    with pytest.raises(FileRefused, match=r"^Line 3: The row has 3002 bytes, more than the 2000 of GROWTHLEADS_LONG"):
        parse_file(
            f"voluum_brand,marketing_source\na,A\n{'b' * 3000},B\n".encode(), SOURCES["voluum_mapper"], None, LIMITS
        )


def test_memory_holds_no_line_and_no_quote_without_end(tmp_path: Path) -> None:
    path, megabyte = tmp_path / "endless.csv", b"x" * 2**20
    for opening in (b",", b',"'):
        with path.open("wb") as file:
            file.write(HEADER.encode() + opening)
            file.writelines([megabyte] * 48)
            file.write(b'",1\n,a,1\n' if b'"' in opening else b",1\n,a,1\n")
        tracemalloc.start()
        with path.open("rb") as file:
            blocks = [block.records.frame.select("line", "size").rows() for block in record_blocks(file, 2**20, 2**20)]
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert [row for rows in blocks for row in rows] == [(1, 24), (2, 48 * 2**20 + 2 * len(opening) + 1), (3, 4)]
        assert peak < 10 * 2**20


def test_a_sentence_says_nothing_to_a_terminal_or_a_log() -> None:
    rows = ['"2024-03-26\x1b[2J\n\u202eERROR",a,1', ",a,\x9b31m1"]
    parsed = parse_file(f"{HEADER}{rows[0]}\n{rows[1]}\n".encode(), SOURCES["voluum"], DAY)

    assert [detail.split(":")[0] for detail in parsed.quarantined["detail"]] == [
        "date `2024-03-26�[2J��ERROR` is no date",
        "clicks `�31m1` is no whole number",
    ]
    # What landed is kept as it is.
    assert parsed.quarantined["raw_line"].to_list() == rows
    with pytest.raises(FileRefused) as refusal:
        parse_file(b"marketing_source,deal,comments\nA,x,clicks \x1b]0;owned\x07\n", SOURCES["deals"], None)
    assert str(refusal.value).isprintable()


def test_bytes_of_a_character_are_cut_by_no_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    for size in range(1, 9):
        monkeypatch.setattr("growthleads_assets.landing.records._DECODED_AT_ONCE", size)
        good = f"{HEADER},\u20ac\U0001f3b2é,1\n".encode()
        assert in_batches(good).rows["voluum_brand"].to_list() == ["\u20ac\U0001f3b2é"]
        with pytest.raises(FileRefused, match=r"^Line 3 is not UTF-8 \(byte 0xe2\)"):
            in_batches(good + b",\xe2\x82")
        with pytest.raises(FileRefused, match=r"^Line 2 is not UTF-8 \(byte 0xe2\)"):
            in_batches(f"{HEADER},".encode() + b"\xe2\x82\n")
