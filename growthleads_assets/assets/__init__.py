"""The software-defined assets: bronze tables, dbt models, solution marts."""

import warnings

from dagster import BetaWarning

# Backfill policies are what makes a range one run; that they are in beta is no news at every start.
warnings.filterwarnings("ignore", message="Parameter `backfill_policy`", category=BetaWarning)
