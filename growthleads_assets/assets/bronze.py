"""Bronze assets: one per source of the registry, each a function of what landed.

Belongs here: the asset definitions and what they report. Does not: how a file is loaded.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import dagster as dg

from growthleads_assets.assets.lateness import can_be_late, lateness, lateness_check
from growthleads_assets.assets.markdown import markdown_table
from growthleads_assets.assets.partitions import days_of
from growthleads_assets.assets.rebuild import refuse_before_rebuild
from growthleads_assets.contracts.registry import Source
from growthleads_assets.home.platform import Platform
from growthleads_assets.landing.archive import Archive, ArchiveError
from growthleads_assets.landing.parsing import FileRefused
from growthleads_assets.landing.reading import UnreadableFile
from growthleads_assets.landing.zone import LandedFile
from growthleads_assets.warehouse.completeness import late_files
from growthleads_assets.warehouse.dimension_changes import DimensionChange, changes_of_version_in_force
from growthleads_assets.warehouse.loading import Loader, Outcome, files_that_do_not_add_up, load_all
from growthleads_assets.warehouse.quarantine import HeldOut, held_out
from growthleads_assets.warehouse.tables import bronze_columns

FILES_ACCEPTED = "files_accepted"
LEFT_OUT = "left_out"
"""The metadata of that check that names earlier versions which could not be accepted from the archive."""
ROWS_ADD_UP = "rows_read_are_loaded_or_quarantined"


class BronzeConfig(dg.Config):
    """How a bronze asset treats days for which nothing new has landed."""

    reload_unchanged: bool = True
    """Read the version in force again from the archive; off, its rows stay as they are."""
    restore: bool = False
    """Accept what the archive has and the file ledger has not, and leave the landing zone alone."""


def bronze_asset(source: Source, partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    """The asset of a source's bronze table: daily partitions for events, none for dimensions."""

    @dg.asset(
        key=["bronze", source.name],
        group_name="bronze",
        kinds={"python", "polars", "postgres"},
        description=f"{source.description} Loaded from {_places(source)}.",
        partitions_def=partitions if source.is_event else None,
        backfill_policy=dg.BackfillPolicy.single_run(),
        metadata={"dagster/column_schema": _column_schema(source), "dagster/table_name": f"bronze.{source.name}"},
        check_specs=[
            dg.AssetCheckSpec(
                FILES_ACCEPTED,
                asset=["bronze", source.name],
                description="No landed file of the source was refused. What an earlier version loaded stays in force.",
            ),
            dg.AssetCheckSpec(
                ROWS_ADD_UP,
                asset=["bronze", source.name],
                description="Every row that was read is either loaded or in quarantine, counted in the tables.",
                blocking=True,
            ),
            *([lateness_check(source)] if can_be_late(source) else []),
        ],
    )
    def bronze(
        context: dg.AssetExecutionContext, config: BronzeConfig, platform: dg.ResourceParam[Platform]
    ) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster reads the annotation and knows only the bare class
        days: list[date | None] = [*days_of(context)] if source.is_event else [None]
        with platform.connected() as connection, platform.loaders(connection, context.run.run_id, len(days)) as loaders:
            if config.restore:
                load = _restoring(loaders[0].archive, source)
            else:
                refuse_before_rebuild(platform, connection)
                files = platform.landed(
                    connection,
                    settle_seconds=platform.settings.settle_seconds,
                    concerns=lambda file: file.source == source.name and file.day in days,
                )
                landed = {file.day: file for file in files if file.takeable}
                load = partial(_load, source, landed, reload=config.reload_unchanged)
            outcomes = load_all(days, load, loaders)
            for day, outcome in outcomes.items():
                if day:
                    context.add_asset_metadata(_partition_metadata(outcome), partition_key=day.isoformat())
            is_new_version = not source.is_event and outcomes[None].status == "loaded"
            changes = changes_of_version_in_force(connection, source) if is_new_version else []
            held = held_out(connection, source=source.name, days=days)
            late = late_files(connection)
            short = files_that_do_not_add_up(connection, source, outcomes)
            row_count = connection.execute(
                "select coalesce(sum(rows_loaded), 0)::bigint from bronze.files "
                "where source = %s and status = 'loaded' and superseded_at is null",
                (source.name,),
            ).fetchone()
        for line in _log_lines(source, outcomes):
            context.log.info(line)
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": row_count[0] if row_count else 0,
                **_run_metadata(source, outcomes),
                **_quarantine_metadata(held),
                **_change_metadata(changes),
            },
            check_results=[
                *_check_results(source, outcomes, short),
                *([lateness(source, late).result()] if can_be_late(source) else []),
            ],
        )

    return bronze


def _restoring(archive: Archive, source: Source) -> Callable[[Loader, date | None], Outcome]:
    archived = archive.versions(source.name)

    def load(loader: Loader, day: date | None) -> Outcome:
        file = source.file_name(day)
        try:
            return loader.restore(source, file, day, archived.get(file, ()))
        except FileRefused as refusal:
            return Outcome(
                "refused", reason=f"The newest version in the archive is refused by today's rules: {refusal}"
            )
        except ArchiveError as problem:
            return Outcome("unreadable", reason=str(problem))

    return load


def _load(
    source: Source, landed: Mapping[date | None, LandedFile], loader: Loader, day: date | None, *, reload: bool
) -> Outcome:
    warning = None
    if file := landed.get(day):
        try:
            outcome = loader.load_landed(source, file)
        except UnreadableFile as problem:
            outcome = Outcome("unreadable", reason=str(problem))
        if outcome.status != "unchanged" or not reload:
            return outcome
        warning = outcome.warning
    elif not reload:
        return Outcome("absent")
    try:
        return replace(loader.reload(source, source.file_name(day)), warning=warning)
    except FileRefused as refusal:
        return Outcome("refused", reason=f"The version in force is refused by today's rules: {refusal}")


def _partition_metadata(outcome: Outcome) -> Mapping[str, Any]:
    return {
        "dagster/partition_row_count": outcome.rows_loaded,
        "file": outcome.status,
        "rows_read": outcome.rows_read,
        "rows_loaded": outcome.rows_loaded,
        "rows_quarantined": outcome.rows_quarantined,
    }


def _run_metadata(source: Source, outcomes: Mapping[date | None, Outcome]) -> Mapping[str, Any]:
    without_file = [str(day) for day, outcome in outcomes.items() if outcome.status == "absent"]
    extra = sorted({column for outcome in outcomes.values() for column in outcome.extra_columns})
    # Of a day, rows_read and the like say the same (`_partition_metadata`); these are sums over the days of the run.
    return {
        "run_rows_read": sum(outcome.rows_read for outcome in outcomes.values()),
        "run_rows_loaded": sum(outcome.rows_loaded for outcome in outcomes.values()),
        "run_rows_quarantined": sum(outcome.rows_quarantined for outcome in outcomes.values()),
        **({"days_without_a_file": ", ".join(without_file)} if without_file and source.is_event else {}),
        **({"extra_columns_ignored": ", ".join(extra)} if extra else {}),
    }


def _quarantine_metadata(held: Sequence[HeldOut]) -> Mapping[str, Any]:
    """What is held out of the days of the run."""
    if not held:
        return {}
    header = ("reason", "file", "rows", "money held out", "not readable", "first lines")
    rows = [
        (
            group.reason,
            group.file,
            group.rows,
            group.money_held_out,
            group.rows_without_readable_money,
            ", ".join(map(str, group.first_lines)),
        )
        for group in held
    ]
    rest = "bronze.quarantine; `growthleads quarantine show FILE` says what to do about each row"
    return {"quarantine": dg.MetadataValue.md(markdown_table(header, "|---|---|--:|--:|--:|---|", rows, rest))}


def _change_metadata(changes: Sequence[DimensionChange]) -> Mapping[str, Any]:
    """What the version in force changed against the one before it."""
    if not changes:
        return {}
    counts = Counter(change.change for change in changes)
    rows = [(change.change, *map(_values, (change.key, *_differing(change)))) for change in changes]
    return {
        **{f"rows_{change}": counts[change] for change in ("added", "removed", "altered")},
        "changed_rows": dg.MetadataValue.md(
            markdown_table(("", "row", "before", "now"), "|---|---|---|---|", rows, "bronze.dimension_changes")
        ),
    }


def _differing(change: DimensionChange) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The columns that are not the same before and after, with both values."""
    old, new = change.old_row or {}, change.new_row or {}
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    return {name: old[name] for name in names if old}, {name: new[name] for name in names if new}


def _values(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}: {'null' if value is None else value}" for name, value in values.items())


def _log_lines(source: Source, outcomes: Mapping[date | None, Outcome]) -> Iterator[str]:
    for day, outcome in outcomes.items():
        name = f"{source.name}/{source.file_name(day)}"
        if outcome.reason:
            yield f"{name} {outcome.status}: {outcome.reason}"
        elif outcome.status == "absent":
            yield f"{name}: nothing new has landed"
        else:
            yield f"{name} {outcome.status}: {outcome.rows_loaded} rows, {outcome.rows_quarantined} quarantined"
        if outcome.warning:
            yield outcome.warning
        yield from (f"left out: {sentence}" for sentence in outcome.left_out)


def _check_results(
    source: Source, outcomes: Mapping[date | None, Outcome], short: Sequence[str]
) -> Iterator[dg.AssetCheckResult]:
    refused = {source.file_name(day): outcome.reason for day, outcome in outcomes.items() if outcome.reason}
    left_out = [sentence for outcome in outcomes.values() for sentence in outcome.left_out]
    yield dg.AssetCheckResult(
        check_name=FILES_ACCEPTED,
        passed=not refused,
        description=" ".join([*(f"{source.name}/{file}: {reason}" for file, reason in refused.items()), *left_out])
        or "No file was refused.",
        metadata={
            "refused": dg.MetadataValue.md("\n".join(f"- {reason}" for reason in refused.values())),
            **({LEFT_OUT: left_out} if left_out else {}),
        },
    )
    yield dg.AssetCheckResult(
        check_name=ROWS_ADD_UP, passed=not short, metadata={"files": ", ".join(short)} if short else {}
    )


def _places(source: Source) -> str:
    folder = f"{source.name}/"
    return f"`{folder}YYYY-MM-DD.csv`" if source.is_event else f"`{source.name}.csv` or `{folder}{source.name}.csv`"


def _column_schema(source: Source) -> dg.TableSchema:
    return dg.TableSchema(
        [
            dg.TableColumn(name, sql_type, description=description)
            for name, (sql_type, description) in bronze_columns(source).items()
        ]
    )
