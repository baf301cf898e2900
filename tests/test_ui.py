"""The page of statistics within an application: frameworks, token, workers, and a browser's view."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from email.message import Message
from pathlib import Path

import pytest

from conftest import PYTHON, Bench
from peers.application import Served, serving

TOKEN = {"Authorization": "Bearer key"}
FLASK = """
import os, time
from flask import Flask
from ghostglass import Collector, GhostglassFlask, StatsStore
from ghostglass.flask.ui import make_ui_blueprint

app, stats = Flask(__name__), StatsStore()
GhostglassFlask(app, collector=Collector(stats))
app.register_blueprint(make_ui_blueprint(stats, bearer_token="key"))

@app.get("/pid/<value>")
def pid(value):
    time.sleep(0.02)
    return str(os.getpid())

@app.get("/boom/<value>")
def boom(value):
    raise KeyError(value)
"""
FASTAPI = """
import os, time
from fastapi import FastAPI
from ghostglass import Collector, Emitter, StatsStore
from ghostglass.fastapi.adapter import instrument_fastapi
from ghostglass.fastapi.ui import make_ui_router
from ghostglass.ui.asgi import make_ui_app

app, stats = FastAPI(), StatsStore()
instrument_fastapi(app, Emitter(Collector(stats)))
app.include_router(make_ui_router(stats, bearer_token="key"))
app.mount("/mounted", make_ui_app(stats, bearer_token="key", ui_prefix="/mounted"))

@app.get("/pid/{value}")
async def pid(value: str):
    time.sleep(0.02)
    return os.getpid()

@app.get("/boom/{value}")
def boom(value: str):
    raise KeyError(value)
"""
DJANGO = """
import os, time
import django
from django.conf import settings
from ghostglass import Collector, StatsStore
stats = StatsStore()
settings.configure(
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["*"],
    SECRET_KEY="k",
    MIDDLEWARE=["ghostglass.web.django.GhostglassMiddleware"],
    GHOSTGLASS={"COLLECTOR": Collector(stats)},
)
from django.core.wsgi import get_wsgi_application
app = get_wsgi_application()
from django.http import HttpResponse
from django.urls import path
from ghostglass.django.ui import make_ui_urls

def pid(request, value):
    time.sleep(0.02)
    return HttpResponse(str(os.getpid()))

def boom(request, value):
    raise KeyError(value)

urlpatterns = [
    path("pid/<value>", pid),
    path("boom/<value>", boom),
    *make_ui_urls(stats, bearer_token="key"),
]
"""
SANIC = """
import asyncio, os
from sanic import Sanic, text
from ghostglass import Collector, Emitter, StatsStore
from ghostglass.sanic.adapter import instrument_sanic_app
from ghostglass.sanic.ui import make_ui_blueprint

app, stats = Sanic("ui"), StatsStore()
instrument_sanic_app(app, Emitter(Collector(stats)))
app.blueprint(make_ui_blueprint(stats, bearer_token="key"))

@app.get("/pid/<value>")
async def pid(request, value):
    await asyncio.sleep(0.02)
    return text(str(os.getpid()))

@app.get("/boom/<value>")
async def boom(request, value):
    raise KeyError(value)
"""
GUNICORN = ("-m", "gunicorn", "--bind", "127.0.0.1:{port}", "--workers", "3", "program:app")
SERVERS = {
    "flask, gunicorn": (FLASK, GUNICORN),
    "flask, gunicorn, preloaded": (FLASK, (*GUNICORN, "--preload")),
    "fastapi, uvicorn": (
        FASTAPI,
        ("-m", "uvicorn", "--port", "{port}", "--workers", "2", "program:app"),
    ),
    "django, gunicorn": (DJANGO, GUNICORN),
    "sanic": (SANIC, ("-m", "sanic", "program:app", "--port", "{port}", "--single-process")),
}


def ask(server: Served, path: str, **headers: str) -> tuple[int, Message, bytes]:
    """One request on a connection of its own."""
    request = urllib.request.Request(server.url + path, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def ask_workers(server: Served, worker_count: int) -> int:
    """Ask many at a time until so many workers have answered; gives how often was asked."""
    workers, asked, deadline = set(), 0, time.monotonic() + 60
    with ThreadPoolExecutor(12) as pool:
        while len(workers) < worker_count and time.monotonic() < deadline:
            paths = [f"/pid/canary{number}" for number in range(24)]
            workers.update(body for _, _, body in pool.map(lambda path: ask(server, path), paths))
            asked += len(paths)
    assert len(workers) >= worker_count
    return asked


@pytest.mark.parametrize("name", SERVERS)
def test_all_workers_show_the_same_numbers(bench: Bench, name: str) -> None:
    program, command = SERVERS[name]
    bench.write("program.py", program)
    with serving(bench, PYTHON, *command) as server:
        asked = ask_workers(server, 1 if name == "sanic" else 2)
        for _ in range(6):
            assert ask(server, "/boom/canary")[0] == 500
        # A collector hands over within its interval; whichever worker answers says the same.
        deadline = time.monotonic() + 60
        expected = pytest.approx(600 / (asked + 6))
        while metrics(server)["error_pct"] != expected and time.monotonic() < deadline:
            time.sleep(0.05)
        for _ in range(10):
            seen = metrics(server)
            assert seen["error_pct"] == expected
            assert sum(seen["spark"]) <= asked + 6
            assert 0 < seen["p50"] <= seen["p95"]
        status, _, body = ask(server, "/_ghost/errors.json", **TOKEN)
        errors = json.loads(body)["errors"]
        assert (status, len(errors)) == (200, 6)
        assert {error["exception_type"] for error in errors} == {"KeyError"}
        assert "canary" not in body.decode()
        check_page(server, "/_ghost/")
        if "fastapi" in name:
            check_page(server, "/mounted/")
            assert ask(server, "/mounted")[0] == 200


def metrics(server: Served) -> dict:
    """What the page shows."""
    status, headers, body = ask(server, "/_ghost/metrics.json", **TOKEN)
    assert (status, headers["Cache-Control"]) == (200, "no-store")
    return json.loads(body)


def check_page(server: Served, prefix: str) -> None:
    """The page and its files come without a token, the data only with the right one."""
    for name in ("", "page.js", "page.css"):
        status, headers, body = ask(server, prefix + name)
        assert status == 200, name
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert name or (b"<script>" not in body and b"style=" not in body)
    for name in ("metrics.json", "errors.json"):
        for wrong in ({}, {"Authorization": "Bearer kez"}, {"Authorization": "key"}):
            assert ask(server, prefix + name, **wrong)[0] == 401
    for name in ("other", "..%2f..%2fpyproject.toml", "__init__.py"):
        assert ask(server, prefix + name, **TOKEN)[0] == 404


def test_stores_of_one_process_are_apart_and_may_be_switched_off(bench: Bench) -> None:
    bench.write(
        "program.py",
        """
        import os
        from ghostglass import StatsStore
        from ghostglass.ui import Page

        first, second = StatsStore(), StatsStore(window_sec=5)
        first.record(5)
        assert sum(first.snapshot()["spark"]) == 1 and second.snapshot()["spark"] == []
        off = Page(first, bearer_token=None, ui_prefix="/x", ui_enabled=False)
        assert off.answer("GET", "/x/", "").status == 404
        on = Page(first, bearer_token=None, ui_prefix="/x", ui_enabled=True)
        assert on.answer("GET", "/x/metrics.json", "").status == 200
        assert on.answer("POST", "/x/metrics.json", "").status == 405
        first.export([{"kind": "REQ", "dur_ns": 1, "route": "/x/metrics.json"}])
        assert sum(first.snapshot()["spark"]) == 1
        first.export([{"kind": "REQ", "dur_ns": 1, "route": "/xy"}])
        assert sum(first.snapshot()["spark"]) == 2

        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            first.record(7, True)
            os.read(reading, 1)
            os._exit(round(first.snapshot()["error_pct"]))
        first.record(9)
        os.write(writing, b".")
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 25
        assert first.snapshot()["error_pct"] == 25.0 and sum(first.snapshot()["spark"]) == 4
        assert second.snapshot()["spark"] == []
        """,
    )
    finished = bench.plain("program.py")
    assert finished.code == 0, finished.stderr


def test_flask_shows_the_page_with_one_option(bench: Bench) -> None:
    bench.write(
        "program.py",
        """
        import time
        from flask import Flask
        from ghostglass import Collector, GhostglassFlask

        seen = []
        class Mine:
            def export(self, events):
                seen.extend(events)

        for given, config in (
            ({"ui_enabled": True, "ui_prefix": "/own", "ui_token": "key"}, {}),
            ({}, {"UI_ENABLED": True, "UI_PREFIX": "/own", "UI_TOKEN": "key"}),
            ({}, {}),
        ):
            app, seen[:] = Flask(__name__), []
            app.config.update({f"GHOSTGLASS_{name}": value for name, value in config.items()})
            app.add_url_rule("/", view_func=lambda: "hello")
            collector = Collector(Mine())
            GhostglassFlask(app, collector=collector, **given)
            client = app.test_client()
            assert client.get("/").text == "hello"
            if not (given or config):
                assert client.get("/own/").status_code == 404
                continue
            assert client.get("/own/").status_code == 200
            assert client.get("/own/metrics.json").status_code == 401
            spark, end = [], time.monotonic() + 30
            while not spark and time.monotonic() < end:
                answer = client.get("/own/metrics.json", headers={"Authorization": "Bearer key"})
                spark = answer.json["spark"]
            assert sum(spark) == 1
            collector.close()
            assert [e["route"] for e in seen if not e["route"].startswith("/own")] == ["/"]
        """,
    )
    finished = bench.plain("program.py")
    assert finished.code == 0, finished.stderr


def test_a_folder_that_cannot_be_used_leaves_each_process_its_own(bench: Bench) -> None:
    bench.write(
        "program.py",
        """
        import os
        from ghostglass import StatsStore

        store = StatsStore()
        child = os.fork()
        if child == 0:
            store.record(7)
            os._exit(sum(store.snapshot()["spark"]))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
        store.record(9)
        assert sum(store.snapshot()["spark"]) == 1
        """,
    )
    (bench.root / "file").write_text("")
    bench.variables["GHOST_DATA_DIR"] = str(bench.root / "file" / "below")
    finished = bench.plain("program.py")
    assert finished.code == 0, finished.stderr
    assert Path(bench.root / "file").read_text() == ""
