"""psycopg 3, sync and async: methods of its cursors, which connections use too.

Server-side cursors count once, when they are declared; fetching from them is not timed. In pipeline
mode `execute` lasts until the statement is sent. What psycopg sends by itself is no query.
"""

from __future__ import annotations

import contextlib
import functools
from typing import TYPE_CHECKING, Any

import psycopg

from ghostglass.db import calls
from ghostglass.db.listeners import Listeners
from ghostglass.db.psycopg_text import statement_text
from ghostglass.db.replacements import Replacements

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from ghostglass._native import ActiveSpan, Emitter

WAIT = "_ghost_pool_wait_ns"
KNOWN = "_ghost_known"

_listeners = Listeners()
_replacements = Replacements()


def instrument(emitter: Emitter) -> None:
    """See the statements of every connection."""
    if not _listeners.add(emitter):
        return
    for cursor in (psycopg.Cursor, psycopg.ServerCursor):
        _replace(cursor, "execute", calls.observed, _begin)
        _replace(cursor, "executemany", calls.observed, _begin_many)
        _replace(cursor, "stream", calls.observed_generator, _begin)
        _replacements.replace(cursor, "copy", _copying)
    for cursor in (psycopg.AsyncCursor, psycopg.AsyncServerCursor):
        _replace(cursor, "execute", calls.observed_async, _begin)
        _replace(cursor, "executemany", calls.observed_async, _begin_many)
        _replace(cursor, "stream", calls.observed_async_generator, _begin)
        _replacements.replace(cursor, "copy", _copying_async)


def uninstrument(emitter: Emitter | None = None) -> None:
    """Stop telling `emitter`, or everybody."""
    if _listeners.remove(emitter):
        _replacements.restore()


def _replace(cursor: Any, name: str, wrap: Callable[..., Any], begin: Callable[..., Any]) -> None:
    _replacements.replace(cursor, name, lambda original: wrap(original, begin, _rows))


def _begin(cursor: Any, query: Any, *_args: Any, **_kwargs: Any) -> ActiveSpan | None:
    return _begin_on(cursor.connection, query, None)


def _begin_many(cursor: Any, query: Any, params_seq: Any, **_kwargs: Any) -> ActiveSpan | None:
    is_sized = type(params_seq) in (list, tuple)
    return _begin_on(cursor.connection, query, len(params_seq) if is_sized else None)


def _begin_on(connection: Any, query: Any, batch_size: int | None) -> ActiveSpan | None:
    database, host, port = _known(connection)
    span = _listeners.begin_query(
        "postgresql",
        statement_text(query),
        namespace=database,
        server_address=host,
        server_port=port,
        batch_size=batch_size,
    )
    # Left there by the adapter of the pool.
    wait_ns = connection.__dict__.pop(WAIT, None)
    if span is not None and wait_ns is not None:
        span.set("pool_wait_ns", wait_ns)
    return span


def _known(connection: Any) -> tuple[str | None, str | None, int | None]:
    known: tuple[str | None, str | None, int | None] | None = connection.__dict__.get(KNOWN)
    if known is None:
        info = connection.info
        # A folder of sockets is no address.
        host = None if info.host.startswith("/") else info.host
        known = (info.dbname, host, info.port if host else None)
        connection.__dict__[KNOWN] = known
    return known


def _rows(cursor: Any, _result: Any) -> int:
    rows: int = cursor.rowcount
    return rows


def _copying(copy: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(copy)
    @contextlib.contextmanager
    def observed_copy(self: Any, statement: Any, *args: Any, **kwargs: Any) -> Iterator[Any]:
        span = calls.begun(_begin, (self, statement), {})
        if span is not None:
            span.detach()
        try:
            with copy(self, statement, *args, **kwargs) as copying:
                yield copying
        except BaseException as error:
            if span is not None:
                span.end(error)
            raise
        if span is not None:
            calls.finish(span, _rows, self, None)

    return observed_copy


def _copying_async(copy: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(copy)
    @contextlib.asynccontextmanager
    async def observed_copy(
        self: Any, statement: Any, *args: Any, **kwargs: Any
    ) -> AsyncIterator[Any]:
        span = calls.begun(_begin, (self, statement), {})
        if span is not None:
            span.detach()
        try:
            async with copy(self, statement, *args, **kwargs) as copying:
                yield copying
        except BaseException as error:
            if span is not None:
                span.end(error)
            raise
        if span is not None:
            calls.finish(span, _rows, self, None)

    return observed_copy
