"""Queries through pyodbc and real ODBC drivers, alone and below SQLAlchemy."""

from __future__ import annotations

import json
import secrets

import pytest

CANARY = secrets.token_hex(16)

# What every program here begins with, and how it ends.
BEGIN = """
    import json, sys
    import pyodbc
    from ghostglass import Collector, Emitter
    from ghostglass.db import pyodbc as adapter

    CANARY = sys.argv[2]
    events = []
    collector = Collector(events.extend)
    emitter = Emitter(collector)
"""
END = """
    collector.close()
    print(json.dumps(events))
"""

EVERY_WAY = (
    BEGIN
    + """
    unseen = pyodbc.connect(sys.argv[1])
    adapter.instrument(emitter)
    connection = pyodbc.connect(sys.argv[1], autocommit=True)
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE t (a INTEGER, b VARCHAR(99))")
    cursor.executemany("INSERT INTO t VALUES (?, ?)", [(1, CANARY), (2, CANARY), (3, CANARY)])
    assert cursor.execute(f"SELECT a FROM t WHERE b = '{CANARY}'") is cursor
    assert len(cursor.fetchall()) == 3
    assert [row.a for row in cursor.execute("SELECT a FROM t ORDER BY a")] == [1, 2, 3]
    assert cursor.execute("SELECT a FROM t WHERE a IN (?, ?)", 1, 2).fetchval() == 1
    assert connection.execute("UPDATE t SET b = 'x' WHERE a = ?", [1]).rowcount == 1
    cursor.execute("SELECT a FROM t")
    assert [len(cursor.fetchmany(2)) for _ in range(3)] == [2, 1, 0]
    try:
        cursor.execute(f"SELECT nothing FROM t WHERE b = '{CANARY}'")
    except pyodbc.Error as error:
        assert CANARY not in type(error).__name__
    else:
        raise AssertionError

    # Who looks at them sees connections and cursors.
    assert isinstance(connection, pyodbc.Connection) and isinstance(cursor, pyodbc.Cursor)
    assert repr(connection).startswith("<pyodbc.Connection object at")
    assert cursor.connection is connection
    assert set(dir(unseen)) == set(dir(connection)) and set(dir(unseen.cursor())) == set(dir(cursor))
    connection.maxwrite, cursor.arraysize = 1024, 9
    assert (connection.maxwrite, cursor.arraysize) == (1024, 9)
    assert cursor.tables() is cursor and cursor.fetchall()
    with connection as entered, connection.cursor() as inner:
        assert entered is connection and inner.execute("SELECT 1").fetchone()[0] == 1
    import copy, pickle
    for copier in (copy.copy, pickle.dumps):
        try:
            copier(connection)
        except TypeError as error:
            assert "cannot pickle 'pyodbc.Connection' object" in str(error)
        else:
            raise AssertionError
    def message(call):
        try:
            call()
        except Exception as error:
            return type(error), str(error)
    for call in (lambda c: c.cursor().execute(), lambda c: c.cursor().execute(1), lambda c: c.cursor().nothing):
        assert message(lambda: call(connection)) == message(lambda: call(unseen))
    adapter.uninstrument()
    assert type(pyodbc.connect(sys.argv[1])) is pyodbc.Connection
    connection.execute("SELECT 5")
    """
    + END
)

SQLALCHEMY = (
    BEGIN
    + """
    import sqlalchemy
    from sqlalchemy.engine.default import DefaultDialect
    from ghostglass.db import sqlalchemy as above

    class Dialect(DefaultDialect):
        name = "sqlite"
        supports_statement_cache = True
        @classmethod
        def import_dbapi(cls):
            return pyodbc

    sqlalchemy.dialects.registry.impls["generic.odbc"] = lambda: Dialect
    adapter.instrument(emitter)
    above.instrument(emitter)
    engine = sqlalchemy.create_engine("generic+odbc://", creator=lambda: pyodbc.connect(sys.argv[1]))
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text(f"SELECT 'above' WHERE '{CANARY}' = ''")).all()
        connection.connection.driver_connection.execute("SELECT below FROM (SELECT 1 AS below)").fetchall()
    """
    + END
)

ITS_OWN = (
    BEGIN
    + """
    from ghostglass.pyodbc.instrumentation import (
        PyODBCConfig, instrument_pyodbc_connection, instrument_pyodbc_cursor,
    )
    config = PyODBCConfig(vendor_label="sqlite")
    connection = instrument_pyodbc_connection(pyodbc.connect(sys.argv[1]), emitter, config)
    connection.cursor().execute("SELECT 1").fetchall()
    cursor = instrument_pyodbc_cursor(pyodbc.connect(sys.argv[1]).cursor(), emitter, config)
    cursor.execute("SELECT 2, 3").fetchall()
    assert instrument_pyodbc_cursor(cursor, emitter) is cursor
    """
    + END
)


def events(bench, odbc_drivers, program: str, connection: str) -> list[dict]:
    """What a program with these drivers printed."""
    pytest.importorskip("sqlalchemy")
    bench.variables |= odbc_drivers.variables
    bench.write("app.py", program)
    finished = bench.plain("app.py", connection, CANARY)
    assert finished.code == 0, finished.stderr
    assert CANARY not in finished.stdout
    return json.loads(finished.stdout)


@pytest.mark.parametrize("driver", ["sqlite", "postgresql"])
def test_every_way_to_run_a_query_is_told_once(bench, odbc_drivers, driver, request):
    if driver == "sqlite":
        connection = odbc_drivers.sqlite(bench.work / "shop.db")
    else:
        connection = odbc_drivers.postgresql(request.getfixturevalue("postgresql_server"))
    queries = events(bench, odbc_drivers, EVERY_WAY, connection)
    told = [(query["query"], query.get("rows"), query.get("batch_size")) for query in queries]
    inserted = told.pop(1)
    assert (inserted[0], inserted[2]) == ("INSERT INTO t VALUES (?, ?)", 3)
    created = told.pop(0)
    assert created[0] == "CREATE TABLE t (a INTEGER, b VARCHAR(?))"
    assert told == [
        ("SELECT a FROM t WHERE b = ?", 3, None),
        ("SELECT a FROM t ORDER BY a", None, None),
        ("SELECT a FROM t WHERE a IN (?)", None, None),
        ("UPDATE t SET b = ? WHERE a = ?", 1, None),
        ("SELECT a FROM t", 3, None),
        ("SELECT nothing FROM t WHERE b = ?", None, None),
        ("SELECT ?", None, None),
    ]
    assert {query["db_vendor"] for query in queries} == {driver}
    assert [query["error"] for query in queries].count(True) == 1


def test_sqlalchemy_is_counted_once(bench, odbc_drivers):
    connection = odbc_drivers.sqlite(bench.work / "shop.db")
    queries = [query["query"] for query in events(bench, odbc_drivers, SQLALCHEMY, connection)]
    assert queries == ["SELECT ? WHERE ? = ?", "SELECT below FROM (SELECT ? AS below)"]


def test_one_connection_without_the_rest(bench, odbc_drivers):
    connection = odbc_drivers.sqlite(bench.work / "shop.db")
    queries = events(bench, odbc_drivers, ITS_OWN, connection)
    assert [(query["query"], query["rows"], query["db_vendor"]) for query in queries] == [
        ("SELECT ?", 1, "sqlite"),
        ("SELECT ?, ?", 1, "sqlite"),
    ]
