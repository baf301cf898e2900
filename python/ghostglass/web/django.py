"""Django: the middleware, new-style, sync and async, which belongs first in `MIDDLEWARE`.

Without code the two handlers of Django are observed instead: `django_handlers`.
"""

from __future__ import annotations

import functools
import inspect
import sys
from typing import TYPE_CHECKING, Any

from ghostglass.web import wsgi
from ghostglass.web.rules import UNMATCHED, Rules, emitter_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ghostglass import _native

    type Request = Any
    type Response = Any

# Where an environment or scope says which template matched.
ROUTE = "ghostglass.route"


def listen_for_errors() -> None:
    """Hear of every exception that becomes a response of status 500; twice changes nothing."""
    from django.core.signals import got_request_exception

    got_request_exception.connect(_note, dispatch_uid=ROUTE)


def _note(request: Request, **_: object) -> None:
    """Remember what is being handled, where the span of this request will look for it."""
    carrier = carrier_of(request)
    error = sys.exception()
    if wsgi.KEY in carrier and error is not None:
        carrier[wsgi.KEY].note(error)
    else:
        request.ghostglass_exception = error


def carrier_of(request: Request) -> dict[str, Any]:
    """Give what a request travels in: its scope, or its environment."""
    return request.scope if hasattr(request, "scope") else request.META  # type: ignore[no-any-return]


def template_of(route: str) -> str:
    """Spell a route as a path; a regular expression stays as it is."""
    return route if route.startswith(("^", "/")) else f"/{route}"


@functools.cache
def _rules() -> Rules | None:
    """Read the setting `GHOSTGLASS`: `COLLECTOR`, `EXCLUDE_ROUTES`, `SAMPLE`; all optional."""
    from django.conf import settings

    options = getattr(settings, "GHOSTGLASS", {})
    emitter = emitter_of(options.get("COLLECTOR"))
    if emitter is None:
        return None
    return Rules(
        emitter,
        "django",
        exclude_routes=options.get("EXCLUDE_ROUTES", ()),
        sample=options.get("SAMPLE"),
    )


class GhostglassMiddleware:
    """`ghostglass.web.django.GhostglassMiddleware`: the first line of `MIDDLEWARE`."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[Request], Any]) -> None:
        """Become a coroutine function exactly when the rest of the stack is one."""
        self.get_response = get_response
        self.rules = _rules()
        listen_for_errors()
        self.is_async = inspect.iscoroutinefunction(get_response)
        if self.is_async:
            inspect.markcoroutinefunction(self)

    def __call__(self, request: Request) -> Any:  # noqa: ANN401 - a response, or one to await
        """Serve one request."""
        span = self._begin(request)
        if span is None:
            return self.get_response(request)
        return self._async(request, span) if self.is_async else self._sync(request, span)

    def _begin(self, request: Request) -> _native.ActiveSpan | None:
        """Begin a span, or give the one that is open already to this emitter as well."""
        rules = self.rules
        if rules is None or (rules.is_excluded and rules.is_excluded(request.path)):
            return None
        exchange = carrier_of(request).get(wsgi.KEY)
        if exchange is not None:
            exchange.span.add_emitter(rules.emitter)
            return None
        headers = request.headers
        span = rules.begin(request.method, headers.get("traceparent"), headers.get("tracestate"))
        length = request.META.get("CONTENT_LENGTH") or ""
        if span is not None and length.isdecimal():
            span.add_bytes_in(int(length))
        return span

    def _sync(self, request: Request, span: _native.ActiveSpan) -> Response:
        """Serve within the span."""
        try:
            response = self.get_response(request)
        except BaseException as error:
            span.end(error)
            raise
        return _answered(request, response, span)

    async def _async(self, request: Request, span: _native.ActiveSpan) -> Response:
        """Serve within the span."""
        try:
            response = await self.get_response(request)
        except BaseException as error:
            span.end(error)
            raise
        return _answered(request, response, span)


def _answered(request: Request, response: Response, span: _native.ActiveSpan) -> Response:
    """Note the response, and end the span with it, or when its stream is closed."""
    match = request.resolver_match
    span.name = template_of(match.route) if match is not None else UNMATCHED
    span.status = response.status_code
    error = getattr(request, "ghostglass_exception", None)
    if not response.streaming:
        span.add_bytes_out(len(response.content) if request.method != "HEAD" else 0)
        span.end(error)
        return response
    if getattr(response, "file_to_stream", None) is not None:
        # A server may send the file by itself, and would not if the stream were replaced.
        length = response.headers.get("Content-Length", "")
        span.add_bytes_out(int(length) if length.isdecimal() else 0)
    else:
        response.streaming_content = _counted(response, span)
    response._resource_closers.append(functools.partial(span.end, error))  # noqa: SLF001
    span.detach()
    return response


def _counted(response: Response, span: _native.ActiveSpan) -> Any:  # noqa: ANN401
    """Count a stream while it is sent."""
    stream = response.streaming_content

    async def counted_async() -> Any:  # noqa: ANN401
        async for chunk in stream:
            span.add_bytes_out(len(chunk))
            yield chunk

    def counted() -> Any:  # noqa: ANN401
        for chunk in stream:
            span.add_bytes_out(len(chunk))
            yield chunk

    return counted_async() if getattr(response, "is_async", False) else counted()
