"""Loading a file into bronze: read, clean, archive, and replace its rows in one transaction.

Belongs here: the steps from a landed or archived file to its rows, and their order. Does not: which file is next.

A file is locked before it is read, and its archive copy is written before the transaction commits. So whoever commits
later has read later, and every version in force has its copy. A process killed in between leaves at worst a copy of
bytes that are still in the landing zone.
"""

import io
from collections.abc import Collection
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal

import polars as pl
import psycopg
from psycopg import sql

from growthleads_assets.contracts.registry import Source
from growthleads_assets.landing.archive import Archive
from growthleads_assets.landing.departure import NotTakenAway, take_away
from growthleads_assets.landing.parsing import FileRefused, ParsedFile, parse_file
from growthleads_assets.landing.reading import read_landed, sha256
from growthleads_assets.landing.zone import LandedFile
from growthleads_assets.warehouse import ledger
from growthleads_assets.warehouse.dimension_changes import recorded
from growthleads_assets.warehouse.tables import bronze_columns

ROWS_A_COPY = 100_000

QUARANTINE_COLUMNS = ("line", "raw_line", "column_name", "value", "reason", "detail", "fields")


@dataclass(frozen=True)
class Outcome:
    """What became of a file: ``unchanged`` was in force already, ``absent`` never landed.

    ``refused`` and ``unreadable`` have a ``reason``; what cannot be read is tried again.

    ``warning`` says what went wrong without touching the outcome.
    """

    status: Literal["loaded", "unchanged", "refused", "unreadable", "absent"]
    rows_read: int = 0
    rows_loaded: int = 0
    rows_quarantined: int = 0
    extra_columns: tuple[str, ...] = ()
    reason: str | None = None
    warning: str | None = None


@dataclass(frozen=True)
class Loader:
    """Loads files over one connection, for one run; ``judged_by`` is the fingerprint of the rules that judge them."""

    connection: psycopg.Connection
    archive: Archive
    judged_by: str
    run_id: str | None = None

    def load_landed(self, source: Source, file: LandedFile) -> Outcome:
        """Load what lies in the landing zone; then an event file leaves it.

        The same bytes as those in force change nothing. A refused file stays where it is, with the reason on record.

        Raises UnreadableFile, ArchiveError, psycopg.Error: nothing has changed then, and it can be tried again.
        """
        archived = None
        digest = ""
        try:
            with self.connection.transaction():
                ledger.lock_file(self.connection, source.name, file.name)
                content = read_landed(file)
                digest = sha256(content)
                in_force = ledger.version_in_force(self.connection, source.name, file.name)
                if in_force and in_force.sha256 == digest:
                    outcome = _unchanged(in_force)
                else:
                    parsed = parse_file(content, source, file.day)
                    archived = self.archive.store(source.name, file.name, content, datetime.now(UTC))
                    self._accept(source, file.name, file.day, digest, parsed, archived, in_force)
                    outcome = _loaded(parsed)
        except FileRefused as refusal:
            self._record_refusal(source, file, digest, str(refusal))
            return Outcome("refused", reason=str(refusal))
        except BaseException:
            if archived:
                self.archive.discard(archived)
            raise
        return self._cleared(source, file, digest, outcome)

    def reload(self, source: Source, file_name: str) -> Outcome:
        """Read the version in force again, from the archive, and replace its rows by what it says.

        Judged by other rules than before it is a version of its own, though of the same bytes: what it says may have
        changed, and the days that depend on it are to be calculated from it.

        Raises FileRefused when today's rules refuse it (its rows stay as they are), ArchiveError, psycopg.Error.
        """
        with self.connection.transaction():
            ledger.lock_file(self.connection, source.name, file_name)
            version = ledger.version_in_force(self.connection, source.name, file_name)
            if version is None:
                return Outcome("absent")
            parsed = parse_file(self.archive.read(version.archived_path, version.sha256), source, version.day)
            if version.judged_by != self.judged_by:
                archived = version.archived_path
                self._accept(source, file_name, version.day, version.sha256, parsed, archived, version)
                return _loaded(parsed)
            self.connection.execute("delete from bronze.quarantine where load_id = %s", (version.load_id,))
            self._replace_rows(source, file_name, version.day, version.load_id, parsed)
            ledger.record_reload(
                self.connection,
                version.load_id,
                rows_loaded=parsed.rows.height,
                rows_quarantined=parsed.quarantined.height,
                earnings=_earnings(source, parsed),
            )
        return _loaded(parsed)

    def _accept(
        self,
        source: Source,
        file_name: str,
        day: date | None,
        digest: str,
        parsed: ParsedFile,
        archived: Path,
        in_force: ledger.Version | None,
    ) -> None:
        """Put a version in force in place of the one before it, and its rows in place of that one's."""
        load_id = ledger.record_version(
            self.connection,
            source=source.name,
            file=file_name,
            day=day,
            sha256=digest,
            rows_read=parsed.rows_read,
            rows_loaded=parsed.rows.height,
            rows_quarantined=parsed.quarantined.height,
            earnings=_earnings(source, parsed),
            extra_columns=parsed.extra_columns,
            judged_by=self.judged_by,
            archived_as=archived,
            run_id=self.run_id,
        )
        has_predecessor = in_force is not None and not source.is_event
        with recorded(self.connection, source, load_id) if has_predecessor else nullcontext():
            self._replace_rows(source, file_name, day, load_id, parsed)

    def _cleared(self, source: Source, file: LandedFile, digest: str, outcome: Outcome) -> Outcome:
        if not source.leaves_landing_zone:
            return outcome
        try:
            take_away(file, digest, self.archive)
        except NotTakenAway as problem:
            return Outcome(**{**vars(outcome), "warning": str(problem)})
        return outcome

    def _record_refusal(self, source: Source, file: LandedFile, digest: str, reason: str) -> None:
        with self.connection.transaction():
            ledger.record_refusal(
                self.connection,
                source=source.name,
                file=file.name,
                day=file.day,
                sha256=digest,
                judged_by=self.judged_by,
                reason=reason,
                run_id=self.run_id,
            )

    def _replace_rows(self, source: Source, file_name: str, day: date | None, load_id: int, parsed: ParsedFile) -> None:
        table = sql.Identifier("bronze", source.name)
        if source.is_event:
            # A file is its day, so the day's rows are the file's; the index is on the day.
            self.connection.execute(sql.SQL("delete from {} where _day = %s").format(table), (day,))
        else:
            self.connection.execute(sql.SQL("delete from {}").format(table))
        provenance = {
            "_source": pl.lit(source.name),
            "_file": pl.lit(file_name),
            "_line": pl.col("line"),
            "_load_id": pl.lit(load_id),
            "_day": pl.lit(day, pl.Date),
        }
        columns = list(bronze_columns(source))
        rows = parsed.rows.with_columns(provenance[name].alias(name) for name in columns if name in provenance)
        self._copy(table, rows.select(columns))
        self._quarantine(source, file_name, day, load_id, parsed.quarantined)

    def _copy(self, table: sql.Identifier, rows: pl.DataFrame) -> None:
        columns = sql.SQL(", ").join(map(sql.Identifier, rows.columns))
        with self.connection.cursor() as cursor:
            for batch in rows.iter_slices(ROWS_A_COPY):
                text = io.BytesIO()
                batch.write_csv(text, include_header=False)
                if b"\n\\." in text.getvalue():
                    # PostgreSQL up to 17 takes a line that starts so for the end of the data, even within quotes.
                    with cursor.copy(sql.SQL("copy {} ({}) from stdin").format(table, columns)) as copy:
                        for row in batch.iter_rows():
                            copy.write_row(row)
                    continue
                statement = sql.SQL("copy {} ({}) from stdin (format csv)").format(table, columns)
                with cursor.copy(statement) as copy:
                    copy.write(text.getbuffer())

    def _quarantine(self, source: Source, file_name: str, day: date | None, load_id: int, rows: pl.DataFrame) -> None:
        columns = sql.SQL(", ").join(map(sql.Identifier, ("load_id", "source", "file", "day", *QUARANTINE_COLUMNS)))
        statement = sql.SQL("copy bronze.quarantine ({}) from stdin").format(columns)
        with self.connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows.select(QUARANTINE_COLUMNS).iter_rows():
                copy.write_row((load_id, source.name, file_name, day, *row))


def files_that_do_not_add_up(
    connection: psycopg.Connection, source: Source, days: Collection[date | None]
) -> list[str]:
    """The files in force of these days of which the tables do not hold as many rows as were read, by name."""
    statement = sql.SQL(
        """
        select files.file
        from bronze.files as files
        cross join lateral (select count(*) as n from {table} where _load_id = files.load_id) as loaded
        cross join lateral (select count(*) as n from bronze.quarantine where load_id = files.load_id) as quarantined
        where files.source = %(source)s and files.status = 'loaded' and files.superseded_at is null
            and (files.day is null or files.day = any(%(days)s))
            and (
                files.rows_read <> loaded.n + quarantined.n
                or files.rows_loaded <> loaded.n
                or files.rows_quarantined <> quarantined.n
            )
        order by files.file
        """
    ).format(table=sql.Identifier("bronze", source.name))
    parameters = {"source": source.name, "days": [day for day in days if day]}
    return [file for (file,) in connection.execute(statement, parameters)]


def _earnings(source: Source, parsed: ParsedFile) -> Decimal | None:
    if source.earnings_column is None:
        return None
    return Decimal(parsed.rows[source.earnings_column].sum())


def _loaded(parsed: ParsedFile) -> Outcome:
    return Outcome(
        "loaded",
        rows_read=parsed.rows_read,
        rows_loaded=parsed.rows.height,
        rows_quarantined=parsed.quarantined.height,
        extra_columns=parsed.extra_columns,
    )


def _unchanged(version: ledger.Version) -> Outcome:
    return Outcome(
        "unchanged",
        rows_read=version.rows_read,
        rows_loaded=version.rows_loaded,
        rows_quarantined=version.rows_quarantined,
    )
