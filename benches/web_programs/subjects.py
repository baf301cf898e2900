"""What is compared: each subject's set-up of an emitter, and of a web application.

Every subject gets the configuration of its own documentation: a bounded queue, batches, a background
writer. Names here are the names in the tables.
"""

import os
import tempfile
from collections.abc import Callable
from typing import Any

KEPT: list[object] = []
"""What must live as long as the process."""

QUEUE_SIZE = 65536
"""The same for all: large enough that a writer that keeps up loses nothing."""


def folder() -> str:
    """Return where files go: the driver's folder, which it removes."""
    return os.environ.get("BENCH_FOLDER") or tempfile.gettempdir()


def discard(_batch: object) -> None:
    """Take a batch and do nothing, the cheapest exporter there is."""


def ghost_collector(exporter: object, size: int = QUEUE_SIZE) -> Any:
    """Return a collector of ours."""
    from ghostglass import Collector

    return Collector(exporter, queue_size=size)


def profilis_collector(exporter: Any, size: int = QUEUE_SIZE) -> Any:
    """Return a collector of the original."""
    from profilis.core.async_collector import AsyncCollector

    return AsyncCollector(exporter, queue_size=size)


def opentelemetry_provider(exporter: Any, size: int = QUEUE_SIZE) -> Any:
    """Return a provider with the batching processor."""
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(exporter, max_queue_size=size))
    return provider


def discarding_exporter() -> object:
    """Return an exporter of OpenTelemetry's that discards."""
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

    class Discard(SpanExporter):
        def export(self, spans: object) -> SpanExportResult:
            discard(spans)
            return SpanExportResult.SUCCESS

    return Discard()


def otlp_exporter() -> object:
    """Return OpenTelemetry's exporter to the endpoint of the environment."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter()


def emitter_of(subject: str) -> Callable[[str, int], object]:
    """Return the function that emits one event `(name, ns)` and discards it in the background."""
    if subject == "plain":
        return lambda _name, _ns: None
    if subject == "ghost":
        from ghostglass import Emitter

        return Emitter(ghost_collector(discard)).emit_fn
    if subject == "ghost to JSON lines":
        return jsonl_of("ghost")[1]
    if subject == "ghost run":
        from ghostglass._native import run_emitter

        emitter = run_emitter()
        return emitter.emit_fn
    if subject == "profilis":
        from profilis.core.emitter import Emitter as Original

        return Original(profilis_collector(discard)).emit_fn
    if subject == "opentelemetry":
        tracer = opentelemetry_provider(discarding_exporter()).get_tracer("bench")
        return lambda name, _ns: tracer.start_span(name).end()
    raise ValueError(subject)


def jsonl_of(subject: str) -> tuple[Any, Callable[[str, int], object]]:
    """Return a collector that writes JSON lines and loses nothing, and its emitting function."""
    size = 1 << 20
    if subject == "ghost":
        from ghostglass import Emitter, JSONLExporter

        collector = ghost_collector(JSONLExporter(dir=folder()), size)
        return collector, Emitter(collector).emit_fn
    if subject == "profilis":
        from profilis.core.emitter import Emitter as Original
        from profilis.exporters.jsonl import JSONLExporter as OriginalJSONL

        collector = profilis_collector(OriginalJSONL(dir=folder()), size)
        return collector, Original(collector).emit_fn
    raise ValueError(subject)
