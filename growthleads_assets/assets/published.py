"""What publishing writes beside the marts, as Dagster knows it.

Belongs here: the asset of the restatement ledger, and what a run says of the numbers it restated. Does not: the ledger.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from growthleads_assets.assets.markdown import markdown_table
from growthleads_assets.home.platform import Platform
from growthleads_assets.warehouse.publication import MONTHLY_MARTS
from growthleads_assets.warehouse.restatements import Restatement, restated_in_all, restatements

RESTATEMENTS = dg.AssetKey(["gold", "commission_restatements"])

SOLUTION_MARTS = sorted([f"solution_{part}_marketing_daily" for part in MONTHLY_MARTS] + list(MONTHLY_MARTS.values()))


def restatement_ledger(partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    """The ledger of changes to published numbers: written together with the marts, and reported on after them."""

    @dg.asset(
        key=RESTATEMENTS,
        deps=[dg.AssetKey(["gold", mart]) for mart in SOLUTION_MARTS],
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="gold",
        kinds={"postgres", "table"},
        description=(
            "Every change to a number of the solution marts after its first publication, with the file that brought "
            "it about. One row per number and change. Publishing the marts writes it; this says what a run added."
        ),
        metadata={"dagster/table_name": "gold.commission_restatements"},
    )
    def commission_restatements(
        context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]
    ) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster reads the annotation and knows only the bare class
        with platform.connected() as connection:
            added = restatements(connection, run_id=context.run.run_id, with_accruals=True)
        return dg.MaterializeResult(metadata=restatement_metadata(added))

    return commission_restatements


def restatement_metadata(rows: Sequence[Restatement]) -> Mapping[str, Any]:
    """What a run changed in published numbers: how many, by how much, and a table of them; nothing if it did not.

    ``restated_commission`` is what all sources' days together gained or lost, in parts 1 and 2.
    """
    if not rows:
        return {}
    restated = [row for row in rows if row.kind == "restatement"]
    return {
        "restated_numbers": len(restated),
        "accrued_numbers": len(rows) - len(restated),
        "restated_commission": f"{restated_in_all(rows):+}",
        **({"restatements": dg.MetadataValue.md(_table(restated))} if restated else {}),
    }


def _table(rows: Sequence[Restatement]) -> str:
    return markdown_table(
        ("mart", "key", "period", "before", "now", "difference", "because of"),
        "|---|---|---|--:|--:|--:|---|",
        [
            (row.mart, row.key, row.period, row.old_commission, row.new_commission, row.difference, row.because_of)
            for row in rows
        ],
        "gold.commission_restatements, or `growthleads restatements`",
    )
