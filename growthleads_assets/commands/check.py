"""Checking all of history from a terminal.

Belongs here: what the checks found, in lines. Does not: the checks.
"""

from datetime import UTC, datetime

import dagster as dg

from growthleads_assets.automation.alerting import attend
from growthleads_assets.automation.runs import check_history_in_process, failure_reason, found_by_checks
from growthleads_assets.commands.reporting import Reporter
from growthleads_assets.commands.runner import runner
from growthleads_assets.home.platform import Platform


def check_history(platform: Platform, reporter: Reporter) -> bool:
    """Run every rule and every warning over all days, and say what they found; False where a rule is broken."""
    began = datetime.now(UTC)
    with (
        platform.connected() as connection,
        runner(platform, connection, reporter) as run,
        reporter.working("Checking all of history"),
    ):
        result = check_history_in_process(run.definitions, run.instance)
        attend(platform, connection, run.instance, runs_since=began)
    checked = result.get_asset_check_evaluations()
    broken = found_by_checks(result, dg.AssetCheckSeverity.ERROR)
    warned = found_by_checks(result, dg.AssetCheckSeverity.WARN)
    for sentence in warned:
        reporter.say(f"worth a look: {sentence}", style="yellow")
    for sentence in broken:
        reporter.complain(f"broken: {sentence}")
    if not result.success and not broken:
        reporter.complain(f"failed: {failure_reason(result.all_events)}")
    kept = "No rule is broken" if result.success else f"Rules broken: {len(broken)}"
    reporter.say(f"{kept}; worth a look: {len(warned)}; checks made: {len(checked)}.")
    return bool(result.success)
