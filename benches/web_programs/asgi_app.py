"""The smallest ASGI application as `app`, observed by the subject that `$BENCH_SUBJECT` names."""

import os
from collections.abc import Awaitable, Callable
from typing import Any

from subjects import folder, ghost_collector, opentelemetry_provider, otlp_exporter, profilis_collector

START = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]}
BODY = {"type": "http.response.body", "body": b"hello"}


async def hello(scope: dict[str, Any], _receive: object, send: Callable[[Any], Awaitable[None]]) -> None:
    """Greet; nothing is said at start-up and shutdown."""
    if scope["type"] != "http":
        raise NotImplementedError
    await send(START)
    await send(BODY)


def instrumented(subject: str) -> Any:
    """Return the application as one subject's documentation wraps it."""
    if subject == "ghost run":
        from ghostglass.web.asgi import GhostASGI

        return GhostASGI(hello)
    if subject == "ghost":
        from ghostglass import JSONLExporter
        from ghostglass.web.asgi import GhostASGI

        return GhostASGI(hello, collector=ghost_collector(JSONLExporter(dir=folder())))
    if subject == "ghost otlp":
        from ghostglass.exporters.otlp import OTLPExporter
        from ghostglass.web.asgi import GhostASGI

        return GhostASGI(hello, collector=ghost_collector(OTLPExporter()))
    if subject == "profilis":
        from profilis.asgi.middleware import ProfilisASGIMiddleware
        from profilis.core.emitter import Emitter
        from profilis.exporters.jsonl import JSONLExporter as OriginalJSONL

        emitter = Emitter(profilis_collector(OriginalJSONL(dir=folder())))
        return ProfilisASGIMiddleware(hello, emitter)
    if subject == "opentelemetry":
        from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware

        provider = opentelemetry_provider(otlp_exporter())
        return OpenTelemetryMiddleware(hello, tracer_provider=provider)
    return hello


app = instrumented(os.environ.get("BENCH_SUBJECT", "plain"))
