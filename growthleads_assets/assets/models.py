"""The dbt models as assets: dimensions, what derives from events, and the published marts.

Belongs here: the translation of dbt's nodes and results, and the order of a calculation. Does not: SQL.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject, dbt_assets
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage
from psycopg import Connection, sql

from growthleads_assets.assets.partitions import days_of
from growthleads_assets.assets.published import restatement_metadata
from growthleads_assets.assets.rebuild import refuse_before_rebuild
from growthleads_assets.home.platform import Platform
from growthleads_assets.warehouse import publication
from growthleads_assets.warehouse.restatements import restatements
from growthleads_assets.warehouse.transformation import Transformation, TransformationFailed

DIMENSION_MODELS = ("deals", "voluum_brands", "operator_variants")
FAILED_CHECKS = "failed_checks"
"""The metadata of a failure that names the checks which blocked."""
IS_PUBLISHED = "is_published"
"""The metadata of a failure after which the marts show the new numbers all the same."""
MARTS = "config.materialized:published tag:reads_marts"
REPORTS = "tag:reports"
"""Views about the data that nothing else reads: without partitions, since they show whatever is there."""

LAST_MODELS = {1: "web_commission_by_operator", 2: "scraper_commission_by_operator"}
"""The model that completes the calculation of each part."""

DbtEvent = (
    dg.Output[Any]
    | dg.MaterializeResult[Any]
    | dg.AssetMaterialization
    | dg.AssetObservation
    | dg.AssetCheckResult
    | Any
)


class Translator(DagsterDbtTranslator):
    """Names the asset of a model by its schema, so that sources join the bronze assets of the same name."""

    def __init__(self) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_code_references=True, enable_source_tests_as_checks=True))

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        if dbt_resource_props["resource_type"] == "source":
            return dg.AssetKey([dbt_resource_props["source_name"], dbt_resource_props["name"]])
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        return str(dbt_resource_props["schema"])


@dataclass(frozen=True)
class _Models:
    """The parsed project, and what its steps have in common."""

    project: DbtProject
    manifest: Mapping[str, Any]
    translator: Translator

    @contextmanager
    def prepared(self, platform: Platform) -> Iterator[Connection]:
        """A connection to a database that has every table and view of the project."""
        with platform.connected() as connection:
            try:
                platform.transformation.prepare(connection)
            except TransformationFailed as failure:
                raise dg.Failure(f"dbt could not prepare the tables: {failure}") from None
            yield connection

    def build(
        self,
        context: dg.AssetExecutionContext,
        platform: Platform,
        connection: Connection,
        first: date,
        last: date,
        *,
        metadata: Mapping[str, Any] | None = None,
        is_published: bool = False,
    ) -> Iterator[DbtEvent]:
        """Build and test the selected models for the days, and tell Dagster of each, with some metadata more."""
        selected = [key.path[-1] for key in context.selected_asset_keys]
        select = to_build(self.manifest, selected)
        try:
            events = platform.transformation.build("build", first, last, select=select)
        except TransformationFailed as failure:
            yield from self._results(context, failure.events, {}, is_all=is_published)
            raise _failure(failure, is_published=is_published) from None
        rows = _row_counts(connection, self.manifest, selected, first, last)
        of_models = {model: {**rows[model], **(metadata or {})} for model in rows}
        yield from self._results(context, events, of_models, is_all=True)

    def check(self, context: dg.AssetExecutionContext, platform: Platform) -> Iterator[DbtEvent]:
        """Run the selected tests where no model is selected: those of bronze tables that are materialized alone, for
        the days of the run; and what somebody executes by itself, over all of history.
        """  # noqa: D205
        tests = sorted(key.name for key in context.selected_asset_check_keys)
        days = days_of(context)
        with self.prepared(platform):
            try:
                if days:
                    events = platform.transformation.build("build", days[0], days[-1], select=tests)
                else:
                    events = platform.transformation.test_all_of_history(tests)
            except TransformationFailed as failure:
                yield from self.converted(context, failure.events)
                raise _failure(failure) from None
        yield from self.converted(context, events)

    def converted(
        self, context: dg.AssetExecutionContext | dg.OpExecutionContext, events: Iterable[Mapping[str, Any]]
    ) -> Iterator[DbtEvent]:
        """Dagster's events for those of dbt."""
        for event in events:
            message = DbtCoreCliEventMessage(raw_event=dict(event), event_history_metadata={})
            yield from message.to_default_asset_events(self.manifest, self.translator, context, project=self.project)

    def _results(
        self,
        context: dg.AssetExecutionContext,
        events: Iterable[Mapping[str, Any]],
        metadata: Mapping[str, Mapping[str, Any]],
        *,
        is_all: bool,
    ) -> Iterator[DbtEvent]:
        """Dagster's events for those of dbt, and for the selected models that stand.

        Of these it is told before anything that reads them, as it wants to hear of models in their order; where
        ``is_all``, in the end of those that nothing reads too.
        """
        checks = {key.name for key in context.assets_def.check_keys}
        untold = {_model(self.manifest, key.path[-1])["unique_id"]: key for key in context.selected_asset_keys}
        for event in events:
            node = event["data"]["node_info"]
            if node["resource_type"] == "test" and node["node_name"] not in checks:
                # A test of an input that another step reports on.
                continue
            yield from self._standing(self.manifest["parent_map"][node["unique_id"]], untold, metadata)
            for result in self.converted(context, [event]):
                if isinstance(result, dg.Output):
                    del untold[node["unique_id"]]
                    of_model = {**result.metadata, **metadata.get(node["node_name"], {})}
                    yield dg.Output(None, output_name=result.output_name, metadata=of_model)
                else:
                    yield result
        if is_all:
            yield from self._standing(list(untold), untold, metadata)

    def _standing(
        self, nodes: Iterable[str], untold: dict[str, dg.AssetKey], metadata: Mapping[str, Mapping[str, Any]]
    ) -> Iterator[dg.MaterializeResult[Any]]:
        """Tell of those of the nodes that stand and are untold, each after what it reads."""
        for node in nodes:
            if node in untold and _stands(self.manifest["nodes"][node]):
                key = untold.pop(node)
                yield from self._standing(self.manifest["parent_map"][node], untold, metadata)
                yield dg.MaterializeResult(asset_key=key, metadata=metadata.get(key.path[-1]))


def _failure(failure: TransformationFailed, *, is_published: bool = False) -> dg.Failure:
    return dg.Failure(
        f"dbt stopped: {failure}",
        metadata={FAILED_CHECKS: list(failure.failed_tests), IS_PUBLISHED: is_published},
    )


def model_assets(transformation: Transformation, partitions: dg.PartitionsDefinition) -> Sequence[dg.AssetsDefinition]:
    """The assets of every model: four steps, each of which can be run for a part of its models."""
    models = _models(transformation)
    return [
        _dimension_models(models),
        _event_models(models, partitions),
        _solution_marts(models, partitions),
        _reports(models),
    ]


def check_evaluations(
    context: dg.OpExecutionContext, transformation: Transformation, events: Iterable[Mapping[str, Any]]
) -> Iterator[dg.AssetCheckEvaluation]:
    """What dbt's tests found, for a step that is none of the assets'."""
    for result in _models(transformation).converted(context, events):
        if isinstance(result, dg.AssetCheckEvaluation):
            yield result


def _models(transformation: Transformation) -> _Models:
    project = DbtProject(project_dir=transformation.project_dir, target_path=transformation.target_path)
    return _Models(project, transformation.manifest, Translator())


def _dimension_models(models: _Models) -> dg.AssetsDefinition:
    @dbt_assets(
        manifest=models.manifest,
        project=models.project,
        select=" ".join(DIMENSION_MODELS),
        name="dimension_models",
        backfill_policy=dg.BackfillPolicy.single_run(),
        dagster_dbt_translator=models.translator,
    )
    def dimension_models(context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]) -> Iterator[DbtEvent]:
        if not context.selected_asset_keys:
            yield from models.check(context, platform)
            return
        today = platform.settings.today()
        with models.prepared(platform) as connection:
            yield from models.build(context, platform, connection, today, today)

    return dimension_models


def _event_models(models: _Models, partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    @dbt_assets(
        manifest=models.manifest,
        project=models.project,
        exclude=f"{' '.join(DIMENSION_MODELS)} {MARTS} {REPORTS} resource_type:unit_test",
        name="event_models",
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        dagster_dbt_translator=models.translator,
    )
    def event_models(context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]) -> Iterator[DbtEvent]:
        if not context.selected_asset_keys:
            yield from models.check(context, platform)
            return
        days = days_of(context)
        first, last = days[0], days[-1]
        selected = {key.path[-1] for key in context.selected_asset_keys}
        parts = [part for part, model in LAST_MODELS.items() if models_needed(models.manifest, model) <= selected]
        with models.prepared(platform) as connection:
            refuse_before_rebuild(platform, connection)
            if len(parts) < len(LAST_MODELS):
                publication.leave_to_be_calculated(connection, first, last)
            publication.begin_calculation(connection, parts, first, last, context.run.run_id)
            yield from models.build(context, platform, connection, first, last)
            publication.finish_calculation(connection, context.run.run_id)

    return event_models


def _solution_marts(models: _Models, partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    @dbt_assets(
        manifest=models.manifest,
        project=models.project,
        select=MARTS,
        name="solution_marts",
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        dagster_dbt_translator=models.translator,
    )
    def solution_marts(context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]) -> Iterator[DbtEvent]:
        if not context.selected_asset_keys:
            yield from models.check(context, platform)
            return
        days = days_of(context)
        first, last = days[0], days[-1]
        selected = [key.path[-1] for key in context.selected_asset_keys]
        with models.prepared(platform) as connection:
            refuse_before_rebuild(platform, connection)
            try:
                result = publication.publish(connection, _parts_of(selected), first, last, context.run.run_id)
            except publication.PublicationBlocked as blocked:
                raise dg.Failure(str(blocked), metadata={FAILED_CHECKS: blocked.rules}) from None
            except publication.BeforeRebuild as too_early:
                raise dg.Failure(str(too_early)) from None
            _report(context, result, first, last)
            changes = restatement_metadata(restatements(connection, run_id=context.run.run_id, with_accruals=True))
            yield from _materialized_beside(selected, result, first, last)
            # The marts' own tests look at what readers see from now on; what blocks has been looked at before.
            yield from models.build(context, platform, connection, first, last, metadata=changes, is_published=True)

    return solution_marts


def _reports(models: _Models) -> dg.AssetsDefinition:
    @dbt_assets(
        manifest=models.manifest,
        project=models.project,
        select=REPORTS,
        name="reports",
        backfill_policy=dg.BackfillPolicy.single_run(),
        dagster_dbt_translator=models.translator,
    )
    def reports(
        context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]
    ) -> Iterator[dg.MaterializeResult[Any]]:
        # Preparing makes them, whenever the project changes; a build of views that are there costs a second and says no
        # more.
        with models.prepared(platform):
            for key in sorted(context.selected_asset_keys):
                yield dg.MaterializeResult(asset_key=key)

    return reports


def to_build(manifest: Mapping[str, Any], models: Collection[str]) -> list[str]:
    """What dbt is to build of the models for a window, and their tests: those of several models where the others are
    among these or come before them, and those of what is read that no run of these builds.

    A view, and a mart that publishing fills, stand as preparing left them (Transformation.prepare): 25 of 119 nodes of
    a day, for each of which dbt would make its context and change nothing.
    """  # noqa: D205
    selected = {_model(manifest, name)["unique_id"] for name in models}
    reached = selected | _before(manifest, selected)
    inputs = _inputs(manifest, selected)

    def is_theirs(test: Mapping[str, Any]) -> bool:
        of = set(test["depends_on"]["nodes"])
        return of <= inputs or (of <= reached and not of.isdisjoint(selected))

    tests = (node for node in manifest["nodes"].values() if node["resource_type"] == "test")
    return [
        *(name for name in models if not _stands(_model(manifest, name))),
        *(test["name"] for test in tests if is_theirs(test)),
    ]


def _model(manifest: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    model: Mapping[str, Any] = manifest["nodes"][f"model.{manifest['metadata']['project_name']}.{name}"]
    return model


def _stands(model: Mapping[str, Any]) -> bool:
    return model["config"]["materialized"] in {"view", "published"}


def _before(
    manifest: Mapping[str, Any], nodes: Iterable[str], *, through: Callable[[str], bool] = lambda _: True
) -> set[str]:
    """What comes before some nodes in the graph, by way of those ``through`` which one may go."""
    found: set[str] = set()
    waiting = list(nodes)
    while waiting:
        new = {parent for parent in manifest["parent_map"][waiting.pop()] if through(parent)} - found
        found |= new
        waiting += new
    return found


def _inputs(manifest: Mapping[str, Any], selected: Collection[str]) -> set[str]:
    """What some models read that no run of theirs builds: sources, and dimensions as they are."""
    dimensions = {_model(manifest, name)["unique_id"] for name in DIMENSION_MODELS}
    inputs = {*manifest["sources"], *dimensions}.difference(selected)
    return _before(manifest, selected, through=inputs.__contains__)


def models_needed(manifest: Mapping[str, Any], model: str) -> set[str]:
    """The models that derive from events and come before ``model`` in the graph, itself included."""
    names = {
        key: node["name"]
        for key, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and node["name"] not in DIMENSION_MODELS
    }
    before = _before(manifest, [_model(manifest, model)["unique_id"]], through=names.__contains__)
    return {model, *(names[key] for key in before)}


def _parts_of(marts: Iterable[str]) -> set[int]:
    """The parts to publish for some of the marts: part 3 is parts 1 and 2."""
    parts = {part for part in publication.DAILY_MARTS for mart in marts if mart.startswith(f"solution_{part}_")}
    return {1, 2} if 3 in parts else parts


def _report(context: dg.AssetExecutionContext, result: publication.Publication, first: date, last: date) -> None:
    for part in result.published:
        for state, days in (
            ("published", result.published[part]),
            ("waiting for files", result.waiting[part]),
            ("left to a newer calculation", result.overtaken[part]),
        ):
            inside = [str(day) for day in days if first <= day <= last]
            outside = [str(day) for day in days if not first <= day <= last]
            if inside or outside:
                beside = f" (and around them {', '.join(outside)})" if outside else ""
                context.log.info(f"part {part}: {state}: {', '.join(inside) or 'none of the range'}{beside}")


def _materialized_beside(
    selected: Sequence[str],
    result: publication.Publication,
    first: date,
    last: date,
) -> Iterator[dg.AssetMaterialization]:
    """Events for what the publication replaced beyond the run's own selection and range."""
    for part, days in result.published.items():
        marts = [*publication.DAILY_MARTS[part], publication.MONTHLY_MARTS[part]]
        marts += [*publication.DAILY_MARTS[3], publication.MONTHLY_MARTS[3]]
        for day in days:
            inside = first <= day <= last
            for mart in marts:
                if not inside or mart not in selected:
                    yield dg.AssetMaterialization(["gold", mart], partition=day.isoformat())


def _row_counts(
    connection: Connection, manifest: Mapping[str, Any], models: Iterable[str], first: date, last: date
) -> Mapping[str, Mapping[str, Any]]:
    """By model, how many rows each of the days has, as metadata."""
    counts: dict[str, Mapping[str, Any]] = {model: {} for model in models}
    for model in list(counts):
        node = _model(manifest, model)
        if node["config"]["materialized"] == "view" or "date" not in node["columns"]:
            continue
        table = sql.Identifier(node["schema"], model)
        row = connection.execute(
            sql.SQL("select count(*) from {} where date between %s and %s").format(table), (first, last)
        ).fetchone()
        counts[model] = {"dagster/partition_row_count": row[0] if row else 0}
    return counts
