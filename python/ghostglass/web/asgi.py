"""The ASGI room: one span per HTTP request and per WebSocket connection of any ASGI application.

Counts what passes through `send` and `receive` and changes none of it; what a plain request costs
is in the extension. Lifespan and other scopes pass untouched. Knows no framework: a route template
is found by a function that is handed in.
"""

from __future__ import annotations

import inspect
from asyncio import CancelledError
from typing import TYPE_CHECKING, Any

from ghostglass import _native
from ghostglass.web.rules import UNMATCHED, Rules, emitter_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, MutableMapping

    type Message = MutableMapping[str, Any]
    type Scope = MutableMapping[str, Any]
    type Receive = Callable[[], Awaitable[Message]]
    type Send = Callable[[Message], Awaitable[None]]
    type App = Callable[[Scope, Receive, Send], Awaitable[None]]
    type RouteOf = Callable[[Scope], str | None]

# Where a scope carries its exchange; who finds one open knows that the request is counted already.
KEY = "ghostglass.exchange"
SERVER_ERROR = 500
# What a peer says when it ends a WebSocket on purpose: normal, going away, no status given.
WEBSOCKET_GOODBYES = frozenset((1000, 1001, 1005))


class Room:
    """What all connections of one application have in common."""

    __slots__ = ("native", "route_of", "rules")

    def __init__(self, rules: Rules, route_of: RouteOf | None = None) -> None:
        """Prepare, so that a request costs as little as it can."""
        self.rules = rules
        self.route_of = route_of or route_of_scope
        self.native = _native.AsgiRoom(
            rules.emitter,
            rules.framework,
            send_last=_send_last,
            counted=_counted,
            sampler=rules.sampler,
            route_of=route_of,
            names_background=rules.names_background,
        )


async def _send_last(exchange: _native.AsgiExchange, message: Message) -> None:
    """Send the end of a stream, and end the span once the server has taken it."""
    await exchange.server_send(message)
    exchange.end()


def _counted(exchange: _native.AsgiExchange | Conversation, receive: Receive) -> Receive:
    """Give the `receive` that the application gets."""
    note = exchange.note_received

    async def counted() -> Message:
        message = await receive()
        note(message)
        return message

    return counted


class Conversation:
    """One WebSocket connection, from its request to whoever closes it."""

    __slots__ = ("_send", "exception", "room", "scope", "span", "status")

    def __init__(self, span: _native.ActiveSpan, room: Room, scope: Scope, send: Send) -> None:
        """Remember the server's side."""
        self.span = span
        self.room = room
        self.scope = scope
        self.status = 0
        self.exception: BaseException | None = None
        self._send = send
        span.set("protocol", "websocket")

    def __call__(self, message: Message) -> Awaitable[None]:
        """Send a message, counted; the status is that of the handshake."""
        kind = message["type"]
        if kind == "websocket.send":
            self.span.add_bytes_out(_size(message))
        elif kind == "websocket.accept":
            self.status = 101
        elif kind == "websocket.close" and not self.status:
            self.status = 403
        elif kind == "websocket.http.response.start":
            self.status = message["status"]
        return self._send(message)

    def note_received(self, message: Message) -> None:
        """Count a message that was received; a peer that vanishes says no goodbye."""
        if message["type"] == "websocket.receive":
            self.span.add_bytes_in(_size(message))
        elif message.get("code", 1000) not in WEBSOCKET_GOODBYES:
            self.span.set("disconnected", True)  # noqa: FBT003 - a value, not a switch

    def note(self, error: BaseException) -> None:
        """Remember what a framework is about to make an answer of."""
        self.exception = error

    def close(self, error: BaseException | None = None) -> None:
        """End with the conversation."""
        self.scope.pop(KEY, None)
        self.span.name = self.room.route_of(self.scope) or UNMATCHED
        self.span.status = self.status or (SERVER_ERROR if error else None)
        if (self.span.status or 0) >= SERVER_ERROR:
            error = error or self.exception
        self.exception = None
        self.span.end(error)


class GhostASGI:
    """Any ASGI application, with one span per request and WebSocket connection."""

    def __init__(  # noqa: PLR0913 - keywords
        self,
        app: App,
        *,
        collector: _native.Collector | None = None,
        emitter: _native.Emitter | None = None,
        exclude_routes: Iterable[str] = (),
        sample: float | _native.Sampler | None = None,
        route_of: RouteOf | None = None,
        framework: str = "asgi",
        names_background: bool = True,
    ) -> None:
        """Wrap `app`; without a collector spans go to the run, and outside a run nowhere."""
        self.app = app
        emitter = emitter or emitter_of(collector)
        self.room = None
        if emitter is not None:
            rules = Rules(emitter, framework, exclude_routes=exclude_routes, sample=sample)
            rules.names_background = names_background
            self.room = Room(rules, route_of)

    @inspect.markcoroutinefunction
    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one connection."""
        if self.room is None:
            return self.app(scope, receive, send)
        return serve(self.app, scope, receive, send, self.room)

    def __getattr__(self, name: str) -> object:
        """Be the application in everything else: servers and tests look at its attributes."""
        if name == "app":
            raise AttributeError(name)
        return getattr(self.app, name)


def serve(app: App, scope: Scope, receive: Receive, send: Send, room: Room) -> Awaitable[None]:
    """Call an application, and observe it if this is a request that nobody observes yet."""
    kind = scope["type"]
    if kind != "http" and kind != "websocket":  # noqa: PLR1714 - a set costs more
        return app(scope, receive, send)
    rules = room.rules
    if rules.is_excluded and rules.is_excluded(scope["path"]):
        return app(scope, receive, send)
    if KEY in scope:
        scope[KEY].span.add_emitter(rules.emitter)
        return app(scope, receive, send)
    if kind == "http":
        return room.native.serve(app, scope, receive, send)
    return _conversing(app, scope, receive, send, room)


async def _conversing(app: App, scope: Scope, receive: Receive, send: Send, room: Room) -> None:
    """Call an application within the span of a WebSocket connection."""
    conversation = _conversation(scope, send, room)
    if conversation is None:
        await app(scope, receive, send)
        return
    try:
        await app(scope, _counted(conversation, receive), conversation)
    except CancelledError:
        # Of servers that cancel connections whose client left.
        conversation.close()
        raise
    except BaseException as error:
        conversation.close(error)
        raise
    conversation.close()


def _conversation(scope: Scope, send: Send, room: Room) -> Conversation | None:
    """Begin the span of a WebSocket connection, in the trace its headers name."""
    headers = dict(scope["headers"])
    traceparent, tracestate = headers.get(b"traceparent"), headers.get(b"tracestate")
    span = room.rules.begin(
        "GET",
        traceparent and traceparent.decode("latin-1"),
        tracestate and tracestate.decode("latin-1"),
    )
    if span is None:
        return None
    scope[KEY] = conversation = Conversation(span, room, scope, send)
    return conversation


def route_of_scope(scope: Scope) -> str | None:
    """Find the template where Starlette and its kin leave it."""
    return getattr(scope.get("route"), "path", None)


def _size(message: Message) -> int:
    """Give the payload's size of a WebSocket message, in bytes."""
    if text := message.get("text"):
        return len(text.encode())
    return len(message.get("bytes") or b"")
