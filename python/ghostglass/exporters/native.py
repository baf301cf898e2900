"""What exporters have in common whose work is done by a native thread, without Python.

A collector asks them for the settings of their sink. Called directly with events, they make a
collector of their own, so that they can be parts of an exporter in Python.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ghostglass.exporters.base import BaseExporter
from ghostglass.exporters.draining import original

if TYPE_CHECKING:
    from ghostglass._native import Collector

QUEUE_SIZE = 8192
"""Room of the collector of a direct call; a batch of a collector is never larger by default."""


class NativeExporter(BaseExporter):
    """Base class of the exporters that need no Python thread."""

    def __init__(self) -> None:
        """Begin without a collector of its own: most never need one."""
        self._direct: Collector | None = None
        self._lock = original("allocate_lock")()

    def _settings(self) -> dict[str, Any]:
        """Tell which sink, and how."""
        raise NotImplementedError

    def _native_sink(self) -> dict[str, Any] | None:
        """Tell a collector which sink to use; `None` where a subclass exports by itself."""
        kind = type(self)
        is_ours = kind.export is NativeExporter.export and kind.__call__ is BaseExporter.__call__
        return self._settings() if is_ours else None

    def export(self, events: list[dict[str, Any]]) -> None:
        """Write events that come from no collector; returns when they are written."""
        # Several exporters of the program may use this one, each on a thread of its own.
        with self._lock:
            if self._direct is None:
                from ghostglass._native import Collector

                self._direct = Collector(_Sink(self._settings()), queue_size=QUEUE_SIZE)
            for begin in range(0, len(events), QUEUE_SIZE):
                for event in events[begin : begin + QUEUE_SIZE]:
                    self._direct.enqueue(event)
                self._direct.flush()

    def close(self) -> None:
        """Close what direct calls have opened; the next opens it again."""
        with self._lock:
            direct, self._direct = self._direct, None
        if direct is not None:
            direct.close()


class _Sink:
    """An exporter that is nothing but its settings."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._settings = settings

    def _native_sink(self) -> dict[str, Any]:
        return self._settings
