"""What adapters tell, heard in the process of the test: a collector that keeps every event.

Which adapters there are, the tests know.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from types import ModuleType

import pytest


@dataclass
class Heard:
    """An emitter, and the events it emitted."""

    events: list[dict] = field(default_factory=list)
    adapters: list[ModuleType] = field(default_factory=list)

    def __post_init__(self) -> None:
        from ghostglass import Collector, Emitter

        self.collector = Collector(self.events.extend)
        self.emitter = Emitter(self.collector)

    def listen(self, *adapters: ModuleType) -> None:
        """Switches adapters on until the test ends."""
        for adapter in adapters:
            adapter.instrument(self.emitter)
            self.adapters.append(adapter)

    @contextlib.contextmanager
    def request(self):
        """A request around what happens within."""
        span = self.emitter.begin_request("GET")
        span.name = "/"
        try:
            yield span
        finally:
            span.end()

    def taken(self, kind: str) -> list[dict]:
        """The events of a kind since they were taken last."""
        self.collector.flush(10)
        taken = [event for event in self.events if event["kind"] == kind]
        self.events[:] = [event for event in self.events if event["kind"] != kind]
        return taken

    def queries(self) -> list[dict]:
        """The queries since they were taken last, in the order of their end."""
        return self.taken("DB")

    def told(self, *keys: str) -> list[tuple]:
        """Of the queries since then, these values."""
        return [tuple(query.get(key) for key in keys) for query in self.queries()]

    def close(self) -> None:
        """Switches adapters off again."""
        for adapter in self.adapters:
            adapter.uninstrument(self.emitter)
        self.collector.close()


@pytest.fixture
def heard():
    """Somebody who listens to adapters."""
    somebody = Heard()
    yield somebody
    somebody.close()
