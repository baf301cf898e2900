"""Spans of a session as its file holds them: what tests of web applications and databases compare."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, field

COLUMNS = "trace_id, span_id, parent_span_id, kind, name, duration_ns, is_error, attributes"


@dataclass(frozen=True)
class SpanRow:
    """One span."""

    trace_id: str
    span_id: str
    parent_span_id: str | None
    kind: str
    name: str
    duration_ns: int
    is_error: bool
    attributes: dict = field(hash=False)

    def __getattr__(self, name: str) -> object:
        """An attribute of the span; `None` where it has none."""
        if name.startswith("__"):
            raise AttributeError(name)
        return self.attributes.get(name)


def spans_of(bench, index: int = -1) -> list[SpanRow]:
    """The spans of a session of the bench, in the order in which they began."""
    with sqlite3.connect(bench.session_files()[index]) as db:
        rows = db.execute(f"SELECT {COLUMNS} FROM spans ORDER BY start_unix_ns").fetchall()
    return [SpanRow(*row[:6], bool(row[6]), json.loads(row[7])) for row in rows]


def requests_of(bench, index: int = -1) -> list[SpanRow]:
    """The requests among them."""
    return [span for span in spans_of(bench, index) if span.kind == "request"]
