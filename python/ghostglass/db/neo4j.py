"""Neo4j, sync and async: `run` of sessions and transactions, which `execute_query` uses too.

A query lasts until the driver has its last record or failed; records are not counted. What was
changed is told by the counters of the summary, under their own names.
"""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any

import neo4j

from ghostglass.db.calls import begun
from ghostglass.db.listeners import Listeners
from ghostglass.db.replacements import Replacements

if TYPE_CHECKING:
    from collections.abc import Callable

    from ghostglass._native import ActiveSpan, Emitter

# In the metadata of a result.
TIMES = {"t_first": "result_available_after_ms", "t_last": "result_consumed_after_ms"}

_listeners = Listeners()
_replacements = Replacements()


def instrument(emitter: Emitter) -> None:
    """See the queries of every session."""
    if not _listeners.add(emitter):
        return
    for owner in _owners(neo4j.Session, neo4j.Transaction, neo4j.ManagedTransaction):
        _replacements.replace(owner, "run", lambda run: observed_run(run, _listeners))
    for owner in _owners(neo4j.AsyncSession, neo4j.AsyncTransaction, neo4j.AsyncManagedTransaction):
        _replacements.replace(owner, "run", lambda run: observed_run_async(run, _listeners))


def uninstrument(emitter: Emitter | None = None) -> None:
    """Stop telling `emitter`, or everybody."""
    if _listeners.remove(emitter):
        _replacements.restore()


def instrument_session(session: Any, emitter: Emitter) -> None:
    """See the queries of one session; who listens everywhere is told of them too."""
    listeners: Listeners | None = vars(session).get("_ghost_listeners")
    if listeners is not None:
        listeners.add(emitter)
        return
    session._ghost_listeners = listeners = Listeners(emitter, others=_listeners)
    is_async = inspect.iscoroutinefunction(session.run)
    wrap = observed_run_async if is_async else observed_run
    session.run = wrap(session.run, listeners)
    opened = _opening_async if is_async else _opening
    session._open_transaction = opened(session, functools.partial(wrap, listeners=listeners))


def _opening(session: Any, wrap: Callable[..., Any]) -> Callable[..., None]:
    open_transaction = session._open_transaction

    def observed(**known: Any) -> None:
        open_transaction(**known)
        session._transaction.run = wrap(session._transaction.run)

    return observed


def _opening_async(session: Any, wrap: Callable[..., Any]) -> Callable[..., Any]:
    open_transaction = session._open_transaction

    async def observed(**known: Any) -> None:
        await open_transaction(**known)
        session._transaction.run = wrap(session._transaction.run)

    return observed


def _owners(*classes: type) -> set[type]:
    """Give the classes that define `run`; kinds of transactions share one."""
    return {next(owner for owner in cls.__mro__ if "run" in vars(owner)) for cls in classes}


def observed_run(run: Callable[..., Any], listeners: Listeners) -> Callable[..., Any]:
    """Wrap `run` of a session or transaction, as a function or bound to one."""

    @functools.wraps(run)
    def observed(*args: Any, **kwargs: Any) -> Any:
        span = begun(_beginning(run, listeners), args, kwargs)
        if span is None:
            return run(*args, **kwargs)
        try:
            result = run(*args, **kwargs)
        except BaseException as error:
            span.end(error)
            raise
        _follow(result, span)
        return result

    return observed


def observed_run_async(run: Callable[..., Any], listeners: Listeners) -> Callable[..., Any]:
    """Wrap `run` of an asynchronous session or transaction."""

    @functools.wraps(run)
    async def observed(*args: Any, **kwargs: Any) -> Any:
        span = begun(_beginning(run, listeners), args, kwargs)
        if span is None:
            return await run(*args, **kwargs)
        try:
            result = await run(*args, **kwargs)
        except BaseException as error:
            span.end(error)
            raise
        _follow(result, span)
        return result

    return observed


def _beginning(run: Callable[..., Any], listeners: Listeners) -> Callable[..., ActiveSpan | None]:
    skipped = 0 if hasattr(run, "__self__") else 1

    def begin(*args: Any, **kwargs: Any) -> ActiveSpan | None:
        query = args[skipped] if len(args) > skipped else kwargs["query"]
        return listeners.begin_query("neo4j", str(getattr(query, "text", query)))

    return begin


def _follow(result: Any, span: ActiveSpan) -> None:
    """End the span when the stream of records ends; at once where this driver does not tell."""
    span.detach()
    try:
        if not result._attached:
            _end(result, span)
            return
        closed, failed = result._on_closed, result._on_error
    except AttributeError:
        span.end()
        return

    def on_closed(*args: Any) -> Any:
        # A failed stream is closed too, still waiting for records; its error comes next.
        if not result._streaming:
            _end(result, span)
        return closed(*args)

    def on_error(error: BaseException, *args: Any) -> Any:
        span.end(error)
        return failed(error, *args)

    result._on_closed, result._on_error = on_closed, on_error


def _end(result: Any, span: ActiveSpan) -> None:
    try:
        _describe(result, span)
    finally:
        span.end()


def _describe(result: Any, span: ActiveSpan) -> None:
    host, port = result._address[:2]
    span.set("server_address", host)
    span.set("server_port", port)
    if result._database:
        span.set("namespace", result._database)
    for key, name in TIMES.items():
        if isinstance(result._metadata.get(key), int):
            span.set(name, result._metadata[key])
    for counter, count in result._metadata.get("stats", {}).items():
        if type(count) is int:
            span.set(counter.replace("-", "_"), count)
