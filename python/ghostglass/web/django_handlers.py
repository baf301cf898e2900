"""Django without any code: its two handlers in the rooms for WSGI and ASGI.

Settings and middleware of the program stay as they are.
"""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any

from ghostglass.web import asgi, wsgi
from ghostglass.web.django import ROUTE, carrier_of, listen_for_errors, template_of
from ghostglass.web.rules import Rules

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable

    from ghostglass import _native

    type Request = Any


def patch_wsgi(emitter: _native.Emitter) -> None:
    """Observe Django behind a WSGI server, `runserver` included."""
    from django.core.handlers.wsgi import WSGIHandler

    room = wsgi.Room(Rules(emitter, "django"), _route_noted)
    call = WSGIHandler.__call__

    @functools.wraps(call)
    def __call__(self: Any, environ: wsgi.Environ, start_response: Any) -> Iterable[bytes]:  # noqa: ANN401, N807
        return wsgi.serve(call.__get__(self), environ, start_response, room)

    WSGIHandler.__call__ = __call__


def patch_asgi(emitter: _native.Emitter) -> None:
    """Observe Django behind an ASGI server."""
    from django.core.handlers.asgi import ASGIHandler

    rules = Rules(emitter, "django")
    # Django has none: what follows a response is its own cleaning up.
    rules.names_background = False
    room = asgi.Room(rules, _route_noted)
    call = ASGIHandler.__call__

    @functools.wraps(call)
    def __call__(  # noqa: N807
        self: Any,  # noqa: ANN401
        scope: asgi.Scope,
        receive: asgi.Receive,
        send: asgi.Send,
    ) -> Awaitable[None]:
        return asgi.serve(call.__get__(self), scope, receive, send, room)

    ASGIHandler.__call__ = inspect.markcoroutinefunction(__call__)


def patch_base(_emitter: _native.Emitter) -> None:
    """Let both handlers tell which route matched, and what was raised on the way."""
    from django.core.handlers.base import BaseHandler

    resolve = BaseHandler.resolve_request

    @functools.wraps(resolve)
    def resolve_request(self: Any, request: Request) -> Any:  # noqa: ANN401
        match = resolve(self, request)
        carrier_of(request)[ROUTE] = template_of(match.route)
        return match

    BaseHandler.resolve_request = resolve_request
    listen_for_errors()


def _route_noted(carrier: Any) -> str | None:  # noqa: ANN401 - an environment or a scope
    """Find what `resolve_request` noted."""
    return carrier.get(ROUTE)  # type: ignore[no-any-return]
