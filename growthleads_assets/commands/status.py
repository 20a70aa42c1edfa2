"""What is loaded, waiting or refused, and which days are published.

Belongs here: putting the answer together and showing it. Does not: loading or calculating anything.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import psycopg
from psycopg.rows import dict_row

from growthleads_assets.assets.platform import Platform
from growthleads_assets.automation.survey import survey
from growthleads_assets.commands.reporting import Reporter
from growthleads_assets.planning.planner import Landed, Plan

FILE_COLUMNS = ("source", "file", "day", "status", "rows_read", "rows_loaded", "rows_quarantined", "when", "reason")
DAY_COLUMNS = ("part", "day", "status", "waiting_for")
A_RUN = "a run"
"""What a day waits for whose files are all in while the marts show other versions or nothing."""

Row = Mapping[str, Any]


def status(platform: Platform) -> dict[str, list[Row]]:
    """``files``: each version in force, and what lies in the landing zone without being in force; ``days``: each part
    and day that a file has come for. Plain values, ready for JSON: days as YYYY-MM-DD.
    """  # noqa: D205
    with platform.connected() as connection:
        plan = survey(platform, connection, settle_seconds=0)
        files = [*_loaded(connection), *_landed(plan)]
        return {
            "files": sorted(files, key=lambda file: (file["source"] or "", file["file"], file["status"])),
            "days": list(_days(connection)),
        }


def show_status(found: Mapping[str, list[Row]], reporter: Reporter) -> None:
    """The same as tables."""
    if not found["files"]:
        reporter.say("Nothing has landed yet.")
        return
    reporter.table("Files", found["files"], FILE_COLUMNS)
    days = [{**day, "waiting_for": ", ".join(day["waiting_for"])} for day in found["days"]]
    reporter.table("Days", days, DAY_COLUMNS)


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
    prepared = connection.execute("select to_regclass('silver.part_days') is not null").fetchone()
    if not prepared or not prepared[0]:
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
