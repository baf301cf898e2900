"""Web applications under a real server: started on a free port, ended with a signal, with all they said.

Knows nothing of what they are; `ghost run` is a part of the command like any other.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from peers.server import free_port, listens

START_S = 60
# Far more than any server needs to end: who cares how long it took measures it.
END_S = 30


@dataclass
class Ended:
    """How it ended."""

    code: int
    stdout: str
    stderr: str
    took_s: float


@dataclass
class Served:
    """An application that accepts connections."""

    process: subprocess.Popen
    port: int
    finished: Ended | None = None
    outputs: list = field(default_factory=list)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def end(self, number: signal.Signals = signal.SIGTERM) -> Ended:
        """Ends it with a signal to its first process, as an administrator does."""
        if self.finished is None:
            begin = time.monotonic()
            self.process.send_signal(number)
            code = self.process.wait(END_S)
            self.finished = Ended(code, *map(text_of, self.outputs), time.monotonic() - begin)
        return self.finished


@contextlib.contextmanager
def serving(bench, *command: object, wait: bool = True, **options: object) -> Iterator[Served]:
    """Starts the command in the bench's folder; every process of it is gone afterwards."""
    port = free_port()
    # Files and no pipes: an application that is not listened to must not stand still.
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        words = [str(word).replace("{port}", str(port)) for word in command]
        process = bench.start(
            *words, stdout=stdout, stderr=stderr, start_new_session=True, **options
        )
        served = Served(process, port, outputs=[stdout, stderr])
        try:
            if wait:
                wait_until_served(served)
            yield served
            served.end()
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_until_served(served: Served) -> None:
    """Returns when somebody listens; fails with what was said if nobody ever will."""
    end = time.monotonic() + START_S
    while not listens(served.port):
        if served.process.poll() is not None or time.monotonic() > end:
            raise AssertionError("does not serve: " + "\n".join(map(text_of, served.outputs)))
        time.sleep(0.02)


def text_of(output) -> str:
    """All that was written so far."""
    output.seek(0)
    return output.read().decode("utf-8", "surrogateescape")
