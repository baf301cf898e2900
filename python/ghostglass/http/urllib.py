"""`urllib.request`, for programs that need no client library.

`http.client` below it is not observed: other clients build on it, and would count twice.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ghostglass import _native


def patch(emitter: _native.Emitter) -> None:
    """Observe every HTTP request of `urllib.request` in this process."""
    from urllib.request import AbstractHTTPHandler

    original = AbstractHTTPHandler.do_open

    @functools.wraps(original)
    def do_open(self: Any, http_class: Any, req: Any, **http_conn_args: Any) -> Any:  # noqa: ANN401
        host, _, port = (req.host or "").rpartition(":")
        if not port.isdecimal():
            host, port = req.host or "", ""
        span = emitter.begin_client(req.get_method(), host, int(port) if port else None)
        if span is None:
            return original(self, http_class, req, **http_conn_args)
        is_ours = not req.has_header("Traceparent")
        if is_ours:
            req.add_unredirected_header("Traceparent", span.traceparent)
        try:
            response = original(self, http_class, req, **http_conn_args)
            span.status = response.status
        except BaseException as error:
            span.end(error)
            raise
        finally:
            if is_ours:
                req.unredirected_hdrs.pop("Traceparent", None)
        span.end()
        return response

    AbstractHTTPHandler.do_open = do_open  # type: ignore[method-assign]
