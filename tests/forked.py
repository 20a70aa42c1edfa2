"""Processes that have imported the platform before they begin, which takes longer than most of what it does.

They are forked from a server that has used nothing of what it imported: neither polars nor libpq survive a fork.
"""

import multiprocessing
import os
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

IMPORTED = (
    "tests.homes",
    "growthleads_assets.cli",
    "growthleads_assets.commands.runner",
    "dbt.cli.main",
    "dagster_postgres",
)


def start(work: Callable[..., object], *arguments: Any) -> BaseProcess:
    """Have a process do some work; it ends as it would with this as its only work."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(IMPORTED))
    process = context.Process(target=work, args=arguments)
    process.start()
    return process


class Command:
    """A `growthleads` command that runs."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        self._arguments = list(arguments)
        self._folder = tempfile.TemporaryDirectory()
        self._outputs = [Path(self._folder.name, name) for name in ("stdout", "stderr")]
        self._process = start(_run_command, self._arguments, dict(environment), self._outputs)

    def ended(self) -> subprocess.CompletedProcess[str]:
        """Wait for its end; exit code and what it printed, as `subprocess.run` says it."""
        self._process.join()
        code = self._process.exitcode
        assert code is not None
        with self._folder:
            return subprocess.CompletedProcess(self._arguments, code, *(path.read_text() for path in self._outputs))


def _run_command(arguments: list[str], environment: dict[str, str], outputs: Sequence[Path]) -> None:
    from growthleads_assets.cli import main

    for descriptor, path in enumerate(outputs, start=1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), descriptor)
    os.environ.clear()
    os.environ.update(environment)
    main(arguments, prog_name="growthleads")
