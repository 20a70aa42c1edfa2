"""Loading a file into bronze: read, clean, archive, and replace its rows in one transaction.

Belongs here: the steps from a landed or archived file to its rows, and their order. Does not: which file is next.

A file is locked before it is read, and its archive copy is written before the transaction commits. So whoever commits
later has read later, and every version in force has its copy. A process killed in between leaves at worst a copy of
bytes that are still in the landing zone, with a note by which `settle_acceptances` tells it from a version's.

What is judged and loaded is read from that copy, which nobody else writes to: what is hashed, archived and loaded are
the same bytes. Rows go into the table batch by batch, so that memory does not grow with the file; a refusal at the last
of them takes back all.
"""

import io
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed, wait
from contextlib import closing, nullcontext, suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from queue import SimpleQueue
from typing import BinaryIO, Literal, NamedTuple, TypeVar

import polars as pl
import psycopg
from psycopg import sql

from growthleads_assets.contracts.registry import Source
from growthleads_assets.landing.archive import Archive, ArchiveError, Copy
from growthleads_assets.landing.departure import NotTakenAway, take_away
from growthleads_assets.landing.parsing import Batch, FileRefused, parse_in_batches
from growthleads_assets.landing.reading import copy_landed
from growthleads_assets.landing.zone import LandedFile
from growthleads_assets.settings import Limits
from growthleads_assets.warehouse import ledger
from growthleads_assets.warehouse.dimension_changes import recorded
from growthleads_assets.warehouse.tables import bronze_columns

Item = TypeVar("Item")

_CANCEL_AGAIN_SECONDS = 0.5

# In PostgreSQL's text form a tab ends a field, and a line feed or a carriage return a row.
_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}


@dataclass(frozen=True)
class Outcome:
    """What became of a file: ``unchanged`` was in force already, ``absent`` never landed.

    ``refused`` and ``unreadable`` have a ``reason``; what cannot be read is tried again.

    ``warning`` says what went wrong without touching the outcome; ``left_out``, which versions that others followed
    could not be accepted from the archive, a sentence each.
    """

    status: Literal["loaded", "unchanged", "refused", "unreadable", "absent"]
    rows_read: int = 0
    rows_loaded: int = 0
    rows_quarantined: int = 0
    extra_columns: tuple[str, ...] = ()
    reason: str | None = None
    warning: str | None = None
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Loader:
    """Loads files over one connection, for one run; ``judged_by`` is the fingerprint of the rules that judge them.

    Files are read ``batch_bytes`` at a time; their rows keep to the ``limits``.
    """

    connection: psycopg.Connection
    archive: Archive
    judged_by: str
    batch_bytes: int
    limits: Limits
    run_id: str | None = None

    def load_landed(self, source: Source, file: LandedFile) -> Outcome:
        """Load what lies in the landing zone; then an event file leaves it.

        The same bytes as those in force change nothing. A refused file stays where it is, with the reason on record.

        Raises UnreadableFile, ArchiveError, psycopg.Error: nothing has changed then, and it can be tried again.
        """
        place = in_force = None
        digest = ""
        try:
            with self.connection.transaction():
                ledger.lock_file(self.connection, source.name, file.name)
                with self.archive.arriving(source.name, file.name) as copy:
                    digest = copy_landed(file, copy.write)
                    in_force = ledger.version_in_force(self.connection, source.name, file.name)
                    if in_force and in_force.sha256 == digest:
                        outcome = _unchanged(in_force)
                    else:
                        before = in_force.archived_path if in_force else None
                        place = self.archive.place(source.name, file.name, digest, datetime.now(UTC), before)
                        outcome = self._accept(source, file.name, file.day, digest, copy.content, place, in_force)
                        self.archive.begin_acceptance(place)
                        copy.keep(place, digest)
        except FileRefused as refusal:
            self._record_refusal(source, file, digest, str(refusal))
            return Outcome("refused", reason=str(refusal))
        if accepted_as := place or (in_force.archived_path if in_force else None):
            try:
                self.archive.end_acceptance(accepted_as, is_accepted=True)
            except ArchiveError as problem:
                # Until it is settled the archive alone does not say that this is a version, so the file is to stay.
                return replace(outcome, warning=f"The file stays where it is until the next look: {problem}")
        return self._cleared(source, file, digest, outcome)

    def restore(self, source: Source, file_name: str, day: date | None, copies: Sequence[Copy]) -> Outcome:
        """Accept from the archive the versions of a file that came after the one in force, if any: all of them, in the
        order in which they were accepted first, and as of then.

        ``copies`` are those that the archive has of the file, in that order. An older one that cannot be read or is
        refused by today's rules is ``left_out``: it is history.

        Raises FileRefused and ArchiveError when that is so of the newest, and then nothing has changed: no older
        version is put in force in its place. Raises psycopg.Error.
        """  # noqa: D205
        outcome, left_out = Outcome("absent"), []
        with self.connection.transaction():
            ledger.lock_file(self.connection, source.name, file_name)
            in_force = ledger.version_in_force(self.connection, source.name, file_name)
            if in_force:
                outcome = _unchanged(in_force)
                copies = [copy for copy in copies if copy.path.name > in_force.archived_path.name]
            for copy in copies:
                try:
                    with self.connection.transaction():
                        outcome = self._restore(source, day, copy) or outcome
                except (FileRefused, ArchiveError) as problem:
                    if copy == copies[-1]:
                        raise
                    refused = f"{copy.path} is refused by today's rules: " if isinstance(problem, FileRefused) else ""
                    left_out.append(f"{refused}{problem} A later version of the file is in force all the same.")
        return replace(outcome, left_out=tuple(left_out))

    def _restore(self, source: Source, day: date | None, copy: Copy) -> Outcome | None:
        in_force = ledger.version_in_force(self.connection, source.name, copy.file)
        with self.archive.opened_copy(copy) as (content, digest):
            if in_force and in_force.sha256 == digest:
                return None
            accepted_at = copy.accepted_at
            outcome = self._accept(source, copy.file, day, digest, content, copy.path, in_force, accepted_at)
        ledger.date_quarantine(self.connection, source.name, copy.file)
        return outcome

    def reload(self, source: Source, file_name: str) -> Outcome:
        """Read the version in force again, from the archive, and replace its rows by what it says.

        Its quarantined rows stay as they are on record; those that are missing there are added. Judged by other rules
        than before, or with rows held out that it lets pass now, it is a version of its own, though of the same bytes:
        what it says may have changed, and the days that depend on it are to be calculated from it.

        Raises FileRefused when today's rules refuse it (its rows stay as they are), ArchiveError, psycopg.Error.
        """
        with self.connection.transaction():
            ledger.lock_file(self.connection, source.name, file_name)
            version = ledger.version_in_force(self.connection, source.name, file_name)
            if version is None:
                return Outcome("absent")
            with self.archive.opened(version.archived_path, version.sha256) as content:
                if version.judged_by == self.judged_by:
                    held = ledger.quarantined_lines(self.connection, version.load_id)
                    with suppress(_JudgedOtherwise), self.connection.transaction():
                        return self._replace_rows(source, file_name, version.day, version.load_id, content, held)
                    content.seek(0)
                place = version.archived_path
                return self._accept(source, file_name, version.day, version.sha256, content, place, version)

    def _accept(
        self,
        source: Source,
        file_name: str,
        day: date | None,
        digest: str,
        content: BinaryIO,
        archived: Path,
        in_force: ledger.Version | None,
        accepted_at: datetime | None = None,
    ) -> Outcome:
        """Put a version in force in place of the one before it, and its rows in place of that one's.

        It is accepted now, unless ``accepted_at`` says when it was.
        """
        load_id = ledger.record_version(
            self.connection,
            source=source.name,
            file=file_name,
            day=day,
            sha256=digest,
            judged_by=self.judged_by,
            archived_as=archived,
            run_id=self.run_id,
            accepted_at=accepted_at,
        )
        has_predecessor = in_force is not None and not source.is_event
        with recorded(self.connection, source, load_id) if has_predecessor else nullcontext():
            return self._replace_rows(source, file_name, day, load_id, content)

    def _cleared(self, source: Source, file: LandedFile, digest: str, outcome: Outcome) -> Outcome:
        if not source.leaves_landing_zone:
            return outcome
        try:
            take_away(file, digest, self.archive)
        except NotTakenAway as problem:
            return replace(outcome, warning=str(problem))
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

    def _replace_rows(
        self,
        source: Source,
        file_name: str,
        day: date | None,
        load_id: int,
        content: BinaryIO,
        held: Collection[int] = (),
    ) -> Outcome:
        """Put the rows of a file in place of those that came from it before, and its quarantined rows beside them.

        The lines of ``held`` are in quarantine already.

        Raises FileRefused, and _JudgedOtherwise where one of ``held`` is not to be held out: some may be in place then,
        and the transaction must not commit.
        """
        table = sql.Identifier("bronze", source.name)
        if source.is_event:
            # A file is its day, so the day's rows are the file's; the key begins with the day.
            self.connection.execute(sql.SQL("delete from {} where _day = %s").format(table), (day,))
        else:
            self.connection.execute(sql.SQL("delete from {}").format(table))
        of_rows = {"_source": source.name, "_file": file_name, "_load_id": load_id, "_day": day}
        of_entries = {"load_id": load_id, "source": source.name, "file": file_name, "day": day}
        columns = list(bronze_columns(source))
        withdraw = sql.SQL("delete from {} where _day = %s and _load_id = %s and _line = any(%s)").format(table)

        is_held = pl.col("line").is_in(pl.Series(held, dtype=pl.Int64).implode())

        def copies() -> Iterator[tuple[Batch, _Copy, _Copy]]:
            for batch in parse_in_batches(content, source, day, self.batch_bytes, self.limits):
                rows = batch.rows.rename({"line": "_line"}).with_columns(**_constants(of_rows)).select(columns)
                entries = batch.quarantined.with_columns(**_constants(of_entries))
                entries = entries.filter(~is_held) if held else entries
                yield batch, _Copy.of(rows), _Copy.of(entries)

        loaded = quarantined = added = 0
        earnings = None if source.earnings_column is None else Decimal()
        extra_columns: tuple[str, ...] = ()
        with closing(_made_ahead(copies())) as made:
            for batch, rows, entries in made:
                self._copy(table, rows)
                self._copy(sql.Identifier("bronze", "quarantine"), entries)
                if not batch.withdrawn.is_empty():
                    self.connection.execute(withdraw, (day, load_id, batch.withdrawn["line"].to_list()))
                loaded += batch.rows.height - batch.withdrawn.height
                quarantined += batch.quarantined.height
                added += entries.frame.height
                if earnings is not None:
                    earnings += _sum(batch.rows, source) - _sum(batch.withdrawn, source)
                extra_columns = batch.extra_columns
        if quarantined - added != len(held):
            raise _JudgedOtherwise
        ledger.record_rows(
            self.connection,
            load_id,
            rows_loaded=loaded,
            rows_quarantined=quarantined,
            earnings=earnings,
            extra_columns=extra_columns,
        )
        return Outcome("loaded", loaded + quarantined, loaded, quarantined, extra_columns)

    def _copy(self, table: sql.Identifier, rows: "_Copy") -> None:
        if rows.frame.is_empty():
            return
        columns = sql.SQL(", ").join(map(sql.Identifier, rows.frame.columns))
        statement = sql.SQL("copy {} ({}) from stdin").format(table, columns)
        with self.connection.cursor() as cursor, cursor.copy(statement) as copy:
            copy.write(rows.text)


def load_all(
    days: Sequence[date | None], load: Callable[[Loader, date | None], Outcome], loaders: Sequence[Loader]
) -> dict[date | None, Outcome]:
    """What became of each of the days; with several loaders each is at work on one of them.

    Raises what ``load`` does, and what interrupts this thread: no other day is begun then, and the statements of those
    at work are cancelled, so that their files stay where they are.
    """
    if len(loaders) == 1:
        return {day: load(loaders[0], day) for day in days}
    idle: SimpleQueue[Loader] = SimpleQueue()
    for loader in loaders:
        idle.put(loader)

    def load_by_any(day: date | None) -> Outcome:
        loader = idle.get()
        try:
            return load(loader, day)
        finally:
            idle.put(loader)

    with ThreadPoolExecutor(len(loaders)) as threads:
        loads = [threads.submit(load_by_any, day) for day in days]
        try:
            for done in as_completed(loads):
                done.result()
        except BaseException:
            for waiting in loads:
                waiting.cancel()
            _cancel_until_done(loads, loaders)
            raise
    return {day: done.result() for day, done in zip(days, loads, strict=True)}


def _cancel_until_done(loads: Collection[Future[Outcome]], loaders: Collection[Loader]) -> None:
    """Cancel statements again and again, for between two of them there is none to cancel."""
    at_work = True
    while at_work:
        for loader in loaders:
            # Where the server is gone, so is the statement; why all of this ends is what is to be heard.
            with suppress(psycopg.Error):
                loader.connection.cancel_safe()
        at_work = bool(wait(loads, _CANCEL_AGAIN_SECONDS).not_done)


class _JudgedOtherwise(Exception):
    """Rows of a version are in quarantine that the version, read again, does not have held out."""


class _Copy(NamedTuple):
    """Rows on their way into a table that has their columns, and as the text that PostgreSQL's COPY reads by default.

    It takes that in less time than CSV, which can have quotes: docs/performance.md has the figures.
    """

    frame: pl.DataFrame
    text: bytes

    @classmethod
    def of(cls, frame: pl.DataFrame) -> "_Copy":
        text = io.BytesIO()
        escaped = pl.col(pl.String).str.replace_many(_ESCAPES)
        frame.with_columns(escaped).write_csv(
            text,
            include_header=False,
            separator="\t",
            quote_style="never",
            null_value="\\N",
            # No fraction where there is none, which polars would write as six zeros.
            datetime_format="%Y-%m-%d %H:%M:%S%.f",
        )
        return cls(frame, text.getvalue())


def _made_ahead(items: Iterator[Item]) -> Generator[Item]:
    """The items, each made in another thread while the one before is used: PostgreSQL need not wait for the next."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        upcoming = thread.submit(next, items, None)
        while (item := upcoming.result()) is not None:
            upcoming = thread.submit(next, items, None)
            yield item


def _constants(values: Mapping[str, object]) -> Mapping[str, pl.Expr]:
    """Columns with one value each; a day as its text, which is written in half the time that a date is."""
    return {name: pl.lit(value.isoformat() if isinstance(value, date) else value) for name, value in values.items()}


def _sum(rows: pl.DataFrame, source: Source) -> Decimal:
    return Decimal(rows[source.earnings_column or ""].sum())


def settle_acceptances(connection: psycopg.Connection, archive: Archive, sources: Iterable[str]) -> None:
    """Settle what processes left that ended while they accepted a file: the ledger says whether they had.

    Files that are being accepted at the moment are left alone, and so is what the archive does not let be settled: it
    is tried again. Raises psycopg.Error.
    """
    for source in sources:
        with suppress(ArchiveError):
            for copy in archive.in_acceptance(source):
                _settle_acceptance(connection, archive, copy)


def _settle_acceptance(connection: psycopg.Connection, archive: Archive, copy: Copy) -> None:
    with connection.transaction():
        if ledger.try_lock_file(connection, copy.source, copy.file):
            is_accepted = ledger.has_copy(connection, copy.source, copy.file, copy.path)
            archive.end_acceptance(copy.path, is_accepted=is_accepted)


def files_that_do_not_add_up(
    connection: psycopg.Connection, source: Source, days: Collection[date | None]
) -> list[str]:
    """The files in force of these days of which the tables do not hold as many rows as were read, by name."""
    statement = sql.SQL(
        """
        select files.file
        from bronze.files as files
        cross join lateral (select count(*) as n from {table} where {of_file}) as loaded
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
    ).format(
        table=sql.Identifier("bronze", source.name),
        of_file=sql.SQL(f"{'_day = files.day and ' if source.is_event else ''}_load_id = files.load_id"),
    )
    parameters = {"source": source.name, "days": [day for day in days if day]}
    return [file for (file,) in connection.execute(statement, parameters)]


def _unchanged(version: ledger.Version) -> Outcome:
    return Outcome(
        "unchanged",
        rows_read=version.rows_read,
        rows_loaded=version.rows_loaded,
        rows_quarantined=version.rows_quarantined,
    )
