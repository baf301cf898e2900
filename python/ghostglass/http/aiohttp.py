"""aiohttp's client: every request of every session.

Ends with the head of the response, redirects included; the body is read by the program when it
likes. The server side of aiohttp is not observed.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ghostglass import _native


def patch(emitter: _native.Emitter) -> None:
    """Observe every request of aiohttp in this process."""
    from aiohttp.client import ClientSession

    original = ClientSession._request  # noqa: SLF001 - the one method all verbs go through

    @functools.wraps(original)
    async def _request(self: Any, method: str, str_or_url: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        span = _begin(emitter, self, method, str_or_url)
        if span is None:
            return await original(self, method, str_or_url, **kwargs)
        try:
            kwargs["headers"] = _with_trace(span, self, kwargs.get("headers"))
            response = await original(self, method, str_or_url, **kwargs)
            span.status = response.status
        except BaseException as error:
            span.end(error)
            raise
        span.end()
        return response

    ClientSession._request = _request  # noqa: SLF001


def _begin(
    emitter: _native.Emitter,
    session: Any,  # noqa: ANN401
    method: str,
    str_or_url: Any,  # noqa: ANN401
) -> _native.ActiveSpan | None:
    """Begin the span of a request; an address that is none is aiohttp's to refuse."""
    try:
        url = session._build_url(str_or_url)  # noqa: SLF001
        return emitter.begin_client(method.upper(), url.host or "", url.port)
    except Exception:
        return None


def _with_trace(span: _native.ActiveSpan, session: Any, given: Any) -> Any:  # noqa: ANN401
    """Give the headers with the span's context added, unless the program sends its own."""
    from multidict import CIMultiDict

    headers = CIMultiDict(given or ())
    if "traceparent" not in headers and "traceparent" not in session.headers:
        headers["traceparent"] = span.traceparent
        if span.tracestate:
            headers["tracestate"] = span.tracestate
    return headers
