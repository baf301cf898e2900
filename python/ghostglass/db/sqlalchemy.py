"""SQLAlchemy: engines, sync and async, where their dialects call the driver, whatever driver.

Not by its events: they cost every statement more than a span does, and none of them is told of all
that fails. The driver's own adapter counts what does not go through an engine; inside one, the span
that begins here is the only one. The first query after a checkout tells how long it was waited for.
"""

from __future__ import annotations

import functools
import os
import time
import weakref
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import Engine
from sqlalchemy.engine.default import DefaultDialect

from ghostglass.db.calls import begun
from ghostglass.db.listeners import Listeners
from ghostglass.db.replacements import Replacements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ghostglass._native import ActiveSpan, Emitter

# Dialects that OpenTelemetry spells otherwise.
SYSTEMS = {"mssql": "microsoft.sql_server", "oracle": "oracle.db"}
# Where a connection of the pool keeps how long it was waited for, until its next query.
WAIT_KEY = "ghostglass.pool_wait_ns"
# How a dialect calls its driver.
CALLS = ("do_execute", "do_execute_no_params", "do_executemany")

_everywhere = Listeners()
_replacements = Replacements()
_seen: set[type] = set()
# Dialects of engines that somebody listens to alone.
_own: weakref.WeakSet[Any] = weakref.WeakSet()


def instrument(emitter: Emitter) -> None:
    """See the statements of every engine, those that exist already too."""
    _everywhere.add(emitter)
    _install()


def uninstrument(emitter: Emitter | None = None) -> None:
    """Stop telling `emitter`, or everybody who did not ask for one engine."""
    if _everywhere.remove(emitter) and not _own:
        _replacements.restore()
        _seen.clear()


def instrument_engine(engine: Any, emitter: Emitter) -> None:
    """See the statements of one engine, sync or async; who listens everywhere is told too."""
    _install()
    dialect = getattr(engine, "sync_engine", engine).dialect
    listeners: Listeners | None = vars(dialect).get("_ghost_listeners")
    if listeners is None:
        dialect._ghost_listeners = listeners = Listeners(others=_everywhere)
        _own.add(dialect)
    listeners.add(emitter)


def _install() -> None:
    if _replacements:
        return
    _replacements.replace(Engine, "raw_connection", _timed)
    _replacements.replace(Engine, "__init__", _noticed)
    for dialect in _family(DefaultDialect):
        _see(dialect)


def _family(cls: Any) -> Iterator[type]:
    yield cls
    for child in cls.__subclasses__():
        yield from _family(child)


def _see(dialect: type) -> None:
    for cls in dialect.__mro__:
        if cls in _seen:
            continue
        _seen.add(cls)
        for name in CALLS:
            _replacements.replace(cls, name, _observed)


def _noticed(init: Callable[..., None]) -> Callable[..., None]:
    """Dialects are imported when an engine first needs them."""

    @functools.wraps(init)
    def noticing_init(engine: Any, *args: Any, **kwargs: Any) -> None:
        init(engine, *args, **kwargs)
        _see(type(engine.dialect))

    return noticing_init


def _observed(call: Callable[..., Any]) -> Callable[..., Any]:
    is_many = call.__name__ == "do_executemany"

    @functools.wraps(call)
    def observed(dialect: Any, cursor: Any, *args: Any, **kwargs: Any) -> Any:
        span = begun(_begin, (dialect, is_many, *args), kwargs)
        if span is None:
            return call(dialect, cursor, *args, **kwargs)
        try:
            result = call(dialect, cursor, *args, **kwargs)
        except BaseException as error:
            span.end(error)
            raise
        _succeeded(cursor, span)
        return result

    return observed


def _begin(dialect: Any, is_many: bool, statement: str, *args: Any, **kwargs: Any) -> Any:  # noqa: FBT001
    attributes = dialect.__dict__
    listeners = attributes.get("_ghost_listeners", _everywhere)
    context: Any = args[-1] if args else kwargs.get("context")
    known = attributes.get("_ghost_known")
    if known is None:
        dialect._ghost_known = known = _known(dialect, context.engine.url)
    if is_many:
        known = {**known, "batch_size": len(args[0])}
    span = listeners.begin_query(statement=statement, **known)
    if span is not None:
        _tell_wait(span, context)
    return span


def _known(dialect: Any, url: Any) -> dict[str, Any]:
    name = dialect.name
    known = {
        "system": SYSTEMS.get(name, name),
        "namespace": _file_name(url.database) if name == "sqlite" else url.database,
        "server_address": url.host,
        "server_port": url.port,
    }
    return {key: value for key, value in known.items() if value is not None}


def _file_name(database: str | None) -> str | None:
    return os.path.basename(database) or None if database else None


def _tell_wait(span: ActiveSpan, context: Any) -> None:
    try:
        wait_ns = context.root_connection.connection.info.pop(WAIT_KEY, None)
    except Exception:
        return
    if wait_ns is not None:
        span.set("pool_wait_ns", wait_ns)


def _succeeded(cursor: Any, span: ActiveSpan) -> None:
    # A cursor that our adapter of its driver made knows when its rows are fetched.
    follow = getattr(cursor, "_ghost_follow", None)
    if follow is not None:
        follow(span)
        return
    try:
        rows = cursor.rowcount
        if rows >= 0:
            span.set("rows", rows)
    except Exception:
        rows = None
    span.end()


def _timed(raw_connection: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(raw_connection)
    def timed_connection(engine: Any) -> Any:
        start_ns = time.perf_counter_ns()
        connection = raw_connection(engine)
        try:
            connection.info[WAIT_KEY] = time.perf_counter_ns() - start_ns
        except Exception:
            return connection
        return connection

    return timed_connection
