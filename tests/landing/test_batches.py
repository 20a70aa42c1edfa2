"""Files read in batches: where one ends and how many there are changes nothing, memory included."""

import io
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from growthleads_assets.contracts.registry import SOURCES, Source
from growthleads_assets.landing import parsing, quarantine
from growthleads_assets.landing.parsing import FileRefused, ParsedFile, parse_file, parse_in_batches
from growthleads_assets.settings import LIMITS, Limits
from tests.landing.fuzzing import DAY, day_of, parsed_as_the_rules_say
from tests.landing.test_parsing_properties import files

HEADER = "date,voluum_brand,clicks\n"
SMALL = 40
"""Bytes of a batch: the header and a row or two."""


def in_batches(content: bytes, source: str = "voluum", size: int = SMALL, limits: Limits = LIMITS) -> ParsedFile:
    """What the batches of a file hold together."""
    batches = list(parse_in_batches(io.BytesIO(content), SOURCES[source], day_of(SOURCES[source]), size, limits))
    withdrawn = pl.concat(batch.withdrawn for batch in batches)
    rows = pl.concat(batch.rows for batch in batches).join(withdrawn, on="line", how="anti", maintain_order="left")
    quarantined = pl.concat(batch.quarantined for batch in batches).sort("line")
    [extra_columns] = {batch.extra_columns for batch in batches}
    return ParsedFile(rows, quarantined, rows.height + quarantined.height, extra_columns)


@given(files(), st.sampled_from((1, 7, SMALL, 200)), st.sampled_from((LIMITS.longest_row, 80, 50, 24)))
def test_batches_hold_what_the_whole_file_does(file: tuple[Source, bytes], size: int, longest_row: int) -> None:
    source, content = file
    limits = Limits(longest_row=longest_row)
    parsed_as_the_rules_say(source, content, limits)
    try:
        expected = parse_file(content, source, day_of(source), limits)
    except FileRefused as refusal:
        with pytest.raises(FileRefused) as refused:
            in_batches(content, source.name, size, limits)
        assert str(refused.value) == str(refusal)  # noqa: PT017 - two refusals are compared
        return
    parsed = in_batches(content, source.name, size, limits)
    assert_frame_equal(parsed.rows, expected.rows)
    assert_frame_equal(parsed.quarantined, expected.quarantined)
    assert (parsed.rows_read, parsed.extra_columns) == (expected.rows_read, expected.extra_columns)


def brands(text: str) -> list[tuple[int, str]]:
    return in_batches(text.encode()).rows.select("line", "voluum_brand").rows()


def held_back(parsed: ParsedFile) -> list[tuple[int, str]]:
    return parsed.quarantined.select("line", "reason").rows()


def test_a_batch_ends_where_a_record_does() -> None:
    assert brands(f'{HEADER},"a{"x" * 50}\n{"y" * 50}\nz",1\n,b,2\n') == [
        (2, f"a{'x' * 50}\n{'y' * 50}\nz"),
        (5, "b"),
    ]
    assert brands(f'{HEADER},"c""\n""\n{"x" * SMALL}\n"",",1\n,d,1') == [(2, f'c"\n"\n{"x" * SMALL}\n",'), (6, "d")]


@pytest.mark.parametrize("size", range(1, 60))
def test_no_byte_is_a_bad_place_for_a_batch_to_end(size: int) -> None:
    text = '\ufeffdate,voluum_brand,clicks\r\n\r\n,\u00e9\u20ac\U0001f3b2,1\r\n\ufeff,"\r\n\u00e9",2\r\n,"q""",3'
    parsed = in_batches(text.encode(), size=size)
    assert parsed.rows.select("line", "voluum_brand", "clicks").rows() == [
        (3, "\u00e9\u20ac\U0001f3b2", 1),
        (6, 'q"', 3),
    ]
    # A byte order mark further down is text, here in the place of a date.
    assert held_back(parsed) == [(4, "not_a_date")]
    assert parsed.quarantined["raw_line"].to_list() == ['\ufeff,"\r\n\u00e9",2']


def test_a_row_repeats_one_of_any_batch_before() -> None:
    rows = [",a,1", ",b,1", ",a,x", ",c,1", f" {DAY} 00:00:00 ,a,1.0", ",b,1,", ",b,+1", ",a,1"]
    parsed = in_batches("\n".join([HEADER.strip(), *rows]).encode())
    assert parsed.rows["line"].to_list() == [2, 3, 5]
    assert held_back(parsed) == [
        (4, "not_a_count"),
        (6, "duplicate"),
        (7, "field_count"),
        (8, "duplicate"),
        (9, "duplicate"),
    ]
    assert [detail.split(",")[0] for detail in parsed.quarantined["detail"][[1, 3, 4]]] == [
        "The row repeats line 2",
        "The row repeats line 3",
        "The row repeats line 2",
    ]


def test_rows_of_one_hash_are_compared_and_not_only_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        quarantine, "row_hashes", lambda rows, _: pl.repeat(7, rows.height, dtype=pl.UInt64, eager=True)
    )
    parsed = in_batches(f"{HEADER},a,1\n,b,1\n,c,1\n,d,1\n,b,1\n,e,1\n".encode())
    assert parsed.rows["voluum_brand"].to_list() == ["a", "b", "c", "d", "e"]
    assert held_back(parsed) == [(6, "duplicate")]


def test_repeats_are_found_however_few_are_compared_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "_FIRSTS_AT_ONCE", 2)
    once = "".join(f",br{number},1\n" for number in range(9))
    parsed = in_batches(f"{HEADER}{once}{once}".encode())
    assert parsed.rows["line"].to_list() == list(range(2, 11))
    assert held_back(parsed) == [(line, "duplicate") for line in range(11, 20)]


@pytest.mark.parametrize(
    "rows",
    [",,\n", ",\n", ",a,1\n", f",{'a' * 50},1\n", ",a,1\n,b,x\n", ",a,1\n\n,b,1\n,\n,,\n"],
    ids=["no value", "too few fields", "repeats", "too long", "each second faulty", "all kinds"],
)
def test_no_batch_has_more_rows_than_fit_however_short_they_are(rows: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "_BATCH", 3)
    content, limits = f"{HEADER}{rows * 10}".encode(), Limits(longest_row=50)
    # A row that is held back takes many times the memory of its text, so bytes alone bound nothing.
    batches = list(parse_in_batches(io.BytesIO(content), SOURCES["voluum"], DAY, len(content), limits))
    heights = {max(batch.rows.height, batch.quarantined.height, batch.withdrawn.height) for batch in batches}
    assert heights <= {0, 1, 2, 3}

    parsed = in_batches(content, size=len(content), limits=limits)
    expected = parse_file(content, SOURCES["voluum"], DAY, limits)
    assert_frame_equal(parsed.rows, expected.rows)
    assert_frame_equal(parsed.quarantined, expected.quarantined)


MANY = "".join(f",br{number},1\n" for number in range(20))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (f"{HEADER}{MANY}\xff".encode("latin-1"), "Line 22 is not UTF-8 (byte 0xff)"),
        (f"{HEADER}{MANY},a,1\0\n".encode(), "Line 22 contains a NUL byte"),
        (f"{HEADER}{MANY},a,1\r".encode(), "Line 22 contains a carriage return (CR)"),
        (f"{HEADER}{MANY},a\rb,1\n{MANY}".encode(), "Line 22 contains a carriage return (CR)"),
        (f'{HEADER}{MANY},"a,1\n{MANY}'.encode(), "The quote that opens on line 22 is never closed"),
        (f'{HEADER}{MANY},"a"b,1\n{MANY}'.encode(), "Line 22 has text after a closing quote"),
        # What is no CSV is said before what is wrong with its header, and no text at all before that.
        (f'date,clicks\n{MANY},"a\n'.encode(), "The quote that opens on line 22 is never closed"),
        (f'{HEADER},"a"b,1\n{MANY},a,1\0\n'.encode(), "Line 23 contains a NUL byte"),
        (f"date,clicks\n{MANY}".encode(), "The header on line 1 lacks the column voluum_brand"),
        (b"\n" * 100, "The file is empty"),
    ],
)
def test_a_file_is_refused_for_what_lies_in_its_last_batch(content: bytes, sentence: str) -> None:
    with pytest.raises(FileRefused) as refused:
        in_batches(content)
    assert str(refused.value).startswith(sentence)


def test_rules_over_several_rows_see_all_of_them() -> None:
    mapper = "voluum_brand,marketing_source\n" + "".join(f"br{number},A\n" for number in range(20))
    assert in_batches(mapper.encode(), "voluum_mapper").rows.height == 20
    with pytest.raises(FileRefused, match=r"^Line 22: "):
        in_batches(f"{mapper}BR0,B\n".encode(), "voluum_mapper")


READ_TWO_FILES = """
import resource, sys
from datetime import date
from growthleads_assets.contracts.registry import SOURCES, Source
from growthleads_assets.landing.parsing import parse_in_batches
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        rows = sum(b.rows.height for b in parse_in_batches(file, SOURCES["voluum"], date(2024, 3, 26), 1 << 20))
    print(rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    paths = {batches: tmp_path / f"{batches}.csv" for batches in (5, 50)}
    for batches, path in paths.items():
        # Half a kilobyte a row: the file is large, and has few of the rows that take time.
        rows = (f",br{number},1,{number:0500}\n" for number in range(2_000 * batches))
        path.write_text(f"date,voluum_brand,clicks,comment\n{''.join(rows)}")
    grows_by = paths[50].stat().st_size - paths[5].stat().st_size

    process = subprocess.run(
        [sys.executable, "-c", READ_TWO_FILES, *map(str, paths.values())], capture_output=True, text=True, check=True
    )

    few, many = ([*map(int, line.split())] for line in process.stdout.splitlines())
    assert (few[0], many[0]) == (10_000, 100_000)
    assert many[1] - few[1] < grows_by / 2
