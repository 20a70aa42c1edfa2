"""What is loaded, waiting or refused, which days are published, and whether they can be paid out.

Belongs here: putting the answer together and showing it. Does not: loading or calculating anything; what makes a day
fit to be paid out (payout.py).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from itertools import groupby
from typing import Any

import psycopg
from psycopg.rows import dict_row

from growthleads_assets.commands.payout import Circumstances, SourceDay, Verdict, by_source_and_day, verdict
from growthleads_assets.commands.reporting import Mark, NotPossible, Reporter, plain_values
from growthleads_assets.contracts.registry import Registry
from growthleads_assets.home.platform import Platform
from growthleads_assets.home.survey import survey
from growthleads_assets.planning.planner import Landed, Plan
from growthleads_assets.warehouse import ledger
from growthleads_assets.warehouse.completeness import PartDay, is_prepared, part_days
from growthleads_assets.warehouse.findings import Days, Look, find
from growthleads_assets.warehouse.quarantine import HeldOut, held_out
from growthleads_assets.words import PART_NAMES, span, spans

FILE_COLUMNS = ("source", "file", "day", "status", "rows_read", "rows_loaded", "rows_quarantined", "when", "reason")
NOT_LOADED_COLUMNS = ("source", "file", "status", "reason")
DAY_COLUMNS = ("part", "day", "status", "waiting_for")
A_RUN = "a run"
"""What a day waits for whose files are all in while the marts show other versions or nothing."""

SHOWN_DAYS = 14
SHOWN_REASONS = 15

Row = Mapping[str, Any]

ANSWERS = {
    "yes": "Can be paid out",
    "provisional": "Published, but not final",
    "no": "Cannot be paid out",
}
STATUS_MARKS = {
    "complete": (Mark("C", "green"), "C complete"),
    "provisional": (Mark("P", "yellow"), "P provisional"),
    "waiting": (Mark("W", "yellow"), "W waiting"),
    "missing": (Mark("M", "bold red"), "M missing"),
}
FILE_MARKS = {
    "in": (Mark("+", "green"), "+ in"),
    "quarantined": (Mark("q", "yellow"), "q in, with rows in quarantine"),
    "empty": (Mark("0", "green"), "0 in, without a row that counts"),
    "newer refused": (Mark("R", "bold red"), "R in, a newer version is refused"),
    "refused": (Mark("x", "bold red"), "x refused"),
    "late": (Mark("L", "bold red"), "L late"),
    "estimated": (Mark("~", "cyan"), "~ not come, figures are estimated"),
    "not come": (Mark("-", "yellow"), "- not come"),
    "optional": (Mark(".", "dim"), ". not come, optional"),
}


@dataclass(frozen=True)
class Status:
    """``files``: each version in force, and what lies in the landing zone without being in force; ``days``: each part
    and day that a file has come for. Both are plain values, ready for JSON: days as YYYY-MM-DD.

    ``completeness``, ``verdicts`` and ``held`` (what is in quarantine) are those of the days from ``first`` to
    ``last``; ``newest`` is the newest day that a file was loaded for. ``rebuild_due`` says why the archive is to be
    loaded before anything else, if it is.
    """  # noqa: D205

    files: Sequence[Row]
    days: Sequence[Row]
    completeness: Sequence[PartDay]
    verdicts: Sequence[Verdict]
    held: Sequence[HeldOut]
    first: date
    last: date
    today: date
    newest: date | None
    rebuild_due: str | None


def status(platform: Platform, *, number_of_days: int = SHOWN_DAYS, last: date | None = None) -> Status:
    """The status, with the completeness of some days up to ``last``: without it up to today, or to the newest day that
    a file was loaded for where today is far from it. Raises NotPossible for a day to come.
    """  # noqa: D205
    today = platform.settings.today()
    if last and last > today:
        raise NotPossible(f"{last} is still to come: today is {today}.")
    with platform.connected() as connection:
        plan = survey(platform, connection, settle_seconds=0)
        files = [*_loaded(connection), *_landed(plan)]
        newest = _newest_day(connection)
        last = last or (newest if newest and today - newest >= timedelta(days=number_of_days) else today)
        first = last - timedelta(days=number_of_days - 1)
        rebuild_due = platform.rebuild_due(connection)
        completeness = part_days(connection, first, last)
        held = held_out(connection, first=first, last=last)
        circumstances = Circumstances(
            platform.registry,
            by_source_and_day(held),
            _to_come(plan),
            _unusual(connection, Days(first, last)),
            _refusals(connection, platform.registry),
            rebuild_due,
            cache(_failure),
            platform.settings.provisional_for,
        )
        return Status(
            files=sorted(files, key=lambda file: (file["source"] or "", file["file"], file["status"])),
            days=list(_days(connection)),
            completeness=completeness,
            verdicts=[verdict(day, circumstances) for day in completeness],
            held=held,
            first=first,
            last=last,
            today=today,
            newest=newest,
            rebuild_due=rebuild_due,
        )


def as_json(found: Status) -> Mapping[str, Sequence[Row] | str | None]:
    """All of it as plain values: amounts as decimal texts, days and times in ISO 8601."""
    return {
        "files": found.files,
        "days": found.days,
        "completeness": plain_values(found.completeness),
        "payout": plain_values(found.verdicts),
        "quarantine": plain_values(found.held),
        "rebuild_due": found.rebuild_due,
    }


def show_status(found: Status, registry: Registry, reporter: Reporter, *, with_files: bool) -> None:
    """The verdicts in words, the days as a grid, and what has landed without being loaded; the files if asked for."""
    if found.rebuild_due:
        reporter.say(found.rebuild_due, style="bold red")
    elif not found.files:
        reporter.say("Nothing has landed yet.")
        return
    _show_verdicts(found, reporter)
    if found.completeness:
        _show_grid(found, registry, reporter)
    told = {(source, day.date.isoformat()) for day in found.completeness for source in day.files_refused}
    not_loaded = [
        file
        for file in found.files
        if file["status"] != "loaded" and not (file["status"] == "refused" and (file["source"], file["day"]) in told)
    ]
    if not_loaded:
        reporter.table("Landed and not loaded", not_loaded, NOT_LOADED_COLUMNS)
    if with_files:
        reporter.table("Files", found.files, FILE_COLUMNS)
        days = [{**day, "waiting_for": ", ".join(day["waiting_for"])} for day in found.days]
        reporter.table("Days", days, DAY_COLUMNS)


def _show_verdicts(found: Status, reporter: Reporter) -> None:
    if not found.completeness:
        reporter.say(f"No part has a day from {span(found.first, found.last)}: there is nothing to pay out.", "bold")
    for part, of_part in groupby(found.verdicts, key=lambda verdict: verdict.part):
        verdicts = list(of_part)
        answers = _answers({verdict.day: verdict.verdict for verdict in verdicts})
        reporter.say(f"Part {part}, {PART_NAMES[part]}. {answers}", style="bold")
        _show_reasons(verdicts, reporter)
    if len({verdict.part for verdict in found.verdicts}) > 1:
        reporter.say(f"Part 3, both together. {_answers(_worst_by_day(found.verdicts))}", style="bold")
    if found.newest and found.newest < found.last:
        reporter.say(f"Nothing has been loaded for a day after {found.newest}; today is {found.today}.")
    elif found.last < found.today:
        reporter.say(f"These are days to {found.last}; today is {found.today}. `--to {found.today}` shows the newest.")


def _answers(by_day: Mapping[date, str]) -> str:
    return " ".join(
        f"{words}: {spans(days)}."
        for kind, words in ANSWERS.items()
        if (days := [day for day, answer in by_day.items() if answer == kind])
    )


def _worst_by_day(verdicts: Iterable[Verdict]) -> Mapping[date, str]:
    """Part 3 is both parts: of each day, the verdict that is worse."""
    kinds = list(ANSWERS)
    found: dict[date, int] = {}
    for one in verdicts:
        found[one.day] = max(found.get(one.day, 0), kinds.index(one.verdict))
    return {day: kinds[worst] for day, worst in sorted(found.items())}


def _show_reasons(verdicts: Sequence[Verdict], reporter: Reporter) -> None:
    """Each reason with the days that it holds for; the one of the newest day first."""
    found: defaultdict[tuple[str, str], list[date]] = defaultdict(list)
    for newest_first in reversed(verdicts):
        for reason in newest_first.reasons:
            found[newest_first.verdict, reason].append(newest_first.day)
    for (kind, reason), days in list(found.items())[:SHOWN_REASONS]:
        style = {"no": "red", "provisional": "yellow"}.get(kind, "")
        reporter.say(f"  {spans(days)}: {kind}: {reason}.", style)
    if len(found) > SHOWN_REASONS:
        reporter.say(f"  … and {len(found) - SHOWN_REASONS} more: `growthleads status --json` has all of them.")


def _show_grid(found: Status, registry: Registry, reporter: Reporter) -> None:
    days = [found.first + timedelta(days=n) for n in range((found.last - found.first).days + 1)]
    held = by_source_and_day(found.held)
    rows: list[tuple[str, list[Mark]]] = []
    used: dict[str, None] = {}
    files = _states_of_files(found.completeness, registry, held)
    for source in (name for name in registry if any(name == of for of, _ in files)):
        states = [files.get((source, day)) for day in days]
        rows.append((source, [FILE_MARKS[state][0] if state else Mark("") for state in states]))
        used |= dict.fromkeys(FILE_MARKS[state][1] for state in FILE_MARKS if state in states)
    for part, of_part in groupby(found.completeness, key=lambda day: day.part):
        known = {day.date: day.status for day in of_part}
        rows.append(
            (
                f"part {part}, {PART_NAMES[part]}",
                [STATUS_MARKS[known[day]][0] if day in known else Mark("") for day in days],
            )
        )
        used |= dict.fromkeys(STATUS_MARKS[state][1] for state in STATUS_MARKS if state in known.values())
    headings = [
        f"{day:%m}\n{day:%d}" if day in (found.first, found.last) or day.day == 1 else f"\n{day:%d}" for day in days
    ]
    reporter.grid(f"Days from {span(found.first, found.last)} (month above day)", headings, rows, list(used))


def _states_of_files(
    completeness: Sequence[PartDay], registry: Registry, held: Mapping[SourceDay, Sequence[HeldOut]]
) -> Mapping[tuple[str, date], str]:
    """What has become of each source's file of each day; a source that feeds two parts is the same in both."""
    states: dict[tuple[str, date], str] = {}
    for day in completeness:
        for source in {*day.files_in, *day.files_missing, *day.files_refused}:
            if registry[source].is_event:
                state = _state_of_file(source, day, registry, is_held=(source, day.date) in held)
                # A file may be late for one of its parts only.
                if states.get((source, day.date)) != "late":
                    states[source, day.date] = state
    return states


def _state_of_file(source: str, day: PartDay, registry: Registry, *, is_held: bool) -> str:
    if source in day.files_refused:
        return "newer refused" if source in day.files_in else "refused"
    if source in day.files_in:
        return "quarantined" if is_held else "empty" if source in day.files_empty else "in"
    if source in day.files_late:
        return "late"
    if day.part not in registry[source].required_for:
        return "optional"
    return "not come" if source in day.waiting_for else "estimated"


def _newest_day(connection: psycopg.Connection) -> date | None:
    found = connection.execute("select max(day) from bronze.files where status = 'loaded'").fetchone()
    return found[0] if found else None


def _refusals(connection: psycopg.Connection, registry: Registry) -> Mapping[SourceDay, str]:
    """Why files are refused that have the name that their source's have."""
    return {
        (refusal.source, refusal.day): refusal.reason
        for refusal in ledger.newest_refusals(connection)
        if refusal.source in registry and refusal.file == registry[refusal.source].file_name(refusal.day)
    }


def _failure(day: date) -> str | None:
    # Few looks need it, and what it imports takes longer than all the rest of a look.
    import dagster as dg

    from growthleads_assets.automation.runs import failure_of_newest_run

    with dg.DagsterInstance.get() as instance:
        return failure_of_newest_run(instance, day)


def _loaded(connection: psycopg.Connection) -> Iterator[Row]:
    with connection.cursor(row_factory=dict_row) as cursor:
        yield from cursor.execute(
            """
            select
                source, file, day::text, status, rows_read, rows_loaded, rows_quarantined,
                to_char(recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as when, null as reason
            from bronze.files
            where status = 'loaded' and superseded_at is null
            """
        )


def _landed(plan: Plan) -> Iterator[Row]:
    for file, sentence in plan.refused:
        yield _not_loaded(file, "refused", sentence)
    for file, sentence in (*plan.waiting, *plan.unreadable):
        yield _not_loaded(file, "waiting", sentence)
    for file in plan.to_load:
        yield _not_loaded(file, "waiting", f"{file.place} is loaded by the next run.")


def _unusual(connection: psycopg.Connection, days: Days) -> Mapping[tuple[str, date | None], str]:
    """Event files that are far from those of the days before, in words, by source and day."""
    if not is_prepared(connection):
        return {}
    look = Look("file_statistics", condition="has_unusual_rows or has_unusual_earnings", order="date")
    found = find(connection, look, days)
    rows = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
    return {
        (row["source"], row["date"]): f"{row['source']}/{row['file']} has {_size(row['rows_read'], row['earnings'])}, "
        f"where {_size(row['median_rows'], row['median_earnings'])} are usual"
        for row in rows
    }


def _size(rows: int, earnings: Decimal | None) -> str:
    return f"{rows} rows" if earnings is None else f"{rows} rows and {earnings:,.2f} of earnings"


def _to_come(plan: Plan) -> Mapping[tuple[str, date | None], str]:
    """What lies in the landing zone and is not loaded, though nothing is wrong with it, by source and day."""
    found = {
        (file.source, file.day): sentence.rstrip(".")
        for file, sentence in (*plan.waiting, *plan.unreadable)
        if file.source
    }
    for file in plan.to_load:
        if file.source:
            found[file.source, file.day] = f"{file.place} has landed and is not loaded yet"
    return found


def _not_loaded(file: Landed, state: str, reason: str) -> Row:
    counts = dict.fromkeys(("rows_read", "rows_loaded", "rows_quarantined", "when"))
    return {
        "source": file.source,
        "file": file.file if file.source else file.place,
        "day": file.day.isoformat() if file.day else None,
        "status": state,
        **counts,
        "reason": reason,
    }


def _days(connection: psycopg.Connection) -> Iterator[Row]:
    """Each part and day; part 3 has a day as soon as part 1 or part 2 has it."""
    if not is_prepared(connection):
        return
    rows = connection.execute(
        """
        select
            part_days.part,
            part_days.date,
            published_days.part is not null,
            case
                when part_days.waiting_for <> '{}' then part_days.waiting_for
                -- All files are in, and the marts do not show them: a run failed, or is still to come.
                when published_days.inputs is distinct from day_inputs.inputs then array[%s]
                else '{}'
            end
        from silver.part_days
        inner join bronze.day_inputs on part_days.part = day_inputs.part and part_days.date = day_inputs.day
        left join gold.published_days
            on part_days.part = published_days.part and part_days.date = published_days.date
        order by part_days.part, part_days.date
        """,
        (A_RUN,),
    ).fetchall()
    combined: dict[date, tuple[bool, list[str]]] = {}
    for part, day, is_published, waiting_for in rows:
        yield _day(part, day, is_published, waiting_for)
        published_before, waited_for = combined.get(day, (False, []))
        combined[day] = (published_before or is_published, [*waited_for, *waiting_for])
    for day, (is_published, waiting_for) in sorted(combined.items()):
        # What part 3 shows is not held up by a part that is still to come.
        yield _day(3, day, is_published, sorted({w for w in waiting_for if w == A_RUN or not is_published}))


def _day(part: int, day: date, is_published: bool, waiting_for: list[str]) -> Row:
    return {
        "part": part,
        "day": day.isoformat(),
        "status": "published" if is_published else "waiting",
        "waiting_for": waiting_for,
    }
