"""aiosqlite: what it does on its threads belongs to the request that asked for it.

The statements themselves are seen by the adapter of sqlite3.
"""

from __future__ import annotations

import contextvars
import functools
from typing import TYPE_CHECKING, Any

import aiosqlite

from ghostglass.db import sqlite3
from ghostglass.db.replacements import Replacements

if TYPE_CHECKING:
    from collections.abc import Callable

    from ghostglass._native import Emitter

_replacements = Replacements()


def instrument(emitter: Emitter) -> None:
    """See statements, with the context of the task that sent them."""
    sqlite3.instrument(emitter)
    if not _replacements:
        _replacements.replace(aiosqlite.Connection, "_execute", _with_context)


def uninstrument(emitter: Emitter | None = None) -> None:
    """Let the threads have contexts of their own again; statements go on being seen."""
    del emitter
    _replacements.restore()


def _with_context(execute: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(execute)
    async def execute_in_context(self: Any, fn: Any, *args: Any, **kwargs: Any) -> Any:
        return await execute(self, contextvars.copy_context().run, fn, *args, **kwargs)

    return execute_in_context
