"""Requests under load and through reloads and kills: every answer a client got is one request, exactly.

What a request says is tested elsewhere; here it is only counted, and told apart from the others.
"""

from __future__ import annotations

import http.client
import os
import signal
import sqlite3
import threading
import time
from pathlib import Path

import pytest

from conftest import GHOST
from peers.application import serving

CLIENTS, REQUESTS = 200, 5

FLASK = """
    import sqlite3
    from flask import Flask

    app = Flask(__name__)

    @app.route("/rooms/<int:number>")
    def room(number):
        connection = sqlite3.connect(":memory:")
        answer, = connection.execute(f"SELECT {number} + 1").fetchone()
        connection.close()
        return str(answer)
"""

STARLETTE = """
    import asyncio, sqlite3
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    async def room(request):
        await asyncio.sleep(0.001)
        connection = sqlite3.connect(":memory:")
        answer, = connection.execute(f"SELECT {request.path_params['number']} + 1").fetchone()
        connection.close()
        await asyncio.sleep(0.001)
        return PlainTextResponse(str(answer))

    app = Starlette(routes=[Route("/rooms/{number:int}", room)])
"""

GUNICORN = ("-m", "gunicorn", "--workers", 2, "--worker-class", "gthread", "--threads", 16)
SERVERS = {
    "gunicorn": (FLASK, (*GUNICORN, "--bind", "127.0.0.1:{port}", "app:app")),
    "uvicorn": (STARLETTE, ("-m", "uvicorn", "--no-access-log", "--port", "{port}", "app:app")),
    "hypercorn": (STARLETTE, ("-m", "hypercorn", "--bind", "127.0.0.1:{port}", "app:app")),
}


def ask(port: int, first: int, answers: list[str]) -> None:
    """One client: several requests, one after the other, over one connection where the server keeps it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for number in range(first, first + REQUESTS):
        connection.request("GET", f"/rooms/{number}")
        answer = connection.getresponse()
        text = answer.read().decode()
        assert (answer.status, text) == (200, str(number + 1))
        answers.append(text)
    connection.close()


def ask_at_once(port: int, meanwhile=lambda: None) -> int:
    """All clients at once; the number of right answers."""
    answers: list[str] = []
    clients = [
        threading.Thread(target=ask, args=(port, n * REQUESTS, answers)) for n in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    meanwhile()
    for client in clients:
        client.join()
    return len(answers)


def counted(bench, question: str) -> list[tuple]:
    """What the newest session file answers."""
    file = bench.session_files()[-1]
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
        return database.execute(question).fetchall()


@pytest.mark.parametrize("server", SERVERS)
def test_two_hundred_clients_at_once(bench, server):
    program, command = SERVERS[server]
    bench.write("app.py", program)
    with serving(bench, GHOST, "run", *command) as served:
        asked = ask_at_once(served.port)
        ended = served.end()
    assert asked == CLIENTS * REQUESTS, ended.stderr
    assert counted(bench, "SELECT sum(request_count), sum(error_count) FROM routes") == [
        (asked, 0)
    ], ended
    assert counted(bench, "SELECT sum(query_count) FROM statements") == [(asked,)]
    strangers = """SELECT count(*) FROM spans query LEFT JOIN spans request ON request.trace_id = query.trace_id
        AND request.kind = 'request' AND request.span_id = query.parent_span_id
        WHERE query.kind = 'query' AND request.span_id IS NULL"""
    assert counted(bench, strangers) == [(0,)], "a query without its own request"
    assert counted(bench, "SELECT count(DISTINCT trace_id) FROM spans WHERE kind = 'request'") == [
        (asked,)
    ]


def children(pid: int) -> list[int]:
    """The processes a process started and has not outlived."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_reload_under_load_loses_nothing(bench):
    bench.write("app.py", FLASK)
    with serving(bench, GHOST, "run", *SERVERS["gunicorn"][1]) as served:
        asked = ask_at_once(served.port)
        (master,) = children(served.process.pid)
        workers = children(master)
        # Signals to `ghost run` are the program's.
        asked += ask_at_once(served.port, lambda: served.process.send_signal(signal.SIGHUP))
        while set(workers) & set(children(master)):
            time.sleep(0.01)
        asked += ask_at_once(served.port)
        served.end()
    processes = counted(bench, "SELECT count(*) FROM span_rings WHERE received_count > 0")
    assert processes[0][0] > 2, "nothing was reloaded"
    assert counted(bench, "SELECT sum(request_count) FROM routes") == [(asked,)]


def is_idle(pid: int) -> bool:
    """Whether every thread of a process waits for something: an answer is sent a moment before its span."""
    states = (
        file.read_text().rpartition(")")[2].split()[0]
        for file in Path(f"/proc/{pid}/task").glob("*/stat")
    )
    return all(state == "S" for state in states)


def test_killed_workers_keep_their_requests(bench):
    bench.write("app.py", FLASK)
    with serving(bench, GHOST, "run", *SERVERS["gunicorn"][1]) as served:
        asked = ask_at_once(served.port)
        (master,) = children(served.process.pid)
        workers = children(master)
        while not all(map(is_idle, workers)):
            time.sleep(0.01)
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        while set(workers) & set(children(master)) or len(children(master)) < len(workers):
            time.sleep(0.01)
        asked += ask_at_once(served.port)
        served.end()
    assert counted(bench, "SELECT sum(request_count) FROM routes") == [(asked,)]


def is_running(pid):
    """Whether a process has not ended; where nobody adopts orphans, it stays as a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(") ")[2][0] not in "ZX"


def test_a_killed_parent_leaves_its_spans_to_the_next_command(bench):
    bench.write("app.py", FLASK)
    with serving(bench, GHOST, "run", *SERVERS["gunicorn"][1]) as served:
        asked = ask_at_once(served.port)
        (master,) = children(served.process.pid)
        served.process.kill()
        served.process.wait()
        # Alone it serves on, and is ended by whoever started it.
        asked += ask_at_once(served.port)
        os.kill(master, signal.SIGTERM)
        while is_running(master):
            time.sleep(0.01)
    assert bench.ghost("sessions").code == 0
    rings = counted(bench, "SELECT received_count FROM span_rings")
    lost = counted(bench, "SELECT coalesce(sum(value), 0) FROM span_counters")[0][0]
    made = 2 * asked
    assert sum(count for (count,) in rings) + lost == made, (rings, lost, made)
