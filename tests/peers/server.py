"""Servers that all processes of one test run share: started by the first to ask, ended with the run.

The processes of `pytest -n` meet at a file lock. What a server speaks is in the file named after it.
"""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

KEEPER = Path(__file__).with_name("keeper.py")
START_S = 60
TRIES = 3
LOG_CHARACTERS = 2000


@dataclass(frozen=True)
class Launch:
    """How a server is started: `prepare` gives the command for a folder and a port."""

    prepare: Callable[[Path, int], list[object]]
    is_ready: Callable[[int], bool]
    environment: dict[str, str]
    user: str = ""


@dataclass(frozen=True)
class Running:
    """A server that answers."""

    port: int
    folder: Path
    log: Path
    command: list[str]


class NotStartedError(Exception):
    """The server is here but does not start."""


def shared(name: str, run_folder: Path, launch: Launch) -> Running:
    """The run's server `name`; starts it if this is the first to ask."""
    state = run_folder / f"peer-{name}.json"
    with (run_folder / f"peer-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not state.exists():
            # A failure is written down too: each later test fails at once, not after another wait.
            state.write_text(json.dumps(attempt(name, run_folder, launch)))
    answer = json.loads(state.read_text())
    if "port" not in answer:
        raise NotStartedError(answer["failure"])
    return Running(answer["port"], Path(answer["folder"]), Path(answer["log"]), answer["command"])


def attempt(name: str, run_folder: Path, launch: Launch) -> dict[str, object]:
    """Starts the server; another process may take the port before it does, so more than once."""
    failure = ""
    for _ in range(TRIES):
        try:
            running = start(name, run_folder / f"peer-{name}.log", launch)
            return {**vars(running), "folder": str(running.folder), "log": str(running.log)}
        except NotStartedError as error:
            failure = str(error)
    return {"failure": failure}


def start(name: str, log: Path, launch: Launch) -> Running:
    """Starts the server under its keeper, and waits until it answers."""
    folder = new_folder(name, launch.user)
    port = free_port()
    command = [str(word) for word in launch.prepare(folder, port)]
    keeper = subprocess.Popen(
        [sys.executable, "-I", "-S", KEEPER, str(owner()), launch.user, folder, log, *command],
        env=launch.environment,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        if launch.is_ready(port):
            return Running(port, folder, log, command)
        if keeper.poll() is not None:
            break
        time.sleep(0.02)
    keeper.terminate()
    raise NotStartedError(f"`{name}` does not start: {log_of(log)}")


def owner() -> int:
    """The process that lives as long as the run: workers of `pytest -n` come and go."""
    return os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()


def new_folder(name: str, user: str) -> Path:
    """An empty folder that `user` can reach and owns."""
    folder = Path(tempfile.mkdtemp(prefix=f"ghost-peer-{name}-"))
    if user:
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
    return folder


def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port: int) -> bool:
    """Whether somebody accepts connections there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def log_of(log: Path) -> str:
    """The end of what the server said."""
    return log.read_text(errors="replace")[-LOG_CHARACTERS:] if log.exists() else ""
