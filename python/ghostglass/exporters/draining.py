"""The thread that hands events to an exporter written in Python.

Only this loop: what waits, who wakes it and what is counted is the extension's business. It is
Python code because the interpreter, when it ends, stops its threads wherever they are.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from ghostglass._native import ExporterQueue

    Export = Callable[[list[Any]], object]


def start(
    queue: ExporterQueue, export: Export, exporter: object, interval: float
) -> Callable[[], None]:
    """Start the thread; return what wakes it."""
    wake = original("allocate_lock")()
    wake.acquire()
    original("start_new_thread")(_drain, (queue, export, exporter, interval, wake))
    return cast("Callable[[], None]", wake.release)


def drain_here(queue: ExporterQueue, export: Export, exporter: object, timeout: float) -> None:
    """Export on this thread what waits, without beginning a batch after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while events := queue.take():
        _hand_over(queue, export, events)
        if time.monotonic() >= deadline:
            # What is left is dropped by whoever waits for the end.
            return
    _close(exporter)
    queue.finish()


def _drain(
    queue: ExporterQueue,
    export: Export,
    exporter: object,
    interval: float,
    wake: Any,  # noqa: ANN401 - a lock, ours or the original of a patched module
) -> None:
    naps = 0
    while (events := queue.take()) is not None:
        if events:
            _hand_over(queue, export, events)
            naps = 0
            continue
        until_woken = queue.begin_sleep(naps)
        if until_woken is not None:
            wake.acquire(True, -1 if until_woken else interval)  # noqa: FBT003 - its own form
        queue.end_sleep()
        naps += 1
    _close(exporter)
    queue.finish()


def _hand_over(queue: ExporterQueue, export: Export, events: list[Any]) -> None:
    """Export one batch. Whatever an exporter does, the next batch comes."""
    is_exported = False
    if not queue.has_given_up:
        try:
            export(events)
            is_exported = True
        except BaseException as error:
            _tell(export, error)
    queue.settle(is_exported)


def _close(exporter: object) -> None:
    """Let an exporter end what it has begun."""
    for name in ("close", "finalize"):
        end = getattr(exporter, name, None)
        if callable(end):
            try:
                end()
            except BaseException as error:
                _tell(end, error)


def _tell(what: object, error: BaseException) -> None:
    """With `GHOST_DEBUG`, say what failed: names only."""
    from ghostglass.runtime import is_debug

    if is_debug() and sys.stderr is not None:
        name = getattr(what, "__qualname__", type(what).__qualname__)
        print(f"ghost: exporter `{name}` failed: {type(error).__name__}", file=sys.stderr)


def original(name: str) -> Any:  # noqa: ANN401 - functions of `_thread`
    """Give a function of `_thread` as it was before gevent or eventlet replaced it.

    An exporter gets a thread of the system: it may block, and no event loop may wait for it.
    """
    gevent = sys.modules.get("gevent.monkey")
    if gevent is not None:
        return gevent.get_original("_thread", name)
    eventlet = sys.modules.get("eventlet.patcher")
    if eventlet is not None:
        return getattr(eventlet.original("_thread"), name)
    import _thread

    return getattr(_thread, name)
