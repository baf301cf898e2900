"""Prometheus: a server that scrapes what a test exposes, and `promtool`, which judges an exposition."""

from __future__ import annotations

import http.client
import json
import subprocess
import time
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

from peers import folder
from peers.server import Launch, shared

# Often enough that a test waits little, and the shortest the server takes seriously.
SCRAPE_INTERVAL = "200ms"
ANSWER_S = 30


@dataclass(frozen=True)
class Prometheus:
    """A server that scrapes whatever address is in its list."""

    port: int
    targets: Path

    def scrape(self, *addresses: str) -> None:
        """Scrapes `host:port` of each from now on, beside those of other tests."""
        known = json.loads(self.targets.read_text()) if self.targets.exists() else []
        fresh = self.targets.with_suffix(".new")
        fresh.write_text(json.dumps([*known, {"targets": list(addresses)}]))
        fresh.replace(self.targets)

    def query(self, expression: str) -> list[dict]:
        """What an expression gives now: `[{"metric": {…}, "value": [time, "1"]}, …]`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", "/api/v1/query?" + urllib.parse.urlencode({"query": expression}))
        answer = json.load(connection.getresponse())
        connection.close()
        assert answer["status"] == "success", answer
        return answer["data"]["result"]

    def wait_for(self, expression: str) -> list[dict]:
        """What an expression gives as soon as it gives anything."""
        end = time.monotonic() + ANSWER_S
        while time.monotonic() < end:
            found = self.query(expression)
            if found:
                return found
            time.sleep(0.05)
        raise AssertionError(f"`{expression}` stays empty")


def server(run_folder: Path) -> Prometheus:
    """The run's server."""
    program = folder.program("prometheus", "/usr/bin/prometheus")

    def prepare(home: Path, port: int) -> list[object]:
        (home / "prometheus.yml").write_text(configuration(home / "targets.json"))
        return [
            program,
            f"--config.file={home / 'prometheus.yml'}",
            f"--storage.tsdb.path={home / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ]

    launch = Launch(prepare, is_ready, folder.environment("prometheus"))
    running = shared("prometheus", run_folder, launch)
    return Prometheus(running.port, running.folder / "targets.json")


def configuration(targets: Path) -> str:
    """One job that reads its targets from a file."""
    return f"""
global: {{scrape_interval: {SCRAPE_INTERVAL}, scrape_timeout: {SCRAPE_INTERVAL}}}
scrape_configs:
- job_name: ghost
  file_sd_configs: [{{files: ["{targets}"], refresh_interval: {SCRAPE_INTERVAL}}}]
"""


def is_ready(port: int) -> bool:
    """Whether the server answers queries."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/-/ready")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def check_metrics(exposition: str) -> str:
    """What `promtool check metrics` objects to; empty if nothing."""
    program = folder.program("prometheus", "/usr/bin/promtool")
    checked = subprocess.run(
        [program, "check", "metrics"],
        input=exposition.encode(),
        capture_output=True,
        env=folder.environment("prometheus"),
        check=False,
    )
    return (checked.stdout + checked.stderr).decode()
