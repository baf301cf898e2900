"""Queries to a real PostgreSQL: psycopg, psycopg_pool, asyncpg, and SQLAlchemy over them."""

from __future__ import annotations

import asyncio
import inspect
import io
import secrets

import pytest

from hearing import Heard, heard

__all__ = ["heard"]

psycopg = pytest.importorskip("psycopg")
asyncpg = pytest.importorskip("asyncpg")

CANARY = secrets.token_hex(16)


@pytest.fixture
def server(postgresql_server, heard: Heard):
    """A database with a table of three rows, and somebody who listens."""
    with psycopg.connect(postgresql_server.dsn) as connection:
        connection.execute("CREATE TABLE t (a INT PRIMARY KEY, b TEXT)")
        connection.execute(f"INSERT INTO t SELECT n, '{CANARY}' FROM generate_series(1, 3) n")
    from ghostglass.db import asyncpg as asyncpg_adapter
    from ghostglass.db import psycopg as psycopg_adapter
    from ghostglass.db import sqlalchemy as sqlalchemy_adapter

    heard.listen(psycopg_adapter, asyncpg_adapter, sqlalchemy_adapter)
    return postgresql_server


def test_psycopg_tells_what_is_known(heard, server):
    with psycopg.connect(server.dsn) as connection:
        cursor = connection.execute(f"SELECT a FROM t WHERE b = '{CANARY}' AND a < %s", (3,))
        assert cursor.fetchall() == [(1,), (2,)]
    (query,) = heard.queries()
    assert query["query"] == "SELECT a FROM t WHERE b = ? AND a < %s"
    assert (query["operation"], query["collection"], query["rows"]) == ("SELECT", "t", 2)
    assert (query["namespace"], query["db_vendor"]) == (server.database, "postgresql")
    assert (query["server_address"], query["server_port"]) == (server.host, server.port)


def test_psycopg_in_all_its_ways(heard, server):
    from psycopg import sql

    with psycopg.connect(server.dsn) as connection:
        cursor = connection.cursor()
        cursor.executemany("INSERT INTO t VALUES (%s, %s)", [(n, CANARY) for n in (4, 5)])
        composed = sql.SQL("SELECT {} FROM {} WHERE b = {}")
        cursor.execute(
            composed.format(sql.Identifier("a"), sql.Identifier("t"), sql.Literal(CANARY))
        )
        assert sum(1 for _ in cursor.stream("SELECT a FROM t")) == 5
        with cursor.copy("COPY t (a) FROM STDIN") as copy:
            copy.write_row((6,))
        with connection.cursor("named") as named:
            named.execute("SELECT a FROM t")
            assert len(named.fetchall()) == 6
        with pytest.raises(psycopg.errors.UndefinedColumn):
            cursor.execute(b"SELECT nothing")
    assert heard.told("query", "rows", "batch_size", "exception_type") == [
        ("INSERT INTO t VALUES (%s, %s)", 2, 2, None),
        ('SELECT "a" FROM "t" WHERE b = ?', 5, None, None),
        ("SELECT a FROM t", 5, None, None),
        ("COPY t (a) FROM STDIN", 1, None, None),
        ("SELECT a FROM t", None, None, None),
        ("SELECT nothing", None, None, "UndefinedColumn"),
    ]


def test_psycopg_asynchronously(heard, server):
    async def main():
        async with await psycopg.AsyncConnection.connect(server.dsn) as connection:
            cursor = await connection.execute("SELECT a FROM t WHERE a > %s", (1,))
            assert len(await cursor.fetchall()) == 2
            assert [row async for row in cursor.stream("SELECT 7")] == [(7,)]
            async with cursor.copy("COPY (SELECT a FROM t) TO STDOUT") as copy:
                assert [row async for row in copy.rows()]
            with pytest.raises(psycopg.errors.SyntaxError):
                await connection.execute("SELEC")

    asyncio.run(main())
    assert heard.told("rows", "exception_type") == [
        (2, None),
        (1, None),
        (3, None),
        (None, "SyntaxError"),
    ]
    assert inspect.iscoroutinefunction(psycopg.AsyncCursor.execute)
    assert "params_seq" in inspect.signature(psycopg.Cursor.executemany).parameters


def test_a_pool_tells_how_long_it_took(heard, server):
    psycopg_pool = pytest.importorskip("psycopg_pool")
    from ghostglass.db import psycopg_pool as adapter

    heard.listen(adapter)
    with (
        psycopg_pool.ConnectionPool(server.dsn, min_size=1) as pool,
        pool.connection() as connection,
    ):
        connection.execute("SELECT 1")
        connection.execute("SELECT 2")
    first, second = heard.told("pool_wait_ns")
    assert first[0] > 0
    assert second == (None,)


def test_asyncpg_in_all_its_ways(heard, server):
    async def main():
        connection = await asyncpg.connect(server.dsn)
        assert await connection.execute(f"UPDATE t SET b = '{CANARY}' WHERE a < 3") == "UPDATE 2"
        await connection.executemany("INSERT INTO t VALUES ($1, $2)", [(4, CANARY), (5, CANARY)])
        assert len(await connection.fetch("SELECT a FROM t WHERE b = $1", CANARY)) == 5
        assert await connection.fetchrow("SELECT a FROM t WHERE a = 99") is None
        assert await connection.fetchval("SELECT count(*) FROM t") == 5
        prepared = await connection.prepare("SELECT b FROM t WHERE a = $1")
        assert len(await prepared.fetch(1)) == 1
        async with connection.transaction():
            async for _ in connection.cursor("SELECT a FROM t"):
                pass
            cursor = await connection.cursor("SELECT b FROM t")
            assert len(await cursor.fetch(2)) == 2
        await connection.copy_records_to_table("t", records=[(6, CANARY)])
        await connection.copy_from_table("t", output=io.BytesIO())
        with pytest.raises(asyncpg.UndefinedColumnError):
            await connection.fetch("SELECT nothing")
        await connection.close()

    asyncio.run(main())
    assert heard.told("query", "rows", "batch_size", "exception_type") == [
        ("UPDATE t SET b = ? WHERE a < ?", 2, None, None),
        ("INSERT INTO t VALUES ($1, $2)", None, 2, None),
        ("SELECT a FROM t WHERE b = $1", 5, None, None),
        ("SELECT a FROM t WHERE a = ?", 0, None, None),
        ("SELECT count(*) FROM t", None, None, None),
        ("SELECT b FROM t WHERE a = $1", 1, None, None),
        ("SELECT a FROM t", None, None, None),
        ("SELECT b FROM t", None, None, None),
        ("COPY t", 1, None, None),
        ("COPY t", 6, None, None),
        ("SELECT nothing", None, None, "UndefinedColumnError"),
    ]


def test_tasks_of_a_pool_have_requests_of_their_own(heard, server):
    async def handle(pool):
        with heard.request() as request:
            for _ in range(5):
                async with pool.acquire() as connection:
                    assert isinstance(connection, asyncpg.Connection)
                    await connection.fetch("SELECT 1")
            await pool.fetchval("SELECT 2")
        return request.trace_id

    async def main():
        async with asyncpg.create_pool(server.dsn, min_size=2, max_size=4) as pool:
            return await asyncio.gather(*(handle(pool) for _ in range(30)))

    traces = asyncio.run(main())
    told = heard.told("trace_id", "pool_wait_ns")
    # What the pool itself sends is not among them.
    assert sorted(trace for trace, _ in told) == sorted(traces * 6)
    assert all(wait_ns is not None for _, wait_ns in told)
    assert [request["query_count"] for request in heard.taken("REQ")] == [6] * 30


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_sqlalchemy_is_counted_once(heard, server, driver):
    sqlalchemy = pytest.importorskip("sqlalchemy")
    from sqlalchemy.ext.asyncio import create_async_engine

    async def main():
        engine = create_async_engine(server.sqlalchemy(driver))
        async with engine.begin() as connection:
            # What a dialect asks of a new server is before this.
            heard.queries()
            await connection.execute(sqlalchemy.text("SELECT a FROM t WHERE a > :a"), {"a": 1})
        await engine.dispose()

    asyncio.run(main())
    ((query, rows),) = heard.told("query", "rows")
    assert query.startswith("SELECT a FROM t WHERE a > ")
    assert rows == 2


def test_nothing_of_the_values_is_told(heard, server):
    with psycopg.connect(server.dsn) as connection:
        connection.execute(f"SELECT $tag${CANARY}$tag$, E'\\'{CANARY}', U&'{CANARY}' -- {CANARY}")
        connection.execute(f"/* {CANARY} */ SELECT %(x)s", {"x": CANARY})
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):
            connection.execute("SELECT %s::int", (CANARY,))
    assert len(heard.queries()) == 3
    assert CANARY not in repr(heard.events)


def test_classes_are_as_before_afterwards(server, heard):
    from ghostglass.db import asyncpg as asyncpg_adapter
    from ghostglass.db import psycopg as psycopg_adapter

    during = psycopg.Cursor.execute, asyncpg.Connection.fetch
    psycopg_adapter.uninstrument()
    asyncpg_adapter.uninstrument()
    after = psycopg.Cursor.execute, asyncpg.Connection.fetch
    assert [function.__wrapped__ for function in during] == list(after)


def test_psycopg2_in_all_its_ways(heard, server):
    psycopg2 = pytest.importorskip("psycopg2")
    from psycopg2 import extensions, extras, sql

    from ghostglass.db import psycopg2 as adapter

    heard.listen(adapter)
    connection = psycopg2.connect(server.dsn)
    cursor = connection.cursor()
    cursor.executemany("INSERT INTO t VALUES (%s, %s)", [(n, CANARY) for n in (4, 5)])
    extras.execute_values(cursor, "INSERT INTO t VALUES %s", [(6, CANARY), (7, CANARY)])
    cursor.execute(
        sql.SQL("SELECT a FROM {} WHERE b = {}").format(sql.Identifier("t"), sql.Literal(CANARY))
    )
    assert len(cursor.fetchall()) == 7
    rows = connection.cursor(cursor_factory=extras.DictCursor)
    rows.execute("SELECT a AS name FROM t WHERE a = 1")
    assert rows.fetchone()["name"] == 1
    assert isinstance(rows, extras.DictCursor)
    with pytest.raises(psycopg2.errors.UndefinedColumn):
        cursor.execute("SELECT nothing")
    # Functions in C that ask for a real one.
    extensions.register_type(extensions.UNICODE, connection)
    extensions.register_type(extensions.UNICODE, cursor)
    connection.close()
    queries = heard.told("query", "rows", "batch_size", "exception_type")
    assert CANARY not in repr(queries)
    assert queries == [
        ("INSERT INTO t VALUES (%s, %s)", 2, 2, None),
        ("INSERT INTO t VALUES (?,?)", 2, None, None),
        ('SELECT a FROM "t" WHERE b = ?', 7, None, None),
        ("SELECT a AS name FROM t WHERE a = ?", 1, None, None),
        ("SELECT nothing", None, None, "UndefinedColumn"),
    ]


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_a_cancelled_query_is_an_error_and_hides_nothing(heard, server, driver):
    async def run_cancelled(execute):
        task = asyncio.create_task(execute("SELECT pg_sleep(60)"))
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    async def main():
        if driver == "psycopg":
            connection = await psycopg.AsyncConnection.connect(server.dsn, autocommit=True)
        else:
            connection = await asyncpg.connect(server.dsn)
        await run_cancelled(connection.execute)
        await connection.execute("SELECT 2")
        await connection.close()

    asyncio.run(main())
    assert heard.told("query", "exception_type") == [
        ("SELECT pg_sleep(?)", "CancelledError"),
        ("SELECT ?", None),
    ]
