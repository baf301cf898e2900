"""No value of a request or a query leaves the program, in whatever clothing, into any output.

Values here are words that stand nowhere by chance: literals and parameters of queries, documents, paths,
headers, cookies, bodies, messages of exceptions. Spans themselves must be there: a search in nothing finds
nothing.
"""

from __future__ import annotations

import contextlib
import gzip
import http.server
import secrets
import sqlite3
import threading
import time
import urllib.request
from pathlib import Path

import pytest

from canary import leaks
from conftest import GHOST
from peers.server import free_port

SQLITE = """
    import sqlite3
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE rooms (name TEXT, price INTEGER)")
    connection.execute(f"INSERT INTO rooms VALUES ('{CANARY}', 1), (?, 2)", (CANARY,))
    connection.executemany("INSERT INTO rooms VALUES (:name, 3)", [{"name": CANARY}] * 3)
    connection.execute(f"SELECT * FROM rooms WHERE name = '{CANARY}' -- {CANARY}").fetchall()
    connection.execute(f"SELECT x'{CANARY.encode().hex()}', \\"{CANARY}\\" /* {CANARY} */")
    connection.executescript(f"DELETE FROM rooms WHERE name = '{CANARY}'; SELECT '{CANARY}';")
    for wrong in (f"SELECT '{CANARY}", f"SELEC '{CANARY}'", f"SELECT FROM '{CANARY}' WHERE"):
        try:
            connection.execute(wrong)
        except sqlite3.Error:
            pass
"""

POSTGRESQL = """
    import asyncio, os
    import asyncpg, psycopg, sqlalchemy
    DSN = os.environ["DSN"]
    with psycopg.connect(DSN, autocommit=True) as connection:
        connection.execute("CREATE TABLE rooms (name TEXT)")
        connection.execute(f"INSERT INTO rooms VALUES ('{CANARY}'), ($tag${CANARY}$tag$), (E'{CANARY}\\\\n')")
        connection.execute("INSERT INTO rooms VALUES (%s)", (CANARY,))
        connection.execute("SELECT * FROM rooms WHERE name = %(name)s", {"name": CANARY}).fetchall()
        with connection.cursor() as cursor, cursor.copy("COPY rooms FROM STDIN") as copy:
            copy.write_row((CANARY,))
        try:
            connection.execute(f"SELECT '{CANARY}'::int")
        except psycopg.Error:
            pass
    engine = sqlalchemy.create_engine(DSN.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("SELECT * FROM rooms WHERE name = :name"), {"name": CANARY}).all()
        connection.execute(sqlalchemy.text(f"SELECT '{CANARY}'")).all()
    async def ask():
        connection = await asyncpg.connect(DSN)
        await connection.fetch("SELECT * FROM rooms WHERE name = $1", CANARY)
        await connection.fetch(f"SELECT U&'{CANARY}', '{CANARY}'")
        await connection.copy_records_to_table("rooms", records=[(CANARY,)])
        await connection.close()
    asyncio.run(ask())
"""

MONGODB = """
    import os
    from pymongo import MongoClient
    from pymongo.errors import PyMongoError
    with MongoClient(os.environ["DSN"]) as client:
        rooms = client.get_default_database().rooms
        rooms.insert_one({"name": CANARY, CANARY: {"deep": [CANARY]}})
        rooms.insert_many([{"name": CANARY} for _ in range(3)])
        list(rooms.find({"name": CANARY, "$or": [{"a": CANARY}]}, {CANARY: 1}).sort(CANARY))
        list(rooms.aggregate([{"$match": {"name": CANARY}}, {"$project": {"x": {"$concat": [CANARY, "$name"]}}}]))
        rooms.update_many({"name": CANARY}, {"$set": {"name": CANARY * 2}})
        rooms.delete_one({"name": CANARY})
        rooms.distinct("name", {"name": CANARY})
        try:
            client.get_default_database().command("find", "rooms", filter={"$" + CANARY: 1})
        except PyMongoError:
            pass
"""

BOLT = """
    import os
    from neo4j import GraphDatabase
    from neo4j.exceptions import Neo4jError
    with GraphDatabase.driver(os.environ["DSN"], auth=("root", os.environ["PASSWORD"])) as driver:
        with driver.session(database=os.environ["DATABASE"]) as session:
            session.run("CREATE (n:Room {name: $name})", name=CANARY).consume()
            session.run(f"CREATE (n:Room {{name: '{CANARY}', other: \\"{CANARY}\\"}})").consume()
            session.run(f"MATCH (n:Room) WHERE n.name = '{CANARY}' RETURN n.name // {CANARY}").values()
            session.execute_read(lambda tx: tx.run("MATCH (n {name: $n}) RETURN n", n=CANARY).consume())
            try:
                session.run(f"RETURN '{CANARY}").consume()
            except Neo4jError:
                pass
"""

REDIS = """
    import os
    import redis
    client = redis.Redis.from_url(os.environ["DSN"])
    client.set(CANARY, CANARY)
    client.get(CANARY)
    client.hset(CANARY + "h", mapping={CANARY: CANARY})
    client.eval(f"return '{CANARY}'", 1, CANARY, CANARY)
    pipeline = client.pipeline()
    pipeline.set(CANARY, 1).incr(CANARY).execute()
    try:
        client.execute_command(f"GET {CANARY}")
        client.execute_command("NOSUCH", CANARY)
    except redis.RedisError:
        pass
"""

ODBC = """
    import os
    import pyodbc
    connection = pyodbc.connect(os.environ["DSN"], autocommit=True)
    connection.execute("CREATE TABLE rooms (name TEXT)")
    cursor = connection.cursor()
    cursor.execute("INSERT INTO rooms VALUES (?)", CANARY)
    cursor.executemany("INSERT INTO rooms VALUES (?)", [(CANARY,), (CANARY,)])
    cursor.execute(f"SELECT * FROM rooms WHERE name = '{CANARY}'").fetchall()
    try:
        cursor.execute(f"SELEC '{CANARY}'")
    except pyodbc.Error:
        pass
"""

WEB = """
    import threading, urllib.error
    from wsgiref.simple_server import WSGIRequestHandler, make_server
    import flask, httpx, requests

    app = flask.Flask("rooms")

    @app.route("/rooms/<name>", methods=["GET", "POST"])
    def room(name):
        assert name == CANARY and flask.request.args["q"] == CANARY
        flask.request.get_data()
        response = flask.Response(CANARY)
        response.set_cookie("session", CANARY)
        response.headers["X-Answer"] = CANARY
        return response

    @app.route("/broken/<name>")
    def broken(name):
        raise ValueError(CANARY)

    class Quiet(WSGIRequestHandler):
        def log_message(self, *arguments):
            pass

    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.logger.disabled = True
    server = make_server("127.0.0.1", 0, app, handler_class=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://user:{CANARY}@127.0.0.1:{server.server_port}"
    headers = {"X-Secret": CANARY, "Authorization": CANARY, "User-Agent": CANARY, "Cookie": f"a={CANARY}",
               "tracestate": f"vendor={CANARY}", "traceparent": f"00-{CANARY}-01"}
    for client in (httpx, requests):
        client.get(f"{url}/rooms/{CANARY}?q={CANARY}", headers=headers)
        client.post(f"{url}/rooms/{CANARY}?q={CANARY}", headers=headers, data={CANARY: CANARY})
        client.get(f"{url}/broken/{CANARY}")
        client.get(f"{url}/{CANARY}/nowhere")
        client.request(CANARY, f"{url}/rooms/{CANARY}")
        try:
            client.get(f"http://{CANARY}.invalid:1/{CANARY}", timeout=1)
        except Exception:
            pass
    server.shutdown()
"""


@pytest.fixture
def canary() -> str:
    """A word that stands nowhere by chance, mixed case, letters and digits only."""
    return "Zq" + secrets.token_hex(14) + "Wx"


@contextlib.contextmanager
def wire(folder: Path):
    """The address of an OTLP receiver that keeps every body, unpacked, as a file."""
    folder.mkdir(parents=True)

    class Keeping(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            body = gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body
            name = f"{self.path.strip('/').replace('/', '-')}-{secrets.token_hex(4)}"
            (folder / name).write_bytes(str(self.headers).encode() + body)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Keeping) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def scrape(port: int, kind: str) -> bytes:
    """What Prometheus would get, once there is something of this kind."""
    while True:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
            page = answer.read()
        if f'ghost_spans_total{{kind="{kind}"}}'.encode() in page:
            return page
        time.sleep(0.05)


def search(bench, canary: str, kind: str, program: str, **variables: str) -> int:
    """Runs a program and looks everywhere while it lives and afterwards; how many spans of a kind it made."""
    bench.variables |= {"CANARY": canary, "OTEL_METRIC_EXPORT_INTERVAL": "200", **variables}
    head = "import os, sys\nCANARY = os.environ['CANARY']\n"
    tail = "\nprint('ready', flush=True)\nsys.stdin.readline()\n"
    bench.write("body.py", program)
    script = bench.work / "app.py"
    script.write_text(head + (bench.work / "body.py").read_text() + tail)
    port, out = free_port(), bench.data / "out"
    with wire(out / "otlp") as url:
        sinks = (f"otlp={url}", f"jsonl={out / 'lines'}", "console", f"prometheus=127.0.0.1:{port}")
        options = [word for sink in sinks for word in ("--exporter", sink)]
        with bench.start(GHOST, "run", *options, script, stdin=-1) as process:
            assert process.stdout.readline() == b"ready\n", process.communicate()
            assert leaks(bench.data, canary) == []
            (out / "metrics").write_bytes(scrape(port, kind))
            stdout, stderr = process.communicate(b"\n", timeout=60)
    assert process.returncode == 0, stderr
    # What the program was sent is not ours: what it says itself comes on stdout.
    assert canary not in (stdout + stderr).decode()
    assert leaks(bench.data, canary) == []
    assert list((out / "otlp").glob("v1-traces-*")) and list((out / "otlp").glob("v1-metrics-*"))
    assert list((out / "lines").glob("*.jsonl"))
    for command in (("requests",), ("queries",), ("report",), ("export",)):
        said = bench.ghost(*command)
        assert said.code in (0, 4), said.stderr
        assert canary not in said.stdout + said.stderr, command
    with sqlite3.connect(f"file:{bench.session_files()[-1]}?mode=ro", uri=True) as database:
        return database.execute("SELECT count(*) FROM spans WHERE kind = ?", (kind,)).fetchone()[0]


def test_values_of_requests_stay(bench, canary):
    # Each of them was sent by a client in the same program.
    assert search(bench, canary, "request", WEB) >= 10


def test_values_of_sqlite_stay(bench, canary):
    assert search(bench, canary, "query", SQLITE) >= 9


def test_values_of_postgresql_stay(bench, canary, postgresql_server):
    assert search(bench, canary, "query", POSTGRESQL, DSN=postgresql_server.dsn) >= 9


def test_values_of_mongodb_stay(bench, canary, mongodb_server):
    assert search(bench, canary, "query", MONGODB, DSN=mongodb_server.url) >= 8


def test_values_of_cypher_stay(bench, canary, bolt_server):
    variables = {
        "DSN": bolt_server.url,
        "PASSWORD": bolt_server.password,
        "DATABASE": bolt_server.database,
    }
    assert search(bench, canary, "query", BOLT, **variables) >= 5


def test_values_of_redis_stay(bench, canary, redis_server):
    assert search(bench, canary, "query", REDIS, DSN=redis_server.url) >= 5


def test_values_of_odbc_stay(bench, canary, odbc_drivers):
    file = odbc_drivers.sqlite(bench.work / "rooms.db")
    assert search(bench, canary, "query", ODBC, DSN=file, **odbc_drivers.variables) >= 4
