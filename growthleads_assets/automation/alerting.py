"""The alerts that Dagster's runs call for, and the sensor that raises and delivers all alerts.

Belongs here: which failed run is a matter for people. Does not: alerts of files, and delivering (home/telling.py).

Failed runs are looked for in Dagster's record, not heard of by its run failure sensor: that one passes over runs which
a terminal executed, takes a failure for final that is tried again, and is not there where no daemon runs.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import psycopg
from sqlalchemy.exc import SQLAlchemyError

from growthleads_assets.alerts.alert import Alert, Kind
from growthleads_assets.assets.models import FAILED_CHECKS, IS_PUBLISHED
from growthleads_assets.automation.history import HISTORY_CHECKS
from growthleads_assets.automation.runs import (
    WORK,
    days_of_run,
    failure_reason,
    was_interrupted,
)
from growthleads_assets.home.platform import Platform
from growthleads_assets.home.telling import deliver, failing_nothing, raise_about_files
from growthleads_assets.planning.planner import DayRange
from growthleads_assets.planning.requests import HeldBack
from growthleads_assets.warehouse import alerts
from growthleads_assets.warehouse.money import money_of_a_day, money_of_days

SECONDS_BETWEEN_TICKS = 14
# Of a run that ended while its failure was being looked for; what was raised before is not raised again.
OVERLAP = timedelta(minutes=1)
FIRST_LOOK = timedelta(days=1)

_OF_DAGSTER = (dg.DagsterError, SQLAlchemyError)
_WILL_RETRY = "dagster/will_retry"
_TELLING = {
    dg.DagsterEventType.STEP_FAILURE,
    dg.DagsterEventType.ASSET_CHECK_EVALUATION,
    dg.DagsterEventType.RUN_FAILURE,
}


def alert_sensor(platform: Platform) -> dg.SensorDefinition:
    """The sensor that tells people: apart from the one on the landing zone, which no mail server is to hold up."""

    @dg.sensor(
        name="alerts",
        minimum_interval_seconds=SECONDS_BETWEEN_TICKS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells people of runs that failed for good, refused and late files, and blocking checks that fail.",
    )
    def alerts_due(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        began = datetime.now(UTC)
        # The cursor only spares looks at runs that were looked at: what was raised is on record in the database.
        since = datetime.fromisoformat(context.cursor) - OVERLAP if context.cursor else began - FIRST_LOOK
        with platform.connected() as connection:
            attend(platform, connection, context.instance, runs_since=since)
        return dg.SensorResult(skip_reason="This sensor starts no runs.", cursor=began.isoformat())

    return alerts_due


def attend(
    platform: Platform,
    connection: psycopg.Connection,
    instance: dg.DagsterInstance,
    *,
    runs_since: datetime,
    held_back: Iterable[HeldBack] = (),
) -> None:
    """Raise what there is to tell people now, and deliver what is due; half a minute or so at most.

    Of runs these are the ones that failed since then, and those of given-up work among what is ``held_back``.
    """
    raise_about_files(platform, connection)
    with failing_nothing("failed runs", *_OF_DAGSTER):
        raise_failed_runs(connection, instance, runs_since)
    raise_given_up_work(connection, instance, held_back)
    deliver(platform, connection)


def raise_given_up_work(
    connection: psycopg.Connection, instance: dg.DagsterInstance, held_back: Iterable[HeldBack]
) -> None:
    """Raise an alert for each piece of work that is not tried again by itself, once as long as its files stay."""
    with failing_nothing("work that was given up", *_OF_DAGSTER):
        _raise_given_up_work(connection, instance, held_back)


def _raise_given_up_work(
    connection: psycopg.Connection, instance: dg.DagsterInstance, held_back: Iterable[HeldBack]
) -> None:
    given_up = {_key_of_work(held.request.work): held for held in held_back if held.again_at is None}
    for key in sorted(alerts.not_raised(connection, given_up)):
        held = given_up[key]
        records = instance.get_run_records(filters=dg.RunsFilter(tags={WORK: held.request.work}), limit=1)
        failure = _failure(instance, records[0]) if records else _without_run()
        if not failure.was_interrupted:
            tried = "once" if held.attempts == 1 else f"{held.attempts} times"
            _raise(connection, _Matter(key, held.title, held.request.days, f"It was tried {tried}. {_LEFT}"), failure)


def raise_failed_runs(connection: psycopg.Connection, instance: dg.DagsterInstance, since: datetime) -> None:
    """Raise an alert for each run that failed since then and that nothing tries again, or that a check blocked.

    The planner tries its own runs again: in halves, which says nothing yet, or alone after a while, where a check that
    failed will fail again.
    """
    filters = dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE], updated_after=since)
    records = [
        record
        for record in instance.get_run_records(filters=filters)
        if record.dagster_run.tags.get(_WILL_RETRY) != "true"
    ]
    new = alerts.not_raised(connection, (key for record in records for key in _keys(record.dagster_run)))
    for record in records:
        run = record.dagster_run
        if not new.issuperset(_keys(run)):
            continue
        failure = _failure(instance, record)
        if failure.was_interrupted:
            continue
        by_run, by_work = _keys(run)[0], _keys(run)[-1]
        if run.job_name == HISTORY_CHECKS:
            key = _key_of_history(instance, failure)
            _raise(connection, _Matter(key, "all of history", None), failure)
        elif failure.is_published or by_work == by_run:
            # Of work whose numbers are published nothing is left to try again.
            _raise(connection, _Matter(by_run, _subject(run), days_of_run(run.tags)), failure)
        elif failure.checks and not _will_be_halved(run):
            _raise(connection, _Matter(by_work, _subject(run), days_of_run(run.tags), _STAYS), failure)


_LEFT = "It is left until its files or the platform change, or until somebody runs it: `growthleads run`."
_STAYS = "It stays so until its files or the platform change."


@dataclass(frozen=True)
class _Matter:
    """What an alert is about: ``subject`` in words, ``remedy`` what becomes of it now."""

    key: str
    subject: str
    days: DayRange | None
    remedy: str = ""


@dataclass(frozen=True)
class _Failure:
    """Why a run failed: ``checks`` are those that blocked it. Without ``run_id`` no run is on record."""

    run_id: str | None
    ended_at: datetime
    reason: str
    checks: tuple[str, ...] = ()
    is_published: bool = False
    was_interrupted: bool = False


def _raise(connection: psycopg.Connection, matter: _Matter, failure: _Failure) -> None:
    days = matter.days
    money = money_of_days(connection, days.first, days.last) if days else money_of_a_day(connection)
    reason = f"{failure.reason.rstrip('.')}."
    if failure.checks:
        title = f"A blocking check failed: {matter.subject}"
        shown = "the new numbers" if failure.is_published else "what they showed before"
        said = f"Failed: {', '.join(failure.checks)}. {reason} The marts show {shown}."
    else:
        title = f"Failed for good: {matter.subject}"
        said = reason
    kind: Kind = "failed_check" if failure.checks else "failed_work" if matter.remedy else "failed_run"
    alerts.raise_alert(
        connection,
        Alert(
            key=matter.key,
            kind=kind,
            title=title,
            message=f"{said} {matter.remedy}".strip(),
            happened_at=failure.ended_at,
            money=money.amount,
            money_is=money.what,
            money_is_estimate=money.is_estimate,
            first_day=days.first if days else None,
            last_day=days.last if days else None,
            run_id=failure.run_id,
        ),
    )


def _failure(instance: dg.DagsterInstance, record: dg.RunRecord) -> _Failure:
    run_id, status = record.dagster_run.run_id, record.dagster_run.status
    entries = instance.all_logs(run_id, of_type=_TELLING)
    events = [entry.dagster_event for entry in entries if entry.dagster_event]
    steps = [event for event in events if event.is_step_failure]
    ended = datetime.fromtimestamp(record.end_time, UTC) if record.end_time else record.update_timestamp
    return _Failure(
        run_id=run_id,
        ended_at=ended,
        reason=_ENDED_WELL if status == dg.DagsterRunStatus.SUCCESS else failure_reason(events),
        checks=tuple(dict.fromkeys(_failed_checks(events))),
        is_published=bool(steps) and all(_said(event, IS_PUBLISHED) for event in steps),
        was_interrupted=status == dg.DagsterRunStatus.CANCELED or was_interrupted(events),
    )


_ENDED_WELL = "Its run ended well, but the work is still to do; see its log."


def _without_run() -> _Failure:
    return _Failure(None, datetime.now(UTC), "It was requested, and no run of it is on record.")


def _failed_checks(events: Iterable[dg.DagsterEvent]) -> Iterator[str]:
    for event in events:
        if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            evaluation = event.asset_check_evaluation_data
            is_error = evaluation.severity == dg.AssetCheckSeverity.ERROR
            if evaluation.blocking and is_error and not evaluation.passed:
                yield evaluation.check_name
        else:
            yield from _said(event, FAILED_CHECKS) or ()


def _said(event: dg.DagsterEvent, name: str) -> Any:
    """What a step said of its failure, as metadata of this name."""
    data = event.step_failure_data.user_failure_data if event.is_step_failure else None
    return data.metadata[name].value if data and name in data.metadata else None


def _keys(run: dg.DagsterRun) -> list[str]:
    """The keys that an alert of the run can have: its own, and that of the planner's work which it was to do."""
    # What somebody executes again in the UI keeps the tags, and is no run of the planner's.
    work = None if run.parent_run_id else run.tags.get(WORK)
    return [f"run {run.run_id}", *([_key_of_work(work)] if work else [])]


def _key_of_history(instance: dg.DagsterInstance, failure: _Failure) -> str:
    """One matter for as long as the same checks fail each morning."""
    passed = dg.RunsFilter(job_name=HISTORY_CHECKS, statuses=[dg.DagsterRunStatus.SUCCESS])
    since = next((run.run_id for run in instance.get_runs(filters=passed, limit=1)), "the beginning")
    return f"history {', '.join(sorted(failure.checks)) or failure.run_id} since {since}"


def _key_of_work(work: str) -> str:
    return f"work {work}"


def _will_be_halved(run: dg.DagsterRun) -> bool:
    days = days_of_run(run.tags)
    return days is not None and days.first != days.last


def _subject(run: dg.DagsterRun) -> str:
    """What the run was about: its days, or the sources that it loads, or its job."""
    days = days_of_run(run.tags)
    if days:
        return days.span
    sources = sorted(key.path[-1] for key in run.asset_selection or () if key.path[0] == "bronze")
    return ", ".join(sources) or f"job {run.job_name}"
