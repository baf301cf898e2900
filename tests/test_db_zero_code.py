"""`ghost run` sees the queries of programs that know nothing of it, whatever they import and when."""

from __future__ import annotations

import json
import secrets
import sqlite3

import pytest

from canary import leaks
from conftest import Bench

pytest.importorskip("sqlalchemy")

CANARY = secrets.token_hex(16)


def queries(bench: Bench) -> list[tuple[str, str]]:
    """Of the queries of the last session, the statement and whether it failed."""
    with sqlite3.connect(f"file:{bench.session_files()[-1]}?mode=ro", uri=True) as session:
        return session.execute(
            "SELECT name, is_error FROM spans WHERE kind = 'query' ORDER BY start_unix_ns"
        ).fetchall()


SQLITE = """
    import sqlite3, sys
    connection = sqlite3.connect(":memory:")
    assert type(connection).__name__ == "Connection"
    connection.execute("CREATE TABLE t (a TEXT)")
    connection.executemany("INSERT INTO t VALUES (?)", [(sys.argv[1],)] * 3)
    print(connection.execute(f"SELECT count(*) FROM t WHERE a = '{sys.argv[1]}'").fetchone())
    try:
        connection.execute(f"SELECT '{sys.argv[1]}' FROM nothing")
    except sqlite3.OperationalError as error:
        print(error)
"""


def test_a_program_with_sqlite3(bench):
    bench.write("app.py", SQLITE)
    plain, observed = bench.plain("app.py", CANARY), bench.observed("app.py", CANARY)
    assert (observed.stdout, observed.code) == (plain.stdout, 0)
    assert queries(bench) == [
        ("CREATE TABLE t (a TEXT)", 0),
        ("INSERT INTO t VALUES (?)", 0),
        ("SELECT count(*) FROM t WHERE a = ?", 0),
        ("SELECT ? FROM nothing", 1),
    ]
    assert leaks(bench.data, CANARY) == []


def test_without_queries_nothing_is_replaced(bench):
    bench.write(
        "app.py",
        "import sqlite3, sys; print(type(sqlite3.connect).__name__, 'ghostglass.db' in sys.modules)",
    )
    assert bench.observed("--no-db", "app.py").stdout == "builtin_function_or_method False\n"
    assert queries(bench) == []


MANY = """
    import asyncio, sqlite3
    import aiosqlite, sqlalchemy
    from sqlalchemy.ext.asyncio import create_async_engine

    async def main():
        engine = create_async_engine("sqlite+aiosqlite://")
        async with engine.connect() as connection:
            for number in range(3):
                await connection.execute(sqlalchemy.text("SELECT :number"), {"number": number})
        await engine.dispose()

    asyncio.run(main())
    with sqlalchemy.create_engine("sqlite://").connect() as connection:
        connection.execute(sqlalchemy.text("SELECT 'sync'")).all()
"""


def test_layers_are_counted_once(bench):
    bench.write("app.py", MANY)
    assert bench.observed("app.py").code == 0
    selects = [name for name, _ in queries(bench) if name.startswith("SELECT")]
    assert selects == ["SELECT ?"] * 4


EVERY_DRIVER = """
    import asyncpg, motor.motor_asyncio, neo4j, psycopg, pymongo, redis, redis.asyncio, redis.cluster
    import importlib, inspect, sys

    seen = [
        asyncpg.Connection.fetch, asyncpg.Connection.executemany, neo4j.Session.run, neo4j.AsyncSession.run,
        psycopg.Cursor.execute, psycopg.AsyncCursor.execute, psycopg.ServerCursor.execute,
        redis.Redis.execute_command, redis.asyncio.Redis.execute_command, redis.RedisCluster.execute_command,
        redis.client.Pipeline.execute, redis.asyncio.client.Pipeline.execute,
    ]
    for function in seen:
        assert function.__wrapped__, function
        assert inspect.signature(function) == inspect.signature(function.__wrapped__)
        assert inspect.iscoroutinefunction(function) == inspect.iscoroutinefunction(function.__wrapped__)
    # A session, a pool and a client can be made without a server.
    print(len(pymongo.monitoring._LISTENERS.command_listeners))
"""


def test_every_driver_is_seen_and_keeps_its_shape(bench):
    for driver in ("asyncpg", "motor", "neo4j", "psycopg", "pymongo", "redis"):
        pytest.importorskip(driver)
    bench.write("app.py", EVERY_DRIVER)
    finished = bench.observed("app.py")
    assert (finished.stdout, finished.code) == ("1\n", 0), finished.stderr
    assert not [
        line for line in finished.ghost_lines if "cannot be seen" in line or " too " in line
    ]


def test_a_driver_too_old_is_left_alone_and_said(bench):
    bench.write("redis/__init__.py", "class Redis:\n    def execute_command(self): return 7\n")
    bench.write("redis-3.0.dist-info/METADATA", "Name: redis\nVersion: 3.0\n")
    bench.write(
        "app.py",
        "import redis; print(redis.Redis().execute_command(), redis.Redis.execute_command.__name__)",
    )
    finished = bench.observed("app.py")
    assert (finished.stdout, finished.code) == ("7 execute_command\n", 0)
    said = [line for line in finished.ghost_lines if "redis" in line]
    assert len(said) == 1
    assert "redis 3.0 is too old for queries to be seen" in said[0]


OWN_TESTS = """
    import json, os, sqlite3, sys, unittest

    parts = ("backup", "dbapi", "dump", "factory", "hooks", "regression", "transactions", "types", "userfunctions")
    suite = unittest.defaultTestLoader.loadTestsFromNames([f"test.test_sqlite3.test_{part}" for part in parts])
    with open(os.devnull, "w") as nowhere:
        result = unittest.TextTestRunner(stream=nowhere).run(suite)
    failed = [[test.id(), trace] for test, trace in result.failures + result.errors]
    print("result", json.dumps([type(sqlite3.connect).__name__, result.testsRun, failed]))
"""
# What is known to be different: who is to blame for a warning, and the exact type.
KNOWN = ("self.assertEqual(cm.filename,", "self.assertEqual(type(cx), sqlite.Connection)")


def test_the_tests_of_sqlite3_itself_pass(bench):
    pytest.importorskip("test.test_sqlite3")
    bench.write("app.py", OWN_TESTS)

    def run(finished) -> list:
        assert finished.code == 0, finished.stderr
        return json.loads(finished.stdout.rpartition("result ")[2])

    plain, observed = run(bench.plain("app.py")), run(bench.observed("app.py"))
    assert (plain[0], observed[0]) == ("builtin_function_or_method", "BuiltinFunction")
    assert observed[1] == plain[1] > 400
    before = {name for name, _ in plain[2]}
    assert [
        trace
        for name, trace in observed[2]
        if name not in before and not any(line in trace for line in KNOWN)
    ] == []
    with sqlite3.connect(f"file:{bench.session_files()[-1]}?mode=ro", uri=True) as session:
        assert session.execute("SELECT sum(query_count) FROM statements").fetchone()[0] > 1000
