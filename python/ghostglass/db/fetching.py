"""The time of fetching, where rows are made while they are fetched: it belongs to their query.

The span of a query stands still until rows are asked for. It ends with a `fetchall`, with a
`fetchmany` that finds nothing, with the first `fetchone`, and before iterating; else with its
cursor. Rows that are iterated over are not timed: that would cost more than making them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from ghostglass._native import ActiveSpan

    type Fetch = Callable[..., Any]


def first(span: ActiveSpan, before: int, fetch: Fetch, *args: Any) -> Any:
    """Fetch a row and end; whether there are more, nobody knows."""
    row = _timed(span, fetch, args, {})
    if row is None:
        span.set("rows", before)
    span.end()
    return row


def some(span: ActiveSpan, before: int, fetch: Fetch, *args: Any, **kwargs: Any) -> Any:
    """Fetch some rows; end if there are none left, else stand still again."""
    rows = _timed(span, fetch, args, kwargs)
    if rows:
        span.pause()
    else:
        span.set("rows", before)
        span.end()
    return rows


def rest(span: ActiveSpan, before: int, fetch: Fetch, *args: Any) -> Any:
    """Fetch all rows that are left, and end."""
    rows = _timed(span, fetch, args, {})
    span.set("rows", before + len(rows))
    span.end()
    return rows


def _timed(span: ActiveSpan, fetch: Fetch, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    span.resume()
    try:
        return fetch(*args, **kwargs)
    except BaseException as error:
        span.end(error)
        raise
