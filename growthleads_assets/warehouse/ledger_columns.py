"""What the platform's own tables beside the bronze ones hold, column by column, for whoever reads the documentation.

Belongs here: descriptions, with the types and nullability that a reader relies on; a test holds them to the database.
Does not: creating the tables (tables.py).
"""

from collections.abc import Mapping
from typing import NamedTuple


class Column(NamedTuple):
    """A column of the ledger: its PostgreSQL type, what it says, and whether every row has a value."""

    sql_type: str
    description: str
    required: bool = True


class Table(NamedTuple):
    """A table or view of the ledger; its description ends with what a row is."""

    description: str
    columns: Mapping[str, Column]


def _optional(sql_type: str, description: str) -> Column:
    return Column(sql_type, description, required=False)


_PART = Column("integer", "1 web traffic, 2 scrapers.")
_SOURCE = Column("text", "The source, as in the registry.")
_RUN_ID = Column("text", "The run that did it.")
_INPUTS = "by source, the load_id of the file version"

BRONZE = {
    "files": Table(
        "The file ledger; the version in force is the loaded one that is not superseded. One row per version of a file "
        "that was loaded or refused.",
        {
            "load_id": Column("bigint", "The version; a later one has a higher number."),
            "source": _SOURCE,
            "file": Column("text", "The file's name, which with the source identifies it."),
            "day": _optional("date", "The file's day; null for a dimension."),
            "sha256": _optional("text", "Fingerprint of the file's bytes; null where they could not be read."),
            "rows_read": _optional("bigint", "Rows in the file; null for a refused one."),
            "rows_loaded": _optional("bigint", "Rows that went to the source's table; null for a refused file."),
            "rows_quarantined": _optional("bigint", "Rows that went to the quarantine; null for a refused file."),
            "earnings": _optional("numeric", "Sum over its loaded rows; null for a source that delivers none."),
            "extra_columns": Column("text[]", "Columns of the file that the source does not have; they are ignored."),
            "status": Column("text", "loaded or refused."),
            "reason": _optional("text", "Why it was refused."),
            "judged_by": Column("text", "Fingerprint of the rules that it was judged by."),
            "archived_as": _optional("text", "Its copy in the archive zone; null for a refused file."),
            "recorded_at": Column("timestamptz", "When it was loaded or refused."),
            "run_id": _optional("text", "The run that loaded or refused it."),
            "superseded_at": _optional("timestamptz", "When a later version came into force; null while this one is."),
            "gone_at": _optional("timestamptz", "When a refused file was found to have left the landing zone."),
        },
    ),
    "quarantine": Table(
        "Rows held out of the calculation. One row per quarantined row of a file version.",
        {
            "load_id": Column("bigint", "The version of the file, as in bronze.files."),
            "source": _SOURCE,
            "file": Column("text", "The file's name."),
            "day": _optional("date", "The file's day; null for a dimension."),
            "line": Column("bigint", "The line of the file on which the row starts."),
            "raw_line": Column("text", "The row as it was delivered."),
            "column_name": _optional("text", "The column at fault; null where it is the row as a whole."),
            "value": _optional("text", "What stands in that column."),
            "reason": Column("text", "Which rule the row breaks, in one word."),
            "detail": Column("text", "What is wrong and what to do, in a sentence."),
            "fields": _optional("jsonb", "The row's values by column; null where it could not be taken apart."),
            "quarantined_at": Column("timestamptz", "When."),
            "resolved_at": _optional("timestamptz", "When a later version of the file came into force."),
        },
    ),
    "part_sources": Table(
        "Which sources feed which part, and which it requires. One row per source and part.",
        {
            # PostgreSQL does not know of a view's columns that they are never null.
            "source": _optional("text", "The source, as in the registry."),
            "kind": _optional("text", "event or dimension."),
            "part": _optional("integer", "1 web traffic, 2 scrapers."),
            "is_required": _optional("boolean", "Whether the part waits for it."),
        },
    ),
    "day_inputs": Table(
        "The file versions in force that a part and day is computed from. One row per part and day with a file.",
        {
            "part": _optional("integer", "1 web traffic, 2 scrapers."),
            "day": _optional("date", "The day."),
            "inputs": _optional("jsonb", f"The files of the day and the dimensions: {_INPUTS}."),
        },
    ),
    "sources": Table(
        "The source registry. One row per source.",
        {
            "source": _SOURCE,
            "kind": Column("text", "event or dimension."),
            "parts": Column("integer[]", "The parts that it feeds."),
            "required_for": Column("integer[]", "Those of them that wait for it."),
            "earnings_column": _optional("text", "The column that says what a row is worth; null where none does."),
        },
    ),
    "settings": Table(
        "The settings that views depend on, as the last process had them. One row per database.",
        {
            "late_after": Column("interval", "How long a required file may follow the first other file of its day."),
            "provisional_for": Column("interval", "How long after its day an optional file may still be expected."),
            "timezone": Column("text", "Where today is."),
        },
    ),
    "calculations": Table(
        "The newest calculation: the file versions it began with, and whether it was settled, that is published or "
        "found to wait. One row per part and day.",
        {
            "part": _PART,
            "day": Column("date", "The day."),
            "inputs": Column("jsonb", f"What it began with: {_INPUTS}."),
            "run_id": _RUN_ID,
            "started_at": Column("timestamptz", "When it began."),
            "finished_at": _optional("timestamptz", "When it was done; null while it goes on, or after a failure."),
            "settled_at": _optional("timestamptz", "When it was published or found to wait."),
            "settled_inputs": _optional("jsonb", f"What the calculation settled last began with: {_INPUTS}."),
            "waiting_for": _optional("text[]", "The required sources that were missing when it was settled."),
            "first_published_at": _optional("timestamptz", "When the day was published for the first time."),
        },
    ),
    "dimension_changes": Table(
        "What a version of a dimension file changed against the version before it. One row per changed row.",
        {
            "load_id": Column("bigint", "The version, as in bronze.files."),
            "source": _SOURCE,
            "change": Column("text", "added, removed or altered."),
            "key": Column("jsonb", "The row's key."),
            "old_row": _optional("jsonb", "The row before; null for an added one."),
            "new_row": _optional("jsonb", "The row now; null for a removed one."),
        },
    ),
    "rebuilds": Table(
        "When files were loaded from the archive alone: restatements of before are not on record. One row per rebuild.",
        {
            "rebuild_id": Column("bigint", "The rebuild; a later one has a higher number."),
            "started_at": Column("timestamptz", "When it began."),
            "finished_at": _optional("timestamptz", "When all of the archive was loaded; null until then."),
        },
    ),
    "attempts": Table(
        "Work that was requested and is not done. One row per piece of work.",
        {
            "work": Column("text", "Fingerprint of all that the work starts from."),
            "title": Column("text", "The work, in words."),
            "attempts": Column("integer", "How often it was requested."),
            "requested_at": Column("timestamptz", "When it was requested last."),
        },
    ),
    "alerts": Table(
        "What people were or are to be told of, once. One row per matter.",
        {
            "alert_id": Column("bigint", "The order in which they were raised."),
            "key": Column("text", "Names the matter: the same key is the same matter."),
            "kind": Column("text", "refused_file, late_file, failed_work, failed_check or failed_run."),
            "title": Column("text", "The matter in a line."),
            "message": Column("text", "What happened."),
            "source": _optional("text", "The source of the file; null where it is about none."),
            "file": _optional("text", "The file, as a path from the landing zone."),
            "first_day": _optional("date", "The first day concerned."),
            "last_day": _optional("date", "The last day concerned."),
            "money": _optional("numeric", "How much money is concerned; null where it is not known."),
            "money_is": Column("text", "What that amount is, or why it is not known."),
            "money_is_estimate": Column("boolean", "Whether it is a median of others."),
            "run_id": _optional("text", "The run; null where there was none."),
            "happened_at": Column("timestamptz", "When it happened."),
            "raised_at": Column("timestamptz", "When it was found."),
        },
    ),
    "alert_channels": Table(
        "Where alerts go, or went. One row per channel.",
        {
            "channel": Column("text", "slack, mail, webhook or log."),
            "since": Column("timestamptz", "When it was first configured: it gets nothing that happened before."),
        },
    ),
    "alert_deliveries": Table(
        "What became of an alert on a channel; due until it is delivered or given up. One row per alert and channel.",
        {
            "alert_id": Column("bigint", "The alert."),
            "channel": Column("text", "The channel."),
            "attempts": Column("integer", "How often it was tried."),
            "next_try_at": Column("timestamptz", "When it is tried next, while it is due."),
            "delivered_at": _optional("timestamptz", "When it was taken."),
            "given_up_at": _optional("timestamptz", "When it was given up."),
            "last_error": _optional("text", "Why it was not taken the last time."),
        },
    ),
    "migrations": Table(
        "The layouts that the platform's own tables have had; the newest version is theirs. One row per migration.",
        {
            "version": Column("integer", "The version that the tables had then."),
            "what": Column("text", "What was done."),
            "release": Column("text", "The release of the platform that did it."),
            "applied_at": Column("timestamptz", "When."),
        },
    ),
    "layout": Table(
        "The sources that the platform's tables were made for, once they are made. One row per database.",
        {
            "checksum": Column("text", "Fingerprint of the sources."),
            "created_at": Column("timestamptz", "When the tables were made for them."),
        },
    ),
    "prepared_models": Table(
        "The state of the dbt project whose tables and views are in the database. One row per database.",
        {
            "checksum": Column("text", "Fingerprint of the project."),
            "prepared_at": Column("timestamptz", "When they were made."),
        },
    ),
}
"""Tables and views of schema bronze, those of the sources aside."""

PUBLISHED = {
    "published_days": Table(
        "What the solution marts show; a day may be published without rows. One row per part and day published.",
        {
            "part": _PART,
            "date": Column("date", "The day."),
            "inputs": Column("jsonb", f"What the numbers were computed from: {_INPUTS}."),
            "run_id": Column("text", "The run that published it last."),
            "first_published_at": Column("timestamptz", "When it was published for the first time."),
            "published_at": Column("timestamptz", "When it was published last."),
        },
    ),
    "commission_restatements": Table(
        "Every change to a number of the solution marts after its first publication, with what brought it about. One "
        "row per number and change.",
        {
            "restatement_id": Column("bigint", "The order of the changes."),
            "mart": Column("text", "The solution mart."),
            "key": Column("text", "The marketing source or operator."),
            "period": Column("date", "The day, or the first day of the month."),
            "kind": Column("text", "restatement; accrual where it moved because new days came."),
            "old_commission": _optional("numeric(24,2)", "Before; null where the mart had no row."),
            "new_commission": _optional("numeric(24,2)", "After; null where the mart has no row any more."),
            "difference": Column("numeric(24,2)", "What it moved by, no row counting as 0."),
            "restated_at": Column("timestamptz", "When."),
            "run_id": _RUN_ID,
            "cause_source": _optional("text", "The source of the file that brought it about; null where none changed."),
            "cause_file": _optional("text", "The name of that file."),
            "old_sha256": _optional("text", "Fingerprint of its version before; null where it had none."),
            "new_sha256": _optional("text", "Fingerprint of its version now."),
            "causes": Column("jsonb", "All files that changed since the number was published."),
        },
    ),
}
"""Tables of schema gold that the publisher writes beside the marts."""
