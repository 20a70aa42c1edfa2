"""Whole passes over a home: the demo's numbers, repetition, ranges, concurrency, new sources, the real sample files."""

import threading
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pandera.polars as pa
import psycopg
import pytest

from growthleads_assets.contracts.registry import SOURCES, Source
from growthleads_assets.contracts.schemas import Count, Money, Timestamp
from growthleads_assets.home.platform import Platform
from growthleads_assets.settings import CHECKOUT
from growthleads_assets.warehouse.dbt_sources import PATH, render_sources
from growthleads_assets.warehouse.loading import files_that_do_not_add_up
from growthleads_assets.warehouse.publication import PublicationBlocked
from tests import demo_expectations as demo
from tests import oracle
from tests.cases import MARTS, RAW_EARNINGS, no_clicks, routy, scrapers, voluum
from tests.homes import Home, Server

SAMPLE_DATA = CHECKOUT.parent / "shared" / "sample_data"

Amounts = dict[tuple[str, str], Decimal]


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.csv"))}


def _texts(amounts: dict[tuple[str, date], Decimal]) -> Amounts:
    return {(key, day.isoformat()): amount for (key, day), amount in amounts.items()}


def _marts(home: Home) -> dict[str, Amounts]:
    return {mart: home.commissions(mart) for mart in MARTS}


def test_demo_data_gives_what_was_worked_out_by_hand(home: Home) -> None:
    folder = CHECKOUT / "growthleads_assets" / "demo_data"

    home.land_and_settle(_files(folder / "initial"), with_tests=True)
    assert _marts(home) == {
        "solution_1_marketing_daily": _texts(demo.MARKETING_1_INITIAL),
        "solution_1_operators_monthly": _texts(demo.OPERATORS_1_INITIAL),
        "solution_2_marketing_daily": _texts(demo.MARKETING_2),
        "solution_2_operators_monthly": _texts(demo.OPERATORS_2),
        "solution_3_marketing_daily": _texts(demo.MARKETING_3_INITIAL),
        "solution_3_operators_monthly": _texts(demo.OPERATORS_3_INITIAL),
    }
    assert _quarantined(home) == demo.QUARANTINED_INITIAL

    home.land_and_settle(_files(folder / "correction"), with_tests=True)
    assert _marts(home) == {
        "solution_1_marketing_daily": _texts(demo.MARKETING_1_CORRECTED),
        "solution_1_operators_monthly": _texts(demo.OPERATORS_1_CORRECTED),
        "solution_2_marketing_daily": _texts(demo.MARKETING_2),
        "solution_2_operators_monthly": _texts(demo.OPERATORS_2),
        "solution_3_marketing_daily": _texts(demo.MARKETING_3_CORRECTED),
        "solution_3_operators_monthly": _texts(demo.OPERATORS_3_CORRECTED),
    }
    assert _quarantined(home) == demo.QUARANTINED_CORRECTED
    estimated = {key for key, row in home.daily_rows("solution_2_marketing_daily").items() if row["is_estimated"]}
    assert estimated == {(source, day.isoformat()) for source, day in demo.ESTIMATED_2}


def _quarantined(home: Home) -> set[tuple[str, date | None, int, str]]:
    rows = home.query("select source, day, line, reason from bronze.quarantine where resolved_at is null")
    return {(row["source"], row["day"], row["line"], row["reason"]) for row in rows}


@pytest.mark.skipif(not SAMPLE_DATA.exists(), reason="the sample files are not part of the project")
def test_sample_files_agree_with_the_independent_calculation(home: Home) -> None:
    batches = [
        {**_files(SAMPLE_DATA / "data_1a"), **_files(SAMPLE_DATA / "data_2")},
        _files(SAMPLE_DATA / "data_1b"),
    ]
    for batch in batches:
        home.land_and_settle(batch, with_tests=True)
        landed = oracle.land(batches[: batches.index(batch) + 1])
        expected = oracle.evaluate(landed.in_force).commissions()
        assert _marts(home) == {mart: _texts(amounts) for mart, amounts in expected.items()}
        if batch is batches[0]:
            # The worked example: 40 + 1 + 40 + 1 and 10 clicks at 10.
            assert home.commissions("solution_1_marketing_daily")["TOP-SPO1", "2024-03-26"] == Decimal("182.00")


WEEK = {
    **RAW_EARNINGS,
    **{
        path: text
        for day in range(1, 6)
        for path, text in routy(f"2024-03-0{day}", f",A,Foo,US,,{day}.335,0,0", ",A,Bar,US,,1,0,0").items()
    },
    **scrapers("2024-03-01", ",A,Foo,US,100,0"),
    **scrapers("2024-03-04", ",A,Foo,US,110,0"),
    **no_clicks(*(f"2024-03-0{day}" for day in range(1, 6))),
}


@pytest.fixture
def week(server: Server) -> Iterator[Home]:
    """A home in which the week is published."""
    with server.home_like("week", lambda home: home.land_and_settle(WEEK)) as home:
        yield home


def test_a_second_pass_changes_nothing(week: Home) -> None:
    before = _marts(week), week.query("select * from gold.published_days order by part, date")

    week.land_and_settle({path: WEEK[path] for path in WEEK if path.startswith("routy/")})

    assert (_marts(week), week.query("select * from gold.published_days order by part, date")) == before
    assert list((week.settings.landing_zone / "routy").iterdir()) == []


def test_tables_filled_with_many_days_at_once_have_all_their_indexes_and_keys(home: Home) -> None:
    made = _indexes_and_keys(home)
    # Somebody's own, which needs the key to be there.
    home.query_all("create schema others")
    home.query_all("create view others.days as select * from gold.web_commission_daily group by marketing_source, date")
    home.land_and_settle(RAW_EARNINGS)
    home.land(
        {
            **routy("2024-01-01", ",A,Foo,US,,1.10,0,0"),
            **routy("2024-03-01", ",A,Foo,US,,2.20,0,0"),
            **no_clicks("2024-01-01", "2024-03-01"),
            **scrapers("2024-01-01", ",A,Foo,US,100,0"),
            **scrapers("2024-03-01", ",A,Foo,US,103.30,0"),
        }
    )
    quarter = date(2024, 1, 1), date(2024, 3, 1)

    # From nothing, and once more with rows there.
    for _ in range(2):
        home.perform(sources=SOURCES, days=quarter, recalculates=True)

        assert _indexes_and_keys(home) == made
        assert home.commissions("solution_3_marketing_daily") == {
            ("A", "2024-01-01"): Decimal("1.10"),
            # 2.20, and all that the total grew by, which was not scraped for too long to be spread.
            ("A", "2024-03-01"): Decimal("5.50"),
        }


def _indexes_and_keys(home: Home) -> list[tuple[str, str, str]]:
    rows = home.query(
        """
        select conrelid::regclass::text as relation, conname::text as name, pg_get_constraintdef(oid) as definition
        from pg_constraint
        where connamespace in ('silver'::regnamespace, 'gold'::regnamespace)
        union all
        select tablename, indexname, indexdef from pg_indexes where schemaname in ('silver', 'gold')
        order by 1, 2
        """
    )
    return [(row["relation"], row["name"], row["definition"]) for row in rows]


def test_two_runs_over_one_day_leave_one_set_of_rows(week: Home) -> None:
    before = _marts(week), week.query("select count(*) from silver.traffic_events")
    problems: list[Exception] = []
    statement = "select silver.scraper_days(%s, %s)"

    def rewrite() -> None:
        """What a model's build does to a table, from a process that began at the same time."""
        try:
            with psycopg.connect(week.database.conninfo) as connection:
                connection.execute("select pg_advisory_xact_lock(hashtextextended('silver.traffic_events', 0))")
                connection.execute(
                    "create temp table new_rows as select * from silver.traffic_events where date = '2024-03-02'"
                )
                connection.execute("delete from silver.traffic_events where date = '2024-03-02'")
                connection.execute("insert into silver.traffic_events select * from new_rows")
                connection.execute(statement.encode(), (date(2024, 3, 2), date(2024, 3, 2)))
        except Exception as problem:  # noqa: BLE001 (whatever it is, the test is to see it)
            problems.append(problem)

    others = [threading.Thread(target=rewrite) for _ in range(4)]
    for other in others:
        other.start()
    with week.platform.connected() as connection:
        week.recalculate(connection, date(2024, 3, 2), date(2024, 3, 2))
    for other in others:
        other.join()

    assert problems == []
    assert (_marts(week), week.query("select count(*) from silver.traffic_events")) == before


def test_contradicting_numbers_are_not_published(week: Home) -> None:
    before = _marts(week)
    with week.platform.connected() as connection:
        # A cent that no operator got, as a broken allocation would leave it.
        connection.execute(
            "update gold.web_commission_by_operator set commission = commission + 0.01 where date = '2024-03-02'"
        )
        connection.execute("update bronze.calculations set settled_at = null where day = '2024-03-02'")

        with pytest.raises(PublicationBlocked, match="operators of a month add up to its sources"):
            week.publish(connection, date(2024, 3, 2), date(2024, 3, 2))

    assert _marts(week) == before


def test_days_overtaken_by_a_newer_file_are_left_to_its_own_run(week: Home) -> None:
    before = _marts(week)
    week.land(voluum("2024-03-02", ",br9,5"))
    with week.platform.connected() as connection:
        files = week.platform.landed(connection, settle_seconds=0)
        newer = next(file for file in files if file.relative == "voluum/2024-03-02.csv")
        week.platform.loader(connection, "newer").load_landed(SOURCES["voluum"], newer)

        week.publish(connection, date(2024, 3, 1), date(2024, 3, 3))

        inputs = week.query("select date from gold.published_days where part = 1 and inputs ->> 'voluum' = %s", "none")
    assert (_marts(week), inputs) == (before, [])
    left = week.settle()
    assert left.is_empty


class Bonuses(pa.DataFrameModel):
    """Bonuses on top of earnings. One row per bonus."""

    date: Timestamp = pa.Field(nullable=False, description="When it was granted.")
    operator: str = pa.Field(nullable=False, metadata={"folded": True}, description="Who granted it.")
    bonus: Money = pa.Field(nullable=True, description="The bonus.")
    vouchers: Count = pa.Field(nullable=True, ge=0, description="Vouchers.")


def test_a_new_source_is_a_schema_and_an_entry(home: Home) -> None:
    source = Source(
        name="bonuses",
        kind="event",
        schema=Bonuses,
        parts=frozenset({1}),
        required_for=frozenset(),
        leaves_landing_zone=True,
    )
    home.platform = Platform(home.settings, {**SOURCES, "bonuses": source})
    home.land(
        {"bonuses/2024-03-05.csv": "bonus,Operator,vouchers,date\n2.5,Foo,3,\n-1,,1,\nx,Bar,1,\n1,Bar,-1,2024-03-05\n"}
    )

    with home.platform.connected() as connection:
        [file] = home.platform.landed(connection, settle_seconds=0)
        outcome = home.platform.loader(connection, "test").load_landed(source, file)
        assert files_that_do_not_add_up(connection, source, [file.day]) == []
        with connection.transaction(force_rollback=True):
            connection.execute("delete from bronze.bonuses")
            assert files_that_do_not_add_up(connection, source, [file.day]) == ["2024-03-05.csv"]
        with connection.transaction(force_rollback=True):
            connection.execute("delete from bronze.quarantine where line = 3")
            assert files_that_do_not_add_up(connection, source, [file.day]) == ["2024-03-05.csv"]

    assert (outcome.status, outcome.rows_read, outcome.rows_loaded, outcome.rows_quarantined) == ("loaded", 4, 1, 3)
    [row] = home.query("select operator, operator_key, bonus, vouchers, _line, _day from bronze.bonuses")
    assert row == {
        "operator": "Foo",
        "operator_key": "foo",
        "bonus": Decimal("2.5"),
        "vouchers": 3,
        "_line": 2,
        "_day": date(2024, 3, 5),
    }
    assert "bronze_bonuses_required_values_are_given" in render_sources({"bonuses": source})


def test_dbt_sources_are_those_of_the_registry() -> None:
    assert PATH.read_text() == render_sources(SOURCES), "run python -m growthleads_assets.warehouse.dbt_sources"
