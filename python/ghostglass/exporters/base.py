"""What an exporter written in Python is: a class with `export(events)`.

It gets batches of events as dictionaries on a thread of its own; what it raises is counted and
goes no further. A collector also takes anything that can be called with such a list.
"""

from __future__ import annotations

from typing import Any, ClassVar


class BaseExporter:
    """Base class of exporters; `export` is all that is needed."""

    takes_unsampled: ClassVar[bool] = False
    """Whether requests whose trace is not kept are wanted too: for those who count."""

    def export(self, events: list[dict[str, Any]]) -> None:
        """Export a batch. Called on the exporter's thread, never by two at once."""
        raise NotImplementedError

    def close(self) -> None:
        """End: nothing more will come."""

    def __call__(self, events: list[dict[str, Any]]) -> None:
        """Export a batch: an exporter is also a function of events."""
        self.export(events)
