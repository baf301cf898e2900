"""The peers answer, each test has one to itself, and none outlives a run.

What ghost sees of them is tested where it is observed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from peers import redis
from peers.server import owner


def test_postgresql_has_an_empty_database(postgresql_server):
    import psycopg

    with psycopg.connect(postgresql_server.dsn) as connection:
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        assert tables.fetchone() == (0,)


def test_redis_is_empty(redis_server):
    assert redis.command(redis_server.port, "DBSIZE") == b":0\r\n"


def test_mongodb_stores_and_finds(mongodb_server):
    from pymongo import MongoClient

    with MongoClient(mongodb_server.url) as client:
        rooms = client.get_default_database().rooms
        rooms.insert_one({"name": "attic"})
        assert rooms.find_one({"name": "attic"}, {"_id": 0}) == {"name": "attic"}
        assert client.server_info()["versionArray"][0] >= 6


def test_a_server_ends_with_a_killed_run(tmp_path, redis_server):
    run = tmp_path / "run.py"
    run.write_text(
        textwrap.dedent("""
        import sys, time
        from pathlib import Path
        from peers import redis
        print(redis.server(Path(sys.argv[1])).port, flush=True)
        time.sleep(600)
        """)
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    environment.pop("PYTEST_XDIST_WORKER", None)
    with subprocess.Popen([sys.executable, run, tmp_path], stdout=subprocess.PIPE, env=environment) as process:
        port = int(process.stdout.readline())
        assert redis.command(port, "PING") == b"+PONG\r\n"
        process.send_signal(signal.SIGKILL)
    while redis.command(port, "PING"):
        time.sleep(0.02)


def test_the_owner_is_the_whole_run():
    if "PYTEST_XDIST_WORKER" not in os.environ:
        pytest.skip("one process only")
    assert owner() != os.getpid()
