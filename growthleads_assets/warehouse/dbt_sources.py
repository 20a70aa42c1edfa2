"""The dbt source definitions, generated from the source registry.

Belongs here: models/bronze/sources.yml, written by `python -m growthleads_assets.warehouse.dbt_sources` and compared in
the tests. Does not: models.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from growthleads_assets.contracts.registry import SOURCES, Registry, Source
from growthleads_assets.settings import CHECKOUT
from growthleads_assets.warehouse import ledger_columns
from growthleads_assets.warehouse.tables import bronze_columns, required_columns

PATH = CHECKOUT / "dbt_project" / "models" / "bronze" / "sources.yml"

HEADER = """\
# Generated from the source registry by `python -m growthleads_assets.warehouse.dbt_sources`: edit the schemas in
# growthleads_assets/contracts instead.
"""

# Pandera's checks that PostgreSQL can repeat; a text's own form is looked at while its file is read.
CONDITIONS = {
    "greater_than": "{column} > {min_value}",
    "greater_than_or_equal_to": "{column} >= {min_value}",
    "less_than": "{column} < {max_value}",
    "less_than_or_equal_to": "{column} <= {max_value}",
}

# What is more than a description, by (schema, table): rules that the rows of the ledger keep.
LEDGER_TESTS: Mapping[tuple[str, str], Sequence[dict[str, Any]]] = {
    ("gold", "published_days"): [
        {
            "is_key": {
                "name": "published_days_no_day_is_published_twice",
                "arguments": {"columns": ["part", "date"]},
                "config": {"where": "__scraper_window__"},
            }
        },
    ],
}


def render_sources(registry: Registry) -> str:
    """The YAML: a table per source with its columns and the rules its rows keep, and the ledger's tables."""
    document = {
        "version": 2,
        "sources": [
            {
                "name": "bronze",
                "schema": "bronze",
                "description": "What landed, cleaned and typed, and the ledger of files.",
                "tables": [*map(_table, registry.values()), *_ledger("bronze", ledger_columns.BRONZE)],
            },
            {
                "name": "published",
                "schema": "gold",
                "description": "What the publisher records beside the marts.",
                "tables": _ledger("gold", ledger_columns.PUBLISHED),
            },
        ],
    }
    return HEADER + yaml.safe_dump(document, sort_keys=False, width=110, allow_unicode=True)


def _table(source: Source) -> dict[str, Any]:
    required = required_columns(source)
    return {
        "name": source.name,
        "description": source.description,
        "data_tests": list(_tests(source)),
        "columns": [
            _column(name, sql_type, description, required=name in required)
            for name, (sql_type, description) in bronze_columns(source).items()
        ],
    }


def _ledger(schema: str, tables: Mapping[str, ledger_columns.Table]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "description": table.description,
            **({"data_tests": LEDGER_TESTS[schema, name]} if (schema, name) in LEDGER_TESTS else {}),
            "columns": [
                _column(column, sql_type, description, required=required)
                for column, (sql_type, description, required) in table.columns.items()
            ],
        }
        for name, table in tables.items()
    ]


def _column(name: str, sql_type: str, description: str, *, required: bool) -> dict[str, Any]:
    column: dict[str, Any] = {"name": name, "data_type": sql_type, "description": description}
    return {**column, "constraints": [{"type": "not_null"}]} if required else column


def _tests(source: Source) -> Iterator[dict[str, Any]]:
    """The rules of a source's table, each a test of its own, on the files of a run's window."""
    columns = source.schema.to_schema().columns
    arguments = {"source": source.name, "is_event": source.is_event}
    yield {"rows_add_up": {"name": f"bronze_{source.name}_rows_read_are_loaded_or_quarantined", "arguments": arguments}}
    required = ", ".join(name for name in bronze_columns(source) if name in required_columns(source))
    yield _holds(source, "required_values_are_given", f"num_nulls({required}) = 0")
    days = [f"{name}::date = _day" for name, column in columns.items() if isinstance(column.dtype.type, pl.Datetime)]
    if source.is_event and days:
        yield _holds(source, "dates_are_of_the_files_day", " and ".join(days))
    ranges = [
        CONDITIONS[check.name].format(column=name, **check.statistics)
        for name, column in columns.items()
        for check in column.checks
        if check.name in CONDITIONS
    ]
    if ranges:
        # A value that is not given breaks no range.
        yield _holds(source, "values_are_in_their_range", f"({' and '.join(ranges)}) is not false")


def _holds(source: Source, rule: str, expression: str) -> dict[str, Any]:
    test: dict[str, Any] = {"name": f"bronze_{source.name}_{rule}", "arguments": {"expression": expression}}
    if source.is_event:
        test["config"] = {"where": "__file_days__"}
    return {"expression_holds": test}


def main(path: Path = PATH) -> None:
    """Write the file anew."""
    path.write_text(render_sources(SOURCES))
    sys.stdout.write(f"{path} is written.\n")


if __name__ == "__main__":
    main()
