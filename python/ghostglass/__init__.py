"""Ghostglass: what a Python program really did, function by function.

The command `ghost run app.py` needs nothing from here. Importing this package is meant to cost
next to nothing, because every observed process does it: names load when they are first used.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ghostglass._native import (
        Collector,
        Emitter,
        Sampler,
        SpanContext,
        __version__,
        current_span,
        get_span_id,
        get_trace_id,
        span_id,
        trace_id,
        use_span,
    )
    from ghostglass.exporters.base import BaseExporter
    from ghostglass.exporters.console import ConsoleExporter
    from ghostglass.exporters.jsonl import JSONLExporter
    from ghostglass.exporters.otlp import OTLPExporter
    from ghostglass.exporters.prometheus import PrometheusExporter
    from ghostglass.profiling import profile_function
    from ghostglass.stats import StatsStore
    from ghostglass.web.flask import GhostglassFlask

__all__ = [
    "BaseExporter",
    "Collector",
    "ConsoleExporter",
    "Emitter",
    "GhostglassFlask",
    "JSONLExporter",
    "OTLPExporter",
    "PrometheusExporter",
    "Sampler",
    "SpanContext",
    "StatsStore",
    "__version__",
    "current_span",
    "get_span_id",
    "get_trace_id",
    "profile_function",
    "span_id",
    "trace_id",
    "use_span",
]

_HOMES = {
    "BaseExporter": "exporters.base",
    "ConsoleExporter": "exporters.console",
    "GhostglassFlask": "web.flask",
    "JSONLExporter": "exporters.jsonl",
    "OTLPExporter": "exporters.otlp",
    "PrometheusExporter": "exporters.prometheus",
    "StatsStore": "stats",
    "profile_function": "profiling",
}
"""Where a name is; those that are not here are in the extension."""


def __getattr__(name: str) -> object:
    """Load a name at its first use."""
    if name not in __all__:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from importlib import import_module

    value: object = getattr(import_module(f"ghostglass.{_HOMES.get(name, '_native')}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List what can be loaded too."""
    return sorted({*globals(), *__all__})
