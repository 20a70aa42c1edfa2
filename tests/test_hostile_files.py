"""Files beyond the limits, in a home: refused, and judged again when a limit has changed."""

import os
from decimal import Decimal

from growthleads_assets.contracts.registry import SOURCES
from growthleads_assets.home.platform import Platform
from tests.cases import RAW_EARNINGS, no_clicks, routy
from tests.homes import Home


def with_limits(home: Home, **limits: int) -> Home:
    """The home after its operator has changed the settings."""
    settings = home.settings.model_copy(update=limits)
    return Home(settings, Platform(settings, SOURCES), home.database)


def test_a_file_beyond_a_limit_is_refused_until_the_limit_is_raised(home: Home) -> None:
    # 1 to 9 cents: 0.45.
    large = routy("2024-03-02", *(f",A,Foo,,US,0.0{cent},0,0" for cent in range(1, 10)))
    size = len(large["routy/2024-03-02.csv"])
    narrow = with_limits(home, largest_file=size - 1, largest_dimension=200, most_fields=7)

    left = narrow.land_and_settle(
        {**RAW_EARNINGS, **routy("2024-03-01", ",A,Foo,,US,5,0,0"), **large, **no_clicks("2024-03-01", "2024-03-02")}
    )

    assert {file.place: reason.split(":")[0] for file, reason in left.refused} == {
        "routy/2024-03-01.csv": "The header on line 1 has 8 fields, more than the 7 of GROWTHLEADS_MOST_FIELDS",
        "routy/2024-03-02.csv": (
            f"routy/2024-03-02.csv has {size} bytes, more than the {size - 1} of GROWTHLEADS_LARGEST_FILE, "
            "and is not read"
        ),
    }
    # Refused again at the next look, it is on record once.
    assert narrow.settle().is_empty
    assert narrow.query(
        "select file, sha256 is null as unread from bronze.files where status = 'refused' order by 1"
    ) == [
        {"file": "2024-03-01.csv", "unread": False},
        {"file": "2024-03-02.csv", "unread": True},
    ]

    assert with_limits(home, largest_file=size, largest_dimension=200).settle().refused == ()
    assert home.commissions("solution_1_marketing_daily") == {
        ("A", "2024-03-01"): Decimal("5.00"),
        ("A", "2024-03-02"): Decimal("0.45"),
    }


def test_two_gigabytes_of_nothing_are_not_read(home: Home) -> None:
    home.land({"deals.csv": "", "routy/2024-03-01.csv": ""})
    for name, size in (("deals.csv", 65 * 1024**2), ("routy/2024-03-01.csv", 2 * 1024**3)):
        os.truncate(home.settings.landing_zone / name, size)

    assert {file.place: "is not read" in reason for file, reason in home.settle().refused} == {
        "deals.csv": True,
        "routy/2024-03-01.csv": True,
    }
    assert home.query("select distinct sha256 from bronze.files") == [{"sha256": None}]
