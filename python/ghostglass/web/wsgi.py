"""The WSGI room: one span per request of any WSGI application.

Counts what passes through `start_response`, `write` and the iterable, and changes none of it: a
list stays that list, a server's file wrapper stays one, `close` is called once. What a plain
request costs is in the extension. Knows no framework.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ghostglass import _native
from ghostglass.web.rules import Rules, emitter_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    type Environ = dict[str, Any]
    type Write = Callable[[bytes], object]
    type StartResponse = Callable[..., Write]
    type App = Callable[[Environ, StartResponse], Iterable[bytes]]
    type RouteOf = Callable[[Environ], str | None]

# Where an environment carries its exchange; who finds one knows the request is counted already.
KEY = "ghostglass.exchange"


class Room:
    """What all requests of one application have in common."""

    __slots__ = ("native", "rules")

    def __init__(self, rules: Rules, route_of: RouteOf) -> None:
        """Prepare, so that a request costs as little as it can."""
        self.rules = rules
        self.native = _native.WsgiRoom(
            rules.emitter,
            rules.framework,
            route_of=route_of,
            count_input=_count_input,
            other_body=_other_body,
            sampler=rules.sampler,
        )


def _other_body(exchange: _native.WsgiExchange, iterable: Any) -> Iterable[bytes]:  # noqa: ANN401
    """Give the server what it may look into: a file stays one, and what has a length keeps it."""
    wrapper = exchange.environ.get("wsgi.file_wrapper")
    if wrapper is not None and _is_file(iterable, wrapper):
        return _file(exchange, iterable)
    return SizedBody(exchange, iterable)


def _file(exchange: _native.WsgiExchange, wrapper: Any) -> Iterable[bytes]:  # noqa: ANN401
    """Leave a file to the server: only `close` says when it was sent."""
    exchange.sent(exchange.length() or 0)
    close = getattr(wrapper, "close", None)

    def closing() -> None:
        exchange.end()
        if close is not None:
            close()

    try:
        wrapper.close = closing
    except (AttributeError, TypeError):
        exchange.end()
    return wrapper  # type: ignore[no-any-return]


def _is_file(iterable: object, wrapper: object) -> bool:
    """Tell whether a server would send this by itself; some have a function for a wrapper."""
    if isinstance(wrapper, type):
        return isinstance(iterable, wrapper)
    return hasattr(iterable, "read")


class SizedBody:
    """A body that knows its length, from which servers compute `Content-Length`.

    Counts its chunks, and ends the span with the last of them. Bodies without a length are in the
    extension.
    """

    __slots__ = ("_chunks", "_exchange", "_iterable", "_sent", "_span")

    def __init__(self, exchange: _native.WsgiExchange, iterable: Iterable[bytes]) -> None:
        """Wrap what the application returned."""
        self._exchange: _native.WsgiExchange | None = exchange
        self._span: _native.ActiveSpan | None = exchange.span
        self._iterable = iterable
        self._chunks: Iterator[bytes] | None = None
        self._sent = 0

    def __len__(self) -> int:
        """Give the number of chunks."""
        return len(self._iterable)  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[bytes]:
        """Give chunk after chunk; an end or an error is the response's.

        A generator: its end costs a server nothing, while an exception that passes through a
        function of Python costs more than the rest of the response.
        """
        try:
            for chunk in self._iterable:
                self._sent += len(chunk)
                yield chunk
        except GeneratorExit:
            # The server goes no further: `close` says so.
            raise
        except BaseException as error:
            if exchange := self._finished():
                exchange.failed(error, keep_context=True)
            raise
        if exchange := self._finished():
            exchange.end(keep_context=True)

    def __next__(self) -> bytes:
        """Give one chunk to who does not ask for an iterator first."""
        if self._chunks is None:
            self._chunks = iter(self)
        return next(self._chunks)

    def _finished(self) -> _native.WsgiExchange | None:
        """Hand over the exchange once, with what it sent."""
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.sent(self._sent)
        return exchange

    def close(self) -> None:
        """Close the application's iterable; what that does still belongs to the request's trace."""
        try:
            if (close := getattr(self._iterable, "close", None)) is not None:
                close()
        except BaseException as error:
            if exchange := self._finished():
                exchange.failed(error)
            raise
        finally:
            if self._exchange is not None:
                self._leave()
            elif self._span is not None:
                self._span.detach()
                self._span = None

    def __del__(self) -> None:
        """End what a server forgot to close, so that its context reaches no other request."""
        if self._span is not None:
            self._leave()

    def _leave(self) -> None:
        """Let go of span and context, whatever was sent until then."""
        if exchange := self._finished():
            exchange.stopped(self._sent)
        if self._span is not None:
            self._span.detach()
            self._span = None


class CountedInput:
    """A body of unknown length: counts what the application reads of it."""

    __slots__ = ("_input", "_span")

    def __init__(self, source: Any, span: _native.ActiveSpan) -> None:  # noqa: ANN401 - a file
        """Wrap the server's `wsgi.input`."""
        self._input = source
        self._span = span

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the server's
        """Be the server's input in everything else."""
        return getattr(self._input, name)

    def __iter__(self) -> Iterator[bytes]:
        """Give lines."""
        for line in self._input:
            self._span.add_bytes_in(len(line))
            yield line

    def read(self, *size: int) -> bytes:
        """Read some."""
        return self._noted(self._input.read(*size))

    def readline(self, *size: int) -> bytes:
        """Read one line."""
        return self._noted(self._input.readline(*size))

    def readlines(self, *hint: int) -> list[bytes]:
        """Read lines."""
        lines: list[bytes] = self._input.readlines(*hint)
        self._span.add_bytes_in(sum(map(len, lines)))
        return lines

    def _noted(self, data: bytes) -> bytes:
        """Count what was read."""
        self._span.add_bytes_in(len(data))
        return data


class GhostWSGI:
    """Any WSGI application, with one span per request."""

    def __init__(
        self,
        app: App,
        *,
        collector: _native.Collector | None = None,
        exclude_routes: Iterable[str] = (),
        sample: float | _native.Sampler | None = None,
        route_of: RouteOf | None = None,
    ) -> None:
        """Wrap `app`; without a collector spans go to the run, and outside a run nowhere."""
        self.app = app
        emitter = emitter_of(collector)
        self.room: Room | None = None
        if emitter is not None:
            rules = Rules(emitter, "wsgi", exclude_routes=exclude_routes, sample=sample)
            self.room = Room(rules, route_of or no_route)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        if self.room is None:
            return self.app(environ, start_response)
        return serve(self.app, environ, start_response, self.room)

    def __getattr__(self, name: str) -> object:
        """Be the application in everything else."""
        if name == "app":
            raise AttributeError(name)
        return getattr(self.app, name)


def serve(app: App, environ: Environ, start_response: StartResponse, room: Room) -> Iterable[bytes]:
    """Call an application, and observe it if this is a request that nobody observes yet."""
    rules = room.rules
    if rules.is_excluded and rules.is_excluded(_path(environ)):
        return app(environ, start_response)
    if KEY in environ:
        environ[KEY].span.add_emitter(rules.emitter)
        return app(environ, start_response)
    return room.native.serve(app, environ, start_response)


def _path(environ: Environ) -> str:
    """Give the whole path, also behind a mount point."""
    return f"{environ.get('SCRIPT_NAME', '')}{environ.get('PATH_INFO', '')}"


def _count_input(environ: Environ, span: _native.ActiveSpan) -> None:
    """Count a body as it was announced, or where it is read if nobody knows its length."""
    length = environ.get("CONTENT_LENGTH")
    if not length:
        environ["wsgi.input"] = CountedInput(environ["wsgi.input"], span)
    elif length.isdecimal():
        span.add_bytes_in(int(length))


def no_route(_environ: Environ) -> str | None:
    """Say that there is no template: plain WSGI has no place for one."""
    return None
