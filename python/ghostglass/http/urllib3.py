"""urllib3, and what is built on it: requests, botocore and others count once, here.

A request that urllib3 retries by itself is one span, with what came of it in the end.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ghostglass import _native

# Where `urlopen(method, url, body, headers)` has its headers, when they are not named.
HEADERS_AT = 3


def patch(emitter: _native.Emitter) -> None:
    """Observe every request of urllib3 in this process."""
    from urllib3.connectionpool import HTTPConnectionPool

    original = HTTPConnectionPool.urlopen

    @functools.wraps(original)
    def urlopen(self: Any, method: str, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        # None for what urllib3 sends again: it retries by calling itself.
        span = emitter.begin_client(method, self.host, self.port)
        if span is None:
            return original(self, method, *args, **kwargs)
        args, kwargs = _with_trace(span, self, args, kwargs)
        try:
            response = original(self, method, *args, **kwargs)
            span.status = response.status
        except BaseException as error:
            span.end(error)
            raise
        span.end()
        return response

    HTTPConnectionPool.urlopen = urlopen


def _with_trace(
    span: _native.ActiveSpan,
    pool: Any,  # noqa: ANN401
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Give the arguments with a copy of the headers that has the context, unless it is there."""
    at = HEADERS_AT - 1
    given: Mapping[str, str] | None = args[at] if len(args) > at else kwargs.get("headers")
    headers = pool.headers if given is None else given
    if any(name.lower() == "traceparent" for name in headers):
        return args, kwargs
    extended = headers.copy() if hasattr(headers, "copy") else dict(headers)
    extended["traceparent"] = span.traceparent
    if span.tracestate:
        extended["tracestate"] = span.tracestate
    if len(args) > at:
        return (*args[:at], extended, *args[at + 1 :]), kwargs
    return args, {**kwargs, "headers": extended}
