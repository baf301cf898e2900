"""Every snippet of the reference, with nothing changed but names, and what it promises around them.

Each snippet stands here as it is printed there; what follows it in a test looks at what it did. Snippets
that need a name of an earlier one (`collector`, `exporter`) get it in front, as a reader would.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Bench

FLASK = """
from flask import Flask
from ghostglass.flask.adapter import GhostglassFlask
from ghostglass.exporters.jsonl import JSONLExporter
from ghostglass.core.async_collector import AsyncCollector

# Setup exporter and collector
exporter = JSONLExporter(dir="./logs", rotate_bytes=1024*1024, rotate_secs=3600)
collector = AsyncCollector(exporter, queue_size=2048, batch_max=128, flush_interval=0.1)

# Create Flask app and integrate Ghostglass
app = Flask(__name__)
ghostglass = GhostglassFlask(
    app,
    collector=collector,
    exclude_routes=["/health", "/metrics"],
    sample=1.0  # 100% sampling
)

@app.route('/api/users')
def get_users():
    return {"users": ["alice", "bob"]}

# Start the app
if __name__ == "__main__" and False:
    app.run(debug=True)
"""

FUNCTIONS = '''
from ghostglass.decorators.profile import profile_function
from ghostglass.core.emitter import Emitter
from ghostglass.exporters.console import ConsoleExporter
from ghostglass.core.async_collector import AsyncCollector

# Setup profiling
exporter = ConsoleExporter(pretty=True)
collector = AsyncCollector(exporter, queue_size=128, flush_interval=0.2)
emitter = Emitter(collector)

@profile_function(emitter)
def expensive_calculation(n: int) -> int:
    """This function will be automatically profiled."""
    result = sum(i * i for i in range(n))
    return result

@profile_function(emitter)
async def async_operation(data: list) -> list:
    """Async functions are also supported."""
    processed = [item * 2 for item in data]
    return processed

# Use the profiled functions
result = expensive_calculation(1000)
'''

MANUAL = """
from ghostglass.core.emitter import Emitter
from ghostglass.exporters.jsonl import JSONLExporter
from ghostglass.core.async_collector import AsyncCollector
from ghostglass.runtime import use_span, span_id

# Setup
exporter = JSONLExporter(dir="./logs")
collector = AsyncCollector(exporter)
emitter = Emitter(collector)

# Create a trace context
with use_span(trace_id=span_id()):
    # Emit custom events
    emitter.emit_req("/api/custom", 200, dur_ns=15000000)  # 15ms
    emitter.emit_fn("custom_function", dur_ns=5000000)      # 5ms
    emitter.emit_db("SELECT * FROM users", dur_ns=8000000, rows=100)

# Close collector to flush remaining events
collector.close()
"""

DASHBOARD = """
from flask import Flask
from ghostglass.flask.ui import make_ui_blueprint
from ghostglass.core.stats import StatsStore

app = Flask(__name__)
stats = StatsStore()  # 15-minute rolling window

# Mount the dashboard at /_ghostglass
ui_bp = make_ui_blueprint(stats, ui_prefix="/_ghostglass")
app.register_blueprint(ui_bp)

# Visit http://localhost:5000/_ghostglass to see the dashboard
"""

CUSTOM = """
from ghostglass.core.async_collector import AsyncCollector
from ghostglass.exporters.base import BaseExporter

class CustomExporter(BaseExporter):
    def export(self, events: list[dict]) -> None:
        for event in events:
            # Custom export logic
            print(f"Custom export: {event}")

# Use custom exporter
exporter = CustomExporter()
collector = AsyncCollector(exporter)
"""

CONTEXT = """
from ghostglass.runtime import use_span, span_id, get_trace_id, get_span_id

# Create distributed trace context
with use_span(trace_id="trace-123", span_id="span-456"):
    current_trace = get_trace_id()  # "trace-123"
    current_span = get_span_id()    # "span-456"

    # Nested spans inherit trace context
    with use_span(span_id="span-789"):
        nested_span = get_span_id()  # "span-789"
        parent_trace = get_trace_id() # "trace-123"
"""

TUNING = """
from ghostglass.core.async_collector import AsyncCollector

# High-throughput configuration
collector = AsyncCollector(
    exporter,
    queue_size=8192,        # Large queue for high concurrency
    batch_max=256,          # Larger batches for efficiency
    flush_interval=0.05,    # More frequent flushing
    drop_oldest=True        # Drop events under backpressure
)

# Low-latency configuration
collector = AsyncCollector(
    exporter,
    queue_size=512,         # Smaller queue for lower latency
    batch_max=32,           # Smaller batches for faster processing
    flush_interval=0.01,    # Very frequent flushing
    drop_oldest=False       # Don't drop events
)
"""

SAMPLING = """
# Random sampling
ghostglass = GhostglassFlask(app, collector=collector, sample=0.1)  # 10% of requests

# Route-based sampling
ghostglass = GhostglassFlask(
    app,
    collector=collector,
    exclude_routes=["/health", "/metrics", "/static"],
    sample=1.0
)
"""

JSONL = """
from ghostglass.exporters.jsonl import JSONLExporter

# With rotation
exporter = JSONLExporter(
    dir="./logs",
    rotate_bytes=1024*1024,  # 1MB per file
    rotate_secs=3600         # Rotate every hour
)
"""

CONSOLE = """
from ghostglass.exporters.console import ConsoleExporter

# Pretty-printed output
exporter = ConsoleExporter(pretty=True)

# Compact output
exporter = ConsoleExporter(pretty=False)
"""

PROMETHEUS = """
from ghostglass.exporters.prometheus import PrometheusExporter

exporter = PrometheusExporter(
    port=9090,
    addr="0.0.0.0"
)
"""


def events(bench: Bench) -> list[dict[str, object]]:
    files: list[Path] = sorted((bench.work / "logs").glob("ghostglass-*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def run(bench: Bench, program: str) -> str:
    bench.write("app.py", program)
    finished = bench.plain("app.py")
    assert (finished.code, finished.stderr) == (0, ""), finished.stderr
    return finished.stdout


def test_flask_integration(bench: Bench) -> None:
    pytest.importorskip("flask")
    look = """
client = app.test_client()
assert client.get("/api/users").json == {"users": ["alice", "bob"]}
for path in ("/health", "/no/such?key=canary"):
    assert b"Not Found" in client.get(path).data
"""
    run(bench, FLASK + look)
    seen = events(bench)
    assert [(e["kind"], e["route"], e["status"]) for e in seen] == [
        ("REQ", "/api/users", 200),
        ("REQ", "<unmatched>", 404),
    ]
    assert seen[0]["method"] == "GET"
    assert seen[0]["dur_ns"] > 0
    assert "canary" not in json.dumps(seen)


def test_function_profiling(bench: Bench) -> None:
    look = """
import asyncio, inspect
assert result == sum(i * i for i in range(1000))
assert asyncio.run(async_operation([1, 2])) == [2, 4]
assert inspect.iscoroutinefunction(async_operation)
assert str(inspect.signature(expensive_calculation)) == "(n: int) -> int"
assert expensive_calculation.__doc__ == "This function will be automatically profiled."
"""
    shown = run(bench, FUNCTIONS + look).splitlines()
    assert len(shown) == 2
    assert " FN " in shown[0]
    assert "expensive_calculation" in shown[0]
    assert "async_operation" in shown[1]
    assert "\x1b" not in shown[0]


def test_manual_event_emission(bench: Bench) -> None:
    run(bench, MANUAL)
    request, function, query = events(bench)
    assert {e["trace_id"] for e in (request, function, query)} == {request["trace_id"]}
    assert len(request["trace_id"]) == 16
    assert (request["kind"], request["route"], request["status"]) == ("REQ", "/api/custom", 200)
    assert (function["kind"], function["fn"], function["error"]) == ("FN", "custom_function", False)
    assert (query["kind"], query["query"], query["rows"]) == ("DB", "SELECT * FROM users", 100)
    assert [e["dur_ns"] for e in (request, function, query)] == [15000000, 5000000, 8000000]


def test_built_in_dashboard(bench: Bench) -> None:
    pytest.importorskip("flask")
    look = """
stats.record(15_000_000)
stats.export([{"kind": "REQ", "dur_ns": 1, "status": 500, "route": "/u/{id}", "ts_ns": 1}])
client = app.test_client()
page = client.get("/_ghostglass/")
assert page.status_code == 200 and b"<title>Ghostglass" in page.data
assert page.headers["Cache-Control"] == "no-store"
metrics = client.get("/_ghostglass/metrics.json").json
assert metrics["error_pct"] == 50.0 and sum(metrics["spark"]) == 2
assert abs(metrics["p95"] - 15) < 15 * 0.05
assert [e["route"] for e in client.get("/_ghostglass/errors.json").json["errors"]] == ["/u/{id}"]

guarded = Flask("guarded")
guarded.register_blueprint(make_ui_blueprint(stats, bearer_token="key", ui_prefix="/ui"))
client = guarded.test_client()
assert client.get("/ui/").status_code == 200
for name in ("metrics", "errors"):
    assert client.get(f"/ui/{name}.json").status_code == 401
    wrong = client.get(f"/ui/{name}.json", headers={"Authorization": "Bearer kez"})
    assert wrong.status_code == 401
    right = client.get(f"/ui/{name}.json", headers={"Authorization": "Bearer key"})
    assert right.status_code == 200
"""
    run(bench, DASHBOARD + look)


def test_custom_exporters(bench: Bench) -> None:
    look = """
from ghostglass.core.emitter import Emitter
Emitter(collector).emit_fn("f", 5)
collector.enqueue({"kind": "own", "n": 1})
"""
    # Nobody closes the collector: it is closed when the program ends.
    shown = run(bench, CUSTOM + look).splitlines()
    assert len(shown) == 2
    assert shown[0].startswith("Custom export: {'ts_ns': ")
    assert "'kind': 'FN'" in shown[0]
    assert shown[1] == "Custom export: {'kind': 'own', 'n': 1}"


def test_runtime_context_management(bench: Bench) -> None:
    look = """
assert (current_trace, current_span) == ("trace-123", "span-456")
assert (nested_span, parent_trace) == ("span-789", "trace-123")
assert get_trace_id() is None and get_span_id() is None and len(span_id()) == 16
"""
    run(bench, CONTEXT + look)


def test_performance_tuning(bench: Bench) -> None:
    before = "exporter = lambda events: seen.extend(events)\nseen = []\n"
    look = """
for number in range(10):
    collector.enqueue(number)
assert collector.flush() and seen == list(range(10))
collector.close()
"""
    run(bench, before + TUNING + look)


def test_environment_variables(bench: Bench) -> None:
    bench.variables["GHOST_DEBUG"] = "1"
    bench.variables["GHOST_LOG_DIR"] = str(bench.work / "logs")
    bench.variables["GHOST_SAMPLE_RATE"] = "0.1"
    program = """
from ghostglass import BaseExporter, Collector, JSONLExporter
from ghostglass.runtime import default_sample_rate, is_debug
assert is_debug() and default_sample_rate() == 0.1

class Failing(BaseExporter):
    def export(self, events):
        raise ValueError("canary")

with Collector([JSONLExporter(), Failing()]) as collector:
    collector.enqueue({"kind": "own"})
"""
    bench.write("app.py", program)
    finished = bench.plain("app.py")
    assert finished.code == 0
    assert finished.stderr == "ghost: exporter `Failing.export` failed: ValueError\n"
    assert events(bench) == [{"kind": "own"}]


def test_the_sample_rate_of_the_environment(bench: Bench) -> None:
    pytest.importorskip("flask")
    bench.variables["GHOST_SAMPLE_RATE"] = "0"
    program = """
from flask import Flask
from ghostglass import BaseExporter, Collector, GhostglassFlask, StatsStore
seen, stats = [], StatsStore()
collector = Collector([seen.extend, stats])
app = Flask(__name__)
GhostglassFlask(app, collector=collector)
app.add_url_rule("/", view_func=lambda: "x")
app.add_url_rule("/bad", endpoint="bad", view_func=lambda: 1 / 0)
client = app.test_client()
for path in ("/", "/", "/bad"):
    client.get(path).data
collector.close()
# What failed is kept all the same, and who counts sees every request.
assert [(event["route"], event["exception_type"]) for event in seen] == [("/bad", "ZeroDivisionError")]
assert sum(stats.snapshot()["spark"]) == 3 and len(stats.errors()) == 1
"""
    bench.write("app.py", program)
    finished = bench.plain("app.py")
    assert finished.code == 0, finished.stderr


def test_sampling_strategies(bench: Bench) -> None:
    pytest.importorskip("flask")
    for_random = SAMPLING.split("# Route-based", maxsplit=1)[0]
    before = """
from flask import Flask
from ghostglass.flask.adapter import GhostglassFlask
from ghostglass.core.async_collector import AsyncCollector
seen = []
collector = AsyncCollector(seen.extend)
app = Flask(__name__)
app.add_url_rule("/static/x", view_func=lambda: "x")
app.add_url_rule("/kept", view_func=lambda: "x", endpoint="kept")
"""
    random = """
client = app.test_client()
for _ in range(1000):
    assert client.get("/kept").data == b"x"
collector.close()
assert 40 <= len(seen) <= 200, len(seen)
stats = collector.stats()
assert stats["produced"] == stats["exported"] + sum(stats["dropped"].values()) == 1000, stats
"""
    run(bench, before + for_random + random)
    by_route = SAMPLING.replace(for_random, "")
    routed = """
client = app.test_client()
for path in ("/kept", "/static/x", "/health"):
    client.get(path)
collector.close()
assert [event["route"] for event in seen] == ["/kept"]
"""
    run(bench, before + by_route + routed)


def test_exporters(bench: Bench) -> None:
    look = """
assert exporter.port == 9090 and exporter.addr == "0.0.0.0"
"""
    run(bench, JSONL + CONSOLE + PROMETHEUS + look)
    assert not (bench.work / "logs").exists()
