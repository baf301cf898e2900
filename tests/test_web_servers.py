"""Web applications under real servers and `ghost run`: one span per request, and what it says."""

from __future__ import annotations

import asyncio
import http.client
import shutil
import socket
import time
from pathlib import Path

import pytest
import websockets

from canary import leaks
from conftest import GHOST, Bench
from peers.application import Served, serving
from recorded_spans import SpanRow, requests_of, spans_of

# Letters only, so that it can be a method of HTTP as well.
CANARY = "QZxvCanaryWkpjTangerineGhkqQuartzLmn"
PROGRAMS = Path(__file__).parent / "programs/web"
TRACE = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
UVICORN = ("-m", "uvicorn", "--port", "{port}")
HYPERCORN = ("-m", "hypercorn", "--bind", "127.0.0.1:{port}")
GUNICORN = ("-m", "gunicorn", "--bind", "127.0.0.1:{port}")

# What is asked, and of what is recorded: route, status, type of the exception, bytes in, bytes out.
FLASK = [
    ("GET /users/5", "/users/<int:user_id>", 200, None, None, 6),
    ("HEAD /users/5", "/users/<int:user_id>", 200, None, None, None),
    ("GET /nope", "<unmatched>", 404, None, None, 207),
    ("GET /boom", "/boom", 500, "KeyError", None, 265),
    ("GET /handled", "/handled", 503, "ZeroDivisionError", None, 7),
    ("GET /gone", "/gone", 410, None, None, 252),
    ("GET /stream", "/stream", 200, None, None, 21),
    ("GET /midway", "/midway", 200, "RuntimeError", None, 5),
    ("GET /file", "/file", 200, None, None, (PROGRAMS / "flask_app.py").stat().st_size),
    ("POST /echo", "/echo", 200, None, 1000, 1000),
    ("GET /empty", "/empty", 204, None, None, None),
    ("GET /query/a", "/query/<key>", 200, None, None, 1),
    ("GET /mounted/things/a", "/mounted/things/<name>", 200, None, None, 1),
]
FASTAPI = [
    ("GET /shops/a/items/5", "/shops/{shop}/items/{item:int}", 200, None, None, 7),
    ("GET /nope", "<unmatched>", 404, None, None, 22),
    ("GET /boom", "/boom", 500, "KeyError", None, 21),
    ("GET /handled", "/handled", 503, "Refused", None, 2),
    ("GET /background", "/background", 200, None, None, 2),
    ("GET /stream", "/stream", 200, None, None, 21),
    ("POST /echo", "/echo", 200, None, 1000, 1000),
    ("GET /query/a", "/query/{key}", 200, None, None, 3),
    ("GET /mounted/a/deep/b", "/mounted/{part}/deep/{x}", 200, None, None, 1),
    # A body that the application does not ask for does not come in.
    ("PUT /boom", "/boom", 405, None, None, 31),
]
DJANGO = [
    ("GET /shop/items/5/", "/shop/items/<int:key>/", 200, None, None, 6),
    ("HEAD /shop/items/5/", "/shop/items/<int:key>/", 200, None, None, None),
    ("GET /shop/old/5/", "/shop/old/(?P<key>[0-9]+)/$", 200, None, None, 6),
    ("GET /nope/", "<unmatched>", 404, None, None, 179),
    ("GET /boom/", "/boom/", 500, "KeyError", None, 145),
    ("GET /fail-early/", "<unmatched>", 500, "LookupError", None, 145),
    ("GET /stream/", "/stream/", 200, None, None, 14),
    ("GET /file/", "/file/", 200, None, None, (PROGRAMS / "django_app.py").stat().st_size),
    ("POST /echo/", "/echo/", 200, None, 1000, 1000),
    ("GET /later/", "/later/", 200, None, None, 5),
    ("GET /query/a/", "/query/<key>/", 200, None, None, 1),
]
SANIC = [
    ("GET /shop/items/5", "/shop/items/<item:int>", 200, None, None, 6),
    ("GET /nope", "<unmatched>", 404, None, None, ...),
    ("GET /boom", "/boom", 500, "KeyError", None, ...),
    ("GET /handled", "/handled", 503, "SanicException", None, ...),
    ("GET /stream", "/stream", 200, None, None, 21),
    ("POST /echo", "/echo", 200, None, 1000, 1000),
    ("GET /query/a", "/query/<key:str>", 200, None, None, 1),
]
SERVERS = {
    "flask, gunicorn": ("flask", (*GUNICORN, "--workers", "2", "flask_app:app"), FLASK),
    "flask, gunicorn with threads, preloaded": (
        "flask",
        (*GUNICORN, "--preload", "--threads", "4", "flask_app:app"),
        FLASK,
    ),
    "fastapi, uvicorn": ("fastapi", (*UVICORN, "fastapi_app:app"), FASTAPI),
    "fastapi, hypercorn": ("fastapi", (*HYPERCORN, "fastapi_app:app"), FASTAPI),
    "django, runserver": (
        "django",
        ("django_app.py", "runserver", "127.0.0.1:{port}"),
        DJANGO,
    ),
    "django, gunicorn": ("django", (*GUNICORN, "django_app:app"), DJANGO),
    "django, uvicorn": ("django", (*UVICORN, "django_app:app"), DJANGO),
    # One process: with a manager, Sanic does not end when it is told to before it is ready.
    "sanic": (
        "sanic",
        ("-m", "sanic", "sanic_app:app", "--port", "{port}", "--single-process"),
        SANIC,
    ),
}


def served(bench: Bench, *command: str):
    """`ghost run` with the programs in the bench's folder."""
    for program in PROGRAMS.glob("*.py"):
        shutil.copy(program, bench.work)
    return serving(bench, GHOST, "run", *command)


def ask(server: Served, line: str, **headers: str) -> tuple[int, bytes]:
    """One request on a connection of its own; a body that breaks off is what came of it."""
    method, path = line.split()
    body = b"x" * 1000 if method in ("POST", "PUT") else None
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        try:
            return answer.status, answer.read()
        except http.client.IncompleteRead as broken:
            return answer.status, broken.partial
    finally:
        connection.close()


def shape(span: SpanRow) -> tuple:
    """What the tables above say of a request."""
    return (span.name, span.status, span.exception_type, span.bytes_in or None, span.bytes_out)


@pytest.mark.parametrize("name", SERVERS)
def test_a_request_is_one_span_that_says_what_happened(bench: Bench, name: str) -> None:
    framework, command, cases = SERVERS[name]
    with served(bench, *command) as server:
        for line, _, status, *_ in cases:
            assert ask(server, line, **TRACEPARENT)[0] == status, line
    recorded = requests_of(bench)
    assert len(recorded) == len(cases)
    for span, (line, *expected) in zip(recorded, cases, strict=True):
        seen = list(shape(span))
        if expected[-1] is ...:
            seen[-1] = ...
        assert seen == expected, line
        assert span.method == line.split()[0]
        assert span.framework == framework
        assert span.is_error == (expected[1] >= 500 or expected[2] is not None)
        assert (span.trace_id, span.parent_span_id) == (TRACE, "b7ad6b7169203331")
        assert span.disconnected is None
    queries = [span for span in spans_of(bench) if span.kind == "query"]
    asked = [span for span in recorded if "query" in span.name]
    assert {query.parent_span_id for query in queries} >= {span.span_id for span in asked}
    assert [span.query_count for span in asked] == [1] * len(asked)


@pytest.mark.parametrize("server", [UVICORN, HYPERCORN], ids=["uvicorn", "hypercorn"])
def test_what_outlives_a_response_is_told_apart(bench: Bench, server: tuple[str, ...]) -> None:
    with served(bench, *server, "fastapi_app:app") as running:
        ask(running, "GET /background")
        asyncio.run(talk(running.port))
        leave(running.port, b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
        wait_for(lambda: len(requests_of(bench)) == 3)
    first, room, endless = requests_of(bench)
    background = next(span for span in spans_of(bench) if span.kind == "function")
    query = next(span for span in spans_of(bench) if span.kind == "query")
    assert (background.name, background.parent_span_id) == ("background", first.span_id)
    assert (query.parent_span_id, query.trace_id) == (background.span_id, first.trace_id)
    assert first.query_count is None
    assert shape(room) == ("/rooms/{room}", 101, None, 2, 5)
    assert (room.protocol, room.disconnected) == ("websocket", None)
    assert (endless.name, endless.disconnected, endless.is_error) == ("/endless", True, False)
    assert endless.bytes_out > 0


async def talk(port: int) -> None:
    """A short conversation."""
    async with websockets.connect(f"ws://127.0.0.1:{port}/rooms/ten") as connection:
        await connection.send("hi")
        assert await connection.recv() == "hiten"


def leave(port: int, request: bytes) -> None:
    """Asks, and goes before the answer is complete."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(request)
        assert connection.recv(100)


def wait_for(condition) -> None:
    """Returns when the parent has read what it waits for."""
    while not condition():
        time.sleep(0.05)


def test_no_value_of_a_request_is_kept(bench: Bench) -> None:
    with served(bench, *GUNICORN, "flask_app:app") as server:
        for path in (
            f"/query/{CANARY}",
            f"/{CANARY}/x?{CANARY}={CANARY}",
            f"/mounted/things/{CANARY}",
        ):
            ask(server, f"GET {path}", **{"X-Secret": CANARY, "Cookie": f"a={CANARY}"})
        leave(server.port, f"{CANARY} /users/5 HTTP/1.0\r\n\r\n".encode())
        ask(server, "POST /echo", traceparent=CANARY, tracestate=CANARY)
    assert len(requests_of(bench)) >= 4
    assert leaks(bench.data, CANARY) == []


def test_parts_can_be_switched_off(bench: Bench) -> None:
    for program in PROGRAMS.glob("*.py"):
        shutil.copy(program, bench.work)
    with serving(bench, GHOST, "run", "--no-web", *GUNICORN, "flask_app:app") as server:
        ask(server, "GET /query/a")
    assert [span.kind for span in spans_of(bench)] == ["query"]
