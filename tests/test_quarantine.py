"""What is held out: its list with the money, its rows with what to do, and the way back into the numbers."""

import json
import signal
from decimal import Decimal

import polars as pl
from click.testing import CliRunner, Result

from growthleads_assets.cli import main
from growthleads_assets.landing.cleaning import MONEY, clean_texts, form_of
from tests.cases import RAW_EARNINGS, lines, manual, scrapers, voluum
from tests.homes import Home

DAY = "2024-03-26"

HEADER = 'Date,"marketing_source",operator,Visits,signups,raw earnings,countryCode,country'
# Of its rows two count, four have faults, and one repeats the first.
GOOD = [",A,Foo,0,0,1.50,US,", ",A,Foo,0,0,2,US,"]
# Lines 3, 5, 6 (over two lines) and 8; the amounts that can be read are 40 and -0.25.
HELD = [",A,Foo,x,0,40,US,", ",A,Foo,0,0,€5,US,", ',"A",,0,0,-.25,US,"New\r\nYork"', ",A,Foo"]
MENDED = [",A,Foo,0,0,40,US,", ",A,Foo,0,0,5,US,", ',"A",Bar,0,0,-.25,US,"New\r\nYork"', ",A,Foo,0,0,100,US,"]
# In another order of columns than usual, with a byte order mark, quotes and CRLF.
DELIVERED = "\ufeff" + "".join(
    f"{line}\r\n" for line in ("", HEADER, HELD[0], GOOD[0], HELD[1], HELD[2], HELD[3], GOOD[0], GOOD[1])
)


def _run(*arguments: str) -> Result:
    """A command in this process, on the home of its environment."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        return CliRunner().invoke(main, list(arguments))
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _listed(*arguments: str) -> dict[tuple[str, str], tuple[int, str | None, int]]:
    """Rows, money and rows of unknown worth by place and reason."""
    done = _run("quarantine", "--json", *arguments)
    assert done.exit_code == 0, done.output
    return {
        (f"{row['source']}/{row['file']}", row["reason"]): (
            row["rows"],
            row["money_held_out"],
            row["rows_without_readable_money"],
        )
        for row in json.loads(done.stdout)
    }


def test_rows_held_out_are_listed_mended_and_landed_again(home: Home) -> None:
    home.land_and_settle(
        {
            **RAW_EARNINGS,
            f"routy/{DAY}.csv": DELIVERED,
            **manual(DAY, ",A,Foo,7,0,0", ",A,Foo,9,x,0"),
            **scrapers(DAY, ",A,Foo,US,5000,x"),
            **voluum(DAY, ",br1,-1"),
        }
    )
    assert home.commissions("solution_1_marketing_daily")["A", DAY] == Decimal("10.50"), "1.50 + 2 + 7"

    held_of_routy = {
        (f"routy/{DAY}.csv", "not_a_count"): (1, "40", 0),
        (f"routy/{DAY}.csv", "not_a_decimal"): (1, "0", 1),
        (f"routy/{DAY}.csv", "null_not_allowed"): (1, "-0.25", 0),
        (f"routy/{DAY}.csv", "field_count"): (1, "0", 1),
        (f"routy/{DAY}.csv", "duplicate"): (1, "1.50", 0),
    }
    assert _listed() == {
        **held_of_routy,
        (f"manual/{DAY}.csv", "not_a_count"): (1, "9", 0),
        (f"scrapers/{DAY}.csv", "not_a_count"): (1, "5000", 0),
        (f"voluum/{DAY}.csv", "out_of_range"): (1, None, 0),
    }
    assert _listed("--source", "routy", "--from", DAY) == held_of_routy
    assert _listed("--to", "2024-03-25") == {}
    _gold_says_the_same(home)
    said = _run("quarantine").stdout
    assert "routy: 5 rows held out, 41.25 of earnings, 2 of them of unknown worth, 1 of them repeats a row" in said
    assert "scrapers: 1 row held out, 5000.00 of running totals. A running total is not what a day earned" in said

    _rows_say_what_to_do()
    _files_that_are_not_meant_get_an_answer(home)
    _what_is_exported_can_be_mended_and_landed(home)


def _gold_says_the_same(home: Home) -> None:
    rows = home.query("select * from gold.quarantine_summary")
    assert {
        (f"{row['source']}/{row['file']}", row["reason"]): (
            row["rows"],
            None if row["money_held_out"] is None else str(row["money_held_out"]),
            row["rows_without_readable_money"],
        )
        for row in rows
    } == _listed()
    assert {row["date"].isoformat() for row in rows} == {DAY}


def _rows_say_what_to_do() -> None:
    rows = json.loads(_run("quarantine", "show", f"routy/{DAY}.csv", "--json").stdout)
    assert [(row["line"], row["column_name"], row["value"], row["raw_line"]) for row in rows] == [
        (3, "visits", "x", HELD[0]),
        (5, "raw_earnings", "€5", HELD[1]),
        (6, "operator", None, HELD[2]),
        (8, None, None, HELD[3]),
        (9, None, None, GOOD[0]),
    ]
    assert rows[0]["detail"] == "visits `x` is no whole number: write it like 12."
    # As `revert` has it, too.
    shown = _run("quarantine", "show", "routy", f"{DAY}.csv").stdout
    assert f"routy/{DAY}.csv, accepted" in shown
    assert "5 of 7 rows held out." in shown
    assert "write it like 12" in shown


def _files_that_are_not_meant_get_an_answer(home: Home) -> None:
    home.land({"routy/2024-03-27.csv": "date;marketing_source\n"})
    home.settle(with_tests=False)
    answers = {
        (f"{DAY}.csv",): f"say manual/{DAY}.csv or routy/{DAY}.csv or scrapers/{DAY}.csv or voluum/{DAY}.csv.",
        (
            "routy/2024-03-27.csv",
        ): "is refused as a whole, so no row of it is in quarantine: The header on line 1 lacks",
        ("routy/2024-03-28.csv",): "No file routy/2024-03-28.csv has ever come",
        ("deals.csv",): "Nothing of deals/deals.csv is in quarantine: 1 row loaded, none held out",
        ("nobody", f"{DAY}.csv"): "There is no source nobody; the sources are routy,",
    }
    for words, answer in answers.items():
        for command in ("show", "export"):
            done = _run("quarantine", command, *words)
            assert (done.exit_code, done.stdout) == (1, "")
            assert answer in done.stderr
    assert "There is no source nobody" in _run("quarantine", "--source", "nobody").stderr
    assert "is after" in _run("quarantine", "--from", "2024-03-27", "--to", DAY).stderr


def _what_is_exported_can_be_mended_and_landed(home: Home) -> None:
    exported = _run("quarantine", "export", f"routy/{DAY}.csv").stdout_bytes.decode()
    assert exported == "".join(f"{line}\r\n" for line in (HEADER, *HELD, GOOD[0]))
    output = home.settings.landing_zone.with_name("rows.csv")
    written = _run("quarantine", "export", f"routy/{DAY}.csv", "--output", str(output))
    assert (written.exit_code, output.read_bytes().decode()) == (0, exported)
    nowhere = _run("quarantine", "export", f"routy/{DAY}.csv", "--output", str(output / "rows.csv"))
    assert (nowhere.exit_code, "cannot be written" in nowhere.stderr) == (1, True)

    for wrong, right in zip(HELD, MENDED, strict=True):
        exported = exported.replace(f"{wrong}\r\n", f"{right}\r\n", 1)
    mended = exported.removesuffix(f"{GOOD[0]}\r\n")
    home.land({f"routy/{DAY}.csv": mended + "".join(f"{line}\r\n" for line in GOOD)})
    home.settle()

    assert _listed("--source", "routy") == {}
    # 1.50 + 2 + 40 + 5 - 0.25 + 100, and 7 of manual.
    assert home.commissions("solution_1_marketing_daily")["A", DAY] == Decimal("155.25")
    assert len(_listed("--source", "routy", "--all")) == 5, "resolved, not erased"
    assert "6 rows loaded, none held out" in _run("quarantine", "show", f"routy/{DAY}.csv").stderr
    assert "none held out" not in _run("quarantine", "show", f"{DAY}.csv").stderr, "the others still have rows held out"


def test_money_held_out_is_read_by_the_rule_of_earnings(home: Home) -> None:
    texts = [
        *(
            "5",
            "-0.25",
            "+5",
            ".5",
            "5.",
            "0",
            "-0",
            "",
            "NULL",
            " 7 ",
            "000123456789012.1234567890",
            "+.5000000000000",
        ),
        *("1234567890123", "0.1234567891", "inf", "1e5", "1,000.50", "€5", ".", "+", "--1", "5 5", "٣", "1\n", "1_0"),
    ]
    cleaned = clean_texts(pl.DataFrame({"amount": texts})).to_series()
    values = form_of(MONEY).read(cleaned, None)
    # An empty amount is worth nothing; one that cannot be read is worth nobody knows what.
    expected = [Decimal() if text is None else value for text, value in zip(cleaned, values, strict=True)]

    found = home.query(
        "select bronze.readable_money(jsonb_build_object('amount', text), 'amount') as money "
        "from unnest(%s::text[]) with ordinality as texts (text, place) order by place",
        cleaned.to_list(),
    )

    assert [row["money"] for row in found] == expected
    assert 0 < expected.count(None) < len(expected)
    [neither] = home.query("select bronze.readable_money(null, 'amount') as a, bronze.readable_money('{}', null) as b")
    assert neither == {"a": None, "b": None}


def test_a_dimension_has_its_repeats_in_quarantine(home: Home) -> None:
    home.land({**RAW_EARNINGS, "voluum_mapper.csv": lines("voluum_brand,marketing_source", "br1,A", "br1,A")})
    home.settle(with_tests=False)

    assert _listed() == {("voluum_mapper/voluum_mapper.csv", "duplicate"): (1, None, 0)}
    assert _listed("--from", "2024-01-01") == {}
    exported = _run("quarantine", "export", "voluum_mapper.csv")
    assert exported.stdout == lines("voluum_brand,marketing_source", "br1,A")
