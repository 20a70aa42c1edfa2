"""The sensor on the landing zone: asks the planner what is to do, and requests it.

Belongs here: what a tick looks up, remembers and requests. Does not: deciding what is to do.

The cursor holds nothing that a decision depends on: how long fresh files have been as they are, and which late files
were reported. Losing it costs a moment. A request that got lost is made again, since its work is still to do.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from textwrap import shorten
from typing import TypedDict

import dagster as dg
import psycopg

from growthleads_assets.assets.lateness import Lateness, can_be_late, lateness
from growthleads_assets.automation.alerting import raise_given_up_work
from growthleads_assets.automation.jobs import PIPELINE
from growthleads_assets.automation.runs import end_dead_runs, planned_run, runs_under_way
from growthleads_assets.home.platform import Platform
from growthleads_assets.home.survey import survey_of
from growthleads_assets.landing.settling import Observations
from growthleads_assets.planning.planner import Plan
from growthleads_assets.planning.requests import AUTOMATIC, Attempts, Request, Requests, requests
from growthleads_assets.warehouse import attempts
from growthleads_assets.warehouse.completeness import late_files

# Less than the 5 seconds between two looks of the daemon, which would pass over every other one otherwise.
SECONDS_BETWEEN_TICKS = 4
SHOWN_CHARACTERS = 2_000
MOST_RUNS_UNDER_WAY = 20
"""Runs write one at a time: more of them would only make the queue long, and the ticks that create them."""


class Memory(TypedDict):
    """What a tick leaves to the next: see ``settling.observe``, and the days reported as late by source."""

    fresh: Observations
    late: dict[str, list[str]]


def landing_zone_sensor(platform: Platform, definitions: dg.Definitions) -> dg.SensorDefinition:
    """The sensor of a home; ``definitions`` are its assets and jobs."""

    @dg.sensor(
        name="landing_zone_sensor",
        job_name=PIPELINE,
        minimum_interval_seconds=SECONDS_BETWEEN_TICKS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Loads what has landed and settled, recalculates the days it touches, and reports late files.",
    )
    def landing_zone(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        memory = _remembered(context.cursor)
        with platform.connected() as connection:
            if due := platform.rebuild_due(connection):
                return dg.SensorResult(skip_reason=due, cursor=context.cursor)
            files, fresh = platform.landed_so_far(connection, memory["fresh"])
            plan = survey_of(platform, connection, files)
            late = late_by_source(platform, connection)
            # Last, because it counts what is requested as tried.
            chosen = choose(context.instance, connection, plan)
            # Only the planner knows what it has given up.
            raise_given_up_work(connection, context.instance, chosen.held_back)
        changed = [source for source in late if source.days != memory["late"].get(source.source.name, [])]
        now_remembered = Memory(fresh=fresh, late={source.source.name: source.days for source in late if source.days})
        return dg.SensorResult(
            run_requests=[_run_request(request, definitions) for request in chosen.now],
            skip_reason=None if chosen.now else _why_nothing(plan, chosen),
            cursor=json.dumps(now_remembered),
            asset_events=[source.evaluation() for source in changed],
        )

    return landing_zone


def choose(instance: dg.DagsterInstance, connection: psycopg.Connection, plan: Plan) -> Requests:
    """What to request now, on record as attempts; runs that are dead do not count as under way."""
    end_dead_runs(instance, connection)
    under_way = runs_under_way(instance)
    chosen = requests(
        plan,
        attempts={work: Attempts(*tried) for work, tried in attempts.all_attempts(connection).items()},
        under_way=under_way,
        now=datetime.now(UTC),
        patience=AUTOMATIC,
    )
    if not under_way and not plan.dimensions:
        attempts.forget_others(connection, chosen.known)
    del chosen.now[max(0, MOST_RUNS_UNDER_WAY - len(under_way)) :]
    for request in chosen.now:
        attempts.note_attempt(connection, request.work, request.title)
    return chosen


def late_by_source(platform: Platform, connection: psycopg.Connection) -> Sequence[Lateness]:
    """The late files of each source that can have any."""
    late = late_files(connection)
    return [lateness(source, late) for source in platform.registry.values() if can_be_late(source)]


def _remembered(cursor: str | None) -> Memory:
    memory: Memory = json.loads(cursor) if cursor else Memory(fresh={}, late={})
    return memory


def _run_request(request: Request, definitions: dg.Definitions) -> dg.RunRequest:
    # Without a run key: a used one never runs again, and what was requested before is told from the attempts.
    run = planned_run(request, definitions)
    return dg.RunRequest(asset_selection=list(run.assets), tags=run.tags, run_config=run.run_config)


def _why_nothing(plan: Plan, chosen: Requests) -> str:
    reasons = [f"{held.title} was tried {held.attempts} times; {_again(held.again_at)}" for held in chosen.held_back]
    reasons += [f"{file.place} is refused: {sentence}" for file, sentence in plan.refused]
    reasons += [sentence for _, sentence in (*plan.waiting, *plan.unreadable)]
    if reasons:
        return shorten(" ".join(reasons), SHOWN_CHARACTERS, placeholder=" …")
    return "Nothing is new." if plan.is_empty else "All there is to do is under way."


def _again(again_at: datetime | None) -> str:
    if again_at is None:
        return "it is left until something changes, or until somebody runs it."
    return f"it is tried again at {again_at:%H:%M:%S} UTC."
