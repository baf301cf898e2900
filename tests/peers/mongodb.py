"""MongoDB: one server per run, a database name for each test."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from peers import folder
from peers.server import Launch, listens, shared


@dataclass(frozen=True)
class Mongodb:
    """A server and a database name."""

    port: int
    database: str = "test"
    host: str = "127.0.0.1"

    @property
    def url(self) -> str:
        """The address as PyMongo and Motor take it."""
        return f"mongodb://{self.host}:{self.port}/{self.database}"


def server(run_folder: Path) -> Mongodb:
    """The run's server."""
    program = folder.program("mongodb", "/site/fiftyone/db/bin/mongod")
    program.chmod(0o755)

    def prepare(home: Path, port: int) -> list[object]:
        quick = [
            "--nojournal",
            "--wiredTigerCacheSizeGB",
            "0.25",
            "--setParameter",
            "diagnosticDataCollectionEnabled=false",
        ]
        return [
            program,
            "--dbpath",
            home,
            "--bind_ip",
            "127.0.0.1",
            "--port",
            port,
            "--nounixsocket",
            *quick,
        ]

    return Mongodb(
        shared("mongodb", run_folder, Launch(prepare, listens, folder.environment("mongodb"))).port
    )


def drop(server: Mongodb) -> None:
    """Removes the test's database."""
    from pymongo import MongoClient

    with MongoClient(server.url) as client:
        client.drop_database(server.database)
