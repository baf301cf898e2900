"""The peers answer, each test has one to itself, and none outlives a run.

What ghost sees of them is tested where it is observed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from conftest import PYTHON
from peers import prometheus, redis
from peers.application import serving
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


def test_bolt_creates_and_matches(bolt_server):
    from neo4j import GraphDatabase

    with GraphDatabase.driver(bolt_server.url, auth=bolt_server.auth) as driver:
        query = driver.execute_query
        query("CREATE (n:Room {name: $name})", name="attic", database_=bolt_server.database)
        found = query("MATCH (n:Room) RETURN n.name", database_=bolt_server.database)
        assert [record.values() for record in found.records] == [["attic"]]


def test_odbc_reaches_a_file_and_a_server(bench, odbc_drivers, postgresql_server):
    bench.variables |= odbc_drivers.variables
    bench.write(
        "ask.py",
        """
        import sys
        import pyodbc
        for text in sys.argv[1:]:
            print(pyodbc.connect(text).execute("SELECT 6 * 7").fetchone()[0])
        """,
    )
    file, server = (
        odbc_drivers.sqlite(bench.work / "rooms.db"),
        odbc_drivers.postgresql(postgresql_server),
    )
    asked = bench.plain("ask.py", file, server)
    assert asked.stdout == "42\n42\n", asked.stderr


def test_promtool_judges():
    good = "# HELP rooms_total Rooms.\n# TYPE rooms_total counter\nrooms_total 3\n"
    assert prometheus.check_metrics(good) == ""
    assert "rooms" in prometheus.check_metrics("rooms{ 3\n")


def test_prometheus_scrapes_what_it_is_told(prometheus_server):
    page = b"# TYPE rooms_total counter\nrooms_total 3\n"

    class Exposition(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Exposition) as exposed:
        threading.Thread(target=exposed.serve_forever).start()
        address = f"127.0.0.1:{exposed.server_port}"
        prometheus_server.scrape(address)
        found = prometheus_server.wait_for(f'rooms_total{{instance="{address}"}}')
        exposed.shutdown()
    assert found[0]["value"][1] == "3"


def test_the_receiver_tells_what_it_understood(otlp_receiver):
    # One span by hand: trace id, span id, name; protobuf's length-delimited fields all the way down.
    def field(number, content):
        return bytes([number << 3 | 2, len(content)]) + content

    name = f"span {os.getpid()}".encode()
    span = field(1, bytes(range(16))) + field(2, bytes(range(8))) + field(5, name)
    body = field(1, field(2, field(2, span)))
    request = urllib.request.Request(
        f"{otlp_receiver.http_url}/v1/traces", body, {"Content-Type": "application/x-protobuf"}
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert answer.status == 200
    assert "000102030405060708090a0b0c0d0e0f" in otlp_receiver.wait_for(name.decode())


def test_a_server_ends_with_a_killed_run(tmp_path, redis_server):
    run = tmp_path / "run.py"
    run.write_text(
        textwrap.dedent("""
        import sys, time
        from pathlib import Path
        from peers import prometheus, redis
        print(redis.server(Path(sys.argv[1])).port, flush=True)
        time.sleep(600)
        """)
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    environment.pop("PYTEST_XDIST_WORKER", None)
    with subprocess.Popen(
        [sys.executable, run, tmp_path], stdout=subprocess.PIPE, env=environment
    ) as process:
        port = int(process.stdout.readline())
        assert redis.command(port, "PING") == b"+PONG\r\n"
        process.send_signal(signal.SIGKILL)
    while redis.command(port, "PING"):
        time.sleep(0.02)


def test_the_owner_is_the_whole_run():
    if "PYTEST_XDIST_WORKER" not in os.environ:
        pytest.skip("one process only")
    assert owner() != os.getpid()


def test_an_application_is_served_and_ends(bench):
    bench.write(
        "hello.py", "def app(environ, respond):\n    respond('200 OK', [])\n    return [b'hello']\n"
    )
    gunicorn = ["-m", "gunicorn", "--bind", "127.0.0.1:{port}", "--workers", "2", "hello:app"]
    with serving(bench, PYTHON, *gunicorn) as served:
        with urllib.request.urlopen(served.url) as answer:
            assert answer.read() == b"hello"
        workers = Path(f"/proc/{served.process.pid}/task/{served.process.pid}/children").read_text()
        assert served.end().code == 0, served.finished
    assert not any(Path(f"/proc/{worker}").exists() for worker in workers.split())
