"""Calls that send a query, with a span around them: functions, coroutines and generators.

Arguments, results and exceptions pass through untouched; whatever fails in here fails silently, and
the call is made without a span. What is known of the query, the adapter tells.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from ghostglass._native import ActiveSpan

    type Function = Callable[..., Any]
    # Gets the arguments of the call.
    type Begin = Callable[..., ActiveSpan | None]
    # Gets the object the method belongs to and the result; `None` or a negative number: not known.
    type Rows = Callable[[Any, Any], int | None]


def begun(begin: Begin, args: tuple[Any, ...], kwargs: dict[str, Any]) -> ActiveSpan | None:
    """Begin a span; arguments that the driver will refuse begin none."""
    try:
        return begin(*args, **kwargs)
    except Exception:
        return None


def finish(span: ActiveSpan, rows: Rows | None, owner: object, result: object) -> None:
    """End the span of a call that succeeded."""
    try:
        count = None if rows is None else rows(owner, result)
        if count is not None and count >= 0:
            span.set("rows", count)
    except Exception:
        count = None
    span.end()


def observed(original: Function, begin: Begin, rows: Rows | None = None) -> Function:
    """Wrap a method."""

    @functools.wraps(original)
    def call(*args: Any, **kwargs: Any) -> Any:
        span = begun(begin, args, kwargs)
        if span is None:
            return original(*args, **kwargs)
        try:
            result = original(*args, **kwargs)
        except BaseException as error:
            span.end(error)
            raise
        finish(span, rows, args[0], result)
        return result

    return call


def observed_async(original: Function, begin: Begin, rows: Rows | None = None) -> Function:
    """Wrap a method that is a coroutine function."""

    @functools.wraps(original)
    async def call(*args: Any, **kwargs: Any) -> Any:
        span = begun(begin, args, kwargs)
        if span is None:
            return await original(*args, **kwargs)
        try:
            result = await original(*args, **kwargs)
        except BaseException as error:
            span.end(error)
            raise
        finish(span, rows, args[0], result)
        return result

    return call


def observed_generator(original: Function, begin: Begin, rows: Rows | None = None) -> Function:
    """Wrap a method that yields rows: the span lasts from the first row asked for to the last.

    It is not current meanwhile: what the program asks the database between two rows is a query of
    its own.
    """
    del rows

    @functools.wraps(original)
    def call(*args: Any, **kwargs: Any) -> Iterator[Any]:
        span = begun(begin, args, kwargs)
        if span is None:
            yield from original(*args, **kwargs)
            return
        span.detach()
        count = 0
        try:
            for row in original(*args, **kwargs):
                count += 1
                yield row
        except GeneratorExit:
            raise
        except BaseException as error:
            span.end(error)
            raise
        finally:
            span.set("rows", count)
            span.end()

    return call


def observed_async_generator(
    original: Function, begin: Begin, rows: Rows | None = None
) -> Function:
    """Wrap a method that yields rows asynchronously, as `observed_generator` does."""
    del rows

    @functools.wraps(original)
    async def call(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        span = begun(begin, args, kwargs)
        if span is not None:
            span.detach()
        stream = original(*args, **kwargs)
        count = 0
        try:
            async for row in stream:
                count += 1
                yield row
        except GeneratorExit:
            raise
        except BaseException as error:
            if span is not None:
                span.end(error)
            raise
        finally:
            await stream.aclose()
            if span is not None:
                span.set("rows", count)
                span.end()

    return call
