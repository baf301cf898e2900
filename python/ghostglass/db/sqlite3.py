"""sqlite3: connections and cursors are of subclasses that see their statements.

Subclasses, because the types are written in C: `backup`, blobs and `isinstance` need real ones.
Factories of the program are respected: what it gets is an instance of its own class. Connections
that were open before somebody listened stay as they are. Rows are made while they are fetched, and
that is not timed.
"""

from __future__ import annotations

import os
import sqlite3
import sqlite3.dbapi2
from typing import TYPE_CHECKING, Any

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

    def execute(self, sql: str, /, *parameters: Any) -> Any:
        """Execute a statement."""
        span = self._begin(sql)
        if span is None:
            return _execute(self, sql, *parameters)
        try:
            _execute(self, sql, *parameters)
        except BaseException as error:
            span.end(error)
            raise
        self._end(span)
        return self

    def executemany(self, sql: str, seq_of_parameters: Any, /) -> Any:
        """Execute a statement with many sets of parameters."""
        is_sized = type(seq_of_parameters) in (list, tuple)
        span = self._begin(sql, len(seq_of_parameters) if is_sized else None)
        if span is None:
            return _executemany(self, sql, seq_of_parameters)
        try:
            _executemany(self, sql, seq_of_parameters)
        except BaseException as error:
            span.end(error)
            raise
        self._end(span)
        return self

    def executescript(self, sql_script: str, /) -> Any:
        """Execute several statements, seen as one."""
        span = self._begin(sql_script)
        if span is None:
            return _executescript(self, sql_script)
        try:
            _executescript(self, sql_script)
        except BaseException as error:
            span.end(error)
            raise
        span.end()
        return self

    def _begin(self, sql: str, batch_size: int | None = None) -> ActiveSpan | None:
        try:
            namespace = getattr(self.connection, "_ghost_namespace", None)
            return _listeners.begin_query("sqlite", sql, namespace=namespace, batch_size=batch_size)
        except Exception:
            return None

    def _end(self, span: ActiveSpan) -> None:
        rows = self.rowcount
        if rows >= 0:
            span.set("rows", rows)
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
        return Cursor.execute(_make_cursor(self, Cursor), sql, *parameters)

    def executemany(self, sql: str, parameters: Any, /) -> Any:
        """Execute a statement with many sets of parameters, with a cursor of its own."""
        return Cursor.executemany(_make_cursor(self, Cursor), sql, parameters)

    def executescript(self, sql_script: str, /) -> Any:
        """Execute several statements with a cursor of their own."""
        return Cursor.executescript(_make_cursor(self, Cursor), sql_script)


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
