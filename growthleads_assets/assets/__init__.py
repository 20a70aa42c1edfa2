"""The software-defined assets: bronze tables, dbt models, solution marts."""

import warnings

from dagster import BetaWarning

# Single-run backfills and code references are wanted here; that they are in beta is no news at every start.
for _feature in ("Parameter `backfill_policy`", "Function `with_source_code_references`", r"Class `\w*Code\w*`"):
    warnings.filterwarnings("ignore", message=_feature, category=BetaWarning)
