"""Spans on their way out of `ghost run`: real receivers, the official definitions, exact counts."""

from __future__ import annotations

import gzip
import http.client
import http.server
import re
import socket
import subprocess
import threading
import time
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from conftest import GHOST, TIMEOUT_S
from peers import prometheus
from peers.fixtures import new_name

if TYPE_CHECKING:
    from conftest import Bench
    from peers.otlp import Otlp

CANARY = "canary-4711"
# What the first queues and pauses could take together if nothing bounded the end.
EXIT_S = 8

PROGRAM = """
    import sys
    from ghostglass import Emitter

    emitter = Emitter()
    route, count = sys.argv[1], int(sys.argv[2])
    for number in range(count):
        span = emitter.begin_request("GET")
        span.name = "/" + route + "/{id}"
        span.status = 503 if number % 10 == 9 else 200
        query = emitter.begin_query("postgresql", "SELECT * FROM t WHERE a = 'canary-4711'")
        query.end()
        span.end(KeyError("canary-4711") if number % 10 == 9 else None)
        if number % 1000 == 999:
            import time
            time.sleep(0.05)
"""


class Receiver:
    """A receiver that reads requests by the official definitions."""

    def __init__(self, status: int = 200, rejected: int = 0) -> None:
        self.traces: list[ExportTraceServiceRequest] = []
        self.metrics: list[ExportMetricsServiceRequest] = []
        self.headers: list[http.client.HTTPMessage] = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers["Content-Encoding"] == "gzip":
                    body = gzip.decompress(body)
                reply = receiver.take(self.path, body)
                receiver.headers.append(self.headers)
                if rejected and self.path == "/v1/traces":
                    reply.partial_success.rejected_spans = rejected
                answer = reply.SerializeToString()
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def take(
        self, path: str, body: bytes
    ) -> ExportTraceServiceResponse | ExportMetricsServiceResponse:
        if path == "/v1/traces":
            self.traces.append(ExportTraceServiceRequest.FromString(body))
            return ExportTraceServiceResponse()
        assert path == "/v1/metrics", path
        self.metrics.append(ExportMetricsServiceRequest.FromString(body))
        return ExportMetricsServiceResponse()

    @property
    def spans(self) -> list[Span]:
        return [
            span
            for request in self.traces
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


@contextmanager
def receiver(**options: int):
    """A receiver as long as it is needed."""
    server = Receiver(**options)
    try:
        yield server
    finally:
        server.server.shutdown()
        server.server.server_close()


def attributes(pairs: object) -> dict[str, object]:
    """Keys and values, whatever their type."""
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}


@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
def test_a_receiver_that_is_not_ours_understands_us(
    bench: Bench, otlp_receiver: Otlp, protocol: str
):
    name = new_name()
    url = otlp_receiver.grpc_url if protocol == "grpc" else otlp_receiver.http_url
    bench.variables |= {
        "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
        "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
        "OTEL_SERVICE_NAME": f"service-{name}",
    }
    program = bench.write("app.py", PROGRAM)
    finished = bench.observed("--exporter", f"otlp={url}", program, name, 20)
    assert finished.code == 0
    assert not [line for line in finished.ghost_lines if "exporter" in line], finished.stderr
    received = otlp_receiver.wait_for(f"GET /{name}/{{id}}")
    otlp_receiver.wait_for("http.server.request.duration")
    assert f"service-{name}" in received
    assert CANARY not in otlp_receiver.received


def test_every_span_arrives_once_and_means_what_the_conventions_say(bench: Bench):
    with receiver() as server:
        bench.variables |= {
            "OTEL_EXPORTER_OTLP_HEADERS": "api-key=a%20secret",
            "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
            "OTEL_RESOURCE_ATTRIBUTES": "service.version=1.2,team=x",
        }
        program = bench.write("app.py", PROGRAM)
        finished = bench.observed("--exporter", f"otlp={server.url}", program, "users", 3000)
    assert finished.code == 0
    assert "a secret" not in finished.stderr
    assert {headers["api-key"] for headers in server.headers} == {"a secret"}
    assert len(server.spans) == len({span.span_id for span in server.spans}) == 6000
    resource = attributes(server.traces[0].resource_spans[0].resource.attributes)
    assert resource["service.name"] == "unknown_service:python"
    assert (resource["service.version"], resource["team"]) == ("1.2", "x")
    assert {"service.instance.id", "process.pid", "process.runtime.version"} <= resource.keys()
    check_spans(server.spans)
    check_metrics(server.metrics[-1])
    assert CANARY not in f"{server.traces} {server.metrics}"


def check_spans(spans: list[Span]) -> None:
    """Kinds, names, parents, ids, status."""
    requests = {span.span_id: span for span in spans if span.kind == Span.SPAN_KIND_SERVER}
    queries = [span for span in spans if span.kind == Span.SPAN_KIND_CLIENT]
    assert (len(requests), len(queries)) == (3000, 3000)
    for query in queries:
        assert query.trace_id == requests[query.parent_span_id].trace_id
        assert attributes(query.attributes)["db.system.name"] == "postgresql"
    for span in spans:
        assert (len(span.trace_id), len(span.span_id)) == (16, 8)
        assert any(span.trace_id) and any(span.span_id)
        assert span.start_time_unix_nano <= span.end_time_unix_nano
    failed = [s for s in requests.values() if s.status.code == Status.STATUS_CODE_ERROR]
    assert len(failed) == 300
    known = attributes(failed[0].attributes)
    assert (known["http.route"], known["http.response.status_code"]) == ("/users/{id}", 503)
    assert (known["error.type"], failed[0].name) == ("KeyError", "GET /users/{id}")


def check_metrics(request: ExportMetricsServiceRequest) -> None:
    """Cumulative histograms that hold every span."""
    scope = request.resource_metrics[0].scope_metrics[0]
    histograms = {metric.name: metric.histogram for metric in scope.metrics}
    points = histograms["http.server.request.duration"].data_points
    assert sum(point.count for point in points) == 3000
    assert all(sum(point.bucket_counts) == point.count for point in points)
    assert all(0 < point.start_time_unix_nano < point.time_unix_nano for point in points)
    assert "db.client.operation.duration" in histograms


def test_what_a_receiver_rejects_is_said_to_the_span(bench: Bench):
    with receiver(rejected=3) as server:
        program = bench.write("app.py", PROGRAM)
        finished = bench.observed("--exporter", f"otlp={server.url}", program, "users", 10)
    assert finished.code == 0
    assert finished.ghost_lines[-1] == (
        "ghost: exporter `otlp`: 3 of 20 spans did not arrive (3 rejected)"
    )


def test_a_receiver_that_is_silent_holds_up_neither_program_nor_end(bench: Bench):
    with socket.create_server(("127.0.0.1", 0)) as hole, receiver() as server:
        program = bench.write("app.py", PROGRAM)
        silent = f"otlp=http://me:{CANARY}@127.0.0.1:{hole.getsockname()[1]}"
        exporters = ("--exporter", silent, "--exporter", f"otlp={server.url}")
        begin = time.monotonic()
        finished = bench.observed(*exporters, program, "users", 500)
        took_s = time.monotonic() - begin
    assert finished.code == 0
    assert len(server.spans) == 1000
    assert finished.ghost_lines[-1] == (
        "ghost: exporter `otlp`: 1,000 of 1,000 spans did not arrive (1,000 closed)"
    )
    assert took_s < EXIT_S, finished.stderr
    assert CANARY not in finished.stderr


WORKERS = """
    import os, sys
    from ghostglass import Collector, Emitter
    from ghostglass.exporters.otlp import OTLPExporter

    collector = Collector(OTLPExporter(sys.argv[1], service_name="shop", timeout=5))
    emitter = Emitter(collector)
    for child in range(2):
        if os.fork() == 0:
            for number in range(100):
                emitter.emit_req("/users/{id}", 200, 1_000, method="GET")
            collector.close()
            os._exit(0)
    for child in range(2):
        os.wait()
    emitter.emit_req("/last", 200, 1_000, method="GET")
    collector.close()
"""


def test_without_ghost_run_a_relay_takes_the_spans_of_all_processes(bench: Bench):
    with receiver() as server:
        program = bench.write("app.py", WORKERS)
        finished = bench.plain(program, server.url)
        # The relay may outlive the program; it ends when it has sent all and nobody is left.
        relays = bench.data / "relays"
        end = time.monotonic() + TIMEOUT_S
        while list(relays.rglob("*.spans")) and time.monotonic() < end:
            time.sleep(0.05)
    assert (finished.code, finished.stderr) == (0, "")
    assert not list(relays.rglob("*.spans"))
    assert len(server.spans) == len({span.span_id for span in server.spans}) == 201
    names = {
        attributes(resource.resource.attributes)["service.name"]
        for request in server.traces
        for resource in request.resource_spans
    }
    assert names == {"shop"}


SERVER = """
    import os, sys
    from ghostglass import Emitter

    emitter = Emitter()
    for child in range(2):
        if os.fork() == 0:
            for number in range(50):
                emitter.emit_req("/" + sys.argv[1], 200, 3_000_000, method="GET")
            os._exit(0)
        os.wait()
    emitter.emit_req('/a"\\\\\\n', 500, 1)
    sys.stdin.read()
"""


def test_prometheus_adds_up_all_processes(bench: Bench, prometheus_server):
    name = new_name()
    program = bench.write("app.py", SERVER)
    command = ("run", "--exporter", "prometheus=127.0.0.1:0", program, name)
    with bench.start(GHOST, *command, stdin=subprocess.PIPE) as running:
        try:
            address = re.search(rb"http://([\d.:]+)/metrics", running.stderr.readline())[1].decode()
            prometheus_server.scrape(address)
            count = f'http_server_request_duration_seconds_count{{http_route="/{name}"}} == 100'
            found = prometheus_server.wait_for(count)
            texts = [fetch(address, accept) for accept in ("", "application/openmetrics-text")]
        finally:
            running.communicate(b"")
    assert found[0]["value"][1] == "100"
    assert found[0]["metric"]["http_response_status_code"] == "200"
    assert prometheus.check_metrics(texts[0]) == ""
    assert texts[1].endswith("# EOF\n")
    assert 'http_route="/a\\"\\\\\\n"' in texts[0]


def fetch(address: str, accept: str) -> str:
    """One answer."""
    request = urllib.request.Request(f"http://{address}/metrics", headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read().decode()
