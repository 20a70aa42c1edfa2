"""Having the database up for as long as someone uses it.

Belongs here: who uses the embedded server of a home, and so when it starts and stops. Does not: how (embedded.py).

Every process that works with the database holds a shared lock on `postgresql.users` in the home's local state. The
kernel gives it back however the process ends, and children do not inherit it. Who leaves tries for the exclusive
lock: the last one gets it and stops the server. Locks are taken and given back, and the server is started and
stopped, only under the lock on `postgresql.control`, so nobody can come in between.

A server that `kill -9` of its users left behind is taken over by the next user, and stopped by the last one then. The
file `postgresql.kept` says that it stays up without users.
"""

import fcntl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import Enum
from pathlib import Path

from growthleads_assets.settings import Settings
from growthleads_assets.warehouse.database import Database, DatabaseUnavailable, external_database
from growthleads_assets.warehouse.embedded import START_SECONDS, STOP_SECONDS, EmbeddedServer
from growthleads_assets.warehouse.installation import Account, server_folder
from growthleads_assets.warehouse.locks import open_lock_file, try_lock, wait_until


class StopOutcome(Enum):
    """What became of the wish to stop the database."""

    STOPPED = "stopped"
    NOT_RUNNING = "not running"
    IN_USE = "in use"
    """Other processes work with it: it is not kept up any more, and stops when the last of them ends."""
    EXTERNAL = "external"
    """It is someone else's (GROWTHLEADS_DATABASE_URL)."""


@contextmanager
def running_database(settings: Settings, *, of_any_encoding: bool = False) -> Iterator[Database]:
    """The database, up for as long as the context lasts.

    That of `GROWTHLEADS_DATABASE_URL` is only looked at (see `external_database`); else it is the home's embedded
    server, started if it is not running, and stopped at the end if nobody else uses it and nobody keeps it up.

    Raises DatabaseUnavailable.
    """
    if settings.database_url is not None:
        yield external_database(settings.database_url.get_secret_value(), of_any_encoding=of_any_encoding)
        return
    with ExitStack() as stack:
        with _control(settings):
            server = _server(settings)
            users = stack.enter_context(open_lock_file(_users(settings)))
            # Never waits: the exclusive lock is only ever held under control.
            fcntl.flock(users, fcntl.LOCK_SH)
            # A start that fails or is interrupted half way is cleaned up like any other use.
            stack.callback(_leave, settings, server, users)
            server.start()
        yield server.database


def keep_database_up(settings: Settings) -> Database:
    """Start the database if need be, and leave it running until `stop_database`, a restart of the machine aside.

    Raises DatabaseUnavailable.
    """
    with running_database(settings) as database:
        if settings.database_url is None:
            _kept(settings).touch()
    return database


def stop_database(settings: Settings) -> StopOutcome:
    """Keep the embedded server up no longer: it stops now, or with the last process that works with it.

    Nobody's work is cut off. Raises DatabaseUnavailable when the server does not end.
    """
    if settings.database_url is not None:
        return StopOutcome.EXTERNAL
    if not (settings.state_dir / "postgresql").exists():
        return StopOutcome.NOT_RUNNING
    with _control(settings), open_lock_file(_users(settings)) as users:
        _kept(settings).unlink(missing_ok=True)
        if not try_lock(users, fcntl.LOCK_EX):
            return StopOutcome.IN_USE
        return StopOutcome.STOPPED if _server(settings).stop() else StopOutcome.NOT_RUNNING


def _leave(settings: Settings, server: EmbeddedServer, users: int) -> None:
    with _control(settings):
        if not _kept(settings).exists() and try_lock(users, fcntl.LOCK_EX):
            server.stop()


def _server(settings: Settings) -> EmbeddedServer:
    account = Account.current()
    folder = server_folder(settings.home, settings.state_dir, account)
    return EmbeddedServer(folder, settings.state_dir / "postgresql.alive", account)


def _users(settings: Settings) -> Path:
    return settings.state_dir / "postgresql.users"


def _kept(settings: Settings) -> Path:
    return settings.state_dir / "postgresql.kept"


@contextmanager
def _control(settings: Settings) -> Iterator[None]:
    """Alone among this home's processes; what the file system refuses becomes DatabaseUnavailable."""
    try:
        settings.state_dir.mkdir(parents=True, exist_ok=True)
        with open_lock_file(settings.state_dir / "postgresql.control") as control:
            if not wait_until(lambda: try_lock(control, fcntl.LOCK_EX), START_SECONDS + STOP_SECONDS):
                raise DatabaseUnavailable(
                    f"Another process has been starting or stopping the database of {settings.home} for too long."
                )
            yield
    except OSError as error:
        raise DatabaseUnavailable(f"The embedded database of {settings.home} cannot be used: {error}.") from error
