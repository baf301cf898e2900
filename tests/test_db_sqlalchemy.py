"""Queries through SQLAlchemy: counted once whatever driver is below, sync and async."""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
import threading

import pytest

from hearing import Heard, heard

__all__ = ["heard"]

sqlalchemy = pytest.importorskip("sqlalchemy")
orm = pytest.importorskip("sqlalchemy.orm")
text = sqlalchemy.text

CANARY = secrets.token_hex(16)


@pytest.fixture
def both(heard: Heard) -> Heard:
    """Somebody who listens to SQLAlchemy and to the drivers below."""
    from ghostglass.db import aiosqlite as aiosqlite_adapter
    from ghostglass.db import sqlalchemy as adapter
    from ghostglass.db import sqlite3 as below

    heard.listen(adapter, below, aiosqlite_adapter)
    return heard


@pytest.fixture
def engine(both: Heard):
    """An engine with one connection, and a table of three rows."""
    engine = sqlalchemy.create_engine("sqlite://", poolclass=sqlalchemy.pool.StaticPool)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)"))
        rows = [{"a": n, "b": CANARY} for n in range(3)]
        connection.execute(text("INSERT INTO t VALUES (:a, :b)"), rows)
    both.queries()
    yield engine
    engine.dispose()


def test_a_query_is_counted_once_over_its_driver(both, engine):
    with both.request(), engine.connect() as connection:
        assert len(connection.execute(text(f"SELECT * FROM t WHERE b = '{CANARY}'")).all()) == 3
    (query,) = both.queries()
    assert query["query"] == "SELECT * FROM t WHERE b = ?"
    assert (query["rows"], query["db_vendor"], query["collection"]) == (3, "sqlite", "t")
    (request,) = both.taken("REQ")
    assert request["query_count"] == 1


def test_what_does_not_go_through_an_engine_counts_too(both, engine):
    with engine.connect() as connection:
        connection.connection.driver_connection.execute("SELECT 1").fetchall()
        connection.exec_driver_sql("SELECT 2")
    assert both.told("query") == [("SELECT ?",), ("SELECT ?",)]


def test_many_sets_of_parameters_are_a_batch(both, engine):
    with engine.begin() as connection:
        rows = [{"a": n, "b": CANARY} for n in range(10, 14)]
        connection.execute(text("INSERT INTO t VALUES (:a, :b)"), rows)
        connection.execute(text("DELETE FROM t WHERE a > 11"))
    assert both.told("rows", "batch_size") == [(4, 4), (2, None)]


def test_errors_are_told_and_untouched(both, engine):
    with engine.connect() as connection:
        with pytest.raises(sqlalchemy.exc.OperationalError) as seen:
            connection.execute(text("SELECT nothing FROM t"))
        # The next one is not taken for a part of the one that failed.
        connection.execute(text("SELECT 1")).all()
    assert type(seen.value.orig) is sqlite3.OperationalError
    assert both.told("error", "exception_type") == [(True, "OperationalError"), (False, None)]


def test_hooks_of_the_program_may_raise(both, engine):
    def refuse(*_args):
        raise ZeroDivisionError

    for hook in ("before_cursor_execute", "do_execute", "after_cursor_execute"):
        sqlalchemy.event.listen(engine, hook, refuse)
        with engine.connect() as connection, pytest.raises(ZeroDivisionError):
            connection.execute(text("SELECT 1"))
        sqlalchemy.event.remove(engine, hook, refuse)
        with engine.connect() as connection:
            connection.execute(text("SELECT 2")).all()
        assert both.told("error", "rows")[-1] == (False, 1)


def test_the_first_query_tells_how_long_the_pool_took(both):
    pool = {"pool_size": 1, "max_overflow": 0}
    engine = sqlalchemy.create_engine(
        "sqlite:///file:p?mode=memory&uri=true", poolclass=sqlalchemy.QueuePool, **pool
    )
    held = engine.connect()
    threading.Timer(0.2, held.close).start()
    with engine.connect() as connection:
        connection.execute(text("SELECT 1")).all()
        connection.execute(text("SELECT 2")).all()
    engine.dispose()
    waits = [wait for (wait,) in both.told("pool_wait_ns") if wait is not None]
    assert len(waits) == 1
    assert 50_000_000 < waits[0] < 10_000_000_000


def test_an_engine_of_its_own_shares_the_span(both, engine):
    from ghostglass.sqlalchemy.instrumentation import instrument_engine

    own = Heard()
    instrument_engine(engine, own.emitter)
    instrument_engine(engine, own.emitter)
    other = sqlalchemy.create_engine("sqlite://")
    for asked in (engine, other):
        with asked.connect() as connection:
            connection.execute(text("SELECT 1")).all()
    told = [told for told in both.told("span_id", "query") if told[1] == "SELECT ?"]
    assert len(told) == 2
    assert own.told("span_id", "query") == told[:1]
    own.close()


def test_one_engine_without_the_rest(heard):
    from ghostglass.sqlalchemy.instrumentation import instrument_engine

    engine = sqlalchemy.create_engine("sqlite://")
    instrument_engine(engine, heard.emitter)
    for asked in (engine, sqlalchemy.create_engine("sqlite://")):
        with asked.connect() as connection:
            connection.execute(text("SELECT 1")).all()
    assert heard.told("query") == [("SELECT ?",)]


def test_tasks_have_requests_of_their_own(both):
    from sqlalchemy.ext.asyncio import create_async_engine

    async def handle(engine, number):
        with both.request() as request:
            for _ in range(3):
                async with engine.connect() as connection:
                    await connection.execute(text("SELECT :n"), {"n": number})
        return request.trace_id

    async def main():
        engine = create_async_engine(
            "sqlite+aiosqlite://", poolclass=sqlalchemy.AsyncAdaptedQueuePool
        )
        traces = await asyncio.gather(*(handle(engine, number) for number in range(8)))
        await engine.dispose()
        return traces

    traces = asyncio.run(main())
    selects = [query["trace_id"] for query in both.queries() if query["query"].startswith("SELECT")]
    assert sorted(selects) == sorted(traces * 3)


def test_the_orm_finds_its_repeated_queries(both, engine):
    class Base(orm.DeclarativeBase):
        pass

    class Row(Base):
        __tablename__ = "t"
        a: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        b: orm.Mapped[str]

    with both.request(), orm.Session(engine) as session:
        assert [session.get(Row, number).b for number in range(3)] == [CANARY] * 3
    (request,) = both.taken("REQ")
    assert (request["query_count"], request["repeated_query_count"]) == (3, 3)
    assert CANARY not in repr(both.events)
    assert CANARY not in repr(request)


def test_statements_can_be_redacted_alone():
    from ghostglass.sqlalchemy.instrumentation import redact_statement

    statement = f"INSERT INTO users (name, age) VALUES ('{CANARY}', 42)"
    assert redact_statement(statement) == "INSERT INTO users (name, age) VALUES (?, ?)"
    assert redact_statement(statement, max_len=12) == "INSERT INTO…"
    assert redact_statement(f"SELECT '{CANARY}") == ""


def test_who_stops_listening_leaves_nothing_behind(bench):
    bench.write(
        "app.py",
        """
        import sqlalchemy
        from sqlalchemy.engine import Engine
        from sqlalchemy.engine.default import DefaultDialect
        from ghostglass import Collector, Emitter
        from ghostglass.db import sqlalchemy as adapter

        def now():
            return Engine.__init__, Engine.raw_connection, DefaultDialect.do_execute

        before, emitter = now(), Emitter(Collector(print))
        adapter.instrument(emitter)
        assert [replaced.__wrapped__ for replaced in now()] == list(before)
        adapter.uninstrument(emitter)
        assert now() == before
        with sqlalchemy.create_engine("sqlite://").connect() as connection:
            print(connection.execute(sqlalchemy.text("SELECT 1")).all())
        """,
    )
    finished = bench.plain("app.py")
    assert (finished.stdout, finished.code) == ("[(1,)]\n", 0), finished.stderr
