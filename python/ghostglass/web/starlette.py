"""Starlette and FastAPI: their applications in the ASGI room, as middleware or without any code.

Uses no `BaseHTTPMiddleware`, which would change context and cancellation. How a route is found is
in `starlette_routing`.
"""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any

from ghostglass.web import asgi, starlette_routing
from ghostglass.web.rules import Rules, emitter_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable

    from ghostglass import _native

    type Application = Any


class GhostMiddleware(asgi.GhostASGI):
    """The middleware: `app.add_middleware(GhostMiddleware, collector=…)`, the outermost last."""

    def __init__(
        self,
        app: asgi.App,
        *,
        collector: _native.Collector | None = None,
        emitter: _native.Emitter | None = None,
        exclude_routes: Iterable[str] = (),
        sample: float | _native.Sampler | None = None,
    ) -> None:
        """Wrap the rest of the middleware stack."""
        starlette_routing.patch_routing()
        emitter = emitter or emitter_of(collector)
        super().__init__(
            app,
            emitter=emitter,
            exclude_routes=exclude_routes,
            sample=sample,
            route_of=starlette_routing.route_of,
            framework="starlette",
            names_background=False,
        )
        self.emitter = emitter

    @inspect.markcoroutinefunction
    def __call__(
        self, scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send
    ) -> Awaitable[None]:
        """Serve one connection."""
        starlette_routing.LISTENING.set(self.emitter)
        return super().__call__(scope, receive, send)


def instrument(
    app: Application,
    *,
    collector: _native.Collector | None = None,
    emitter: _native.Emitter | None = None,
    exclude_routes: Iterable[str] = (),
    sample: float | _native.Sampler | None = None,
) -> None:
    """Observe one Starlette or FastAPI application, errors of its other middleware included."""
    emitter = emitter or emitter_of(collector)
    if emitter is not None:
        starlette_routing.patch_routing()
        rules = Rules(emitter, framework_of(app), exclude_routes=exclude_routes, sample=sample)
        rules.names_background = False
        room = asgi.Room(rules, starlette_routing.route_of)
        build = app.build_middleware_stack

        def build_middleware_stack() -> asgi.App:
            return _served(build(), room)

        # Built when the first request comes, around whatever is added until then.
        app.build_middleware_stack = build_middleware_stack


def framework_of(app: Application) -> str:
    """Name the framework of an application."""
    return "fastapi" if hasattr(app, "openapi") else "starlette"


def _served(app: asgi.App, room: asgi.Room) -> asgi.App:
    """Wrap one ASGI application."""

    def served(scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> Awaitable[None]:
        starlette_routing.LISTENING.set(room.rules.emitter)
        return asgi.serve(app, scope, receive, send, room)

    return inspect.markcoroutinefunction(served)


def patch(emitter: _native.Emitter) -> None:
    """Observe every Starlette and FastAPI application of this process."""
    from starlette.applications import Starlette

    starlette_routing.patch_routing()
    call = Starlette.__call__
    rooms = {}
    for name in ("fastapi", "starlette"):
        rules = Rules(emitter, name)
        rules.names_background = False
        rooms[name] = asgi.Room(rules, starlette_routing.route_of)

    @functools.wraps(call)
    def __call__(  # noqa: N807
        self: Any,  # noqa: ANN401
        scope: asgi.Scope,
        receive: asgi.Receive,
        send: asgi.Send,
    ) -> Awaitable[None]:
        return asgi.serve(call.__get__(self), scope, receive, send, rooms[framework_of(self)])

    Starlette.__call__ = inspect.markcoroutinefunction(__call__)
