"""Web servers under load: started on the first core, loaded by `wrk` from the second.

A server has the first core to itself with all its processes, so what a subject does in a thread or a
process of its own counts as well. Where `taskset` is missing, nothing is pinned.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SCRIPT = """
local think = tonumber(os.getenv("THINK_MS"))
if think > 0 then function delay() return math.random(0, 2 * think) end end
done = function(summary, latency, requests)
  local errors = summary.errors.connect + summary.errors.read + summary.errors.status + summary.errors.timeout
  print(string.format("RESULT %d %d %d %d %d", summary.requests, summary.duration, errors,
    latency:percentile(50), latency:percentile(99)))
end
"""
"""A random pause keeps the clients from marching in step."""

START_SECONDS, END_SECONDS = 20, 10


@dataclass(frozen=True)
class Load:
    """What one round of load gave."""

    per_second: float
    p50_us: float
    p99_us: float
    errors: int
    cpu_us: float
    """Processor time per request, in all processes of the server: comparable on a busy machine too."""


@dataclass(frozen=True)
class Server:
    """A server that accepts connections."""

    port: int
    mark: str
    """A word in the environment of all its processes."""


def wrk() -> list[str]:
    """Return the load generator: fetched by `cargo xtask peers`, or installed."""
    root = Path(os.environ.get("GHOST_PEERS") or Path(__file__).parent.parent / "target/peers") / "wrk/usr"
    fetched = root / "bin/wrk"
    libraries = ":".join(str(folder) for folder in root.glob("lib/*-linux-gnu"))
    if fetched.exists():
        return ["env", f"LD_LIBRARY_PATH={libraries}", str(fetched)]
    found = shutil.which("wrk")
    if found is None:
        message = "no `wrk`: run `cargo xtask peers`"
        raise SystemExit(message)
    return [found]


def pinned(core: int, command: list[str]) -> list[str]:
    """Keep a command on one core, where that can be done."""
    return ["taskset", "--cpu-list", str(core), *command] if shutil.which("taskset") else command


def free_port() -> int:
    """Return a port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def served(command: list[str], environment: dict[str, str], folder: Path) -> Iterator[Server]:
    """Yield a server, which ends with the block; `{port}` in its command is replaced."""
    port = free_port()
    words = pinned(0, [word.replace("{port}", str(port)) for word in command])
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(
            words, env=environment, cwd=folder, stdout=log, stderr=log, start_new_session=True
        )
        try:
            wait_until_served(process, port, folder / "server.log")
            yield Server(port, f"BENCH_FOLDER={folder}")
        finally:
            end(process)


def wait_until_served(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Return when the server accepts connections."""
    limit = time.monotonic() + START_SECONDS
    while time.monotonic() < limit and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    message = f"the server does not start:\n{log.read_text(errors='replace')[-2000:]}"
    raise RuntimeError(message)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a server and whatever it left behind."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.send_signal(signal.SIGTERM)
        process.wait(END_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def cpu_us(mark: str) -> float:
    """Return the processor time so far of all processes with a word in their environment."""
    total = 0
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark.encode() in (process / "environ").read_bytes():
                times = [file.read_text().split()[0] for file in process.glob("task/*/schedstat")]
                total += sum(map(int, times))
    return total / 1000


def load(server: Server, path: str, seconds: float, connections: int, think_ms: int = 0) -> Load:
    """Load a server: as fast as it answers, or with a pause of about `think_ms` before each request."""
    before = cpu_us(server.mark)
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(SCRIPT)
        script.flush()
        command = [*wrk(), "-t1", f"-c{connections}", f"-d{seconds:.0f}s", "-s", script.name]
        done = subprocess.run(
            pinned(1, [*command, f"http://127.0.0.1:{server.port}{path}"]),
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "THINK_MS": str(think_ms)},
        )
    used = cpu_us(server.mark) - before
    line = next(line for line in done.stdout.splitlines() if line.startswith("RESULT "))
    requests, duration_us, errors, p50, p99 = map(float, line.split()[1:])
    return Load(requests / duration_us * 1e6, p50, p99, int(errors), used / requests)
