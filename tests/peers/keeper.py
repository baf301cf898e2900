"""Keeps one server for as long as a test run lives: `keeper.py OWNER USER FOLDER LOG COMMAND…`.

Ends the server and removes its folder when the process OWNER is gone, however it went, or when the
server ends by itself. Runs alone, without site packages. Nothing else is watched.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1
# How often a server that ended by itself is noticed.
LOOK_MS = 200


def main(owner: str, user: str, folder: str, log: str, *command: str) -> None:
    """Starts the command, waits for either end, and clears up."""
    try:
        with Path(log).open("wb") as output:
            keep(os.pidfd_open(int(owner)), start(list(command), user, folder, output))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def start(command: list[str], user: str, folder: str, output: object) -> subprocess.Popen:
    """The server, in a session of its own, that dies with us even if we are killed."""
    libc = ctypes.CDLL(None)
    identity = {"user": user, "group": "nogroup", "extra_groups": []} if user else {}
    return subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL),  # noqa: PLW1509 - one thread
        **identity,
    )


def keep(owner: int, server: subprocess.Popen) -> None:
    """Until the owner or the server ends; then every process of the server's."""
    watched = select.poll()
    watched.register(owner, select.POLLIN)
    try:
        while server.poll() is None and not watched.poll(LOOK_MS):
            pass
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
