"""sqlite3: connections and cursors are of subclasses that see their statements.

Subclasses, because the types are written in C: `backup`, blobs and `isinstance` need real ones.
Factories of the program are respected: what it gets is an instance of its own class. Connections
that were open before somebody listened stay as they are.
"""

from __future__ import annotations

import os
import sqlite3
import sqlite3.dbapi2
from typing import TYPE_CHECKING, Any

from ghostglass.db import fetching
from ghostglass.db.listeners import Listeners
from ghostglass.db.replacements import BuiltinFunction, Replacements
from ghostglass.db.subclasses import seeing_class

if TYPE_CHECKING:
    from collections.abc import Callable

    from ghostglass._native import ActiveSpan, Emitter

FACTORY_POSITION = 5

_listeners = Listeners()
_replacements = Replacements()
_make_cursor = sqlite3.Connection.cursor
_execute = sqlite3.Cursor.execute
_executemany = sqlite3.Cursor.executemany
_executescript = sqlite3.Cursor.executescript
_fetchone = sqlite3.Cursor.fetchone
_fetchmany = sqlite3.Cursor.fetchmany
_fetchall = sqlite3.Cursor.fetchall


def instrument(emitter: Emitter) -> None:
    """See the statements of connections opened from here on."""
    if not _listeners.add(emitter):
        return
    seeing = BuiltinFunction("sqlite3", sqlite3.connect, _connecting(sqlite3.connect))
    for module in (sqlite3, sqlite3.dbapi2):
        _replacements.replace(module, "connect", lambda _original: seeing)


def uninstrument(emitter: Emitter | None = None) -> None:
    """Stop telling `emitter`, or everybody; connections still open go on unseen."""
    if _listeners.remove(emitter):
        _replacements.restore()


def _connecting(connect: Callable[..., Any]) -> Callable[..., Any]:
    def seeing_connect(*args: Any, **kwargs: Any) -> Any:
        # The sixth positional argument is a factory too, deprecated: such connections stay unseen.
        if len(args) <= FACTORY_POSITION:
            kwargs["factory"] = seeing_class(
                kwargs.get("factory", sqlite3.Connection), sqlite3.Connection, Connection
            )
        return connect(*args, **kwargs)

    return seeing_connect


class Cursor(sqlite3.Cursor):
    """A cursor that sees its statements; between the program's class, if any, and the one in C."""

    # The span of a query whose rows may not all be fetched, standing still, and how many were.
    _ghost_open: ActiveSpan | None = None
    _ghost_rows = 0

    def execute(self, sql: str, /, *parameters: Any) -> Any:
        """Execute a statement."""
        if self._ghost_open is not None:
            self._end_open()
        return _observe(self, getattr(self, "connection", None), sql, parameters)

    def executemany(self, sql: str, seq_of_parameters: Any, /) -> Any:
        """Execute a statement with many sets of parameters."""
        self._end_open()
        is_sized = type(seq_of_parameters) in (list, tuple)
        span = _begin(
            getattr(self, "connection", None), sql, len(seq_of_parameters) if is_sized else None
        )
        if span is None:
            return _executemany(self, sql, seq_of_parameters)
        try:
            _executemany(self, sql, seq_of_parameters)
        except BaseException as error:
            span.end(error)
            raise
        self._ghost_follow(span)
        return self

    def executescript(self, sql_script: str, /) -> Any:
        """Execute several statements, seen as one."""
        self._end_open()
        span = _begin(getattr(self, "connection", None), sql_script, None)
        if span is None:
            return _executescript(self, sql_script)
        try:
            _executescript(self, sql_script)
        except BaseException as error:
            span.end(error)
            raise
        span.end()
        return self

    def fetchone(self) -> Any:
        """Fetch a row; whether there are more, nobody knows."""
        span = self._ghost_open
        if span is None:
            return _fetchone(self)
        self._ghost_open = None
        span.resume()
        try:
            row = _fetchone(self)
        except BaseException as error:
            span.end(error)
            raise
        if row is None:
            span.set("rows", self._ghost_rows)
        span.end()
        return row

    def fetchmany(self, *args: Any, **kwargs: Any) -> Any:
        """Fetch some rows."""
        span = self._ghost_open
        if span is None:
            return _fetchmany(self, *args, **kwargs)
        self._ghost_open = None
        rows = fetching.some(span, self._ghost_rows, _fetchmany, self, *args, **kwargs)
        self._ghost_rows += len(rows)
        if rows:
            self._ghost_open = span
        return rows

    def fetchall(self) -> Any:
        """Fetch all rows that are left."""
        span = self._ghost_open
        if span is None:
            return _fetchall(self)
        self._ghost_open = None
        span.resume()
        try:
            rows = _fetchall(self)
        except BaseException as error:
            span.end(error)
            raise
        span.set("rows", self._ghost_rows + len(rows))
        span.end()
        return rows

    def __iter__(self) -> Any:
        """Iterate, untimed."""
        self._end_open()
        return super().__iter__()

    def close(self) -> None:
        """Close the cursor."""
        self._end_open()
        super().close()

    def _ghost_follow(self, span: ActiveSpan) -> None:
        """End the span of a statement that was executed, or keep it for the rows to come."""
        if self.description is None:
            rows = self.rowcount
            if rows >= 0:
                span.set("rows", rows)
            span.end()
        else:
            span.pause()
            self._ghost_open = span
            self._ghost_rows = 0

    def _end_open(self) -> None:
        span = self._ghost_open
        if span is not None:
            self._ghost_open = None
            span.end()


class Connection(sqlite3.Connection):
    """A connection whose cursors see their statements."""

    _ghost_namespace: str | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Open a database, and keep the name of its file."""
        self._ghost_namespace = _file_name(args[0] if args else kwargs.get("database"))
        super().__init__(*args, **kwargs)

    def cursor(self, factory: Any = sqlite3.Cursor) -> Any:
        """Make a cursor that sees its statements."""
        return _make_cursor(self, seeing_class(factory, sqlite3.Cursor, Cursor))

    def execute(self, sql: str, /, *parameters: Any) -> Any:
        """Execute a statement with a cursor of its own."""
        return _observe(_make_cursor(self, Cursor), self, sql, parameters)

    def executemany(self, sql: str, parameters: Any, /) -> Any:
        """Execute a statement with many sets of parameters, with a cursor of its own."""
        return Cursor.executemany(_make_cursor(self, Cursor), sql, parameters)

    def executescript(self, sql_script: str, /) -> Any:
        """Execute several statements with a cursor of their own."""
        return Cursor.executescript(_make_cursor(self, Cursor), sql_script)


def _observe(cursor: Cursor, connection: Any, sql: str, parameters: tuple[Any, ...]) -> Any:
    """Execute a statement; with few calls, because a simple one takes a microsecond."""
    try:
        namespace = connection._ghost_namespace
        span = _listeners.begin_query("sqlite", sql, namespace=namespace, is_leaf=True)
    except Exception:
        span = None
    if span is None:
        return _execute(cursor, sql, *parameters)
    try:
        _execute(cursor, sql, *parameters)
    except BaseException as error:
        span.end(error)
        raise
    if cursor.description is None:
        cursor._ghost_follow(span)
    else:
        span.pause()
        cursor._ghost_open = span
        if cursor._ghost_rows:
            cursor._ghost_rows = 0
    return cursor


def _begin(connection: Any, sql: str, batch_size: int | None) -> ActiveSpan | None:
    try:
        namespace = connection._ghost_namespace
        begin = _listeners.begin_query
        return begin("sqlite", sql, namespace=namespace, batch_size=batch_size, is_leaf=True)
    except Exception:
        return None


def _file_name(database: Any) -> str | None:
    # Without folders and options, which can be values.
    try:
        name = os.path.basename(os.fsdecode(database))
    except TypeError:
        return None
    return name.partition("?")[0].removeprefix("file:") or None


for _class in (Connection, Cursor):
    # Messages and `repr` speak of the classes the program knows.
    _class.__module__, _class.__qualname__ = "sqlite3", _class.__name__
