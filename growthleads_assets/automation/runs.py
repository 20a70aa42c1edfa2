"""Turning a plan into Dagster runs: which assets, which partitions, with which tags.

Belongs here: that translation, and running one in this process. Does not: deciding what is to do.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import dagster as dg

from growthleads_assets.assets.models import DIMENSION_MODELS
from growthleads_assets.automation.jobs import PIPELINE
from growthleads_assets.contracts.registry import Registry
from growthleads_assets.planning.planner import DayRange, Plan

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"


@dataclass(frozen=True)
class PlannedRun:
    """One run of the pipeline: what it is about, its assets, and its tags and configuration."""

    title: str
    assets: Sequence[dg.AssetKey]
    tags: Mapping[str, str] = field(default_factory=dict)
    run_config: Mapping[str, Any] = field(default_factory=dict)


def dimension_run(plan: Plan) -> PlannedRun | None:
    """The run that loads the changed dimensions, if any did."""
    if not plan.dimensions:
        return None
    bronze = [dg.AssetKey(["bronze", name]) for name in plan.dimensions]
    silver = [dg.AssetKey(["silver", name]) for name in DIMENSION_MODELS]
    return PlannedRun(
        title=f"dimensions {', '.join(plan.dimensions)}",
        assets=[*bronze, *silver],
        run_config=_load_new_files_only(plan.dimensions),
    )


def range_runs(plan: Plan, definitions: dg.Definitions, registry: Registry) -> Iterator[PlannedRun]:
    """One run per range of days: the sources with new files, and everything that derives from events."""
    derived = _derived_from_events(definitions, registry)
    for days in plan.ranges:
        sources = sorted(days.sources)
        yield PlannedRun(
            title=_title(days),
            assets=[*(dg.AssetKey(["bronze", name]) for name in sources), *derived],
            tags={RANGE_START: days.first.isoformat(), RANGE_END: days.last.isoformat()},
            run_config=_load_new_files_only(sources),
        )


def run_in_process(
    run: PlannedRun, definitions: dg.Definitions, instance: dg.DagsterInstance
) -> dg.ExecuteInProcessResult:
    """Run it here and now; the run and its log are in the instance's history like any other."""
    return definitions.resolve_job_def(PIPELINE).execute_in_process(
        instance=instance,
        asset_selection=list(run.assets),
        tags=dict(run.tags),
        # Whoever runs it here says what became of it; the log is for the UI.
        run_config={**run.run_config, "loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        raise_on_error=False,
    )


def failure_reason(result: dg.ExecuteInProcessResult) -> str:
    """Why a run failed, as a sentence for each step that did."""
    reasons = []
    for event in result.all_events:
        if event.is_step_failure:
            data = event.step_failure_data
            description = data.user_failure_data.description if data.user_failure_data else None
            cause = data.error.cause or data.error if data.error else None
            message = description or (cause.message.strip().splitlines()[-1] if cause else "unknown")
            reasons.append(f"{event.step_key}: {message}")
    return "; ".join(reasons) or "the run could not be started; see its page in the UI"


def _load_new_files_only(sources: Sequence[str]) -> Mapping[str, Any]:
    return {"ops": {f"bronze__{name}": {"config": {"reload_unchanged": False}} for name in sources}}


def _derived_from_events(definitions: dg.Definitions, registry: Registry) -> list[dg.AssetKey]:
    upstream = {dg.AssetKey(["bronze", name]) for name in registry}
    upstream |= {dg.AssetKey(["silver", name]) for name in DIMENSION_MODELS}
    return sorted(key for key in definitions.resolve_asset_graph().materializable_asset_keys if key not in upstream)


def _title(days: DayRange) -> str:
    span = f"{days.first}" if days.first == days.last else f"{days.first} to {days.last}"
    return f"{span}" + (f": {', '.join(sorted(days.sources))}" if days.sources else "")
