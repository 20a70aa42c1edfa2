"""The file ledger: which version of every file was accepted or refused, and which is in force.

Belongs here: reading and writing `bronze.files`. Does not: the rows of the files.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import psycopg
from psycopg.rows import class_row, scalar_row


@dataclass(frozen=True)
class Version:
    """A version of a file that was accepted: row counts, SHA-256 in hexadecimal, its path in the archive, and the
    fingerprint of the rules that judged it.
    """  # noqa: D205

    load_id: int
    source: str
    file: str
    day: date | None
    sha256: str
    rows_read: int
    rows_loaded: int
    rows_quarantined: int
    archived_as: str
    judged_by: str
    recorded_at: datetime

    @property
    def archived_path(self) -> Path:
        """Its path in the archive zone."""
        return Path(self.archived_as)


@dataclass(frozen=True)
class Refusal:
    """The newest refusal of a file; ``judged_by`` says by which rules, ``sha256`` is null for what was never opened,
    ``run_id`` for what no run refused.
    """  # noqa: D205

    load_id: int
    source: str
    file: str
    day: date | None
    sha256: str | None
    judged_by: str
    reason: str
    recorded_at: datetime
    run_id: str | None


REBUILD_UNDER_WAY = (
    "The database is being rebuilt from the archive, or was when that was interrupted: `growthleads rebuild` goes on "
    "with it, and nothing is loaded from the landing zone or published before it has ended."
)

_ANY_VERSION = """
    select
        load_id, source, file, day, sha256, rows_read, rows_loaded, rows_quarantined, archived_as, judged_by,
        recorded_at
    from bronze.files
"""
_VERSION = f"{_ANY_VERSION} where status = 'loaded' and superseded_at is null"


def lock_file(connection: psycopg.Connection, source: str, file: str) -> None:
    """Keep other processes from accepting a version of the same file until the transaction ends."""
    connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"bronze {source}/{file}",))


def try_lock_file(connection: psycopg.Connection, source: str, file: str) -> bool:
    """As `lock_file`, without waiting: False where another process accepts a version of the file at the moment."""
    row = connection.execute(
        "select pg_try_advisory_xact_lock(hashtextextended(%s, 0))", (f"bronze {source}/{file}",)
    ).fetchone()
    return bool(row and row[0])


def version_in_force(connection: psycopg.Connection, source: str, file: str) -> Version | None:
    """The version of a file accepted last, or None when there never was one."""
    with connection.cursor(row_factory=class_row(Version)) as cursor:
        return cursor.execute(f"{_VERSION} and source = %s and file = %s", (source, file)).fetchone()


def versions_in_force(connection: psycopg.Connection) -> list[Version]:
    """Every file's version in force, by source and file name."""
    with connection.cursor(row_factory=class_row(Version)) as cursor:
        return cursor.execute(f"{_VERSION} order by source, file").fetchall()


def version_before(connection: psycopg.Connection, version: Version) -> Version | None:
    """The version of other content that was in force before this one, or None when there is none."""
    with connection.cursor(row_factory=class_row(Version)) as cursor:
        return cursor.execute(
            f"""
            {_ANY_VERSION}
            where status = 'loaded' and source = %s and file = %s and load_id < %s and sha256 <> %s
            order by load_id desc
            limit 1
            """,
            (version.source, version.file, version.load_id, version.sha256),
        ).fetchone()


def was_accepted(connection: psycopg.Connection, source: str, file: str, sha256: str) -> bool:
    """Whether a version with this content was ever accepted, in force or not."""
    found = connection.execute(
        "select from bronze.files where source = %s and file = %s and sha256 = %s and status = 'loaded' limit 1",
        (source, file, sha256),
    ).fetchone()
    return found is not None


def has_copy(connection: psycopg.Connection, source: str, file: str, archived_as: Path) -> bool:
    """Whether a version was ever accepted that has this copy in the archive."""
    found = connection.execute(
        "select from bronze.files where source = %s and file = %s and archived_as = %s and status = 'loaded' limit 1",
        (source, file, str(archived_as)),
    ).fetchone()
    return found is not None


def archived_copies(connection: psycopg.Connection) -> set[str]:
    """The copies in the archive of all versions that were ever accepted, as paths within it."""
    with connection.cursor(row_factory=scalar_row) as cursor:
        return set(cursor.execute("select archived_as from bronze.files where status = 'loaded'").fetchall())


def newest_refusals(connection: psycopg.Connection) -> list[Refusal]:
    """The newest refusal of each file that no accepted version followed, unless the file is gone."""
    with connection.cursor(row_factory=class_row(Refusal)) as cursor:
        return cursor.execute(
            """
            select load_id, source, file, day, sha256, judged_by, reason, recorded_at, run_id
            from (
                select distinct on (source, file) * from bronze.files
                order by source, file, load_id desc
            ) as newest
            where status = 'refused' and gone_at is null
            order by source, file
            """
        ).fetchall()


def record_gone(connection: psycopg.Connection, load_ids: Collection[int]) -> None:
    """Note that refused files do not lie in the landing zone any more: their refusals stand no longer."""
    if load_ids:
        connection.execute(
            "update bronze.files set gone_at = clock_timestamp() "
            "where load_id = any(%s) and status = 'refused' and gone_at is null",
            (list(load_ids),),
        )


def record_refusal(
    connection: psycopg.Connection,
    *,
    source: str,
    file: str,
    day: date | None,
    sha256: str | None,
    judged_by: str,
    reason: str,
    run_id: str | None,
) -> None:
    """Put a refusal on record, once as long as file, rules and reason stay the same and the file is not gone."""
    connection.execute(
        """
        insert into bronze.files (source, file, day, sha256, status, judged_by, reason, run_id)
        select %(source)s, %(file)s, %(day)s, %(sha256)s, 'refused', %(judged_by)s, %(reason)s, %(run_id)s
        where not exists (
            select from (
                select * from bronze.files where source = %(source)s and file = %(file)s order by load_id desc limit 1
            ) as newest
            where status = 'refused'
                and gone_at is null
                and sha256 is not distinct from %(sha256)s
                and judged_by = %(judged_by)s
                and reason = %(reason)s
        )
        """,
        {
            "source": source,
            "file": file,
            "day": day,
            "sha256": sha256,
            "judged_by": judged_by,
            "reason": reason,
            "run_id": run_id,
        },
    )


def record_version(
    connection: psycopg.Connection,
    *,
    source: str,
    file: str,
    day: date | None,
    sha256: str,
    judged_by: str,
    archived_as: Path,
    run_id: str | None,
    accepted_at: datetime | None = None,
) -> int:
    """Put an accepted version in force in place of the one before it, and return its load id.

    It is accepted now, unless ``accepted_at`` says when it was, as the archive does.

    The quarantined rows of the version before are marked resolved: its successor has its own. What its rows come to is
    for `record_rows`, in the same transaction.
    """
    connection.execute(
        """
        with superseded as (
            update bronze.files set superseded_at = coalesce(%(accepted_at)s, clock_timestamp())
            where source = %(source)s and file = %(file)s and status = 'loaded' and superseded_at is null
            returning load_id
        )
        update bronze.quarantine set resolved_at = coalesce(%(accepted_at)s, clock_timestamp())
        where load_id in (select load_id from superseded) and resolved_at is null
        """,
        {"source": source, "file": file, "accepted_at": accepted_at},
    )
    cursor = connection.cursor(row_factory=scalar_row)
    cursor.execute(
        """
        insert into bronze.files (source, file, day, sha256, status, judged_by, archived_as, run_id, recorded_at)
        values (%s, %s, %s, %s, 'loaded', %s, %s, %s, coalesce(%s, clock_timestamp()))
        returning load_id
        """,
        (source, file, day, sha256, judged_by, str(archived_as), run_id, accepted_at),
    )
    return int(cursor.fetchall()[0])


def quarantined_lines(connection: psycopg.Connection, load_id: int) -> list[int]:
    """The lines of a version that are in quarantine."""
    cursor = connection.cursor(row_factory=scalar_row)
    return cursor.execute("select line from bronze.quarantine where load_id = %s", (load_id,)).fetchall()


def date_quarantine(connection: psycopg.Connection, source: str, file: str) -> None:
    """Date the quarantined rows of a file's version in force from when that was accepted, which may be long ago."""
    connection.execute(
        """
        update bronze.quarantine set quarantined_at = files.recorded_at
        from bronze.files
        where quarantine.load_id = files.load_id
            and files.source = %s and files.file = %s and files.status = 'loaded' and files.superseded_at is null
        """,
        (source, file),
    )


def record_rows(
    connection: psycopg.Connection,
    load_id: int,
    *,
    rows_loaded: int,
    rows_quarantined: int,
    earnings: Decimal | None,
    extra_columns: Iterable[str],
) -> None:
    """Record what a version in force came to, when it was read first or again.

    ``earnings`` is the sum over its loaded rows, None where the source delivers no money.
    """
    connection.execute(
        """
        update bronze.files
        set rows_read = %s, rows_loaded = %s, rows_quarantined = %s, earnings = %s, extra_columns = %s
        where load_id = %s
        """,
        (rows_loaded + rows_quarantined, rows_loaded, rows_quarantined, earnings, list(extra_columns), load_id),
    )


def rebuild_under_way(connection: psycopg.Connection) -> bool:
    """Whether a rebuild from the archive has begun and not come to the end of it."""
    return connection.execute("select from bronze.rebuilds where finished_at is null limit 1").fetchone() is not None


def is_empty(connection: psycopg.Connection) -> bool:
    """Whether no version of any file was ever accepted."""
    return connection.execute("select from bronze.files where status = 'loaded' limit 1").fetchone() is None


def begin_rebuild(connection: psycopg.Connection) -> None:
    """Note that a rebuild from the archive begins, unless one is to be gone on with."""
    connection.execute(
        "insert into bronze.rebuilds (started_at) select clock_timestamp() "
        "where not exists (select from bronze.rebuilds where finished_at is null)"
    )


def finish_rebuild(connection: psycopg.Connection) -> None:
    """Note that all of the archive that can be loaded is."""
    connection.execute("update bronze.rebuilds set finished_at = clock_timestamp() where finished_at is null")
