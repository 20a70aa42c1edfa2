"""Telling people of files, and whatever else was raised.

Belongs here: which alerts a look at the home raises, and that telling fails nothing. Does not: alerts of runs
(automation/alerting.py), the outbox (warehouse/alerts.py).
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import psycopg

from growthleads_assets.alerts.channels import channels
from growthleads_assets.home.platform import Platform
from growthleads_assets.warehouse import alerts

LOG = logging.getLogger(__name__)


def raise_about_files(platform: Platform, connection: psycopg.Connection) -> None:
    """Raise what there is to tell people now of files that were refused, and of those that are late."""
    with failing_nothing("refused files"):
        alerts.raise_refused_files(connection)
    with failing_nothing("late files"):
        alerts.raise_late_files(connection, platform.settings.late_after)


def deliver(platform: Platform, connection: psycopg.Connection) -> None:
    """Deliver what is due, whatever it is about; half a minute or so at most."""
    settings = platform.settings
    with failing_nothing("alerts that are due"):
        alerts.deliver(connection, channels(settings), ui_url=settings.ui_url, now=datetime.now(UTC))


@contextmanager
def failing_nothing(about: str, *faults: type[Exception]) -> Iterator[None]:
    """What is raised is found again at the next look: no tick and no pass is to fail because people cannot be told.

    Faults of the database and ``faults`` go to the log.
    """
    foreseen: tuple[type[Exception], ...] = (psycopg.Error, *faults)
    try:
        yield
    except foreseen:
        LOG.exception("Nobody could be told of %s; this is tried again at the next look.", about)
