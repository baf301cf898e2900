"""What the rooms must not change of the applications they watch, and what they see of odd ones."""

from __future__ import annotations

import asyncio
import gc
import inspect
import io
import threading
from wsgiref.handlers import SimpleHandler
from wsgiref.util import FileWrapper, setup_testing_defaults
from wsgiref.validate import validator

import pytest

from conftest import Bench
from ghostglass import Collector, current_span
from ghostglass.web.asgi import GhostASGI
from ghostglass.web.rules import exclusion
from ghostglass.web.wsgi import GhostWSGI


class Seen:
    """What a collector exported."""

    def __init__(self) -> None:
        self.events = []
        self.collector = Collector(self.events.extend)

    def all(self) -> list[dict]:
        assert self.collector.flush(60)
        return list(self.events)

    def one(self) -> dict:
        (event,) = self.all()
        return event


@pytest.fixture
def seen():
    seen = Seen()
    yield seen
    seen.collector.close()


class Parts:
    """An iterable of a WSGI application that counts how often it is closed."""

    def __init__(self, parts: list, error: BaseException | None = None) -> None:
        self.parts = iter(parts)
        self.error = error
        self.closed = 0

    def __iter__(self) -> Parts:
        return self

    def __next__(self) -> bytes:
        assert current_span() is not None
        for part in self.parts:
            return part
        raise self.error or StopIteration

    def close(self) -> None:
        assert current_span() is not None
        self.closed += 1


def environ_of(**more: object) -> dict:
    environ = {"PATH_INFO": "/secret", "SCRIPT_NAME": "", "QUERY_STRING": ""}
    setup_testing_defaults(environ)
    return environ | more


def serve(app, **more: object) -> bytes:
    """A WSGI request as the server of the standard library serves it: what it writes."""
    out = io.BytesIO()
    handler = SimpleHandler(io.BytesIO(), out, io.StringIO(), {}, multithread=False)
    handler.base_env = environ_of(**more)
    handler.origin_server = False
    handler.run(app)
    return out.getvalue()


def answering(body: object, status: str = "200 OK", headers: tuple = ()):
    def app(_environ, start_response):
        start_response(status, [("Content-Type", "text/plain"), *headers])
        return body() if callable(body) else body

    return app


def test_wsgi_stays_what_its_specification_says(seen: Seen) -> None:
    def parts():
        yield b"one"
        yield b"two"

    for body in ([b"one", b"two"], (b"onetwo",), parts, lambda: Parts([b"one", b"two"])):
        app = validator(GhostWSGI(validator(answering(body)), collector=seen.collector))
        assert b"onetwo" in serve(app)
    assert [event["bytes_out"] for event in seen.all()] == [6] * 4
    assert current_span() is None


def test_a_server_computes_the_length_of_what_has_one(seen: Seen) -> None:
    class Sized(list):
        """A list, but not exactly."""

    for body in ([b"hello"], (b"hello",), Sized([b"hello"])):
        assert b"Content-Length: 5" in serve(GhostWSGI(answering(body), collector=seen.collector))
    assert b"Content-Length" not in serve(
        GhostWSGI(answering(lambda: iter([b"hello"])), collector=seen.collector)
    )
    plain = [b"hello"]
    app = GhostWSGI(answering(plain), collector=seen.collector)
    assert app(environ_of(), lambda *_: None) is plain


def test_an_iterable_is_closed_once_and_an_error_goes_through(seen: Seen) -> None:
    parts = Parts([b"one"])
    serve(GhostWSGI(answering(parts), collector=seen.collector))
    broken = Parts([b"one"], RuntimeError("value"))
    body = GhostWSGI(answering(broken), collector=seen.collector)(environ_of(), lambda *_: None)
    with pytest.raises(RuntimeError, match="value"):
        list(body)
    body.close()
    left = Parts([b"one", b"two"])
    body = GhostWSGI(answering(left), collector=seen.collector)(environ_of(), lambda *_: None)
    assert next(iter(body)) == b"one"
    body.close()
    dropped = Parts([b"one"])
    del body
    GhostWSGI(answering(dropped), collector=seen.collector)(environ_of(), lambda *_: None)
    gc.collect()
    assert (parts.closed, broken.closed, left.closed, dropped.closed) == (1, 1, 1, 0)
    events = seen.all()
    assert [event.get("exception_type") for event in events] == [None, "RuntimeError", None, None]
    assert [event.get("disconnected") for event in events] == [None, None, True, True]
    assert [event.get("bytes_out") for event in events] == [3, 3, 3, None]
    assert current_span() is None


def test_an_application_that_raises_is_a_server_error(seen: Seen) -> None:
    def app(_environ, _start_response):
        raise KeyError("value")

    with pytest.raises(KeyError, match="value"):
        GhostWSGI(app, collector=seen.collector)(environ_of(), lambda *_: None)
    event = seen.one()
    assert (event["status"], event["exception_type"], event["error"]) == (500, "KeyError", True)
    assert event["route"] == "<unmatched>"


def test_write_and_a_second_start_keep_working(seen: Seen) -> None:
    def app(_environ, start_response):
        write = start_response("200 OK", [("Content-Type", "text/plain")])
        try:
            raise KeyError("value")
        except KeyError:
            import sys

            write = start_response("503 Later", [("Content-Type", "text/plain")], sys.exc_info())
        write(b"by hand,")
        return [b"and more"]

    written = serve(GhostWSGI(app, collector=seen.collector))
    assert written.startswith(b"Status: 503 Later") and written.endswith(b"by hand,and more")
    event = seen.one()
    assert (event["status"], event["bytes_out"], event["method"]) == (503, 16, "GET")


def test_a_file_of_the_server_stays_one(seen: Seen) -> None:
    given = FileWrapper(io.BytesIO(b"content"))
    length = [("Content-Length", "7")]
    app = GhostWSGI(answering(given, headers=tuple(length)), collector=seen.collector)
    environ = environ_of() | {"wsgi.file_wrapper": FileWrapper}
    returned = app(environ, lambda *_: None)
    assert returned is given
    returned.close()
    assert given.filelike.closed
    assert seen.one()["bytes_out"] == 7


def test_a_body_of_unknown_length_is_counted_where_it_is_read(seen: Seen) -> None:
    def app(environ, start_response):
        body = environ["wsgi.input"]
        read = [body.read(2), body.readline(), *body.readlines(), *body]
        start_response("200 OK", [])
        return [b"".join(read)]

    environ = environ_of(HTTP_TRANSFER_ENCODING="chunked", REQUEST_METHOD="POST")
    environ["wsgi.input"] = io.BytesIO(b"one\ntwo\nthree")
    app = GhostWSGI(app, collector=seen.collector)
    assert app(environ, lambda *_: None) == [b"one\ntwo\nthree"]
    event = seen.one()
    assert (event["bytes_in"], event["bytes_out"]) == (13, 13)


def test_threads_that_serve_one_request_after_the_other_keep_nothing(seen: Seen) -> None:
    traces = []

    def app(_environ, start_response):
        traces.append(current_span().trace_id)
        start_response("200 OK", [])
        return Parts([b"x"])

    def work() -> None:
        for _ in range(20):
            serve(GhostWSGI(app, collector=seen.collector))
            traces.append(current_span())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert traces.count(None) == 80
    assert len({trace for trace in traces if trace}) == 80
    assert all(event.get("parent_span_id") is None for event in seen.all())


SCOPE = {"type": "http", "method": "GET", "path": "/secret", "headers": [(b"host", b"x")]}
START = {"type": "http.response.start", "status": 200, "headers": []}


async def hello(_scope, _receive, send) -> None:
    await send(START)
    await send({"type": "http.response.body", "body": b"hello"})


async def call(app, scope: dict | None = None, received: list | None = None) -> list:
    """One ASGI request: what is sent."""
    sent = []
    messages = iter(received or [])

    async def receive():
        return next(messages)

    async def send(message) -> None:
        sent.append(message)

    scope = dict(SCOPE) if scope is None else scope
    await app(scope, receive, send)
    assert "ghostglass.exchange" not in scope
    return sent


def test_asgi_stays_what_servers_look_for(seen: Seen) -> None:
    app = GhostASGI(hello, collector=seen.collector)
    assert inspect.iscoroutinefunction(app.__call__) and asyncio.iscoroutinefunction(app.__call__)
    assert asyncio.run(call(app)) == [START, {"type": "http.response.body", "body": b"hello"}]

    async def again() -> None:
        scope = dict(SCOPE)
        for _ in range(3):
            await call(app, scope)
        # As servers and frameworks call it that want a coroutine.
        await asyncio.create_task(call_as_task(app))
        assert current_span() is None

    async def call_as_task(app) -> None:
        made = app(dict(SCOPE), None, quiet)
        assert asyncio.iscoroutine(made) and inspect.isawaitable(made)
        await asyncio.create_task(made)

    asyncio.run(again())
    assert [event["bytes_out"] for event in seen.all()] == [5] * 5


async def quiet(_message) -> None:
    """A server's `send`."""


def test_other_scopes_pass_untouched(seen: Seen) -> None:
    given = []

    async def app(scope, receive, send) -> None:
        given.append((scope, receive, send))

    scope = {"type": "lifespan"}
    asyncio.run(GhostASGI(app, collector=seen.collector)(scope, quiet, call))
    assert given == [(scope, quiet, call)] and scope == {"type": "lifespan"}
    assert seen.all() == []


def test_exceptions_and_cancellation_go_through_asgi(seen: Seen) -> None:
    async def boom(_scope, _receive, _send) -> None:
        raise KeyError("value")

    async def endless(_scope, _receive, send) -> None:
        await send(START)
        try:
            await asyncio.sleep(3600)
        finally:
            cleaned.append(current_span() is not None)

    async def cancel() -> None:
        task = asyncio.ensure_future(call(GhostASGI(endless, collector=seen.collector)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    cleaned = []
    with pytest.raises(KeyError, match="value"):
        asyncio.run(call(GhostASGI(boom, collector=seen.collector)))
    asyncio.run(cancel())
    assert cleaned == [True]
    failed, cancelled = seen.all()
    assert (failed["status"], failed["exception_type"], failed["error"]) == (500, "KeyError", True)
    assert (cancelled["status"], cancelled.get("disconnected")) == (200, True)
    assert cancelled.get("exception_type") is None


def test_a_client_that_left_and_what_follows_a_response(seen: Seen) -> None:
    async def upload(_scope, receive, send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        await hello(_scope, receive, send)

    async def working(scope, receive, send) -> None:
        await hello(scope, receive, send)
        await asyncio.sleep(0.02)

    body = {"type": "http.request", "body": b"12345", "more_body": True}
    received = [body, body, {"type": "http.disconnect"}]
    scope = SCOPE | {"method": "POST"}
    asyncio.run(call(GhostASGI(upload, collector=seen.collector), scope, received))
    asyncio.run(call(GhostASGI(working, collector=seen.collector)))
    uploaded, answered, background = seen.all()
    assert (uploaded["bytes_in"], uploaded["disconnected"]) == (10, True)
    assert (background["kind"], background["fn"]) == ("FN", "background")
    assert background["dur_ns"] >= 20_000_000
    assert background["trace_id"] == answered["trace_id"]


def test_what_is_sent_wrongly_is_the_servers_to_refuse(seen: Seen) -> None:
    async def odd(_scope, _receive, send) -> None:
        for message in ({}, {"type": 7}, {"type": "http.response.start", "status": "x"}, None):
            await send(message)
        await send({"type": "http.response.body", "body": memoryview(b"1234")})

    assert len(asyncio.run(call(GhostASGI(odd, collector=seen.collector)))) == 5
    assert seen.one()["bytes_out"] == 4


def test_one_request_within_another_application_counts_once(seen: Seen) -> None:
    inner = GhostASGI(hello, collector=seen.collector)
    asyncio.run(call(GhostASGI(inner, collector=seen.collector)))
    app = GhostWSGI(answering([b"hello"]), collector=seen.collector)
    GhostWSGI(app, collector=seen.collector)(environ_of(), lambda *_: None)
    # The same span for both: each of them has a collector of its own, which here is one.
    assert [event["span_id"] for event in seen.all()[::2]] == [
        event["span_id"] for event in seen.all()[1::2]
    ]


def test_routes_are_left_out_by_prefix_glob_template_and_expression(seen: Seen) -> None:
    is_excluded = exclusion(
        ["/health", "/users/{id}", "/i/<int:n>/x", "/f/{p:path}", "*.css", "re:p.ng"]
    )
    out = ["/health", "/healthz", "/users/5", "/i/5/x", "/f/a/b", "/a/b.css", "/ping", "/a/pong"]
    kept = ["/", "/heal", "/users/5/6", "/users/", "/i/5", "/i/5/y", "/css", "/a/png"]
    assert [path for path in out + kept if is_excluded(path)] == out
    assert exclusion([]) is None
    app = GhostASGI(hello, collector=seen.collector, exclude_routes=["/secret"])
    asyncio.run(call(app))
    app = GhostWSGI(answering([b"x"]), collector=seen.collector, exclude_routes=["/secret"])
    app(environ_of(), lambda *_: None)
    assert seen.all() == []


def test_requests_in_daemon_threads_do_not_hold_up_the_end(bench: Bench) -> None:
    """The interpreter ends such a thread wherever it is, also within a frame of ours."""
    bench.write(
        "program.py",
        """
        import asyncio, threading
        from ghostglass.web.asgi import GhostASGI
        from ghostglass.web.wsgi import GhostWSGI

        began = threading.Barrier(4)

        def for_ever():
            began.wait()
            while True:
                pass

        def called(environ, start_response):
            for_ever()

        def iterated(environ, start_response):
            start_response("200 OK", [])
            yield b"first"
            for_ever()

        async def awaited(scope, receive, send):
            for_ever()

        def serve(app):
            environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/"}
            list(GhostWSGI(app)(environ, lambda *_: None))

        def run():
            scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
            async def main():
                await GhostASGI(awaited)(scope, None, None)
            asyncio.run(main())

        for target, args in ((serve, (called,)), (serve, (iterated,)), (run, ())):
            threading.Thread(target=target, args=args, daemon=True).start()
        began.wait()
        print("end")
        """,
    )
    finished = bench.observed("--quiet", "program.py")
    assert (finished.code, finished.stdout, finished.stderr) == (0, "end\n", "")
