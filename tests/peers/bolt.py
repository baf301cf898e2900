"""A Bolt server, the protocol of Neo4j: one per run, a database for each test.

It is a Java program that takes three seconds to start, and speaks Bolt 4 with openCypher. Its summaries
carry no counters.
"""

from __future__ import annotations

import base64
import http.client
import json
from dataclasses import dataclass
from pathlib import Path

from peers import folder
from peers.server import Launch, free_port, shared

PROGRAM = Path(__file__).with_name("bolt_server.py")
USER = "root"
PASSWORD = "no-secret-here"


@dataclass(frozen=True)
class Bolt:
    """A server and one of its databases."""

    port: int
    http_port: int
    database: str = ""
    host: str = "127.0.0.1"
    user: str = USER
    password: str = PASSWORD

    @property
    def url(self) -> str:
        """The address as the neo4j driver takes it; name the database with each session."""
        return f"bolt://{self.host}:{self.port}"

    @property
    def auth(self) -> tuple[str, str]:
        """Name and password as the neo4j driver takes them."""
        return (self.user, self.password)


def server(run_folder: Path) -> Bolt:
    """The run's server."""
    home = folder.home("bolt")

    def prepare(data: Path, port: int) -> list[object]:
        return [home / "python", "-B", PROGRAM, data, port, free_port(), PASSWORD]

    environment = folder.environment("bolt", PYTHONPATH=str(home / "site"), HOME="/nonexistent")
    running = shared("bolt", run_folder, Launch(prepare, is_ready, environment))
    return Bolt(port=int(running.command[-2]), http_port=running.port)


def is_ready(http_port: int) -> bool:
    """Whether every part of the server is up."""
    return request(http_port, "GET", "/api/v1/ready") == 204


def administer(server: Bolt, command: str) -> None:
    """Creates or drops a database."""
    status = request(server.http_port, "POST", "/api/v1/server", {"command": command})
    assert status == 200, f"`{command}`: {status}"


def request(port: int, method: str, path: str, body: object = None) -> int:
    """The status of one request; 0 if nobody is there."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    secret = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    try:
        connection.request(method, path, json.dumps(body), {"Authorization": f"Basic {secret}"})
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()
