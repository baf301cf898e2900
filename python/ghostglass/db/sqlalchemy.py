"""SQLAlchemy: engines, sync and async, through their events; whatever driver is below.

The driver's own adapter counts what does not go through an engine; inside one, the span that begins
here is the only one. The first query after a checkout tells how long it was waited for.
"""

from __future__ import annotations

import functools
import os
import time
import weakref
from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from ghostglass.db.listeners import Listeners
from ghostglass.db.replacements import Replacements

if TYPE_CHECKING:
    from collections.abc import Callable

    from ghostglass._native import ActiveSpan, Emitter

    type Hooks = dict[str, Callable[..., None]]

# Dialects that OpenTelemetry spells otherwise.
SYSTEMS = {"mssql": "microsoft.sql_server", "oracle": "oracle.db"}
# Where a connection of the pool keeps how long it was waited for, until its next query.
WAIT_KEY = "ghostglass.pool_wait_ns"

_everywhere = Listeners()
_engines: weakref.WeakKeyDictionary[Any, Listeners] = weakref.WeakKeyDictionary()
_replacements = Replacements()


def instrument(emitter: Emitter) -> None:
    """See the statements of every engine, those that exist already too."""
    if _everywhere.add(emitter):
        _listen(Engine, EVERYWHERE)


def uninstrument(emitter: Emitter | None = None) -> None:
    """Stop telling `emitter`, or everybody who did not ask for one engine."""
    if not _everywhere.remove(emitter):
        return
    for name, hook in EVERYWHERE.items():
        if event.contains(Engine, name, hook):
            event.remove(Engine, name, hook)
    if not _engines:
        _replacements.restore()


def instrument_engine(engine: Any, emitter: Emitter) -> None:
    """See the statements of one engine, sync or async."""
    engine = getattr(engine, "sync_engine", engine)
    listeners = _engines.setdefault(engine, Listeners())
    if listeners.add(emitter):
        _listen(engine, _hooks(listeners))


def _listen(target: Any, hooks: Hooks) -> None:
    if not _replacements:
        _replacements.replace(Engine, "raw_connection", _timed)
    for name, hook in hooks.items():
        # Hooks of the program lie outside of the span, and cannot keep it from ending.
        event.listen(target, name, hook, insert=not name.startswith("do_"))


def _hooks(listeners: Listeners) -> Hooks:
    # These three are the last before the driver, and whatever fails after them is told.
    # They are called where the end of a statement is not told, too: the first hook is not.
    def execute(_cursor: Any, statement: str, _parameters: Any, context: Any) -> None:
        _try_begin(listeners, context, statement, None)

    def executemany(_cursor: Any, statement: str, parameters: Any, context: Any) -> None:
        _try_begin(listeners, context, statement, len(parameters))

    def execute_no_params(_cursor: Any, statement: str, context: Any) -> None:
        _try_begin(listeners, context, statement, None)

    return {
        "before_cursor_execute": _expect,
        "do_execute": execute,
        "do_executemany": executemany,
        "do_execute_no_params": execute_no_params,
        "after_cursor_execute": _succeeded,
        "handle_error": _failed,
    }


def _expect(
    _conn: Any, _cursor: Any, _statement: Any, _parameters: Any, context: Any, _many: Any
) -> None:
    if context is not None:
        context._ghost_expects = True


def _try_begin(listeners: Listeners, context: Any, statement: str, batch_size: int | None) -> None:
    try:
        _begin(listeners, context, statement, batch_size)
    except Exception:
        return


def _begin(listeners: Listeners, context: Any, statement: str, batch_size: int | None) -> None:
    if not getattr(context, "_ghost_expects", False):
        return
    conn = context.root_connection
    # Errors that SQLAlchemy provokes to look at a schema reach no hook.
    if conn.get_execution_options().get("skip_user_error_events"):
        return
    span = getattr(context, "_ghost_span", None)
    if span is not None:
        for emitter in listeners.emitters:
            if emitter not in _everywhere.emitters:
                span.add_emitter(emitter)
        return
    name, url = conn.dialect.name, conn.engine.url
    context._ghost_span = span = listeners.begin_query(
        SYSTEMS.get(name, name),
        statement,
        namespace=_file_name(url.database) if name == "sqlite" else url.database,
        server_address=url.host,
        server_port=url.port,
        batch_size=batch_size,
    )
    if span is not None:
        _tell_wait(span, conn)


def _file_name(database: str | None) -> str | None:
    return os.path.basename(database) or None if database else None


def _tell_wait(span: ActiveSpan, conn: Any) -> None:
    wait_ns = conn.connection.info.pop(WAIT_KEY, None)
    if wait_ns is not None:
        span.set("pool_wait_ns", wait_ns)


def _succeeded(
    _conn: Any, cursor: Any, _statement: Any, _parameters: Any, context: Any, _many: Any
) -> None:
    span = _taken(context)
    if span is None:
        return
    # A cursor that our adapter of its driver made knows when its rows were fetched.
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


def _failed(failure: Any) -> None:
    span = _taken(failure.execution_context)
    if span is not None:
        span.end(failure.original_exception)


def _taken(context: Any) -> ActiveSpan | None:
    span: ActiveSpan | None = getattr(context, "_ghost_span", None)
    if span is not None:
        context._ghost_span, context._ghost_expects = None, False
    return span


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


EVERYWHERE = _hooks(_everywhere)
