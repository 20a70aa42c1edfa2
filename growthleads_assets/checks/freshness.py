"""How old the news of an asset may be: freshness policies, which the UI shows and the daemon evaluates.

Belongs here: which assets have one, and which. Does not: late files of single days (assets/lateness.py).
"""

from collections.abc import Callable

import dagster as dg

from growthleads_assets.assets.published import SOLUTION_MARTS
from growthleads_assets.home.platform import Platform


def freshness(platform: Platform) -> Callable[[dg.AssetSpec], dg.AssetSpec]:
    """Adds a policy to the bronze tables of required event sources, and to the marts: files come every day."""
    stale_after = platform.settings.stale_after
    policy = dg.FreshnessPolicy.time_window(warn_window=stale_after, fail_window=2 * stale_after)
    keys = {
        dg.AssetKey(["bronze", source.name])
        for source in platform.registry.values()
        if source.is_event and source.required_for
    }
    keys |= {dg.AssetKey(["gold", mart]) for mart in SOLUTION_MARTS}

    def with_policy(spec: dg.AssetSpec) -> dg.AssetSpec:
        return spec.replace_attributes(freshness_policy=policy) if spec.key in keys else spec

    return with_policy
