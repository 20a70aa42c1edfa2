"""Warnings: what is worth a look in the data though it stops nothing, as asset checks with the rows in their metadata.

Belongs here: which there are, on which asset, and how they are worded. Does not: finding the rows, which views in gold
do.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import dagster as dg
import psycopg

from growthleads_assets.assets.markdown import markdown_table
from growthleads_assets.assets.partitions import days_of
from growthleads_assets.contracts.registry import Registry, Source
from growthleads_assets.home.platform import Platform
from growthleads_assets.settings import Settings
from growthleads_assets.warehouse.findings import Days, Found, Look, find

FIRST_FOUND = "first"
VIEW = "view"
"""Metadata of a warning: the values of the first row that was found, and where all of them are."""


@dataclass(frozen=True)
class DataWarning:
    """A check that warns when there is something to find.

    ``finding`` words what was found, with ``{count}`` and ``{total}``.
    """

    name: str
    asset: tuple[str, str]
    description: str
    finding: str
    look: Look
    parameters: tuple[tuple[str, Any], ...] = ()

    @property
    def key(self) -> dg.AssetCheckKey:
        return dg.AssetCheckKey(dg.AssetKey(list(self.asset)), self.name)

    @property
    def spec(self) -> dg.AssetCheckSpec:
        return dg.AssetCheckSpec(self.name, asset=list(self.asset), description=self.description)

    def judge(self, connection: psycopg.Connection, days: Days | None) -> "Judgement":
        """What there is to warn of."""
        try:
            return Judgement(self, days, find(connection, self.look, days, dict(self.parameters)))
        except psycopg.Error as error:
            # Nothing that only informs is to fail a run whose numbers are published.
            return Judgement(self, days, None, f"It could not be looked at: {str(error).splitlines()[0]}")


@dataclass(frozen=True)
class Judgement:
    """What a warning found, as a check result inside a run and as an event of its own elsewhere."""

    warning: DataWarning
    days: Days | None
    found: Found | None
    problem: str = ""

    @property
    def passed(self) -> bool:
        return self.found is not None and not self.found.count

    @property
    def sentence(self) -> str:
        """What was found, in words."""
        if self.found is None:
            return self.problem
        if self.passed:
            return "There is nothing to report."
        total = Decimal(0) if self.found.total is None else self.found.total
        return self.warning.finding.format(count=self.found.count, total=f"{total.normalize():f}")

    def result(self) -> dg.AssetCheckResult:
        """For the run that materializes the asset."""
        key = self.warning.key
        return dg.AssetCheckResult(asset_key=key.asset_key, check_name=key.name, **self._properties())

    def evaluation(self) -> dg.AssetCheckEvaluation:
        """For whoever looks outside of such a run."""
        key = self.warning.key
        return dg.AssetCheckEvaluation(asset_key=key.asset_key, check_name=key.name, **self._properties())

    def _properties(self) -> dict[str, Any]:
        rows: dict[str, Any] = {}
        if self.found and self.found.count:
            rows = {
                "rows": self.found.count,
                FIRST_FOUND: ", ".join("none" if value is None else f"{value}" for value in self.found.rows[0]),
                VIEW: f"gold.{self.warning.look.view}",
                "found": self._table(self.found),
            }
        return {
            "passed": self.passed,
            "severity": dg.AssetCheckSeverity.WARN,
            "description": self.sentence,
            "metadata": {"days": str(self.days or "all"), **rows},
        }

    def _table(self, found: Found) -> dg.MetadataValue:
        columns = [name.replace("_", " ") for name in found.columns]
        rule = "|---" * len(columns) + "|"
        return dg.MetadataValue.md(
            markdown_table(columns, rule, found.rows, f"gold.{self.warning.look.view}", in_all=found.count)
        )


def warnings_of(registry: Registry, settings: Settings) -> Sequence[DataWarning]:
    """Every warning there is for a set of sources."""
    return [*_ON_MODELS, *(one for source in registry.values() for one in _on_files(source, settings))]


_ON_MODELS = (
    DataWarning(
        name="operators_are_mapped",
        asset=("silver", "operators"),
        description="Every operator that earned something is in central_mapping. One that is not keeps its own name.",
        finding="Operators in no mapping, by day: {count}, with earnings of {total}.",
        look=Look("unmapped_operators", order="abs(earnings) desc, date, operator", summed="earnings"),
    ),
    DataWarning(
        name="clicks_count_for_somebody",
        asset=("silver", "clicks_daily"),
        description="Every click is of a marketing source with earnings reported that day. Others pay nothing.",
        finding="Clicks that count for nobody: {total}, of {count} brands by day.",
        look=Look("unmatched_clicks", order="clicks desc, date, voluum_brand", summed="clicks"),
    ),
    DataWarning(
        name="labels_agree_with_formulas",
        asset=("silver", "deals"),
        description="No deal's label names other terms than its formula, which is what is paid.",
        finding="Deals whose label says something else than their formula: {count}.",
        look=Look("contradicting_deals", order="marketing_source, in_force_from nulls first", reach="all"),
    ),
    DataWarning(
        name="totals_do_not_recede",
        asset=("silver", "scraper_increases"),
        description="No running total is lower than at its previous observation. One that is counts as no increase.",
        finding="Running totals that are lower than before: {count}.",
        look=Look("receding_totals", order="date desc, marketing_source, operator, country", reach="scraper_days"),
    ),
    DataWarning(
        name="days_are_observed",
        asset=("silver", "scraper_increases"),
        description="No figure is estimated from the observations around its day. Estimated days pay like any other.",
        finding="Sources with estimated figures, by day: {count}, with estimated earnings of {total}.",
        look=Look(
            "estimated_days", order="date desc, marketing_source", summed="estimated_earnings", reach="scraper_days"
        ),
    ),
    DataWarning(
        name="web_and_scrapers_tie_out",
        asset=("gold", "solution_3_marketing_daily"),
        description=(
            "Where routy or manual and scrapers both report a marketing source and operator, they report the same. "
            "Part 3 counts both."
        ),
        finding="Sources and operators that differ, by day: {count}, by {total} in all (scrapers less web).",
        look=Look(
            "source_tie_out",
            condition="difference <> 0",
            order="abs(difference) desc, date, marketing_source, operator",
            summed="difference",
        ),
    ),
)


def _on_files(source: Source, settings: Settings) -> Iterator[DataWarning]:
    asset = ("bronze", source.name)
    of_source = (("source", source.name),)
    yield DataWarning(
        name="columns_are_known",
        asset=asset,
        description="No file has a column that the platform does not know. Such a column is ignored.",
        finding="Files with columns that are ignored: {count}.",
        look=Look(
            "file_statistics",
            condition="source = %(source)s and extra_columns <> '{}'",
            order="date desc, file",
            reach="days" if source.is_event else "all",
        ),
        parameters=of_source,
    )
    if not source.is_event:
        return
    yield DataWarning(
        name="few_rows_are_quarantined",
        asset=asset,
        description=f"Of no file more than {settings.quarantined_share:.0%} of the rows are in quarantine.",
        finding="Files with many rows in quarantine: {count}, {total} rows.",
        look=Look(
            "file_statistics",
            condition="source = %(source)s and quarantined_share > %(share)s",
            order="quarantined_share desc, date desc",
            summed="rows_quarantined",
        ),
        parameters=(*of_source, ("share", settings.quarantined_share)),
    )
    yield DataWarning(
        name="files_are_like_recent_ones",
        asset=asset,
        description="Rows and earnings of each file are near the median of the files before it (gold.file_statistics).",
        finding="Files far from the recent ones: {count}.",
        look=Look(
            "file_statistics",
            condition="source = %(source)s and (has_unusual_rows or has_unusual_earnings)",
            order="date desc",
        ),
        parameters=of_source,
    )


def warning_checks(warnings: Sequence[DataWarning]) -> dg.AssetChecksDefinition:
    """All warnings as one step, so that a run connects once for them; a run has those of its own assets."""

    @dg.multi_asset_check(
        name="warnings",
        specs=[warning.spec for warning in warnings],
        can_subset=True,
        description="What is worth a look in the days of the run though it stops nothing.",
    )
    def check(
        context: dg.AssetCheckExecutionContext, platform: dg.ResourceParam[Platform]
    ) -> Iterator[dg.AssetCheckResult]:
        days = days_of(context.op_execution_context)
        # A run without partitions is about dimensions, or somebody asked for the check alone.
        range_of_days = Days(days[0], days[-1]) if days else None
        with platform.connected() as connection:
            for warning in warnings:
                if warning.key in context.selected_asset_check_keys:
                    yield warning.judge(connection, range_of_days).result()

    return check
