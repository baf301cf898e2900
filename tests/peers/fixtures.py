"""The fixtures: a peer for a test, and the account of the peers that were absent.

`tests/peers/README.md` lists them for their users.
"""

from __future__ import annotations

import os
import uuid
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from peers import bolt, mongodb, odbc, otlp, postgresql, prometheus, redis
from peers.folder import ABSENT


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that all processes of this run know."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def new_name() -> str:
    """A name that no other test uses."""
    return f"t{uuid.uuid4().hex[:12]}"


@pytest.fixture
def postgresql_server(run_folder: Path):
    """A fresh database in a real PostgreSQL."""
    server = postgresql.server(run_folder)
    own = replace(server, database=new_name())
    postgresql.execute(server, f"CREATE DATABASE {own.database} TEMPLATE template0")
    yield own
    postgresql.execute(server, f"DROP DATABASE {own.database} WITH (FORCE)")


@pytest.fixture
def redis_server(run_folder: Path) -> redis.Redis:
    """An empty real Redis."""
    server = redis.server(run_folder)
    assert redis.command(server.port, "FLUSHALL") == b"+OK\r\n"
    return server


@pytest.fixture
def mongodb_server(run_folder: Path):
    """A fresh database in a real MongoDB."""
    own = replace(mongodb.server(run_folder), database=new_name())
    yield own
    mongodb.drop(own)


@pytest.fixture
def bolt_server(run_folder: Path):
    """A fresh database in a real Bolt server."""
    server = bolt.server(run_folder)
    own = replace(server, database=new_name())
    bolt.administer(server, f"create database {own.database}")
    yield own
    bolt.administer(server, f"drop database {own.database}")


@pytest.fixture
def odbc_drivers(run_folder: Path) -> odbc.Odbc:
    """ODBC drivers for SQLite and PostgreSQL."""
    return odbc.drivers(run_folder)


@pytest.fixture
def prometheus_server(run_folder: Path) -> prometheus.Prometheus:
    """A real Prometheus, which scrapes what it is told."""
    return prometheus.server(run_folder)


@pytest.fixture
def otlp_receiver(run_folder: Path) -> otlp.Otlp:
    """An OTLP receiver that is not ours."""
    return otlp.server(run_folder)


def pytest_terminal_summary(terminalreporter) -> None:
    """One line for what was skipped because a peer is absent: never silently."""
    missing = Counter()
    for report in terminalreporter.stats.get("skipped", []):
        reason = str(report.longrepr[-1]).removeprefix("Skipped: ")
        if reason.startswith(ABSENT):
            missing[reason.removeprefix(ABSENT)] += 1
    if missing:
        account = "; ".join(f"{peer} ({count} skipped)" for peer, count in sorted(missing.items()))
        terminalreporter.write_line(f"peers absent: {account}")
