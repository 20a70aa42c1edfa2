"""The numbered steps from one layout of the platform's own tables to the next.

Belongs here: what each step does, in SQL. Does not: applying them (layout.py); bronze tables, which follow the source
registry; dbt's tables, which follow its project (fitting.py).

Plain SQL and not a library of migrations: there is no model of the tables in Python to compare with, and half of the
tables are generated. A step that a release had is never changed any more. Another one comes after it: its number, a
sentence of what it is for, and its statements, which run once on each database, as the role that owns the tables. What
is new in a table or column is told in ledger_columns.py as well.
"""

from dataclasses import dataclass

from growthleads_assets.warehouse.tables import LEDGER_DDL


@dataclass(frozen=True)
class Migration:
    """A step: the version that the tables have after it, what it does, and the statements that do it."""

    version: int
    what: str
    statements: str


MIGRATIONS = (
    # Releases before it recorded no version, so it takes any of their databases, and an empty one.
    Migration(1, "Make the platform's own tables, or what a release without versions lacked of them.", LEDGER_DDL),
    Migration(
        2,
        "Record of days that the first releases published which file versions they were settled with.",
        """
        update bronze.calculations set settled_inputs = inputs where settled_at is not null and settled_inputs is null;
        update bronze.calculations
        set first_published_at = published_days.first_published_at
        from gold.published_days
        where
            calculations.part = published_days.part
            and calculations.day = published_days.date
            and calculations.first_published_at is null;
        """,
    ),
    Migration(
        3,
        "Record of rebuilds from the archive.",
        """
        create table if not exists bronze.rebuilds (
            rebuild_id bigint generated always as identity primary key,
            started_at timestamptz not null,
            finished_at timestamptz
        );
        comment on table bronze.rebuilds is
            'When files were loaded from the archive alone: restatements of before are not on record. One row per '
            'rebuild; finished_at is null until the whole archive is loaded.';
        """,
    ),
)

NEWEST = MIGRATIONS[-1].version
