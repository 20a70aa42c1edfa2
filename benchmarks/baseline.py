"""The least that a load and a calculation can cost: bare COPYs, and the same SQL straight through psql.

Belongs here: the statements of that, taken from dbt's own compilation and PostgreSQL's catalog. Does not: timing them.
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


def write_statements(home: Home, *, models: Path, complete: Path) -> None:
    """Scripts for psql that calculate all of the home's days as dbt does and make all marts, as tables in `bench`.

    ``models`` does that and no more; ``complete`` also makes the keys and indexes that the tables have, takes the
    statistics that a run takes, and runs the tests that a run does. Neither has what the publisher does, which compares
    with what was published before.

    Compiled without a window, which `dbt compile` does not take: it is all of history then. A model or test reads the
    platform's own tables of what comes before it, so that both calculate from the same.
    """
    target = models.with_suffix(".target")
    home.growthleads("exec", "--", "dbt", "--quiet", "compile", "--target-path", str(target))
    nodes = json.loads((target / "manifest.json").read_text())["nodes"]
    order = TopologicalSorter({name: node["depends_on"]["nodes"] for name, node in nodes.items()}).static_order()
    ordered = [nodes[name] for name in order if name in nodes]
    tables = [
        (node["schema"], node["name"], node["compiled_code"])
        for node in ordered
        if node["config"]["materialized"] == "incremental"
    ]
    tables += [("gold", mart, f"select * from candidate.{mart}") for mart in MARTS]
    with models.open("w") as least, complete.open("w") as whole:
        for schema, name, query in tables:
            statement = f"create table bench.{name} as\n{query};\n\n"
            least.write(statement)
            whole.writelines([statement, *_indexes(home, schema, name)])
            if name not in MARTS:
                whole.write(f"analyze bench.{name};\n\n")
        whole.writelines(
            f"select count(*) from (\n{node['compiled_code']}\n) as failures;\n\n"
            for node in ordered
            if node["resource_type"] == "test"
        )


def _indexes(home: Home, schema: str, name: str) -> list[str]:
    """Statements that give a table in `bench` the keys and indexes of the platform's table of that name."""
    rows = home.query(
        f"""
        select coalesce(
            'alter table bench.{name} add ' || pg_get_constraintdef(keys.oid),
            replace(pg_get_indexdef(indexrelid), ' ON {schema}.', ' ON bench.')
        )
        from pg_index
        left join pg_constraint as keys on pg_index.indexrelid = keys.conindid and keys.contype in ('p', 'u', 'x')
        where pg_index.indrelid = '{schema}.{name}'::regclass
        """
    )
    return [f"{statement};\n\n" for (statement,) in rows]
