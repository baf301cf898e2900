"""`StatsStore`: requests of the last fifteen minutes, for a page or a health check.

An exporter like any other: give it to a collector. Memory is bounded whatever the load, and counts
are exact; percentiles are right within a few per cent. The workers of one server show the same
numbers, those of all of them.
"""

from __future__ import annotations

import itertools
import mmap
import os
import time
import weakref
from threading import Lock
from typing import Any, ClassVar

from ghostglass.exporters.base import BaseExporter
from ghostglass.stats import sharing, window
from ghostglass.stats.window import Totals, Window

__all__ = ["StatsStore"]

SPARK_SECONDS = 60
"""How much of the window is shown second by second."""
FAILED = 500
"""Status from which on a request failed."""
TEXT_MAX = 200
"""Longest route or name of an exception that is kept."""

_ordinals = itertools.count()
_stores: weakref.WeakSet[StatsStore] = weakref.WeakSet()


class StatsStore(BaseExporter):
    """Requests per second, share of errors, percentiles and latest errors of a rolling window."""

    takes_unsampled: ClassVar[bool] = True

    def __init__(self, window_sec: int = 900) -> None:
        """Look back for so many seconds."""
        self._window_s = max(int(window_sec), 1)
        self._ordinal = next(_ordinals)
        self._pid = os.getpid()
        self._ignored: tuple[str, ...] = ()
        self._group: str | None = None
        self._begin(time.monotonic())
        _stores.add(self)

    def ignore(self, prefix: str) -> None:
        """Leave requests of routes below this out: those of the page itself."""
        prefix = "/" + prefix.strip("/")
        self._ignored = (*self._ignored, prefix, f"{prefix}/")

    def export(self, events: list[dict[str, Any]]) -> None:
        """Count the requests among the events."""
        for event in events:
            if event.get("kind") == "REQ":
                self._export_request(event)

    def record(self, dur_ns: int, error: bool = False) -> None:  # noqa: FBT001, FBT002 - known form
        """Count one request that ended now."""
        second = int(time.monotonic())
        with self._lock:
            self._join()
            self._table.record(second, int(dur_ns), is_error=bool(error))

    def snapshot(self) -> dict[str, Any]:
        """Give `rps`, `error_pct`, `p50`, `p95` (milliseconds) and `spark` (per second)."""
        now = time.monotonic()
        totals = Totals(self._window_s, int(now))
        for table in self._tables():
            totals.add(table)
        count = totals.count
        if count == 0:
            return {"rps": 0, "error_pct": 0.0, "p50": None, "p95": None, "spark": []}
        seconds = range(int(now) - SPARK_SECONDS + 1, int(now) + 1)
        return {
            "rps": count / min(max(now - totals.begin, 1.0), self._window_s),
            "error_pct": totals.errors * 100 / count,
            "p50": totals.percentile_ms(0.5),
            "p95": totals.percentile_ms(0.95),
            "spark": [totals.per_second.get(second, 0) for second in seconds],
        }

    def errors(self) -> list[dict[str, Any]]:
        """Give the latest requests that failed: time, route, status and type of the exception."""
        found = [e for table in self._tables() for e in window.errors(table, self._window_s)]
        found.sort(key=lambda error: error.get("ts_ns") or 0)
        return found[-window.ERRORS_MAX :]

    def _export_request(self, event: dict[str, Any]) -> None:
        if self._is_ignored(str(event.get("route"))):
            return
        status = event.get("status")
        has_failed = isinstance(status, int) and status >= FAILED
        is_error = bool(event.get("error")) or has_failed or bool(event.get("exception_type"))
        self.record(int(event.get("dur_ns") or 0), is_error)
        if is_error:
            shown = ("ts_ns", "route", "method", "status", "exception_type", "trace_id")
            with self._lock:
                self._table.add_error({key: _short(event.get(key)) for key in shown})

    def _is_ignored(self, route: str) -> bool:
        return any(route == p or (p[-1] == "/" and route.startswith(p)) for p in self._ignored)

    def _tables(self) -> list[bytes]:
        with self._lock:
            self._join()
            own, member = self._memory[:], self._member
        return [own, *(member.tables_of_others() if member is not None else ())]

    def _begin(self, begin: float) -> None:
        """Begin an empty table that is this process's own; only pages in use take memory."""
        self._lock = Lock()
        self._member: sharing.Member | None = None
        self._has_joined = False
        self._begun = begin
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
        self._memory = mmap.mmap(-1, window.size(self._window_s), flags=flags)
        self._table = Window(self._memory, self._window_s, begin)

    def _join(self) -> None:
        """With the first request, find out who else counts, and take part."""
        if self._member is not None:
            self._member.touch()
        if self._has_joined:
            return
        self._has_joined = True
        self._group = self._group or sharing.group_of_workers(self._ordinal)
        if self._group is None:
            return
        try:
            member = sharing.Member(self._group)
            memory = member.make_table(len(self._memory))
        except OSError:
            return
        memory[:] = self._memory[:]
        self._memory.close()
        self._table.move_to(memory)
        self._memory, self._member = memory, member

    def _after_fork(self, *, is_child: bool) -> None:
        """From now on there are several; what the parent counted is the parent's."""
        if self._group is None:
            self._group = sharing.group_of_family(self._pid, self._ordinal)
            self._has_joined = False
        if is_child:
            self._begin(self._begun)


def _short(value: object) -> object:
    return value[:TEXT_MAX] if isinstance(value, str) else value


def _after_fork_in_parent() -> None:
    for store in list(_stores):
        store._after_fork(is_child=False)  # noqa: SLF001 - of this module


def _after_fork_in_child() -> None:
    for store in list(_stores):
        store._after_fork(is_child=True)  # noqa: SLF001 - of this module


os.register_at_fork(after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)
