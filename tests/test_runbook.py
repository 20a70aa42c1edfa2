"""Whatever calls for somebody has its page of the runbook, and the documentation names metrics that there are."""

import re
from pathlib import Path
from typing import get_args

import pytest
import yaml

from growthleads_assets.alerts.alert import Kind
from growthleads_assets.commands import metrics
from growthleads_assets.settings import CHECKOUT
from tests.homes import Home

DOCS = CHECKOUT / "docs"
PAGES = sorted(page for page in (DOCS / "runbook").glob("*.md") if page.name != "README.md")
RULES = yaml.safe_load((DOCS / "prometheus-alerts.yml").read_text())["groups"][0]["rules"]
_METRIC = re.compile(r"growthleads_[a-z_]+[a-z]")


def test_every_alert_has_its_page_and_every_page_is_listed() -> None:
    told = {f"docs/runbook/{kind}.md" for kind in get_args(Kind) if kind != "test"}
    told |= {rule["annotations"]["runbook"] for rule in RULES}
    assert told == {f"docs/runbook/{page.name}" for page in PAGES}
    listed = re.findall(r"\((\w+\.md)\)", (DOCS / "runbook" / "README.md").read_text())
    assert {*listed} == {page.name for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_says_what_it_means_what_to_look_at_and_what_to_do(page: Path) -> None:
    text = page.read_text()
    assert text.startswith(f"# {page.stem}: ")
    assert all(f"**{part}" in text for part in ("Means.**", "Look at**", "Do**"))
    for link in re.findall(r"\]\(([^)#]+)", text):
        assert (page.parent / link).exists(), link


def test_rules_and_documentation_name_the_metrics_that_there_are(home: Home) -> None:
    there = {line.split()[2] for line in metrics.exposition(home.platform).splitlines() if line.startswith("# TYPE")}
    documented = {*re.findall(r"^\| `(growthleads_[a-z_]+)`", (DOCS / "watching.md").read_text(), re.MULTILINE)}
    assert documented == there
    assert {name for rule in RULES for name in _METRIC.findall(rule["expr"])} <= documented
