"""Databases that other releases made: brought up to this one with all that they hold, or refused."""

import hashlib
from dataclasses import replace
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandera.polars as pa
import psycopg
import pytest

from growthleads_assets.contracts.registry import SOURCES, Source
from growthleads_assets.contracts.schemas import Count, Money, Timestamp
from growthleads_assets.settings import CHECKOUT
from growthleads_assets.warehouse.database import DatabaseUnavailable
from growthleads_assets.warehouse.fitting import make_room
from growthleads_assets.warehouse.keys import primary_key
from growthleads_assets.warehouse.layout import ensure_layout
from growthleads_assets.warehouse.migrations import MIGRATIONS, NEWEST, Migration
from tests import demo_expectations as demo
from tests.cases import RAW_EARNINGS, no_clicks, scrapers
from tests.homes import Home

FIRST_RELEASE = Path(__file__).with_name("first_release.sql")
CORRECTION = CHECKOUT / "growthleads_assets" / "demo_data" / "correction"

PINNED = {
    1: "f974390bc46d44480512057d25056c232960c936abe449465bc31326d5a883c6",
    2: "fe287983f7fda8ca2ef966243eb1239ca3b8e6a5b4ad235ef22d54429f45cedf",
    3: "a7a78aff60e584cbffb9816ebc31381c583e46c0a232edff068349dd1ed60125",
}
"""The SHA-256 of each migration: its number, what it is for and its statements, a line break between them."""

CATALOG = """
with tables as (
    select oid, oid::regclass::text as name, relkind from pg_class
    where relnamespace = any(array['bronze', 'silver', 'gold', 'candidate']::regnamespace[])
),
functions as (
    select oid, oid::regprocedure::text as name from pg_proc
    where pronamespace = any(array['bronze', 'silver']::regnamespace[])
)
select 'relation', name, relkind::text, obj_description(oid, 'pg_class') from tables where relkind <> 'i'
union all
select
    'column', tables.name, attname, concat_ws(
        ' ', format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated, pg_get_expr(adbin, adrelid),
        col_description(tables.oid, pg_attribute.attnum)
    )
from pg_attribute
inner join tables on attrelid = tables.oid
left join pg_attrdef on adrelid = attrelid and adnum = pg_attribute.attnum
where pg_attribute.attnum > 0 and not attisdropped and relkind in ('r', 'v')
union all
select 'constraint', name, conname, pg_get_constraintdef(pg_constraint.oid)
from pg_constraint inner join tables on conrelid = tables.oid
where contype <> 'n'
union all
select 'index', indrelid::regclass::text, '', regexp_replace(pg_get_indexdef(oid), 'INDEX [^ ]+ ON', 'INDEX ON')
from tables inner join pg_index on oid = indexrelid
union all
select 'view', name, relkind::text, pg_get_viewdef(oid) from tables where relkind = 'v' and name like 'bronze.%'
union all
select 'function', name, pg_get_functiondef(oid), obj_description(oid, 'pg_proc') from functions
union all
select 'schema', nspname, '', obj_description(oid, 'pg_namespace') from pg_namespace where nspname = 'bronze'
"""
"""All that one can see of the tables, views and functions, but for the order of columns and names made up by dbt.

The comment on a view of dbt's is the fingerprint of what it was made from.
"""


def _catalog(home: Home) -> set[tuple[Any, ...]]:
    with psycopg.connect(home.database.conninfo) as connection:
        return set(connection.execute(CATALOG).fetchall())


def _become(home: Home, sql_file: Path) -> None:
    """Put another release's database in the place of the home's."""
    home.query_all("drop schema bronze, silver, gold, candidate cascade")
    home.query_all(sql_file.read_text())


@pytest.mark.parametrize("migration", MIGRATIONS, ids=lambda migration: f"version {migration.version}")
def test_a_migration_stays_as_it_was_released(migration: Migration) -> None:
    content = f"{migration.version}\n{migration.what}\n{migration.statements}"
    found = hashlib.sha256(content.encode()).hexdigest()

    assert migration.version in PINNED, f"Migration {migration.version} is new: add {found} to PINNED."
    assert found == PINNED[migration.version], (
        f"Migration {migration.version} is changed, but databases that have had it never run it again: put it back as "
        "it was, and write what is to change as a migration of its own, with the next number. (LEDGER_DDL of tables.py "
        f"is migration 1.) Only one that no release had yet may change: then its new pin is {found}."
    )


def test_migrations_are_numbered_from_1_without_a_gap() -> None:
    assert [migration.version for migration in MIGRATIONS] == list(range(1, NEWEST + 1))


def test_a_database_of_the_first_release_is_upgraded_in_place(home: Home) -> None:
    of_today = _catalog(home)
    _become(home, FIRST_RELEASE)
    # A table that no day can be calculated from once it is made anew, unless it is filled for all days first.
    home.query_all("alter table silver.scraper_observations drop column visits cascade")
    kept = [
        "select load_id, source, file, day, sha256, rows_read, status, recorded_at from bronze.files order by load_id",
        "select * from bronze.quarantine where day <> '2025-01-30' order by load_id, line",
        "select part, date, first_published_at from gold.published_days order by part, date",
        "select _file, _line, raw_earnings from bronze.routy where _day <> '2025-01-30' order by _day, _line",
    ]
    before = [home.query(query) for query in kept]
    assert [len(rows) for rows in before] == [19, 3, 10, 16]

    home.land({"routy/2025-01-30.csv": (CORRECTION / "routy" / "2025-01-30.csv").read_bytes()})
    home.settle()

    after = [home.query(query) for query in kept]
    assert after[0][:19] == before[0]
    assert [file["file"] for file in after[0][19:]] == ["2025-01-30.csv"]
    assert after[1:] == before[1:]
    for mart, expected in {
        "solution_2_marketing_daily": demo.MARKETING_2,
        "solution_3_marketing_daily": demo.MARKETING_3_CORRECTED,
        "solution_3_operators_monthly": demo.OPERATORS_3_CORRECTED,
    }.items():
        assert home.commissions(mart) == {(key, day.isoformat()): amount for (key, day), amount in expected.items()}
    # Only what the corrected file moved is restated: of part 1 five sources' days and five operators' months.
    assert {(row["period"].isoformat(), row["cause_file"]) for row in home.ledger()} == {
        ("2025-01-30", "2025-01-30.csv"),
        ("2025-01-01", "2025-01-30.csv"),
    }
    # 30 + 10 + 12.5 + 7.25 + 100, as on the first day of the demo's routy files.
    [worth] = home.query("select earnings from bronze.files where source = 'routy' and file = '2025-01-29.csv'")
    assert str(worth["earnings"]) == "159.750000000"
    assert "\n".join(sorted(map(str, _catalog(home) ^ of_today))) == ""


def test_a_mart_keeps_its_rows_when_its_columns_change(home: Home) -> None:
    marts = {"gold.solution_1_operators_monthly", "gold.solution_2_marketing_daily"}
    of_today = {row[:3] for row in _catalog(home) if row[1] in marts}
    _become(home, FIRST_RELEASE)
    home.query_all(
        """
        drop view candidate.solution_1_operators_monthly, candidate.solution_3_operators_monthly, gold.mart_violations;
        alter table gold.solution_1_operators_monthly
            alter column total_commission type numeric(20, 2), add column note text;
        alter table gold.solution_2_marketing_daily drop column is_estimated cascade;
        """
    )

    home.settle()

    assert home.commissions("solution_1_operators_monthly") == {
        (operator, month.isoformat()): amount for (operator, month), amount in demo.OPERATORS_1_INITIAL.items()
    }
    estimated = {key for key, row in home.daily_rows("solution_2_marketing_daily").items() if row["is_estimated"]}
    assert estimated == {(source, day.isoformat()) for source, day in demo.ESTIMATED_2}
    assert home.ledger() == []
    assert {row[:3] for row in _catalog(home) if row[1] in marts} == of_today
    [type_of_today] = home.query(
        "select format_type(atttypid, atttypmod) as is from pg_attribute "
        "where attrelid = 'gold.solution_1_operators_monthly'::regclass and attname = 'total_commission'"
    )
    assert type_of_today == {"is": "numeric(24,2)"}


@pytest.mark.parametrize(
    "dropped",
    [
        "table silver.scraper_observations",
        "view silver.scraper_totals",
        "view gold.day_completeness",
        "view candidate.solution_2_marketing_daily",
        "function silver.scraper_days(date, date)",
    ],
)
def test_what_somebody_drops_is_made_again_and_holds_all_days(home: Home, dropped: str) -> None:
    home.land_and_settle(
        {
            **RAW_EARNINGS,
            **no_clicks("2024-03-01", "2024-03-02", "2024-03-03"),
            **scrapers("2024-03-01", ",A,foo,US,100,10"),
            **scrapers("2024-03-02", ",A,foo,US,130,12"),
        }
    )
    before = {row[:3] for row in _catalog(home)}
    home.query_all(f"drop {dropped} cascade")

    home.land_and_settle(scrapers("2024-03-03", ",A,foo,US,150,15"))

    # 130 - 100 and 150 - 130: without the day before, the third would be the first that is seen of the total.
    assert home.commissions("solution_2_marketing_daily") == {
        ("A", "2024-03-01"): Decimal("0.00"),
        ("A", "2024-03-02"): Decimal("30.00"),
        ("A", "2024-03-03"): Decimal("20.00"),
    }
    # The month grew by a day; nothing that was published became another number.
    assert {row["kind"] for row in home.ledger()} == {"accrual"}
    assert {row[:3] for row in _catalog(home)} == before


def test_the_key_of_a_mart_follows_its_model_unless_somebodys_view_needs_it(home: Home) -> None:
    mart, key = "gold.solution_3_marketing_daily", "solution_3_marketing_daily_pkey"
    earlier, of_today = ("marketing_source", "date"), ("date", "marketing_source")
    home.query_all(
        f"alter table {mart} drop constraint {key}, add constraint {key} primary key ({', '.join(earlier)}); "
        f"create view gold.somebodys as select date, total_commission from {mart} group by {', '.join(earlier)}"
    )
    with home.platform.connected() as connection:
        make_room(connection, home.platform.transformation.manifest)
        assert primary_key(connection, mart) == (key, earlier, True)

        connection.execute("drop view gold.somebodys")
        make_room(connection, home.platform.transformation.manifest)
        assert primary_key(connection, mart) == (key, of_today, False)


def test_an_older_release_refuses_the_database_of_a_newer_one(home: Home) -> None:
    home.query_all("insert into bronze.migrations (version, what, release) values (99, 'Much later.', '9.8')")

    with pytest.raises(DatabaseUnavailable) as refused, home.platform.connected():
        pytest.fail("it is newer")

    assert str(refused.value) == (
        f"The database's tables are at version 99, made by release 9.8, and this release, {version('growthleads')}, "
        f"knows versions up to {NEWEST}: install release 9.8 or a newer one, or restore the backup made before the "
        "upgrade."
    )


class Fees(pa.DataFrameModel):
    """Fees that are paid. One row per fee."""

    date: Timestamp = pa.Field(nullable=False, description="When.")
    fee: Money = pa.Field(nullable=True, description="The fee.")
    paid_by: str = pa.Field(nullable=False, description="Who pays.")


class LaterFees(pa.DataFrameModel):
    """Fees that are paid or not. One row per fee."""

    date: Timestamp = pa.Field(nullable=False, description="When.")
    fee: Money = pa.Field(nullable=True, description="The fee.")
    currency: str = pa.Field(nullable=False, metadata={"folded": True}, description="Of which currency.")
    times: Count = pa.Field(nullable=True, description="How often.")


class OtherFees(pa.DataFrameModel):
    """Fees counted. One row per fee."""

    date: Timestamp = pa.Field(nullable=False, description="When.")
    fee: Count = pa.Field(nullable=True, description="The fee.")


def test_a_bronze_table_follows_its_schema_and_keeps_its_rows(home: Home) -> None:
    source = Source("fees", "event", Fees, frozenset({1}), frozenset(), leaves_landing_zone=True)
    later = replace(source, schema=LaterFees)
    with psycopg.connect(home.database.conninfo, autocommit=True) as connection:
        assert ensure_layout(connection, {**SOURCES, "fees": source}) == ["The table bronze.fees is made."]
        assert ensure_layout(connection, {**SOURCES, "fees": source}) == []
        columns = "_source, _file, _line, _load_id, _day, date"
        insert = f"insert into bronze.fees ({columns}{{}}) values ('', '', {{}}, 1, now(), now(){{}})"
        connection.execute(insert.format(", fee, paid_by", 1, ", 2.5, 'Foo'").encode())

        done = ensure_layout(connection, {**SOURCES, "fees": later})

        assert done == [
            f"The table bronze.fees has the new column {name}." for name in ("currency", "currency_key", "times")
        ]
        assert home.query("select fee::text, paid_by, currency, times from bronze.fees") == [
            {"fee": "2.500000000", "paid_by": "Foo", "currency": None, "times": None}
        ]
        # What is not in the schema any more need not be given, and what is new in it must be.
        with pytest.raises(psycopg.errors.CheckViolation, match="currency_is_given"):
            connection.execute(insert.format("", 2, "").encode())
        connection.execute(insert.format(", currency, currency_key", 2, ", 'EUR', 'eur'").encode())
        # Once all rows have it, as after a backfill, it is a column as of a new table.
        connection.execute("update bronze.fees set currency = 'USD', currency_key = 'usd' where _line = 1")
        ensure_layout(connection, {**SOURCES, "fees": replace(later, parts=frozenset({1, 2}))})
        with pytest.raises(psycopg.errors.NotNullViolation, match='"currency"'):
            connection.execute(insert.format("", 3, "").encode())

        with pytest.raises(
            DatabaseUnavailable, match=r"fee of bronze\.fees has the type numeric\(21,9\) and its schema"
        ):
            ensure_layout(connection, {**SOURCES, "fees": replace(source, schema=OtherFees)})
        with pytest.raises(DatabaseUnavailable, match="fees is now a source of kind dimension"):
            ensure_layout(connection, {**SOURCES, "fees": replace(source, kind="dimension")})
        assert len(home.query("select from bronze.fees")) == 2
