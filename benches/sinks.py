"""OTLP endpoints that behave badly, each on a port of its own in this process's threads.

`healthy` answers at once, `slow` after seconds, `black hole` never, `dead` is a port nobody listens on.
They read nothing into what they receive.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import BinaryIO

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n"
SLOW_SECONDS = 2.0
KINDS = ("healthy", "dead", "slow", "black hole")


@contextlib.contextmanager
def endpoint(kind: str) -> Iterator[str]:
    """Yield the address of an endpoint of this kind."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    if kind != "dead":
        listener.listen(64)
        threading.Thread(target=accept, args=(listener, kind), daemon=True).start()
    try:
        yield address
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def accept(listener: socket.socket, kind: str) -> None:
    """Serve each connection on a thread of its own until the listener is closed."""
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(connection, kind), daemon=True).start()


def serve(connection: socket.socket, kind: str) -> None:
    """Read requests and answer them as this kind does."""
    with contextlib.suppress(OSError, ValueError), connection, connection.makefile("rb") as lines:
        while True:
            size = content_length(lines)
            lines.read(size)
            if kind == "black hole":
                time.sleep(3600)
            if kind == "slow":
                time.sleep(SLOW_SECONDS)
            connection.sendall(ANSWER)


def content_length(lines: BinaryIO) -> int:
    """Read the head of one request; the end of the connection is an error."""
    size, first = 0, True
    while True:
        line = lines.readline()
        if not line and first:
            raise ValueError
        first = False
        if line in (b"\r\n", b""):
            return size
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            size = int(value)
