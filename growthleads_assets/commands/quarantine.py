"""What is held out of the calculation, for a person who is to mend it.

Belongs here: listing it, showing a file's rows with what to do, and writing them as a file. Does not: reading tables.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import PurePosixPath

import psycopg

from growthleads_assets.commands.reporting import NotPossible, Reporter
from growthleads_assets.contracts.registry import Registry
from growthleads_assets.home.platform import Platform
from growthleads_assets.landing.archive import Archive, ArchiveError
from growthleads_assets.landing.records import record_blocks
from growthleads_assets.landing.refusal import Reason, shortened
from growthleads_assets.settings import MOST_OF_A_ROW
from growthleads_assets.warehouse import ledger
from growthleads_assets.warehouse.quarantine import Entry, HeldOut, entries
from growthleads_assets.words import counted

_READ_AT_ONCE = 1 << 20

LIST_COLUMNS = ("source", "day", "file", "reason", "rows", "money_held_out", "unreadable", "lines")
ROW_COLUMNS = ("line", "column", "value", "reason", "what_to_do")


@dataclass(frozen=True)
class QuarantinedFile:
    """A file with rows in quarantine: its version in force, these rows, and why a newer version is refused, if so."""

    version: ledger.Version
    rows: Sequence[Entry]
    newer_is_refused: str | None

    @property
    def place(self) -> str:
        """Where it lands."""
        return f"{self.version.source}/{self.version.file}"


def show_list(rows: Sequence[HeldOut], registry: Registry, reporter: Reporter, *, is_selection: bool) -> None:
    """The list as a table, and what each source's rows are worth in all."""
    if not rows:
        reporter.say("Nothing in quarantine matches." if is_selection else "Nothing is in quarantine.")
        return
    with_resolved = any(row.resolved_at for row in rows)
    columns = (*LIST_COLUMNS, "resolved") if with_resolved else LIST_COLUMNS
    reporter.table("Quarantine", [_list_cells(row) for row in rows], columns, figures={"money_held_out"})
    by_source: defaultdict[str, list[HeldOut]] = defaultdict(list)
    for row in rows:
        if row.resolved_at is None:
            by_source[row.source].append(row)
    for source, held in by_source.items():
        reporter.say(f"{source}: {worth(held, registry)}{_said_of_totals(source, registry)}")
    if by_source:
        reporter.say("growthleads quarantine show FILE says what to do about each row.")


def worth(held: Sequence[HeldOut], registry: Registry) -> str:
    """How many rows of a source are held out and the money that they are worth, as a phrase."""
    rows = sum(group.rows for group in held)
    repeats = sum(group.rows for group in held if group.reason == Reason.DUPLICATE)
    amounts = [group.money_held_out for group in held if group.money_held_out is not None]
    unreadable = sum(group.rows_without_readable_money for group in held)
    said = [f"{counted(rows, 'row')} held out"]
    if amounts and unreadable < rows:
        said.append(f"{amount(sum(amounts, Decimal()))} of {_kind_of_money(held[0].source, registry)}")
    if unreadable:
        said.append("of unknown worth" if unreadable == rows else f"{unreadable} of them of unknown worth")
    if repeats:
        said.append(f"{repeats} of them {'repeats' if repeats == 1 else 'repeat'} a row that is loaded")
    return ", ".join(said)


def amount(money: Decimal) -> str:
    """Money with the two digits of cents at the least, and no zeros after the others."""
    plain = f"{money.normalize():f}"
    cents = f"{money:.2f}"
    return cents if Decimal(cents) == money else plain


def find(platform: Platform, connection: psycopg.Connection, words: Sequence[str]) -> QuarantinedFile:
    """The file that is meant by `routy/2024-03-26.csv`, by source and file, or by a file name that only one has.

    Raises NotPossible with what there is instead: another file, a refusal, or nothing in quarantine.
    """
    source, file = _meant(platform, connection, words)
    version = ledger.version_in_force(connection, source, file)
    rows = entries(connection, source, file)
    refusals = {(refusal.source, refusal.file): refusal.reason for refusal in ledger.newest_refusals(connection)}
    refused = refusals.get((source, file))
    if version is not None and rows:
        return QuarantinedFile(version, rows, refused)
    if refused:
        raise NotPossible(f"{source}/{file} is refused as a whole, so no row of it is in quarantine: {refused}")
    if version is None:
        raise NotPossible(f"{source}/{file} was refused and is gone: nothing of it is loaded or in quarantine.")
    raise NotPossible(
        f"Nothing of {source}/{file} is in quarantine: {counted(version.rows_loaded, 'row')} loaded, none held out. "
        "What once was held out is in `growthleads quarantine --all`."
    )


def show_rows(found: QuarantinedFile, archive: Archive, reporter: Reporter) -> None:
    """The rows of a file that are held out, each with what to do, and how to land them again."""
    version = found.version
    if found.newer_is_refused:
        reporter.complain(f"A newer {found.place} is refused: {found.newer_is_refused}")
    reporter.say(
        f"{found.place}, accepted {version.recorded_at:%Y-%m-%d %H:%M:%S} UTC: {len(found.rows)} of "
        f"{counted(version.rows_read, 'row')} held out."
    )
    reporter.table("Rows in quarantine", [_row_cells(entry) for entry in found.rows], ROW_COLUMNS)
    reporter.say(
        f"growthleads quarantine export {found.place} writes these lines. Mend them, put them in the place of the old "
        f"ones in the whole file, and land that as {found.place} again: it replaces all rows of this version, which is "
        f"{archive.archive_zone / version.archived_path}."
    )


def as_file(found: QuarantinedFile, archive: Archive) -> bytes:
    """The rows held out as a file of their source: the header as it was delivered, then their lines as they landed.

    Raises NotPossible when the archived version, which has the header, cannot be read.
    """
    try:
        with archive.opened(found.version.archived_path, found.version.sha256) as content:
            line_end = "\r\n" if content.readline().endswith(b"\r\n") else "\n"
            blocks = (block.records.frame["raw"] for block in record_blocks(content, _READ_AT_ONCE, MOST_OF_A_ROW))
            header: str = next(records[0] for records in blocks if not records.is_empty())
    except ArchiveError as problem:
        raise NotPossible(str(problem)) from None
    return "".join(f"{line}{line_end}" for line in (header, *(entry.raw_line for entry in found.rows))).encode()


def said_of(found: QuarantinedFile) -> str:
    """How many rows were written, and of which kind, as a sentence."""
    reasons = Counter(entry.reason for entry in found.rows)
    listed = ", ".join(f"{reason} {count}" for reason, count in sorted(reasons.items()))
    return f"{counted(len(found.rows), 'row')} of {found.place} ({listed})"


def _meant(platform: Platform, connection: psycopg.Connection, words: Sequence[str]) -> tuple[str, str]:
    """Source and file name; a path may begin above the source's folder."""
    *above, name = PurePosixPath(*words).parts
    source = above[-1] if above else None
    if source is not None and source not in platform.registry:
        raise NotPossible(f"There is no source {source}; the sources are {', '.join(platform.registry)}.")
    known = connection.execute(
        """
        select files.source, bool_or(quarantine.load_id is not null)
        from bronze.files
        left join bronze.quarantine on files.load_id = quarantine.load_id and quarantine.resolved_at is null
        where files.file = %(name)s and files.source = any(%(sources)s)
        group by files.source
        order by files.source
        """,
        {"name": name, "sources": [source] if source else list(platform.registry)},
    ).fetchall()
    if not known:
        raise NotPossible(
            f"No file {'/'.join(filter(None, (source, name)))} has ever come: `growthleads quarantine` lists the files "
            "with rows in quarantine, `growthleads status --files` all."
        )
    candidates = [found for found, has_entries in known if has_entries] or [found for found, _ in known]
    if len(candidates) > 1:
        raise NotPossible(f"Several sources have a file {name}: say {_either(f'{one}/{name}' for one in candidates)}.")
    return candidates[0], name


def _kind_of_money(source: str, registry: Registry) -> str:
    return "running totals" if source in registry and registry[source].delivers_running_totals else "earnings"


def _said_of_totals(source: str, registry: Registry) -> str:
    if source not in registry or not registry[source].delivers_running_totals:
        return "."
    return (
        ". A running total is not what a day earned: the increase is not lost, it comes with the next "
        "observation of the same key."
    )


def _list_cells(row: HeldOut) -> Mapping[str, object]:
    more = ", …" if row.rows > len(row.first_lines) else ""
    return {
        "source": row.source,
        "day": row.day.isoformat() if row.day else None,
        "file": row.file,
        "reason": row.reason,
        "rows": row.rows,
        "money_held_out": None if row.money_held_out is None else amount(row.money_held_out),
        "unreadable": row.rows_without_readable_money or None,
        "lines": ", ".join(map(str, row.first_lines)) + more,
        "resolved": f"{row.resolved_at:%Y-%m-%d %H:%M:%S}" if row.resolved_at else None,
    }


def _row_cells(entry: Entry) -> Mapping[str, object]:
    return {
        "line": entry.line,
        "column": entry.column_name,
        "value": shortened(entry.value) if entry.value else entry.value,
        "reason": entry.reason,
        "what_to_do": entry.detail,
    }


def _either(names: Iterable[str]) -> str:
    return " or ".join(names)
