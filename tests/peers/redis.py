"""Redis: one server for each process of the run, empty for each test."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path

from peers import folder
from peers.server import Launch, shared


@dataclass(frozen=True)
class Redis:
    """A server."""

    port: int
    host: str = "127.0.0.1"

    @property
    def url(self) -> str:
        """The address as redis-py and Celery take it."""
        return f"redis://{self.host}:{self.port}/0"


def server(run_folder: Path) -> Redis:
    """This process's server: they start in milliseconds, and a flush empties all of one."""
    program = folder.program("redis", "/usr/bin/redis-server")

    def prepare(home: Path, port: int) -> list[object]:
        return [program, "--bind", "127.0.0.1", "--port", port, "--save", "", "--dir", home]

    name = f"redis-{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
    launch = Launch(
        prepare, lambda port: command(port, "PING") == b"+PONG\r\n", folder.environment("redis")
    )
    return Redis(shared(name, run_folder, launch).port)


def command(port: int, text: str) -> bytes:
    """The answer to an inline command; empty if nobody is there."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(text.encode() + b"\r\n")
            return connection.recv(4096)
    except OSError:
        return b""
