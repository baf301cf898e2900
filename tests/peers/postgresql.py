"""PostgreSQL: one server per run, a database for each test."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from peers import folder
from peers.server import Launch, shared

USER = "ghost"
# The server refuses to run as root.
SERVER_USER = "nobody" if os.geteuid() == 0 else ""
# Nothing here must survive a power failure.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=400")


@dataclass(frozen=True)
class Postgresql:
    """A server and one of its databases."""

    port: int
    database: str = "postgres"
    host: str = "127.0.0.1"
    user: str = USER

    @property
    def dsn(self) -> str:
        """The address as libpq, psycopg and asyncpg take it."""
        return f"postgresql://{self.user}@{self.host}:{self.port}/{self.database}"

    def sqlalchemy(self, driver: str = "psycopg") -> str:
        """The address as SQLAlchemy takes it."""
        return self.dsn.replace("postgresql:", f"postgresql+{driver}:", 1)


def server(run_folder: Path) -> Postgresql:
    """The run's server."""
    programs = folder.program("postgresql", "/usr/lib/postgresql/*/bin/postgres").parent

    def prepare(home: Path, port: int) -> list[object]:
        bin_folder, libraries = reachable(programs, home)
        environment = {"LD_LIBRARY_PATH": libraries, "TZ": "UTC"}
        initdb(bin_folder, home / "data", environment)
        start = [
            "env",
            *(f"{name}={value}" for name, value in environment.items()),
            bin_folder / "postgres",
        ]
        settings = [word for setting in FAST for word in ("-c", setting)]
        return [*start, "-D", home / "data", "-h", "127.0.0.1", "-p", port, "-k", "", *settings]

    launch = Launch(prepare, answers, {"PATH": "/usr/bin:/bin"}, SERVER_USER)
    return Postgresql(shared("postgresql", run_folder, launch).port)


def initdb(bin_folder: Path, data: Path, environment: dict[str, str]) -> None:
    """Makes the files of a new server."""
    identity = {"user": SERVER_USER, "group": "nogroup", "extra_groups": []} if SERVER_USER else {}
    subprocess.run(
        [
            bin_folder / "initdb",
            "-D",
            data,
            "-U",
            USER,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
            "--no-instructions",
        ],
        cwd=data.parent,
        env=environment,
        check=True,
        capture_output=True,
        **identity,
    )


def reachable(bin_folder: Path, home: Path) -> tuple[Path, str]:
    """The programs and their libraries, where the server's user may enter: a checkout can be closed."""
    installation = bin_folder.parents[4]  # …/usr/lib/postgresql/15/bin
    if not SERVER_USER or may_enter(bin_folder):
        return bin_folder, folder.libraries(folder.home("postgresql"))
    copy = home / "programs"
    shutil.copytree(installation, copy, symlinks=True)
    return copy / bin_folder.relative_to(installation), folder.libraries(copy)


def may_enter(path: Path) -> bool:
    """Whether everybody may enter `path` and all folders above."""
    return all(parent.stat().st_mode & 0o001 for parent in (path, *path.parents))


def answers(port: int) -> bool:
    """Whether the server takes a session; it accepts connections a little earlier."""
    import psycopg

    try:
        psycopg.connect(Postgresql(port).dsn, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def execute(server: Postgresql, statement: str) -> None:
    """Runs one statement of the test's own, outside any transaction."""
    import psycopg

    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute(statement)
