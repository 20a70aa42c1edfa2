"""What dimension files mean beyond single values, and the rows that refuse them, through the parsing of whole files."""

import pytest

from growthleads_assets.contracts.registry import SOURCES
from growthleads_assets.landing.parsing import FileRefused, ParsedFile, parse_file
from tests.cases import ACCEPTED_DIMENSIONS, REFUSED_DIMENSIONS, brands, dated_deals, deals, operators


def parsed(files: dict[str, str]) -> ParsedFile:
    """The one dimension file among ``files``."""
    ((path, content),) = files.items()
    return parse_file(content.encode(), SOURCES[path.removesuffix(".csv")], None)


def refusal(files: dict[str, str]) -> str:
    with pytest.raises(FileRefused) as refused:
        parsed(files)
    return str(refused.value)


def column(files: dict[str, str], name: str) -> list[object]:
    return parsed(files).rows[name].to_list()


# ----------------------------------------------------------------------------------------------------------------------
# All or nothing
# ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", REFUSED_DIMENSIONS)
def test_one_bad_row_refuses_the_file(fault: str) -> None:
    sentence = refusal(REFUSED_DIMENSIONS[fault])
    assert sentence.startswith(("Line 2: ", "Line 3: "))
    assert "mend it and land it again" in sentence


@pytest.mark.parametrize("merit", ACCEPTED_DIMENSIONS)
def test_rows_that_agree_are_accepted(merit: str) -> None:
    file = parsed(ACCEPTED_DIMENSIONS[merit])
    assert set(file.quarantined["reason"]) <= {"duplicate"}
    assert file.rows_read == file.rows.height + file.quarantined.height


@pytest.mark.parametrize(
    ("files", "parts"),
    [
        (deals("A,x,raw_earnings", "B,x,raw_earnings + 1e3"), ("Line 3", "comments", "1e3")),
        (deals("A,x,raw_earnings", "A,x"), ("Line 3", "2 instead of 3 fields")),
        (deals("A,x,raw_earnings", "", "A,y,clicks"), ("Line 4", "comments", "clicks", "Line 2")),
        (deals(",x,raw_earnings"), ("Line 2", "marketing_source", "is empty")),
        (dated_deals("A,x,clicks,31.12.2024"), ("Line 2", "valid_from", "31.12.2024", "no date")),
        (brands("br1,A", "bR1,B"), ("Line 3", "marketing_source", "`B`", "Line 2")),
        (operators("Foo,FOO,US", "fOO,BAR,US"), ("Line 3", "variants", "`fOO`", "Line 2")),
        (operators("a,Foo,US", "b,FOO,US"), ("Line 3", "std_operator", "`FOO`", "line 2")),
    ],
)
def test_a_refusal_names_line_column_and_value(files: dict[str, str], parts: tuple[str, ...]) -> None:
    sentence = refusal(files)
    assert [part for part in parts if part not in sentence] == []


def test_the_first_bad_row_is_named_and_the_others_are_counted() -> None:
    sentence = refusal(deals("A,x,clicks", "B,x,1e3", "C,x,0x10", ",x,raw_earnings*clicks"))
    assert sentence.startswith("Line 5: marketing_source is empty")
    assert "Line 3: " in refusal(deals("A,x,clicks", "B,x,1e3", "C,x,0x10"))
    assert "1 more row is faulty" in refusal(deals("A,x,clicks", "B,x,1e3", "C,x,0x10"))


def test_an_exact_repeat_refuses_nothing() -> None:
    file = parsed(dated_deals("A,x,clicks,2024-03-01", "A,x,clicks,2024/3/1 12:00", "A,x,clicks,"))
    assert file.rows["line"].to_list() == [2, 4]
    assert file.quarantined.select("line", "reason").rows() == [(3, "duplicate")]


def test_rows_that_agree_but_differ_in_text_are_all_loaded() -> None:
    assert parsed(deals("A,x,clicks*2", "A,y,2*clicks")).rows.height == 2
    assert column(brands("br1,A", "BR1,A", "br1,A"), "line") == [2, 3]


# ----------------------------------------------------------------------------------------------------------------------
# Deals
# ----------------------------------------------------------------------------------------------------------------------


def test_the_formula_is_taken_apart_into_exact_terms() -> None:
    # raw_earnings/3 + clicks*0.5 + 2 = (2 raw_earnings + 3 clicks + 12) / 6
    row = parsed(deals("A,x,raw_earnings/3 + clicks*0.5 + 2")).rows.row(0, named=True)
    names = ("per_raw_earnings", "per_click", "per_visit", "per_signup", "fixed", "denominator")
    assert [row[name] for name in names] == ["2", "3", "0", "0", "12", "6"]


def test_a_formula_of_a_thousand_digits_is_kept_exactly() -> None:
    assert column(deals(f"A,x,clicks*{'9' * 999}"), "per_click") == ["9" * 999]


def test_default_is_known_in_any_case() -> None:
    assert column(deals("Default,x,clicks", "DEFAULT,x,clicks", "Defaults,x,clicks"), "is_default") == [
        True,
        True,
        False,
    ]


def test_marketing_sources_are_compared_exactly() -> None:
    assert column(deals("A,x,clicks", "a,x,visits"), "marketing_source") == ["A", "a"]


def test_terms_without_a_date_hold_beside_dated_ones() -> None:
    assert parsed(dated_deals("A,x,clicks,", "A,x,visits,2024-03-01")).rows.height == 2
    assert "Line 3" in refusal(dated_deals("A,x,clicks,", "A,x,visits,NULL"))


@pytest.mark.parametrize(
    ("label", "formula", "contradicts"),
    [
        ("PPC", "raw_earnings + clicks*10", False),
        ("ppc", "raw_earnings + clicks/3", False),
        ("PPC", "raw_earnings", True),
        ("PPC", "raw_earnings + clicks*10 + 5", True),
        ("PPC", "raw_earnings - clicks", True),
        ("FIXED 100", "raw_earnings + 100", False),
        ("Fixed100", "100. + raw_earnings", False),
        ("FIXED 100", "raw_earnings + 200/2", False),
        ("FIXED 100", "raw_earnings + 200", True),
        ("FIXED 100", "raw_earnings*2 + 100", True),
        ("FIXED 100", "raw_earnings + 100 + clicks", True),
        ("FIXED .5", "raw_earnings + 0.5", False),
        ("FIXED 0", "raw_earnings", False),
        ("HYBRID 50", "raw_earnings + 50 + clicks*2", False),
        ("hybrid 50.", "raw_earnings + 50 + clicks*2", False),
        ("HYBRID 50", "raw_earnings + 50", True),
        ("HYBRID 50", "raw_earnings + 50 + clicks + visits", True),
        ("CPA", "signups*25", False),
        ("FIXED", "clicks", False),
        ("FIXED \u0663", "clicks", False),
        ("", "clicks", False),
    ],
)
def test_a_label_that_contradicts_its_formula_is_reported_not_obeyed(
    label: str, formula: str, contradicts: bool
) -> None:
    assert column(deals(f"A,{label},{formula}"), "label_contradicts") == [contradicts]


# ----------------------------------------------------------------------------------------------------------------------
# Standard operators
# ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("delivered", "country", "standard"),
    [
        ("DraftkingsLOLUS", "US", "Draftkings US"),
        ("Draftkings LOLUS", "US", "Draftkings US"),
        ("Draftkings  LOLUS", "US", "Draftkings US"),
        ("INTER_LOL", "FR", "INTER_LOL"),
        ("INTER_LOLUS", "FR", "INTER_LOLUS"),
        ("LOLUS", "US", "LOLUS"),
        ("LOLLOLUS", "US", "LOL US"),
        ("FooLOLUS", "", "FooLOLUS"),
        ("FooLOL", "", "FooLOL"),
        ("FooLOLUS Bar", "US", "FooLOLUS Bar"),
        ("FoololUS", "US", "FoololUS"),
        ("FooLOLus", "US", "FooLOLus"),
        ("FooLOL.*", "US", "FooLOL.*"),
        ("Foo(LOL.*", ".*", "Foo( .*"),
        ("FooLOLNA", "NA", "Foo NA"),
    ],
)
def test_lol_before_the_rows_own_country_is_a_separator(delivered: str, country: str, standard: str) -> None:
    row = parsed(operators(f"x,{delivered},{country}")).rows.row(0, named=True)
    assert row["standard_operator"] == standard
    assert row["standard_operator_key"] == standard.lower()
    assert row["std_operator"] == delivered


def test_names_are_compared_in_unicode_lower_case() -> None:
    assert "Line 3" in refusal(operators("ÉTÉ,FOO,US", "été,BAR,US"))
    assert column(operators("ÉTÉ,ÎLE,FR"), "variants_key") == ["été"]
    assert column(operators("ÉTÉ,ÎLE,FR"), "std_operator_key") == ["île"]


def test_a_name_with_two_standard_meanings_is_found_across_countries() -> None:
    assert "`FooLOLUS`" in refusal(operators("a,FooLOLUS,FR", "b,FooLOLUS,US"))


def test_many_variants_of_one_operator_are_kept() -> None:
    assert column(operators("a,FooLOLUS,US", "b,FooLOLUS,US", "c,Foo US,US"), "standard_operator") == ["Foo US"] * 3
