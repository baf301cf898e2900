"""The WSGI room: one span per request of any WSGI application.

Counts what passes through `start_response`, `write` and the iterable, and changes none of it: a
list stays that list, a server's file wrapper stays one, `close` is called once. Knows no framework.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ghostglass.web.rules import UNMATCHED, Rules, emitter_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ghostglass import _native

    type Environ = dict[str, Any]
    type Write = Callable[[bytes], object]
    type StartResponse = Callable[..., Write]
    type App = Callable[[Environ, StartResponse], Iterable[bytes]]
    type RouteOf = Callable[[Environ], str | None]

# Where an environment carries its exchange; who finds one knows the request is counted already.
KEY = "ghostglass.exchange"
SERVER_ERROR = 500
# No content, and not modified: answers without a body.
BODILESS = frozenset((204, 304))


class Exchange:
    """One request and its response: what passed, and the span that says so."""

    __slots__ = (
        "_headers",
        "_route_of",
        "_start_response",
        "environ",
        "exception",
        "is_named",
        "rules",
        "span",
    )

    def __init__(
        self,
        span: _native.ActiveSpan,
        rules: Rules,
        environ: Environ,
        start_response: StartResponse,
        route_of: RouteOf,
    ) -> None:
        """Remember the server's side."""
        self.span = span
        self.rules = rules
        self.environ = environ
        self.exception: BaseException | None = None
        self.is_named = False
        self._headers: Iterable[tuple[str, str]] = ()
        self._start_response = start_response
        self._route_of = route_of

    def start_response(
        self, status: str, headers: list[tuple[str, str]], *exc_info: object
    ) -> Write:
        """Note status and route, which a framework forgets before the body is sent."""
        span = self.span
        try:
            span.status = int(status[:3])
            if route := self._route_of(self.environ):
                span.name = route
                self.is_named = True
        except Exception:  # noqa: S110 - a status that is none is the server's to refuse
            pass
        self._headers = headers
        write = self._start_response(status, headers, *exc_info)

        def counted_write(data: bytes) -> object:
            span.add_bytes_out(len(data))
            return write(data)

        return counted_write

    def note_route(self) -> None:
        """Name the span after the template, where there is one."""
        if route := self._route_of(self.environ):
            self.span.name = route
            self.is_named = True

    def length(self) -> int | None:
        """Give the length of the body as the headers announced it."""
        for name, value in self._headers:
            if name.lower() == "content-length" and value.isdecimal():
                return int(value)
        return None

    def note(self, error: BaseException) -> None:
        """Remember what a framework is about to turn into a response."""
        self.exception = error
        self.note_route()

    def body(self, iterable: Iterable[bytes]) -> Iterable[bytes]:
        """Give the server what it is to send, counted; the same object where it may look at it."""
        if type(iterable) is list or type(iterable) is tuple:
            self.sent(sum(map(len, iterable)))
            self.end()
            return iterable
        wrapper = self.environ.get("wsgi.file_wrapper")
        if wrapper is not None and _is_file(iterable, wrapper):
            return self._file(iterable)
        return (SizedBody if hasattr(iterable, "__len__") else Body)(self, iterable)

    def sent(self, size: int) -> None:
        """Count bytes of the body; a server sends none of them for HEAD."""
        if size and self.environ.get("REQUEST_METHOD") != "HEAD":
            self.span.add_bytes_out(size)

    def _file(self, wrapper: Any) -> Iterable[bytes]:  # noqa: ANN401 - the server's own class
        """Leave a file to the server: only `close` says when it was sent."""
        self.sent(self.length() or 0)
        close = getattr(wrapper, "close", None)

        def closing() -> None:
            self.end()
            if close is not None:
                close()

        try:
            wrapper.close = closing
        except (AttributeError, TypeError):
            self.end()
        return wrapper  # type: ignore[no-any-return]

    def end(self, error: BaseException | None = None, *, keep_context: bool = False) -> None:
        """End the span, once; its context may stay current for what runs after the response."""
        self.environ.pop(KEY, None)
        if (self.span.status or 0) >= SERVER_ERROR:
            error = error or self.exception
        self.exception = None
        if not self.is_named:
            self.span.name = UNMATCHED
        self.span.end(error)
        if keep_context:
            self.span.attach()

    def failed(self, error: BaseException, *, keep_context: bool = False) -> None:
        """Note that the application raised: the server answers for it, if nobody has yet."""
        if self.span.status is None:
            self.span.status = SERVER_ERROR
        self.end(error, keep_context=keep_context)

    def stopped(self, size: int) -> None:
        """End a body the server left before its end: if any was due, its client is gone."""
        status = self.span.status or 0
        length = self.length()
        is_due = size < length if length is not None else True
        if is_due and status not in BODILESS and self.environ.get("REQUEST_METHOD") != "HEAD":
            self.span.set("disconnected", True)  # noqa: FBT003 - a value, not a switch
        self.end(keep_context=True)


def _is_file(iterable: object, wrapper: object) -> bool:
    """Tell whether a server would send this by itself; some have a function for a wrapper."""
    if isinstance(wrapper, type):
        return isinstance(iterable, wrapper)
    return hasattr(iterable, "read")


class Body:
    """The iterable of a response: counts its chunks, and ends the span with the last of them."""

    __slots__ = ("_chunks", "_exchange", "_iterable", "_sent", "_span")

    def __init__(self, exchange: Exchange, iterable: Iterable[bytes]) -> None:
        """Wrap what the application returned."""
        self._exchange: Exchange | None = exchange
        self._span: _native.ActiveSpan | None = exchange.span
        self._iterable = iterable
        self._chunks: Iterator[bytes] | None = None
        self._sent = 0

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

    def _finished(self) -> Exchange | None:
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


class SizedBody(Body):
    """An iterable that knows its length, from which servers compute `Content-Length`."""

    __slots__ = ()

    def __len__(self) -> int:
        """Give the number of chunks."""
        return len(self._iterable)  # type: ignore[arg-type]


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
        self.rules = (
            Rules(emitter, "wsgi", exclude_routes=exclude_routes, sample=sample)
            if emitter
            else None
        )
        self.route_of = route_of or no_route

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        if self.rules is None:
            return self.app(environ, start_response)
        return serve(self.app, environ, start_response, self.rules, self.route_of)

    def __getattr__(self, name: str) -> object:
        """Be the application in everything else."""
        if name == "app":
            raise AttributeError(name)
        return getattr(self.app, name)


def serve(
    app: App, environ: Environ, start_response: StartResponse, rules: Rules, route_of: RouteOf
) -> Iterable[bytes]:
    """Call an application, and observe it if this is a request that nobody observes yet."""
    if rules.is_excluded and rules.is_excluded(_path(environ)):
        return app(environ, start_response)
    exchange: Exchange | None = environ.get(KEY)
    if exchange is not None:
        exchange.span.add_emitter(rules.emitter)
        return app(environ, start_response)
    span = rules.emitter.begin_request(
        environ.get("REQUEST_METHOD", "GET"),
        traceparent=environ.get("HTTP_TRACEPARENT"),
        tracestate=environ.get("HTTP_TRACESTATE"),
        sampler=rules.sampler,
    )
    if span is None:
        return app(environ, start_response)
    span.set("framework", rules.framework)
    if environ.get("CONTENT_LENGTH") or "HTTP_TRANSFER_ENCODING" in environ:
        _count_input(environ, span)
    environ[KEY] = exchange = Exchange(span, rules, environ, start_response, route_of)
    try:
        return exchange.body(app(environ, exchange.start_response))
    except BaseException as error:
        exchange.failed(error)
        raise


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
