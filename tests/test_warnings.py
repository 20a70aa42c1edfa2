"""What informs and does not block: warnings of a run's days, and the check of all of history."""

import dagster as dg
import pytest

from growthleads_assets.automation.graph import build_defs
from growthleads_assets.automation.history import HISTORY_CHECKS
from growthleads_assets.automation.runs import PlannedRun, derived_from_events, failure_reason, run_in_process
from growthleads_assets.commands.check import check_history
from growthleads_assets.commands.reporting import Reporter
from tests.cases import brands, lines, no_clicks, operators, routy, scrapers
from tests.homes import Home

# pytest replaces the filters of growthleads_assets.assets around each test, and a warning in a step fails its run.
pytestmark = pytest.mark.filterwarnings("ignore::dagster.BetaWarning")

FIRST, LAST = "2024-03-01", "2024-03-09"
QUIET_DAYS = [f"2024-03-0{day}" for day in range(1, 9)]
EVENTS = ("routy", "voluum", "scrapers")

DIMENSIONS = {
    "deals.csv": lines(
        "marketing_source,deal,comments,owner", "Default,x,raw_earnings,Ann", "B,FIXED 10,raw_earnings+20,Bea"
    ),
    **brands("br1,A", "br3,C"),
    **operators("Foo,Foo,US"),
}
FILES = {
    **{path: text for day in QUIET_DAYS for path, text in routy(day, ",A,Foo,US,,100,0,0").items()},
    **no_clicks(*QUIET_DAYS),
    # Nine times the usual amount, an operator in no mapping, and a row of three in quarantine.
    **routy(LAST, ",A,Foo,US,,900,0,0", ",B,Bar,US,,40,0,0", ",B,Bar,US,,€5,0,0"),
    # br2 is in no mapping; C has no earnings.
    f"voluum/{LAST}.csv": lines("date,voluum_brand,clicks,campaign", ",br1,3,x", ",br2,7,x", ",br3,5,x"),
    # 20 more in two days, then 30 less in two days.
    **scrapers("2024-03-05", ",A,Foo,US,100,10"),
    **scrapers("2024-03-07", ",A,Foo,US,120,10"),
    **scrapers("2024-03-09", ",A,Foo,US,90,10"),
}

Evaluations = dict[tuple[str, str], dg.AssetCheckEvaluation]


@pytest.fixture
def evaluations(home: Home) -> tuple[Home, dg.Definitions, Evaluations]:
    """A home with all files loaded in one run of their days, and what its checks found."""
    home.land_and_settle(DIMENSIONS)
    home.land(FILES)
    definitions = build_defs(home.platform)
    with dg.DagsterInstance.get() as instance:
        run = PlannedRun(
            "all days",
            [*(dg.AssetKey(["bronze", name]) for name in EVENTS), *derived_from_events(definitions)],
            tags={"dagster/asset_partition_range_start": FIRST, "dagster/asset_partition_range_end": LAST},
        )
        result = run_in_process(run, definitions, instance)
    assert result.success, failure_reason(result.all_events)
    return home, definitions, _by_name(result)


def _by_name(result: dg.ExecuteInProcessResult) -> Evaluations:
    return {
        (evaluation.asset_key.path[-1], evaluation.check_name): evaluation
        for evaluation in result.get_asset_check_evaluations()
    }


def _found(evaluation: dg.AssetCheckEvaluation) -> list[str]:
    """The rows of the table in the metadata, without its header."""
    assert evaluation.severity == dg.AssetCheckSeverity.WARN
    return str(evaluation.metadata["found"].value).split("\n")[2:]


def _warned(evaluations: Evaluations) -> dict[tuple[str, str], str | None]:
    return {
        name: evaluation.description
        for name, evaluation in evaluations.items()
        if evaluation.severity == dg.AssetCheckSeverity.WARN and not evaluation.passed
    }


WARNED_OF_EVENTS = {
    ("operators", "operators_are_mapped"): "Operators in no mapping, by day: 1, with earnings of 40.",
    ("clicks_daily", "clicks_count_for_somebody"): "Clicks that count for nobody: 12, of 2 brands by day.",
    # 8 March: nothing of 0; 6 March: half of 20.
    (
        "scraper_increases",
        "days_are_observed",
    ): "Sources with estimated figures, by day: 2, with estimated earnings of 10.",
    ("scraper_increases", "totals_do_not_recede"): "Running totals that are lower than before: 1.",
    # Scrapers less web: 10 - 100 on the 6th and 7th, 0 - 100 on the 8th, 0 - 900 on the 9th.
    (
        "solution_3_marketing_daily",
        "web_and_scrapers_tie_out",
    ): "Sources and operators that differ, by day: 4, by -1180 in all (scrapers less web).",
    ("routy", "few_rows_are_quarantined"): "Files with many rows in quarantine: 1, 1 rows.",
    ("routy", "files_are_like_recent_ones"): "Files far from the recent ones: 1.",
    ("voluum", "columns_are_known"): "Files with columns that are ignored: 1.",
}


def test_warnings_say_what_is_worth_a_look_and_stop_nothing(
    evaluations: tuple[Home, dg.Definitions, Evaluations], capsys: pytest.CaptureFixture[str]
) -> None:
    home, definitions, of_the_run = evaluations

    assert _warned(of_the_run) == WARNED_OF_EVENTS
    assert _found(of_the_run["operators", "operators_are_mapped"]) == [f"| 1 | {LAST} | Bar | 1 | 40.000000000 |"]
    assert _found(of_the_run["clicks_daily", "clicks_count_for_somebody"]) == [
        f"| {LAST} | br2 | none | 7 | the brand is mapped to no marketing source |",
        f"| {LAST} | br3 | C | 5 | the marketing source has no traffic that day |",
    ]
    assert _found(of_the_run["solution_3_marketing_daily", "web_and_scrapers_tie_out"])[0].startswith(f"| {LAST} | A |")
    assert _found(of_the_run["routy", "files_are_like_recent_ones"])[0].startswith(f"| routy | {LAST}.csv |")
    assert home.published()[1] == {*QUIET_DAYS, LAST}

    with dg.DagsterInstance.get() as instance:
        history = definitions.resolve_job_def(HISTORY_CHECKS).execute_in_process(instance=instance)
        of_history = _by_name(history)
        assert history.success
        assert _warned(of_history) == {
            **WARNED_OF_EVENTS,
            ("deals", "labels_agree_with_formulas"): "Deals whose label says something else than their formula: 1.",
            ("deals", "columns_are_known"): "Files with columns that are ignored: 1.",
        }
        tests = [node["name"] for node in _tests(home)]
        assert {name for _, name in of_history} >= {*tests}

    home.query_all(
        "update gold.solution_3_marketing_daily set total_commission = total_commission + 1 where date = '2024-03-02'"
    )
    assert not check_history(home.platform, Reporter())
    said = capsys.readouterr()
    assert "worth a look: silver/operators, operators_are_mapped: Operators in no mapping, by day: 1" in said.out
    assert said.err.count("broken: ") == 1
    assert "gold/mart_violations, marts_do_not_contradict_themselves" in said.err
    [alert] = home.query("select kind, title, message from bronze.alerts where kind = 'failed_check'")
    assert alert["title"] == "A blocking check failed: all of history"
    assert alert["message"].endswith("The marts show the new numbers.")


def _tests(home: Home) -> list[dict[str, str]]:
    nodes = home.platform.transformation.manifest["nodes"].values()
    return [node for node in nodes if node["resource_type"] == "test"]
