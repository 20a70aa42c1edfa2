"""The dbt source definitions, generated from the source registry.

Belongs here: models/bronze/sources.yml, written by `python -m growthleads_assets.warehouse.dbt_sources` and compared in
the tests. Does not: models.
"""

import sys
from pathlib import Path
from typing import Any

import yaml

from growthleads_assets.contracts.registry import SOURCES, Registry, Source
from growthleads_assets.settings import CHECKOUT
from growthleads_assets.warehouse.tables import bronze_columns

PATH = CHECKOUT / "dbt_project" / "models" / "bronze" / "sources.yml"

HEADER = """\
# Generated from the source registry by `python -m growthleads_assets.warehouse.dbt_sources`: edit the schemas in
# growthleads_assets/contracts instead.
"""

LEDGER_TABLES = {
    "files": "The file ledger. One row per version of a file that was loaded or refused.",
    "quarantine": "Rows held out of the calculation. One row per quarantined row of a file version.",
    "part_sources": "Which sources feed which part, and which it requires. One row per source and part.",
}
PUBLISHED_TABLES = {"published_days": "What the solution marts show. One row per part and day published."}


def render_sources(registry: Registry) -> str:
    """The YAML: a table per source with its columns and what may not be null, and the ledger's tables."""
    tables = [_table(source) for source in registry.values()]
    ledger = [{"name": name, "description": text} for name, text in LEDGER_TABLES.items()]
    published = [{"name": name, "description": text} for name, text in PUBLISHED_TABLES.items()]
    document = {
        "version": 2,
        "sources": [
            {
                "name": "bronze",
                "schema": "bronze",
                "description": "What landed, cleaned and typed, and the ledger of files.",
                "tables": [*tables, *ledger],
            },
            {
                "name": "published",
                "schema": "gold",
                "description": "What the publisher records beside the marts.",
                "tables": published,
            },
        ],
    }
    return HEADER + yaml.safe_dump(document, sort_keys=False, width=110, allow_unicode=True)


def _table(source: Source) -> dict[str, Any]:
    return {
        "name": source.name,
        "description": source.description,
        "columns": [
            _column(source, name, sql_type, description)
            for name, (sql_type, description) in bronze_columns(source).items()
        ],
    }


def _column(source: Source, name: str, sql_type: str, description: str) -> dict[str, Any]:
    column: dict[str, Any] = {"name": name, "data_type": sql_type, "description": description}
    delivered = source.schema.to_schema().columns
    if name in delivered and not delivered[name].nullable:
        test: dict[str, Any] = {"name": f"bronze_{source.name}_{name}_is_given"}
        if source.is_event:
            test["config"] = {"where": "__file_days__"}
        column["data_tests"] = [{"not_null": test}]
    return column


def main(path: Path = PATH) -> None:
    """Write the file anew."""
    path.write_text(render_sources(SOURCES))
    sys.stdout.write(f"{path} is written.\n")


if __name__ == "__main__":
    main()
