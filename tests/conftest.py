"""Fixtures that tests of several rooms share, and how hard hypothesis tries."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.homes import Home, Server, shared_server

# Times vary too much on a shared machine to be asserted.
settings.register_profile(
    "default", deadline=None, max_examples=20, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
settings.register_profile("deep", settings.get_profile("default"), max_examples=1000)
settings.load_profile("default")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin each test process with one of the tests that take minutes: at the end, it would be waited for alone.

    pytest-xdist gives each of its processes an equal share in order, from whose end those that are done take over. Last
    of the hooks, because pytest's own leaves out what was not asked for.
    """
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    long = [item for item in items if item.get_closest_marker("takes_minutes")]
    others = [item for item in items if not item.get_closest_marker("takes_minutes")]
    ordered: list[pytest.Item] = []
    for worker in range(workers):
        first = long[worker::workers]
        share = (len(items) - len(ordered)) // (workers - worker)
        rest = max(0, share - len(first))
        ordered += [*first, *others[:rest]]
        del others[:rest]
    items[:] = ordered


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL server for this test process."""
    with shared_server() as server:
        yield server


@pytest.fixture
def home(server: Server) -> Iterator[Home]:
    """An empty home of its own."""
    with server.new_home() as home:
        yield home
