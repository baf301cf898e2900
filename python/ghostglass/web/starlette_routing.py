"""What the routing of Starlette and FastAPI tells: templates, errors and background tasks.

Reads routes after they have matched and never matches by itself. What is patched here does nothing
but for a request that somebody observes.
"""

from __future__ import annotations

import functools
import inspect
import sys
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from ghostglass import _native
from ghostglass.web import asgi

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    type Handler = Callable[[Any, Exception], Any]

# Where a scope says which mount points led here, as templates.
MOUNTED = "ghostglass.mounted"
# Where a scope says which template matched, for versions of Starlette that do not.
MATCHED = "ghostglass.matched"
# Who hears of background tasks: whoever hears of the request that left them.
LISTENING: ContextVar[_native.Emitter | None] = ContextVar("ghostglass_listening", default=None)


def patch_routing() -> None:
    """Let routing tell what matched, and error handling what was raised; once per process."""
    from starlette import background, routing
    from starlette.middleware import exceptions

    if not hasattr(routing.Mount.handle, "__wrapped__"):
        _patch_handle(routing.Mount, _note_mount)
        _patch_handlers(exceptions.ExceptionMiddleware)
        _patch_background(background.BackgroundTask)
        if "route" not in routing.Router.app.__code__.co_consts:
            patch_routes(routing)
    if "fastapi" in sys.modules:
        patch_routes(routing)


def patch_routes(routing: Any) -> None:  # noqa: ANN401
    """Let plain routes tell that they matched, where their router does not: older ones, FastAPI."""
    for route in (routing.Route, routing.WebSocketRoute):
        if not hasattr(route.handle, "__wrapped__"):
            _patch_handle(route, _note_route)


def patch_fastapi(_emitter: _native.Emitter) -> None:
    """Observe the routes of FastAPI that are Starlette's own, such as `/docs`."""
    from starlette import routing

    patch_routes(routing)


def _patch_handle(route: Any, note: Callable[[Any, asgi.Scope], None]) -> None:  # noqa: ANN401
    """Let a kind of route write into the scope when it is chosen."""
    handle = route.handle

    @functools.wraps(handle)
    def noting(
        self: Any,  # noqa: ANN401
        scope: asgi.Scope,
        receive: asgi.Receive,
        send: asgi.Send,
    ) -> Awaitable[None]:
        if asgi.KEY in scope:
            note(self, scope)
        return handle(self, scope, receive, send)  # type: ignore[no-any-return]

    route.handle = inspect.markcoroutinefunction(noting)


def _note_mount(mount: Any, scope: asgi.Scope) -> None:  # noqa: ANN401
    """Add a mount point; what has no routes of its own (static files) is all there is to match."""
    scope[MOUNTED] = scope.get(MOUNTED, "") + mount.path
    if not mount.routes:
        scope[MATCHED] = ""


def _note_route(route: Any, scope: asgi.Scope) -> None:  # noqa: ANN401
    """Keep the template."""
    scope[MATCHED] = route.path


def _patch_handlers(middleware: Any) -> None:  # noqa: ANN401
    """Let the handlers an application registers say what they are called for."""
    init = middleware.__init__

    @functools.wraps(init)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401, N807
        init(self, *args, **kwargs)
        handlers = self._exception_handlers
        for kind, handler in handlers.items():
            handlers[kind] = _noting(handler)

    middleware.__init__ = __init__


def _patch_background(task: Any) -> None:  # noqa: ANN401
    """Let a background task have a span of its own: its time is not the response's."""
    call = task.__call__

    @functools.wraps(call)
    async def __call__(self: Any) -> None:  # noqa: ANN401, N807
        emitter = LISTENING.get() or _native.run_emitter()
        span = emitter.begin_function("background") if emitter else None
        if span is None:
            await call(self)
            return
        try:
            await call(self)
        except BaseException as error:
            span.end(error)
            raise
        span.end()

    task.__call__ = __call__


def _noting(handler: Handler) -> Handler:
    """Wrap an error handler; one that runs in a thread still does."""
    call = getattr(handler, "__call__", None)  # noqa: B004 - an object may be one by its method
    if inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(call):

        @functools.wraps(handler)
        async def noting_async(connection: Any, error: Exception) -> Any:  # noqa: ANN401
            _note(connection, error)
            return await handler(connection, error)

        return noting_async

    @functools.wraps(handler)
    def noting(connection: Any, error: Exception) -> Any:  # noqa: ANN401
        _note(connection, error)
        return handler(connection, error)

    return noting


def _note(connection: Any, error: Exception) -> None:  # noqa: ANN401
    """Tell the exchange what its framework is about to turn into a response."""
    exchange = connection.scope.get(asgi.KEY)
    if exchange is not None:
        exchange.note(error)


def route_of(scope: asgi.Scope) -> str | None:
    """Find the template that matched, behind its mount points and with its routers' prefixes."""
    route = scope.get("route")
    included = scope["fastapi"].get("effective_route_context") if "fastapi" in scope else None
    if included is not None and included.original_route is route:
        path = getattr(included.starlette_route, "path", None) or included.path
    elif route is None or hasattr(route, "routes"):
        path = scope.get(MATCHED)
    else:
        path = route.path
    return None if path is None else f"{scope.get(MOUNTED, '')}{path}"
