"""Flask's hello world as `app`, observed by the subject that `$BENCH_SUBJECT` names."""

import os

from flask import Flask
from subjects import KEPT, folder, ghost_collector, opentelemetry_provider, otlp_exporter, profilis_collector


def instrument(app: Flask, subject: str) -> None:
    """Set up one subject as its documentation says."""
    if subject == "ghost":
        from ghostglass import GhostglassFlask, JSONLExporter

        KEPT.append(GhostglassFlask(app, collector=ghost_collector(JSONLExporter(dir=folder()))))
    elif subject == "ghost otlp":
        from ghostglass import GhostglassFlask
        from ghostglass.exporters.otlp import OTLPExporter

        KEPT.append(GhostglassFlask(app, collector=ghost_collector(OTLPExporter())))
    elif subject == "profilis":
        from profilis.exporters.jsonl import JSONLExporter as OriginalJSONL
        from profilis.flask.adapter import ProfilisFlask

        KEPT.append(ProfilisFlask(app, collector=profilis_collector(OriginalJSONL(dir=folder()))))
    elif subject == "opentelemetry":
        from opentelemetry.instrumentation.flask import FlaskInstrumentor

        FlaskInstrumentor().instrument_app(app, tracer_provider=opentelemetry_provider(otlp_exporter()))


app = Flask(__name__)


@app.route("/hello/<name>")
def hello(name: str) -> str:
    """Greet."""
    return f"Hello, {name}!"


instrument(app, os.environ.get("BENCH_SUBJECT", "plain"))
