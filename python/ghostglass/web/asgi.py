"""The ASGI room: one span per HTTP request and per WebSocket connection of any ASGI application.

Counts what passes through `send` and `receive` and changes none of it. Lifespan and other scopes
pass untouched. Knows no framework: a route template is found by a function that is handed in.
"""

from __future__ import annotations

import inspect
from asyncio import CancelledError
from time import monotonic_ns
from typing import TYPE_CHECKING, Any

from ghostglass.web.rules import UNMATCHED, Rules, emitter_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, MutableMapping

    from ghostglass import _native

    type Message = MutableMapping[str, Any]
    type Scope = MutableMapping[str, Any]
    type Receive = Callable[[], Awaitable[Message]]
    type Send = Callable[[Message], Awaitable[None]]
    type App = Callable[[Scope, Receive, Send], Awaitable[None]]
    type RouteOf = Callable[[Scope], str | None]

# Where a scope carries its exchange; who finds one open knows that the request is counted already.
KEY = "ghostglass.exchange"
# A handler's time after the last byte is called `background` from here on; below it is plumbing.
BACKGROUND_NS_MIN = 1_000_000
SERVER_ERROR = 500
# Requests of these methods have no body worth an extra step for each `receive`.
BODILESS = frozenset(("GET", "HEAD", "OPTIONS", "TRACE"))
# What a peer says when it ends a WebSocket on purpose: normal, going away, no status given.
WEBSOCKET_GOODBYES = frozenset((1000, 1001, 1005))


class Exchange:
    """One request and its response: what passed, and the span that says so."""

    __slots__ = (
        "_receive",
        "_route_of",
        "_send",
        "ended_ns",
        "exception",
        "rules",
        "scope",
        "span",
    )

    def __init__(
        self, span: _native.ActiveSpan, rules: Rules, scope: Scope, send: Send, route_of: RouteOf
    ) -> None:
        """Remember the server's side; nothing is wrapped that need not be."""
        self.span = span
        self.rules = rules
        self.scope = scope
        self.exception: BaseException | None = None
        self.ended_ns = 0
        self._send = send
        self._route_of = route_of

    def send(self, message: Message) -> Awaitable[None]:
        """Count what is sent; a plain function, so that only the last message costs a coroutine."""
        try:
            kind = message["type"]
            if kind == "http.response.body":
                if body := message.get("body"):
                    self.span.add_bytes_out(len(body))
                if not message.get("more_body"):
                    return self._send_last(message)
            elif kind == "http.response.start":
                self.span.status = message["status"]
        except Exception:
            return self._send(message)
        return self._send(message)

    async def _send_last(self, message: Message) -> None:
        """Send the last bytes, and end the span once the server has taken them."""
        await self._send(message)
        # A server error may still bring its exception along, after the response for it.
        if (self.span.status or 0) < SERVER_ERROR:
            self.end()

    async def receive(self) -> Message:
        """Count what is received, and notice a client that left before its answer was complete."""
        message = await self._receive()
        if message["type"] == "http.request":
            self.span.add_bytes_in(len(message.get("body", b"")))
        elif message["type"] == "http.disconnect" and not self.ended_ns:
            self.span.set("disconnected", True)  # noqa: FBT003 - a value, not a switch
        return message

    def counted(self, receive: Receive) -> Receive:
        """Give the `receive` the application gets."""
        self._receive = receive
        return self.receive

    def note(self, error: BaseException) -> None:
        """Remember what a framework is about to turn into a response."""
        self.exception = error

    def end(self, error: BaseException | None = None) -> None:
        """End the span, once; its context stays current for what runs after the response."""
        if self.ended_ns:
            return
        self.ended_ns = monotonic_ns()
        span = self.span
        try:
            span.name = self._route_of(self.scope) or UNMATCHED
            if (span.status or 0) >= SERVER_ERROR:
                error = error or self.exception
        finally:
            self.exception = None
            span.end(error)
            span.attach()

    def returned(self) -> None:
        """Note that the application is done, with or without a complete response."""
        if not self.ended_ns and (self.span.status or 0) < SERVER_ERROR:
            self.span.set("disconnected", True)  # noqa: FBT003
        self.end()

    def failed(self, error: BaseException) -> None:
        """Note that the application raised; a cancelled request is one whose client left."""
        if isinstance(error, CancelledError):
            self.returned()
            return
        if self.span.status is None:
            self.span.status = SERVER_ERROR
        self.end(error)

    def close(self) -> None:
        """Leave nothing behind in scope or context; what ran after the response gets its name."""
        self.scope.pop(KEY, None)
        if self.rules.names_background:
            background_ns = monotonic_ns() - self.ended_ns
            if background_ns >= BACKGROUND_NS_MIN:
                self.rules.emitter.emit_fn("background", background_ns)
        self.span.detach()


class HeadExchange(Exchange):
    """A HEAD request: the server drops the body an application sends all the same."""

    __slots__ = ()

    def send(self, message: Message) -> Awaitable[None]:
        """Note status and end, and count no byte."""
        if message["type"] == "http.response.start":
            self.span.status = message["status"]
        elif message["type"] == "http.response.body" and not message.get("more_body"):
            return self._send_last(message)
        return self._send(message)


class Conversation(Exchange):
    """One WebSocket connection, from its request to whoever closes it."""

    __slots__ = ()

    def send(self, message: Message) -> Awaitable[None]:
        """Count what is sent; the status is that of the handshake."""
        kind = message["type"]
        if kind == "websocket.send":
            self.span.add_bytes_out(_size(message))
        elif kind == "websocket.accept":
            self.span.status = 101
        elif kind == "websocket.close" and self.span.status is None:
            self.span.status = 403
        elif kind == "websocket.http.response.start":
            self.span.status = message["status"]
        return self._send(message)

    async def receive(self) -> Message:
        """Count what is received; a peer that vanishes says no goodbye."""
        message = await self._receive()
        if message["type"] == "websocket.receive":
            self.span.add_bytes_in(_size(message))
        elif message.get("code", 1000) not in WEBSOCKET_GOODBYES:
            self.span.set("disconnected", True)  # noqa: FBT003
        return message

    def returned(self) -> None:
        """End with the conversation; there is no last byte to miss."""
        self.end()


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
    ) -> None:
        """Wrap `app`; without a collector spans go to the run, and outside a run nowhere."""
        self.app = app
        emitter = emitter or emitter_of(collector)
        self.rules = (
            Rules(emitter, framework, exclude_routes=exclude_routes, sample=sample)
            if emitter
            else None
        )
        self.route_of = route_of or route_of_scope

    @inspect.markcoroutinefunction
    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one connection."""
        if self.rules is None:
            return self.app(scope, receive, send)
        return serve(self.app, scope, receive, send, self.rules, self.route_of)

    def __getattr__(self, name: str) -> object:
        """Be the application in everything else: servers and tests look at its attributes."""
        if name == "app":
            raise AttributeError(name)
        return getattr(self.app, name)


def serve(  # noqa: PLR0913, PLR0917 - ASGI's own three, the application, and how to look at it
    app: App, scope: Scope, receive: Receive, send: Send, rules: Rules, route_of: RouteOf
) -> Awaitable[None]:
    """Call an application, and observe it if this is a request that nobody observes yet."""
    kind = scope["type"]
    if kind == "http" or kind == "websocket":  # noqa: PLR1714 - a set costs more than a comparison
        if rules.is_excluded and rules.is_excluded(scope["path"]):
            return app(scope, receive, send)
        if (exchange := scope.get(KEY)) is None:
            return _observed(app, scope, receive, send, rules, route_of)
        exchange.span.add_emitter(rules.emitter)
    return app(scope, receive, send)


async def _observed(  # noqa: PLR0913, PLR0917 - as `serve`
    app: App, scope: Scope, receive: Receive, send: Send, rules: Rules, route_of: RouteOf
) -> None:
    """Call an application within a span."""
    exchange = _open(scope, send, rules, route_of)
    if exchange is None:
        await app(scope, receive, send)
        return
    if scope.get("method") not in BODILESS or scope["type"] == "websocket":
        receive = exchange.counted(receive)
    try:
        await app(scope, receive, exchange.send)
    except BaseException as error:
        exchange.failed(error)
        raise
    else:
        exchange.returned()
    finally:
        exchange.close()


def _open(scope: Scope, send: Send, rules: Rules, route_of: RouteOf) -> Exchange | None:
    """Begin the span of a connection, in the trace its headers name."""
    traceparent = tracestate = None
    for name, value in scope["headers"]:
        if name == b"traceparent":
            traceparent = value.decode("latin-1")
        elif name == b"tracestate":
            tracestate = value.decode("latin-1")
    method = scope.get("method", "GET")
    span = rules.begin(method, traceparent, tracestate)
    if span is None:
        return None
    if scope["type"] == "websocket":
        span.set("protocol", "websocket")
        exchange: Exchange = Conversation(span, rules, scope, send, route_of)
    else:
        of_method = HeadExchange if method == "HEAD" else Exchange
        exchange = of_method(span, rules, scope, send, route_of)
    scope[KEY] = exchange
    return exchange


def route_of_scope(scope: Scope) -> str | None:
    """Find the template where Starlette and its kin leave it."""
    return getattr(scope.get("route"), "path", None)


def _size(message: Message) -> int:
    """Give the payload's size of a WebSocket message, in bytes."""
    if text := message.get("text"):
        return len(text.encode())
    return len(message.get("bytes") or b"")
