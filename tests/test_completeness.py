"""Whether a day can be paid out: what the view says, in words and as a grid, day by day, worked out by hand."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from growthleads_assets.commands.reporting import Reporter
from growthleads_assets.commands.status import show_status, status
from growthleads_assets.contracts.registry import SOURCES
from growthleads_assets.warehouse.completeness import late_files
from growthleads_assets.warehouse.export import export_to
from tests.cases import RAW_EARNINGS, deals, lines, manual, no_clicks, routy, scrapers, voluum
from tests.homes import Home, Server

DAY = {n: f"2024-03-{n:02}" for n in range(1, 32)}

# What each day of March 2024 has, by part:
# 1: everything; scrapers' first totals.            2, 3: no scrapers, estimated from the totals of days 1 and 4.
# 2: no manual.  3: voluum alone.                   4: nothing of part 1; scrapers without voluum.
# 5: voluum, and a routy file that is refused.      6: everything, and then a routy file that is refused.
# 7: routy without rows.                            8: routy with rows held out.
FILES = {
    **RAW_EARNINGS,
    **routy(DAY[1], ",A,Foo,US,,1,0,0"),
    **manual(DAY[1], ",A,Foo,1,0,0"),
    **routy(DAY[2], ",A,Foo,US,,2,0,0"),
    f"routy/{DAY[5]}.csv": lines("date;marketing_source"),
    **routy(DAY[6], ",A,Foo,US,,6,0,0"),
    **routy(DAY[7]),
    # Worth 40.50 and -0.25; of the third the amount cannot be read, and the fourth repeats the first row.
    **routy(
        DAY[8],
        ",A,Foo,US,,8,0,0",
        ",A,Foo,US,,40.50,x,0",
        ",A,Foo,US,,-.25,0,-1",
        ",A,Foo,US,,€5,0,0",
        ",A,Foo,US,,8,0,0",
    ),
    **no_clicks(*(DAY[n] for n in (1, 2, 3, 5, 6, 7, 8))),
    **scrapers(DAY[1], ",A,Foo,US,100,0"),
    **scrapers(DAY[4], ",A,Foo,US,130,0"),
}
REFUSED_CORRECTION = {f"routy/{DAY[6]}.csv": "date|marketing_source\n"}


def _statuses(home: Home, part: int) -> dict[int, str]:
    """The status of the first nine days of March 2024, by day of the month."""
    rows = home.query(
        "select date, status from gold.day_completeness where part = %s and date < '2024-03-10' order by date", part
    )
    return {row["date"].day: row["status"] for row in rows}


def _day(home: Home, part: int, day: int) -> Mapping[str, object]:
    [row] = home.query("select * from gold.day_completeness where part = %s and date = %s", part, DAY[day])
    return row


def _reasons(home: Home, part: int, day: int) -> tuple[str, list[str]]:
    found = status(home.platform, number_of_days=1, last=date(2024, 3, day))
    [told] = [verdict for verdict in found.verdicts if verdict.part == part]
    return told.verdict, told.reasons


def _land_and_settle(home: Home, files: Mapping[str, str]) -> None:
    home.land(files)
    home.settle(with_tests=False)


def test_each_day_has_the_status_that_its_files_give_it(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    home.land_and_settle(FILES)
    _land_and_settle(home, REFUSED_CORRECTION)

    # Optional files are not expected any more so long after their days, and nothing is late after 6 hours.
    complete, provisional, waiting, missing = "complete", "provisional", "waiting", "missing"
    part_1 = {1: complete, 2: complete, 3: waiting, 4: missing, 5: waiting, 6: provisional, 7: complete, 8: complete}
    part_2 = {1: complete, 2: complete, 3: complete, 4: waiting, 5: waiting, 6: waiting, 7: waiting, 8: waiting}
    assert _statuses(home, 1) == {**part_1, 9: missing}
    assert _statuses(home, 2) == {**part_2, 9: missing}
    [today] = home.query("select status, date from gold.day_completeness where part = 1 order by date desc limit 1")
    assert today == {"status": "waiting", "date": home.settings.today()}

    _days_say_what_they_have(home)
    _the_views_can_be_exported(home)
    _status_says_it_in_words_and_as_a_grid(home, capsys)
    _expected_and_late_files_change_it(home, part_1, part_2)
    _corrections_not_calculated_yet_are_waited_for(home, part_1, part_2)
    _a_refused_file_that_is_gone_counts_no_longer(home)


def _days_say_what_they_have(home: Home) -> None:
    second = _day(home, 1, 2)
    assert (second["files_in"], second["files_missing"], second["waiting_for"]) == (
        ["routy", "voluum"],
        ["manual"],
        [],
    )
    estimated = _day(home, 2, 3)
    assert (estimated["files_in"], estimated["files_missing"], estimated["waiting_for"], estimated["is_estimated"]) == (
        ["voluum"],
        ["scrapers"],
        [],
        True,
    )
    assert (_day(home, 1, 5)["files_refused"], _day(home, 1, 6)["files_refused"]) == (["routy"], ["routy"])
    assert (_day(home, 1, 5)["files_in"], _day(home, 1, 6)["files_in"]) == (["voluum"], ["routy", "voluum"])
    assert _day(home, 1, 7)["files_empty"] == ["routy", "voluum"]
    nothing = _day(home, 1, 4)
    assert (nothing["waiting_for"], nothing["first_file_at"], nothing["is_current"]) == (
        ["routy", "voluum"],
        None,
        False,
    )
    # 40.50 - 0.25; nobody can read one amount, and the 8 of a repeat are counted with the row that it repeats.
    held = _day(home, 1, 8)
    assert (held["quarantined_rows"], held["quarantined_money"]) == (4, Decimal("40.25"))


def _the_views_can_be_exported(home: Home) -> None:
    folder = home.settings.landing_zone.parent
    with home.platform.connected() as connection:
        for view in ("published_days", "quarantine_summary", "day_completeness"):
            export_to(connection, view, folder / "view.xlsx")
            export_to(connection, view, folder / "view.parquet")
    days = pl.read_parquet(folder / "view.parquet").filter(pl.col("date") == date(2024, 3, 8), pl.col("part") == 1)
    assert days.select("files_in", "quarantined_money").row(0) == (["routy", "voluum"], Decimal("40.25"))


def _status_says_it_in_words_and_as_a_grid(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert _reasons(home, 1, 1) == ("yes", [])
    assert _reasons(home, 1, 3) == ("no", ["waits for routy"])
    assert _reasons(home, 1, 4) == ("no", ["nothing has come"])
    [refused] = _reasons(home, 1, 5)[1]
    assert refused.startswith(f"routy/{DAY[5]}.csv is refused: The header on line 1 lacks")
    assert _reasons(home, 2, 2) == ("yes", ["some figures are estimated"])
    # A repeat of a row that counts holds no money up.
    assert _reasons(home, 1, 8) == (
        "provisional",
        [f"routy/{DAY[8]}.csv: 3 rows held out, 40.25 of earnings, 1 of them of unknown worth"],
    )

    found = status(home.platform, number_of_days=8)
    assert (found.first, found.last) == (date(2024, 3, 1), date(2024, 3, 8)), "the newest with files"
    show_status(found, SOURCES, Reporter(), with_files=False)
    said = capsys.readouterr().out.splitlines()
    assert said[0] == (
        "Part 1, web traffic. Can be paid out: 2024-03-01 to 2024-03-02, 2024-03-07. Published, but not final: "
        "2024-03-06, 2024-03-08. Cannot be paid out: 2024-03-03 to 2024-03-05."
    )
    marks = {" ".join(line.split()[:-8]): line.split()[-8:] for line in said if len(line.split()) > 8}
    assert marks["routy"] == list("++--xR0q")
    # Manual marks are dots: optional.
    assert marks["manual"] == list("+.......")
    assert marks["part 1, web traffic"] == list("CCWMWPCC")
    assert marks["part 2, scrapers"] == list("CCCWWWWW")
    assert all(len(line) <= 80 for line in said if line.startswith(("routy", "part 1")))


def _expected_and_late_files_change_it(home: Home, part_1: dict[int, str], part_2: dict[int, str]) -> None:
    # The next process that connects puts the home's own settings back.
    home.query_all("update bronze.settings set provisional_for = '3650 days'")
    expected = dict.fromkeys((2, 6, 7, 8), "provisional")
    assert _statuses(home, 1) == {**part_1, **expected, 9: "missing"}
    # Two estimated days wait for their file; the others have it, or wait for a required one.
    assert _statuses(home, 2) == {**part_2, 2: "provisional", 3: "provisional", 9: "missing"}

    home.query_all("update bronze.settings set late_after = '0'")
    assert _statuses(home, 1) == {**part_1, **expected, 3: "missing", 9: "missing"}
    assert {day: state for day, state in _statuses(home, 2).items() if day > 3} == dict.fromkeys(
        range(4, 10), "missing"
    )
    # Routy's file of the 5th has come: it is refused, which is a matter of its own.
    assert (_day(home, 1, 5)["files_late"], _day(home, 2, 4)["files_late"]) == ([], ["voluum"])


def _corrections_not_calculated_yet_are_waited_for(home: Home, part_1: dict[int, str], part_2: dict[int, str]) -> None:
    home.land({**routy(DAY[1], ",A,Foo,US,,11,0,0"), **scrapers(DAY[1], ",A,Foo,US,70,0")})
    home.settle(with_tests=False, stop_after="loading")

    # Days 2 and 3 are estimated from the scrapers of day 1.
    assert _statuses(home, 1) == {**part_1, 1: "waiting", 9: "missing"}
    assert _statuses(home, 2) == {**part_2, 1: "waiting", 2: "waiting", 3: "waiting", 9: "missing"}
    assert _reasons(home, 1, 1) == ("no", ["newer files are not published yet: a run is to come"])

    home.settle(with_tests=False)
    assert (_statuses(home, 1)[1], _statuses(home, 2)) == ("complete", {**part_2, 9: "missing"})


def _a_refused_file_that_is_gone_counts_no_longer(home: Home) -> None:
    places = {day: home.settings.landing_zone / "routy" / f"{DAY[day]}.csv" for day in (5, 6)}
    content = places[6].read_bytes()
    for place in places.values():
        place.unlink()
    assert home.settle(with_tests=False).refused == ()
    # Day 5 has voluum alone; day 6 its earlier version.
    assert (_statuses(home, 1)[5], _statuses(home, 1)[6]) == ("waiting", "complete")
    assert (_day(home, 1, 5)["files_refused"], _day(home, 1, 6)["files_refused"]) == ([], [])

    # The same bytes again are judged again.
    home.land({f"routy/{DAY[6]}.csv": content})
    [(file, reason)] = home.settle(with_tests=False).refused
    assert (file.place, "vertical bars" in reason) == (f"routy/{DAY[6]}.csv", True)
    assert (_statuses(home, 1)[6], _day(home, 1, 6)["files_refused"]) == ("provisional", ["routy"])

    # Of a folder that cannot be looked into nobody knows what lies in it.
    zone = home.settings.landing_zone
    zone.rename(zone.with_name("away"))
    assert home.settle(with_tests=False).unreadable != ()
    assert _day(home, 1, 6)["files_refused"] == ["routy"]
    zone.with_name("away").rename(zone)


def test_dimensions_are_waited_for_and_parts_not_in_use_are_not(home: Home) -> None:
    _land_and_settle(home, voluum(DAY[1], ",br1,1"))
    assert home.query("select * from gold.day_completeness") == [], "voluum alone feeds no part"

    without_deals = {path: text for path, text in RAW_EARNINGS.items() if path != "deals.csv"}
    _land_and_settle(home, {**without_deals, **routy(DAY[1], ",A,Foo,US,,1,0,0")})
    first = _day(home, 1, 1)
    assert (first["status"], first["files_missing"], first["files_late"]) == ("waiting", ["deals"], [])
    assert _reasons(home, 1, 1) == ("no", ["deals.csv has never come"])
    assert home.query("select * from gold.day_completeness where part = 2") == []

    _land_and_settle(home, deals("Default,FIXED 0,2**raw_earnings"))
    assert (_day(home, 1, 1)["status"], _day(home, 1, 1)["files_refused"]) == ("waiting", ["deals"])

    _land_and_settle(home, deals("Default,FIXED 0,raw_earnings"))
    assert _reasons(home, 1, 1) == ("yes", [])

    # What newer terms would change nobody knows, so no day is final.
    _land_and_settle(home, deals("Default,FIXED 0,2**raw_earnings"))
    verdict, [reason] = _reasons(home, 1, 1)
    assert verdict == "provisional"
    assert reason.startswith("a newer deals.csv is refused, and an older one in force: Line 2:")


def test_a_part_is_expected_from_its_own_first_file_on(server: Server) -> None:
    with server.new_home(late_after="0") as home:
        home.land_and_settle(
            {
                **RAW_EARNINGS,
                **routy("2024-03-01", ",A,Foo,US,,1,0,0"),
                **no_clicks("2024-03-01", "2024-03-02"),
                **scrapers("2024-03-02", ",A,Foo,US,1,0"),
            }
        )

        first_days = home.query("select part, min(date)::text as day from gold.day_completeness group by part")
        with home.platform.connected() as connection:
            late = [(file.source, file.day.isoformat()) for file in late_files(connection)]

        # Voluum of 1 March came for part 1: nobody had scrapers then.
        assert {row["part"]: row["day"] for row in first_days} == {1: "2024-03-01", 2: "2024-03-02"}
        assert late == [("routy", "2024-03-02")]


def test_what_lies_in_the_landing_zone_makes_a_verdict_provisional_until_it_is_settled(home: Home) -> None:
    day = {**routy("2024-03-01", ",A,Foo,US,,1,0,0"), **no_clicks("2024-03-01")}
    home.land_and_settle({**RAW_EARNINGS, **day})
    assert _verdict(home) == ("yes", [])

    home.land(routy("2024-03-01", ",A,Foo,US,,2,0,0"))
    assert _verdict(home) == ("provisional", ["routy/2024-03-01.csv has landed and is not loaded yet"])

    home.settle()
    home.land(deals("A,x,nonsense"))
    home.settle()
    verdict, [reason] = _verdict(home)
    assert (verdict, reason.split(":")[0]) == ("provisional", "a newer deals.csv is refused, and an older one in force")

    # The good file is put back: its bytes are in force already.
    home.land({"deals.csv": RAW_EARNINGS["deals.csv"]})
    assert _verdict(home) == ("yes", [])


def _verdict(home: Home) -> tuple[str, list[str]]:
    [told] = status(home.platform, number_of_days=1, last=date(2024, 3, 1)).verdicts
    return told.verdict, told.reasons


def test_a_home_of_the_release_before_gets_the_columns_that_it_lacks(home: Home) -> None:
    home.query_all("drop view if exists gold.file_statistics, gold.day_completeness, gold.quarantine_summary cascade")
    for column in ("files drop column earnings", "files drop column gone_at", "sources drop column earnings_column"):
        home.query_all(f"alter table bronze.{column} cascade")
    home.query_all("drop table bronze.migrations")
    home.query_all("delete from bronze.prepared_models")

    home.land_and_settle({**RAW_EARNINGS, **routy("2024-03-01", ",A,Foo,US,,1.5,0,0"), **no_clicks("2024-03-01")})

    [row] = home.query("select earnings from bronze.files where source = 'routy'")
    assert row["earnings"] == Decimal("1.5")
    [summary] = home.query("select status from gold.day_completeness where date = '2024-03-01'")
    assert summary["status"] == "complete"
