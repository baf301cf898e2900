"""Line timings of one activation. Times lines only: which lines, it is told."""

from __future__ import annotations

import linecache
import time
from typing import NamedTuple


class CallTime(NamedTuple):
    """A line and how long it took, in seconds."""

    time: float | None
    lineno: int | None
    source: str | None = None


class HotspotsFinder:
    """Line timings: `calls` has count, longest and total seconds of each line."""

    def __init__(self, filename: str) -> None:
        """Begin without a line."""
        self.filename = filename
        self.calls: dict[int, list[float]] = {}
        self.worst = self.slowest = CallTime(None, None)
        self._line: int | None = None
        self._began = 0.0

    def __call__(self, line: int | None) -> None:
        """End the current line and begin another; `None` at the end."""
        if self._line is not None:
            self._add(self._line, time.perf_counter() - self._began)
        self._line = line
        # What the above took is no line's time.
        self._began = time.perf_counter()

    def finish(self) -> None:
        """End the last line, and find the lines that took longest in total and at once."""
        self(None)
        if self.calls:
            self.worst = self._longest(2)
            self.slowest = self._longest(1)

    def source(self, lineno: int) -> str:
        """Give the text of a line."""
        return linecache.getline(self.filename, lineno)

    def _add(self, line: int, elapsed: float) -> None:
        call = self.calls.get(line)
        if call is None:
            self.calls[line] = [1, elapsed, elapsed]
            return
        call[0] += 1
        call[1] = max(call[1], elapsed)
        call[2] += elapsed

    def _longest(self, column: int) -> CallTime:
        seconds, line = max((call[column], line) for line, call in self.calls.items())
        return CallTime(seconds, line, self.source(line))
