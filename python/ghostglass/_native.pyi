"""Stub of the extension in `crates/ghost-python`; checked against the binary by stubtest."""

from collections.abc import Awaitable, Callable, Generator, Iterable, MutableMapping
from types import CodeType, TracebackType
from typing import Any, Self, final

from typing_extensions import disjoint_base

__all__ = [
    "ActiveSpan",
    "AsgiExchange",
    "AsgiRoom",
    "Collector",
    "Emitter",
    "ExporterQueue",
    "OutsideProbe",
    "ProbeHook",
    "SafeExpression",
    "Sampler",
    "SpanContext",
    "WsgiExchange",
    "WsgiRoom",
    "__version__",
    "close_collectors",
    "console_text",
    "continue_in_child",
    "current_span",
    "detach",
    "enabled",
    "end_python_calls",
    "frame_reader",
    "get_span_id",
    "get_trace_id",
    "is_held",
    "is_observing",
    "listen",
    "listen_in_child",
    "pause_listening",
    "pause_watching",
    "probe_counts",
    "redact_statement",
    "resume_listening",
    "resume_watching",
    "run_emitter",
    "set_foreign_context",
    "span_id",
    "start",
    "stop",
    "trace_id",
    "use_span",
    "watch_code",
    "watch_hold",
]

__version__: str

def start(run_dir: str, /) -> str | None:
    """Observe this process into `run_dir`; return one line that says why not, if not."""

def stop() -> None:
    """Stop observing; does nothing if nothing is observed."""

def detach() -> None:
    """End observing and leave nothing of it behind; it may start again."""

def is_held(hold: str, /) -> bool:
    """Tell whether somebody holds the lock on a file."""

def watch_hold(hold: str, end: Callable[[], object], /) -> None:
    """Call `end()` once, when nobody holds the lock on the file `hold` any more."""

def pause_watching() -> None:
    """Before a fork: end the thread that watches."""

def resume_watching() -> None:
    """In the parent of a fork: watch again, when the fork has told of the threads it saw."""

def is_observing() -> bool:
    """Tell whether this process is being observed."""

def frame_reader() -> str | None:
    """Tell how frames are read: `raw`, or `public` where their layout is not the known one."""

def continue_in_child() -> None:
    """Begin the ledger of a forked child at once: while all functions sleep, no event does."""

def close_collectors() -> None:
    """Close every collector of this process. Registered with `atexit`."""

def console_text(events: list[dict[str, Any]], pretty: bool, colour: bool) -> str:
    """Give events as the lines a console shows."""

def end_python_calls() -> None:
    """Let no call of ours into Python begin, and wait for the others. Registered with `atexit`."""

def enabled(part: str) -> bool:
    """Tell whether a part of the run is on: `web` or `db`. Outside a run nothing is."""

def run_emitter() -> Emitter | None:
    """Give the emitter of the run; `None` outside a run, and where neither part is on."""

def redact_statement(statement: str, /, system: str = "") -> str:
    """Give a statement as it is recorded; empty where it is not safe to keep."""

def set_foreign_context(hook: Callable[[], tuple[int, int, bool] | None]) -> None:
    """Ask `hook()` for the active span of another tracer: `(trace_id, span_id, is_sampled)`."""

def current_span() -> SpanContext | None:
    """Give the current span, if there is one."""

def get_trace_id() -> str | None:
    """Give the current trace id, if there is one."""

def get_span_id() -> str | None:
    """Give the current span id, if there is one."""

def span_id() -> str:
    """Make a new span id: 16 hexadecimal digits."""

def trace_id() -> str:
    """Make a new trace id: 32 hexadecimal digits."""

def watch_code(code: CodeType, hooks: list[ProbeHook], /) -> None:
    """Call the hooks at the events of a code object from now on; with none, leave it alone."""

def listen(folder: str, data_dir: str, /) -> bool:
    """Open a control socket in a private folder; note changes in the audit of `data_dir`.

    The policy is that of the `run.conf` there, if there is one. Tell whether there is a socket.
    """

def pause_listening() -> None:
    """Before a fork: end the threads that listen."""

def resume_listening() -> None:
    """In the parent of a fork: listen again, when the fork has told of the threads it saw."""

def listen_in_child() -> None:
    """In a forked child: open sockets of its own, for the probes it inherited."""

def probe_counts() -> tuple[int, int, int, int]:
    """Tell what probes hold: code objects, activations, activations refused, hooks that raised."""

@final
class OutsideProbe:
    """A probe that was asked for from outside the process."""

    @property
    def id(self) -> str: ...
    @property
    def target(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def event(self) -> str: ...
    @property
    def names(self) -> list[str]: ...
    def is_over(self) -> bool: ...
    def allows(self, function: str, /) -> bool: ...
    def hit(self, names: dict[str, Any], /) -> None: ...
    def add_lines(self, file: str, lines: list[tuple[int, float, float, float]], /) -> None: ...
    def fail(self, error: str, /) -> None: ...
    def set_state(self, state: str, reason: str | None, /) -> None: ...

@final
class ProbeHook:
    """Callables of one probe for the events of a code object. Never changes."""

    def __new__(
        cls,
        *,
        function: object = None,
        enter: Callable[[], object] | None = None,
        leave: Callable[[object, int, object, bool], object] | None = None,
        line: Callable[[int], object] | None = None,
        timed: bool = True,
        raises: bool = False,
    ) -> Self: ...

@final
class SafeExpression:
    """An expression of the small language, which runs no code of the program."""

    def __new__(cls, text: str, /) -> Self: ...
    def evaluate(self, names: dict[str, object], /) -> str:
        """Evaluate it with the names of a dict, as text; raise `ValueError` if it has no value."""

@final
class SpanContext:
    """One span's place in its trace. Never changes."""

    @property
    def trace_id(self) -> str: ...
    @property
    def span_id(self) -> str | None: ...
    @property
    def parent_span_id(self) -> str | None: ...
    @property
    def is_sampled(self) -> bool: ...
    @property
    def tracestate(self) -> str | None: ...
    @property
    def traceparent(self) -> str: ...

@final
class use_span:  # noqa: N801 - the name programs know
    """Make a trace and a span current within a `with` block; what is not given stays."""

    def __new__(cls, trace_id: str | None = None, span_id: str | None = None) -> Self: ...
    def __enter__(self) -> None: ...
    def __exit__(
        self,
        exception_type: type[BaseException] | None = None,
        exception: BaseException | None = None,
        traceback: TracebackType | None = None,
        /,
    ) -> bool: ...

@final
class Sampler:
    """Keep a share of the traces, and all that failed."""

    def __new__(
        cls,
        rate: float | None = None,
        *,
        routes: dict[str, float] | None = None,
        slow_ms: float | None = None,
        on_error: bool = True,
        parent_based: bool = True,
        per_second_max: float | None = None,
    ) -> Self: ...

@disjoint_base
class Collector:
    """Takes spans and events, and hands them to exporters."""

    def __new__(
        cls,
        exporter: object = None,
        *,
        queue_size: int = 2048,
        batch_max: int = 128,
        flush_interval: float = 0.1,
        drop_oldest: bool = True,
        name: str | None = None,
        max_consecutive_sink_failures: int | None = None,
    ) -> Self: ...
    def enqueue(self, event: object, /) -> None: ...
    def flush(self, timeout: float = ...) -> bool: ...
    def close(self, timeout: float = ...) -> None: ...
    def stats(self) -> dict[str, Any]: ...
    @property
    def enqueued(self) -> int: ...
    @property
    def processed(self) -> int: ...
    @property
    def dropped_oldest(self) -> int: ...
    @property
    def flush_errors(self) -> int: ...
    @property
    def queue_depth(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def exporter(self) -> Any: ...  # noqa: ANN401 - whatever the program gave
    def __enter__(self) -> Self: ...
    def __exit__(self, *_exception: object) -> None: ...
    @classmethod
    def __class_getitem__(cls, item: object) -> type[Self]: ...

@final
class ExporterQueue:
    """What the thread of an exporter works with."""

    @property
    def has_given_up(self) -> bool: ...
    def take(self) -> list[Any] | None: ...
    def settle(self, is_exported: bool) -> None: ...
    def begin_sleep(self, naps: int) -> bool | None: ...
    def end_sleep(self) -> None: ...
    def finish(self) -> None: ...

@final
class Emitter:
    """Hands spans to a collector; without one, to the run this process belongs to."""

    def __new__(cls, collector: Collector | None = None) -> Self: ...
    @property
    def is_listening(self) -> bool: ...
    def emit_req(
        self, route: str, status: int, dur_ns: int, *, method: str | None = None
    ) -> None: ...
    def emit_fn(self, name: str, dur_ns: int, error: bool = False) -> None: ...
    def emit_db(
        self, query: str, dur_ns: int, rows: int | None = None, *, db_vendor: str | None = None
    ) -> None: ...
    def emit(self, kind: str, /, **fields: object) -> None: ...
    def begin_request(
        self,
        method: str,
        *,
        traceparent: str | None = None,
        tracestate: str | None = None,
        sampler: Sampler | None = None,
    ) -> ActiveSpan | None: ...
    def begin_function(self, name: str) -> ActiveSpan | None: ...
    def begin_query(
        self,
        system: str,
        statement: object = None,
        *,
        operation: str | None = None,
        collection: str | None = None,
        namespace: str | None = None,
        server_address: str | None = None,
        server_port: int | None = None,
        batch_size: int | None = None,
        is_leaf: bool = False,
    ) -> ActiveSpan | None: ...
    def begin_client(
        self, method: str, server_address: str, server_port: int | None = None
    ) -> ActiveSpan | None: ...

@final
class ActiveSpan:
    """A span that has begun: current until it ends, and handed over when it does."""

    name: str
    status: int | None
    @property
    def traceparent(self) -> str: ...
    @property
    def tracestate(self) -> str | None: ...
    @property
    def trace_id(self) -> str: ...
    @property
    def span_id(self) -> str | None: ...
    @property
    def context(self) -> SpanContext: ...
    @property
    def is_sampled(self) -> bool: ...
    def add_bytes_in(self, count: int) -> None: ...
    def add_bytes_out(self, count: int) -> None: ...
    def set(self, key: str, value: object) -> None: ...
    def note_exception(self, exception: BaseException | type[BaseException] | str) -> None: ...
    def add_emitter(self, emitter: Emitter) -> None: ...
    def attach(self) -> None: ...
    def detach(self) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def end(self, exception: BaseException | type[BaseException] | str | None = None) -> None: ...

# A scope or a message of ASGI.
type _Message = MutableMapping[str, Any]
type _Receive = Callable[[], Awaitable[_Message]]
type _Send = Callable[[_Message], Awaitable[None]]

@final
class AsgiRoom:
    """What all requests of one ASGI application have in common."""

    def __new__(
        cls,
        emitter: Emitter,
        framework: str,
        *,
        send_last: Callable[[AsgiExchange, _Message], Awaitable[None]],
        counted: Callable[[AsgiExchange, _Receive], _Receive],
        sampler: Sampler | None = None,
        route_of: Callable[[_Message], str | None] | None = None,
        names_background: bool = True,
    ) -> Self: ...
    def serve(
        self,
        app: Callable[[_Message, _Receive, _Send], Awaitable[None]],
        scope: _Message,
        receive: _Receive,
        send: _Send,
    ) -> Awaitable[None]: ...

@final
class AsgiExchange:
    """One request and its response: called in the place of `send`, awaited as the application."""

    def __call__(self, message: _Message) -> Awaitable[None]: ...
    def __await__(self) -> Generator[Any]: ...
    def __iter__(self) -> Self: ...
    def __next__(self) -> object: ...
    def send(self, value: object) -> object: ...
    def throw(self, *exception: object) -> object: ...
    def close(self) -> None: ...
    @property
    def server_send(self) -> _Send: ...
    @property
    def span(self) -> ActiveSpan: ...
    def note_received(self, message: _Message) -> None: ...
    def note(self, exception: BaseException) -> None: ...
    def end(self, exception: BaseException | None = None) -> None: ...

@final
class WsgiRoom:
    """What all requests of one WSGI application have in common."""

    def __new__(
        cls,
        emitter: Emitter,
        framework: str,
        *,
        route_of: Callable[[dict[str, Any]], str | None],
        count_input: Callable[[dict[str, Any], ActiveSpan], object],
        other_body: Callable[[WsgiExchange, Any], Iterable[bytes]],
        sampler: Sampler | None = None,
    ) -> Self: ...
    def serve(
        self,
        app: Callable[..., Iterable[bytes]],
        environ: dict[str, Any],
        start_response: Callable[..., Callable[[bytes], object]],
    ) -> Iterable[bytes]: ...

@final
class WsgiExchange:
    """One request of a WSGI application and its response."""

    @property
    def span(self) -> ActiveSpan: ...
    @property
    def environ(self) -> dict[str, Any]: ...
    def start_response(
        self, status: str, headers: list[tuple[str, str]], *exc_info: object
    ) -> Callable[[bytes], object]: ...
    def length(self) -> int | None: ...
    def note(self, exception: BaseException) -> None: ...
    def note_route(self) -> None: ...
    def sent(self, size: int) -> None: ...
    def end(
        self, exception: BaseException | None = None, *, keep_context: bool = False
    ) -> None: ...
    def failed(self, exception: BaseException | None, *, keep_context: bool = False) -> None: ...
    def stopped(self, size: int) -> None: ...
