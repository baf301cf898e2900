"""Instrument chosen connections of pyodbc. How is in `ghostglass.db.pyodbc`.

Its types cannot be changed, so these give what is to be used instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ghostglass.db.pyodbc import Cursor, observed_connection

if TYPE_CHECKING:
    from ghostglass._native import Emitter

__all__ = ["PyODBCConfig", "instrument_pyodbc_connection", "instrument_pyodbc_cursor"]


@dataclass
class PyODBCConfig:
    """How queries are named; values are never recorded, whatever is set here."""

    vendor_label: str | None = None
    redact_statements: bool = True
    preview_len: int = 200
    redact_params: bool = True


def instrument_pyodbc_connection(
    connection: Any, emitter: Emitter, config: PyODBCConfig | None = None
) -> Any:
    """Give a connection whose cursors tell `emitter` of their statements: use it instead."""
    return observed_connection(connection, emitter, config.vendor_label if config else None)


def instrument_pyodbc_cursor(
    cursor: Any, emitter: Emitter, config: PyODBCConfig | None = None
) -> Any:
    """Give a cursor that tells `emitter` of its statements: use it instead."""
    if type(cursor) is Cursor:
        return cursor
    return Cursor(cursor, instrument_pyodbc_connection(cursor.connection, emitter, config))
