"""Small landing zones with the marts they must give, worked out by hand: one case per rule, the arithmetic beside it.

The expected values are neutral (keys and amounts as text), so that the same cases can be put to any implementation.
All cases hold for a start date of START_DATE and any day from 2025-04-01 on as today.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

START_DATE = "2023-01-01"

Files = Mapping[str, str | bytes]
"""A landing: path relative to the landing zone, and content (text is UTF-8)."""

Mart = Mapping[tuple[str, str], str]
"""total_commission by (marketing source or operator, day or first day of the month)."""

Details = Mapping[tuple[str, str], Mapping[str, str | int | bool]]
"""Further columns of a mart's row: raw_earnings as text, clicks, visits, signups, is_estimated, is_baseline."""

MARTS = tuple(f"solution_{part}_{mart}" for part in (1, 2, 3) for mart in ("marketing_daily", "operators_monthly"))


@dataclass(frozen=True)
class Case:
    """Files that land, and all that must come of them once the last correction is in."""

    name: str
    files: Files
    marts: Mapping[str, Mart]
    """Marts of parts 1 and 2 left out are empty; those of part 3 left out are parts 1 and 2 of this case added."""
    corrections: tuple[Files, ...] = ()
    """What lands later, in order, each after everything before it was loaded."""
    details: Mapping[str, Details] = field(default_factory=dict)
    quarantined: Mapping[str, tuple[tuple[int, str], ...]] = field(default_factory=dict)
    """(line, reason) of the quarantined rows of the versions in force, by path; a file left out has none."""
    rows_read: Mapping[str, int] = field(default_factory=dict)
    """Rows read, by path, where the case is about them."""
    refused: frozenset[str] = frozenset()
    """Paths whose version landed last is refused."""
    waiting: frozenset[str] = frozenset()
    """Paths whose day is still to come."""
    published: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """The days published by part, where the case is about them."""

    @property
    def batches(self) -> list[dict[str, bytes]]:
        """The landings in order, as bytes."""
        return [
            {path: content.encode() if isinstance(content, str) else content for path, content in landing.items()}
            for landing in (self.files, *self.corrections)
        ]

    @property
    def expected(self) -> dict[str, dict[tuple[str, str], Decimal]]:
        """total_commission of all six marts."""
        amounts = {mart: {key: Decimal(text) for key, text in rows.items()} for mart, rows in self.marts.items()}
        for kind in ("marketing_daily", "operators_monthly"):
            one = amounts.setdefault(f"solution_1_{kind}", {})
            two = amounts.setdefault(f"solution_2_{kind}", {})
            both = {key: one.get(key, Decimal(0)) + two.get(key, Decimal(0)) for key in one.keys() | two.keys()}
            amounts.setdefault(f"solution_3_{kind}", both)
        return amounts


def lines(*texts: str) -> str:
    """A file of these lines."""
    return "".join(f"{text}\n" for text in texts)


def deals(*rows: str) -> dict[str, str]:
    """A deals file of `marketing_source,deal,comments` rows."""
    return {"deals.csv": lines("marketing_source,deal,comments", *rows)}


def dated_deals(*rows: str) -> dict[str, str]:
    """A deals file of `marketing_source,deal,comments,valid_from` rows."""
    return {"deals.csv": lines("marketing_source,deal,comments,valid_from", *rows)}


def brands(*rows: str) -> dict[str, str]:
    """A mapper file of `voluum_brand,marketing_source` rows."""
    return {"voluum_mapper.csv": lines("voluum_brand,marketing_source", *rows)}


def operators(*rows: str) -> dict[str, str]:
    """A mapping file of `variants,std_operator,country` rows."""
    return {"central_mapping.csv": lines("variants,std_operator,country", *rows)}


def routy(day: str, *rows: str) -> dict[str, str]:
    """A routy file of `date,marketing_source,operator,country,countryCode,raw_earnings,visits,signups` rows."""
    header = "date,marketing_source,operator,country,countryCode,raw_earnings,visits,signups"
    return {f"routy/{day}.csv": lines(header, *rows)}


def manual(day: str, *rows: str) -> dict[str, str]:
    """A manual file of `date,marketing_source,operator,raw_earnings,visits,signups` rows."""
    return {f"manual/{day}.csv": lines("date,marketing_source,operator,raw_earnings,visits,signups", *rows)}


def voluum(day: str, *rows: str) -> dict[str, str]:
    """A voluum file of `date,voluum_brand,clicks` rows."""
    return {f"voluum/{day}.csv": lines("date,voluum_brand,clicks", *rows)}


def scrapers(day: str, *rows: str) -> dict[str, str]:
    """A scrapers file of `date,marketing_source,operator,country,total_earnings,visits` rows."""
    header = "date,marketing_source,operator,country,total_earnings,visits"
    return {f"scrapers/{day}.csv": lines(header, *rows)}


def no_clicks(*days: str) -> dict[str, str]:
    """A header-only voluum file for each day."""
    return {path: content for day in days for path, content in voluum(day).items()}


LONGEST_NAME = "Ä" * 200
"""A name of as many characters as one may have; with one more it is too long."""

RAW_EARNINGS = {**deals("Default,FIXED 0,total commision= raw_earnings"), **brands(), **operators()}
"""Dimensions under which everyone is paid the raw earnings, and nothing is mapped."""


# ----------------------------------------------------------------------------------------------------------------------
# Cleaning
# ----------------------------------------------------------------------------------------------------------------------

CLEANING = (
    Case(
        name="date_forms",
        # Loaded are 1 + 2 + 4 + 8 + 16, the blank 32, the NULL 64 and the padded 128: in all 255.
        files={
            **RAW_EARNINGS,
            **routy(
                "2024-03-05",
                "2024-03-05,A,Foo,US,US,1,0,0",
                "2024/3/5,A,Foo,US,US,2,0,0",
                "2024-3-5 0:0,A,Foo,US,US,4,0,0",
                "2024/03/05T00:00:5,A,Foo,US,US,8,0,0",
                "2024-03-05 23:59:59.999999,A,Foo,US,US,16,0,0",
                ",A,Foo,US,US,32,0,0",
                "NULL,A,Foo,US,US,64,0,0",
                " 2024-03-05 ,A,Foo,US,US,128,0,0",
                "05-03-2024,A,Foo,US,US,1000,0,0",
                "2024-03/05,A,Foo,US,US,1000,0,0",
                "2024-02-30,A,Foo,US,US,1000,0,0",
                "24-03-05,A,Foo,US,US,1000,0,0",
                "2024-03-05Z,A,Foo,US,US,1000,0,0",
                "2024-03-05 24:00,A,Foo,US,US,1000,0,0",
                "2024-03-05 00:00:00.1234567,A,Foo,US,US,1000,0,0",
                "2024-03-04 23:59:59,A,Foo,US,US,1000,0,0",
                "2024-03-06,A,Foo,US,US,1000,0,0",
                "2024-03-05  00:00,A,Foo,US,US,1000,0,0",
                "\uff12\uff10\uff12\uff14-03-05,A,Foo,US,US,1000,0,0",
                "2024-03-05 00,A,Foo,US,US,1000,0,0",
                "2024-13-05,A,Foo,US,US,1000,0,0",
            ),
            **no_clicks("2024-03-05"),
        },
        marts={
            "solution_1_marketing_daily": {("A", "2024-03-05"): "255.00"},
            "solution_1_operators_monthly": {("Foo", "2024-03-01"): "255.00"},
        },
        quarantined={
            "routy/2024-03-05.csv": (
                (10, "not_a_date"),
                (11, "not_a_date"),
                (12, "not_a_date"),
                (13, "not_a_date"),
                (14, "not_a_date"),
                (15, "not_a_date"),
                (16, "not_a_date"),
                (17, "date_outside_day"),
                (18, "date_outside_day"),
                (19, "not_a_date"),
                (20, "not_a_date"),
                (21, "not_a_date"),
                (22, "not_a_date"),
            )
        },
        rows_read={"routy/2024-03-05.csv": 21},
    ),
    Case(
        name="blank_date_is_midnight_of_the_files_day",
        # Line 3 is line 2 again. Clicks without a date count: 5 + 2 = 7, so A: 5 + 7 = 12.
        files={
            **deals("A,Hybrid,raw_earnings + clicks"),
            **brands("br1,A"),
            **operators(),
            **routy("2024-03-26", ",A,Foo,US,US,5,1,0", "2024/3/26 0:00:0.000,A,Foo,US,US,5,1,0"),
            **voluum("2024-03-26", ",br1,5", "n/a,br1,2"),
        },
        marts={
            "solution_1_marketing_daily": {("A", "2024-03-26"): "12.00"},
            "solution_1_operators_monthly": {("Foo", "2024-03-01"): "12.00"},
        },
        details={"solution_1_marketing_daily": {("A", "2024-03-26"): {"raw_earnings": "5", "clicks": 7, "visits": 1}}},
        quarantined={"routy/2024-03-26.csv": ((3, "duplicate"),)},
    ),
    Case(
        name="duplicates",
        # Lines 3 and 7 repeat line 2 as typed values (the note is no known column). Not repeats of it: line 4 (null is
        # not 0), line 5 (another time), line 6 (another country code), the manual row (another file).
        # Lines 8 and 9 are alike but not loaded, so each has its own fault. A: 4 * 5 + 5 = 25.
        files={
            **RAW_EARNINGS,
            "routy/2024-03-26.csv": lines(
                "date,marketing_source,operator,country,countryCode,raw_earnings,visits,signups,note",
                "2024-03-26,A,Foo,US,US,5,1,0,first",
                "2024/03/26 00:00,A, Foo ,US,US,5.0,1.0,0,second",
                "2024-03-26,A,Foo,US,US,5,1,,x",
                "2024-03-26 00:00:01,A,Foo,US,US,5,1,0,x",
                "2024-03-26,A,Foo,US,us,5,1,0,x",
                "2024-03-26,A,Foo,US,US,+5.,01,0,x",
                "2024-03-26,A,Foo,US,US,bad,1,0,x",
                "2024-03-26,A,Foo,US,US,bad,1,0,x",
            ),
            **manual("2024-03-26", "2024-03-26,A,Foo,5,1,0"),
            **no_clicks("2024-03-26"),
        },
        marts={
            "solution_1_marketing_daily": {("A", "2024-03-26"): "25.00"},
            "solution_1_operators_monthly": {("Foo", "2024-03-01"): "25.00"},
        },
        details={"solution_1_marketing_daily": {("A", "2024-03-26"): {"raw_earnings": "25", "visits": 5}}},
        quarantined={
            "routy/2024-03-26.csv": ((3, "duplicate"), (7, "duplicate"), (8, "not_a_decimal"), (9, "not_a_decimal"))
        },
    ),
    Case(
        name="null_spellings",
        # NA is Namibia, and text. Line 7 is null wherever it may be: a row with no earnings. A: 1 + 0 = 1.
        files={
            **RAW_EARNINGS,
            **routy(
                "2024-03-26",
                "2024-03-26,A,NA,NA,NA,1,0,0",
                "2024-03-26,A,N/A,US,US,1000,0,0",
                "2024-03-26,nOnE,Foo,US,US,1000,0,0",
                "2024-03-26,  ,Foo,US,US,1000,0,0",
                '2024-03-26,A,"",US,US,1000,0,0',
                "null,A,Foo,NaN,N/A,nan,none,NULL",
            ),
            **no_clicks("2024-03-26"),
        },
        marts={
            "solution_1_marketing_daily": {("A", "2024-03-26"): "1.00"},
            "solution_1_operators_monthly": {("NA", "2024-03-01"): "1.00", ("Foo", "2024-03-01"): "0.00"},
        },
        quarantined={
            "routy/2024-03-26.csv": tuple((line, "null_not_allowed") for line in (3, 4, 5, 6)),
        },
    ),
    Case(
        name="earnings_forms",
        # A: 5 - 0.25 + 5 + 0.5 + 5 + 12.25 = 27.50. B: 999999999999.999999999 rounds to a million million.
        files={
            **RAW_EARNINGS,
            **routy(
                "2024-03-26",
                "2024-03-26,A,Foo,US,US,5,0,0",
                "2024-03-26,A,Foo,US,US,-0.25,0,0",
                "2024-03-26,A,Foo,US,US,+5,1,0",
                "2024-03-26,A,Foo,US,US,.5,0,0",
                "2024-03-26,A,Foo,US,US,5.,2,0",
                "2024-03-26,A,Foo,US,US,000000000000012.250000000000,0,0",
                "2024-03-26,B,Bar,US,US,999999999999.999999999,0,0",
                "2024-03-26,A,Foo,US,US,inf,0,0",
                "2024-03-26,A,Foo,US,US,1e5,0,0",
                '2024-03-26,A,Foo,US,US,"1,000.50",0,0',
                "2024-03-26,A,Foo,US,US,€5,0,0",
                "2024-03-26,A,Foo,US,US,\u0663,0,0",
                "2024-03-26,A,Foo,US,US,.,0,0",
                "2024-03-26,A,Foo,US,US,5 0,0,0",
                "2024-03-26,A,Foo,US,US,1_000,0,0",
                "2024-03-26,A,Foo,US,US,--5,0,0",
                "2024-03-26,A,Foo,US,US,1000000000000,0,0",
                "2024-03-26,A,Foo,US,US,-0.1234567891,0,0",
            ),
            **no_clicks("2024-03-26"),
        },
        marts={
            "solution_1_marketing_daily": {("A", "2024-03-26"): "27.50", ("B", "2024-03-26"): "1000000000000.00"},
            "solution_1_operators_monthly": {
                ("Foo", "2024-03-01"): "27.50",
                ("Bar", "2024-03-01"): "1000000000000.00",
            },
        },
        details={"solution_1_marketing_daily": {("B", "2024-03-26"): {"raw_earnings": "999999999999.999999999"}}},
        quarantined={
            "routy/2024-03-26.csv": (
                *((line, "not_a_decimal") for line in range(9, 18)),
                (18, "too_many_digits"),
                (19, "too_many_digits"),
            )
        },
    ),
    Case(
        name="count_forms",
        # Visits 3 + 7 = 10, signups 2 + null = 2, clicks 3 + null + 7 = 10: A = 10 + 2*100 + 10/10 = 211.
        files={
            **deals("A,CPA,visits + signups*100 + clicks/10"),
            **brands("br1,A"),
            **operators(),
            **routy(
                "2024-03-26",
                "2024-03-26,A,Foo,US,US,0,3.0, 2 ",
                "2024-03-26,A,Foo,US,US,0,007,",
                "2024-03-26,A,Foo,US,US,0,-1,0",
                "2024-03-26,A,Foo,US,US,0,0,3.5",
                "2024-03-26,A,Foo,US,US,0,abc,0",
                "2024-03-26,A,Foo,US,US,0,1e2,0",
                "2024-03-26,A,Foo,US,US,0,0,\u0663",
                "2024-03-26,A,Foo,US,US,0,1234567890123,0",
            ),
            **voluum(
                "2024-03-26",
                "2024-03-26,br1,3.0",
                "2024-03-26,br1,NaN",
                "2024-03-26,br1,7",
                "2024-03-26,br1,-1",
                "2024-03-26,br1,2.5",
                "2024-03-26,,9",
            ),
        },
        marts={
            "solution_1_marketing_daily": {("A", "2024-03-26"): "211.00"},
            "solution_1_operators_monthly": {("Foo", "2024-03-01"): "211.00"},
        },
        details={
            "solution_1_marketing_daily": {
                ("A", "2024-03-26"): {"raw_earnings": "0", "clicks": 10, "visits": 10, "signups": 2}
            }
        },
        quarantined={
            "routy/2024-03-26.csv": (
                (4, "out_of_range"),
                *((line, "not_a_count") for line in range(5, 9)),
                (9, "too_many_digits"),
            ),
            "voluum/2024-03-26.csv": ((5, "out_of_range"), (6, "not_a_count"), (7, "null_not_allowed")),
        },
    ),
    Case(
        name="fields_and_quotes",
        # Lines 6 and 7 are blank. The record of line 8 goes on in line 9. Loaded: 1 + 2 + 4 + 8 = 15.
        files={
            **RAW_EARNINGS,
            **routy(
                "2024-03-26",
                "2024-03-26,A,Foo,US,US,1,0,0",
                "2024-03-26,A,Foo,US,US,1000,0",
                "2024-03-26,A,Foo,US,US,1000,0,0,0",
                '""',
                "",
                " \t ",
                '2024-03-26,A,"Foo\nBar",US,US,2,0,0',
                "2024-03-26,A,Foo,US,US,x,0,0",
                '2024-03-26,A,"Say ""hi"", <b>",US,US,4,0,0',
                '2024-03-26,A,<a href="x">,US,US,8,0,0',
                ",,,,,,,",
            ),
            **no_clicks("2024-03-26"),
        },
        marts={
            "solution_1_marketing_daily": {("A", "2024-03-26"): "15.00"},
            "solution_1_operators_monthly": {
                ("Foo", "2024-03-01"): "1.00",
                ("Foo\nBar", "2024-03-01"): "2.00",
                ('Say "hi", <b>', "2024-03-01"): "4.00",
                ('<a href="x">', "2024-03-01"): "8.00",
            },
        },
        quarantined={
            "routy/2024-03-26.csv": (
                (3, "field_count"),
                (4, "field_count"),
                (5, "field_count"),
                (10, "not_a_decimal"),
                (13, "null_not_allowed"),
            )
        },
        rows_read={"routy/2024-03-26.csv": 9},
    ),
    Case(
        name="text_is_data",
        # 1 + 2 + 4 + 8 = 15
        files={
            **RAW_EARNINGS,
            **routy(
                "2024-03-26",
                "2024-03-26,A,'; drop table gold.x; --,US,US,1,0,0",
                "2024-03-26,A,=1+1,US,US,2,0,0",
                "2024-03-26,A,{{ 7*7 }} %s \\N,US,US,4,0,0",
                "2024-03-26,A,\\.,US,US,8,0,0",
            ),
            **no_clicks("2024-03-26"),
        },
        marts={
            "solution_1_marketing_daily": {("A", "2024-03-26"): "15.00"},
            "solution_1_operators_monthly": {
                ("'; drop table gold.x; --", "2024-03-01"): "1.00",
                ("=1+1", "2024-03-01"): "2.00",
                ("{{ 7*7 }} %s \\N", "2024-03-01"): "4.00",
                ("\\.", "2024-03-01"): "8.00",
            },
        },
    ),
    Case(
        name="names_too_long",
        # A: 1. Blanks around a name are not counted, so line 4 is loaded: the longest source has 2 + 4 = 6.
        files={
            **RAW_EARNINGS,
            **routy(
                "2024-03-26",
                "2024-03-26,A,Foo,US,US,1,0,0",
                f"2024-03-26,{LONGEST_NAME},{LONGEST_NAME},{LONGEST_NAME},{LONGEST_NAME},2,0,0",
                f"2024-03-26,{LONGEST_NAME} , {LONGEST_NAME},US,US,4,0,0",
                f"2024-03-26,{LONGEST_NAME}x,Foo,US,US,1000,0,0",
                f"2024-03-26,A,{LONGEST_NAME}x,US,US,1000,0,0",
                f"2024-03-26,A,Foo,{LONGEST_NAME}x,US,1000,0,0",
                f"2024-03-26,A,Foo,US,{LONGEST_NAME}x,1000,0,0",
                f"2024-03-26,A,{'x' * 1_000_000},US,US,1000,0,0",
                f"2024-03-26,A,{LONGEST_NAME}x,US,US,bad,0,0",
                f"bad,A,{LONGEST_NAME}x,US,US,1000,0,0",
            ),
            **manual("2024-03-26", f"2024-03-26,A,{LONGEST_NAME}x,1000,0,0"),
            **voluum("2024-03-26", f"2024-03-26,{LONGEST_NAME},1", f"2024-03-26,{LONGEST_NAME}x,1"),
        },
        marts={
            "solution_1_marketing_daily": {("A", "2024-03-26"): "1.00", (LONGEST_NAME, "2024-03-26"): "6.00"},
            "solution_1_operators_monthly": {("Foo", "2024-03-01"): "1.00", (LONGEST_NAME, "2024-03-01"): "6.00"},
        },
        quarantined={
            "routy/2024-03-26.csv": (*((line, "too_long") for line in range(5, 11)), (11, "not_a_date")),
            "manual/2024-03-26.csv": ((2, "too_long"),),
            "voluum/2024-03-26.csv": ((3, "too_long"),),
        },
    ),
    Case(
        name="header_forms",
        # A BOM, blank lines first, CRLF, names in other spellings and order, an extra column, no line end at the end.
        files={
            **RAW_EARNINGS,
            "routy/2024-03-26.csv": (
                "\ufeff\r\n  \r\n"
                "Signups ,VISITS,RawEarnings,countryCode,Country,operator,Marketing Source,Date,Note\r\n"
                "2,3,7.5,US,US,Foo,A,2024/3/26,hello\r\n"
                "0,0,bad,US,US,Foo,A,2024/3/26,hello"
            ),
            "voluum/2024-03-26.csv": '"Date","Voluum-Brand","clicks"\r\n',
        },
        marts={
            "solution_1_marketing_daily": {("A", "2024-03-26"): "7.50"},
            "solution_1_operators_monthly": {("Foo", "2024-03-01"): "7.50"},
        },
        details={"solution_1_marketing_daily": {("A", "2024-03-26"): {"visits": 3, "signups": 2}}},
        quarantined={"routy/2024-03-26.csv": ((5, "not_a_decimal"),)},
    ),
    Case(
        name="first_fault_in_header_order",
        # A has 1 from routy and 3 from manual: 4.
        files={
            **RAW_EARNINGS,
            **routy("2024-03-26", "2024-03-26,A,Foo,US,US,1,0,0", "bad,A,,US,US,x,-1,0", "2024-03-26,A,,US,US,x,-1,0"),
            "manual/2024-03-26.csv": lines(
                "signups,visits,raw_earnings,operator,marketing_source,date",
                "-1,x,y,,,bad",
                "0,0,y,,,bad",
                "0,0,1,,A,bad",
                "0,0,1,Foo,A,2024-03-27",
                "0,0,3,Foo,A,2024-03-26",
            ),
            **no_clicks("2024-03-26"),
        },
        marts={
            "solution_1_marketing_daily": {("A", "2024-03-26"): "4.00"},
            "solution_1_operators_monthly": {("Foo", "2024-03-01"): "4.00"},
        },
        quarantined={
            "routy/2024-03-26.csv": ((3, "not_a_date"), (4, "null_not_allowed")),
            "manual/2024-03-26.csv": (
                (2, "out_of_range"),
                (3, "not_a_decimal"),
                (4, "null_not_allowed"),
                (5, "date_outside_day"),
            ),
        },
    ),
    Case(
        name="nothing_counted",
        # 26: header only. 27: every row quarantined. Both are valid and published, without rows.
        files={
            **RAW_EARNINGS,
            **routy("2024-03-26"),
            **voluum("2024-03-26", "2024-03-26,br1,5"),
            **routy("2024-03-27", "2024-03-27,A,Foo,US,US,x,0,0", "short"),
            **no_clicks("2024-03-27"),
        },
        marts={},
        quarantined={"routy/2024-03-27.csv": ((2, "not_a_decimal"), (3, "field_count"))},
        rows_read={"routy/2024-03-26.csv": 0, "routy/2024-03-27.csv": 2},
        published={1: ("2024-03-26", "2024-03-27"), 2: (), 3: ("2024-03-26", "2024-03-27")},
    ),
    Case(
        name="refused_and_waiting_files",
        files={
            **RAW_EARNINGS,
            "routy/2024-03-01.csv": b"",
            "routy/2024-03-02.csv": b"\n  \r\n\n",
            "routy/2024-03-03.csv": b"date;marketing_source;operator;country;countryCode;raw_earnings;visits;signups\n",
            "routy/2024-03-04.csv": b"date,marketing_source,operator,country,countryCode,raw_earnings,visits\n",
            "routy/2024-03-05.csv": (
                b"date,marketing_source,operator,country,countryCode,raw_earnings,visits,signups,Country\n"
            ),
            "routy/2024-03-06.csv": routy("", "2024-03-06,A,Fo\0o,US,US,1,0,0")["routy/.csv"],
            "routy/2024-03-07.csv": routy("", "2024-03-07,A,Foo,US,US,1,0,0")["routy/.csv"].encode("utf-16"),
            "routy/2024-03-08.csv": routy("", "2024-03-08,A,Fóo,US,US,1,0,0")["routy/.csv"].encode("latin-1"),
            "routy/2024-03-09.csv": routy("", '2024-03-09,A,"Foo,US,US,1,0,0')["routy/.csv"],
            "routy/2024-03-10.csv": routy("", '2024-03-10,A,"Foo"x,US,US,1,0,0')["routy/.csv"],
            "routy/2024-03-11.csv": routy("", '2024-03-11,A,"Foo" ,US,US,1,0,0')["routy/.csv"],
            "routy/2024-03-12.csv": routy("", "2024-03-12,A,Foo,US,US,1,0,0\r2024-03-12,A,B,US,US,1,0,0")["routy/.csv"],
            "routy/2024-03-13.csv": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
            "routy/2024-3-14.csv": routy("")["routy/.csv"],
            "routy/2024-02-30.csv": routy("")["routy/.csv"],
            "routy/20240315.csv": routy("")["routy/.csv"],
            "routy/2022-12-31.csv": routy("")["routy/.csv"],
            "routy/2999-01-01.csv": routy("")["routy/.csv"],
            **routy("2024-03-20", "2024-03-20,A,Foo,US,US,1,0,0"),
            **no_clicks("2024-03-20", *(f"2024-03-{day:02}" for day in range(1, 14))),
        },
        marts={
            "solution_1_marketing_daily": {("A", "2024-03-20"): "1.00"},
            "solution_1_operators_monthly": {("Foo", "2024-03-01"): "1.00"},
        },
        refused=frozenset(
            {
                *(f"routy/2024-03-{day:02}.csv" for day in range(1, 14)),
                "routy/2024-3-14.csv",
                "routy/2024-02-30.csv",
                "routy/20240315.csv",
                "routy/2022-12-31.csv",
            }
        ),
        waiting=frozenset({"routy/2999-01-01.csv"}),
        published={1: ("2024-03-20",), 2: (), 3: ("2024-03-20",)},
    ),
)


# ----------------------------------------------------------------------------------------------------------------------
# Mappings and deals
# ----------------------------------------------------------------------------------------------------------------------

MAPPINGS = (
    Case(
        name="lol_names",
        # The separator counts only right before the row's own country at the end, with something before it.
        # Draftkings US 1 + 128, Sporting Bet FR 2 + 256, and 4, 8, 16, 32, 64: in all 511.
        files={
            **RAW_EARNINGS,
            **operators(
                "Draftkings,DraftkingsLOLUS,US",
                "Sporting Bet,Sporting Bet LOLFR,FR",
                "LOL,INTER_LOL,FR",
                "Bare,LOLUS,US",
                "Middle,MidLOLUSer,US",
                "Other,OtherLOLUS,FR",
                "Stateless,StatelessLOLUS,NULL",
            ),
            **routy(
                "2024-03-26",
                "2024-03-26,A,Draftkings,US,US,1,0,0",
                "2024-03-26,A,sporting bet,FR,FR,2,0,0",
                "2024-03-26,A,LOL,FR,FR,4,0,0",
                "2024-03-26,A,bare,US,US,8,0,0",
                "2024-03-26,A,Middle,US,US,16,0,0",
                "2024-03-26,A,Other,US,US,32,0,0",
                "2024-03-26,A,Stateless,US,US,64,0,0",
                "2024-03-26,A,draftkingslolus,US,US,128,0,0",
                "2024-03-26,A,SPORTING BET FR,FR,FR,256,0,0",
            ),
            **no_clicks("2024-03-26"),
        },
        marts={
            "solution_1_marketing_daily": {("A", "2024-03-26"): "511.00"},
            "solution_1_operators_monthly": {
                ("Draftkings US", "2024-03-01"): "129.00",
                ("Sporting Bet FR", "2024-03-01"): "258.00",
                ("INTER_LOL", "2024-03-01"): "4.00",
                ("LOLUS", "2024-03-01"): "8.00",
                ("MidLOLUSer", "2024-03-01"): "16.00",
                ("OtherLOLUS", "2024-03-01"): "32.00",
                ("StatelessLOLUS", "2024-03-01"): "64.00",
            },
        },
    ),
    Case(
        name="operator_names",
        # In any case of letters: a variant (also of accented letters), else a standard name, else a name of its own.
        # `SECOND` is a variant of Third before it is the standard name Second.
        # ETOILE 1 + 2, Second 4, Third 8 + 16, Zed 32, ZED 64: in all 127.
        files={
            **RAW_EARNINGS,
            **operators("Étoile,ETOILE,FR", "X,Second,FR", "Second,Third,FR"),
            **routy(
                "2024-03-26",
                "2024-03-26,A,ÉTOILE,FR,FR,1,0,0",
                "2024-03-26,A, etoile ,FR,FR,2,0,0",
                "2024-03-26,A,x,FR,FR,4,0,0",
                "2024-03-26,A,SECOND,FR,FR,8,0,0",
                "2024-03-26,A,third,FR,FR,16,0,0",
                "2024-03-26,A,Zed,FR,FR,32,0,0",
                "2024-03-26,A,ZED,FR,FR,64,0,0",
            ),
            **no_clicks("2024-03-26"),
        },
        marts={
            "solution_1_marketing_daily": {("A", "2024-03-26"): "127.00"},
            "solution_1_operators_monthly": {
                ("ETOILE", "2024-03-01"): "3.00",
                ("Second", "2024-03-01"): "4.00",
                ("Third", "2024-03-01"): "24.00",
                ("Zed", "2024-03-01"): "32.00",
                ("ZED", "2024-03-01"): "64.00",
            },
        },
    ),
    Case(
        name="mappings_never_multiply",
        # Every dimension says everything several times. A: (10 + 5 + 1)*2 + 3 clicks = 35.00.
        # BENJUS 3500 * 15/16 = 3281.25, Foo US 218.75 cents: the cent left over goes to Foo US.
        files={
            **deals(
                "A,Hybrid,raw_earnings*2 + clicks", "A,FIXED 9,clicks + 2*raw_earnings", "A,,(raw_earnings)*2+clicks"
            ),
            **brands("br1,A", "BR1,A", "br1,A"),
            **operators(
                "Bet,BENJUS,US",
                "BET,BENJUS,US",
                "Rivers,BENJUS,US",
                "Rivers,BENJUS,US",
                "Foo,FooLOLUS,US",
                "foo,Foo US,US",
            ),
            **routy(
                "2024-03-26",
                "2024-03-26,A,bet,US,US,10,0,0",
                "2024-03-26,A,rivers,US,US,5,0,0",
                "2024-03-26,A,FOO,US,US,1,0,0",
            ),
            **voluum("2024-03-26", "2024-03-26,Br1,3"),
        },
        marts={
            "solution_1_marketing_daily": {("A", "2024-03-26"): "35.00"},
            "solution_1_operators_monthly": {("BENJUS", "2024-03-01"): "32.81", ("Foo US", "2024-03-01"): "2.19"},
        },
        details={"solution_1_marketing_daily": {("A", "2024-03-26"): {"raw_earnings": "16", "clicks": 3}}},
        quarantined={"voluum_mapper.csv": ((4, "duplicate"),), "central_mapping.csv": ((5, "duplicate"),)},
    ),
    Case(
        name="several_brands_to_one_source",
        # A: 10 + 5 + 7 = 22 clicks: 1 + 220 = 221. B: 2 + 1 = 3. The 100 clicks of br9 belong to no one.
        files={
            **deals("A,PPC,raw_earnings + clicks*10", "B,PPC,raw_earnings + clicks"),
            **brands("br1,A", "Br2,A", "br3,B"),
            **operators(),
            **routy("2024-03-26", "2024-03-26,A,Foo,US,US,1,0,0", "2024-03-26,B,Foo,US,US,2,0,0"),
            **voluum(
                "2024-03-26",
                "2024-03-26,br1,10",
                "2024-03-26,BR1,5",
                "2024-03-26, bR2 ,7",
                "2024-03-26,br3,1",
                "2024-03-26,br9,100",
            ),
        },
        marts={
            "solution_1_marketing_daily": {("A", "2024-03-26"): "221.00", ("B", "2024-03-26"): "3.00"},
            "solution_1_operators_monthly": {("Foo", "2024-03-01"): "224.00"},
        },
        details={
            "solution_1_marketing_daily": {("A", "2024-03-26"): {"clicks": 22}, ("B", "2024-03-26"): {"clicks": 1}}
        },
    ),
    Case(
        name="clicks_without_traffic",
        # B has clicks only: no row. A has none: 1 + 0 + 100 = 101.
        files={
            **deals("Default,Hybrid 100,raw_earnings + clicks*10 + 100"),
            **brands("br1,A", "br2,B"),
            **operators(),
            **routy("2024-03-26", "2024-03-26,A,Foo,US,US,1,0,0"),
            **voluum("2024-03-26", "2024-03-26,br2,50"),
        },
        marts={
            "solution_1_marketing_daily": {("A", "2024-03-26"): "101.00"},
            "solution_1_operators_monthly": {("Foo", "2024-03-01"): "101.00"},
        },
        details={"solution_1_marketing_daily": {("A", "2024-03-26"): {"clicks": 0}}},
    ),
    Case(
        name="marketing_sources_exactly",
        # TOP: (1 + 4)*2 = 10, top is another source without terms: 2.
        files={
            **deals("TOP,x,raw_earnings*2"),
            **brands(),
            **operators(),
            **routy(
                "2024-03-26",
                "2024-03-26,TOP,Foo,US,US,1,0,0",
                "2024-03-26,top,Foo,US,US,2,0,0",
                "2024-03-26,  TOP\t,Foo,US,US,4,0,0",
            ),
            **no_clicks("2024-03-26"),
        },
        marts={
            "solution_1_marketing_daily": {("TOP", "2024-03-26"): "10.00", ("top", "2024-03-26"): "2.00"},
            "solution_1_operators_monthly": {("Foo", "2024-03-01"): "12.00"},
        },
    ),
    Case(
        name="formulas",
        # Every source has earnings 12, visits 3, signups 2; F1 has 4 clicks.
        # 22 + 2.50 + 88 + 2.50 + 18 + 9 + 5 + 13 + 7 + 12 = 179
        files={
            **deals(
                "F01,PPC,Total  Commission=RAW_EARNINGS+clicks*2.5",  # 12 + 4 * 2.5
                "F02,x,total commision = (raw_earnings - 2)/4",  # 10 / 4
                "F03,x,-raw_earnings + 100",
                "F04,x,+(visits + signups)*.5",  # (3 + 2) / 2
                "F05,x,2*(3 + raw_earnings/(1+1))",  # 2 * (3 + 6)
                "F06,x,raw_earnings*(1 - 0.25)",
                "F07,x,total commision=5.",
                "F08,x,raw_earnings - -1",
                "F09,x,raw_earnings/3 + visits/3 + signups",  # 4 + 1 + 2
                "F10,FIXED 100,raw_earnings",  # the formula is the deal, not its label
            ),
            **brands("br1,F01"),
            **operators(),
            **routy("2024-03-26", *(f"2024-03-26,F{number:02},Foo,US,US,12,3,2" for number in range(1, 11))),
            **voluum("2024-03-26", "2024-03-26,br1,4"),
        },
        marts={
            "solution_1_marketing_daily": {
                ("F01", "2024-03-26"): "22.00",
                ("F02", "2024-03-26"): "2.50",
                ("F03", "2024-03-26"): "88.00",
                ("F04", "2024-03-26"): "2.50",
                ("F05", "2024-03-26"): "18.00",
                ("F06", "2024-03-26"): "9.00",
                ("F07", "2024-03-26"): "5.00",
                ("F08", "2024-03-26"): "13.00",
                ("F09", "2024-03-26"): "7.00",
                ("F10", "2024-03-26"): "12.00",
            },
            "solution_1_operators_monthly": {("Foo", "2024-03-01"): "179.00"},
        },
    ),
    Case(
        name="valid_from",
        # 10 a day each. A: *2, from the 27th *3, from the 28th *4. B: Default (+1) until its own terms (+5) start on
        # the 28th. C: Default, +1 and from the 28th +2. A 20 + 30 + 40, B 11 + 11 + 15, C 11 + 11 + 12: in all 161.
        files={
            **dated_deals(
                "A,x,raw_earnings*3,2024-03-27",
                "A,x,raw_earnings*2,",
                "A,x,raw_earnings*4,2024/3/28 12:30",
                "B,x,raw_earnings + 5,2024-03-28",
                "Default,x,raw_earnings + 1,NULL",
                "dEFAULT,x,raw_earnings + 2,2024-03-28",
            ),
            **brands(),
            **operators(),
            **{
                path: content
                for day in ("2024-03-26", "2024-03-27", "2024-03-28")
                for path, content in routy(day, *(f"{day},{source},Foo,US,US,10,0,0" for source in "ABC")).items()
            },
            **no_clicks("2024-03-26", "2024-03-27", "2024-03-28"),
        },
        marts={
            "solution_1_marketing_daily": {
                ("A", "2024-03-26"): "20.00",
                ("A", "2024-03-27"): "30.00",
                ("A", "2024-03-28"): "40.00",
                ("B", "2024-03-26"): "11.00",
                ("B", "2024-03-27"): "11.00",
                ("B", "2024-03-28"): "15.00",
                ("C", "2024-03-26"): "11.00",
                ("C", "2024-03-27"): "11.00",
                ("C", "2024-03-28"): "12.00",
            },
            "solution_1_operators_monthly": {("Foo", "2024-03-01"): "161.00"},
        },
    ),
    Case(
        name="default_absent",
        # A: 5*2 = 10. B has no terms, C has none in force yet, and there is no Default: raw earnings.
        files={
            **dated_deals("A,x,raw_earnings*2,", "C,x,raw_earnings*9,2024-04-01"),
            **brands(),
            **operators(),
            **routy("2024-03-31", *(f"2024-03-31,{source},Foo,US,US,5,0,0" for source in "ABC")),
            **no_clicks("2024-03-31"),
        },
        marts={
            "solution_1_marketing_daily": {
                ("A", "2024-03-31"): "10.00",
                ("B", "2024-03-31"): "5.00",
                ("C", "2024-03-31"): "5.00",
            },
            "solution_1_operators_monthly": {("Foo", "2024-03-01"): "20.00"},
        },
    ),
    Case(
        name="default_in_odd_case",
        # B: 5*3 + 0.25 = 15.25. No deals row at all but Default.
        files={
            **deals("dEfAuLt,x,raw_earnings*3 + .25"),
            **brands(),
            **operators(),
            **routy("2024-03-31", "2024-03-31,B,Foo,US,US,5,0,0"),
            **no_clicks("2024-03-31"),
        },
        marts={
            "solution_1_marketing_daily": {("B", "2024-03-31"): "15.25"},
            "solution_1_operators_monthly": {("Foo", "2024-03-01"): "15.25"},
        },
    ),
    Case(
        name="a_dimension_in_two_places",
        # Both places at once are refused; the version in force stays: 5*2 = 10.
        files={
            "deals/deals.csv": lines("marketing_source,deal,comments", "A,x,raw_earnings*2"),
            "voluum_mapper/voluum_mapper.csv": lines("voluum_brand,marketing_source"),
            **operators(),
            **routy("2024-03-26", "2024-03-26,A,Foo,US,US,5,0,0"),
            **no_clicks("2024-03-26"),
        },
        corrections=(deals("A,x,raw_earnings*3"),),
        marts={
            "solution_1_marketing_daily": {("A", "2024-03-26"): "10.00"},
            "solution_1_operators_monthly": {("Foo", "2024-03-01"): "10.00"},
        },
        refused=frozenset({"deals.csv", "deals/deals.csv"}),
    ),
    Case(
        name="nothing_before_each_dimension",
        files={
            **deals(),
            **brands(),
            **routy("2024-03-26", "2024-03-26,A,Foo,US,US,5,0,0"),
            **scrapers("2024-03-26", "2024-03-26,A,Foo,US,5,0"),
            **no_clicks("2024-03-26"),
        },
        marts={},
        published={1: (), 2: (), 3: ()},
    ),
)


# ----------------------------------------------------------------------------------------------------------------------
# Part 1
# ----------------------------------------------------------------------------------------------------------------------

WEB_TRAFFIC = (
    Case(
        name="worked_example",
        # Earnings 15 + 25 + 1 (routy) + 0 + 40 + 1 (manual) = 82, clicks 4 + 6 = 10: 82 + 10*10 = 182.00.
        # Shares of 18200 cents by 40 : 1 : 40 : 1 are 8878.05, 221.95, 8878.05, 221.95: floors make 18198, and the two
        # cents left over go to the largest remainders, .95.
        files={
            **deals("TOP-SPO1,PPC,total commision= raw_earnings + clicks*10"),
            **brands("Voluum br1,TOP-SPO1"),
            **operators(
                "BetRivers NJ,BENJUS,US",
                "Betrivers PA,BEPAUS,US",
                "Draftkings,DraftkingsLOLUS,US",
                "SportingBet,SportingBetLOLFR,FR",
            ),
            **routy(
                "2024-03-26",
                "2024-03-26 00:00:00,TOP-SPO1,BetRivers NJ,US,NULL,15,1,0",
                "2024-03-26 00:00:00,TOP-SPO1,betrivers nj,US,NULL,25,0,1",
                "2024-03-26 00:00:00,TOP-SPO1,Betrivers PA,US,NULL,1,0,2",
            ),
            **manual(
                "2024-03-26",
                "2024-03-26,TOP-SPO1,Draftkings US,0,0,2",
                "2024-03-26,TOP-SPO1,Draftkings,40,1,0",
                "2024-03-26,TOP-SPO1,SportingBet FR,1,0,2",
            ),
            **voluum("2024-03-26", "2024-03-26,Voluum br1,4", "2024-03-26,VOLUUM BR1,6"),
        },
        marts={
            "solution_1_marketing_daily": {("TOP-SPO1", "2024-03-26"): "182.00"},
            "solution_1_operators_monthly": {
                ("BENJUS", "2024-03-01"): "88.78",
                ("BEPAUS", "2024-03-01"): "2.22",
                ("Draftkings US", "2024-03-01"): "88.78",
                ("SportingBet FR", "2024-03-01"): "2.22",
            },
        },
        details={
            "solution_1_marketing_daily": {
                ("TOP-SPO1", "2024-03-26"): {"raw_earnings": "82", "clicks": 10, "visits": 2, "signups": 7}
            }
        },
    ),
    Case(
        name="negative_earnings",
        # A: 100 - 30 = 70, all of it Foo's (positive earnings 100 : 0).
        # B: 10 - 10 + 30 = 30; positive earnings Foo 10, Bar 30: 7.50 and 22.50.
        # C: -5 - 5 + 20 = 10; no one has positive earnings: 5.00 each.
        # Foo 70 + 7.50 + 5 = 82.50, Bar 0 + 22.50 + 5 = 27.50.
        files={
            **deals("C,x,raw_earnings + 20"),
            **brands(),
            **operators(),
            **routy(
                "2024-03-26",
                "2024-03-26,A,Foo,US,US,100,0,0",
                "2024-03-26,A,Bar,US,US,-30,0,0",
                "2024-03-26,B,Foo,US,US,10,0,0",
                "2024-03-26,B,Foo,US,US,-10,0,0",
                "2024-03-26,B,Bar,US,US,30,0,0",
                "2024-03-26,C,Foo,US,US,-5,0,0",
                "2024-03-26,C,Bar,US,US,-5,0,0",
            ),
            **no_clicks("2024-03-26"),
        },
        marts={
            "solution_1_marketing_daily": {
                ("A", "2024-03-26"): "70.00",
                ("B", "2024-03-26"): "30.00",
                ("C", "2024-03-26"): "10.00",
            },
            "solution_1_operators_monthly": {("Foo", "2024-03-01"): "82.50", ("Bar", "2024-03-01"): "27.50"},
        },
        details={"solution_1_marketing_daily": {("C", "2024-03-26"): {"raw_earnings": "-10"}}},
    ),
    Case(
        name="clamp",
        # A: -5. B: 40 - 100. C: 10 - 20 clicks. All of them 0.00, and there. D: -(-7.25) = 7.25.
        files={
            **deals("B,x,raw_earnings - 100", "C,x,10 - clicks", "D,x,raw_earnings*-1"),
            **brands("br1,C"),
            **operators(),
            **routy(
                "2024-03-26",
                "2024-03-26,A,Bar,US,US,-5,0,0",
                "2024-03-26,B,Foo,US,US,40,0,0",
                "2024-03-26,C,Foo,US,US,40,0,0",
                "2024-03-26,D,Foo,US,US,-7.25,0,0",
            ),
            **voluum("2024-03-26", "2024-03-26,br1,20"),
        },
        marts={
            "solution_1_marketing_daily": {
                ("A", "2024-03-26"): "0.00",
                ("B", "2024-03-26"): "0.00",
                ("C", "2024-03-26"): "0.00",
                ("D", "2024-03-26"): "7.25",
            },
            "solution_1_operators_monthly": {("Foo", "2024-03-01"): "7.25", ("Bar", "2024-03-01"): "0.00"},
        },
    ),
    Case(
        name="rounding_at_half_a_cent",
        # Half a cent goes up, whatever division it came from; a hair less does not.
        # 0.01 + 0.01 + 0 + 1.01 + 0 + 0.01 + 0 + 0.01 + 0.01 + 0.01 = 1.07
        files={
            **deals(
                "B,x,raw_earnings/3",
                "F,x,raw_earnings*0.005",
                "G,x,raw_earnings/3",
                "H,x,raw_earnings/3*3",
                "I,x,(raw_earnings + clicks)/7",
                "J,x,0.105 - raw_earnings",
            ),
            **brands(),
            **operators(),
            **routy(
                "2024-03-26",
                "2024-03-26,A,Foo,US,US,0.005,0,0",
                "2024-03-26,B,Foo,US,US,0.015,0,0",  # 0.005
                "2024-03-26,C,Foo,US,US,0.004999999,0,0",
                "2024-03-26,D,Foo,US,US,1.005,0,0",
                "2024-03-26,E,Foo,US,US,-0.005,0,0",  # -0.01, so 0
                "2024-03-26,F,Foo,US,US,1,0,0",  # 0.005
                "2024-03-26,G,Foo,US,US,0.01,0,0",  # 0.0033...
                "2024-03-26,H,Foo,US,US,0.005,0,0",  # 0.005
                "2024-03-26,I,Foo,US,US,0.035,0,0",  # 0.005
                "2024-03-26,J,Foo,US,US,0.1,0,0",  # 0.005
            ),
            **no_clicks("2024-03-26"),
        },
        marts={
            "solution_1_marketing_daily": {
                ("A", "2024-03-26"): "0.01",
                ("B", "2024-03-26"): "0.01",
                ("C", "2024-03-26"): "0.00",
                ("D", "2024-03-26"): "1.01",
                ("E", "2024-03-26"): "0.00",
                ("F", "2024-03-26"): "0.01",
                ("G", "2024-03-26"): "0.00",
                ("H", "2024-03-26"): "0.01",
                ("I", "2024-03-26"): "0.01",
                ("J", "2024-03-26"): "0.01",
            },
            "solution_1_operators_monthly": {("Foo", "2024-03-01"): "1.07"},
        },
    ),
    Case(
        name="largest_remainder_ties",
        # By code point: B < a < É, and U+FF5E < U+1D538 (not so in UTF-16).
        # A: 1.00 in thirds: 33 each, the cent left over is B's. C: 0.02 in thirds: 0 each, the two cents B's and a's.
        # D: 3/3 = 1.00 by 1 : 1 : 1, as A. E: 0.01 by a 1 : B 2 : É 3: the largest remainder, 3/6, is É's.
        # F: 0.01 in halves: U+FF5E's. B .34 + .01 + .34, a .33 + .01 + .33, É .33 + .33 + .01.
        files={
            **deals("A,x,1", "C,x,0.02", "D,x,raw_earnings/3", "E,x,0.01", "F,x,0.01"),
            **brands(),
            **operators(),
            **routy(
                "2024-03-26",
                *(f"2024-03-26,A,{operator},FR,FR,0,0,0" for operator in ("É", "a", "B")),
                *(f"2024-03-26,C,{operator},FR,FR,-1,0,0" for operator in ("a", "É", "B")),
                *(f"2024-03-26,D,{operator},FR,FR,1,0,0" for operator in ("a", "B", "É")),
                "2024-03-26,E,a,FR,FR,0.000000001,0,0",
                "2024-03-26,E,B,FR,FR,0.000000002,0,0",
                "2024-03-26,E,É,FR,FR,0.000000003,0,0",
                "2024-03-26,F,\U0001d538,FR,FR,0,0,0",
                "2024-03-26,F,\uff5e,FR,FR,0,0,0",
            ),
            **no_clicks("2024-03-26"),
        },
        marts={
            "solution_1_marketing_daily": {
                ("A", "2024-03-26"): "1.00",
                ("C", "2024-03-26"): "0.02",
                ("D", "2024-03-26"): "1.00",
                ("E", "2024-03-26"): "0.01",
                ("F", "2024-03-26"): "0.01",
            },
            "solution_1_operators_monthly": {
                ("B", "2024-03-01"): "0.69",
                ("a", "2024-03-01"): "0.67",
                ("É", "2024-03-01"): "0.67",
                ("\uff5e", "2024-03-01"): "0.01",
                ("\U0001d538", "2024-03-01"): "0.00",
            },
        },
    ),
    Case(
        name="fixed_amount_once_a_day",
        # 10 + 20 + 10 + 10 = 50, + 100 once, + 2 clicks * 5 once = 160, by Foo 30 : Bar 20: 96 and 64.
        files={
            **deals("A,Hybrid,raw_earnings + 100 + clicks*5"),
            **brands("br1,A"),
            **operators(),
            **routy(
                "2024-03-26",
                "2024-03-26,A,Foo,US,US,10,0,0",
                "2024-03-26,A,Foo,US,US,20,0,0",
                "2024-03-26,A,Bar,US,US,10,0,0",
            ),
            **manual("2024-03-26", "2024-03-26,A,Bar,10,0,0"),
            **voluum("2024-03-26", "2024-03-26,br1,2"),
        },
        marts={
            "solution_1_marketing_daily": {("A", "2024-03-26"): "160.00"},
            "solution_1_operators_monthly": {("Foo", "2024-03-01"): "96.00", ("Bar", "2024-03-01"): "64.00"},
        },
    ),
    Case(
        name="null_earnings",
        # A: one row without earnings is a row: 0 + 100. B: 0 + 10, Foo's share is 0.00.
        files={
            **deals("A,FIXED 100,raw_earnings + 100"),
            **brands(),
            **operators(),
            **routy(
                "2024-03-26",
                "2024-03-26,A,Foo,US,US,NULL,1,0",
                "2024-03-26,B,Foo,US,US,,0,0",
                "2024-03-26,B,Bar,US,US,10,0,0",
            ),
            **no_clicks("2024-03-26"),
        },
        marts={
            "solution_1_marketing_daily": {("A", "2024-03-26"): "100.00", ("B", "2024-03-26"): "10.00"},
            "solution_1_operators_monthly": {("Foo", "2024-03-01"): "100.00", ("Bar", "2024-03-01"): "10.00"},
        },
        details={
            "solution_1_marketing_daily": {
                ("A", "2024-03-26"): {"raw_earnings": "0"},
                ("B", "2024-03-26"): {"raw_earnings": "10"},
            }
        },
    ),
    Case(
        name="month_and_year_ends",
        # March 2024 has 2 + 4, the other months one day each; March 2024 and March 2025 are two months.
        files={
            **RAW_EARNINGS,
            **routy("2024-02-29", "2024-02-29,A,Foo,US,US,1,0,0"),
            **routy("2024-03-01", "2024-03-01,A,Foo,US,US,2,0,0"),
            **routy("2024-03-31", "2024-03-31 23:59:59,A,Foo,US,US,4,0,0"),
            **routy("2024-12-31", "2024-12-31,A,Foo,US,US,8,0,0"),
            **routy("2025-01-01", "2025-01-01,A,Foo,US,US,16,0,0"),
            **routy("2025-03-31", "2025-03-31,A,Foo,US,US,32,0,0"),
            **no_clicks("2024-02-29", "2024-03-01", "2024-03-31", "2024-12-31", "2025-01-01", "2025-03-31"),
        },
        marts={
            "solution_1_marketing_daily": {
                ("A", "2024-02-29"): "1.00",
                ("A", "2024-03-01"): "2.00",
                ("A", "2024-03-31"): "4.00",
                ("A", "2024-12-31"): "8.00",
                ("A", "2025-01-01"): "16.00",
                ("A", "2025-03-31"): "32.00",
            },
            "solution_1_operators_monthly": {
                ("Foo", "2024-02-01"): "1.00",
                ("Foo", "2024-03-01"): "6.00",
                ("Foo", "2024-12-01"): "8.00",
                ("Foo", "2025-01-01"): "16.00",
                ("Foo", "2025-03-01"): "32.00",
            },
        },
    ),
    Case(
        name="a_day_waits_for_routy_and_voluum",
        # 26: voluum comes later. 27: voluum alone waits. 28: manual without routy waits. 29: manual comes later, 1 + 3.
        files={
            **RAW_EARNINGS,
            **routy("2024-03-26", "2024-03-26,A,Foo,US,US,5,0,0"),
            **no_clicks("2024-03-27", "2024-03-28", "2024-03-29"),
            **manual("2024-03-28", "2024-03-28,A,Foo,1000,0,0"),
            **routy("2024-03-29", "2024-03-29,A,Foo,US,US,1,0,0"),
            **routy("2024-03-30", "2024-03-30,A,Foo,US,US,1000,0,0"),
        },
        corrections=(no_clicks("2024-03-26"), manual("2024-03-29", "2024-03-29,A,Bar,3,0,0")),
        marts={
            "solution_1_marketing_daily": {("A", "2024-03-26"): "5.00", ("A", "2024-03-29"): "4.00"},
            "solution_1_operators_monthly": {("Foo", "2024-03-01"): "6.00", ("Bar", "2024-03-01"): "3.00"},
        },
        published={1: ("2024-03-26", "2024-03-29"), 2: (), 3: ("2024-03-26", "2024-03-29")},
    ),
    Case(
        name="corrections_replace",
        # The second routy file replaces the first as a whole (B is gone), the second deals file doubles: 7*2 = 14.
        # The third of each is refused and changes nothing.
        files={
            **RAW_EARNINGS,
            **routy("2024-03-26", "2024-03-26,A,Foo,US,US,10,0,0", "2024-03-26,B,Foo,US,US,20,0,0"),
            **no_clicks("2024-03-26"),
        },
        corrections=(
            {**routy("2024-03-26", "2024-03-26,A,Foo,US,US,7,0,0"), **deals("A,x,raw_earnings*2")},
            {**routy("2024-03-26", '2024-03-26,A,"Foo,US,US,9,0,0'), **deals("A,x,raw_earnings*clicks")},
        ),
        marts={
            "solution_1_marketing_daily": {("A", "2024-03-26"): "14.00"},
            "solution_1_operators_monthly": {("Foo", "2024-03-01"): "14.00"},
        },
        refused=frozenset({"routy/2024-03-26.csv", "deals.csv"}),
    ),
)


# ----------------------------------------------------------------------------------------------------------------------
# Part 2
# ----------------------------------------------------------------------------------------------------------------------

MARCH_25_TO_28 = ("2024-03-25", "2024-03-26", "2024-03-27", "2024-03-28")

SCRAPERS = (
    Case(
        name="baseline_then_increase",
        # 25: baseline, no fixed amount and no clicks paid, the row is there. 26: 40 + 0.5 + 100 + 2*10 = 160.50, by
        # Foo 40 : Bar 0.5: 15851.85 and 198.15 cents; the cent left over is Foo's.
        files={
            **deals("A,Hybrid 100,raw_earnings + 100 + clicks*10"),
            **brands("br1,A"),
            **operators(),
            **scrapers("2024-03-25", "2024-03-25,A,Foo,US,1000,10", "2024-03-25,A,Bar,US,500,0"),
            **scrapers("2024-03-26", "2024-03-26,A,Foo,US,1040,12", "2024-03-26,A,Bar,US,500.5,0"),
            **voluum("2024-03-25", "2024-03-25,br1,3"),
            **voluum("2024-03-26", "2024-03-26,br1,2"),
        },
        marts={
            "solution_2_marketing_daily": {("A", "2024-03-25"): "0.00", ("A", "2024-03-26"): "160.50"},
            "solution_2_operators_monthly": {("Foo", "2024-03-01"): "158.52", ("Bar", "2024-03-01"): "1.98"},
        },
        details={
            "solution_2_marketing_daily": {
                ("A", "2024-03-25"): {"raw_earnings": "0", "clicks": 3, "is_estimated": False, "is_baseline": True},
                ("A", "2024-03-26"): {
                    "raw_earnings": "40.5",
                    "clicks": 2,
                    "visits": 2,
                    "is_estimated": False,
                    "is_baseline": False,
                },
            }
        },
        published={1: (), 2: ("2024-03-25", "2024-03-26"), 3: ("2024-03-25", "2024-03-26")},
    ),
    Case(
        name="rows_of_one_key_add_up",
        # 25: 100 + 50 = 150, visits 1 + 1 = 2, under two variants. 26: 160 and 5 under the standard name: 10 and 3.
        files={
            **RAW_EARNINGS,
            **operators("Foo NJ,FOO,US", "Foo N.J.,FOO,US"),
            **scrapers("2024-03-25", "2024-03-25,A,Foo NJ,US,100,1", "2024-03-25,A,foo n.j.,US,50,1"),
            **scrapers("2024-03-26", "2024-03-26,A,foo,US,160,5"),
            **no_clicks("2024-03-25", "2024-03-26"),
        },
        marts={
            "solution_2_marketing_daily": {("A", "2024-03-25"): "0.00", ("A", "2024-03-26"): "10.00"},
            "solution_2_operators_monthly": {("FOO", "2024-03-01"): "10.00"},
        },
        details={"solution_2_marketing_daily": {("A", "2024-03-26"): {"raw_earnings": "10", "visits": 3}}},
    ),
    Case(
        name="country_is_part_of_the_key",
        # US went down: 0. FR +3, no country +4, CA is at its baseline: 7.
        files={
            **RAW_EARNINGS,
            **scrapers(
                "2024-03-25",
                "2024-03-25,A,Foo,US,100,0",
                "2024-03-25,A,Foo,FR,1000,0",
                "2024-03-25,A,Foo,NULL,10,0",
            ),
            **scrapers(
                "2024-03-26",
                "2024-03-26,A,Foo,US,90,0",
                "2024-03-26,A,Foo,FR,1003,0",
                "2024-03-26,A,Foo,,14,0",
                "2024-03-26,A,Foo,CA,7777,0",
            ),
            **no_clicks("2024-03-25", "2024-03-26"),
        },
        marts={
            "solution_2_marketing_daily": {("A", "2024-03-25"): "0.00", ("A", "2024-03-26"): "7.00"},
            "solution_2_operators_monthly": {("Foo", "2024-03-01"): "7.00"},
        },
    ),
    Case(
        name="estimated_days_pay_fixed_amounts_and_clicks",
        # A: 100 over 3 days: 33.333333333 twice and the rest, 33.333333334; each is 33.33. Visits 10: 3, 3 and 4.
        # B: 1 over 3 days, + 5 a day, + 2 clicks on the 26th: 0.33 + 5 + 2, 0.33 + 5, 0.33 + 5.
        files={
            **deals("B,Hybrid,raw_earnings + 5 + clicks"),
            **brands("br1,B"),
            **operators(),
            **scrapers("2024-03-25", "2024-03-25,A,Foo,US,100,7", "2024-03-25,B,Bar,US,0,0"),
            **scrapers("2024-03-28", "2024-03-28,A,Foo,US,200,17", "2024-03-28,B,Bar,US,1,0"),
            **no_clicks("2024-03-25", "2024-03-27", "2024-03-28"),
            **voluum("2024-03-26", "2024-03-26,br1,2"),
        },
        marts={
            "solution_2_marketing_daily": {
                ("A", "2024-03-25"): "0.00",
                ("A", "2024-03-26"): "33.33",
                ("A", "2024-03-27"): "33.33",
                ("A", "2024-03-28"): "33.33",
                ("B", "2024-03-25"): "0.00",
                ("B", "2024-03-26"): "7.33",
                ("B", "2024-03-27"): "5.33",
                ("B", "2024-03-28"): "5.33",
            },
            "solution_2_operators_monthly": {("Foo", "2024-03-01"): "99.99", ("Bar", "2024-03-01"): "17.99"},
        },
        details={
            "solution_2_marketing_daily": {
                ("A", "2024-03-25"): {"is_estimated": False, "is_baseline": True},
                ("A", "2024-03-26"): {"raw_earnings": "33.333333333", "visits": 3, "is_estimated": True},
                ("A", "2024-03-27"): {"raw_earnings": "33.333333333", "visits": 3, "is_estimated": True},
                ("A", "2024-03-28"): {"raw_earnings": "33.333333334", "visits": 4, "is_estimated": False},
                ("B", "2024-03-26"): {"raw_earnings": "0.333333333", "clicks": 2, "is_estimated": True},
            }
        },
        published={1: (), 2: MARCH_25_TO_28, 3: MARCH_25_TO_28},
    ),
    Case(
        name="gaps_of_seven_and_eight_missing_days",
        # A: 2 to 8 March are missing, 7 days: 80 over 8 days. B: 2 to 9 March are missing, 8 days: all 90 on the 10th.
        # C is absent from the delivered file of the 9th: 1 March to 10 March, as B: 9 on the 10th.
        files={
            **RAW_EARNINGS,
            **scrapers("2024-03-01", "2024-03-01,A,Foo,US,0,0", "2024-03-01,B,Bar,US,0,0", "2024-03-01,C,Baz,US,0,0"),
            **scrapers("2024-03-09", "2024-03-09,A,Foo,US,80,0"),
            **scrapers("2024-03-10", "2024-03-10,B,Bar,US,90,0", "2024-03-10,C,Baz,US,9,0"),
            **no_clicks(*(f"2024-03-{day:02}" for day in range(1, 11))),
        },
        marts={
            "solution_2_marketing_daily": {
                ("A", "2024-03-01"): "0.00",
                **{("A", f"2024-03-{day:02}"): "10.00" for day in range(2, 10)},
                ("B", "2024-03-01"): "0.00",
                ("B", "2024-03-10"): "90.00",
                ("C", "2024-03-01"): "0.00",
                ("C", "2024-03-10"): "9.00",
            },
            "solution_2_operators_monthly": {
                ("Foo", "2024-03-01"): "80.00",
                ("Bar", "2024-03-01"): "90.00",
                ("Baz", "2024-03-01"): "9.00",
            },
        },
        details={
            "solution_2_marketing_daily": {
                **{("A", f"2024-03-{day:02}"): {"is_estimated": True} for day in range(2, 9)},
                ("A", "2024-03-09"): {"is_estimated": False},
                ("B", "2024-03-10"): {"is_estimated": False},
            }
        },
    ),
    Case(
        name="gaps_over_month_and_year_ends",
        # A: 5 over 3 days: 1.666666666 twice and 1.666666668; December has one of them, January two. Visits 7: 2, 2, 3.
        # B: 1 over 29 February and 1 March: 0.50 each.
        files={
            **RAW_EARNINGS,
            **scrapers("2024-02-28", "2024-02-28,B,Bar,US,0,0"),
            **scrapers("2024-03-01", "2024-03-01,B,Bar,US,1,0"),
            **scrapers("2024-12-30", "2024-12-30,A,Foo,US,5,1"),
            **scrapers("2025-01-02", "2025-01-02,A,Foo,US,10,8"),
            **no_clicks("2024-02-28", "2024-02-29", "2024-03-01"),
            **no_clicks("2024-12-30", "2024-12-31", "2025-01-01", "2025-01-02"),
        },
        marts={
            "solution_2_marketing_daily": {
                ("B", "2024-02-28"): "0.00",
                ("B", "2024-02-29"): "0.50",
                ("B", "2024-03-01"): "0.50",
                ("A", "2024-12-30"): "0.00",
                ("A", "2024-12-31"): "1.67",
                ("A", "2025-01-01"): "1.67",
                ("A", "2025-01-02"): "1.67",
            },
            "solution_2_operators_monthly": {
                ("Bar", "2024-02-01"): "0.50",
                ("Bar", "2024-03-01"): "0.50",
                ("Foo", "2024-12-01"): "1.67",
                ("Foo", "2025-01-01"): "3.34",
            },
        },
        details={
            "solution_2_marketing_daily": {
                ("A", "2024-12-31"): {"raw_earnings": "1.666666666", "visits": 2, "is_estimated": True},
                ("A", "2025-01-01"): {"raw_earnings": "1.666666666", "visits": 2, "is_estimated": True},
                ("A", "2025-01-02"): {"raw_earnings": "1.666666668", "visits": 3, "is_estimated": False},
            }
        },
    ),
    Case(
        name="resets",
        # Earnings 100, 40, 55: 0, then 15 from the lower total. Visits 5, 8, 2: 3, then 0. Each for itself.
        files={
            **deals("A,x,raw_earnings + visits"),
            **brands(),
            **operators(),
            **scrapers("2024-03-25", "2024-03-25,A,Foo,US,100,5"),
            **scrapers("2024-03-26", "2024-03-26,A,Foo,US,40,8"),
            **scrapers("2024-03-27", "2024-03-27,A,Foo,US,55,2"),
            **no_clicks("2024-03-25", "2024-03-26", "2024-03-27"),
        },
        marts={
            "solution_2_marketing_daily": {
                ("A", "2024-03-25"): "0.00",
                ("A", "2024-03-26"): "3.00",
                ("A", "2024-03-27"): "15.00",
            },
            "solution_2_operators_monthly": {("Foo", "2024-03-01"): "18.00"},
        },
        details={
            "solution_2_marketing_daily": {
                ("A", "2024-03-26"): {"raw_earnings": "0", "visits": 3, "is_baseline": False},
                ("A", "2024-03-27"): {"raw_earnings": "15", "visits": 0},
            }
        },
    ),
    Case(
        name="reset_within_a_gap",
        # Earnings 100 to 10: 0 on both days, the 26th estimated all the same. Visits 1 to 7: 3 and 3.
        # 26 and 27: 0 + 3 + 100 = 103. 28: 12 - 10 + 0 + 100 = 102.
        files={
            **deals("A,x,raw_earnings + visits + 100"),
            **brands(),
            **operators(),
            **scrapers("2024-03-25", "2024-03-25,A,Foo,US,100,1"),
            **scrapers("2024-03-27", "2024-03-27,A,Foo,US,10,7"),
            **scrapers("2024-03-28", "2024-03-28,A,Foo,US,12,7"),
            **no_clicks(*MARCH_25_TO_28),
        },
        marts={
            "solution_2_marketing_daily": {
                ("A", "2024-03-25"): "0.00",
                ("A", "2024-03-26"): "103.00",
                ("A", "2024-03-27"): "103.00",
                ("A", "2024-03-28"): "102.00",
            },
            "solution_2_operators_monthly": {("Foo", "2024-03-01"): "308.00"},
        },
        details={
            "solution_2_marketing_daily": {
                ("A", "2024-03-26"): {"raw_earnings": "0", "visits": 3, "is_estimated": True},
                ("A", "2024-03-27"): {"raw_earnings": "0", "visits": 3, "is_estimated": False},
            }
        },
    ),
    Case(
        name="baselines_beside_other_keys",
        # A on the 26th: Foo 5, Bar at its baseline: 5 + 100 = 105, all of it Foo's. On the 27th no increase at all, but
        # no baseline either: 100, evenly. B is at its baseline only, and absent afterwards: 0.00.
        files={
            **deals("Default,FIXED 100,raw_earnings + 100"),
            **brands(),
            **operators(),
            **scrapers("2024-03-25", "2024-03-25,A,Foo,US,10,0"),
            **scrapers(
                "2024-03-26", "2024-03-26,A,Foo,US,15,0", "2024-03-26,A,Bar,US,1000,0", "2024-03-26,B,Baz,US,5,0"
            ),
            **scrapers("2024-03-27", "2024-03-27,A,Foo,US,15,0", "2024-03-27,A,Bar,US,1000,0"),
            **no_clicks("2024-03-25", "2024-03-26", "2024-03-27"),
        },
        marts={
            "solution_2_marketing_daily": {
                ("A", "2024-03-25"): "0.00",
                ("A", "2024-03-26"): "105.00",
                ("A", "2024-03-27"): "100.00",
                ("B", "2024-03-26"): "0.00",
            },
            "solution_2_operators_monthly": {
                ("Foo", "2024-03-01"): "155.00",
                ("Bar", "2024-03-01"): "50.00",
                ("Baz", "2024-03-01"): "0.00",
            },
        },
        details={
            "solution_2_marketing_daily": {
                ("A", "2024-03-25"): {"is_baseline": True},
                ("A", "2024-03-26"): {"is_baseline": False},
                ("A", "2024-03-27"): {"is_baseline": False},
                ("B", "2024-03-26"): {"is_baseline": True},
            }
        },
    ),
    Case(
        name="an_estimate_beside_a_baseline",
        # 26: Foo is absent from the file, its 10 of the 27th are spread: 5 and 5. Bar is at its baseline on the 26th.
        # 26: 5 + 100 = 105, Foo's, estimated. 27: 5 + 1 + 100 = 106 by 5 : 1: 8833.33 and 1766.67 cents.
        files={
            **deals("A,FIXED 100,raw_earnings + 100"),
            **brands(),
            **operators(),
            **scrapers("2024-03-25", "2024-03-25,A,Foo,US,0,0"),
            **scrapers("2024-03-26", "2024-03-26,A,Bar,US,7,0"),
            **scrapers("2024-03-27", "2024-03-27,A,Foo,US,10,0", "2024-03-27,A,Bar,US,8,0"),
            **no_clicks("2024-03-25", "2024-03-26", "2024-03-27"),
        },
        marts={
            "solution_2_marketing_daily": {
                ("A", "2024-03-25"): "0.00",
                ("A", "2024-03-26"): "105.00",
                ("A", "2024-03-27"): "106.00",
            },
            "solution_2_operators_monthly": {("Foo", "2024-03-01"): "193.33", ("Bar", "2024-03-01"): "17.67"},
        },
        details={
            "solution_2_marketing_daily": {
                ("A", "2024-03-26"): {"raw_earnings": "5", "is_estimated": True, "is_baseline": False},
                ("A", "2024-03-27"): {"raw_earnings": "6", "is_estimated": False, "is_baseline": False},
            }
        },
    ),
    Case(
        name="key_half_quarantined",
        # FOO has two rows a day (300, then 360); on the 26th one is quarantined, so FOO is not observed: 60 over two
        # days, 30 and 30. Bar +1, +2. 26: 31, estimated. 27: 32.
        files={
            **RAW_EARNINGS,
            **operators("Foo,FOO,US", "Foo 2,FOO,US"),
            **scrapers(
                "2024-03-25", "2024-03-25,A,Foo,US,100,0", "2024-03-25,A,Foo 2,US,200,0", "2024-03-25,A,Bar,US,10,0"
            ),
            **scrapers(
                "2024-03-26", "2024-03-26,A,Foo,US,110,0", "2024-03-26,A,foo 2,US,abc,0", "2024-03-26,A,Bar,US,11,0"
            ),
            **scrapers(
                "2024-03-27", "2024-03-27,A,Foo,US,130,0", "2024-03-27,A,Foo 2,US,230,0", "2024-03-27,A,Bar,US,13,0"
            ),
            **no_clicks("2024-03-25", "2024-03-26", "2024-03-27"),
        },
        marts={
            "solution_2_marketing_daily": {
                ("A", "2024-03-25"): "0.00",
                ("A", "2024-03-26"): "31.00",
                ("A", "2024-03-27"): "32.00",
            },
            "solution_2_operators_monthly": {("FOO", "2024-03-01"): "60.00", ("Bar", "2024-03-01"): "3.00"},
        },
        details={
            "solution_2_marketing_daily": {
                ("A", "2024-03-26"): {"raw_earnings": "31", "is_estimated": True},
                ("A", "2024-03-27"): {"raw_earnings": "32", "is_estimated": False},
            }
        },
        quarantined={"scrapers/2024-03-26.csv": ((3, "not_a_decimal"),)},
    ),
    Case(
        name="a_quarantined_row_spoils_its_own_key_only",
        # FR is not observed on the 26th (a row outside the day): 20 over two days. US 5 and 1. 26: 15, 27: 11.
        files={
            **RAW_EARNINGS,
            **scrapers("2024-03-25", "2024-03-25,A,Foo,US,100,0", "2024-03-25,A,Foo,FR,10,0"),
            **scrapers("2024-03-26", "2024-03-26,A,Foo,US,105,0", "2024-03-25,A,Foo,FR,12,0"),
            **scrapers("2024-03-27", "2024-03-27,A,Foo,US,106,0", "2024-03-27,A,Foo,FR,30,0"),
            **no_clicks("2024-03-25", "2024-03-26", "2024-03-27"),
        },
        marts={
            "solution_2_marketing_daily": {
                ("A", "2024-03-25"): "0.00",
                ("A", "2024-03-26"): "15.00",
                ("A", "2024-03-27"): "11.00",
            },
            "solution_2_operators_monthly": {("Foo", "2024-03-01"): "26.00"},
        },
        details={"solution_2_marketing_daily": {("A", "2024-03-26"): {"is_estimated": True}}},
        quarantined={"scrapers/2024-03-26.csv": ((3, "date_outside_day"),)},
    ),
    Case(
        name="a_name_too_long_is_a_key_of_its_own",
        # Lines 3 to 5 of the 26th name keys that no row can have, so Foo in the US was observed: 5.
        files={
            **RAW_EARNINGS,
            **scrapers("2024-03-25", "2024-03-25,A,Foo,US,100,0"),
            **scrapers(
                "2024-03-26",
                "2024-03-26,A,Foo,US,105,0",
                f"2024-03-26,{LONGEST_NAME}x,Foo,US,7,0",
                f"2024-03-26,A,{'Foo' * 100_000},US,7,0",
                f"2024-03-26,A,Foo,US{LONGEST_NAME},7,0",
            ),
            **no_clicks("2024-03-25", "2024-03-26"),
        },
        marts={
            "solution_2_marketing_daily": {("A", "2024-03-25"): "0.00", ("A", "2024-03-26"): "5.00"},
            "solution_2_operators_monthly": {("Foo", "2024-03-01"): "5.00"},
        },
        details={"solution_2_marketing_daily": {("A", "2024-03-26"): {"is_estimated": False}}},
        quarantined={"scrapers/2024-03-26.csv": ((3, "too_long"), (4, "too_long"), (5, "too_long"))},
    ),
    Case(
        name="duplicates_spoil_no_key",
        # The repeat of line 2 is quarantined, the total is 110: 10.
        files={
            **RAW_EARNINGS,
            **scrapers("2024-03-25", "2024-03-25,A,Foo,US,100,0"),
            **scrapers("2024-03-26", "2024-03-26,A,Foo,US,110,0", "2024/3/26,A,Foo,US,110.0,0"),
            **no_clicks("2024-03-25", "2024-03-26"),
        },
        marts={
            "solution_2_marketing_daily": {("A", "2024-03-25"): "0.00", ("A", "2024-03-26"): "10.00"},
            "solution_2_operators_monthly": {("Foo", "2024-03-01"): "10.00"},
        },
        details={"solution_2_marketing_daily": {("A", "2024-03-26"): {"is_estimated": False}}},
        quarantined={"scrapers/2024-03-26.csv": ((3, "duplicate"),)},
    ),
    Case(
        name="rows_whose_key_cannot_be_read",
        # 26: a short line, 28: a row without operator: no key of these files was observed.
        # A 100, (15, 15) to 130, (10, 10) to 150; B 10, (5, 5) to 20, (5, 5) to 30.
        files={
            **RAW_EARNINGS,
            **scrapers("2024-03-25", "2024-03-25,A,Foo,US,100,0", "2024-03-25,B,Bar,US,10,0"),
            **scrapers("2024-03-26", "2024-03-26,A,Foo,US,110,0", "2024-03-26,B,Bar,US,12,0", "2024-03-26,A,Foo"),
            **scrapers("2024-03-27", "2024-03-27,A,Foo,US,130,0", "2024-03-27,B,Bar,US,20,0"),
            **scrapers("2024-03-28", "2024-03-28,A,Foo,US,140,0", "bad,A,,US,1,0", "2024-03-28,B,Bar,US,21,0"),
            **scrapers("2024-03-29", "2024-03-29,A,Foo,US,150,0", "2024-03-29,B,Bar,US,30,0"),
            **no_clicks(*MARCH_25_TO_28, "2024-03-29"),
        },
        marts={
            "solution_2_marketing_daily": {
                ("A", "2024-03-25"): "0.00",
                ("A", "2024-03-26"): "15.00",
                ("A", "2024-03-27"): "15.00",
                ("A", "2024-03-28"): "10.00",
                ("A", "2024-03-29"): "10.00",
                ("B", "2024-03-25"): "0.00",
                ("B", "2024-03-26"): "5.00",
                ("B", "2024-03-27"): "5.00",
                ("B", "2024-03-28"): "5.00",
                ("B", "2024-03-29"): "5.00",
            },
            "solution_2_operators_monthly": {("Foo", "2024-03-01"): "50.00", ("Bar", "2024-03-01"): "20.00"},
        },
        details={
            "solution_2_marketing_daily": {
                ("A", "2024-03-26"): {"is_estimated": True},
                ("A", "2024-03-27"): {"is_estimated": False},
                ("B", "2024-03-28"): {"is_estimated": True},
            }
        },
        quarantined={
            "scrapers/2024-03-26.csv": ((4, "field_count"),),
            "scrapers/2024-03-28.csv": ((3, "not_a_date"),),
        },
    ),
    Case(
        name="null_totals_are_no_observation",
        # 26: one of the key's two rows has no total. 27: no visits. 30 over 3 days: 10 each; visits 6: 2 each.
        files={
            **RAW_EARNINGS,
            **scrapers("2024-03-25", "2024-03-25,A,Foo,US,100,1"),
            **scrapers("2024-03-26", "2024-03-26,A,Foo,US,NULL,2", "2024-03-26,A,Foo,US,105,2"),
            **scrapers("2024-03-27", "2024-03-27,A,Foo,US,110,"),
            **scrapers("2024-03-28", "2024-03-28,A,Foo,US,130,7"),
            **no_clicks(*MARCH_25_TO_28),
        },
        marts={
            "solution_2_marketing_daily": {
                ("A", "2024-03-25"): "0.00",
                ("A", "2024-03-26"): "10.00",
                ("A", "2024-03-27"): "10.00",
                ("A", "2024-03-28"): "10.00",
            },
            "solution_2_operators_monthly": {("Foo", "2024-03-01"): "30.00"},
        },
        details={
            "solution_2_marketing_daily": {
                ("A", "2024-03-26"): {"visits": 2, "is_estimated": True},
                ("A", "2024-03-27"): {"visits": 2, "is_estimated": True},
                ("A", "2024-03-28"): {"visits": 2, "is_estimated": False},
            }
        },
    ),
    Case(
        name="empty_scrapers_files",
        # 26: header only. 27: every row quarantined. Both are gaps: 15 over 3 days. 29: header only, with no later
        # observation: published, without rows.
        files={
            **RAW_EARNINGS,
            **scrapers("2024-03-25", "2024-03-25,A,Foo,US,100,0"),
            **scrapers("2024-03-26"),
            **scrapers("2024-03-27", "2024-03-27,A,Foo,US,x,0"),
            **scrapers("2024-03-28", "2024-03-28,A,Foo,US,115,0"),
            **scrapers("2024-03-29"),
            **no_clicks(*MARCH_25_TO_28, "2024-03-29"),
        },
        marts={
            "solution_2_marketing_daily": {
                ("A", "2024-03-25"): "0.00",
                ("A", "2024-03-26"): "5.00",
                ("A", "2024-03-27"): "5.00",
                ("A", "2024-03-28"): "5.00",
            },
            "solution_2_operators_monthly": {("Foo", "2024-03-01"): "15.00"},
        },
        quarantined={"scrapers/2024-03-27.csv": ((2, "not_a_decimal"),)},
        published={1: (), 2: (*MARCH_25_TO_28, "2024-03-29"), 3: (*MARCH_25_TO_28, "2024-03-29")},
    ),
    Case(
        name="a_day_waits_for_its_figures_and_voluum",
        # 25 and the estimated 27 wait for voluum, 29 for scrapers. The totals 0, 5, 15 count all the same:
        # 26: 5, 27: 5 (not published), 28: 5.
        files={
            **RAW_EARNINGS,
            **scrapers("2024-03-25", "2024-03-25,A,Foo,US,0,0"),
            **scrapers("2024-03-26", "2024-03-26,A,Foo,US,5,0"),
            **scrapers("2024-03-28", "2024-03-28,A,Foo,US,15,0"),
            **no_clicks("2024-03-26", "2024-03-28", "2024-03-29"),
        },
        marts={
            "solution_2_marketing_daily": {("A", "2024-03-26"): "5.00", ("A", "2024-03-28"): "5.00"},
            "solution_2_operators_monthly": {("Foo", "2024-03-01"): "10.00"},
        },
        published={1: (), 2: ("2024-03-26", "2024-03-28"), 3: ("2024-03-26", "2024-03-28")},
    ),
    Case(
        name="no_signups_in_part_2",
        # 5 + 0*100 + 2 visits = 7
        files={
            **deals("A,CPA,raw_earnings + signups*100 + visits"),
            **brands(),
            **operators(),
            **scrapers("2024-03-25", "2024-03-25,A,Foo,US,10,1"),
            **scrapers("2024-03-26", "2024-03-26,A,Foo,US,15,3"),
            **no_clicks("2024-03-25", "2024-03-26"),
        },
        marts={
            "solution_2_marketing_daily": {("A", "2024-03-25"): "0.00", ("A", "2024-03-26"): "7.00"},
            "solution_2_operators_monthly": {("Foo", "2024-03-01"): "7.00"},
        },
        details={"solution_2_marketing_daily": {("A", "2024-03-26"): {"visits": 2}}},
    ),
    Case(
        name="late_and_corrected_scrapers_files",
        # First 26: 100 (baseline), 27: 110, 28: 130. Then 24: 60 comes late, and 27 is corrected to 120.
        # 24: baseline. 25 and 26: (100 - 60) / 2 = 20 each. 27: 120 - 100 = 20. 28: 130 - 120 = 10.
        files={
            **RAW_EARNINGS,
            **scrapers("2024-03-26", "2024-03-26,A,Foo,US,100,0"),
            **scrapers("2024-03-27", "2024-03-27,A,Foo,US,110,0"),
            **scrapers("2024-03-28", "2024-03-28,A,Foo,US,130,0"),
            **no_clicks("2024-03-24", *MARCH_25_TO_28),
        },
        corrections=(
            scrapers("2024-03-24", "2024-03-24,A,Foo,US,60,0"),
            scrapers("2024-03-27", "2024-03-27,A,Foo,US,120,0"),
        ),
        marts={
            "solution_2_marketing_daily": {
                ("A", "2024-03-24"): "0.00",
                ("A", "2024-03-25"): "20.00",
                ("A", "2024-03-26"): "20.00",
                ("A", "2024-03-27"): "20.00",
                ("A", "2024-03-28"): "10.00",
            },
            "solution_2_operators_monthly": {("Foo", "2024-03-01"): "70.00"},
        },
        details={
            "solution_2_marketing_daily": {
                ("A", "2024-03-24"): {"is_baseline": True},
                ("A", "2024-03-25"): {"is_estimated": True},
                ("A", "2024-03-26"): {"is_estimated": False, "is_baseline": False},
            }
        },
    ),
    Case(
        name="days_estimated_behind_a_corrections_reach_stay",
        # First 110 - 100 = 10 over 5 days, and 118 - 110 = 8 over 4. Then the 1st is corrected to 105: 5 over the first
        # 5 days. The 7th and 8th are near enough to be calculated anew, from an observation that is not: 2 each still.
        files={
            **RAW_EARNINGS,
            **scrapers("2024-03-01", ",A,Foo,US,100,0"),
            **scrapers("2024-03-06", ",A,Foo,US,110,0"),
            **scrapers("2024-03-10", ",A,Foo,US,118,0"),
            **no_clicks(*(f"2024-03-{day:02}" for day in range(1, 11))),
        },
        corrections=(scrapers("2024-03-01", ",A,Foo,US,105,0"),),
        marts={
            "solution_2_marketing_daily": {
                ("A", "2024-03-01"): "0.00",
                **{("A", f"2024-03-{day:02}"): "1.00" for day in range(2, 7)},
                **{("A", f"2024-03-{day:02}"): "2.00" for day in range(7, 11)},
            },
            "solution_2_operators_monthly": {("Foo", "2024-03-01"): "13.00"},
        },
    ),
)


# ----------------------------------------------------------------------------------------------------------------------
# Part 3
# ----------------------------------------------------------------------------------------------------------------------

COMBINED = (
    Case(
        name="part_3_adds_equal_amounts",
        # A on the 26th: 50 in part 1 and 50 in part 2 are 100, not 50. B is in part 1 only (0.00), C in part 2 only.
        # On the 25th there is no routy file: part 3 has that day from part 2 alone.
        files={
            **RAW_EARNINGS,
            **routy("2024-03-26", "2024-03-26,A,Foo,US,US,50,0,0", "2024-03-26,B,Bar,US,US,0,0,0"),
            **scrapers("2024-03-25", "2024-03-25,A,Foo,US,0,0", "2024-03-25,C,Baz,US,0,0"),
            **scrapers("2024-03-26", "2024-03-26,A,Foo,US,50,0", "2024-03-26,C,Baz,US,3,0"),
            **no_clicks("2024-03-25", "2024-03-26"),
        },
        marts={
            "solution_1_marketing_daily": {("A", "2024-03-26"): "50.00", ("B", "2024-03-26"): "0.00"},
            "solution_1_operators_monthly": {("Foo", "2024-03-01"): "50.00", ("Bar", "2024-03-01"): "0.00"},
            "solution_2_marketing_daily": {
                ("A", "2024-03-25"): "0.00",
                ("C", "2024-03-25"): "0.00",
                ("A", "2024-03-26"): "50.00",
                ("C", "2024-03-26"): "3.00",
            },
            "solution_2_operators_monthly": {("Foo", "2024-03-01"): "50.00", ("Baz", "2024-03-01"): "3.00"},
            "solution_3_marketing_daily": {
                ("A", "2024-03-25"): "0.00",
                ("C", "2024-03-25"): "0.00",
                ("A", "2024-03-26"): "100.00",
                ("B", "2024-03-26"): "0.00",
                ("C", "2024-03-26"): "3.00",
            },
            "solution_3_operators_monthly": {
                ("Foo", "2024-03-01"): "100.00",
                ("Bar", "2024-03-01"): "0.00",
                ("Baz", "2024-03-01"): "3.00",
            },
        },
        published={1: ("2024-03-26",), 2: ("2024-03-25", "2024-03-26"), 3: ("2024-03-25", "2024-03-26")},
    ),
)

CASES = (*CLEANING, *MAPPINGS, *WEB_TRAFFIC, *SCRAPERS, *COMBINED)


# ----------------------------------------------------------------------------------------------------------------------
# Dimension files and formulas on their own
# ----------------------------------------------------------------------------------------------------------------------

REFUSED_DIMENSIONS: Mapping[str, dict[str, str]] = {
    "deal without a source": deals("A,x,raw_earnings", ",x,raw_earnings"),
    "deal without a formula": deals("A,x,NULL"),
    "deal with a field too few": deals("A,x"),
    "deals that disagree": deals("A,x,raw_earnings*2", "A,x,raw_earnings*3"),
    "defaults that disagree": deals("Default,x,raw_earnings*2", "DEFAULT,x,raw_earnings*3"),
    "deals that disagree from one day": dated_deals("A,x,clicks,2024-03-01", "A,x,visits,2024/3/1 12:00"),
    "deal from no date": dated_deals("A,x,clicks,soon"),
    "brand without a source": brands("br1,"),
    "source without a brand": brands("N/A,A"),
    "brands that disagree": brands("br1,A", "BR1,B"),
    "brand for sources that differ in case": brands("br1,A", "br1,a"),
    "mapping without a variant": operators(",FOO,US"),
    "mapping without an operator": operators("Foo,none,US"),
    "variants that disagree": operators("Foo,FOO,US", "foo,BAR,US"),
    "variants that disagree in country": operators("Foo,FOO,US", "foo,FOO,FR"),
    "standard names that differ in case": operators("a,Foo,US", "b,FOO,US"),
    "delivered name with two meanings": operators("a,FooLOLUS,US", "b,FooLOLUS,FR"),
    "normalized name that is another in another case": operators("a,FooLOLUS,US", "b,foo us,US"),
    "deal of a source whose name is too long": deals(f"{LONGEST_NAME}x,x,raw_earnings"),
    "brand whose name is too long": brands(f"{LONGEST_NAME}x,A"),
    "brand of a source whose name is too long": brands(f"br1,{LONGEST_NAME}x"),
    "variant that is too long": operators(f"{LONGEST_NAME}x,FOO,US"),
    "standard name that is too long": operators(f"Foo,{LONGEST_NAME}x,US"),
    "country that is too long": operators(f"Foo,FOO,{LONGEST_NAME}x"),
}
"""Dimension files that are refused as a whole, by what is wrong with them."""

ACCEPTED_DIMENSIONS: Mapping[str, dict[str, str]] = {
    "header only": deals(),
    "deals that agree": deals("A,FIXED 1,raw_earnings/2 + 1", "A,,total commission = (raw_earnings + 2)*0.5"),
    "defaults that agree": deals("Default,x,clicks*2", "default,y,2*clicks"),
    "history of a deal": dated_deals("A,x,clicks,", "A,x,visits,2024-03-01", "A,x,signups,2024-03-02"),
    "brands that agree": brands("br1,A", "BR1,A", "br1,A"),
    "variants that agree": operators("Foo,FooLOLUS,US", "foo,Foo US,US", "FOO,FooLOLUS,US"),
    "one operator in two countries": operators("Foo 1,FOO,US", "Foo 2,FOO,FR"),
    "mapping without a country": operators("Foo,FOO,"),
    "names as long as they may be": operators(",".join([LONGEST_NAME] * 3)),
    "a label and a formula longer than names": deals(f"A,{'x' * 1_000_000},{'+'.join(['clicks'] * 200)}"),
}
"""Dimension files that are accepted, by what they show."""

REFUSED_FORMULAS = (
    "total commision=",
    "total earnings = raw_earnings",
    "raw_earnings = 5",
    "1e3",
    "0x10",
    "1_000",
    "1 000",
    "1.2.3",
    ".",
    "raw_earnings +",
    "* clicks",
    "raw_earnings clicks",
    "10clicks",
    "(raw_earnings",
    "raw_earnings)",
    "()",
    "raw_earnings**2",
    "raw_earnings//2",
    "raw_earnings*clicks",
    "raw_earnings/clicks",
    "100/raw_earnings",
    "raw_earnings/0",
    "clicks/(1 - 1)",
    "raw_earnings % 2",
    "max(raw_earnings)",
    "earnings",
    "raw earnings",
    "raw_earnings; drop table gold.x",
    "__import__('os')",
    "\u0663*clicks",
)
"""Deal formulas that refuse the file."""

ACCEPTED_FORMULAS: Mapping[str, tuple[str, str, str, str, str]] = {
    "raw_earnings": ("1", "0", "0", "0", "0"),
    "total commision= raw_earnings + 100 + clicks*10": ("1", "10", "0", "0", "100"),
    "  TOTAL   Commission  =Clicks": ("0", "1", "0", "0", "0"),
    "100": ("0", "0", "0", "0", "100"),
    "-.5 + 5.": ("0", "0", "0", "0", "9/2"),
    "raw_earnings/3": ("1/3", "0", "0", "0", "0"),
    "-(raw_earnings - visits)*2/4 - -signups": ("-1/2", "0", "1/2", "1", "0"),
    "--clicks": ("0", "1", "0", "0", "0"),
    "2*3*clicks/(4/(1+1))": ("0", "3", "0", "0", "0"),
    "((raw_earnings))*0.015": ("3/200", "0", "0", "0", "0"),
    "clicks - clicks + visits": ("0", "0", "1", "0", "0"),
    "1 - 2 - 3": ("0", "0", "0", "0", "-4"),
    "8/4/2": ("0", "0", "0", "0", "1"),
}
"""Deal formulas and their exact coefficients: of raw_earnings, clicks, visits, signups, and the constant."""
