"""dbt in this process: the parsed project, and builds of a window of days.

Belongs here: how dbt is called. Does not: which models, which days.

A `dbt` process costs several seconds before it does anything. Called in-process with a manifest parsed before, the same
build takes a fraction of that. The manifest lies in the home's local state, and is made anew whenever a file of the
project changed.
"""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg

from growthleads_assets.settings import READER_ROLE
from growthleads_assets.warehouse.dbt_flags import look_up_flags_by_frame
from growthleads_assets.warehouse.dbt_log import dbt_log
from growthleads_assets.warehouse.fitting import TO_BE_FILLED, make_room, note_prepared, prepared, standing
from growthleads_assets.warehouse.locks import open_lock_file
from growthleads_assets.warehouse.session_locks import hold_lock

RESULT_EVENTS = frozenset({"LogModelResult", "LogTestResult"})
PARSED_FILES = ("manifest.json", "partial_parse.msgpack")
# Nothing is before this day, so a build of it makes every table and view and leaves all rows as they are.
NO_DAYS = (date(1900, 1, 1), date(1900, 1, 1))
_CHOSEN = "chosen_for_this_build"


class TransformationFailed(Exception):
    """dbt could not build or a blocking test failed: ``str()`` is one line per model or test, each with its reason.

    ``events`` are the results of what was done before, ``failed_tests`` the names of the blocking tests that failed.
    """

    def __init__(self, message: str, events: Sequence[dict[str, Any]] = (), failed_tests: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.events = events
        self.failed_tests = failed_tests


@dataclass(frozen=True)
class Transformation:
    """The dbt project at ``project_dir``, with its artifacts in ``target_path`` and its log in ``log_path``."""

    project_dir: Path
    target_path: Path
    log_path: Path

    @property
    def shipped(self) -> Path:
        """Where a set-up, and the making of an image, have the project parsed (commands/parse.py), as a target path."""
        return self.project_dir / "shipped"

    @cached_property
    def manifest(self) -> Mapping[str, Any]:
        """The parsed project, as dbt writes it to manifest.json."""
        self._parse_if_changed()
        manifest: Mapping[str, Any] = json.loads((self.target_path / "manifest.json").read_text())
        return manifest

    @cached_property
    def checksum(self) -> str:
        """A fingerprint of the project's files and of dbt: another one means another manifest."""
        digest = hashlib.sha256(f"dbt {version('dbt-core')} {version('dbt-postgres')}".encode())
        for path in sorted(_project_files(self.project_dir)):
            digest.update(f"{path.relative_to(self.project_dir)}\n".encode() + path.read_bytes())
        return digest.hexdigest()

    def build(self, command: str, first: date, last: date, *, select: Collection[str]) -> list[dict[str, Any]]:
        """Run a dbt command (`build` or `run`) over the window of days and return its result events.

        ``select`` are the names of models and tests, and nothing else is built. Raises TransformationFailed.
        """
        return self._results_of([command, *_window(first, last)], select) if select else []

    def test_all_of_history(self, select: Collection[str] | None = None) -> list[dict[str, Any]]:
        """Run the tests of these names, or every test, over all days and return their result events.

        Raises TransformationFailed where any fails.
        """
        return self._results_of(["test", "--exclude-resource-type", "unit_test"], select)

    def run_unit_tests(self) -> dict[str, str]:
        """Run the unit tests of all models and return what each says that fails, ``""`` for one that passes.

        Each is named ``<model>: <test>``. They need the tables to be there, for the types of their columns, and read no
        rows. Raises TransformationFailed where dbt cannot run them.
        """
        result = self._invoke(["test", "--select", "test_type:unit", "--no-use-colors"], [])
        if result.exception or not result.result:
            raise TransformationFailed("\n".join(_failures(result)))
        return {
            ": ".join(test.node.unique_id.split(".")[2:]): "" if test.status == "pass" else str(test.message)
            for test in result.result
        }

    def write_docs(self, page: Path) -> None:
        """Write dbt's documentation of the project, and of the tables in the database, as one HTML file.

        A warning of dbt is an error here as everywhere (`warn_error_options` of the project). Raises
        TransformationFailed.
        """
        result = self._invoke(["docs", "generate", "--static"], [], write_json=True)
        if not result.success:
            raise TransformationFailed(str(result.exception or "dbt docs generate failed"))
        page.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.target_path / "static_index.html", page)

    def prepare(self, connection: psycopg.Connection) -> None:
        """Have every table and view of the project in the database, as the project's files are now.

        Done once per state of the project and role of readers, and again once one of them is missing or a view was made
        by somebody else, by one process at a time. Tables that were made in another form, or that somebody dropped, are
        made anew and hold all days again. Raises TransformationFailed.
        """
        with hold_lock(connection, "prepare models"):
            state = self._prepared_state(connection)
            if state and prepared(connection) == state:
                return
            make_room(connection, self.manifest)
            self._results_of(["run", *([] if prepared(connection) == TO_BE_FILLED else _window(*NO_DAYS))])
            # What was dropped in the meantime is for the next to make.
            if state := self._prepared_state(connection):
                note_prepared(connection, state)

    def _prepared_state(self, connection: psycopg.Connection) -> str | None:
        found = standing(connection, self.manifest)
        return found and " ".join(filter(None, (self.checksum, found, os.environ.get(READER_ROLE))))

    def _results_of(self, arguments: Sequence[str], select: Collection[str] | None = None) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = []
        result = self._invoke(arguments, events, select)
        if not result.success:
            raise TransformationFailed("\n".join(_failures(result)), events, _failed_tests(result))
        return events

    def _invoke(
        self,
        arguments: Sequence[str],
        events: list[dict[str, Any]],
        select: Collection[str] | None = None,
        *,
        write_json: bool = False,
    ) -> Any:
        from google.protobuf.json_format import MessageToDict

        self._parse_if_changed()

        def remember(event: Any) -> None:
            if event.info.name in RESULT_EVENTS:
                events.append(MessageToDict(event, preserving_proto_field_name=True))

        manifest = _parsed_manifest(self.target_path, self._state)
        with dbt_log(self.log_path) as write, _selection(manifest, select) as selected:
            runner = _runner(manifest=manifest, callbacks=[remember, write])
            return runner.invoke([*arguments, *selected, *self._options(write_json=write_json)])

    def _options(self, *, write_json: bool) -> list[str]:
        return [
            *("--project-dir", str(self.project_dir)),
            *("--profiles-dir", str(self.project_dir)),
            *("--target-path", str(self.target_path)),
            *("--log-path", str(self.log_path)),
            *("--log-level", "none", "--log-level-file", "none"),
            "--no-send-anonymous-usage-stats",
            "--write-json" if write_json else "--no-write-json",
        ]

    def _parse_if_changed(self) -> None:
        parsed = self.target_path / "parsed"
        if parsed.exists() and parsed.read_text() == self._state:
            return
        self.target_path.mkdir(parents=True, exist_ok=True)
        # Two processes that parse at once would write into one manifest.json.
        with open_lock_file(self.target_path / "parse.lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if parsed.exists() and parsed.read_text() == self._state:
                return
            # Until all is written anew it is of no state, also where this is killed.
            parsed.write_text("")
            if self._take_shipped():
                return
            result = _runner().invoke(["parse", "--no-partial-parse", *self._options(write_json=True)])
            if not result.success:
                raise TransformationFailed(f"The dbt project cannot be parsed: {result.exception}")
            parsed.write_text(self._state)

    def _take_shipped(self) -> bool:
        """Take over what was parsed beforehand, if that is of this state."""
        shipped = self.shipped / "parsed"
        if not shipped.exists() or shipped.read_text() != self._state:
            return False
        for name in PARSED_FILES:
            shutil.copyfile(self.shipped / name, self.target_path / name)
        if shipped.read_text() != self._state:
            # A set-up has begun to parse another state in between.
            return False
        (self.target_path / shipped.name).write_text(self._state)
        return True

    @property
    def _state(self) -> str:
        """What a parse depends on: the project, and the database, whose name is in every relation's."""
        return f"{self.checksum} {os.environ.get('PGDATABASE', '')}"


def _window(first: date, last: date) -> list[str]:
    """The days of a build, as dbt_project/macros/window.sql reads them."""
    return ["--event-time-start", f"{first}", "--event-time-end", f"{last + timedelta(days=1)}"]


@contextmanager
def _selection(manifest: Any, names: Collection[str] | None) -> Iterator[list[str]]:
    """The options by which dbt selects the models and tests of these names and no tests beside them; none for all.

    By a tag that they have until the context ends: of each of the hundred names of a window dbt would ask three times
    whether it is that of this node or the next. Raises TransformationFailed for a name that the project does not have.
    """
    if names is None:
        yield []
        return
    chosen = [node for node in manifest.nodes.values() if node.name in names]
    if unknown := {*names}.difference(node.name for node in chosen):
        raise TransformationFailed(
            f"The dbt project has no {', '.join(sorted(unknown))}: its files have changed since this process began. "
            "Start it again."
        )
    for node in chosen:
        node.tags.append(_CHOSEN)
    try:
        yield ["--select", f"tag:{_CHOSEN}", "--indirect-selection", "empty"]
    finally:
        for node in chosen:
            node.tags.remove(_CHOSEN)


def _runner(**options: Any) -> Any:
    """What runs dbt's commands in this process."""
    from dbt.cli.main import dbtRunner

    look_up_flags_by_frame()
    return dbtRunner(**options)


@lru_cache(maxsize=1)
def _parsed_manifest(target_path: Path, state: str) -> Any:  # noqa: ARG001 (`state` is for the cache)
    """The manifest as dbt's own object, which `dbt parse` leaves beside manifest.json."""
    from dbt.contracts.graph.manifest import Manifest

    return Manifest.from_msgpack((target_path / "partial_parse.msgpack").read_bytes())


def _project_files(project_dir: Path) -> Iterator[Path]:
    yield project_dir / "dbt_project.yml"
    for folder in ("models", "macros", "tests"):
        yield from (path for path in (project_dir / folder).rglob("*") if path.suffix in {".sql", ".yml"})


def _failed_tests(result: Any) -> list[str]:
    return [node.node.name for node in result.result or () if node.status == "fail"]


def _failures(result: Any) -> Iterator[str]:
    if result.exception:
        yield str(result.exception)
    elif not result.result:
        yield "it ended without a result, as when it is interrupted"
    else:
        failed = [node for node in result.result if node.status in {"error", "fail", "runtime error"}]
        for node_result in failed:
            message = " ".join(str(node_result.message).split())
            yield f"{node_result.node.resource_type} {node_result.node.name}: {message}"
        if not failed:
            yield "it was interrupted before all models were built"
