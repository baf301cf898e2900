"""asyncpg: methods of connections, prepared statements and cursors; those of pools use them too.

A cursor counts once, when its portal is opened; fetching from it is not timed. What `transaction()`
sends to begin and to end, and what a pool sends to clean up, are no queries.
"""

from __future__ import annotations

import functools
import re
import time
import weakref
from typing import TYPE_CHECKING, Any

import asyncpg
import asyncpg.cursor
import asyncpg.pool
import asyncpg.prepared_stmt

from ghostglass.db import calls
from ghostglass.db.listeners import Listeners
from ghostglass.db.replacements import Replacements

if TYPE_CHECKING:
    from collections.abc import Callable

    from ghostglass._native import ActiveSpan, Emitter

# As `Transaction` spells what it sends.
OWN_STATEMENT = re.compile(r"(?:BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE SAVEPOINT)\b[^;]*;\Z")

_listeners = Listeners()
_replacements = Replacements()
# How long a pool's connection was waited for, until its next query.
_waits: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()


def instrument(emitter: Emitter) -> None:
    """See the statements of every connection."""
    if not _listeners.add(emitter):
        return
    for name, rows in (
        ("fetch", _count),
        ("fetchmany", _count),
        ("fetchrow", _is_there),
        ("fetchval", None),
    ):
        _replace(asyncpg.Connection, name, _begin, rows)
        _replace(asyncpg.prepared_stmt.PreparedStatement, name, _begin_prepared, rows)
    _replace(asyncpg.Connection, "execute", _begin, _status_rows)
    _replace(asyncpg.Connection, "executemany", _begin_many, None)
    _replace(asyncpg.prepared_stmt.PreparedStatement, "executemany", _begin_prepared, None)
    for name in ("copy_from_table", "copy_to_table", "copy_records_to_table"):
        _replace(asyncpg.Connection, name, _begin_copy, _status_rows)
    _replace(asyncpg.Connection, "copy_from_query", _begin, _status_rows)
    for name in ("_bind", "_bind_exec"):
        _replace(asyncpg.cursor.BaseCursor, name, _begin_cursor, None)
    _replacements.replace(asyncpg.pool.Pool, "_acquire", _timed)


def uninstrument(emitter: Emitter | None = None) -> None:
    """Stop telling `emitter`, or everybody."""
    if _listeners.remove(emitter):
        _replacements.restore()


def _replace(
    owner: Any, name: str, begin: Callable[..., Any], rows: Callable[..., Any] | None
) -> None:
    _replacements.replace(owner, name, lambda method: calls.observed_async(method, begin, rows))


def _begin(connection: Any, query: str, *_args: Any, **_kwargs: Any) -> ActiveSpan | None:
    # What a pool sends before it takes a connection back is not the program's.
    if query is connection._reset_query or OWN_STATEMENT.match(query):
        return None
    return _begin_on(connection, query)


def _begin_many(connection: Any, command: str, args: Any, **_kwargs: Any) -> ActiveSpan | None:
    batch_size = len(args) if type(args) in (list, tuple) else None
    return _begin_on(connection, command, batch_size=batch_size)


def _begin_prepared(
    statement: Any, args: Any = None, *_args: Any, **_kwargs: Any
) -> ActiveSpan | None:
    # A list may be many arguments, or one.
    del args
    return _begin_on(statement._connection, statement._query)


def _begin_copy(connection: Any, table_name: str, **_kwargs: Any) -> ActiveSpan | None:
    return _begin_on(connection, None, operation="COPY", collection=table_name)


def _begin_cursor(cursor: Any, *_args: Any) -> ActiveSpan | None:
    return _begin_on(cursor._connection, cursor._query)


def _begin_on(connection: Any, statement: str | None, **known: Any) -> ActiveSpan | None:
    # A proxy of a pool passes attributes on.
    address = connection._addr
    host, port = address if isinstance(address, tuple) else (None, None)
    span = _listeners.begin_query(
        "postgresql",
        statement,
        namespace=connection._params.database,
        server_address=host,
        server_port=port,
        **known,
    )
    wait_ns = _waits.pop(getattr(connection, "_con", connection), None)
    if span is not None and wait_ns is not None:
        span.set("pool_wait_ns", wait_ns)
    return span


def _count(_owner: Any, records: Any) -> int:
    return len(records)


def _is_there(_owner: Any, record: Any) -> int:
    return int(record is not None)


def _status_rows(_owner: Any, status: str) -> int | None:
    count = status.rpartition(" ")[2]
    return int(count) if count.isdecimal() else None


def _timed(acquire: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(acquire)
    async def timed_acquire(*args: Any, **kwargs: Any) -> Any:
        start_ns = time.perf_counter_ns()
        proxy = await acquire(*args, **kwargs)
        _waits[proxy._con] = time.perf_counter_ns() - start_ns
        return proxy

    return timed_acquire
