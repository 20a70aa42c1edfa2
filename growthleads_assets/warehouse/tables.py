"""The tables that the platform itself writes: bronze, quarantine, the file ledger and what was published.

Belongs here: their layout, the bronze ones generated from the source registry. Does not: bringing a database to it
(layout.py), reading or writing rows.
"""

from datetime import timedelta

import pandera.polars as pa
import polars as pl
import psycopg

from growthleads_assets.contracts.registry import Source
from growthleads_assets.settings import PREFIX, SettingsError

# The first migration (migrations.py): once released it stays as it is, and what is new comes as a migration of its own.
LEDGER_DDL = """
create schema if not exists bronze;
create schema if not exists silver;
create schema if not exists gold;
create schema if not exists candidate;
comment on schema bronze is null;

create table if not exists bronze.migrations (
    version int primary key,
    what text not null,
    release text not null,
    applied_at timestamptz not null default clock_timestamp()
);
comment on table bronze.migrations is
    'The layouts that the platform''s own tables have had. One row per migration; the newest version is theirs.';

create table if not exists bronze.sources (
    source text primary key,
    kind text not null check (kind in ('event', 'dimension')),
    parts int[] not null,
    required_for int[] not null,
    earnings_column text
);
comment on table bronze.sources is
    'The source registry. One row per source; earnings_column says what a row is worth, where it is worth money.';

create table if not exists bronze.settings (
    late_after interval not null,
    provisional_for interval not null,
    timezone text not null
);
comment on table bronze.settings is 'The settings that views depend on, as the last process had them. One row.';

create table if not exists bronze.files (
    load_id bigint generated always as identity primary key,
    source text not null,
    file text not null,
    day date,
    sha256 text,
    rows_read bigint,
    rows_loaded bigint,
    rows_quarantined bigint,
    earnings numeric,
    extra_columns text[] not null default '{}',
    status text not null check (status in ('loaded', 'refused')),
    reason text,
    judged_by text not null,
    archived_as text,
    recorded_at timestamptz not null default clock_timestamp(),
    run_id text,
    superseded_at timestamptz,
    gone_at timestamptz,
    check (status <> 'loaded' or (sha256 is not null and rows_read = rows_loaded + rows_quarantined))
);
comment on table bronze.files is
    'The file ledger. One row per version of a file that was loaded or refused; the version in force is the '
    'loaded one that is not superseded. earnings is the sum over its loaded rows, where the source delivers any. '
    'gone_at says when a refused file was found not to lie in the landing zone any more.';
-- Of homes made by a release that did not have them yet.
alter table bronze.files add column if not exists gone_at timestamptz;
alter table bronze.sources add column if not exists earnings_column text;
alter table bronze.files add column if not exists earnings numeric;
create unique index if not exists files_in_force on bronze.files (source, file)
    where status = 'loaded' and superseded_at is null;
create index if not exists files_by_name on bronze.files (source, file, load_id);
create index if not exists files_by_day on bronze.files (source, day)
    where status = 'loaded' and superseded_at is null;

create table if not exists bronze.quarantine (
    load_id bigint not null references bronze.files,
    source text not null,
    file text not null,
    day date,
    line bigint not null,
    raw_line text not null,
    column_name text,
    value text,
    reason text not null,
    detail text not null,
    fields jsonb,
    quarantined_at timestamptz not null default clock_timestamp(),
    resolved_at timestamptz,
    primary key (load_id, line)
);
comment on table bronze.quarantine is
    'Rows held out of the calculation. One row per quarantined row of a file version; resolved once a later '
    'version of the file is in force.';
create index if not exists quarantine_by_day on bronze.quarantine (source, day) where resolved_at is null;

create or replace function bronze.readable_money(fields jsonb, earnings_column text) returns numeric
language sql immutable
begin atomic
    -- Earnings by docs/domain.md, "Cleaning": 12 digits before the point and 9 after it, further zeros aside.
    select case
        when fields is null or earnings_column is null then null
        when fields ->> earnings_column is null then 0
        when fields ->> earnings_column ~ '^[+-]?(0*[0-9]{1,12}([.][0-9]{0,9}0*)?|[.][0-9]{1,9}0*)$'
            then (fields ->> earnings_column)::numeric
    end;
end;
comment on function bronze.readable_money is
    'What a quarantined row is worth by its earnings column, 0 where that is empty; null where it cannot be told.';

create table if not exists bronze.calculations (
    part int not null,
    day date not null,
    inputs jsonb not null,
    run_id text not null,
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    settled_at timestamptz,
    settled_inputs jsonb,
    waiting_for text[],
    first_published_at timestamptz,
    primary key (part, day)
);
comment on table bronze.calculations is
    'The newest calculation of each part and day: the file versions it began with, and whether it was settled, '
    'that is published or found to wait. settled_inputs are those it was settled with last, and stay while a newer '
    'calculation is under way. One row per part and day.';
alter table bronze.calculations add column if not exists settled_inputs jsonb;
alter table bronze.calculations add column if not exists first_published_at timestamptz;

create table if not exists bronze.dimension_changes (
    load_id bigint not null references bronze.files,
    source text not null,
    change text not null check (change in ('added', 'removed', 'altered')),
    key jsonb not null,
    old_row jsonb,
    new_row jsonb
);
comment on table bronze.dimension_changes is
    'What a version of a dimension file changed against the version before it. One row per changed row.';
create index if not exists dimension_changes_by_load on bronze.dimension_changes (load_id);

create table if not exists bronze.attempts (
    work text primary key,
    title text not null,
    attempts int not null,
    requested_at timestamptz not null
);
comment on table bronze.attempts is
    'Work that was requested and is not done: how often, and when last. One row per piece of work, named by a '
    'fingerprint of all that it starts from; it goes once the work is done or starts from something else.';

create table if not exists bronze.alerts (
    alert_id bigint generated always as identity primary key,
    key text not null unique,
    kind text not null,
    title text not null,
    message text not null,
    source text,
    file text,
    first_day date,
    last_day date,
    money numeric,
    money_is text not null,
    money_is_estimate boolean not null,
    run_id text,
    happened_at timestamptz not null,
    raised_at timestamptz not null default clock_timestamp()
);
comment on table bronze.alerts is
    'What people were or are to be told of. One row per matter, named by its key: it is told once.';

create table if not exists bronze.alert_channels (
    channel text primary key,
    since timestamptz not null default clock_timestamp()
);
comment on table bronze.alert_channels is
    'Since when a channel has been configured: it gets nothing that happened before. One row per channel.';

create table if not exists bronze.alert_deliveries (
    alert_id bigint not null references bronze.alerts,
    channel text not null,
    attempts int not null default 0,
    next_try_at timestamptz not null,
    delivered_at timestamptz,
    given_up_at timestamptz,
    last_error text,
    primary key (alert_id, channel)
);
comment on table bronze.alert_deliveries is
    'What became of an alert on a channel. One row per alert and channel; due until it is delivered or given up.';
create index if not exists alert_deliveries_due on bronze.alert_deliveries (channel, next_try_at)
    where delivered_at is null and given_up_at is null;

create table if not exists bronze.layout (
    checksum text not null,
    created_at timestamptz not null default clock_timestamp()
);
comment on table bronze.layout is 'The sources that the platform''s tables were made for. One row, once they are made.';

create table if not exists bronze.prepared_models (
    checksum text not null,
    prepared_at timestamptz not null default clock_timestamp()
);
comment on table bronze.prepared_models is 'The state of the dbt project whose tables and views are in the database.';

create table if not exists gold.published_days (
    part int not null,
    date date not null,
    inputs jsonb not null,
    run_id text not null,
    first_published_at timestamptz not null default clock_timestamp(),
    published_at timestamptz not null default clock_timestamp(),
    primary key (part, date)
);
comment on table gold.published_days is
    'What the solution marts show: one row per part and day published, with the file versions that give these '
    'numbers. A day may be published without rows.';

create table if not exists gold.commission_restatements (
    restatement_id bigint generated always as identity primary key,
    mart text not null,
    key text not null,
    period date not null,
    kind text not null check (kind in ('restatement', 'accrual')),
    old_commission numeric(24, 2),
    new_commission numeric(24, 2),
    difference numeric(24, 2) not null,
    restated_at timestamptz not null default transaction_timestamp(),
    run_id text not null,
    cause_source text,
    cause_file text,
    old_sha256 text,
    new_sha256 text,
    causes jsonb not null default '[]',
    check (old_commission is distinct from new_commission),
    check (difference = coalesce(new_commission, 0) - coalesce(old_commission, 0))
);
comment on table gold.commission_restatements is
    'Every change to a number of the solution marts after its first publication, with what brought it about. One row '
    'per number and change; a number that new days moved as well as corrections has a row for each.';
create index if not exists commission_restatements_by_number
    on gold.commission_restatements (mart, key, period, restatement_id);
create index if not exists commission_restatements_by_period on gold.commission_restatements (period);
create index if not exists commission_restatements_by_run on gold.commission_restatements (run_id);

create or replace view bronze.part_sources as
select
    sources.source,
    sources.kind,
    part.part,
    part.part = any(sources.required_for) as is_required
from bronze.sources as sources
cross join lateral unnest(sources.parts) as part (part);
comment on view bronze.part_sources is 'One row per source and part that it feeds.';

create or replace view bronze.day_inputs as
select
    part_sources.part,
    files.day,
    jsonb_object_agg(files.source, files.load_id) || coalesce(dimensions.inputs, '{}') as inputs
from bronze.files as files
inner join bronze.part_sources as part_sources
    on files.source = part_sources.source and part_sources.kind = 'event'
left join (
    select
        part_sources.part,
        jsonb_object_agg(files.source, files.load_id) as inputs
    from bronze.files as files
    inner join bronze.part_sources as part_sources
        on files.source = part_sources.source and part_sources.kind = 'dimension'
    where files.status = 'loaded' and files.superseded_at is null
    group by part_sources.part
) as dimensions
    on part_sources.part = dimensions.part
where files.status = 'loaded' and files.superseded_at is null
group by part_sources.part, files.day, dimensions.inputs;
comment on view bronze.day_inputs is
    'The file versions in force that a part and day is computed from. One row per part and day with a file.';
"""

PROVENANCE_COLUMNS = {
    "_day": ("date", "The file's day."),
    "_load_id": ("bigint", "The version of the file, as in bronze.files."),
    "_line": ("bigint", "The line of the file on which the row starts."),
    "_source": ("text", "The source the row came from."),
    "_file": ("text", "The file the row came from."),
}
"""Columns that every bronze row carries beside its own; ``_day`` for events only.

New tables have them first, and first of them the key: PostgreSQL reads a row up to the key's last column to enter it in
the index, which was a twentieth of a large load where that came last. Tables that are there keep their order.
"""


SQL_TYPES = {
    pl.Datetime("us"): "timestamp",
    pl.Date: "date",
    pl.Int64: "bigint",
    pl.Boolean: "boolean",
    pl.String: "text",
}


def bronze_columns(source: Source) -> dict[str, tuple[str, str]]:
    """Columns of a source's bronze table, in order: name to (PostgreSQL type, description)."""
    columns = {name: what for name, what in PROVENANCE_COLUMNS.items() if source.is_event or name != "_day"}
    for schema in filter(None, (source.schema, source.derivation and source.derivation.schema)):
        for name, column in schema.to_schema().columns.items():
            columns[name] = (_sql_type(column), column.description or "")
            if (column.metadata or {}).get("folded"):
                columns[f"{name}_key"] = ("text", f"{name} in lower case, by which names are compared.")
    return columns


def required_columns(source: Source) -> frozenset[str]:
    """The columns of a source's bronze table in which every row has a value."""
    required = {name for name in PROVENANCE_COLUMNS if source.is_event or name != "_day"}
    for schema in filter(None, (source.schema, source.derivation and source.derivation.schema)):
        for name, column in schema.to_schema().columns.items():
            if not column.nullable:
                required |= {name, f"{name}_key"}
    return frozenset(required & bronze_columns(source).keys())


def _sql_type(column: pa.Column) -> str:
    explicit = (column.metadata or {}).get("sql_type")
    if explicit:
        return str(explicit)
    dtype = column.dtype.type
    if isinstance(dtype, pl.Decimal):
        return f"numeric({dtype.precision},{dtype.scale})"
    for polars_type, sql_type in SQL_TYPES.items():
        if dtype == polars_type:
            return sql_type
    raise TypeError(f"column {column.name} has the type {column.dtype}, for which there is no PostgreSQL type")


def bronze_key(source: Source) -> tuple[str, ...]:
    """The primary key of a source's bronze table.

    One index for the days of a window and against loading a line twice: with one for each PostgreSQL took 3.0 instead
    of 2.2 s for a million rows. The load comes before the line so that a correction, whose predecessor's entries are
    still there, fills pages of its own: 2.6 s instead of 4.
    """
    return ("_day", "_load_id", "_line") if source.is_event else ("_load_id", "_line")


def record_settings(
    connection: psycopg.Connection, *, late_after: timedelta, provisional_for: timedelta, timezone: str
) -> None:
    """Put the settings on record that views read, unless they are.

    Raises SettingsError for a time zone that Python knows and the database does not: each has a list of its own.
    """
    values = {"late_after": late_after, "provisional_for": provisional_for, "timezone": timezone}
    found = connection.execute(
        "select from bronze.settings where (late_after, provisional_for, timezone) "
        "= (%(late_after)s, %(provisional_for)s, %(timezone)s)",
        values,
    ).fetchone()
    if found is not None:
        return
    try:
        connection.execute("select now() at time zone %s", (timezone,))
    except psycopg.errors.InvalidParameterValue:
        raise SettingsError(
            f"{PREFIX}TIMEZONE is {timezone!r}, but must be a time zone that the database knows too, such as UTC or "
            "Europe/Berlin: the view pg_timezone_names lists them."
        ) from None
    with connection.transaction():
        connection.execute("lock table bronze.settings in share row exclusive mode")
        connection.execute("delete from bronze.settings")
        connection.execute(
            "insert into bronze.settings (late_after, provisional_for, timezone) "
            "values (%(late_after)s, %(provisional_for)s, %(timezone)s)",
            values,
        )
