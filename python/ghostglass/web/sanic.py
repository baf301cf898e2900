"""Sanic: requests of its own server and behind an ASGI server, per application or without code.

Observes where Sanic handles a request and where its responses send; registers no middleware and no
signal, either of which would slow every request down.
"""

from __future__ import annotations

import functools
import weakref
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
# The applications somebody asked to observe, beside those of a run.
_RULES: weakref.WeakKeyDictionary[Application, Rules] = weakref.WeakKeyDictionary()


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
        _RULES[app] = Rules(emitter, "sanic", exclude_routes=exclude_routes, sample=sample)
        patch(None)


def patch(emitter: _native.Emitter | None) -> None:
    """Observe every Sanic application of this process, or with `None` those somebody named."""
    from sanic.app import Sanic

    previous = getattr(Sanic.handle_request, "__wrapped__", None)
    if previous is not None and emitter is None:
        return
    rules = Rules(emitter, "sanic") if emitter is not None else None
    handle, handle_exception = previous or Sanic.handle_request, Sanic.handle_exception

    @functools.wraps(handle)
    async def handle_request(self: Application, request: Request) -> None:
        own = _RULES.get(self)
        first = rules or own
        if first is None or (first.is_excluded and first.is_excluded(request.path)):
            await handle(self, request)
        else:
            await _observed(handle, self, request, first, own)

    Sanic.handle_request = handle_request
    if previous is None:

        @functools.wraps(handle_exception)
        async def noting(
            self: Any,  # noqa: ANN401
            request: Request,
            exception: BaseException,
            *rest: Any,  # noqa: ANN401
            **options: Any,  # noqa: ANN401
        ) -> None:
            if (exchange := getattr(request.ctx, KEY, None)) is not None:
                exchange.exception = exception
            await handle_exception(self, request, exception, *rest, **options)

        Sanic.handle_exception = noting
        _patch_send()


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


async def _observed(
    handle: Any,  # noqa: ANN401
    app: Application,
    request: Request,
    rules: Rules,
    own: Rules | None,
) -> None:
    """Handle a request within a span."""
    headers = request.headers
    span = rules.begin(request.method, headers.get("traceparent"), headers.get("tracestate"))
    if span is None:
        return await handle(app, request)  # type: ignore[no-any-return]
    if own is not None and own is not rules:
        span.add_emitter(own.emitter)
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
    return None


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
