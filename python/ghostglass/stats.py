"""`StatsStore`: requests of the last fifteen minutes, for a page or a health check.

An exporter like any other: give it to a collector. Memory is bounded whatever the load: durations
are counted in buckets per second, so percentiles are right within a few per cent, counts exact.
"""

from __future__ import annotations

import math
import time
from collections import deque
from threading import Lock
from typing import Any, ClassVar

from ghostglass.exporters.base import BaseExporter

__all__ = ["StatsStore"]

SPARK_SECONDS = 60
"""How much of the window is shown second by second."""
ERRORS_MAX = 50
"""Errors that are kept to be shown."""
BUCKETS_PER_OCTAVE = 8
"""A bucket is 9 % wide: the error of a percentile is half of that."""
FAILED = 500
"""Status from which on a request failed."""
MS_PER_NS = 1e-6


class _Second:
    """What happened in one second."""

    __slots__ = ("buckets", "count", "errors", "when")

    def __init__(self, when: int) -> None:
        self.when = when
        self.count = 0
        self.errors = 0
        self.buckets: dict[int, int] = {}


class StatsStore(BaseExporter):
    """Requests per second, share of errors, percentiles and latest errors of a rolling window."""

    takes_unsampled: ClassVar[bool] = True

    def __init__(self, window_sec: int = 900) -> None:
        """Look back for so many seconds."""
        self._window = max(int(window_sec), 1)
        self._seconds: deque[_Second] = deque()
        self._errors: deque[dict[str, Any]] = deque(maxlen=ERRORS_MAX)
        self._lock = Lock()
        self._begin = time.monotonic()

    def export(self, events: list[dict[str, Any]]) -> None:
        """Count the requests among the events."""
        for event in events:
            if event.get("kind") == "REQ":
                self._export_request(event)

    def record(self, dur_ns: int, error: bool = False) -> None:  # noqa: FBT001, FBT002 - known form
        """Count one request that ended now."""
        when = int(time.monotonic())
        bucket = round(math.log2(max(dur_ns, 1)) * BUCKETS_PER_OCTAVE)
        with self._lock:
            self._trim(when)
            if not self._seconds or self._seconds[-1].when != when:
                self._seconds.append(_Second(when))
            second = self._seconds[-1]
            second.count += 1
            second.errors += bool(error)
            second.buckets[bucket] = second.buckets.get(bucket, 0) + 1

    def snapshot(self) -> dict[str, Any]:
        """Give `rps`, `error_pct`, `p50`, `p95` (milliseconds) and `spark` (per second)."""
        now = time.monotonic()
        with self._lock:
            self._trim(int(now))
            count = sum(second.count for second in self._seconds)
            errors = sum(second.errors for second in self._seconds)
            buckets = self._buckets()
            spark = self._spark(int(now))
        if count == 0:
            return {"rps": 0, "error_pct": 0.0, "p50": None, "p95": None, "spark": []}
        span = min(max(now - self._begin, 1.0), self._window)
        return {
            "rps": count / span,
            "error_pct": errors * 100 / count,
            "p50": _percentile(buckets, count, 0.5),
            "p95": _percentile(buckets, count, 0.95),
            "spark": spark,
        }

    def errors(self) -> list[dict[str, Any]]:
        """Give the latest requests that failed: time, route, status and type of the exception."""
        with self._lock:
            return list(self._errors)

    def _export_request(self, event: dict[str, Any]) -> None:
        status = event.get("status")
        has_failed = isinstance(status, int) and status >= FAILED
        is_error = bool(event.get("error")) or has_failed or bool(event.get("exception_type"))
        self.record(int(event.get("dur_ns") or 0), is_error)
        if is_error:
            shown = ("ts_ns", "route", "method", "status", "exception_type", "trace_id")
            with self._lock:
                self._errors.append({key: event.get(key) for key in shown})

    def _trim(self, now: int) -> None:
        while self._seconds and self._seconds[0].when <= now - self._window:
            self._seconds.popleft()

    def _buckets(self) -> dict[int, int]:
        buckets: dict[int, int] = {}
        for second in self._seconds:
            for bucket, count in second.buckets.items():
                buckets[bucket] = buckets.get(bucket, 0) + count
        return buckets

    def _spark(self, now: int) -> list[int]:
        spark = [0] * SPARK_SECONDS
        for second in self._seconds:
            ago = now - second.when
            if 0 <= ago < SPARK_SECONDS:
                spark[SPARK_SECONDS - 1 - ago] = second.count
        return spark


def _percentile(buckets: dict[int, int], count: int, share: float) -> float:
    """Give the middle of the bucket in which that share of the requests is reached."""
    wanted = math.ceil(count * share)
    bucket = 0
    for bucket in sorted(buckets):
        wanted -= buckets[bucket]
        if wanted <= 0:
            break
    return float(2.0 ** (bucket / BUCKETS_PER_OCTAVE) * MS_PER_NS)
