"""Names as long as they may be, longer fields and paths, from file to mart: nothing in the database is too narrow."""

import random
from decimal import Decimal

from growthleads_assets.contracts.schemas import LONGEST_NAME
from tests.cases import RAW_EARNINGS, brands, deals, manual, no_clicks, operators, routy, scrapers, voluum
from tests.homes import Home


def longest_name(seed: str) -> str:
    """Four bytes a character, and nothing in it that PostgreSQL could compress."""
    return "".join(map(chr, random.Random(seed).choices(range(0x20000, 0x2A6DF), k=LONGEST_NAME)))  # noqa: S311


def test_the_longest_names_fit_into_every_key_and_index(home: Home) -> None:
    source, operator, unmapped, country, brand = map(longest_name, ("source", "operator", "unmapped", "US", "brand"))
    # Its lower case is half as long again.
    dotted = "\u0130" * LONGEST_NAME

    left = home.land_and_settle(
        {
            **deals(f"{source},x,raw_earnings"),
            **brands(f"{brand},{source}", f"{dotted},{source}"),
            **operators(f"{dotted},{operator},{country}"),
            **routy("2024-03-01", f",{source},{dotted},{country},{country},1,0,0", f",{source},{unmapped},,,2,0,0"),
            **manual("2024-03-01", f",{source},{operator},4,0,0"),
            **voluum("2024-03-01", f",{brand},1", f",{dotted},1"),
            **scrapers("2024-03-01", f",{source},{operator},{country},10,0", f",{source},{unmapped},{country},10,0"),
            **scrapers("2024-03-03", f",{source},{dotted},{country},12,0", f",{source},{unmapped},{country},16,0"),
            **no_clicks("2024-03-02", "2024-03-03"),
        }
    )

    assert left.is_empty
    assert not left.refused
    assert home.quarantined() == {}
    assert home.commissions("solution_1_marketing_daily") == {(source, "2024-03-01"): Decimal("7.00")}
    assert home.commissions("solution_3_operators_monthly") == {
        (operator, "2024-03-01"): Decimal("7.00"),
        (unmapped, "2024-03-01"): Decimal("8.00"),
    }


def test_a_field_of_a_megabyte_holds_up_no_other_row(home: Home) -> None:
    megabyte = "".join(random.Random(0).choices("abcdefghijklmnopqrstuvwxyz", k=1_000_000))  # noqa: S311

    left = home.land_and_settle(
        {
            **RAW_EARNINGS,
            **routy(
                "2024-03-01",
                f",A,{megabyte},US,US,1000,0,0",
                f",{megabyte},Foo,US,US,1000,0,0",
                f"{megabyte},A,Foo,US,US,1000,0,0",
                f",A,Foo,US,US,{megabyte},0,0",
                f"{megabyte}",
                ",A,Foo,US,US,1,0,0",
            ),
            **voluum("2024-03-01", f",{megabyte},1", f",br1,{'1' * 1_000_000}"),
            **scrapers("2024-03-01", ",A,Foo,US,10,0", f",A,{megabyte},US,10,0", f",A,Foo,{megabyte},10,0"),
            **scrapers("2024-03-02", ",A,Foo,US,15,0"),
            **no_clicks("2024-03-02"),
        }
    )

    assert left.is_empty
    assert not left.refused
    assert home.commissions("solution_3_marketing_daily") == {
        ("A", "2024-03-01"): Decimal("1.00"),
        ("A", "2024-03-02"): Decimal("5.00"),
    }
    [kept] = home.query("select raw_line, detail from bronze.quarantine where source = 'routy' and line = 2")
    assert kept["raw_line"] == f",A,{megabyte},US,US,1000,0,0"
    assert kept["detail"] == f"operator `{megabyte[:60]}…` has more than {LONGEST_NAME} characters: shorten it."


def test_a_path_too_long_for_an_index_holds_up_no_other_file(home: Home) -> None:
    folders = "/".join(longest_name(str(depth))[:60] for depth in range(15))
    strange = {f"{folders}/{number}.csv": "x" for number in (1, 2)}

    left = home.land_and_settle({**RAW_EARNINGS, **strange, **routy("2024-03-01", ",A,Foo,,,1,0,0")})
    home.settle()

    assert [file.place[:60] for file, _ in left.refused] == [folders[:60]] * 2
    assert home.query("select count(*) from bronze.files where status = 'refused'") == [{"count": 2}]
    assert home.query("select count(*) from bronze.routy") == [{"count": 1}]
