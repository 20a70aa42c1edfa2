"""What the rules of "Cleaning" make of a landed file: rows, quarantined rows, or a refusal. Expected values by hand."""

import json
from datetime import date, datetime, time
from decimal import Decimal

import pandera.polars as pa
import polars as pl
import pytest

from growthleads_assets.contracts import schemas
from growthleads_assets.contracts.registry import SOURCES, Source
from growthleads_assets.landing.parsing import FileRefused, ParsedFile, parse_file

DAY = date(2024, 3, 26)
VOLUUM = "date,voluum_brand,clicks"
ROUTY = "date,marketing_source,operator,country,countryCode,raw_earnings,visits,signups"


def parse(content: bytes | str, source: str = "voluum") -> ParsedFile:
    text = content.encode() if isinstance(content, str) else content
    day = DAY if SOURCES[source].is_event else None
    parsed = parse_file(text, SOURCES[source], day)
    assert parsed.rows_read == parsed.rows.height + parsed.quarantined.height
    return parsed


def refusal(content: bytes | str, source: str = "voluum") -> str:
    with pytest.raises(FileRefused) as refused:
        parse(content, source)
    return str(refused.value)


def voluum(*records: str, end: str = "\n") -> ParsedFile:
    return parse("".join(f"{record}{end}" for record in (VOLUUM, *records)))


def reasons(parsed: ParsedFile) -> list[tuple[int, str]]:
    return parsed.quarantined.select("line", "reason").rows()


def brands(parsed: ParsedFile) -> list[str]:
    return parsed.rows["voluum_brand"].to_list()


# ----------------------------------------------------------------------------------------------------------------------
# The file
# ----------------------------------------------------------------------------------------------------------------------


def test_a_clean_row_becomes_typed_values() -> None:
    parsed = parse(f"{ROUTY}\n2024-03-26 01:02:03, TOP-SPO1 ,BetRivers NJ,US,NULL,-0.25,7,0\n", "routy")
    assert parsed.rows.row(0, named=True) == {
        "line": 2,
        "date": datetime(2024, 3, 26, 1, 2, 3),
        "marketing_source": "TOP-SPO1",
        "operator": "BetRivers NJ",
        "country": "US",
        "country_code": None,
        "raw_earnings": Decimal("-0.25"),
        "visits": 7,
        "signups": 0,
        "operator_key": "betrivers nj",
    }
    assert parsed.rows.schema["raw_earnings"] == pl.Decimal(21, 9)
    assert parsed.rows.schema["date"] == pl.Datetime("us")


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\n", b" \r\n\t\r\n", "\u00a0\n\u2003".encode()])
def test_a_file_without_even_a_header_is_refused(content: bytes) -> None:
    assert "even the header is missing" in refusal(content)


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (b"date;voluum_brand;clicks\n2024-03-26;a;1\n", ("date, voluum_brand, clicks", "semicolons", "commas")),
        (b"date\tvoluum_brand\tclicks\n", ("tabs", "commas")),
        (b"date|voluum_brand|clicks\n", ("vertical bars", "commas")),
        (b"<html><body>Not found</body></html>", ("lacks the columns", "<html>")),
        (b'{"date": "2024-03-26", "clicks": 1}', ("lacks the columns",)),
        (b"PK\x03\x04\x14\x00\x06\x00", ("Line 1", "NUL", "CSV")),
        (b"\x89PNG\r\n\x1a\n", ("Line 1", "0x89", "UTF-8")),
        (f"{VOLUUM}\n".encode("utf-16"), ("UTF-16", "UTF-8")),
        (f"{VOLUUM}\n".encode("utf-16-le"), ("NUL", "UTF-8")),
        (f"{VOLUUM}\n,ok,1\n,caf\u00e9,1\n".encode("latin-1"), ("Line 3", "0xe9", "UTF-8")),
        (f"{VOLUUM}\n,ok,1\n,a\0b,1\n".encode(), ("Line 3", "NUL")),
        (f'{VOLUUM}\n,"a\0b",1\n'.encode(), ("Line 2", "NUL")),
        (f"{VOLUUM}\n,\u00e9,1\n".encode()[:-4], ("Line 2", "0xc3")),
        (b"\xef\xbb\xbf\xef\xbb\xbf" + VOLUUM.encode(), ("two byte order marks",)),
    ],
)
def test_what_is_no_csv_in_utf_8_is_refused(content: bytes, parts: tuple[str, ...]) -> None:
    sentence = refusal(content)
    assert [part for part in parts if part not in sentence] == []


def test_an_encoding_fault_is_found_far_into_a_file() -> None:
    content = f"{VOLUUM}\n".encode() + ",caf\u00e9,1\n".encode() * 200_000 + b",\xff,1\n"
    assert refusal(content).startswith("Line 200002 is not UTF-8 (byte 0xff)")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("brand", ["B\u00c9TA", '"B\u00c9TA"'])
def test_lf_and_crlf_with_or_without_byte_order_mark_are_read_alike(end: str, mark: str, brand: str) -> None:
    parsed = parse(f"{mark}{VOLUUM}{end}2024-03-26,{brand},1{end},b,2")
    assert parsed.rows.select("line", "voluum_brand", "clicks", "voluum_brand_key").rows() == [
        (2, "B\u00c9TA", 1, "b\u00e9ta"),
        (3, "b", 2, "b"),
    ]


@pytest.mark.parametrize(
    ("records", "line"),
    [
        (",a,1\r,b,2\n", 2),
        (",a,1\n,b,2\r", 3),
        (",a,1\r\r\n", 2),
        (',"a",1\r,b,2\n', 2),
        (',"a",1\n,b,2\r', 3),
        (',"x\ny",1\n,b\rc,2\n', 4),
        (',"x",1\n\n,"a"\r,2\n', 4),
        (',"x\ny\n",\r1\n', 4),
    ],
)
def test_a_lone_carriage_return_outside_quotes_refuses_the_file(records: str, line: int) -> None:
    sentence = refusal(f"{VOLUUM}\n{records}")
    assert sentence.startswith(f"Line {line} ")
    assert "CRLF" in sentence


def test_a_file_with_old_line_ends_is_refused() -> None:
    assert "carriage return" in refusal(f"{VOLUUM}\r,a,1\r")


def test_line_ends_of_any_kind_within_quotes_are_data() -> None:
    assert brands(voluum(',"a\rb",1', ',"c\r\nd",2', ',"e\nf",3')) == ["a\rb", "c\r\nd", "e\nf"]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (f'"{VOLUUM}\n', 1),
        (f'{VOLUUM}\n,a,1\n,"b,2\n,c,3\n', 3),
        (f'{VOLUUM}\n,a,1\n,b,"2', 3),
        (f'{VOLUUM}\n,"a""', 2),
        (f'{VOLUUM}\n,"x\ny","z\n', 3),
        (f'{VOLUUM}\n,a,1\n"', 3),
    ],
)
def test_a_quote_that_is_never_closed_refuses_the_file_and_names_its_line(content: str, line: int) -> None:
    assert refusal(content).startswith(f"The quote that opens on line {line} is never closed")


@pytest.mark.parametrize("field", ['"a"b', '"a" ', '"a""b"c', '""x', '"a"\t', '"x\ny"z'])
def test_text_after_a_closing_quote_refuses_the_file(field: str) -> None:
    line = 3 + field.count("\n")
    assert refusal(f"{VOLUUM}\n,a,1\n,{field},2\n").startswith(f"Line {line} has text after a closing quote")


def test_a_file_with_only_a_header_is_valid_and_empty() -> None:
    for content in (VOLUUM, f"{VOLUUM}\n", f"{VOLUUM}\r\n\r\n", '"date","voluum_brand","clicks"\n'):
        parsed = parse(content)
        assert parsed.rows_read == 0
        assert parsed.rows.columns == ["line", "date", "voluum_brand", "clicks", "voluum_brand_key"]
        assert parsed.quarantined.columns == [
            "line",
            "raw_line",
            "column_name",
            "value",
            "reason",
            "detail",
            "fields",
        ]


def test_a_file_whose_every_row_is_quarantined_is_valid() -> None:
    parsed = voluum(",,1", "2024-03-27,a,1", "a,b")
    assert parsed.rows.is_empty()
    assert parsed.rows_read == 3


# ----------------------------------------------------------------------------------------------------------------------
# The header
# ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [
        "voluum_brand,clicks,date",
        " Voluum Brand ,CLICKS,Date",
        "voluumBrand,Clicks,DATE",
        '"VoluumBrand","clicks","date"',
        "voluum - brand,clicks,\u00a0date\u00a0",
        "\n  \n\r\n\tvoluum_brand,clicks,date",
        '"voluum\nbrand",clicks,date',
        "voluum__brand,clicks,date",
    ],
)
def test_columns_are_found_in_any_order_case_and_spacing(header: str) -> None:
    parsed = parse(f"{header}\nA,5,\n")
    assert parsed.rows.select("date", "voluum_brand", "clicks").rows() == [(datetime(2024, 3, 26), "A", 5)]
    assert parsed.extra_columns == ()


@pytest.mark.parametrize(
    ("delivered", "normalized"),
    [
        ("countryCode", "country_code"),
        ("rawEARNINGS", "raw_earnings"),
        ("URL", "url"),
        ("top10List", "top10_list"),
        ("aBcDe", "a_bc_de"),
        ("cost (\u20ac)", "cost_"),
        ("#id", "_id"),
        ("\u00c9t\u00e9Pays", "\u00e9t\u00e9_pays"),
        ("a.-_b", "a_b"),
        ("", ""),
    ],
)
def test_an_extra_column_is_reported_in_snake_case_and_ignored(delivered: str, normalized: str) -> None:
    parsed = parse(f"date,{delivered},voluum_brand,clicks\n,1e5,A,5\n")
    assert parsed.extra_columns == (normalized,)
    assert parsed.rows.select("voluum_brand", "clicks").rows() == [("A", 5)]
    assert "1e5" not in parsed.rows.row(0)


def test_a_missing_column_refuses_the_file_by_name() -> None:
    sentence = refusal("\n\ndate,brand,clicks\n,a,1\n")
    assert sentence.startswith("The header on line 3 lacks the column voluum_brand;")
    assert "date,brand,clicks" in sentence


@pytest.mark.parametrize(
    "header", ["date,voluum_brand,clicks,Date", "date,voluum_brand,clicks,Clicks ", f"{VOLUUM},x,X"]
)
def test_a_name_twice_refuses_the_file(header: str) -> None:
    assert "more than once" in refusal(f"{header}\n")


def test_two_columns_without_a_name_are_a_name_twice() -> None:
    assert "without name" in refusal(f"{VOLUUM},,\n")


def test_a_refusal_stays_short_whatever_the_header() -> None:
    assert len(refusal("x" * 1_000_000)) < 500
    assert len(refusal("," * 100_000)) < 500
    assert len(refusal(VOLUUM + ",a,b" * 50_000)) < 500


def test_valid_from_may_be_left_out_of_deals() -> None:
    assert parse("marketing_source,deal,comments\nA,x,clicks\n", "deals").rows["valid_from"].to_list() == [None]


# ----------------------------------------------------------------------------------------------------------------------
# Records and fields
# ----------------------------------------------------------------------------------------------------------------------


def test_lines_are_the_physical_ones_where_records_start() -> None:
    parsed = parse(f'\n{VOLUUM}\n\n,a,1\n   \n,"b\n\nb",2\n\n,c,3\n,d\n,"e",5')
    assert parsed.rows["line"].to_list() == [4, 6, 10, 12]
    assert reasons(parsed) == [(11, "field_count")]


@pytest.mark.parametrize("blank", ["", " ", "\t \t", "\u00a0", "\u2003\u3000", "\x0b\x0c"])
@pytest.mark.parametrize("row", [",a,1", ',"a",1'])
def test_empty_lines_and_lines_of_blanks_are_skipped(blank: str, row: str) -> None:
    parsed = voluum(blank, row, blank, blank)
    assert parsed.rows_read == 1
    assert parsed.rows["line"].to_list() == [3]


@pytest.mark.parametrize("record", ["a", ",a", ",a,1,", ",a,1,000", '""', '" "', ",a;1", '"a,b,c"', "NULL"])
def test_a_line_with_another_number_of_fields_is_quarantined_with_its_raw_text(record: str) -> None:
    parsed = voluum(record, ",ok,1", end="\r\n")
    entry = parsed.quarantined.row(0, named=True)
    width = 1 if record.startswith('"') else record.count(",") + 1
    assert (entry["line"], entry["raw_line"], entry["reason"]) == (2, record, "field_count")
    assert (entry["column_name"], entry["value"], entry["fields"]) == (None, None, None)
    assert f"{width} instead of 3 fields" in entry["detail"]
    assert brands(parsed) == ["ok"]


def test_a_line_of_commas_is_a_row_of_nulls() -> None:
    assert reasons(voluum(",,", '"","",""')) == [(2, "null_not_allowed"), (3, "null_not_allowed")]


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ('"a, b"', "a, b"),
        ('"say ""hi"""', 'say "hi"'),
        ('""""', '"'),
        ('"a\n""b"",\nc"', 'a\n"b",\nc'),
        ('<a href="x">', '<a href="x">'),
        ('5" pipe', '5" pipe'),
        ('a""b', 'a""b'),
        (' "a"', '"a"'),
        ("'; drop table x; --", "'; drop table x; --"),
        ("=1+1", "=1+1"),
        ("$0 ${1} \\1", "$0 ${1} \\1"),
        ('"$1, \\n"', "$1, \\n"),
        ('"  padded  "', "padded"),
        ("\x1c", "\x1c"),
        ("\ufeff", "\ufeff"),
        ("\u0085x\u2028y\u2029", "x\u2028y"),
    ],
)
def test_text_is_what_the_field_says(field: str, text: str) -> None:
    parsed = voluum(f",{field},1", ',"plain",2', ",other,3")
    assert brands(parsed) == [text, "plain", "other"]


def test_a_quoted_record_is_quarantined_as_it_landed() -> None:
    parsed = voluum(',"a ""b""\r\nc","x"', ',"d, e",1,1', end="\r\n")
    assert parsed.quarantined.select("line", "raw_line", "reason").rows() == [
        (2, ',"a ""b""\r\nc","x"', "not_a_count"),
        (4, ',"d, e",1,1', "field_count"),
    ]


@pytest.mark.parametrize("field", ["x" * 1_000_000, '"' + 'x,""\n' * 250_000 + '"', 'x"' * 500_000])
def test_a_field_may_be_a_megabyte_long(field: str) -> None:
    parsed = parse(f"marketing_source,deal,comments\nA,{field},clicks\n", "deals")
    text = field[1:-1].replace('""', '"') if field.startswith('"') else field
    assert parsed.rows["deal"].to_list() == [text.strip()]


@pytest.mark.parametrize("field", ["x" * 1_000_000, '"' + 'x,""\n' * 250_000 + '"', 'x"' * 500_000])
def test_a_row_with_a_field_of_a_megabyte_is_quarantined_whole_and_told_of_in_brief(field: str) -> None:
    parsed = voluum(f",{field},z", ",a,1")
    assert parsed.quarantined["raw_line"].item() == f",{field},z"
    assert len(parsed.quarantined["detail"].item()) < 300
    assert brands(parsed) == ["a"]


@pytest.mark.parametrize("letter", ["a", "\u00e9", "\U0001f600"])
def test_a_name_has_so_many_characters_whatever_their_bytes(letter: str) -> None:
    parsed = voluum(f", {letter * 200} ,1", f",{letter * 201},1")
    assert brands(parsed) == [letter * 200]
    assert parsed.quarantined.select("line", "column_name", "value", "reason").rows() == [
        (3, "voluum_brand", letter * 201, "too_long")
    ]
    assert (
        parsed.quarantined["detail"].item()
        == f"voluum_brand `{letter * 60}…` has more than 200 characters: shorten it."
    )


def test_a_name_too_long_in_a_dimension_refuses_the_file() -> None:
    sentence = refusal(f"voluum_brand,marketing_source\nbr1,A\nbr2,{'B' * 201}\n", "voluum_mapper")
    assert sentence.startswith(f"Line 3: marketing_source `{'B' * 60}…` has more than 200 characters: shorten it.")


# ----------------------------------------------------------------------------------------------------------------------
# Values
# ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "null", ["", "  ", "NULL", "null", "Null", "NaN", "nan", "N/A", "n/A", "None", "nONE", " NULL\t"]
)
def test_spellings_of_null(null: str) -> None:
    parsed = parse(f"{ROUTY}\n{null},A,B,{null},{null},{null},{null},{null}\n", "routy")
    row = parsed.rows.row(0, named=True)
    assert row["date"] == datetime(2024, 3, 26)
    assert {row[name] for name in ("country", "country_code", "raw_earnings", "visits", "signups")} == {None}


@pytest.mark.parametrize("text", ["NA", "na", "NULLS", "N / A", "no", "-", "0", "nul", "\u2205"])
def test_other_texts_are_no_nulls(text: str) -> None:
    assert brands(voluum(f",{text},1")) == [text]


@pytest.mark.parametrize("column", ["marketing_source", "operator"])
def test_names_must_not_be_null(column: str) -> None:
    fields = {"marketing_source": "A", "operator": "B", column: "n/a"}
    parsed = parse(f"{ROUTY}\n,{fields['marketing_source']},{fields['operator']},,,1,1,1\n", "routy")
    entry = parsed.quarantined.row(0, named=True)
    assert (entry["column_name"], entry["value"], entry["reason"]) == (column, None, "null_not_allowed")
    assert entry["detail"] == f"{column} is empty: fill it in."


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2024-03-26", time(0)),
        ("2024/03/26", time(0)),
        ("2024-3-26", time(0)),
        ("2024-03-26 13:45", time(13, 45)),
        ("2024-03-26 13:45:07", time(13, 45, 7)),
        ("2024/03/26 00:00:5", time(0, 0, 5)),
        ("2024/3/26T1:2:3", time(1, 2, 3)),
        ("2024-03-26T23:59:59.5", time(23, 59, 59, 500_000)),
        ("2024-03-26 1:2:3.000001", time(1, 2, 3, 1)),
        ("2024-03-26 23:59:59.999999", time(23, 59, 59, 999_999)),
        ("  2024-03-26  ", time(0)),
    ],
)
def test_dates_of_the_files_day(text: str, at: time) -> None:
    assert voluum(f"{text},a,1").rows["date"].to_list() == [datetime.combine(DAY, at)]


@pytest.mark.parametrize(
    "text",
    [
        "24-03-26",
        "02024-03-26",
        "2024-03",
        "2024-03-026",
        "26-03-2024",
        "03/26/2024",
        "2024-03/26",
        "2024.03.26",
        "20240326",
        "2024-02-30",
        "2023-02-29",
        "2024-13-01",
        "2024-00-10",
        "2024-03-00",
        "0000-03-26",
        "2024-03-26 24:00:00",
        "2024-03-26 23:60",
        "2024-03-26 23:59:60",
        "2024-03-26 1",
        "2024-03-26 1:2:3.",
        "2024-03-26 1:2:3.1234567",
        "2024-03-26 001:02",
        "2024-03-26  1:2",
        "2024-03-26t1:2",
        "2024-03-26 1:2 PM",
        "2024-03-26T",
        "2024-03-26Z",
        "2024-03-26 00:00:00+00:00",
        "-2024-03-26",
        "+2024-03-26",
        "2024- 3-26",
        "\uff12\uff10\uff12\uff14-03-26",
        "2024-03-\u0662\u0666",
        "45377",
        "yesterday",
    ],
)
def test_what_is_no_date_is_quarantined(text: str) -> None:
    parsed = voluum(f"{text},a,1")
    entry = parsed.quarantined.row(0, named=True)
    assert (entry["column_name"], entry["value"], entry["reason"]) == ("date", text, "not_a_date")


@pytest.mark.parametrize("text", ["2024-03-25 23:59:59.999999", "2024-03-27", "2023/3/26", "9999-12-31", "0001-01-01"])
def test_a_date_outside_the_files_day_is_quarantined(text: str) -> None:
    assert reasons(voluum(f"{text},a,1")) == [(2, "date_outside_day")]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", "5"),
        ("-0.25", "-0.25"),
        ("+5", "5"),
        (".5", "0.5"),
        ("-.5", "-0.5"),
        ("5.", "5"),
        ("0", "0"),
        ("-0", "0"),
        ("0005.5000000000000", "5.5"),
        ("999999999999.999999999", "999999999999.999999999"),
        ("-123456789012.123456789", "-123456789012.123456789"),
        ("0.000000001", "0.000000001"),
        ("000123456789012.1234567890", "123456789012.123456789"),
        ("0.1", "0.1"),
        ("+.000", "0"),
        ("0" * 400 + "7." + "0" * 400, "7"),
    ],
)
def test_plain_decimals_are_kept_exactly(text: str, value: str) -> None:
    parsed = parse(f"{ROUTY}\n,A,B,,,{text},,\n", "routy")
    assert parsed.rows["raw_earnings"].to_list() == [Decimal(value)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1234567890123", "too_many_digits"),
        ("-1000000000000", "too_many_digits"),
        ("0.1234567891", "too_many_digits"),
        ("1.0000000001", "too_many_digits"),
        (".0000000001", "too_many_digits"),
        ("9" * 400, "too_many_digits"),
        ("inf", "not_a_decimal"),
        ("-Infinity", "not_a_decimal"),
        ("1e5", "not_a_decimal"),
        ("1E-2", "not_a_decimal"),
        ('"1,000.50"', "not_a_decimal"),
        ("\u20ac5", "not_a_decimal"),
        ("5%", "not_a_decimal"),
        ("$5", "not_a_decimal"),
        ("5-", "not_a_decimal"),
        ("--5", "not_a_decimal"),
        ("+-5", "not_a_decimal"),
        ("- 5", "not_a_decimal"),
        (".", "not_a_decimal"),
        ("-", "not_a_decimal"),
        ("1.2.3", "not_a_decimal"),
        ("1 000", "not_a_decimal"),
        ("1_000", "not_a_decimal"),
        ("0x10", "not_a_decimal"),
        ("(5)", "not_a_decimal"),
        ("\u0665", "not_a_decimal"),
        ("\uff15", "not_a_decimal"),
        ("\u22125", "not_a_decimal"),
        ('"5\n6"', "not_a_decimal"),
        ("true", "not_a_decimal"),
    ],
)
def test_other_earnings_are_quarantined_never_rounded(text: str, reason: str) -> None:
    parsed = parse(f"{ROUTY}\n,A,B,,,{text},,\n", "routy")
    entry = parsed.quarantined.row(0, named=True)
    assert (entry["column_name"], entry["value"], entry["reason"]) == ("raw_earnings", text.strip('"'), reason)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("3", 3),
        ("3.0", 3),
        ("3.", 3),
        ("+3", 3),
        ("-0", 0),
        ("-0.0", 0),
        (".0", 0),
        ("007", 7),
        ("999999999999", 999_999_999_999),
        ("000999999999999.000000000000", 999_999_999_999),
    ],
)
def test_counts(text: str, value: int) -> None:
    assert voluum(f",a,{text}").rows["clicks"].to_list() == [value]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("-1", "out_of_range"),
        ("-3.0", "out_of_range"),
        ("3.5", "not_a_count"),
        ("0.000000000001", "not_a_count"),
        ("1e3", "not_a_count"),
        ("three", "not_a_count"),
        (".", "not_a_count"),
        ("\u0663", "not_a_count"),
        ("1 000", "not_a_count"),
        ("inf", "not_a_count"),
        ("1000000000000", "too_many_digits"),
        ("9223372036854775808", "too_many_digits"),
        ("1" * 400, "too_many_digits"),
    ],
)
def test_other_counts_are_quarantined(text: str, reason: str) -> None:
    parsed = voluum(f",a,{text}")
    entry = parsed.quarantined.row(0, named=True)
    assert (entry["column_name"], entry["value"], entry["reason"]) == ("clicks", text, reason)
    assert entry["detail"].startswith("clicks `")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-3-1", date(2024, 3, 1)),
        ("2024/03/01 23:59:59", date(2024, 3, 1)),
        ("0001-01-01", date(1, 1, 1)),
        ("", None),
    ],
)
def test_valid_from_is_a_date_whose_time_is_ignored(text: str, day: date | None) -> None:
    parsed = parse(f"marketing_source,deal,comments,valid_from\nA,x,clicks,{text}\n", "deals")
    assert parsed.rows["valid_from"].to_list() == [day]


def test_names_are_folded_in_unicode_lower_case() -> None:
    parsed = voluum(",\u00c9T\u00c9,1", ",STRASSE,2", ",\u0130,3")
    assert parsed.rows["voluum_brand_key"].to_list() == ["\u00e9t\u00e9", "strasse", "i\u0307"]


# ----------------------------------------------------------------------------------------------------------------------
# Repeats
# ----------------------------------------------------------------------------------------------------------------------


def test_a_row_equal_in_typed_values_to_an_earlier_one_counts_once() -> None:
    parsed = voluum("2024-03-26,a,3", ",a,3.0", "2024/3/26 0:0, a ,+3", ",A,3", ",a,")
    assert parsed.rows["line"].to_list() == [2, 5, 6]
    assert reasons(parsed) == [(3, "duplicate"), (4, "duplicate")]
    assert "repeats line 2" in parsed.quarantined["detail"][1]


def test_null_is_equal_to_null_but_not_to_zero() -> None:
    parsed = voluum(",a,", ",a,0", ",a,NULL", ",a,-0")
    assert parsed.rows["line"].to_list() == [2, 3]
    assert reasons(parsed) == [(4, "duplicate"), (5, "duplicate")]


def test_extra_columns_and_the_order_of_columns_do_not_matter_to_repeats() -> None:
    parsed = parse("id,clicks,date,voluum_brand\n1,5,,a\n2,5,,a\n")
    assert reasons(parsed) == [(3, "duplicate")]


def test_a_quarantined_row_is_not_what_others_repeat() -> None:
    parsed = voluum(",a,x", ",a,x", "2024-03-27,a,1", ",a,1")
    assert reasons(parsed) == [(2, "not_a_count"), (3, "not_a_count"), (4, "date_outside_day")]
    assert parsed.rows["line"].to_list() == [5]


def test_repeats_are_found_among_many_rows() -> None:
    records = [f",brand {number % 400_000},1" for number in range(400_010)]
    parsed = voluum(*records)
    assert parsed.rows.height == 400_000
    assert parsed.quarantined["line"].to_list() == list(range(400_002, 400_012))
    assert "repeats line 2," in parsed.quarantined["detail"][0]


# ----------------------------------------------------------------------------------------------------------------------
# Quarantine entries
# ----------------------------------------------------------------------------------------------------------------------


def test_the_first_fault_in_the_headers_order_gives_the_reason_and_all_are_told() -> None:
    parsed = parse(
        "signups,visits,raw_earnings,country_code,country,operator,marketing_source,date\n1,-1,\u20ac5,,US, ,A,soon\n",
        "routy",
    )
    entry = parsed.quarantined.row(0, named=True)
    assert (entry["column_name"], entry["value"], entry["reason"]) == ("visits", "-1", "out_of_range")
    told = [
        entry["detail"].index(part) for part in ("visits `-1`", "raw_earnings `\u20ac5`", "operator is", "date `soon`")
    ]
    assert told == sorted(told)
    assert parsed.quarantined.height == 1


def test_faults_of_several_columns_stay_with_their_rows() -> None:
    parsed = parse(
        f"{ROUTY}\n,A,B,,,,-1,\n,,B,,,,1,\n,A,B,,,1,2,-3\n,A,,,,x,3,\n,A,B,,,2,,-4\n,A,B,,,3,5,5\n",
        "routy",
    )
    assert parsed.quarantined.select("line", "column_name", "value", "reason").rows() == [
        (2, "visits", "-1", "out_of_range"),
        (3, "marketing_source", None, "null_not_allowed"),
        (4, "signups", "-3", "out_of_range"),
        (5, "operator", None, "null_not_allowed"),
        (6, "signups", "-4", "out_of_range"),
    ]
    assert parsed.rows["line"].to_list() == [7]


def test_the_cleaned_texts_of_a_quarantined_row_are_kept_by_column() -> None:
    parsed = parse(f'{ROUTY},extra\n,A,\u00c9 "X" ,US, none,1e5, 3.0 ,,y\n', "routy")
    assert json.loads(parsed.quarantined["fields"].item()) == {
        "date": None,
        "marketing_source": "A",
        "operator": '\u00c9 "X"',
        "country": "US",
        "country_code": None,
        "raw_earnings": "1e5",
        "visits": "3.0",
        "signups": None,
        "operator_key": '\u00e9 "x"',
    }


def test_rows_and_entries_are_in_the_order_of_lines() -> None:
    parsed = voluum(",a,1", "x", ",b,x", ",a,1", ",c,1", ",,", ",b,2")
    assert reasons(parsed) == [(3, "field_count"), (4, "not_a_count"), (5, "duplicate"), (7, "null_not_allowed")]
    assert parsed.rows["line"].to_list() == [2, 6, 8]


def test_every_sentence_says_what_to_do() -> None:
    parsed = voluum("x", "soon,a,1", "2024-03-27,a,1", ",a,1.5", f",a,{10**12}", ",a,-1", ",,1", ",b,1", ",b,1")
    details = dict(parsed.quarantined.select("reason", "detail").rows())
    assert len(details) == 8
    assert [detail for detail in details.values() if ":" not in detail or not detail.endswith(".")] == []
    assert details["out_of_range"] == "clicks `-1` is below 0: correct it."


# ----------------------------------------------------------------------------------------------------------------------
# Dimensions and new sources
# ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", ["br1", ",A", "br1,", "br1,A,x"])
def test_one_bad_row_refuses_a_dimension(row: str) -> None:
    assert refusal(f"voluum_brand,marketing_source\nbr0,A\n{row}\n", "voluum_mapper").startswith("Line 3: ")


def test_a_dimension_with_only_a_header_is_valid() -> None:
    assert parse("voluum_brand,marketing_source\n", "voluum_mapper").rows_read == 0
    assert parse("variants,std_operator,country\n", "central_mapping").rows.is_empty()
    assert parse("marketing_source,deal,comments\n", "deals").rows["denominator"].to_list() == []


class Payments(pa.DataFrameModel):
    """Payments. One row per payment."""

    date: schemas.Timestamp = pa.Field(nullable=False)
    due: schemas.Day = pa.Field(nullable=True)
    currency: str = pa.Field(nullable=False, isin=["EUR", "USD"])
    amount: schemas.Money = pa.Field(nullable=False, ge=0)


def new_source(schema: type[pa.DataFrameModel]) -> Source:
    return Source("payments", "event", schema, frozenset(), frozenset(), leaves_landing_zone=True)


def test_a_new_source_needs_only_a_schema() -> None:
    content = b"date,due,currency,amount\n,2025-1-31,EUR,1.5\n,,GBP,2\n,x,USD,\n,,EUR,-1\n"
    parsed = parse_file(content, new_source(Payments), DAY)
    assert parsed.rows.rows() == [(2, datetime(2024, 3, 26), date(2025, 1, 31), "EUR", Decimal("1.5"))]
    assert parsed.quarantined.select("line", "column_name", "value", "reason").rows() == [
        (3, "currency", "GBP", "out_of_range"),
        (4, "due", "x", "not_a_date"),
        (5, "amount", "-1", "out_of_range"),
    ]
    assert parsed.quarantined["detail"].to_list() == [
        "currency `GBP` is none of EUR, USD: correct it.",
        "due `x` is no date: write it like 2024-03-26 or 2024-03-26 13:45:00. amount is empty: fill it in.",
        "amount `-1` is below 0: correct it.",
    ]


class Checked(pa.DataFrameModel):
    """One column for each check that pandera knows, and the checks of a schema's own."""

    equal: schemas.Count = pa.Field(nullable=True, eq=1_000)
    unequal: schemas.Count = pa.Field(nullable=True, ne=3)
    above: schemas.Money = pa.Field(nullable=True, gt=0)
    most: schemas.Count = pa.Field(nullable=True, le=2_000_000)
    below: schemas.Day = pa.Field(nullable=True, lt=date(2024, 1, 1))
    between: schemas.Count = pa.Field(nullable=True, in_range={"min_value": 0, "max_value": 3, "include_max": False})
    any_of: str = pa.Field(nullable=True, isin=[f"{{{number}}}" for number in range(12)])
    none_of: str = pa.Field(nullable=True, notin=["x"])
    form: str = pa.Field(nullable=True, str_matches=r"^\d+$")
    part: str = pa.Field(nullable=True, str_contains="-")
    start: str = pa.Field(nullable=True, str_startswith="A")
    end: str = pa.Field(nullable=True, str_endswith="Z")
    length: str = pa.Field(nullable=True, str_length={"min_value": 2, "max_value": 4})
    shortest: str = pa.Field(nullable=True, str_length={"min_value": 2})
    single: str = pa.Field(nullable=True, unique=True)
    own: schemas.Count = pa.Field(nullable=True)
    unnamed: schemas.Count = pa.Field(nullable=True)

    @pa.check("own", error="is odd")
    @classmethod
    def own_is_even(cls, data: pa.PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.col(data.key) % 2 == 0)

    @pa.check("unnamed")
    @classmethod
    def is_small(cls, data: pa.PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.col(data.key) < 10)

    @pa.dataframe_check(error="has more in own than in most")
    @classmethod
    def own_is_least(cls, data: pa.PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select((pl.col("own") <= pl.col("most")).fill_null(value=True))


@pytest.mark.parametrize(
    ("cells", "reason", "detail"),
    [
        ({"equal": "5"}, "out_of_range", "equal `5` is not 1,000: correct it."),
        ({"unequal": "3.0"}, "out_of_range", "unequal `3.0` is not allowed here: correct it."),
        ({"above": "-0.5"}, "out_of_range", "above `-0.5` is not above 0: correct it."),
        ({"most": "2000001"}, "out_of_range", "most `2000001` is above 2,000,000: correct it."),
        ({"below": "2024/1/1"}, "out_of_range", "below `2024/1/1` is not below 2024-01-01: correct it."),
        ({"between": "3"}, "out_of_range", "between `3` is not at least 0 and below 3: correct it."),
        (
            {"any_of": "{}"},
            "out_of_range",
            "any_of `{}` is none of {0}, {1}, {2}, {3}, {4}, {5}, {6}, {7}, {8}, {9}, …: correct it.",
        ),
        ({"none_of": "x"}, "out_of_range", "none_of `x` is not allowed here: correct it."),
        ({"form": "1a"}, "out_of_range", r"form `1a` has not the form ^\d+$: correct it."),
        ({"part": "a"}, "out_of_range", "part `a` does not contain -: correct it."),
        ({"start": "a"}, "out_of_range", "start `a` does not start with A: correct it."),
        ({"end": "a"}, "out_of_range", "end `a` does not end with Z: correct it."),
        ({"length": "abcde"}, "too_long", "length `abcde` has more than 4 characters: shorten it."),
        ({"length": "\U0001f600"}, "out_of_range", "length `\U0001f600` has fewer than 2 characters: correct it."),
        ({"shortest": "a"}, "out_of_range", "shortest `a` has fewer than 2 characters: correct it."),
        ({"own": "3"}, "out_of_range", "own `3` is odd: correct it."),
        ({"unnamed": "10"}, "out_of_range", "unnamed `10` does not pass the check is_small: correct it."),
        ({"own": "4", "most": "2"}, "out_of_range", "The row has more in own than in most: correct it."),
        (
            {"own": "3", "most": "2"},
            "out_of_range",
            "own `3` is odd: correct it. The row has more in own than in most: correct it.",
        ),
    ],
)
def test_a_check_that_is_not_passed_is_told_in_words(cells: dict[str, str], reason: str, detail: str) -> None:
    columns = list(Checked.to_schema().columns)
    content = written_row(columns) + written_row([cells.get(column, "") for column in columns])
    [entry] = parse_file(content.encode(), new_source(Checked), DAY).quarantined.to_dicts()
    assert (entry["reason"], entry["detail"]) == (reason, detail)


def test_values_that_must_differ_are_all_told() -> None:
    columns = list(Checked.to_schema().columns)
    rows = [{"single": "x", "equal": "1000"}, {"single": "x"}, {"single": "y"}]
    content = written_row(columns) + "".join(written_row([row.get(name, "") for name in columns]) for row in rows)
    parsed = parse_file(content.encode(), new_source(Checked), DAY)
    assert set(parsed.quarantined["detail"]) == {"single `x` is there more than once: correct it."}
    assert parsed.quarantined["line"].to_list() == [2, 3]


def written_row(cells: list[str]) -> str:
    return ",".join(cells) + "\n"


def test_a_schema_with_a_type_without_a_rule_is_no_fault_of_the_file() -> None:
    class Rates(pa.DataFrameModel):
        rate: float

    with pytest.raises(TypeError, match="Float64 is no type for the column of a file"):
        parse_file(b"rate\n1.5\n", new_source(Rates), DAY)
