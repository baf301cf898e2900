"""psycopg2: connections make cursors of subclasses that see their statements.

Subclasses, because `register_type` and the extras need real ones. The program's own classes of
connections and cursors are kept below ours. Server-side cursors count when they are declared.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import psycopg2
import psycopg2.extensions

from ghostglass.db import calls
from ghostglass.db.listeners import Listeners
from ghostglass.db.psycopg_text import statement_text
from ghostglass.db.replacements import Replacements
from ghostglass.db.subclasses import seeing_class

if TYPE_CHECKING:
    from collections.abc import Callable

    from ghostglass._native import ActiveSpan, Emitter

_listeners = Listeners()
_replacements = Replacements()


def instrument(emitter: Emitter) -> None:
    """See the statements of connections opened from here on."""
    if _listeners.add(emitter):
        _replacements.replace(psycopg2, "connect", _connecting)


def uninstrument(emitter: Emitter | None = None) -> None:
    """Stop telling `emitter`, or everybody; connections still open go on unseen."""
    if _listeners.remove(emitter):
        _replacements.restore()


def _connecting(connect: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(connect)
    def seeing_connect(*args: Any, **kwargs: Any) -> Any:
        # The second positional argument is a factory too: such connections stay unseen.
        if len(args) <= 1:
            factory = kwargs.get("connection_factory") or psycopg2.extensions.connection
            kwargs["connection_factory"] = seeing_class(
                factory, psycopg2.extensions.connection, Connection
            )
        return connect(*args, **kwargs)

    return seeing_connect


class Connection(psycopg2.extensions.connection):
    """A connection whose cursors see their statements."""

    def cursor(self, *args: Any, **kwargs: Any) -> Any:
        """Make a cursor that sees its statements."""
        if len(args) <= 1:
            factory = kwargs.get("cursor_factory") or self.cursor_factory
            base = psycopg2.extensions.cursor
            kwargs["cursor_factory"] = seeing_class(factory or base, base, Cursor)
        return super().cursor(*args, **kwargs)


def _begin(cursor: Any, query: Any, *_args: Any, **_kwargs: Any) -> ActiveSpan | None:
    return _begin_batch(cursor, query, None)


def _begin_many(cursor: Any, query: Any, vars_list: Any) -> ActiveSpan | None:
    is_sized = type(vars_list) in (list, tuple)
    return _begin_batch(cursor, query, len(vars_list) if is_sized else None)


def _begin_call(cursor: Any, procname: str, *_args: Any) -> ActiveSpan | None:
    return _begin_batch(cursor, f"CALL {procname}", None)


def _begin_batch(cursor: Any, query: Any, batch_size: int | None) -> ActiveSpan | None:
    info = cursor.connection.info
    is_socket = not info.host or info.host.startswith("/")
    return _listeners.begin_query(
        "postgresql",
        statement_text(query),
        namespace=info.dbname,
        server_address=None if is_socket else info.host,
        server_port=None if is_socket else info.port,
        batch_size=batch_size,
    )


def _rows(cursor: Any, _result: Any) -> int:
    rows: int = cursor.rowcount
    return rows


class Cursor(psycopg2.extensions.cursor):
    """A cursor that sees its statements."""

    execute = calls.observed(psycopg2.extensions.cursor.execute, _begin, _rows)
    executemany = calls.observed(psycopg2.extensions.cursor.executemany, _begin_many, _rows)
    callproc = calls.observed(psycopg2.extensions.cursor.callproc, _begin_call, _rows)
    copy_expert = calls.observed(psycopg2.extensions.cursor.copy_expert, _begin, _rows)
