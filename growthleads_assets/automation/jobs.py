"""The jobs: the graphs of the three parts, and the one the planner runs.

Belongs here: asset selections under a name. Does not: when they run.
"""

from typing import Any

import dagster as dg

WRITER_TAGS = {"growthleads/writer": "true"}
"""Runs with this tag write tables; the queue lets one of them through at a time (dagster.yaml)."""

PIPELINE = "pipeline"


def _graph_of(*marts: str) -> dg.AssetSelection:
    return dg.AssetSelection.assets(*(["gold", mart] for mart in marts)).upstream()


def build_jobs() -> list[Any]:
    """One job for each part's graph, and one for all assets."""
    graphs = {
        "web_traffic": (1, "Part 1: web traffic, from its files to the solution 1 marts."),
        "scrapers": (2, "Part 2: scrapers, from their files to the solution 2 marts."),
        "combine_results": (3, "Part 3: both parts and their sum, from the files to the solution 3 marts."),
    }
    jobs = [
        dg.define_asset_job(
            name,
            selection=_graph_of(f"solution_{part}_marketing_daily", f"solution_{part}_operators_monthly"),
            description=description,
            tags=WRITER_TAGS,
        )
        for name, (part, description) in graphs.items()
    ]
    everything = dg.define_asset_job(
        PIPELINE, selection=dg.AssetSelection.all(), description="Every asset.", tags=WRITER_TAGS
    )
    return [*jobs, everything]
