"""OpenTelemetry in the same process: its active span is the parent of ours, so there is one trace.

Reads its context only. Makes no spans there, and exports nothing through it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ghostglass import _native

if TYPE_CHECKING:
    from collections.abc import Callable


def adopt(_emitter: _native.Emitter) -> None:
    """Ask OpenTelemetry for its active span whenever a trace would begin here."""
    _native.set_foreign_context(active_span())


def active_span() -> Callable[[], tuple[int, int, bool] | None]:
    """Give the question."""
    from opentelemetry.trace import get_current_span

    def active() -> tuple[int, int, bool] | None:
        context = get_current_span().get_span_context()
        if not context.is_valid:
            return None
        return context.trace_id, context.span_id, context.trace_flags.sampled

    return active
