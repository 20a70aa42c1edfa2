"""Rebuilding the database from the two zones alone.

Belongs here: what is loaded from the archive, in which order, and what is said of it. Does not: loading a file.

The archive says which versions of a file were accepted and in which order (landing/archive.py). All of them are loaded
in that order, as of the moments when they were accepted first, so that the ledger has the history that `revert` goes
back in. Only then is anything calculated, by an ordinary pass, which takes up the landing zone too: each day is
published once. What is loaded is not loaded again, so a rebuild that was interrupted goes on where it was.

What the zones do not hold is not rebuilt: the restatements and alerts of before, refusals of files that are gone, and
Dagster's record of runs. That a copy is missing from the archive cannot be told from the others.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import groupby

import psycopg

from growthleads_assets.automation.runs import restoring_run
from growthleads_assets.commands.reporting import NotPossible, Reporter
from growthleads_assets.commands.run import run_pass
from growthleads_assets.commands.runner import Runner, runner
from growthleads_assets.home.platform import Platform
from growthleads_assets.landing.archive import Archive, ArchiveError, Copy
from growthleads_assets.landing.zone import LandedFile
from growthleads_assets.planning.planner import DayRange
from growthleads_assets.warehouse import ledger
from growthleads_assets.words import PART_NAMES, counted


@dataclass(frozen=True)
class ArchivedFile:
    """A file in the archive: its day (null for a dimension), its versions in order, and those of them that came after
    the one in force.
    """  # noqa: D205

    source: str
    name: str
    day: date | None
    versions: tuple[Copy, ...]
    missing: tuple[Copy, ...]


def rebuild_from_archive(platform: Platform, reporter: Reporter, *, catches_up: bool = False) -> bool:
    """Load what the archive has and the database has not, then do a pass; whether nothing was left out or failed.

    A database that holds files already is left alone unless ``catches_up``, or unless a rebuild of it was interrupted.
    Raises NotPossible.
    """
    archive = Archive(platform.settings.archive_zone)
    with platform.connected() as connection:
        files, problems = _archived(platform, connection, archive)
        _require_something_to_do(platform, connection, files, problems, catches_up=catches_up)
        # Before copies are settled: interrupted, it is to name them again.
        ledger.begin_rebuild(connection)
        settled = partial(platform.landed, connection, settle_seconds=platform.settings.settle_seconds)
        problems += _not_certain(platform, connection, archive, settled)
        with runner(platform, connection, reporter) as run:
            all_loaded = _load(run, files)
        if not run.failed_runs:
            problems += _left_out_before(connection, files, run.left_out)
        for sentence in problems:
            reporter.complain(f"left out: {sentence}")
        if run.failed_runs:
            reporter.complain("Nothing is published yet, as not all of the archive is loaded: start the rebuild again.")
            return False
        ledger.finish_rebuild(connection)
    passed = run_pass(platform, reporter)
    with platform.connected() as connection:
        _summarize(connection, reporter)
    if problems or not all_loaded:
        reporter.complain(
            "What is named above is not in the database. Where it is the newest version of a file, mend it in the "
            "archive, and `growthleads rebuild --catch-up` loads it; or land the file again."
        )
    return passed and all_loaded and not problems


def await_catching_up(platform: Platform) -> int:
    """Have a rebuild to be done first where the archive has versions that the database has not; how many it has.

    For a database out of a backup: what was accepted after it would be missing without a word. Raises NotPossible.
    """
    with platform.connected() as connection:
        archive = Archive(platform.settings.archive_zone)
        files, _ = _archived(platform, connection, archive)
        missing = _missing(files) + len(list(_not_certain(platform, connection, archive, platform.seen)))
        if missing:
            ledger.begin_rebuild(connection)
    return missing


def abandon_rebuild(platform: Platform, reporter: Reporter) -> bool:
    """End a rebuild that was interrupted and whose archive is gone, then do a pass; whether nothing failed.

    Not while the archive has anything that the database has not. Raises NotPossible.
    """
    with platform.connected() as connection:
        if not ledger.rebuild_under_way(connection):
            raise NotPossible("No rebuild was interrupted: there is none to abandon.")
        archive = Archive(platform.settings.archive_zone)
        files, problems = _archived(platform, connection, archive)
        if missing := _missing(files):
            raise NotPossible(
                f"The archive {platform.settings.archive_zone} has {counted(missing, 'version')} that the database has "
                "not: `growthleads rebuild` loads them. To go on without them, move them out of the archive first."
            )
        problems += _not_certain(platform, connection, archive, platform.seen)
        if problems:
            raise NotPossible(
                f"The archive {platform.settings.archive_zone} is not gone, and has what the database has not. To go "
                f"on without that, move it out of the archive first. {' '.join(problems)}"
            )
        ledger.finish_rebuild(connection)
    reporter.say(
        "The rebuild is abandoned: versions that it had not loaded are not in the database, and what is published from "
        "now on is without them."
    )
    passed = run_pass(platform, reporter)
    with platform.connected() as connection:
        _summarize(connection, reporter)
    return passed


def _archived(
    platform: Platform, connection: psycopg.Connection, archive: Archive
) -> tuple[list[ArchivedFile], list[str]]:
    """Every file in the archive that is of a day of today's settings, and what is wrong with the others.

    Raises NotPossible where the archive cannot be listed.
    """
    problems: list[str] = []
    try:
        return list(_files(platform, connection, archive, problems)), problems
    except ArchiveError as problem:
        raise NotPossible(str(problem)) from None


def _missing(files: Iterable[ArchivedFile]) -> int:
    return sum(len(file.missing) for file in files)


def _files(
    platform: Platform, connection: psycopg.Connection, archive: Archive, problems: list[str]
) -> Iterator[ArchivedFile]:
    settings = platform.settings
    in_force = {(version.source, version.file): version for version in ledger.versions_in_force(connection)}
    for folder in archive.folders():
        if folder not in platform.registry:
            problems.append(f"{archive.archive_zone / folder}: there is no source {folder}.")
            continue
        source = platform.registry[folder]
        outside: list[str] = []
        for name, copies in archive.versions(folder).items():
            day = _day(name) if source.is_event else None
            if (source.is_event and day is None) or source.file_name(day) != name:
                problems.append(f"{folder}/{name}, of which the archive has a copy, is no name of a file of {folder}.")
            elif day and not settings.start_date <= day <= settings.today():
                outside.append(name)
            else:
                known = in_force.get((folder, name))
                missing = tuple(copy for copy in copies if not known or copy.path.name > known.archived_path.name)
                yield ArchivedFile(folder, name, day, tuple(copies), missing)
        if outside:
            problems.append(
                f"{counted(len(outside), 'file')} of {folder} of days before the start date {settings.start_date} "
                f"(GROWTHLEADS_START_DATE) or after today, the first of them {outside[0]}."
            )


def _day(name: str) -> date | None:
    with suppress(ValueError):
        return date.fromisoformat(name.removesuffix(".csv"))
    return None


def _require_something_to_do(
    platform: Platform,
    connection: psycopg.Connection,
    files: list[ArchivedFile],
    problems: list[str],
    *,
    catches_up: bool,
) -> None:
    if not files:
        raise NotPossible(
            f"The archive {platform.settings.archive_zone} holds no version of any file that could be loaded: there is "
            "nothing to rebuild from. "
            + " ".join([*problems, "GROWTHLEADS_ARCHIVE_ZONE names another archive."])
            + (
                " Where it is gone for good, `growthleads rebuild --abandon` goes on with what the database holds."
                if ledger.rebuild_under_way(connection)
                else ""
            )
        )
    if catches_up or ledger.is_empty(connection) or ledger.rebuild_under_way(connection):
        return
    missing = _missing(files)
    raise NotPossible(
        "The database holds files already, and a rebuild starts from one that does not: name an empty database with "
        "GROWTHLEADS_DATABASE_URL, or an empty folder with GROWTHLEADS_HOME and these zones with "
        "GROWTHLEADS_LANDING_ZONE and GROWTHLEADS_ARCHIVE_ZONE. "
        + (
            f"To load into this one the {counted(missing, 'version')} that the archive has and it has not, as after "
            "going back to an older backup: `growthleads rebuild --catch-up`."
            if missing
            else "It has every version that the archive has."
        )
    )


def _not_certain(
    platform: Platform, connection: psycopg.Connection, archive: Archive, landed: Callable[[], Iterable[LandedFile]]
) -> Iterator[str]:
    """Copies whose process ended while it accepted them: no versions, but in the landing zone unless somebody took it.

    The first look at the landing zone after the rebuild moves them aside.
    """
    copies = [
        copy
        for source in platform.registry
        for copy in archive.in_acceptance(source)
        if not ledger.has_copy(connection, copy.source, copy.file, copy.path)
    ]
    if not copies:
        return
    there = {(file.source, file.name, (sha256 or "")[:12]) for file, sha256, _ in platform.fingerprints.of(landed())}
    for copy in copies:
        if (copy.source, copy.file, copy.sha256_begins) not in there:
            yield (
                f"{copy.path} was being accepted when its process ended, and lies in the landing zone no more. It "
                f"is kept in {copy.source}/superseded: land it again if it is to count."
            )


def _left_out_before(
    connection: psycopg.Connection, files: Iterable[ArchivedFile], named: Iterable[str]
) -> Iterator[str]:
    """Versions that the ledger has not though it has a later one, and that are not ``named`` yet: a run that failed
    named none of them. Those of a file whose newest could not be loaded come with it.
    """  # noqa: D205
    said = " ".join(named)
    accepted = ledger.archived_copies(connection)
    for file in files:
        in_force = max((n for n, copy in enumerate(file.versions) if str(copy.path) in accepted), default=0)
        for before, copy in zip((None, *file.versions), file.versions[:in_force], strict=False):
            # The same bytes twice in a row are one version.
            is_repeat = before is not None and before.sha256_begins == copy.sha256_begins
            if str(copy.path) not in accepted and str(copy.path) not in said and not is_repeat:
                yield (
                    f"{copy.path} is not in the database: it could not be loaded before. A later version of the file "
                    "is in force all the same."
                )


def _load(run: Runner, files: list[ArchivedFile]) -> bool:
    """Load the dimensions, and the events month by month; whether all versions could be."""
    dimensions = sorted({file.source for file in files if file.day is None})
    all_loaded = True
    if dimensions:
        title = f"dimensions {', '.join(dimensions)}, from the archive"
        all_loaded = run.execute(restoring_run(title, dimensions, None), names_refused_files=True)
    events = sorted((file.day, file.source) for file in files if file.day and file.missing)
    done = 0
    for _, month in groupby(events, key=lambda event: event[0].replace(day=1)):
        batch = list(month)
        days = DayRange(batch[0][0], batch[-1][0], frozenset(source for _, source in batch))
        title = f"{days.span} from the archive, files {done + 1} to {done + len(batch)} of {len(events)}"
        all_loaded &= run.execute(restoring_run(title, sorted(days.sources), days), names_refused_files=True)
        done += len(batch)
    return all_loaded


def _summarize(connection: psycopg.Connection, reporter: Reporter) -> None:
    counts: Mapping[str, int] = dict(
        connection.execute(
            """
            select 'versions', count(*) from bronze.files where status = 'loaded'
            union all
            select 'files', count(*) from bronze.files where status = 'loaded' and superseded_at is null
            union all
            select 'rows', coalesce(sum(rows_loaded), 0)::bigint from bronze.files
            where status = 'loaded' and superseded_at is null
            union all
            select 'quarantined', count(*) from bronze.quarantine where resolved_at is null
            """
        ).fetchall()
    )
    published = connection.execute("select part, count(*) from gold.published_days group by part order by part")
    parts = [f"{counted(count, 'day')} of part {part} ({PART_NAMES[part]})" for part, count in published]
    reporter.say(
        f"The database holds {counted(counts['files'], 'file')} in {counted(counts['versions'], 'version')}: "
        f"{counted(counts['rows'], 'row')}, and {counts['quarantined']} in quarantine. Published: "
        f"{', '.join(parts) or 'nothing'}."
    )
    reporter.say(
        "Restatements and alerts of before are not in the zones: a backup of the database has them "
        "(docs/operations.md)."
    )
