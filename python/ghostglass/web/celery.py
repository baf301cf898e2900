"""Celery: one root span per task, like a request without HTTP.

Uses Celery's own signals. The trace of whoever sent the task goes along in its headers; arguments
and results are never looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ghostglass import _native

    type Task = Any

# Where a task's request carries its span, and what is known of its end.
SPAN = "_ghostglass_span"
# Signals keep one receiver per name, however often they are connected.
UID = "ghostglass"


def patch(emitter: _native.Emitter) -> None:
    """Observe every task this process runs, and let those it sends know their trace."""
    from celery import signals

    def begin(task: Task, **_: object) -> None:
        headers = getattr(task.request, "headers", None) or {}
        span = emitter.begin_request(
            "TASK",
            traceparent=headers.get("traceparent"),
            tracestate=headers.get("tracestate"),
        )
        if span is not None:
            span.name = task.name
            span.set("framework", "celery")
            setattr(task.request, SPAN, span)

    signals.before_task_publish.connect(_inject, weak=False, dispatch_uid=UID)
    signals.task_prerun.connect(begin, weak=False, dispatch_uid=UID)
    signals.task_failure.connect(_failed, weak=False, dispatch_uid=UID)
    signals.task_postrun.connect(_ended, weak=False, dispatch_uid=UID)


def _inject(headers: dict[str, Any] | None = None, **_: object) -> None:
    """Put the current trace into the headers of a task that is being sent."""
    from ghostglass import _native

    span = _native.current_span()
    if headers is not None and span is not None and "traceparent" not in headers:
        headers["traceparent"] = span.traceparent


def _failed(sender: Task, exception: BaseException | None = None, **_: object) -> None:
    """End with what the task raised."""
    _finish(sender, exception)


def _ended(task: Task, **_: object) -> None:
    """End a task that came to its end."""
    _finish(task, None)


def _finish(task: Task, error: BaseException | None) -> None:
    """End the span of the task that runs now, once."""
    span: _native.ActiveSpan | None = getattr(task.request, SPAN, None)
    if span is not None:
        setattr(task.request, SPAN, None)
        span.end(error)
