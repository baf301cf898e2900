"""Ids, clock and current span for programs that emit events, and what the environment asks.

Spans live in one context variable of the extension: they follow tasks and copied contexts. The
environment is read when it is needed, not when this is imported.
"""

from __future__ import annotations

import os
import time

from ghostglass._native import (
    current_span,
    get_span_id,
    get_trace_id,
    span_id,
    trace_id,
    use_span,
)

__all__ = [
    "current_span",
    "default_sample_rate",
    "get_current_parent_span_id",
    "get_span_id",
    "get_trace_id",
    "is_debug",
    "now_ns",
    "span_id",
    "trace_id",
    "use_span",
]

NO = frozenset({"", "0", "false", "no", "off"})
"""What switches a variable off."""


def now_ns() -> int:
    """Read a clock that never goes back, in nanoseconds. Only differences mean something."""
    return time.perf_counter_ns()


def get_current_parent_span_id() -> str | None:
    """Give the current span's id, else the trace's: what an event that begins now belongs to."""
    return get_span_id() or get_trace_id()


def is_debug() -> bool:
    """Tell whether `GHOST_DEBUG` asks to be told of what is otherwise only counted."""
    return os.environ.get("GHOST_DEBUG", "").lower() not in NO


def default_sample_rate() -> float:
    """Give the share of traces to keep that `GHOST_SAMPLE_RATE` asks for; all without it."""
    try:
        rate = float(os.environ.get("GHOST_SAMPLE_RATE", "1"))
    except ValueError:
        return 1.0
    return min(max(rate, 0.0), 1.0) if rate == rate else 1.0  # noqa: PLR0124 - not a number
