"""pyodbc: proxies of its connections and cursors, whose types cannot be changed or inherited from.

The proxies claim the class of what they stand for, and pass on everything they do not know, in both
directions. What is given to C by name (nothing of pyodbc takes a connection) is beyond them.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pyodbc

from ghostglass.db import fetching
from ghostglass.db.calls import begun
from ghostglass.db.listeners import Listeners
from ghostglass.db.replacements import BuiltinFunction, Replacements

if TYPE_CHECKING:
    from collections.abc import Callable

    from ghostglass._native import ActiveSpan, Emitter

# What drivers call themselves, as OpenTelemetry spells it.
SYSTEMS = {
    "Microsoft SQL Server": "microsoft.sql_server",
    "MariaDB": "mariadb",
    "MySQL": "mysql",
    "Oracle": "oracle.db",
    "PostgreSQL": "postgresql",
    "SQLite": "sqlite",
}
UNKNOWN_SYSTEM = "other_sql"

_everywhere = Listeners()
_replacements = Replacements()


def instrument(emitter: Emitter) -> None:
    """See the statements of connections opened from here on."""
    if _everywhere.add(emitter):
        _replacements.replace(pyodbc, "connect", _seeing)


def uninstrument(emitter: Emitter | None = None) -> None:
    """Stop telling `emitter`, or everybody; connections still open go on unseen."""
    if _everywhere.remove(emitter):
        _replacements.restore()


def observed_connection(connection: Any, emitter: Emitter, system: str | None) -> Connection:
    """Stand for one connection; who listens everywhere is told too."""
    if type(connection) is Connection:
        connection._ghost_listeners.add(emitter)
        return connection
    observed = Connection(connection, Listeners(emitter, others=_everywhere))
    if system is not None:
        observed._ghost_known["system"] = system
    return observed


def _seeing(connect: Callable[..., Any]) -> BuiltinFunction:
    def seeing_connect(*args: Any, **kwargs: Any) -> Any:
        return Connection(connect(*args, **kwargs), Listeners(others=_everywhere))

    return BuiltinFunction("pyodbc", connect, seeing_connect)


class Proxy:
    """What connections and cursors have in common: all that is not theirs."""

    __slots__ = ("__weakref__", "_ghost_real")

    _ghost_real: Any

    # What `isinstance` asks when the type does not say yes.
    __class__ = property(lambda self: type(self._ghost_real))

    def __getattr__(self, name: str) -> Any:
        """Pass on what is not known here."""
        return getattr(self._ghost_real, name)

    def __setattr__(self, name: str, value: Any) -> None:
        """Pass on."""
        setattr(self._ghost_real, name, value)

    def __delattr__(self, name: str) -> None:
        """Pass on."""
        delattr(self._ghost_real, name)

    def __dir__(self) -> list[str]:
        """Pass on."""
        return dir(self._ghost_real)

    def __repr__(self) -> str:
        """Pass on."""
        return repr(self._ghost_real)

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Pass on: these cannot be pickled or copied."""
        return self._ghost_real.__reduce_ex__(protocol)

    def __enter__(self) -> Any:
        """Enter what this stands for."""
        self._ghost_real.__enter__()
        return self

    def __exit__(self, *raised: object) -> Any:
        """Leave it."""
        return self._ghost_real.__exit__(*raised)


def _set(proxy: Proxy, **attributes: Any) -> None:
    for name, value in attributes.items():
        object.__setattr__(proxy, name, value)


class Connection(Proxy):
    """Stands for a connection, and makes cursors that see their statements."""

    __slots__ = ("_ghost_known", "_ghost_listeners")

    _ghost_known: dict[str, Any]
    _ghost_listeners: Listeners

    def __init__(self, real: Any, listeners: Listeners) -> None:
        """Stand for `real`."""
        _set(self, _ghost_real=real, _ghost_listeners=listeners, _ghost_known=_known(real))

    def cursor(self) -> Any:
        """Make a cursor that sees its statements."""
        return Cursor(self._ghost_real.cursor(), self)

    def execute(self, *args: Any, **kwargs: Any) -> Any:
        """Execute a statement with a cursor of its own."""
        return self.cursor().execute(*args, **kwargs)


class Cursor(Proxy):
    """Stands for a cursor, and sees its statements."""

    __slots__ = ("_ghost_connection", "_ghost_open", "_ghost_rows")

    _ghost_connection: Connection
    # The span of a query whose rows may not all be fetched, standing still, and how many were.
    _ghost_open: ActiveSpan | None
    _ghost_rows: int

    def __init__(self, real: Any, connection: Connection) -> None:
        """Stand for `real`, which belongs to what `connection` stands for."""
        _set(self, _ghost_real=real, _ghost_connection=connection, _ghost_open=None)

    @property
    def connection(self) -> Any:
        """The connection, as the program knows it."""
        return self._ghost_connection

    def execute(self, *args: Any, **kwargs: Any) -> Any:
        """Execute a statement."""
        return self._observe(self._ghost_real.execute, self._begin, args, kwargs)

    def executemany(self, *args: Any, **kwargs: Any) -> Any:
        """Execute a statement with many sets of parameters."""
        return self._observe(self._ghost_real.executemany, self._begin_many, args, kwargs)

    def fetchone(self) -> Any:
        """Fetch a row."""
        span, fetch = self._taken_open(), self._ghost_real.fetchone
        return fetch() if span is None else fetching.first(span, self._ghost_rows, fetch)

    def fetchval(self) -> Any:
        """Fetch the first value of a row."""
        self._end_open()
        return self._ghost_real.fetchval()

    def fetchmany(self, *args: Any) -> Any:
        """Fetch some rows."""
        span, fetch = self._taken_open(), self._ghost_real.fetchmany
        if span is None:
            return fetch(*args)
        rows = fetching.some(span, self._ghost_rows, fetch, *args)
        if rows:
            _set(self, _ghost_open=span, _ghost_rows=self._ghost_rows + len(rows))
        return rows

    def fetchall(self) -> Any:
        """Fetch all rows that are left."""
        span, fetch = self._taken_open(), self._ghost_real.fetchall
        return fetch() if span is None else fetching.rest(span, self._ghost_rows, fetch)

    def nextset(self) -> Any:
        """Go to the next result of the statement, whose rows are not counted."""
        self._end_open()
        return self._ghost_real.nextset()

    def __iter__(self) -> Any:
        """Iterate over rows, untimed, with what iterates in C."""
        self._end_open()
        return iter(self._ghost_real)

    def __next__(self) -> Any:
        """Give the next row."""
        self._end_open()
        return next(self._ghost_real)

    def close(self) -> None:
        """Close the cursor."""
        self._end_open()
        self._ghost_real.close()

    def _taken_open(self) -> ActiveSpan | None:
        span = self._ghost_open
        _set(self, _ghost_open=None)
        return span

    def _end_open(self) -> None:
        span = self._taken_open()
        if span is not None:
            span.end()

    def _observe(self, call: Any, begin: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        self._end_open()
        span: ActiveSpan | None = begun(begin, args, kwargs)
        if span is None:
            return self._own(call(*args, **kwargs))
        try:
            result = call(*args, **kwargs)
        except BaseException as error:
            span.end(error)
            raise
        self._ghost_follow(span)
        return self._own(result)

    def _ghost_follow(self, span: ActiveSpan) -> None:
        """End the span of a statement that was executed, or keep it for the rows to come."""
        if self._ghost_real.description is not None:
            # The number of rows of a result is made up by some drivers.
            span.pause()
            _set(self, _ghost_open=span, _ghost_rows=0)
            return
        if self._ghost_real.rowcount >= 0:
            span.set("rows", self._ghost_real.rowcount)
        span.end()

    def _own(self, result: Any) -> Any:
        return self if result is self._ghost_real else result

    def _begin(self, sql: str, *_params: Any) -> ActiveSpan | None:
        return self._begin_batch(sql, None)

    def _begin_many(self, sql: str, params: Any) -> ActiveSpan | None:
        return self._begin_batch(sql, len(params) if type(params) in (list, tuple) else None)

    def _begin_batch(self, sql: str, batch_size: int | None) -> ActiveSpan | None:
        connection = self._ghost_connection
        begin = connection._ghost_listeners.begin_query
        return begin(statement=sql, batch_size=batch_size, **connection._ghost_known)


def _passing(name: str) -> Any:
    def method(self: Cursor, *args: Any, **kwargs: Any) -> Any:
        return self._own(getattr(self._ghost_real, name)(*args, **kwargs))

    method.__name__ = name
    return method


for _name in (
    "columns",
    "foreignKeys",
    "getTypeInfo",
    "primaryKeys",
    "procedureColumns",
    "procedures",
    "rowIdColumns",
    "rowVerColumns",
    "statistics",
    "tablePrivileges",
    "tables",
):
    # These give the cursor back.
    setattr(Cursor, _name, _passing(_name))


def _known(connection: Any) -> dict[str, Any]:
    """Tell what all queries of a connection have in common: asked once, of the driver itself."""
    name = _info(connection, pyodbc.SQL_DBMS_NAME) or ""
    system = next(
        (word for known, word in SYSTEMS.items() if name.startswith(known)), UNKNOWN_SYSTEM
    )
    database = _info(connection, pyodbc.SQL_DATABASE_NAME)
    if system == "sqlite":
        return {"system": system, "namespace": os.path.basename(database or "") or None}
    server = _info(connection, pyodbc.SQL_SERVER_NAME)
    return {"system": system, "namespace": database, "server_address": server}


def _info(connection: Any, what: int) -> str | None:
    try:
        answer = connection.getinfo(what)
    except Exception:
        return None
    return answer if isinstance(answer, str) and answer else None
