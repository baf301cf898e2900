"""Spans where they are made: which one is current, in tasks, threads and children, and their ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Bench

CONTEXTS = """
    import asyncio
    import contextvars
    import threading

    from ghostglass._native import Collector, Emitter, current_span, get_span_id, get_trace_id, use_span

    emitter = Emitter(Collector())

    assert get_trace_id() is None and get_span_id() is None and current_span() is None
    with use_span(trace_id="trace-123", span_id="span-456"):
        assert (get_trace_id(), get_span_id()) == ("trace-123", "span-456")
        with use_span(span_id="span-789"):
            assert (get_trace_id(), get_span_id()) == ("trace-123", "span-789")
            assert current_span().parent_span_id == "span-456"
        assert get_span_id() == "span-456"
    assert get_trace_id() is None

    # An exception passes through, and the span before it is current again.
    try:
        with use_span(trace_id="t"):
            raise KeyError("x")
    except KeyError:
        pass
    assert get_trace_id() is None

    async def handle(number):
        span = emitter.begin_request("GET")
        trace = get_trace_id()
        assert span.trace_id == trace
        await asyncio.sleep(0)
        query = emitter.begin_query("sqlite", "SELECT 1")
        assert emitter.begin_query("sqlite", "SELECT 1") is None, "a query within a query"
        await asyncio.sleep(0.001 * (number % 3))
        assert get_trace_id() == trace
        query.end()
        child = asyncio.create_task(see())
        assert await child == trace
        assert await asyncio.to_thread(get_trace_id) == trace
        span.end()
        span.end()
        assert current_span() is None
        return trace

    async def see():
        await asyncio.sleep(0)
        return get_trace_id()

    async def main():
        traces = await asyncio.gather(*(handle(n) for n in range(200)))
        assert len(set(traces)) == 200

    asyncio.run(main())

    # A thread begins without a span unless it is given a context.
    span = emitter.begin_request("POST")
    seen = []
    thread = threading.Thread(target=lambda: seen.append(get_trace_id()), context=contextvars.Context()) \\
        if "context" in threading.Thread.__init__.__code__.co_varnames \\
        else threading.Thread(target=lambda: seen.append(get_trace_id()))
    thread.start()
    thread.join()
    assert seen == [None], seen
    # Ended in another context it leaves that one alone.
    contextvars.Context().run(span.end)
    span.detach()
    assert current_span() is None
    print("ok")
"""

TRACES = """
    import os

    from ghostglass import _native as n

    emitter = n.Emitter(n.Collector())
    header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    span = emitter.begin_request("GET", traceparent=header, tracestate="vendor=1")
    assert span.trace_id == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert n.current_span().parent_span_id == "00f067aa0ba902b7"
    assert span.traceparent.startswith("00-4bf92f3577b34da6a3ce929d0e0e4736-")
    assert span.tracestate == "vendor=1"
    span.end()
    for wrong in ("", "00-0-0-01", header.upper(), "ff" + header[2:], header[:-1], header + "-x"):
        span = emitter.begin_request("GET", traceparent=wrong, tracestate="vendor=1")
        assert span.trace_id != "4bf92f3577b34da6a3ce929d0e0e4736", wrong
        assert span.tracestate is None
        span.end()

    # Another tracer's span is a parent where there is no other.
    n.set_foreign_context(lambda: (7, 9, True))
    span = emitter.begin_request("GET")
    assert span.trace_id == f"{7:032x}" and n.current_span().parent_span_id == f"{9:016x}"
    span.end()

    # Ids of parent and child differ.
    read, write = os.pipe()
    mine = n.span_id()
    pid = os.fork()
    if pid == 0:
        os.write(write, n.span_id().encode())
        os._exit(0)
    os.waitpid(pid, 0)
    assert os.read(read, 16).decode() != n.span_id()
    assert len({n.trace_id() for _ in range(10_000)}) == 10_000
    print("ok")
"""

HOSTILE = """
    from ghostglass import _native as n

    class Loud(Exception):
        def __str__(self):
            raise AssertionError("nobody reads a message")
        __repr__ = __str__

    emitter = n.Emitter(n.Collector())
    span = emitter.begin_request("BREW\\x1b[31m")
    span.name = "/\\ud800"
    span.set("key", object())
    span.set("key", 2**80)
    span.set("key", None)
    span.end(Loud("secret"))
    emitter.emit("event", a=1, b="x", c=None, d=[1, 2], e=2**70, dur_ns=-5)
    emitter.emit_req("/x", -1, -1)
    emitter.emit_db("\\ud800", 1)
    for wrong in (lambda: emitter.emit_req(1, 200, 5), lambda: emitter.emit_fn("f", "long")):
        try:
            wrong()
        except TypeError:
            continue
        raise AssertionError
    print("ok")
"""


def test_the_current_span_follows_tasks_and_leaves_threads_alone(bench: Bench) -> None:
    """Two hundred requests at once in one loop never see each other's trace."""
    bench.write("app.py", CONTEXTS)
    finished = bench.plain("app.py")
    assert (finished.code, finished.stdout) == (0, "ok\n"), finished.stderr


def test_traces_go_on_from_headers_and_from_other_tracers(bench: Bench) -> None:
    """Whoever called decides the trace id; a header that is none begins a new trace."""
    bench.write("app.py", TRACES)
    finished = bench.plain("app.py")
    assert (finished.code, finished.stdout) == (0, "ok\n"), finished.stderr


def test_odd_names_and_values_are_no_error(bench: Bench) -> None:
    """What a program gives as a name or value never raises, and no message is read."""
    bench.write("app.py", HOSTILE)
    finished = bench.plain("app.py")
    assert (finished.code, finished.stdout) == (0, "ok\n"), finished.stderr
