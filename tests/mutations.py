"""`make mutants`: whether the tests notice when a formula in the SQL is changed.

Each mutation changes one text of a copy of the project. The unit tests of what it changes are run first, and only if
they all pass the hand-calculated cases. A mutation that both pass shows a rule that no test holds.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from dbt.artifacts.schemas.run import RunExecutionResult
from dbt.cli.main import dbtRunner

from growthleads_assets.settings import CHECKOUT
from tests.homes import shared_server

COPIED = ("dbt_project", "growthleads_assets", "tests", "dagster.yaml", "pyproject.toml")


class Mutation(NamedTuple):
    """What it does, the file below dbt_project, the text, which is there once, and what takes its place."""

    what: str
    file: str
    text: str
    replacement: str

    @property
    def models(self) -> tuple[str, ...]:
        """The model that it changes; none for a macro, which many use."""
        return (Path(self.file).stem,) if self.file.startswith("models/") else ()


COMMISSION = "macros/commission.sql"
INCREASES = "models/silver/scraper_increases.sql"
TOTALS = "models/silver/scraper_totals.sql"
PART_2 = "models/gold/scraper_commission_daily.sql"

MUTATIONS = (
    Mutation("pays losses", COMMISSION, "greatest(0, div(", "greatest(-1000000000, div("),
    Mutation("cuts half cents", COMMISSION, "div(200 * {{ amount }} + {{ denominator }},", "div(200 * {{ amount }},"),
    Mutation("rounds up", COMMISSION, "+ {{ denominator }}, 2 *", "+ 2 * {{ denominator }} - 1, 2 *"),
    Mutation("takes clicks away", COMMISSION, "+ {{ term('per_click', 0) }}", "- {{ term('per_click', 0) }}"),
    Mutation("forgets the fixed amount", COMMISSION, "+ {{ term('fixed', 0) }}", "+ 0 * {{ term('fixed', 0) }}"),
    Mutation(
        "own terms a day late",
        COMMISSION,
        "{{ facts }}.date >= own.in_force_from",
        "{{ facts }}.date > own.in_force_from",
    ),
    Mutation(
        "own terms a day long",
        COMMISSION,
        "{{ facts }}.date < own.in_force_until",
        "{{ facts }}.date <= own.in_force_until",
    ),
    Mutation("default since ever", COMMISSION, "{{ facts }}.date >= standard.in_force_from", "true"),
    Mutation(
        "default before own",
        COMMISSION,
        "coalesce(own.{{ name }}, standard.{{ name }},",
        "coalesce(standard.{{ name }}, own.{{ name }},",
    ),
    Mutation("ties from Z to A", COMMISSION, 'operator collate "C" asc', 'operator collate "C" desc'),
    Mutation("smallest remainder first", COMMISSION, "order by remainder desc", "order by remainder asc"),
    Mutation("a cent too many", COMMISSION, "place <= cents_left", "place <= cents_left + 1"),
    Mutation(
        "shares over all days",
        COMMISSION,
        "partition by earnings.date, earnings.marketing_source",
        "partition by earnings.marketing_source",
    ),
    Mutation(
        "chargebacks lessen shares",
        "models/gold/web_commission_by_operator.sql",
        "sum(greatest(raw_earnings, 0))",
        "greatest(sum(raw_earnings), 0)",
    ),
    Mutation(
        "any source's clicks",
        "models/gold/web_commission_daily.sql",
        "and traffic.marketing_source = clicks_daily.marketing_source",
        "",
    ),
    Mutation(
        "pays days that wait",
        "models/gold/web_commission_daily.sql",
        "where part = 1 and waiting_for = '{}'",
        "where part = 1",
    ),
    Mutation("equal days once", "models/gold/solution_3_marketing_daily.sql", "union all", "union distinct"),
    Mutation("equal months once", "models/gold/solution_3_operators_monthly.sql", "union all", "union distinct"),
    Mutation("any key at its baseline", PART_2, "bool_and(is_baseline)", "bool_or(is_baseline)"),
    Mutation("baselines pay", PART_2, "when facts.is_baseline then 0", "when false then 0"),
    Mutation("estimated if all are", PART_2, "bool_or(is_estimated)", "bool_and(is_estimated)"),
    Mutation(
        "spread over a day too many",
        INCREASES,
        "div(earnings * 1000000000, days_since)",
        "div(earnings * 1000000000, days_since + 1)",
    ),
    Mutation(
        "spread over 6 days at most",
        INCREASES,
        "{{ var('longest_spread') }} + 1 as is_spread",
        "{{ var('longest_spread') }} as is_spread",
    ),
    Mutation(
        "the rest is lost", INCREASES, "then (days_since - 1) * earnings_a_day", "then days_since * earnings_a_day"
    ),
    Mutation(
        "totals that went down pay back",
        INCREASES,
        "greatest(current_observations.total_earnings - previous.total_earnings, 0)",
        "(current_observations.total_earnings - previous.total_earnings)",
    ),
    Mutation("since the first observation", INCREASES, "order by earlier.date desc", "order by earlier.date asc"),
    Mutation("no baseline", INCREASES, "previous_date is null as is_baseline", "false as is_baseline"),
    Mutation("countries are one key", INCREASES, "and earlier.country = current_observations.country", ""),
    Mutation(
        "days behind a window are lost",
        INCREASES,
        "in_scraper_window(reach=var('longest_spread'))",
        "in_scraper_window()",
    ),
    Mutation("duplicates hold keys back", TOTALS, "and reason <> 'duplicate'", ""),
    Mutation("half a total counts", TOTALS, "totals.is_whole\n        and held_keys", "held_keys"),
    Mutation("unreadable keys hold nothing", TOTALS, "and held_days.date is null", ""),
    Mutation(
        "standard names before variants",
        "models/silver/operator_variants.sql",
        "order by name_key, preference,",
        "order by name_key, preference desc,",
    ),
    Mutation(
        "routy without its country", "models/silver/traffic_events.sql", "when events.source = 'manual'", "when true"
    ),
    Mutation(
        "unmapped brands click too",
        "models/silver/clicks_daily.sql",
        "inner join voluum_brands",
        "left join voluum_brands",
    ),
    Mutation(
        "other sources end terms",
        "models/silver/deals.sql",
        "partition by marketing_source order by valid_from",
        "order by valid_from",
    ),
    Mutation("scrapers' files are needed", "models/silver/part_days.sql", "and increases.is_estimated", "and false"),
    Mutation("clicks not given are unknown", "models/silver/stg_voluum.sql", "coalesce(clicks, 0)", "clicks"),
)


def main() -> None:
    """Try every mutation and print what killed it; exit code 1 if one survives or cannot be made."""
    misfits = [*_misfits()]
    if misfits:
        sys.exit("\n".join(misfits))
    environment = dict(os.environ)
    survivors = 0
    with tempfile.TemporaryDirectory(prefix="growthleads-mutants-") as folder, shared_server() as server:
        copy = _copied(Path(folder) / "checkout")
        with server.new_home():
            for mutation in MUTATIONS:
                killer = _tried(mutation, copy, environment)
                survivors += killer is None
                sys.stdout.write(f"| {mutation.what:32} | {killer or 'SURVIVES'} |\n")
                sys.stdout.flush()
    sys.stdout.write(f"{len(MUTATIONS) - survivors} of {len(MUTATIONS)} mutations were noticed.\n")
    sys.exit(1 if survivors else 0)


def _misfits() -> Iterator[str]:
    for mutation in MUTATIONS:
        times = (CHECKOUT / "dbt_project" / mutation.file).read_text().count(mutation.text)
        if times != 1:
            yield (
                f"The mutation `{mutation.what}` looks for `{mutation.text}`, which is {times} times in "
                f"{mutation.file}: give a text that is there once."
            )


def _copied(folder: Path) -> Path:
    folder.mkdir()
    for name in COPIED:
        if (CHECKOUT / name).is_dir():
            made = shutil.ignore_patterns("__pycache__", "target", "logs", "shipped")
            shutil.copytree(CHECKOUT / name, folder / name, ignore=made)
        else:
            shutil.copy(CHECKOUT / name, folder / name)
    return folder


def _tried(mutation: Mutation, copy: Path, environment: Mapping[str, str]) -> str | None:
    """The test that fails on a mutation, None if all pass."""
    with _applied(mutation, copy / "dbt_project"):
        return _failing_unit_test(mutation, copy) or _failing_case(copy, environment)


def _failing_unit_test(mutation: Mutation, copy: Path) -> str | None:
    arguments = [
        "test",
        *("--select", *([f"{model},test_type:unit" for model in mutation.models] or ["test_type:unit"])),
        *("--project-dir", str(copy / "dbt_project"), "--profiles-dir", str(copy / "dbt_project")),
        *("--target-path", str(copy / "target"), "--log-path", str(copy / "logs"), "--log-level", "none"),
        # Only what a mutation changes is parsed again.
        *("--partial-parse", "--fail-fast", "--no-send-anonymous-usage-stats"),
    ]
    result = dbtRunner().invoke(arguments)
    if not isinstance(result.result, RunExecutionResult):
        sys.exit(f"dbt cannot read what the mutation `{mutation.what}` leaves: {result.exception}")
    failed = [test.node.unique_id.split(".")[2:] for test in result.result if test.status in {"fail", "error"}]
    return f"unit test of {': '.join(failed[0])}" if failed else None


@contextmanager
def _applied(mutation: Mutation, project: Path) -> Iterator[None]:
    path = project / mutation.file
    original = path.read_text()
    path.write_text(original.replace(mutation.text, mutation.replacement))
    try:
        yield
    finally:
        path.write_text(original)


def _failing_case(copy: Path, environment: Mapping[str, str]) -> str | None:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "2", "-p", "no:cacheprovider", "tests/test_cases.py"]
    done = subprocess.run(
        command, cwd=copy, env={**environment, "PYTHONPATH": str(copy)}, capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        return None
    failed = re.search(r"^FAILED tests/test_cases\.py::\w+\[(.+?)\]", done.stdout, re.MULTILINE)
    if failed is None:
        sys.exit(f"The cases could not be run:\n{done.stdout}{done.stderr}")
    return f"case {failed[1]}"


if __name__ == "__main__":
    main()
