"""Queries through sqlite3, its connections, cursors and factories, and aiosqlite."""

from __future__ import annotations

import asyncio
import copy
import inspect
import pickle
import secrets
import sqlite3
import threading
import weakref

import pytest

from hearing import Heard, heard

__all__ = ["heard"]

CANARY = secrets.token_hex(16)


@pytest.fixture
def connect(heard: Heard):
    from ghostglass.db import sqlite3 as adapter

    heard.listen(adapter)
    connections = []

    def opened(database: object = ":memory:", **options: object) -> sqlite3.Connection:
        connection = sqlite3.connect(database, **options)
        connections.append(connection)
        return connection

    yield opened
    for connection in connections:
        connection.close()


@pytest.fixture
def table(connect, heard: Heard) -> sqlite3.Connection:
    """A connection with a table of three rows."""
    connection = connect()
    connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)")
    connection.executemany("INSERT INTO t VALUES (?, ?)", [(n, CANARY) for n in range(3)])
    connection.commit()
    heard.queries()
    return connection


def test_what_is_known_of_a_query(heard, connect, tmp_path):
    folder = tmp_path / CANARY
    folder.mkdir()
    connection = connect(folder / "shop.db")
    connection.execute("CREATE TABLE users (id INTEGER, name TEXT)")
    connection.executemany("INSERT INTO users VALUES (?, ?)", [(1, CANARY), (2, CANARY)])
    connection.execute(f"SELECT name FROM users WHERE name = '{CANARY}' AND id > 0").fetchall()
    with pytest.raises(sqlite3.OperationalError):
        connection.execute("SELECT nothing FROM users")
    created, inserted, selected, failed = heard.queries()
    assert inserted["query"] == "INSERT INTO users VALUES (?, ?)"
    assert (inserted["rows"], inserted["batch_size"], inserted["error"]) == (2, 2, False)
    assert selected["query"] == "SELECT name FROM users WHERE name = ? AND id > ?"
    assert (selected["operation"], selected["collection"], selected["rows"]) == (
        "SELECT",
        "users",
        2,
    )
    assert {query["db_vendor"] for query in (created, inserted, selected, failed)} == {"sqlite"}
    assert {query["namespace"] for query in (created, inserted, selected, failed)} == {"shop.db"}
    assert (failed["error"], failed["exception_type"]) == (True, "OperationalError")
    assert CANARY not in repr((created, inserted, selected, failed))


@pytest.mark.parametrize(
    ("fetch", "rows"),
    [
        (lambda cursor: cursor.fetchall(), 3),
        (lambda cursor: [cursor.fetchmany(2), cursor.fetchmany(2), cursor.fetchmany(2)], 3),
        (lambda cursor: [cursor.fetchmany(2), cursor.fetchall()], 3),
        (lambda cursor: cursor.fetchmany(size=3), None),
        (lambda cursor: cursor.fetchone(), None),
        (list, None),
        (lambda cursor: cursor.close(), None),
        (lambda cursor: None, None),
    ],
)
def test_a_query_is_told_once_however_it_is_fetched(heard, table, fetch, rows):
    cursor = table.execute("SELECT a FROM t")
    fetch(cursor)
    del cursor
    assert heard.told("query", "rows") == [("SELECT a FROM t", rows)]


def test_an_empty_result_has_no_rows(heard, table):
    assert table.execute("SELECT a FROM t WHERE a > 99").fetchone() is None
    assert table.execute("SELECT a FROM t WHERE a > 99").fetchmany() == []
    assert heard.told("rows") == [(0,), (0,)]


def test_the_time_of_fetching_belongs_to_the_query(heard, connect):
    connection = connect()
    released = threading.Event()

    def slow(number):
        released.wait(0.02 if number > 1 else 0)
        return number

    connection.create_function("slow", 1, slow)
    cursor = connection.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT slow(i) FROM n"
    )
    released.wait(0.3)
    cursor.fetchall()
    (query,) = heard.queries()
    assert 4 * 20_000_000 <= query["dur_ns"] < 300_000_000, "fetching is, waiting is not"


def test_a_failing_fetch_is_an_error(heard, connect):
    connection = connect()
    connection.create_function("fail", 1, lambda n: n if n < 2 else 1 / 0)
    cursor = connection.execute("SELECT fail(value) FROM json_each('[1, 2, 3]')")
    with pytest.raises(sqlite3.OperationalError):
        cursor.fetchall()
    assert heard.told("error", "exception_type") == [(True, "OperationalError")]


def test_executing_again_ends_the_query_before(heard, table):
    cursor = table.cursor()
    cursor.execute("SELECT 1")
    cursor.execute("SELECT 2").fetchall()
    assert heard.told("query", "rows") == [("SELECT ?", None), ("SELECT ?", 1)]


def test_scripts_are_one_query(heard, table):
    table.executescript("UPDATE t SET b = 'x'; DELETE FROM t WHERE a = 1;")
    ((query,),) = heard.told("query")
    assert query == "UPDATE t SET b = ?; DELETE FROM t WHERE a = ?"


def test_queries_belong_to_their_request_and_repeat(heard, table):
    with heard.request() as request:
        for number in range(5):
            table.execute("SELECT b FROM t WHERE a = ?", (number,)).fetchone()
        # Not fetched, not closed, and the request ends: it counts.
        cursor = table.execute("SELECT count(*) FROM t")
    (told,) = heard.taken("REQ")
    assert (told["query_count"], told["repeated_query_count"]) == (6, 5)
    assert told["repeated_query"] == "SELECT b FROM t WHERE a = ?"
    assert told["query_ns"] > 0
    del cursor
    queries = heard.queries()
    assert [query["trace_id"] for query in queries] == [request.trace_id] * 6
    assert {query["parent_span_id"] for query in queries} == {request.span_id}


def test_a_cursor_in_use_hides_no_other_query(heard, table):
    inner = [
        table.execute("SELECT b FROM t WHERE a = ?", row).fetchone()
        for row in table.execute("SELECT a FROM t")
    ]
    assert len(inner) == 3
    assert len(heard.queries()) == 4


class Own(sqlite3.Connection):
    """A program's own connection, as frameworks have them."""

    def cursor(self):
        return super().cursor(OwnCursor)


class OwnCursor(sqlite3.Cursor):
    """A program's own cursor."""

    def execute(self, query, parameters=()):
        return super().execute(query.replace("%s", "?"), parameters)


def test_factories_of_the_program_are_respected(heard, connect):
    connection = connect(factory=Own)
    assert isinstance(connection, Own)
    assert type(connection).__qualname__ == "Own"
    cursor = connection.cursor()
    assert isinstance(cursor, OwnCursor)
    assert cursor.execute("SELECT %s", (CANARY,)).fetchall() == [(CANARY,)]
    assert heard.told("query", "rows") == [("SELECT ?", 1)]


def test_factories_that_cannot_be_inherited_from_are_used_as_they_are(heard, connect):
    made = []

    class Registered(sqlite3.Connection):
        def __init_subclass__(cls):
            made.append(cls)

    class Slotted(sqlite3.Cursor):
        __slots__ = ("more",)

    class Unhashable:
        __hash__ = None

        def __call__(self, *args, **options):
            return sqlite3.Connection(*args, **options)

    assert type(connect(factory=Registered)) is Registered
    assert made == []
    assert type(connect(factory=Unhashable())) is sqlite3.Connection
    assert isinstance(connect().cursor(Slotted), Slotted)


def test_c_takes_what_it_is_given(heard, table, connect):
    copied = connect()
    table.backup(copied)
    assert copied.execute("SELECT count(*) FROM t").fetchone() == (3,)
    assert isinstance(table, sqlite3.Connection)
    assert isinstance(table.cursor(), sqlite3.Cursor)
    assert isinstance(table.execute("SELECT 1"), sqlite3.Cursor)
    table.execute("CREATE TABLE blobs (b BLOB)")
    table.execute("INSERT INTO blobs VALUES (zeroblob(4))")
    with table.blobopen("blobs", "b", 1) as blob:
        blob.write(b"1234")
    assert weakref.ref(table)() is table
    for thing in (table, table.cursor()):
        with pytest.raises(TypeError, match="cannot pickle"):
            pickle.dumps(thing)
        with pytest.raises(TypeError, match="cannot pickle"):
            copy.copy(thing)
    table.row_factory = sqlite3.Row
    assert table.execute("SELECT a AS name FROM t").fetchone()["name"] == 0
    with table:
        table.execute("DELETE FROM t")
    assert repr(table).startswith("<sqlite3.Connection object at")
    cursor = table.cursor()
    assert iter(cursor) is cursor


def test_wrong_calls_fail_as_without_us(heard, connect):
    connection = connect()
    for call in (
        lambda c: c.execute(b"SELECT 1"),
        lambda c: c.execute("SELECT ?", (1, 2)),
        lambda c: c.executemany("SELECT 1", [()]),
        lambda c: c.cursor().fetchmany("x"),
        lambda c: c.execute("SELECT \ud800"),
    ):
        with pytest.raises(Exception) as seen:
            call(connection)
        with pytest.raises(Exception) as unseen:
            call(sqlite3.Connection(":memory:"))
        assert (seen.type, str(seen.value)) == (unseen.type, str(unseen.value))
    # Bytes are no statement, and `fetchmany` sends none.
    assert heard.told("error") == [(True,)] * 3


def test_connect_stays_what_it_was(heard):
    from ghostglass.db import sqlite3 as adapter

    before = sqlite3.connect
    heard.listen(adapter)
    during = sqlite3.connect
    assert during is sqlite3.dbapi2.connect
    assert during is not before
    assert (during.__name__, during.__doc__) == (before.__name__, before.__doc__)
    assert pickle.loads(pickle.dumps(during)) is during
    holder = type("Holder", (), {"connect": during})()
    holder.connect(":memory:").close()
    adapter.instrument(heard.emitter)
    assert sqlite3.connect is during
    adapter.uninstrument(heard.emitter)
    assert sqlite3.connect is before
    assert inspect.isbuiltin(before)


def test_who_stops_listening_hears_nothing_more(heard, table):
    from ghostglass.db import sqlite3 as adapter

    adapter.uninstrument(heard.emitter)
    assert table.execute("SELECT a FROM t").fetchall() == [(0,), (1,), (2,)]
    assert heard.queries() == []


def test_two_listeners_hear_of_the_same_span(heard, table):
    from ghostglass.db import sqlite3 as adapter

    other = Heard()
    other.listen(adapter)
    table.execute("SELECT 1").fetchall()
    assert heard.told("span_id", "rows") == other.told("span_id", "rows")
    other.close()


def test_threads_have_requests_of_their_own(heard, connect, tmp_path):
    path = tmp_path / "shared.db"
    connect(path).execute("CREATE TABLE t (a)")
    heard.queries()
    traces = {}

    def work(number):
        connection = sqlite3.connect(path, timeout=30)
        with heard.request() as request:
            for _ in range(20):
                connection.execute(f"SELECT {number} FROM t").fetchall()
        connection.close()
        traces[request.trace_id] = request.span_id

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    queries = heard.queries()
    assert len(queries) == 160
    assert all(traces[query["trace_id"]] == query["parent_span_id"] for query in queries)
    assert [request["query_count"] for request in heard.taken("REQ")] == [20] * 8


def test_aiosqlite_queries_belong_to_the_task(heard):
    import aiosqlite

    from ghostglass.db import aiosqlite as adapter
    from ghostglass.db import sqlite3 as below

    heard.listen(adapter, below)

    async def handle(number):
        with heard.request() as request:
            async with aiosqlite.connect(":memory:") as connection:
                await connection.execute("CREATE TABLE t (a)")
                async with connection.execute("SELECT a FROM t") as cursor:
                    assert await cursor.fetchall() == []
        return request.trace_id

    async def main():
        return await asyncio.gather(*map(handle, range(5)))

    traces = asyncio.run(main())
    assert sorted(query["trace_id"] for query in heard.queries()) == sorted(traces * 2)


def test_nothing_is_imported_that_the_program_did_not(bench):
    bench.write(
        "plain.py", "import sys; print('sqlite3' in sys.modules, 'ghostglass.db' in sys.modules)"
    )
    assert bench.observed("plain.py").stdout == "False False\n"
