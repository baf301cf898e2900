"""psycopg_pool: how long a connection was waited for, told by the next query on it.

The queries are seen by the adapter of psycopg; a pool of its own makes no span.
"""

from __future__ import annotations

import functools
import time
from typing import TYPE_CHECKING, Any

import psycopg_pool

from ghostglass.db.psycopg import WAIT
from ghostglass.db.replacements import Replacements

if TYPE_CHECKING:
    from collections.abc import Callable

    from ghostglass._native import Emitter

_replacements = Replacements()


def instrument(emitter: Emitter) -> None:
    """Time how long pools take to hand out connections."""
    del emitter
    if _replacements:
        return
    _replacements.replace(psycopg_pool.ConnectionPool, "getconn", _timed)
    _replacements.replace(psycopg_pool.AsyncConnectionPool, "getconn", _timed_async)


def uninstrument(emitter: Emitter | None = None) -> None:
    """Stop timing, for whomever."""
    del emitter
    _replacements.restore()


def _timed(getconn: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(getconn)
    def timed_getconn(*args: Any, **kwargs: Any) -> Any:
        start_ns = time.perf_counter_ns()
        connection = getconn(*args, **kwargs)
        connection.__dict__[WAIT] = time.perf_counter_ns() - start_ns
        return connection

    return timed_getconn


def _timed_async(getconn: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(getconn)
    async def timed_getconn(*args: Any, **kwargs: Any) -> Any:
        start_ns = time.perf_counter_ns()
        connection = await getconn(*args, **kwargs)
        connection.__dict__[WAIT] = time.perf_counter_ns() - start_ns
        return connection

    return timed_getconn
