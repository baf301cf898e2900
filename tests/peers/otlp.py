"""An OTLP receiver that is not ours: it writes every span and metric it understood as text."""

from __future__ import annotations

import sysconfig
import time
from dataclasses import dataclass
from pathlib import Path

from peers import folder
from peers.server import Launch, NotStartedError, free_port, listens, log_of, shared

ANSWER_S = 30


@dataclass(frozen=True)
class Otlp:
    """A receiver on two ports."""

    http_port: int
    grpc_port: int
    log: Path

    @property
    def http_url(self) -> str:
        """The endpoint for `http/protobuf`, without the path of a signal."""
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def grpc_url(self) -> str:
        """The endpoint for `grpc`."""
        return f"http://127.0.0.1:{self.grpc_port}"

    @property
    def received(self) -> str:
        """All it understood so far, also of other tests: look for names of your own."""
        return self.log.read_text(errors="replace")

    def wait_for(self, text: str) -> str:
        """All it understood, as soon as `text` is in it."""
        end = time.monotonic() + ANSWER_S
        while time.monotonic() < end:
            received = self.received
            if text in received:
                return received
            time.sleep(0.05)
        raise AssertionError(f"`{text}` was not received; the last was:\n{log_of(self.log)}")


def server(run_folder: Path) -> Otlp:
    """The run's receiver."""
    program = folder.program("otlp", "/site/rotel/rotel-agent")
    environment = folder.environment("otlp", LD_LIBRARY_PATH=python_libraries())

    def prepare(home: Path, port: int) -> list[object]:
        listen = [
            "--otlp-http-endpoint",
            f"127.0.0.1:{port}",
            "--otlp-grpc-endpoint",
            f"127.0.0.1:{free_port()}",
        ]
        show = [
            "--debug-log",
            "traces",
            "--debug-log",
            "metrics",
            "--debug-log-verbosity",
            "detailed",
        ]
        return [
            program,
            "start",
            "--exporter",
            "blackhole",
            "--batch-timeout",
            "20ms",
            *show,
            *listen,
        ]

    try:
        running = shared("otlp", run_folder, Launch(prepare, listens, environment))
    except NotStartedError as error:
        if "libpython" not in str(error):
            raise
        # It brings no interpreter of its own, and not every build of Python has one as a library.
        folder.absent("otlp", "Python 3.13 is no shared library here")
    return Otlp(running.port, int(running.command[-1].rpartition(":")[2]), running.log)


def python_libraries() -> str:
    """Where the library of the interpreter is whose wheels the receiver came in."""
    interpreter = (folder.home("otlp") / "python").resolve()
    return f"{interpreter.parents[1] / 'lib'}:{sysconfig.get_config_var('LIBDIR')}"
