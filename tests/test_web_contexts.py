"""Whose a query is, with many requests at a time, and one trace through two services."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import httpx
import pytest

from conftest import Bench
from recorded_spans import requests_of, spans_of
from test_web_servers import GUNICORN, UVICORN, ask, served

CLIENTS = 200
# Servers close idle connections within seconds; a client that is about to use one loses its request.
PATIENT_UVICORN = (*UVICORN, "--timeout-keep-alive", "600")
PATIENT_GUNICORN = (*GUNICORN, "--keep-alive", "600")
CONCURRENT = {
    "uvicorn": ((*PATIENT_UVICORN, "fastapi_app:app"), ("query", "query-async")),
    "gunicorn, threads": (
        (*PATIENT_GUNICORN, "--threads", "8", "--workers", "2", "flask_app:app"),
        ("query",),
    ),
    "gunicorn, gevent": ((*PATIENT_GUNICORN, "-k", "gevent", "flask_app:app"), ("query",)),
    "django, uvicorn": ((*PATIENT_UVICORN, "django_app:app"), ("query",)),
}


async def ask_all(url: str, routes: tuple[str, ...]) -> None:
    """All clients at once, on connections that are kept."""
    limits = httpx.Limits(max_connections=CLIENTS, max_keepalive_connections=CLIENTS)
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits) as client:

        async def one(number: int) -> None:
            for route in routes:
                answer = await client.get(f"/{route}/k{number}", follow_redirects=True)
                assert answer.text.strip('"') == f"k{number}"

        await asyncio.gather(*(one(number) for number in range(CLIENTS)))


@pytest.mark.parametrize("name", CONCURRENT)
def test_every_query_is_that_of_its_own_request(bench: Bench, name: str) -> None:
    command, routes = CONCURRENT[name]
    with served(bench, *command) as server:
        asyncio.run(ask_all(server.url, routes))
    # Django redirects to the address with a slash: a request without a query.
    requests = {span.span_id: span for span in requests_of(bench) if span.status == 200}
    queries = [span for span in spans_of(bench) if span.kind == "query"]
    assert len(requests) == CLIENTS * len(routes)
    assert Counter(query.parent_span_id for query in queries) == Counter(dict.fromkeys(requests, 1))
    assert all(query.trace_id == requests[query.parent_span_id].trace_id for query in queries)
    assert len({span.trace_id for span in requests.values()}) == len(requests)
    assert all(span.query_count == 1 for span in requests.values())


WAYS = ("httpx-async", "httpx", "requests", "urllib3", "aiohttp", "urllib")


def test_one_trace_goes_through_two_services(tmp_path: Path) -> None:
    for folder in ("front", "back"):
        (tmp_path / folder).mkdir()
    front, back = Bench(tmp_path / "front"), Bench(tmp_path / "back")
    with served(back, *GUNICORN, "flask_app:app") as behind:
        front.variables["BACK"] = behind.url
        with served(front, *UVICORN, "front:app") as before:
            for way in WAYS:
                assert ask(before, f"GET /{way}")[0] == 200
            assert ask(before, "GET /own-header")[0] == 200
            assert ask(before, "GET /refused")[0] == 202
    asked = {span.name: span for span in requests_of(front)}
    calls = [span for span in spans_of(front) if span.kind == "client"]
    answered = requests_of(back)
    for way, call, answer in zip(WAYS, calls, answered, strict=False):
        assert call.parent_span_id == asked[f"/{way}"].span_id, way
        assert answer.parent_span_id == call.span_id, way
        assert len({span.trace_id for span in (asked[f"/{way}"], call, answer)}) == 1, way
        assert (call.name, call.server_port) == ("127.0.0.1", behind.port), way
        assert (call.method, call.status, call.is_error) == ("GET", 200, False), way
    # Once per request, also where one library is built on another; the program's own header stays.
    assert len(calls) == len(WAYS) + 3
    assert len(answered) == len(WAYS) + 2
    assert {span.trace_id for span in answered[-2:]} == {"1" * 32}
    refused = calls[-1]
    assert (refused.is_error, refused.status) == (True, None)
    assert refused.exception_type == "MaxRetryError"


def test_a_span_of_opentelemetry_is_the_parent(bench: Bench) -> None:
    bench.write(
        "app.py",
        """
        from opentelemetry import trace
        from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, use_span
        import flask

        app = flask.Flask(__name__)

        @app.get("/")
        def hello():
            return "hello"

        context = SpanContext(int("a" * 32, 16), int("b" * 16, 16), False, TraceFlags(1))
        with use_span(NonRecordingSpan(context)):
            app.test_client().get("/")
        app.test_client().get("/")
        """,
    )
    assert bench.observed("app.py").code == 0
    within, without = requests_of(bench)
    assert (within.trace_id, within.parent_span_id) == ("a" * 32, "b" * 16)
    assert without.parent_span_id is None


def test_a_task_of_celery_is_a_request_in_the_trace_of_its_sender(bench: Bench) -> None:
    bench.write(
        "tasks.py",
        """
        import sys, threading, time
        from celery import Celery
        from celery.contrib.testing.worker import start_worker
        from ghostglass._native import run_emitter

        app = Celery("tasks", broker="memory://", backend="cache+memory://")

        @app.task(name="add")
        def add(x, y):
            return x + y

        @app.task(name="fail")
        def fail(secret):
            raise KeyError(secret)

        if __name__ == "__main__":
            with start_worker(app, pool="solo", perform_ping_check=False):
                span = run_emitter().begin_request("GET")
                span.name = "/sender"
                results = [add.delay(1, 2), fail.delay("value")]
                span.end()
                assert results[0].get(timeout=60) == 3
                results[1].get(timeout=60, propagate=False)
        """,
    )
    finished = bench.observed("tasks.py")
    assert finished.code == 0, finished.stderr
    spans = {span.name: span for span in requests_of(bench)}
    assert set(spans) == {"/sender", "add", "fail"}
    for name, exception in (("add", None), ("fail", "KeyError")):
        task = spans[name]
        assert (task.method, task.framework, task.exception_type) == ("TASK", "celery", exception)
        assert task.is_error == (exception is not None)
        assert task.parent_span_id == spans["/sender"].span_id
