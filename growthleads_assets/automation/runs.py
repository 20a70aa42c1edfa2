"""Turning requests into Dagster runs: which assets, which partitions, with which tags.

Belongs here: that translation, running one in this process, and which runs go on. Does not: deciding what is to do.
"""

import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import dagster as dg
import psycopg

from growthleads_assets.assets.bronze import FILES_ACCEPTED, LEFT_OUT
from growthleads_assets.assets.models import DIMENSION_MODELS
from growthleads_assets.automation.history import HISTORY_CHECKS
from growthleads_assets.automation.jobs import PIPELINE, WRITER_TAGS
from growthleads_assets.checks.warnings import FIRST_FOUND, VIEW
from growthleads_assets.planning.planner import DayRange
from growthleads_assets.planning.requests import Request, UnderWay
from growthleads_assets.warehouse import leases

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"
_PARTITION = "dagster/partition"
WORK = "growthleads/work"
"""The tag of a run that the planner asked for: the fingerprint of its work."""

# Dagster's own retries would repeat what the planner asks for again anyway.
_NO_RETRIES = {"dagster/max_retries": "0"}

# Whoever runs it here says what became of it; the log is for the UI.
_SILENT = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}

_RUNNING = (dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING)
_LAUNCHED = (dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING, *_RUNNING)
_UNDER_WAY = (dg.DagsterRunStatus.QUEUED, *_LAUNCHED)

# Between its first event and its lease a run imports nothing and waits for nobody.
_SECONDS_TO_LEASE = 30
# From its launch to its first event a run imports Dagster and dbt, on a machine that may be busy.
_SECONDS_TO_START = 120
_SECONDS_TO_END = 3
_RUNS_LOOKED_AT = 100
_POSTGRESQL_ADDITIONS = re.compile(r"\n(?:LINE \d+|DETAIL|HINT|CONTEXT):")


@dataclass(frozen=True)
class PlannedRun:
    """One run of the pipeline: what it is about, its assets, and its tags and configuration."""

    title: str
    assets: Sequence[dg.AssetKey]
    tags: Mapping[str, str] = field(default_factory=dict)
    run_config: Mapping[str, Any] = field(default_factory=dict)


def planned_run(request: Request, definitions: dg.Definitions) -> PlannedRun:
    """The run for a request: dimensions with their models, or a range of days with all that derives from events."""
    if request.days is None:
        return PlannedRun(
            title=f"dimensions {request.title}",
            assets=[*_bronze(request.dimensions), *_dimension_models()],
            tags={WORK: request.work, **_NO_RETRIES, **WRITER_TAGS},
            run_config=_load_new_files_only(request.dimensions),
        )
    sources = sorted(request.days.sources)
    return PlannedRun(
        title=request.title,
        assets=[*_bronze(sources), *(derived_from_events(definitions) if request.days.recalculates else [])],
        tags={WORK: request.work, **_NO_RETRIES, **WRITER_TAGS, **range_tags(request.days)},
        run_config=_load_new_files_only(sources),
    )


def reloading_run(dimensions: Sequence[str]) -> PlannedRun:
    """The run that reads the accepted files of dimensions again."""
    return PlannedRun(
        title=f"{', '.join(dimensions)}, again",
        assets=[*_bronze(dimensions), *_dimension_models()],
        tags={**_NO_RETRIES, **WRITER_TAGS},
    )


def rebuilding_run(days: DayRange, definitions: dg.Definitions) -> PlannedRun:
    """The run that reads the accepted files of a range's sources again and recalculates what derives from events."""
    sources = sorted(days.sources)
    return PlannedRun(
        title=f"{days.first} to {days.last}, again" + (f": {', '.join(sources)}" if sources else ""),
        assets=[*_bronze(sources), *derived_from_events(definitions)],
        tags={**_NO_RETRIES, **WRITER_TAGS, **range_tags(days)},
    )


def restoring_run(title: str, sources: Sequence[str], days: DayRange | None) -> PlannedRun:
    """The run that loads from the archive what the ledger has not: of events for some days, or of dimensions."""
    return PlannedRun(
        title=title,
        assets=[*_bronze(sources), *(() if days else _dimension_models())],
        tags={**_NO_RETRIES, **WRITER_TAGS, **(range_tags(days) if days else {})},
        run_config={"ops": {f"bronze__{name}": {"config": {"restore": True}} for name in sources}},
    )


def range_tags(days: DayRange) -> Mapping[str, str]:
    """The tags by which one run covers a range of partitions."""
    return {RANGE_START: days.first.isoformat(), RANGE_END: days.last.isoformat()}


def run_in_process(
    run: PlannedRun, definitions: dg.Definitions, instance: dg.DagsterInstance
) -> dg.ExecuteInProcessResult:
    """Run it here and now; the run and its log are in the instance's history like any other."""
    return definitions.resolve_job_def(PIPELINE).execute_in_process(
        instance=instance,
        asset_selection=list(run.assets),
        tags=dict(run.tags),
        run_config={**run.run_config, **_SILENT},
        raise_on_error=False,
    )


def _where_to_look(evaluation: dg.AssetCheckEvaluation) -> str:
    if FIRST_FOUND not in evaluation.metadata:
        return ""
    first, view = (evaluation.metadata[name].value for name in (FIRST_FOUND, VIEW))
    return f" First: {first}. All: {view}."


def check_history_in_process(definitions: dg.Definitions, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    """Run the checks of all of history here and now."""
    job = definitions.resolve_job_def(HISTORY_CHECKS)
    return job.execute_in_process(instance=instance, run_config=_SILENT, raise_on_error=False)


def found_by_checks(result: dg.ExecuteInProcessResult, severity: dg.AssetCheckSeverity) -> list[str]:
    """The checks of a severity that did not pass, as a sentence each with what they found."""
    return [
        f"{evaluation.asset_key.to_user_string()}, {evaluation.check_name}: {evaluation.description or 'it fails.'}"
        f"{_where_to_look(evaluation)}"
        for evaluation in result.get_asset_check_evaluations()
        if not evaluation.passed and evaluation.severity == severity
    ]


def was_interrupted(events: Iterable[dg.DagsterEvent]) -> bool:
    """Whether somebody stopped the run of these events; Dagster turns Ctrl-C and SIGTERM into the failure of a step."""
    failures = (event.step_failure_data for event in events if event.is_step_failure)
    return any(failure.error_source.name == "INTERRUPT" for failure in failures)


def files_not_loaded(result: dg.ExecuteInProcessResult) -> list[str]:
    """The reasons why a run left files aside, which does not make it fail."""
    return [
        str(evaluation.metadata["refused"].value)
        for evaluation in result.get_asset_check_evaluations()
        if evaluation.check_name == FILES_ACCEPTED and not evaluation.passed
    ]


def versions_left_out(result: dg.ExecuteInProcessResult) -> list[str]:
    """Which earlier versions a run could not load from the archive, a sentence each; later ones are in force."""
    return [
        str(sentence)
        for evaluation in result.get_asset_check_evaluations()
        if LEFT_OUT in evaluation.metadata
        for sentence in evaluation.metadata[LEFT_OUT].value  # type: ignore[union-attr]  # a list, as bronze.py has it
    ]


def failure_of_newest_run(instance: dg.DagsterInstance, day: date) -> str | None:
    """Why the newest run that covers the day failed; None if it did not, or is not among the newest runs at all."""
    for run in instance.get_runs(limit=_RUNS_LOOKED_AT):
        days = days_of_run(run.tags)
        if not days or not days.first <= day <= days.last:
            continue
        if run.status != dg.DagsterRunStatus.FAILURE:
            return None
        logs = instance.all_logs(run.run_id)
        return f"run {run.run_id}: {failure_reason(entry.dagster_event for entry in logs if entry.dagster_event)}"
    return None


def failure_reason(events: Iterable[dg.DagsterEvent]) -> str:
    """Why the run of these events failed, as a sentence for each step that did."""
    reasons = []
    for event in events:
        if event.is_step_failure:
            data = event.step_failure_data
            description = data.user_failure_data.description if data.user_failure_data else None
            cause = data.error.cause or data.error if data.error else None
            message = description or (_last_line(cause.message) if cause else "unknown")
            reasons.append(f"{event.step_key}: {message}")
        elif event.is_run_failure and not reasons and event.message:
            # The process of the run never came to a step, or was killed.
            reasons.append(event.message.strip())
    return "; ".join(reasons) or "the run could not be started; see its page in the UI"


def _last_line(message: str) -> str:
    """The last line of an error's message, what PostgreSQL adds to its own aside."""
    return _POSTGRESQL_ADDITIONS.split(message.strip())[0].splitlines()[-1]


def runs_under_way(instance: dg.DagsterInstance) -> list[UnderWay]:
    """What the runs that the planner asked for, queued or running, are about."""
    runs = instance.get_runs(filters=dg.RunsFilter(statuses=list(_UNDER_WAY)))
    return [UnderWay(days_of_run(run.tags)) for run in runs if WORK in run.tags]


def end_dead_runs(instance: dg.DagsterInstance, connection: psycopg.Connection) -> list[str]:
    """Mark runs as failed whose process is gone without a word, as after `kill -9`; the ids of these runs.

    Without it they would go on for ever in Dagster's record, and hold the place of the one run that may write.
    """
    suspects = _without_lease(instance, connection)
    if suspects:
        # A run gives its lease back a moment before it is on record that it has ended.
        time.sleep(_SECONDS_TO_END)
        suspects &= _without_lease(instance, connection)
    for run_id in suspects:
        run = instance.get_run_by_id(run_id)
        if run:
            instance.report_run_failed(
                run,
                "The process of this run ended without a word, as when it is killed. What it left is taken up again.",
            )
    return sorted(suspects)


def _without_lease(instance: dg.DagsterInstance, connection: psycopg.Connection) -> set[str]:
    """The runs that should hold their lease by now, and do not."""
    records = instance.get_run_records(filters=dg.RunsFilter(statuses=list(_LAUNCHED)))
    overdue = [record.dagster_run.run_id for record in records if _is_overdue(record)]
    return {run_id for run_id in overdue if not leases.is_alive(connection, run_id)}


def derived_from_events(definitions: dg.Definitions) -> list[dg.AssetKey]:
    """Every asset but the bronze tables and the dimensions."""
    assets = (asset for asset in definitions.assets or () if isinstance(asset, dg.AssetsDefinition))
    keys = {key for asset in assets for key in asset.keys if key.path[0] != "bronze"}
    return sorted(keys - {*_dimension_models()})


def _bronze(sources: Iterable[str]) -> Iterator[dg.AssetKey]:
    return (dg.AssetKey(["bronze", name]) for name in sources)


def _dimension_models() -> Iterator[dg.AssetKey]:
    return (dg.AssetKey(["silver", name]) for name in DIMENSION_MODELS)


def _load_new_files_only(sources: Sequence[str]) -> Mapping[str, Any]:
    return {"ops": {f"bronze__{name}": {"config": {"reload_unchanged": False}} for name in sources}}


def days_of_run(tags: Mapping[str, str]) -> DayRange | None:
    """The days that a run with these tags materializes, one or a range; None for a run of no day."""
    of_one_day = tags.get(_PARTITION)
    first, last = tags.get(RANGE_START, of_one_day), tags.get(RANGE_END, of_one_day)
    # Tags can be anybody's: what is no day is no partition of the platform's.
    with suppress(ValueError):
        return DayRange(date.fromisoformat(first or ""), date.fromisoformat(last or ""), frozenset())
    return None


def _is_overdue(record: dg.RunRecord) -> bool:
    """Whether the run has had the time to hold its lease."""
    if record.dagster_run.status in _RUNNING and record.start_time:
        return time.time() - record.start_time > _SECONDS_TO_LEASE
    return time.time() - record.update_timestamp.timestamp() > _SECONDS_TO_START
