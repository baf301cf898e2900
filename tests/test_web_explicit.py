"""Frameworks that are told to be observed, with a collector of their own: no run, no import hook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from recorded_spans import requests_of

if TYPE_CHECKING:
    from conftest import Bench, Finished

# Each program makes `app` observed by `collector`, asks for four things, and prints what was exported.
BEGIN = """
    import asyncio
    from ghostglass import Collector, Emitter, current_span

    events = []
    collector = Collector(events.extend)

    def told():
        assert current_span() is None
        assert collector.flush(60)
        for event in events:
            print(event["kind"], event.get("route") or event.get("fn"), event.get("status"), event.get("exception_type"))
        events.clear()
"""
FASTAPI = """
    from fastapi import BackgroundTasks, FastAPI
    from fastapi.testclient import TestClient

    app = FastAPI()

    @app.get("/items/{item}")
    def item(item, tasks: BackgroundTasks):
        tasks.add_task(len, item)

    @app.get("/boom")
    def boom():
        raise KeyError("value")

    {instrument}
    with TestClient(app, raise_server_exceptions=False) as client:
        for path in ("/items/1", "/boom", "/nope", "/health"):
            client.get(path)
    told()
"""
FLASK = """
    from flask import Flask
    from ghostglass.flask.adapter import GhostglassFlask

    app = Flask(__name__)
    app.add_url_rule("/items/<item>", "item", lambda item: item)
    app.add_url_rule("/boom", "boom", lambda: 1 // 0)
    {instrument}
    for path in ("/items/1", "/boom", "/nope", "/health"):
        with app.test_client().get(path) as answer:
            answer.get_data()
    told()
"""
DJANGO = """
    import django
    from django.conf import settings
    from django.http import HttpResponse, StreamingHttpResponse
    from django.test import AsyncClient, Client
    from django.urls import path

    def item(request, item):
        return StreamingHttpResponse(iter([b"a", b"b"])) if item == "parts" else HttpResponse(item)

    def boom(request):
        raise KeyError("value")

    urlpatterns = [path("items/<item>", item), path("boom", boom)]
    settings.configure(
        ROOT_URLCONF=__name__,
        SECRET_KEY="key",
        ALLOWED_HOSTS=["*"],
        LOGGING_CONFIG=None,
        MIDDLEWARE=["ghostglass.web.django.GhostglassMiddleware"],
        GHOSTGLASS={"COLLECTOR": collector, "EXCLUDE_ROUTES": ["/health"]},
    )
    django.setup()
    {instrument}
    told()
"""
SYNC = """
    for path in ("/items/1", "/boom", "/nope", "/health"):
        Client(raise_request_exception=False).get(path).close()
"""
ASYNC = """
    async def ask():
        for path in ("/items/1", "/boom", "/nope", "/health"):
            (await AsyncClient(raise_request_exception=False).get(path)).close()
    asyncio.run(ask())
"""
SANIC = """
    import threading, time, urllib.error, urllib.request
    from sanic import Sanic, text
    from ghostglass.sanic.adapter import SanicConfig, instrument_sanic_app

    app = Sanic("example")

    @app.get("/items/<item>")
    async def item(_request, item):
        return text(item)

    @app.get("/boom")
    async def boom(_request):
        raise KeyError("value")

    instrument_sanic_app(app, Emitter(collector), SanicConfig(route_excludes=["/health"]))

    def ask(port):
        for path in ("/items/1", "/boom", "/nope", "/health"):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}{path}").read()
            except urllib.error.HTTPError as error:
                error.close()

    @app.after_server_start
    async def started(app, loop):
        port = app.state.server_info[0].settings["sock"].getsockname()[1]
        await asyncio.to_thread(ask, port)
        app.stop()

    import socket
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    app.run(sock=sock, single_process=True, access_log=False, motd=False)
    told()
"""
INSTRUMENT = {
    "fastapi": (
        FASTAPI,
        "from ghostglass.web.starlette import instrument; instrument(app, collector=collector, exclude_routes=['/health'])",
    ),
    "fastapi, middleware": (
        FASTAPI,
        "from ghostglass.web.starlette import GhostMiddleware; app.add_middleware(GhostMiddleware, collector=collector, exclude_routes=['/health'])",
    ),
    "fastapi, as the original": (
        FASTAPI,
        "from ghostglass.fastapi.adapter import instrument_fastapi; instrument_fastapi(app, Emitter(collector), route_excludes=['/health'])",
    ),
    "asgi, as the original": (
        FASTAPI,
        "from ghostglass.asgi.middleware import ASGIConfig, GhostglassASGIMiddleware; app.add_middleware(GhostglassASGIMiddleware, emitter=Emitter(collector), config=ASGIConfig(route_excludes=['/health']))",
    ),
    "flask": (
        FLASK,
        "GhostglassFlask(app, collector=collector, exclude_routes=['/health'], sample=1.0)",
    ),
    "flask, later": (
        FLASK,
        "app.config['GHOSTGLASS_COLLECTOR'] = collector; app.config['GHOSTGLASS_EXCLUDE_ROUTES'] = ['/health']; extension = GhostglassFlask(); extension.init_app(app); extension.init_app(app); assert app.extensions['ghostglass'] is extension",
    ),
    "django": (DJANGO, SYNC),
    "django, async": (DJANGO, ASYNC),
    "sanic": (SANIC, ""),
}
SPELLED = {
    "fastapi": ("/items/{item}", "KeyError", ["FN background None None"]),
    "asgi": ("/items/{item}", "KeyError", ["FN background None None"]),
    "flask": ("/items/<item>", "ZeroDivisionError", []),
    "django": ("/items/<item>", "KeyError", []),
    "sanic": ("/items/<item:str>", "KeyError", []),
}


@pytest.mark.parametrize("name", INSTRUMENT)
def test_an_application_is_observed_by_hand(bench: Bench, name: str) -> None:
    template, instrument = INSTRUMENT[name]
    given = instrument.strip("\n").removeprefix("    ")
    bench.write("app.py", BEGIN + template.replace("{instrument}", given))
    finished = bench.plain("app.py")
    assert finished.code == 0, finished.stderr
    route, error, after = SPELLED[name.partition(",")[0]]
    requests = [
        f"REQ {route} 200 None",
        *after,
        f"REQ /boom 500 {error}",
        "REQ <unmatched> 404 None",
    ]
    assert told(finished) == requests
    # In a run as well: the same for the collector, and once each for the session.
    observed = bench.observed("app.py")
    assert observed.code == 0, observed.stderr
    assert told(observed) == requests
    # The test client of Django goes around its handlers: what is left out there nobody sees.
    left_out = [] if "django" in name else [404]
    assert [span.status for span in requests_of(bench)] == [200, 500, 404, *left_out]


def told(finished: Finished) -> list[str]:
    """What the program printed of its events, among what its server printed."""
    return [line for line in finished.stdout.splitlines() if line.startswith(("REQ", "FN"))]
