"""The entry point: `make bench`, or `python -m benchmarks`.

Belongs here: which measurements there are, and where their results go. Does not: measuring.
"""

import importlib
import json
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol, cast

import click

from benchmarks.harness import Bench, Figure, Report
from benchmarks.homes import ProcessFailed, homes
from growthleads_assets.commands.reporting import Reporter

MEASUREMENTS = (
    "load",
    "bad_rows",
    "memory",
    "year",
    "corrected_day",
    "new_deals",
    "bookkeeping",
    "startup",
    "sensor_tick",
    "export",
    "at_once",
)
COLUMNS = ("measurement", "figure", "value", "by_cpu", "target", "met")
RESULTS = Path(__file__).resolve().parents[1] / "build" / "benchmarks.json"


class Measurement(Protocol):
    """A module of `benchmarks.measurements`."""

    def measure(self, bench: Bench) -> Iterator[Figure]:
        """Measure, and say what came out."""


def _chosen(_context: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
    names = tuple(name.strip() for name in value.split(",")) if value else MEASUREMENTS
    for name in names:
        if name not in MEASUREMENTS:
            raise click.BadParameter(f"there is no {name}; there is {', '.join(MEASUREMENTS)}.")
    return names


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--only", callback=_chosen, help=f"Some of {', '.join(MEASUREMENTS)}, with commas between them.")
@click.option("--scale", type=click.FloatRange(0, min_open=True), default=1.0, show_default=True, help="Size of data.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), default=RESULTS, help="Where the JSON goes.")
def main(only: tuple[str, ...], scale: float, output: Path) -> None:
    """Measure speed and memory on generated data, in homes of their own below the temporary folder.

    Exit code 1: a measurement could not be made. A target that is missed is a result like any other.
    """
    # `kill` is to end it as Ctrl-C does, also in the background, where a shell has Ctrl-C ignored: servers stop then.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    reporter = Reporter()
    report = Report(scale)
    output.parent.mkdir(parents=True, exist_ok=True)
    with homes() as made:
        bench = Bench(made.folder, made, scale)
        for name in only:
            with reporter.working(f"Measuring {name}"):
                _measure(bench, name, report)
            # Written after each, so that a session that is stopped has been of use.
            output.write_text(json.dumps(report.as_json(), indent=2))
    reporter.table(f"Speed and memory at scale {scale:g}", report.rows(), COLUMNS, figures={"value", "by_cpu"})
    reporter.say(f"Written to {output}.")
    for name, failure in report.failures.items():
        reporter.complain(f"{name} could not be measured: {failure}")
    raise SystemExit(1 if report.failures else 0)


def _measure(bench: Bench, name: str, report: Report) -> None:
    began = time.perf_counter()
    figures: list[Figure] = report.figures.setdefault(name, [])
    module = cast(Measurement, importlib.import_module(f"benchmarks.measurements.{name}"))
    try:
        _collect(module.measure(bench), figures)
    except ProcessFailed as failure:
        report.failures[name] = str(failure)
    report.took[name] = time.perf_counter() - began


def _collect(found: Iterable[Figure], figures: list[Figure]) -> None:
    for figure in found:
        figures.append(figure)  # noqa: PERF402 (what was found before a failure is kept)


if __name__ == "__main__":
    main()
