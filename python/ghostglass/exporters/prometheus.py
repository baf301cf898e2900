"""Metrics for Prometheus: one endpoint for all processes of an application.

Served by the relay, outside the program, so that the workers of a server are added up and a scrape
costs the program nothing. `asgi_app` and `wsgi_app` hand the same page on, for those who want it
within their application.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from ghostglass.exporters.relaying import RelayedExporter, Wish

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

__all__ = ["PrometheusExporter"]

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - read, not bound
"""Where to reach what listens on all addresses."""
TIMEOUT_S = 5.0
"""A scrape that takes longer is given up by Prometheus as well."""
BODY_BYTES_MAX = 64 << 20
"""No page of ours is as long."""
PLAIN = "text/plain; charset=utf-8"


class PrometheusExporter(RelayedExporter):
    """Serve `/metrics` on a port of this machine."""

    takes_unsampled: ClassVar[bool] = True

    def __init__(self, port: int = 9464, addr: str = "127.0.0.1") -> None:
        """Listen on loopback unless `addr` says otherwise."""
        self.port = int(port)
        self.addr = addr

    def _wish(self) -> Wish:
        host = f"[{self.addr}]" if ":" in self.addr else self.addr or "0.0.0.0"  # noqa: S104
        return {"exporter": f"prometheus={host}:{self.port}"}

    def wsgi_app(self) -> Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]:
        """Give a WSGI application that answers with the page."""

        def page(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
            status, content_type, body = self._fetch(environ.get("HTTP_ACCEPT", ""))
            start_response(status, _headers(content_type, body))
            return [body]

        return page

    def asgi_app(self) -> Callable[[Any, Any, Any], Awaitable[None]]:
        """Give an ASGI application that answers with the page."""

        async def page(scope: Any, _receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI's
            import asyncio

            if scope["type"] != "http":
                return
            accept = dict(scope["headers"]).get(b"accept", b"").decode("latin-1")
            status, content_type, body = await asyncio.to_thread(self._fetch, accept)
            headers = [
                (name.lower().encode(), value.encode())
                for name, value in _headers(content_type, body)
            ]
            start = {"type": "http.response.start", "status": int(status[:3]), "headers": headers}
            await send(start)
            await send({"type": "http.response.body", "body": body})

        return page

    def _fetch(self, accept: str) -> tuple[str, str, bytes]:
        """Ask the relay for its page; no relay is no failure of the application."""
        from http.client import HTTPConnection, HTTPException

        host = EVERYWHERE.get(self.addr, self.addr)
        connection = HTTPConnection(host, self.port, timeout=TIMEOUT_S)
        try:
            connection.request("GET", "/metrics", headers={"Accept": accept} if accept else {})
            answer = connection.getresponse()
            body = answer.read(BODY_BYTES_MAX)
            content_type = answer.getheader("Content-Type", PLAIN)
        except (OSError, HTTPException):
            return "503 Service Unavailable", PLAIN, b"no spans yet, or no relay\n"
        else:
            return f"{answer.status} {answer.reason}", content_type, body
        finally:
            connection.close()


def _headers(content_type: str, body: bytes) -> list[tuple[str, str]]:
    return [
        ("Content-Type", content_type),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
    ]
