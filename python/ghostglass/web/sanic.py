"""Sanic: requests of its own server and behind an ASGI server, per application or without code.

Observes where Sanic handles a request and where its responses send; registers no middleware and no
signal, either of which would slow every request down.
"""

from __future__ import annotations

import functools
from asyncio import CancelledError
from typing import TYPE_CHECKING, Any

from ghostglass.web.rules import UNMATCHED, Rules, emitter_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ghostglass import _native

    type Application = Any
    type Request = Any

SERVER_ERROR = 500
# Where a request's own context carries its exchange.
KEY = "_ghostglass_exchange"
# Where an application's own context carries its rules, if somebody asked to observe it.
RULES = "_ghostglass_rules"
# Those of the run, if there is one.
_OF_RUN: list[Rules] = []


def instrument(
    app: Application,
    *,
    collector: _native.Collector | None = None,
    emitter: _native.Emitter | None = None,
    exclude_routes: Iterable[str] = (),
    sample: float | _native.Sampler | None = None,
) -> None:
    """Observe one Sanic application."""
    emitter = emitter or emitter_of(collector)
    if emitter is not None:
        rules = Rules(emitter, "sanic", exclude_routes=exclude_routes, sample=sample)
        setattr(app.ctx, RULES, rules)
        patch(None)


def patch(emitter: _native.Emitter | None) -> None:
    """Observe every Sanic application of this process, or with `None` those somebody named."""
    from sanic.app import Sanic
    from sanic.touchup.service import TouchUp

    if emitter is not None:
        _OF_RUN.append(Rules(emitter, "sanic"))
    if not _is_ours(Sanic.handle_request):
        _wrap_handlers(Sanic)
        _patch_send()
        run = TouchUp.run.__func__

        @functools.wraps(run)
        def run_and_wrap(cls: type, app: Application) -> None:
            # Writes both methods anew, from their source, when a server starts.
            run(cls, app)
            _wrap_handlers(Sanic)

        TouchUp.run = classmethod(run_and_wrap)


def _wrap_handlers(sanic: Any) -> None:  # noqa: ANN401 - the class
    """Observe the two methods through which every request goes."""
    handle, handle_exception = sanic.handle_request, sanic.handle_exception
    if _is_ours(handle):
        return

    @functools.wraps(handle)
    async def handle_request(self: Application, request: Request) -> None:
        own = getattr(self.ctx, RULES, None)
        rules = [*_OF_RUN, own] if own is not None else _OF_RUN
        if own is not None and own.is_excluded and own.is_excluded(request.path):
            rules = _OF_RUN
        if rules:
            await _observed(handle, self, request, rules)
        else:
            await handle(self, request)

    @functools.wraps(handle_exception)
    async def noting(
        self: Application,
        request: Request,
        exception: BaseException,
        *rest: Any,  # noqa: ANN401
        **options: Any,  # noqa: ANN401
    ) -> None:
        if (exchange := getattr(request.ctx, KEY, None)) is not None:
            exchange.exception = exception
        await handle_exception(self, request, exception, *rest, **options)

    sanic.handle_request, sanic.handle_exception = handle_request, noting


def _is_ours(method: Any) -> bool:  # noqa: ANN401
    """Tell whether a method is observed."""
    return bool(method.__code__.co_filename == __file__)


class Exchange:
    """One request: its span, and what Sanic makes of it."""

    __slots__ = ("exception", "span")

    def __init__(self, span: _native.ActiveSpan) -> None:
        """Begin with nothing wrong."""
        self.span = span
        self.exception: BaseException | None = None

    def end(self, request: Request, error: BaseException | None = None) -> None:
        """Name the span and end it."""
        span, route = self.span, request.route
        span.name = f"/{route.path}" if route is not None else UNMATCHED
        if span.status is None:
            self._status_without_body(request)
        span.add_bytes_in(getattr(request.stream, "request_bytes", 0) or len(request.body or b""))
        if (span.status or 0) >= SERVER_ERROR:
            error = error or self.exception
        self.exception = None
        span.end(error)

    def _status_without_body(self, request: Request) -> None:
        """Find the status of what no response sent: a WebSocket, mostly."""
        if request.route is not None and hasattr(request.route.handler, "is_websocket"):
            self.span.set("protocol", "websocket")
            self.span.status = 101
        elif (response := getattr(request.stream, "response", None)) is not None:
            self.span.status = response.status


async def _observed(handle: Any, app: Application, request: Request, rules: list[Rules]) -> None:  # noqa: ANN401
    """Handle a request within a span."""
    headers, method = request.headers, request.method
    span = rules[0].begin(method, headers.get("traceparent"), headers.get("tracestate"))
    if span is None:
        await handle(app, request)
        return
    for more in rules[1:]:
        span.add_emitter(more.emitter)
    exchange = Exchange(span)
    setattr(request.ctx, KEY, exchange)
    try:
        await handle(app, request)
    except CancelledError:
        span.set("disconnected", True)  # noqa: FBT003 - a value, not a switch
        exchange.end(request)
        raise
    except BaseException as error:
        exchange.end(request, error)
        raise
    exchange.end(request)


def _patch_send() -> None:
    """Let responses tell what they send."""
    from sanic.response.types import BaseHTTPResponse

    send = BaseHTTPResponse.send

    @functools.wraps(send)
    async def counted(self: Any, data: Any = None, end_stream: bool | None = None) -> None:  # noqa: ANN401, FBT001
        _count(self, data)
        await send(self, data, end_stream)

    BaseHTTPResponse.send = counted


def _count(response: Any, data: Any) -> None:  # noqa: ANN401
    """Count a chunk, or the body that goes with the headers when there is no chunk."""
    stream = response.stream
    request: Request | None = getattr(stream, "request", None)
    exchange = getattr(request.ctx, KEY, None) if request is not None else None
    if request is None or exchange is None:
        return
    exchange.span.status = response.status
    if request.method != "HEAD":
        if not data and stream.stage.name == "HANDLER":
            data = response.body
        exchange.span.add_bytes_out(len(data or b""))
