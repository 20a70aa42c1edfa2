"""The Dagster UI and daemon on this machine, and that all of it ends together.

Belongs here: starting and stopping those processes. Does not: what they run.

They run in a session of their own, whose number lies in `dev.session` in the home's local state. Whoever is left of it
when this process is killed is found by that number, and ended by the next start: two daemons on one home would both ask
for the same work.
"""

import fcntl
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil

from growthleads_assets.commands.reporting import NotPossible, Reporter
from growthleads_assets.settings import CHECKOUT, Settings
from growthleads_assets.warehouse.locks import open_lock_file, try_lock

HOST = "127.0.0.1"
GRACE_SECONDS = 20


def serve(port: int, environment: Mapping[str, str], settings: Settings, reporter: Reporter) -> int:
    """Run the UI and the daemon until the user ends them; the exit code, 0 for Ctrl-C only.

    Nothing that was started is left behind: the database must be able to stop afterwards.

    Raises NotPossible.
    """
    state_dir = settings.state_dir
    with open_lock_file(state_dir / "dev.lock") as lock:
        if not try_lock(lock, fcntl.LOCK_EX):
            raise NotPossible(f"`growthleads dev` runs on the home {state_dir.parent} already: stop that one first.")
        record = state_dir / "dev.session"
        _end_what_is_left(record, environment["DAGSTER_HOME"], reporter)
        _require_free(port)
        command = [sys.executable, "-m", "dagster", "dev", "--host", HOST, "--port", str(port)]
        command += ["--module-name", "growthleads_assets.definitions", "--working-directory", str(CHECKOUT)]
        command += ["--log-format", settings.log_format] if settings.log_format == "json" else []
        reporter.say(f"The Dagster UI opens at http://{HOST}:{port} in a few seconds; Ctrl-C stops it.")
        # A session of its own: Ctrl-C reaches this process alone, which then ends the others in order.
        process = subprocess.Popen(command, env=dict(environment), cwd=CHECKOUT, start_new_session=True)
        _write_whole(record, str(process.pid))
        try:
            code = _outcome(process)
            reporter.complain(
                "The UI or the daemon has ended by itself, so all of it ends; what it said last is above."
            )
            # Dagster reports success whatever became of its processes.
            return code or 1
        except KeyboardInterrupt:
            reporter.say("Stopping.")
            return 0
        finally:
            # A second Ctrl-C is not to leave behind what the first one is ending.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            _end(_in_session(process.pid))
            process.wait()
            record.unlink()


def _outcome(process: subprocess.Popen[bytes]) -> int:
    """Wait for a process to end; its exit code.

    In short waits: polars has the system restart calls that Ctrl-C interrupts, and Python, which looks for an interrupt
    between two calls, would not notice it during a long one.
    """
    while True:
        try:
            return process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            continue


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise NotPossible(
                f"Port {port} is in use on {HOST}: stop what uses it, or choose another with --port."
            ) from None


def _write_whole(path: Path, text: str) -> None:
    """Write a file that is never seen half written."""
    unfinished = path.with_name(f"{path.name}.part")
    unfinished.write_text(text)
    unfinished.replace(path)


def _end_what_is_left(record: Path, dagster_home: str, reporter: Reporter) -> None:
    """End the processes of a start that was killed; the number alone could be another session's by now."""
    if record.exists():
        left = [process for process in _in_session(int(record.read_text())) if _works_for(process, dagster_home)]
        if left:
            reporter.say("Ending what a killed `growthleads dev` left behind.")
            _end(left)


def _works_for(process: psutil.Process, dagster_home: str) -> bool:
    try:
        return process.environ().get("DAGSTER_HOME") == dagster_home
    except psutil.Error:
        return False


def _in_session(session: int) -> list[psutil.Process]:
    """The processes of a session, whatever became of their parents."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == session:
                found.append(process)
        except (ProcessLookupError, PermissionError):
            continue
    return found


def _end(family: list[psutil.Process]) -> None:
    """End processes: asked first, then made to. Dagster's own do not all end when asked."""
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        for member in family:
            _send(member, sign)
        _, family = psutil.wait_procs(family, timeout=GRACE_SECONDS)
        if not family:
            break


def _send(process: psutil.Process, sign: signal.Signals) -> None:
    try:
        process.send_signal(sign)
    except psutil.NoSuchProcess:
        return


def execute(command: list[str], environment: Mapping[str, str], reporter: Reporter) -> int:
    """Run a command with the platform's environment and return its exit code.

    Ctrl-C is the command's to handle, and SIGTERM is handed on to it: the database stays up until it has ended.
    """
    process: subprocess.Popen[bytes] | None = None
    asked_to_end = False

    def hand_on(sign: int, _: object) -> None:
        nonlocal asked_to_end
        asked_to_end = True
        if process is not None:
            process.send_signal(sign)

    signal.signal(signal.SIGTERM, hand_on)
    try:
        process = subprocess.Popen(command, env=dict(environment))
    except OSError as error:
        return _cannot_be_run(command, error, reporter)
    if asked_to_end:
        process.terminate()
    while True:
        try:
            code = process.wait()
        except KeyboardInterrupt:
            continue
        # As a shell says that a signal ended it.
        return code if code >= 0 else 128 - code


def become(command: list[str], environment: Mapping[str, str], reporter: Reporter) -> int:
    """Let a command take the place of this process, with the platform's environment; returns only if it cannot.

    For a database that nobody here has to stop. Signals then reach the command as they are sent: it can be what a
    container or systemd runs.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    # What Python ignores, the command would ignore too.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    try:
        os.execvpe(command[0], command, dict(environment))  # noqa: S606 - the command is the user's, and no shell's
    except OSError as error:
        return _cannot_be_run(command, error, reporter)


def _cannot_be_run(command: list[str], error: OSError, reporter: Reporter) -> int:
    reporter.complain(f"{command[0]} cannot be run: {os.strerror(error.errno or 0)}.")
    return 127
