"""The Dagster UI and daemon on this machine, and that all of it ends together.

Belongs here: starting and stopping those processes. Does not: what they run.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping

import psutil

from growthleads_assets.commands.reporting import Reporter
from growthleads_assets.settings import CHECKOUT

HOST = "127.0.0.1"
GRACE_SECONDS = 20


class PortTaken(Exception):
    """The port is in use: a sentence that says what to do."""


def serve(port: int, environment: Mapping[str, str], reporter: Reporter) -> int:
    """Run the UI and the daemon until they end or the user ends them; their exit code, 0 for Ctrl-C.

    Nothing that was started is left behind: the database must be able to stop afterwards.

    Raises PortTaken.
    """
    _require_free(port)
    command = [sys.executable, "-m", "dagster", "dev", "--host", HOST, "--port", str(port)]
    command += ["--module-name", "growthleads_assets.definitions", "--working-directory", str(CHECKOUT)]
    reporter.say(f"The Dagster UI opens at http://{HOST}:{port} in a few seconds; Ctrl-C stops it.")
    # A session of its own: Ctrl-C reaches this process alone, which then ends the others in order.
    process = subprocess.Popen(command, env=dict(environment), cwd=CHECKOUT, start_new_session=True)
    try:
        return process.wait()
    except KeyboardInterrupt:
        reporter.say("Stopping.")
        return 0
    finally:
        _end(process)


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise PortTaken(
                f"Port {port} is in use on {HOST}: stop what uses it, or choose another with --port."
            ) from None


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all it started: asked first, then made to. Dagster's own do not all end when asked."""
    family = _family(process.pid)
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        for member in {*family, *_family(process.pid)}:
            _send(member, sign)
        _, family = psutil.wait_procs(family, timeout=GRACE_SECONDS)
        if not family:
            break
    process.wait()


def _family(pid: int) -> list[psutil.Process]:
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _send(process: psutil.Process, sign: signal.Signals) -> None:
    try:
        process.send_signal(sign)
    except psutil.NoSuchProcess:
        return


def execute(command: list[str], environment: Mapping[str, str], reporter: Reporter) -> int:
    """Run a command with the platform's environment and return its exit code; Ctrl-C is the command's to handle."""
    try:
        process = subprocess.Popen(command, env=dict(environment))
    except OSError as error:
        reporter.complain(f"{command[0]} cannot be run: {os.strerror(error.errno or 0)}.")
        return 127
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue
