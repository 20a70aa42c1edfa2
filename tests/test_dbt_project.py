"""The dbt project by itself: unit tests of its models, what it says of every table and column, and its contracts."""

import inspect
import json
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from dbt.cli.main import dbtRunner
from dbt_common.behavior_flags import Behavior

from growthleads_assets.contracts.registry import SOURCES
from growthleads_assets.settings import CHECKOUT
from growthleads_assets.warehouse.dbt_flags import look_up_flags_by_frame
from growthleads_assets.warehouse.dbt_sources import PATH
from growthleads_assets.warehouse.fitting import make_room
from growthleads_assets.warehouse.tables import bronze_columns, required_columns
from growthleads_assets.warehouse.transformation import Transformation, TransformationFailed
from tests.cases import RAW_EARNINGS, no_clicks, routy
from tests.homes import Home

MODELS_WITHOUT_LOGIC = {
    "scraper_observations",
    "solution_1_marketing_daily",
    "solution_1_operators_daily",
    "solution_2_marketing_daily",
    "solution_2_operators_daily",
}
"""They select columns of one model as they are."""


def test_every_unit_test_of_the_models_passes(home: Home) -> None:
    results = home.platform.transformation.run_unit_tests()

    assert not (failures := [f"{name}: {message}" for name, message in results.items() if message]), "\n".join(failures)
    assert {name.split(":")[0] for name in results} == _models(home).keys() - MODELS_WITHOUT_LOGIC


def _models(home: Home) -> Mapping[str, Mapping[str, Any]]:
    nodes = home.platform.transformation.manifest["nodes"].values()
    return {node["name"]: node for node in nodes if node["resource_type"] == "model"}


def test_every_table_and_column_is_described(home: Home) -> None:
    sources = home.platform.transformation.manifest["sources"]

    problems = [*_undescribed(sources.values()), *_undescribed(_models(home).values())]

    assert problems == []


def _undescribed(tables: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for table in tables:
        if not re.search(r"(^|[.] )One row per [^.]+[.]$", table["description"].strip()):
            yield f"the description of {table['name']} does not end with what a row is"
        if not table["columns"]:
            yield f"{table['name']} has no columns"
        for column in table["columns"].values():
            if not column["description"]:
                yield f"{table['name']}.{column['name']} has no description"
            if not column["data_type"]:
                yield f"{table['name']}.{column['name']} has no type"


def test_the_documentation_is_one_page_of_all_models_and_columns(home: Home, tmp_path: Path) -> None:
    page = tmp_path / "docs" / "index.html"

    home.platform.transformation.write_docs(page)

    text = page.read_text()
    assert [name for name in _models(home) if name not in text] == []
    # Of the models' YAML, of the generated sources, and of the database.
    for fact in ("Commission in whole cents", "Rows held out of the calculation", "timestamp with time zone"):
        assert fact in text


def test_every_model_of_silver_and_gold_has_a_contract(home: Home) -> None:
    models = _models(home)

    assert {model["schema"] for model in models.values()} == {"silver", "gold"}
    assert [name for name, model in models.items() if not model["config"]["contract"]["enforced"]] == []


def test_a_project_that_breaks_a_contract_is_not_taken_into_use(home: Home, tmp_path: Path) -> None:
    project = shutil.copytree(home.platform.transformation.project_dir, tmp_path / "project")
    broken = ("file_statistics", "scraper_commission_by_operator", "solution_1_operators_monthly")
    for model in broken:
        path = project / "models" / "gold" / f"{model}.sql"
        path.write_text(f"select *, 1 as surplus from (\n{path.read_text()}\n) as model")
    changed = Transformation(project, tmp_path / "target", tmp_path / "logs")

    with home.platform.connected() as connection, pytest.raises(TransformationFailed) as refused:
        changed.prepare(connection)

    said = str(refused.value).splitlines()
    assert {*broken} == {line.split(":")[0].removeprefix("model ") for line in said}
    assert all("This model has an enforced contract that failed" in line and "surplus" in line for line in said)


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Transformation:
    """A project of one model, and a place for what is parsed of it."""
    (tmp_path / "project" / "models").mkdir(parents=True)
    (tmp_path / "project" / "dbt_project.yml").write_text("name: small\nprofile: growthleads\n")
    shutil.copy(CHECKOUT / "dbt_project" / "profiles.yml", tmp_path / "project")
    (tmp_path / "project" / "models" / "one.sql").write_text("select 1 as number")
    for name in ("PGHOST", "PGUSER", "PGDATABASE"):
        monkeypatch.setenv(name, "nobody")
    monkeypatch.setenv("PGPORT", "5432")
    return Transformation(tmp_path / "project", tmp_path / "target", tmp_path / "logs")


def test_what_was_parsed_beforehand_is_taken_over_until_something_changes(small: Transformation) -> None:
    beforehand = replace(small, target_path=small.shipped).manifest
    assert small.manifest == beforehand

    (small.project_dir / "models" / "two.sql").write_text("select 2 as number")
    assert _names(replace(small)) == {"one", "two"}


def test_what_defines_a_flag_of_dbt_is_named_as_dbt_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    # What dbt would use for it by itself.
    monkeypatch.delattr(inspect, "stack")
    look_up_flags_by_frame()

    behavior = Behavior([{"name": "careful", "default": False, "description": "It is not."}], {})

    assert behavior.careful._behavior_change_event.flag_source == __name__


def test_what_a_killed_process_has_parsed_counts_for_nothing(
    small: Transformation, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _names(small) == {"one"}
    second = small.project_dir / "models" / "two.sql"
    second.write_text("select 2 as number")
    invoke = dbtRunner.invoke

    def killed_afterwards(runner: dbtRunner, arguments: list[str]) -> None:
        invoke(runner, arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(dbtRunner, "invoke", killed_afterwards)
        with pytest.raises(KeyboardInterrupt):
            _names(replace(small))

    # Back at the state before, of which a part is overwritten.
    second.unlink()
    assert _names(replace(small)) == {"one"}


def _names(transformation: Transformation) -> set[str]:
    return {node["name"] for node in transformation.manifest["nodes"].values()}


@pytest.mark.parametrize(
    "other_key",
    ["", "alter table silver.scraper_observations add primary key (date, marketing_source, operator, country, visits)"],
    ids=["no primary key", "a wider one"],
)
def test_a_key_is_looked_for_where_postgresql_does_not_see_to_it(home: Home, other_key: str) -> None:
    home.query_all(
        f"""
        alter table silver.scraper_observations drop constraint scraper_observations_pkey;
        insert into silver.scraper_observations (marketing_source, operator, country, date, total_earnings, visits)
        values ('A', 'Foo', 'US', '2024-03-01', 1, 1), ('A', 'Foo', 'US', '2024-03-01', 1, 2);
        {other_key}
        """
    )
    looks = "scraper_observations_key_is_given_and_unique"

    with pytest.raises(TransformationFailed) as failed:
        home.platform.transformation.test_all_of_history([looks])
    assert failed.value.failed_tests == [looks]

    home.query_all("delete from silver.scraper_observations where visits = 2")
    home.platform.transformation.test_all_of_history([looks])


def test_what_is_to_be_built_is_built_and_nothing_else(home: Home) -> None:
    transformation = home.platform.transformation
    day = date(2024, 3, 1)

    events = transformation.build("build", day, day, select=["traffic_events", "traffic_events_source_is_known"])

    built = [event["data"]["node_info"]["node_name"] for event in events]
    assert built == ["traffic_events", "traffic_events_source_is_known"]
    assert transformation.build("build", day, day, select=[]) == []
    with pytest.raises(TransformationFailed, match="has no not_there: its files have changed"):
        transformation.build("build", day, day, select=["traffic_events", "not_there"])


def test_a_table_dropped_while_a_run_calculates_is_not_made_of_its_days_alone(home: Home) -> None:
    home.land_and_settle({**routy("2024-03-01", ",A,Foo,US,,1,0,0"), **no_clicks("2024-03-01", "2024-03-02")})
    home.query_all("drop table silver.traffic_events cascade")
    day = date(2024, 3, 2)

    with pytest.raises(TransformationFailed, match=r"traffic_events.* is not there: it was dropped"):
        home.platform.transformation.build("build", day, day, select=["traffic_events"])

    home.land_and_settle(routy("2024-03-02", ",A,Foo,US,,2,0,0"))
    assert [row["raw_earnings"] for row in home.query("table silver.traffic_events order by date")] == [1, 2]


def test_a_dropped_mart_stays_empty_but_for_what_is_published_anew(home: Home) -> None:
    home.land_and_settle(
        {
            **RAW_EARNINGS,
            **routy("2024-03-01", ",A,Foo,US,,1,0,0"),
            **routy("2024-04-01", ",A,Foo,US,,2,0,0"),
            **no_clicks("2024-03-01", "2024-04-01"),
        }
    )
    contradictions = "select distinct date_trunc('month', period)::date::text as month from gold.mart_violations"
    home.query_all("drop table gold.solution_1_marketing_daily cascade")

    home.land_and_settle(routy("2024-03-01", ",A,Foo,US,,3,0,0"))

    # What was published is in a backup only, so the other month is not filled from what is calculated; and it is told.
    assert home.commissions("solution_1_marketing_daily") == {("A", "2024-03-01"): Decimal("3.00")}
    of_the_mart = [row for row in home.ledger() if row["mart"] == "solution_1_marketing_daily"]
    assert [(row["old_commission"], row["new_commission"]) for row in of_the_mart] == [(None, Decimal("3.00"))]
    assert home.query(contradictions) == [{"month": "2024-04-01"}]


def test_a_table_dropped_while_tables_are_prepared_is_not_left_empty(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.land_and_settle({**routy("2024-03-01", ",A,Foo,US,,1,0,0"), **no_clicks("2024-03-01", "2024-03-02")})

    def make_room_and_lose_a_table(*args: Any) -> None:
        make_room(*args)
        home.query_all("drop table silver.traffic_events cascade")

    home.query_all("drop view gold.dim_calendar")
    with monkeypatch.context() as patched, home.platform.connected() as connection:
        patched.setattr("growthleads_assets.warehouse.transformation.make_room", make_room_and_lose_a_table)
        with pytest.raises(TransformationFailed, match=r"traffic_events.* is not there: it was dropped"):
            home.platform.transformation.prepare(connection)

    home.land_and_settle(routy("2024-03-02", ",A,Foo,US,,2,0,0"))
    assert [row["raw_earnings"] for row in home.query("table silver.traffic_events order by date")] == [1, 2]


def test_what_dbt_did_is_in_its_log(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    log = home.settings.dbt_log_path / "dbt.log"
    home.land_and_settle({**routy("2024-03-01", ",A,Foo,US,,1,0,0"), **no_clicks("2024-03-01")})
    text = log.read_text()
    assert re.search(r"^2\d{3}-\S+Z \[info\] .*OK created .* silver.traffic_events", text, re.MULTILINE)
    assert "[debug]" not in text

    monkeypatch.setenv("DBT_LOG_FORMAT_FILE", "json")
    with home.platform.connected() as connection:
        home.rewrite(connection, "traffic_events", "2024-03-01")
    messages = [json.loads(line)["info"]["msg"] for line in log.read_text().removeprefix(text).splitlines()]
    assert any("silver.traffic_events" in message for message in messages)


Layout = list[tuple[str, str, bool]]
"""Columns in order: name, type as PostgreSQL writes it, and whether every row has a value."""


def test_schemas_dbt_sources_and_tables_are_in_step(home: Home) -> None:
    document = yaml.safe_load(PATH.read_text())
    described = {
        f"{source['schema']}.{table['name']}": [
            (column["name"], column["data_type"], {"type": "not_null"} in column.get("constraints", []))
            for column in table["columns"]
        ]
        for source in document["sources"]
        for table in source["tables"]
    }
    by_schema = {
        f"bronze.{source.name}": [
            (name, sql_type, name in required_columns(source)) for name, (sql_type, _) in bronze_columns(source).items()
        ]
        for source in SOURCES.values()
    }
    models = {f"{model['schema']}.{name}" for name, model in _models(home).items()}

    with psycopg.connect(home.database.conninfo) as connection:
        found = {
            table: _layout(connection, table)
            for (table,) in connection.execute(
                "select oid::regclass::text from pg_class where relkind in ('r', 'v') "
                "and relnamespace in ('bronze'::regnamespace, 'gold'::regnamespace)"
            ).fetchall()
            if table not in models
        }
        assert {table: _as_table(connection, columns) for table, columns in described.items()} == found
        assert {table: _as_table(connection, columns) for table, columns in by_schema.items()} == {
            table: found[table] for table in by_schema
        }
    for source in SOURCES.values():
        delivered = source.schema.to_schema().columns
        required = {name for name, _, is_required in found[f"bronze.{source.name}"] if is_required}
        assert {name for name, column in delivered.items() if not column.nullable} == required & delivered.keys()


def _layout(connection: psycopg.Connection, table: str) -> Layout:
    return connection.execute(
        "select attname, format_type(atttypid, atttypmod), attnotnull from pg_attribute "
        "where attrelid = %s::regclass and attnum > 0 and not attisdropped order by attnum",
        (table,),
    ).fetchall()


def _as_table(connection: psycopg.Connection, columns: Layout) -> Layout:
    """What a table made of these columns is like, for a type has more than one name."""
    parts = [f"{name} {sql_type}{' not null' if required else ''}" for name, sql_type, required in columns]
    connection.execute(f"create temp table described ({', '.join(parts)})".encode())
    layout = _layout(connection, "described")
    connection.execute("drop table described")
    return layout
