"""Rebuilding days from the accepted files, whether or not anything is new.

Belongs here: which runs that takes, and what is said of them. Does not: executing them (runner.py).
"""

from datetime import UTC, date, datetime

import psycopg

from growthleads_assets.automation.alerting import attend
from growthleads_assets.automation.runs import rebuilding_run, reloading_run
from growthleads_assets.commands.reporting import NotPossible, Reporter
from growthleads_assets.commands.runner import runner
from growthleads_assets.home.platform import Platform
from growthleads_assets.planning.planner import DayRange
from growthleads_assets.settings import Settings
from growthleads_assets.words import spans


def rebuild(platform: Platform, first: date, last: date, source: str | None, reporter: Reporter) -> bool:
    """Read the files of ``source`` (None: of every source) in force for these days again, and recalculate the days.

    Whether all of it succeeded. Raises NotPossible.
    """
    _require_days(platform.settings, first, last)
    chosen = [entry for name, entry in platform.registry.items() if source in (None, name)]
    if not chosen:
        raise NotPossible(f"There is no source {source}; the sources are {', '.join(platform.registry)}.")
    events = frozenset(entry.name for entry in chosen if entry.is_event)
    dimensions = [entry.name for entry in chosen if not entry.is_event]
    began = datetime.now(UTC)
    with platform.connected() as connection:
        if due := platform.rebuild_due(connection):
            raise NotPossible(due)
    with platform.connected() as connection, runner(platform, connection, reporter) as run:
        succeeded = not dimensions or run.execute(reloading_run(dimensions), names_refused_files=True)
        days = rebuilding_run(DayRange(first, last, events), run.definitions)
        succeeded &= run.execute(days, names_refused_files=True)
        _say_which_days_have_no_file(connection, first, last, reporter)
        attend(platform, connection, run.instance, runs_since=began)
    return succeeded


def _require_days(settings: Settings, first: date, last: date) -> None:
    if first > last:
        raise NotPossible(f"{first} is after {last}: give the earlier day with --from.")
    if first < settings.start_date:
        raise NotPossible(f"{first} is before the start date {settings.start_date} (GROWTHLEADS_START_DATE).")
    if last > settings.today():
        raise NotPossible(f"{last} is still to come: today is {settings.today()}.")


def _say_which_days_have_no_file(connection: psycopg.Connection, first: date, last: date, reporter: Reporter) -> None:
    rows = connection.execute(
        """
        select day::date
        from generate_series(%s::timestamp, %s::timestamp, interval '1 day') as days (day)
        where not exists (
            select from bronze.files
            where files.day = days.day::date and files.status = 'loaded' and files.superseded_at is null
        )
        """,
        (first, last),
    ).fetchall()
    if rows:
        reporter.say(f"without any file: {spans(day for (day,) in rows)}")
