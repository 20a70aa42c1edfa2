"""A `growthleads` command in this process with a clock in it; prints what each part took, as JSON, on its last line.

Belongs here: which calls make up a part, and the clock. Does not: what is run.

Each part has its seconds on the clock and its processor time, that of dbt's threads included. The parts do not overlap:
a call within another one counts for its own part only. What comes before the first import and after the last line of
the command, Python's own start and end, is in none of them. Functions are wrapped from outside once the command itself
has imported their module, so it imports what and when it does without a clock. Only the calls of the main thread are
looked at: what dbt does in others is time that it waits for them.
"""

import builtins
import functools
import inspect
import json
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from types import ModuleType
from typing import Any

IMPORTS, CONNECTING, SURVEY, DEFINITIONS = "imports", "connecting", "survey", "definitions"
LOADING, DBT, MODELS, PUBLISHING = "loading", "dbt around its models", "dbt's models and tests", "publishing"
STORAGE, RUNS, ALERTS, REST = "Dagster's record keeping", "Dagster's steps", "alerts", "the rest"
WORK = (LOADING, MODELS, PUBLISHING)
"""What a run is for."""

PACKAGE = "growthleads_assets"
PARTS: Sequence[tuple[str, str, str]] = (
    (f"{PACKAGE}.home.platform", "Platform.connected", CONNECTING),
    (f"{PACKAGE}.warehouse.server", "running_database", CONNECTING),
    (f"{PACKAGE}.warehouse.environment", "prepare_dagster_home", CONNECTING),
    (f"{PACKAGE}.home.survey", "survey", SURVEY),
    (f"{PACKAGE}.automation.graph", "build_defs", DEFINITIONS),
    (f"{PACKAGE}.warehouse.loading", "Loader.load_landed", LOADING),
    (f"{PACKAGE}.warehouse.loading", "Loader.reload", LOADING),
    (f"{PACKAGE}.warehouse.transformation", "Transformation.prepare", DBT),
    (f"{PACKAGE}.warehouse.transformation", "Transformation.build", DBT),
    (f"{PACKAGE}.warehouse.publication", "begin_calculation", PUBLISHING),
    (f"{PACKAGE}.warehouse.publication", "finish_calculation", PUBLISHING),
    (f"{PACKAGE}.warehouse.publication", "publish", PUBLISHING),
    (f"{PACKAGE}.automation.runs", "run_in_process", RUNS),
    (f"{PACKAGE}.automation.alerting", "attend", ALERTS),
    (f"{PACKAGE}.home.telling", "raise_about_files", ALERTS),
    (f"{PACKAGE}.home.telling", "deliver", ALERTS),
    (f"{PACKAGE}.automation.storage", "EventLog.*", STORAGE),
    (f"{PACKAGE}.automation.storage", "RunStorage.*", STORAGE),
    (f"{PACKAGE}.automation.storage", "ScheduleStorage.*", STORAGE),
)


def _clocks() -> tuple[float, float, float]:
    """Time on the clock, processor time of the process, and that of the main thread."""
    return time.perf_counter(), time.process_time(), time.thread_time()


class Clock:
    """Adds up the seconds and the processor time of each part; the innermost one that goes on gets them.

    ``beside`` is how much of the processor time is that of other threads than the main one.
    """

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.cpu: defaultdict[str, float] = defaultdict(float)
        self.beside: defaultdict[str, float] = defaultdict(float)
        self._open = [REST]
        self._since = _clocks()

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count for this part until the context ends."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        self.tick()
        self._open.append(name)
        try:
            yield
        finally:
            self.tick()
            self._open.pop()

    def tick(self) -> None:
        """Count what has passed."""
        part, before, self._since = self._open[-1], self._since, _clocks()
        seconds, cpu, of_main = (now - then for now, then in zip(self._since, before, strict=True))
        self.seconds[part] += seconds
        self.cpu[part] += cpu
        self.beside[part] += cpu - of_main

    def move(self, seconds: float, cpu: float, *, of: str, to: str) -> None:
        """Count seconds, and seconds of a processor, of one part for another."""
        for counted, moved in ((self.seconds, seconds), (self.cpu, cpu), (self.beside, cpu)):
            counted[of] -= moved
            counted[to] += moved

    def wrapped(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        """The function, counted for a part; of a context manager only what comes before its block."""
        if inspect.isgeneratorfunction(inspect.unwrap(function)):

            @contextmanager
            def counted_context(*args: Any, **kwargs: Any) -> Iterator[Any]:
                with ExitStack() as stack:
                    with self.part(name):
                        value = stack.enter_context(function(*args, **kwargs))
                    yield value

            return functools.wraps(function)(counted_context)

        @functools.wraps(function)
        def counted(*args: Any, **kwargs: Any) -> Any:
            with self.part(name):
                return function(*args, **kwargs)

        return counted


class Wrapping:
    """Wraps the functions of PARTS as soon as they are imported, wherever they were imported to by name."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._import = builtins.__import__
        self._depth = 0
        self._pending = list(PARTS)
        self._replaced: dict[Any, Callable[..., Any]] = {}
        self._modules_seen = 0

    def install(self) -> None:
        """Have every import looked at from now on."""
        builtins.__import__ = self._counted_import

    def missing(self) -> list[str]:
        """What was to be counted and is not in its module any more: the figures would lie about it."""
        return [f"{module}.{path}" for module, path, _ in self._pending if module in sys.modules]

    def _counted_import(self, name: str, *args: Any, **kwargs: Any) -> ModuleType:
        if name in sys.modules and not self._depth and len(sys.modules) == self._modules_seen:
            return self._import(name, *args, **kwargs)
        self._depth += 1
        try:
            with self.clock.part(IMPORTS):
                return self._import(name, *args, **kwargs)
        finally:
            self._depth -= 1
            if not self._depth and threading.current_thread() is threading.main_thread():
                self._wrap()
                self._modules_seen = len(sys.modules)

    def _wrap(self) -> None:
        for part in [part for part in self._pending if part[0] in sys.modules]:
            module, path, name = part
            # A module can be there before it is complete.
            if hasattr(sys.modules[module], path.split(".")[0]):
                self._pending.remove(part)
                self._wrap_one(sys.modules[module], path, name)
        for user in [user for name, user in sys.modules.items() if name.startswith(PACKAGE)]:
            for attribute, value in list(vars(user).items()):
                if inspect.isfunction(value) and value in self._replaced:
                    setattr(user, attribute, self._replaced[value])

    def _wrap_one(self, module: ModuleType, path: str, name: str) -> None:
        *owners, last = path.split(".")
        owner = functools.reduce(getattr, owners, module)
        if last == "*":
            methods = inspect.getmembers(owner, inspect.isfunction)
            names = [attribute for attribute, _ in methods if not attribute.startswith("_")]
        else:
            names = [last]
        for attribute in names:
            function = getattr(owner, attribute)
            wrapped = self.clock.wrapped(function, name)
            if path == "Transformation.build":
                wrapped = _with_models(wrapped, self.clock)
            setattr(owner, attribute, wrapped)
            if not owners:
                self._replaced[function] = wrapped


def _with_models(build: Callable[..., Any], clock: Clock) -> Callable[..., Any]:
    """``Transformation.build``, of which the time in which some model or test is executed is a part of its own."""

    @functools.wraps(build)
    def counted(*args: Any, **kwargs: Any) -> Any:
        before = clock.beside[DBT]
        events = build(*args, **kwargs)
        # dbt executes them in threads of its own, and the main one waits.
        clock.move(_covered(events), clock.beside[DBT] - before, of=DBT, to=MODELS)
        return events

    return counted


def _covered(events: Sequence[dict[str, Any]]) -> float:
    """The seconds in which at least one node was executed; up to four are at once."""
    spans = sorted(
        (datetime.fromisoformat(node["node_started_at"]), datetime.fromisoformat(node["node_finished_at"]))
        for node in (event["data"]["node_info"] for event in events)
        if node.get("node_started_at") and node.get("node_finished_at")
    )
    covered, until = 0.0, None
    for begin, end in spans:
        start = begin if until is None else max(begin, until)
        covered += max(0.0, (end - start).total_seconds())
        until = end if until is None else max(until, end)
    return covered


def main() -> None:
    """Run the command of the arguments, and exit as it does."""
    clock = Clock()
    wrapping = Wrapping(clock)
    wrapping.install()
    from growthleads_assets.cli import main as growthleads

    try:
        growthleads(sys.argv[1:], prog_name="growthleads")
    except SystemExit as ended:
        code = ended.code
    else:
        code = 0
    clock.tick()
    if wrapping.missing():
        sys.exit(f"PARTS names what is not there any more: {', '.join(wrapping.missing())}")
    phases = {name: {"wall": round(wall, 3), "cpu": round(clock.cpu[name], 3)} for name, wall in clock.seconds.items()}
    sys.stdout.write("\n" + json.dumps({"phases": phases}))
    sys.stdout.flush()
    sys.exit(code)


if __name__ == "__main__":
    main()
