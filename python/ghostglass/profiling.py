"""`@profile_function`: one event per call of a function, whatever kind of function it is.

The decorated function stays what it was: name, signature, coroutine function or generator. Calls
within calls are spans within spans. A generator's span lasts from the first value asked for to its
end, and is current only while the generator runs. Of an exception only its type is kept.
"""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, overload

from ghostglass._native import Emitter

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator

    from ghostglass._native import ActiveSpan

__all__ = ["profile_function"]


@overload
def profile_function[**P, R](function: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def profile_function[**P, R](
    emitter: Emitter | None = None, /, *, name: str | None = None
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...


def profile_function(
    emitter: Any = None,  # a function where the decorator is used bare
    /,
    *,
    name: str | None = None,
) -> Any:
    """Decorate a function: `@profile_function(emitter)`, or bare for the emitter of the run."""
    if emitter is None or isinstance(emitter, Emitter):
        return lambda function: _decorate(function, emitter or Emitter(), name)
    if callable(emitter):
        return _decorate(emitter, Emitter(), name)
    msg = f"profile_function takes an Emitter or a function, not `{type(emitter).__name__}`"
    raise TypeError(msg)


def _decorate(function: Any, emitter: Emitter, name: str | None) -> Any:
    if isinstance(function, (staticmethod, classmethod)):
        return type(function)(_decorate(function.__func__, emitter, name))
    name = name or getattr(function, "__qualname__", None) or type(function).__qualname__
    if inspect.isasyncgenfunction(function):
        wrapper = _async_generator
    elif inspect.iscoroutinefunction(function):
        wrapper = _coroutine
    elif inspect.isgeneratorfunction(function):
        wrapper = _generator
    else:
        wrapper = _plain
    return wrapper(function, emitter, name)


def _plain(function: Any, emitter: Emitter, name: str) -> Any:
    begin = emitter.begin_function

    @functools.wraps(function)
    def profiled(*args: Any, **kwargs: Any) -> Any:
        span = begin(name)
        if span is None:
            return function(*args, **kwargs)
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            span.end(error)
            raise
        span.end()
        return result

    return profiled


def _coroutine(function: Any, emitter: Emitter, name: str) -> Any:
    begin = emitter.begin_function

    @functools.wraps(function)
    async def profiled(*args: Any, **kwargs: Any) -> Any:
        span = begin(name)
        if span is None:
            return await function(*args, **kwargs)
        try:
            result = await function(*args, **kwargs)
        except BaseException as error:
            span.end(error)
            raise
        span.end()
        return result

    return profiled


def _generator(function: Any, emitter: Emitter, name: str) -> Any:
    begin = emitter.begin_function

    @functools.wraps(function)
    def profiled(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        generator = function(*args, **kwargs)
        span = begin(name)
        if span is None:
            return (yield from generator)
        try:
            result = yield from _current_while_running(generator, span)
        except GeneratorExit:
            # Closed by whoever had enough: no failure.
            span.end()
            raise
        except BaseException as error:
            span.end(error)
            raise
        span.end()
        return result

    return profiled


def _current_while_running(
    generator: Generator[Any, Any, Any], span: ActiveSpan
) -> Generator[Any, Any, Any]:
    """`yield from`, but between two values the caller's span is current again."""
    step: Any = generator.__next__
    arguments: tuple[Any, ...] = ()
    while True:
        span.attach()
        try:
            value = step(*arguments)
        except StopIteration as stop:
            return stop.value
        finally:
            span.detach()
        try:
            sent = yield value
        except GeneratorExit:
            generator.close()
            raise
        except BaseException as error:
            step, arguments = generator.throw, (error,)
        else:
            step, arguments = generator.send, (sent,)


def _async_generator(function: Any, emitter: Emitter, name: str) -> Any:
    begin = emitter.begin_function

    @functools.wraps(function)
    async def profiled(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        generator = function(*args, **kwargs)
        span = begin(name)
        step: Any = generator.__anext__
        arguments: tuple[Any, ...] = ()
        try:
            while True:
                value = await _step(step, arguments, span)
                try:
                    sent = yield value
                except GeneratorExit:
                    await generator.aclose()
                    raise
                except BaseException as error:
                    step, arguments = generator.athrow, (error,)
                else:
                    step, arguments = generator.asend, (sent,)
        except (StopAsyncIteration, GeneratorExit):
            # At its end, or closed by whoever had enough: no failure.
            return
        except BaseException as error:
            if span is not None:
                span.end(error)
            raise
        finally:
            if span is not None:
                span.end()

    return profiled


async def _step(step: Any, arguments: tuple[Any, ...], span: ActiveSpan | None) -> Any:
    """Ask for one value; the span is current until it is there."""
    if span is None:
        return await step(*arguments)
    span.attach()
    try:
        return await step(*arguments)
    finally:
        span.detach()
