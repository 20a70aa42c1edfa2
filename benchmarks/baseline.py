"""The least that a load and a calculation can cost: bare COPYs, and the same SQL straight through psql.

Belongs here: the statements of that, taken from dbt's own compilation. Does not: timing them.
"""

import json
from graphlib import TopologicalSorter
from pathlib import Path

from benchmarks.data import EVENT_SOURCES
from benchmarks.homes import Home
from benchmarks.loads import COPY_COLUMNS, copy_file
from growthleads_assets.warehouse.publication import MARTS


def copy_all(home: Home, files: Path) -> None:
    """COPY every event file below a folder, a transaction each."""
    with home.connected() as connection:
        for source in EVENT_SOURCES:
            for file in sorted((files / source).iterdir()):
                copy_file(connection, source, file)


def empty_tables(home: Home) -> None:
    """The schema `bench` with a table for each source, without indexes."""
    home.execute(
        "drop schema if exists bench cascade",
        "create schema bench",
        *(f"create table bench.{source} ({columns})" for source, columns in COPY_COLUMNS.items()),
        "checkpoint",
    )


def write_statements(home: Home, script: Path) -> None:
    """A script for psql that calculates all of the home's days as dbt does and makes all marts, as tables in `bench`.

    Compiled without a window, which `dbt compile` does not take: it is all of history then. A model reads the
    platform's own tables of what comes before it, so that both calculate from the same.
    """
    target = script.with_suffix(".target")
    home.growthleads("exec", "--", "dbt", "--quiet", "compile", "--target-path", str(target))
    nodes = json.loads((target / "manifest.json").read_text())["nodes"]
    order = TopologicalSorter({name: node["depends_on"]["nodes"] for name, node in nodes.items()}).static_order()
    models = [nodes[name] for name in order if name.startswith("model.")]
    statements = [
        f"create table bench.{model['name']} as\n{model['compiled_code']};"
        for model in models
        if model["config"]["materialized"] == "incremental"
    ]
    statements += [f"create table bench.{mart} as select * from candidate.{mart};" for mart in MARTS]
    script.write_text("\n\n".join(statements))
