"""Which days a correction recalculates, and no others, and what the ledger says of it; all worked out by hand."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest

from growthleads_assets.contracts.registry import SOURCES
from growthleads_assets.home.survey import survey
from growthleads_assets.warehouse.dimension_changes import changes_of_version_in_force
from tests.cases import brands, dated_deals, deals, no_clicks, operators, routy, scrapers, voluum
from tests.homes import Home, Server

DAYS = tuple(f"2024-03-{number:02}" for number in range(1, 13))

DIMENSIONS = {
    **deals("A,x,raw_earnings + clicks", "Default,x,raw_earnings"),
    **brands("br1,A", "br2,B"),
    **operators("foo,Foo,US", "bar,Bar,US"),
}
WEB = {
    **no_clicks(*DAYS),
    **routy(DAYS[0], ",A,foo,US,,10,0,0", ",B,bar,US,,5,0,0"),
    **routy(DAYS[1], ",B,bar,US,,6,0,0"),
    **routy(DAYS[2], ",A,foo,US,,20,0,0"),
    **routy(DAYS[3], ",A,zed,US,,30,0,0"),
    **voluum(DAYS[0], ",br1,2"),
    **voluum(DAYS[1], ",br1,4", ",br2,4"),
    **voluum(DAYS[2], ",br2,8"),
}


@pytest.fixture
def web(server: Server) -> Iterator[Home]:
    """A home in which the first four days of web traffic are published."""
    with server.home_like("web", lambda home: home.land_and_settle({**DIMENSIONS, **WEB})) as home:
        yield home


def _recalculated(home: Home, correction: Mapping[str, str | bytes]) -> dict[int, list[str]]:
    """The days, by part, that a correction has calculated anew."""
    before = home.now()
    left = home.land_and_settle(correction)
    assert left.is_empty
    return home.calculated(before)


def _restated(home: Home, mart: str) -> list[tuple[str, str, str, str | None, str | None]]:
    """(key, period, kind, old, new) of the ledger's rows of a mart, in order."""
    return [
        (
            row["key"],
            str(row["period"]),
            row["kind"],
            *(_text(row[name]) for name in ("old_commission", "new_commission")),
        )
        for row in home.ledger()
        if row["mart"] == mart
    ]


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


def test_a_new_rate_concerns_the_days_of_its_source(web: Home) -> None:
    changed = _recalculated(web, deals("A,x,raw_earnings + clicks*2", "Default,x,raw_earnings"))

    # The terms of A: its days, the one without clicks too. B has the default's.
    assert changed[1] == [DAYS[0], DAYS[2], DAYS[3]]
    # 10 + 2 clicks became 10 + 2*2; days 3 and 4 have no clicks of A.
    assert _restated(web, "solution_1_marketing_daily") == [("A", DAYS[0], "restatement", "12.00", "14.00")]


def test_a_rate_from_a_day_on_leaves_the_days_before_alone(web: Home) -> None:
    changed = _recalculated(
        web, dated_deals("A,x,raw_earnings + clicks,", f"A,x,raw_earnings*2,{DAYS[2]}", "Default,x,raw_earnings,")
    )

    assert changed[1] == [DAYS[2], DAYS[3]]
    assert _restated(web, "solution_1_marketing_daily") == [
        ("A", DAYS[2], "restatement", "20.00", "40.00"),
        ("A", DAYS[3], "restatement", "30.00", "60.00"),
    ]


def test_another_default_concerns_the_sources_without_own_terms(web: Home) -> None:
    changed = _recalculated(web, deals("A,x,raw_earnings + clicks", "default,x,raw_earnings + 1"))

    assert changed[1] == [DAYS[0], DAYS[1]]


@pytest.mark.parametrize(
    "same_terms",
    [
        deals("A,renamed,total commission = clicks + raw_earnings", "Default,x,raw_earnings*2/2"),
        deals("A,x,raw_earnings + clicks", "Default,x,raw_earnings", "Nobody,x,raw_earnings*100"),
    ],
    ids=["written otherwise", "for a source without traffic"],
)
def test_terms_that_mean_the_same_recalculate_nothing(web: Home, same_terms: dict[str, str]) -> None:
    assert _recalculated(web, same_terms) == {1: [], 2: []}
    assert web.ledger() == []
    # And yet the numbers are on record as those of the new version.
    [newest] = web.query("select load_id::text from bronze.files where source = 'deals' and superseded_at is null")
    assert {row["inputs"]["deals"] for row in web.query("select inputs from gold.published_days")} == {
        int(newest["load_id"])
    }


def test_a_brand_given_to_another_source_concerns_the_days_it_was_clicked(web: Home) -> None:
    changed = _recalculated(web, brands("br1,A", "br2,A"))

    # Day 2 has clicks of br2, and B's traffic loses them; day 3 has A's, which gains 8. On day 2 A has no traffic.
    assert changed[1] == [DAYS[1], DAYS[2]]
    assert _restated(web, "solution_1_marketing_daily") == [("A", DAYS[2], "restatement", "20.00", "28.00")]


def test_another_operator_concerns_the_days_it_occurs(web: Home) -> None:
    changed = _recalculated(web, operators("foo,Foo,US", "bar,Bar,US", "ZED,Bar,US"))

    assert changed[1] == [DAYS[3]]
    # Day 4's 30.00 moves from zed to Bar, which had 5 + 6.
    assert sorted(_restated(web, "solution_1_operators_monthly")) == [
        ("Bar", "2024-03-01", "restatement", "11.00", "41.00"),
        ("zed", "2024-03-01", "restatement", "30.00", None),
    ]
    assert _restated(web, "solution_1_marketing_daily") == []


def test_the_changed_rows_of_a_dimension_are_on_record(home: Home) -> None:
    home.land_and_settle(DIMENSIONS)
    home.land_and_settle(deals("A,x,raw_earnings", "B,y,clicks"))

    with home.platform.connected() as connection:
        changes = changes_of_version_in_force(connection, SOURCES["deals"])

    assert [(change.change, change.key["marketing_source"]) for change in changes] == [
        ("altered", "A"),
        ("added", "B"),
        ("removed", "Default"),
    ]
    assert changes[0].old_row is not None
    assert changes[0].new_row is not None
    assert (changes[0].old_row["comments"], changes[0].new_row["comments"]) == (
        "raw_earnings + clicks",
        "raw_earnings",
    )


TOTALS = {
    **deals("Default,x,raw_earnings"),
    **brands("br1,A"),
    **operators("foo,Foo,US"),
    **no_clicks(*DAYS),
    **scrapers(DAYS[0], ",A,foo,US,100,0"),
    **scrapers(DAYS[1], ",A,foo,US,110,0"),
    **scrapers(DAYS[3], ",A,foo,US,130,0"),
    **scrapers(DAYS[4], ",A,foo,US,135,0"),
}


@pytest.fixture
def totals(server: Server) -> Iterator[Home]:
    """A home in which the scrapers' totals are published."""
    with server.home_like("totals", lambda home: home.land_and_settle(TOTALS)) as home:
        yield home


def test_a_corrected_total_moves_the_days_back_to_the_one_before_and_on_to_the_next(totals: Home) -> None:
    before = totals.query("select date, published_at from gold.published_days where part = 2 order by date")

    changed = _recalculated(totals, scrapers(DAYS[3], ",A,foo,US,134,0"))

    assert changed == {1: [DAYS[3]], 2: [DAYS[3]]}
    # From 110: 24 over days 3 and 4 instead of 20; day 5 from 134: 1 instead of 5.
    assert _restated(totals, "solution_2_marketing_daily") == [
        ("A", DAYS[2], "restatement", "10.00", "12.00"),
        ("A", DAYS[3], "restatement", "10.00", "12.00"),
        ("A", DAYS[4], "restatement", "5.00", "1.00"),
    ]
    assert _causes(totals, "solution_2_marketing_daily") == [("scrapers", f"{DAYS[3]}.csv")] * 3
    after = totals.query("select date, published_at from gold.published_days where part = 2 order by date")
    assert [day["date"].isoformat() for day, old in zip(after, before, strict=True) if day != old] == list(DAYS[2:5])


def _causes(home: Home, mart: str) -> list[tuple[Any, Any]]:
    return [(row["cause_source"], row["cause_file"]) for row in home.ledger() if row["mart"] == mart]


@pytest.mark.parametrize("next_day", ["2024-03-10", "2024-03-11", "2025-03-01"])
def test_a_corrected_total_moves_the_next_one_however_late(home: Home, next_day: str) -> None:
    # More than 7 days are missing, so that all of the increase belongs to the later day: 180 - 100 = 80.
    home.land_and_settle(
        {
            **DIMENSIONS,
            **no_clicks(DAYS[0], next_day),
            **scrapers(DAYS[0], ",A,foo,US,100,0"),
            **scrapers(next_day, ",A,foo,US,180,0"),
        }
    )
    expected = {("A", DAYS[0]): Decimal("0.00"), ("A", next_day): Decimal("80.00")}
    assert home.commissions("solution_2_marketing_daily") == expected

    home.land_and_settle(scrapers(DAYS[0], ",A,foo,US,130,0"))

    assert home.commissions("solution_2_marketing_daily") == {**expected, ("A", next_day): Decimal("50.00")}


def test_an_estimate_that_vanishes_is_a_restatement_to_nothing_and_back(totals: Home) -> None:
    totals.land_and_settle(scrapers(DAYS[3], ",B,foo,US,1,0"))
    # A was not observed on day 4: 135 - 110 = 25 over days 3 to 5, 25/3 a day cut to 9 decimals is 8.33, the rest 8.33.
    # B's first total is its baseline: a row of 0.00.
    totals.land_and_settle(
        {f"scrapers/{DAYS[4]}.csv": "date,marketing_source,operator,country,total_earnings,visits\n"}
    )
    totals.land_and_settle(scrapers(DAYS[4], ",A,foo,US,135,0"))

    assert _restated(totals, "solution_2_marketing_daily") == [
        ("A", DAYS[2], "restatement", "10.00", "8.33"),
        ("A", DAYS[3], "restatement", "10.00", "8.33"),
        ("B", DAYS[3], "restatement", None, "0.00"),
        ("A", DAYS[4], "restatement", "5.00", "8.33"),
        # Without day 5 nobody knows what came after day 2.
        ("A", DAYS[2], "restatement", "8.33", None),
        ("A", DAYS[3], "restatement", "8.33", None),
        ("A", DAYS[4], "restatement", "8.33", None),
        ("A", DAYS[2], "restatement", None, "8.33"),
        ("A", DAYS[3], "restatement", None, "8.33"),
        ("A", DAYS[4], "restatement", None, "8.33"),
    ]


def test_new_days_move_months_and_sums_as_accruals(home: Home) -> None:
    first = {path: text for path, text in WEB.items() if DAYS[0] in path}
    home.land_and_settle({**DIMENSIONS, **first})
    assert home.ledger() == []

    home.land_and_settle({path: text for path, text in WEB.items() if DAYS[1] in path})
    # A day of part 2 for what part 1 has published: part 3 moves because it is new.
    home.land_and_settle(scrapers(DAYS[0], ",B,bar,US,50,0"))

    # Day 1: A 12.00 to Foo, B 5.00 to Bar; day 2: B 6.00 to Bar. B's baseline of part 2 is 0.00: no number moves.
    moved = [("Bar", "2024-03-01", "accrual", "5.00", "11.00")]
    assert _restated(home, "solution_1_operators_monthly") == moved
    assert _restated(home, "solution_3_operators_monthly") == moved
    assert len(home.ledger()) == 2
    assert {row["cause_file"] for row in home.ledger()} == {f"{DAYS[1]}.csv"}


def test_a_correction_and_a_new_day_at_once_are_told_apart(home: Home) -> None:
    home.land_and_settle({**DIMENSIONS, **{path: text for path, text in WEB.items() if DAYS[0] in path}})

    home.land_and_settle(
        {
            **routy(DAYS[0], ",A,foo,US,,10,0,0", ",B,bar,US,,4.50,0,0"),
            **{path: text for path, text in WEB.items() if DAYS[1] in path},
        }
    )

    # Bar: 5.00, corrected to 4.50, and 6.00 more on the new day.
    assert _restated(home, "solution_1_operators_monthly") == [
        ("Bar", "2024-03-01", "restatement", "5.00", "4.50"),
        ("Bar", "2024-03-01", "accrual", "4.50", "10.50"),
    ]
    by_kind = {row["kind"]: row for row in home.ledger() if row["mart"] == "solution_3_operators_monthly"}
    assert by_kind["restatement"]["cause_file"] == f"{DAYS[0]}.csv"
    assert by_kind["accrual"]["cause_file"] == f"{DAYS[1]}.csv"


def test_causes_list_all_that_changed_and_the_last_accepted_is_the_cause(web: Home) -> None:
    web.land_and_settle(
        {
            **deals("A,x,raw_earnings + clicks*3", "Default,x,raw_earnings"),
            **routy(DAYS[0], ",A,foo,US,,11,0,0", ",B,bar,US,,5,0,0"),
        }
    )

    # The deals are loaded and applied first: 10 + 3*2; then the file of the day: 11 + 3*2.
    rows = [row for row in web.ledger() if row["mart"] == "solution_1_marketing_daily"]
    assert rows[-1]["new_commission"] == Decimal("17.00")
    assert rows[0]["old_commission"] == Decimal("12.00")
    assert rows[-1]["cause_file"] == f"{DAYS[0]}.csv"
    assert {cause["source"] for row in rows for cause in row["causes"]} == {"deals", "routy"}
    assert sum(row["difference"] for row in rows) == Decimal("5.00")


def test_a_late_optional_file_recalculates_its_day(web: Home) -> None:
    changed = _recalculated(
        web,
        {f"manual/{DAYS[1]}.csv": "date,marketing_source,operator,raw_earnings,visits,signups\n,B,foo,1.50,0,0\n"},
    )

    assert changed[1] == [DAYS[1]]
    assert _restated(web, "solution_1_marketing_daily") == [("B", DAYS[1], "restatement", "6.00", "7.50")]


def test_an_emptied_file_takes_its_numbers_back(web: Home) -> None:
    header = "date,marketing_source,operator,country,countryCode,raw_earnings,visits,signups\n"
    changed = _recalculated(web, {f"routy/{DAYS[2]}.csv": header})

    assert changed[1] == [DAYS[2]]
    assert _restated(web, "solution_1_marketing_daily") == [("A", DAYS[2], "restatement", "20.00", None)]
    assert DAYS[2] in web.published()[1]


def test_rewriting_some_tables_of_a_day_does_not_hide_that_its_dimensions_changed(web: Home) -> None:
    web.land(operators("foo,Foo,US", "bar,Bar,US", "ZED,Bar,US"))
    web.settle(stop_after="loading")
    before = web.now()

    # As materializing one model alone does in the UI.
    with web.platform.connected() as connection:
        web.rewrite(connection, "traffic_events", DAYS[3])
    web.settle()

    assert web.calculated(before)[1] == [DAYS[3]]
    assert web.commissions("solution_1_operators_monthly")["Bar", "2024-03-01"] == Decimal("41.00")


@pytest.mark.parametrize("dropped", ["view gold.dimension_impact", "view gold.unpublished_days", "schema silver"])
def test_days_that_cannot_be_compared_with_new_dimensions_are_calculated_again(web: Home, dropped: str) -> None:
    web.land(deals("A,renamed,raw_earnings + clicks", "Default,x,raw_earnings"))
    web.settle(stop_after="loading")
    web.query_all(f"drop {dropped} cascade")

    # As a command or a tick of the sensor looks, before anything is made again.
    with web.platform.connected() as connection:
        left = survey(web.platform, connection, settle_seconds=0)

    assert [str(work.day) for work in left.days] == list(DAYS)
    assert web.settle().is_empty
    assert web.ledger() == []
    # 10 + 2 clicks on the first day; nothing else is clicked for a source that earns.
    assert web.commissions("solution_1_marketing_daily") == {
        ("A", DAYS[0]): Decimal("12.00"),
        ("A", DAYS[2]): Decimal("20.00"),
        ("A", DAYS[3]): Decimal("30.00"),
        ("B", DAYS[0]): Decimal("5.00"),
        ("B", DAYS[1]): Decimal("6.00"),
    }


def test_a_day_that_another_days_run_has_calculated_anew_is_still_published(home: Home) -> None:
    far_apart = {
        **TOTALS,
        **scrapers(DAYS[3], ",B,foo,US,1,0"),
        **scrapers(DAYS[4], ",B,foo,US,1,0"),
        **scrapers(DAYS[11], ",A,foo,US,150,0"),
    }
    home.land_and_settle(far_apart)

    # Day 2's run rewrites day 12, the next observation of its key, but leaves publishing it to that day's own run.
    changed = _recalculated(home, deals("A,x,raw_earnings*2", "Default,x,raw_earnings"))

    # 110 - 100 = 10 on day 2; more than 7 days are missing until 150 - 110 = 40 on day 12.
    assert changed[2] == [DAYS[1], DAYS[11]]
    assert _restated(home, "solution_2_marketing_daily") == [
        ("A", DAYS[1], "restatement", "10.00", "20.00"),
        ("A", DAYS[11], "restatement", "40.00", "80.00"),
    ]
    assert _causes(home, "solution_2_marketing_daily") == [("deals", "deals.csv")] * 2


def test_a_killed_calculation_of_one_day_hides_no_cause_of_another(totals: Home) -> None:
    totals.land({**deals("A,x,raw_earnings*2"), **scrapers(DAYS[1], ",A,foo,US,112,0")})

    totals.settle(stop_after="calculating")
    totals.settle()

    # 12 on day 2; 130 - 112 = 18 over days 3 and 4; 135 - 130 = 5 on day 5, to which only the deal makes a difference.
    assert totals.commissions("solution_2_marketing_daily") == {
        ("A", DAYS[0]): Decimal("0.00"),
        ("A", DAYS[1]): Decimal("24.00"),
        ("A", DAYS[2]): Decimal("18.00"),
        ("A", DAYS[3]): Decimal("18.00"),
        ("A", DAYS[4]): Decimal("10.00"),
    }
    causes = {
        row["period"].isoformat(): row["cause_source"]
        for row in totals.ledger()
        if row["mart"] == "solution_2_marketing_daily"
    }
    assert causes[DAYS[4]] == "deals"
    assert None not in causes.values()


TWO_NAMES = {
    **deals("Default,x,raw_earnings"),
    **brands("br1,A"),
    **operators("one,One,US", "two,Two,US"),
    **scrapers(DAYS[2], ",A,one,US,100,0"),
    **scrapers(DAYS[4], ",A,two,US,120,0"),
    **no_clicks(DAYS[2], DAYS[4]),
}


def test_names_that_become_one_make_the_days_between_them_known(home: Home) -> None:
    home.land_and_settle({**TWO_NAMES, **no_clicks(DAYS[3])})

    changed = _recalculated(home, operators("one,Both,US", "two,Both,US"))

    # 120 - 100 = 20 over days 4 and 5; day 3 is the baseline of the new key. Day 4 had waited for scrapers.
    assert changed[2] == list(DAYS[2:5])
    assert _restated(home, "solution_2_marketing_daily") == [("A", DAYS[4], "restatement", "0.00", "10.00")]
    months = {(row["key"], row["kind"]): row for row in home.ledger() if row["mart"] == "solution_2_operators_monthly"}
    assert {key: (row["old_commission"], row["new_commission"]) for key, row in months.items()} == {
        ("One", "restatement"): (Decimal("0.00"), None),
        ("Two", "restatement"): (Decimal("0.00"), None),
        ("Both", "restatement"): (None, Decimal("10.00")),
        ("Both", "accrual"): (Decimal("10.00"), Decimal("20.00")),
    }
    assert {row["cause_source"] for row in home.ledger()} == {"central_mapping"}


def test_a_mapping_whose_run_was_killed_early_is_still_the_cause_next_door(home: Home) -> None:
    home.land_and_settle(TWO_NAMES)
    home.land(operators("one,Two,US", "two,Two,US"))
    home.settle(stop_after="loading")

    with home.platform.connected() as connection:
        home.rewrite(connection, "scraper_observations", DAYS[2])
    home.settle()

    # 120 - 100 = 20 over days 4 and 5; nobody delivers clicks for day 4.
    assert _restated(home, "solution_2_marketing_daily") == [("A", DAYS[4], "restatement", "0.00", "10.00")]
    assert _causes(home, "solution_2_marketing_daily") == [("central_mapping", "central_mapping.csv")]


def test_a_file_read_again_by_other_rules_is_a_version_to_calculate_from(web: Home) -> None:
    web.query_all("update bronze.files set judged_by = 'the rules of an earlier release' where source = 'routy'")
    before = web.now()

    with web.platform.connected() as connection:
        outcome = web.platform.loader(connection, "backfill").reload(SOURCES["routy"], f"{DAYS[1]}.csv")
    left = web.settle()

    assert (outcome.status, outcome.rows_loaded, left.is_empty) == ("loaded", 1, True)
    assert web.calculated(before)[1] == [DAYS[1]]
    assert web.ledger() == [], "it says the same"


def test_no_day_is_lost_where_the_databases_clock_skips_midnight(home: Home) -> None:
    # There the 26th of April 2024 began at 01:00.
    home.query_all(f"alter database \"{home.database.dbname}\" set timezone to 'Africa/Cairo'")
    days = [f"2024-04-{number}" for number in range(22, 31)]
    home.land_and_settle(
        {
            **deals("Default,x,raw_earnings"),
            **brands("br1,A"),
            **operators("foo,Foo,US"),
            **no_clicks(*days),
            **scrapers(days[-1], ",A,foo,US,180,0"),
        }
    )

    home.land_and_settle(scrapers(days[0], ",A,foo,US,100,0"))

    # 180 - 100 = 80 over the eight days after the first.
    expected = {("A", day): Decimal("10.00") for day in days[1:]} | {("A", days[0]): Decimal("0.00")}
    assert home.commissions("solution_2_marketing_daily") == expected
