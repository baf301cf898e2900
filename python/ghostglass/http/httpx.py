"""httpx: what its network transports send, sync and async.

Observes transports and not clients, so that redirects count one by one and tests that mount an
application instead of a network count nothing.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ghostglass import _native

    type Request = Any
    type Response = Any


def patch(emitter: _native.Emitter) -> None:
    """Observe every request of httpx in this process."""
    from httpx import AsyncHTTPTransport, HTTPTransport

    handle, handle_async = HTTPTransport.handle_request, AsyncHTTPTransport.handle_async_request

    @functools.wraps(handle)
    def handle_request(self: Any, request: Request) -> Response:  # noqa: ANN401
        span = _begin(emitter, request)
        if span is None:
            return handle(self, request)
        try:
            response = handle(self, request)
        except BaseException as error:
            span.end(error)
            raise
        return _answered(span, response)

    @functools.wraps(handle_async)
    async def handle_async_request(self: Any, request: Request) -> Response:  # noqa: ANN401
        span = _begin(emitter, request)
        if span is None:
            return await handle_async(self, request)
        try:
            response = await handle_async(self, request)
        except BaseException as error:
            span.end(error)
            raise
        return _answered(span, response)

    HTTPTransport.handle_request = handle_request
    AsyncHTTPTransport.handle_async_request = handle_async_request


def _begin(emitter: _native.Emitter, request: Request) -> _native.ActiveSpan | None:
    """Begin the span of a request, and send its context along unless the program sends its own."""
    span = emitter.begin_client(request.method, request.url.host, request.url.port)
    if span is not None and "traceparent" not in request.headers:
        request.headers["traceparent"] = span.traceparent
        if span.tracestate:
            request.headers["tracestate"] = span.tracestate
    return span


def _answered(span: _native.ActiveSpan, response: Response) -> Response:
    """End with the head of the response; its body is read by the program when it likes."""
    span.status = response.status_code
    span.end()
    return response
