"""Specifications at a URL: fetched when they are to be applied, kept while there is no answer."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

import probe_targets  # noqa: F401 - what is probed
from ghostglass import probes


class Handler(BaseHTTPRequestHandler):
    """Answers with what the test says."""

    def do_GET(self) -> None:
        """Answers."""
        server = self.server
        server.asked.append(dict(self.headers))
        is_known = self.headers["If-None-Match"] == server.etag
        status = 304 if is_known and server.status == 200 else server.status
        self.send_response(status)
        self.send_header("ETag", server.etag)
        self.send_header("Location", "http://elsewhere.invalid/")
        self.end_headers()
        if status == 200:
            try:
                self.wfile.write(server.content)
            except ConnectionError:
                return

    def log_message(self, *_arguments: object) -> None:
        """Says nothing."""


@pytest.fixture
def server():
    """A server with one specification."""
    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.asked, server.status, server.etag = [], 200, '"1"'
    server.content = json.dumps(
        {
            "a": {
                "target": "probe_targets.add13",
                "instrument": {"type": "test", "name": "a", "value": "result"},
            }
        }
    ).encode()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def manager(server):
    """A manager of what it has."""
    url = f"http://127.0.0.1:{server.server_address[1]}/specs?key=secret"
    manager = probes.HTTPInstrumentManager(url, headers={"Authorization": "Bearer x"})
    manager.instrument_classes = {"test": probes.ProbeTestInstrument}
    manager.errors = []

    def keep(*_arguments: object) -> None:
        import sys

        manager.errors.append(str(sys.exc_info()[1]))

    manager.handle_error = keep
    yield manager
    server.status, server.etag, server.content = 200, '"end"', b"{}"
    manager.apply()
    assert not probes.active_probes


def test_what_the_url_says_is_applied(server, manager) -> None:
    manager.apply()
    first = manager.specs["a"]["lastmodified"]
    manager.apply()
    assert [asked.get("If-None-Match") for asked in server.asked] == [None, '"1"']
    assert server.asked[0]["Authorization"] == "Bearer x"
    assert manager.specs["a"]["lastmodified"] == first
    assert manager.specs["a"]["applied"][manager.process_id]["err"] is None
    server.etag = '"2"'
    manager.apply()
    assert manager.specs["a"]["lastmodified"] == first
    assert manager.states() == {"a": ("active", None)}


@pytest.mark.parametrize(
    ("status", "content", "reason"),
    [
        (500, b"", "answered 500"),
        (302, b"", "answered 302"),
        (200, b"[", "cannot read"),
        (200, b"[" * 100_000, "cannot read"),
        (200, b"[]", "does not hold specifications"),
        (200, b" " * 10_000_000, "larger than"),
    ],
)
def test_what_it_said_last_holds(server, manager, status, content, reason) -> None:
    manager.apply()
    server.status, server.content, server.etag = status, content, '"2"'
    manager.apply()
    assert manager.states() == {"a": ("active", None)}
    assert len(manager.errors) == 1
    assert reason in manager.errors[0]
    assert "secret" not in manager.errors[0]


def test_only_http_is_fetched() -> None:
    with pytest.raises(ValueError, match="`http` or `https`"):
        probes.HTTPInstrumentManager("file:///etc/passwd")
