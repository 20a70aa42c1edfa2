"""Files on their way into bronze in several batches: all of a file is loaded, or nothing of it."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from growthleads_assets.contracts.registry import SOURCES
from growthleads_assets.warehouse.loading import Outcome
from tests.homes import Home, Server
from tests.landing.zones import names_in

PLACE = "routy/2024-03-26.csv"
HEADER = "date,marketing_source,operator,country,countryCode,raw_earnings,visits,signups"
# Lines 2, 5 and 8 are one row, as are 3 and 6; 4 has no operator and 7 a field too few.
ROWS = (
    ",A,Foo,US,,1.50,0,0",
    ',B,"Foo\'s, ""the"" best",US,,2,0,0',
    ",A,,US,,4,0,0",
    "2024-03-26,A,Foo,US,,+1.5,0.0,0",
    ',B,"Foo\'s, ""the"" best",US,,2.,0,0',
    ",A,Foo,US,,8,0",
    ",A,Foo ,US,null,01.5,0,0",
    ",A,Bar,US,,16,0,0",
)


def file(*rows: str) -> str:
    return "".join(f"{line}\n" for line in (HEADER, *rows))


@pytest.fixture
def home(server: Server) -> Iterator[Home]:
    """A home in which a batch is about as long as a row."""
    with server.new_home(batch_size=20) as home:
        yield home


def load(home: Home, content: str) -> Outcome:
    home.land({PLACE: content})
    with home.platform.connected() as connection:
        [landed] = home.platform.landed(connection, settle_seconds=0)
        return home.platform.loader(connection, "run").load_landed(SOURCES["routy"], landed)


def reload(home: Home) -> Outcome:
    with home.platform.connected() as connection:
        return home.platform.loader(connection, "run").reload(SOURCES["routy"], PLACE.partition("/")[2])


def in_the_tables(home: Home) -> tuple[list[dict[str, Any]], ...]:
    return (
        home.query("select _line, _load_id, operator, raw_earnings from bronze.routy order by _line"),
        home.query(
            "select load_id, line, reason, detail, quarantined_at, resolved_at from bronze.quarantine "
            "order by load_id, line"
        ),
        home.query("select * from bronze.files where status = 'loaded' order by load_id"),
    )


def test_a_row_that_repeats_one_of_an_earlier_batch_is_quarantined_and_not_counted(home: Home) -> None:
    outcome = load(home, file(*ROWS))

    assert (outcome.status, outcome.rows_read, outcome.rows_loaded, outcome.rows_quarantined) == ("loaded", 8, 3, 5)
    rows, held, [version] = in_the_tables(home)
    assert [(row["_line"], row["operator"]) for row in rows] == [(2, "Foo"), (3, 'Foo\'s, "the" best'), (9, "Bar")]
    reasons = {4: "null_not_allowed", 5: "duplicate", 6: "duplicate", 7: "field_count", 8: "duplicate"}
    assert {entry["line"]: entry["reason"] for entry in held} == reasons
    first_lines = {entry["line"]: entry["detail"].split(",")[0] for entry in held if entry["reason"] == "duplicate"}
    assert first_lines == {line: f"The row repeats line {first}" for line, first in {5: 2, 6: 3, 8: 2}.items()}
    # 1.50 + 2 + 16.
    assert (version["rows_read"], version["rows_loaded"], version["rows_quarantined"]) == (8, 3, 5)
    assert version["earnings"] == Decimal("19.5")
    assert names_in(home.settings.archive_zone) == {version["archived_as"]}
    assert (home.settings.archive_zone / version["archived_as"]).read_text() == file(*ROWS)


# What PostgreSQL's text form has a meaning of its own for, and what looks like an escape there or in JSON.
NAMES = (
    *(
        "\\N",
        "\\.",
        "\\",
        "a\\",
        "\\\\N",
        "\\n",
        "a\\tb",
        "a\tb",
        "\\\tb",
        "a\nb",
        "a\r\nb",
        "\\.\nb",
        "\\x41",
        "\\101",
    ),
    *("a,b", '"', 'a""b', "'", "é\u2028\U0010ffff", "a\x01\x1b", "NULL\\N"),
)


@pytest.mark.parametrize("batch_size", [20, 1 << 20])
def test_every_text_is_in_the_tables_as_it_landed(server: Server, batch_size: int) -> None:
    fields = ['"' + name.replace('"', '""') + '"' for name in NAMES]

    # Those with an amount that is none are held out, each after its like.
    content = file(*(f",A,{field},US,,{amount},0,0" for field in fields for amount in ("1", "x")))
    with server.new_home(batch_size=batch_size) as home:
        outcome = load(home, content)
        loaded = home.query("select operator, operator_key, country, country_code from bronze.routy order by _line")
        held = home.query("select raw_line, fields ->> 'operator' as operator from bronze.quarantine order by line")

    assert (outcome.rows_loaded, outcome.rows_quarantined) == (len(NAMES), len(NAMES))
    assert [tuple(row.values()) for row in loaded] == [(name, name.lower(), "US", None) for name in NAMES]
    assert [(row["raw_line"], row["operator"]) for row in held] == [
        (f",A,{field},US,,x,0,0", name) for field, name in zip(fields, NAMES, strict=True)
    ]


def test_no_encoding_of_the_environment_changes_a_name(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")

    with server.new_home() as home:
        load(home, file(",A,Größe ł,US,,1,0,0", ",A,Größe ł,US,,x,0,0"))

        [loaded] = home.query("select encode(convert_to(operator, 'UTF8'), 'hex') as operator from bronze.routy")
        [held] = home.query("select encode(convert_to(raw_line, 'UTF8'), 'hex') as raw_line from bronze.quarantine")

    assert bytes.fromhex(loaded["operator"]).decode() == "Größe ł"
    assert bytes.fromhex(held["raw_line"]).decode() == ",A,Größe ł,US,,x,0,0"


def test_a_version_read_again_says_the_same(home: Home) -> None:
    load(home, file(*ROWS))
    before = in_the_tables(home)

    outcome = reload(home)

    assert (outcome.status, outcome.rows_read, outcome.rows_loaded, outcome.rows_quarantined) == ("loaded", 8, 3, 5)
    assert in_the_tables(home) == before


def test_rows_missing_from_quarantine_come_back_and_those_there_stay_as_they_were(home: Home) -> None:
    load(home, file(*ROWS))
    before = in_the_tables(home)[1]
    home.query_all("delete from bronze.quarantine where line in (4, 8)")

    outcome = reload(home)

    assert (outcome.status, outcome.rows_loaded, outcome.rows_quarantined) == ("loaded", 3, 5)
    after = in_the_tables(home)[1]
    assert [entry["line"] for entry in after] == [4, 5, 6, 7, 8]
    assert [entry for entry in after if entry in before] == [before[1], before[2], before[3]]


def test_a_version_that_lets_rows_pass_which_it_held_out_is_another_and_they_stay_on_record(home: Home) -> None:
    load(home, file(*ROWS))
    # As if line 9 had been held out by the same rules: another release of a library may judge otherwise.
    home.query_all(
        """
        insert into bronze.quarantine (load_id, source, file, day, line, raw_line, reason, detail)
        select load_id, source, file, day, 9, '', 'x', 'x' from bronze.files;
        """
    )

    outcome = reload(home)

    assert (outcome.status, outcome.rows_loaded, outcome.rows_quarantined) == ("loaded", 3, 5)
    rows, held, [first, second] = in_the_tables(home)
    assert {row["_load_id"] for row in rows} == {second["load_id"]}
    assert (first["superseded_at"] is None, second["superseded_at"], first["sha256"]) == (False, None, second["sha256"])
    lines = {True: [4, 5, 6, 7, 8, 9], False: [4, 5, 6, 7, 8]}
    for is_resolved, load_id in ((True, first["load_id"]), (False, second["load_id"])):
        of_load = [entry for entry in held if entry["load_id"] == load_id]
        assert [entry["line"] for entry in of_load] == lines[is_resolved]
        assert all((entry["resolved_at"] is not None) == is_resolved for entry in of_load)


def test_a_file_refused_at_its_last_row_leaves_all_as_it_was(home: Home) -> None:
    load(home, file(*ROWS))
    before, archived = in_the_tables(home), names_in(home.settings.archive_zone)

    outcome = load(home, file(",C,Foo,US,,1,0,0", ",D,,US,,1,0,0", ",C,Foo,US,,1,0,0", ',C,"Foo,US,,1,0,0'))

    sentence = "The quote that opens on line 5 is never closed: close it, or double it if it is text."
    assert (outcome.status, outcome.reason) == ("refused", sentence)
    assert in_the_tables(home) == before
    assert names_in(home.settings.archive_zone) == archived
    assert names_in(home.settings.landing_zone) == {PLACE}
    assert home.query("select reason from bronze.files where status = 'refused'") == [{"reason": sentence}]


def test_a_home_of_before_gets_the_key_of_today(home: Home) -> None:
    load(home, file(*ROWS))
    before = in_the_tables(home)
    home.query_all(
        """
        alter table bronze.routy drop constraint routy_pkey, add primary key (_load_id, _line);
        create index routy_by_day on bronze.routy (_day);
        update bronze.layout set checksum = 'of before';
        """
    )

    reload(home)

    indexes = home.query("select indexdef from pg_indexes where schemaname = 'bronze' and tablename = 'routy'")
    assert [index["indexdef"].split(" USING ")[1] for index in indexes] == ["btree (_day, _load_id, _line)"]
    assert in_the_tables(home) == before
