"""The page of statistics that an application serves itself: what it answers, for any framework.

The page and its files hold no data and need no token; the data does, if one is set. The page takes
it from the part of its address behind `#`, which browsers send to nobody: `/_ghost/#token=…`.
Knows no framework: those are `ghostglass.flask.ui` and its like.
"""

from __future__ import annotations

import functools
import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ghostglass.stats import StatsStore

__all__ = ["PREFIX", "Answer", "Page"]

PREFIX = "/_ghost"
"""Where the page is unless somebody says otherwise."""
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; connect-src 'self'; script-src 'self';"
    " style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
FILES = {
    "": ("index.html", "text/html; charset=utf-8"),
    "page.css": ("page.css", "text/css; charset=utf-8"),
    "page.js": ("page.js", "text/javascript; charset=utf-8"),
}
JSON = "application/json"
PLAIN = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to a browser."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Page:
    """The page, its files, `metrics.json` and `errors.json` of one store."""

    def __init__(
        self, stats: StatsStore, *, bearer_token: str | None, ui_prefix: str, ui_enabled: bool
    ) -> None:
        """Show this store; its requests for the page itself are not counted."""
        self._stats = stats
        self._expected = None if bearer_token is None else f"Bearer {bearer_token}".encode()
        self._is_enabled = ui_enabled
        if ui_prefix.strip("/"):
            stats.ignore(ui_prefix)

    def answer(self, method: str, path: str, authorization: str) -> Answer:
        """Answer a request; of its path only what follows the last slash counts."""
        name = path.rpartition("/")[2]
        if not self._is_enabled or not (name in FILES or name in ("metrics.json", "errors.json")):
            return _answer(404, PLAIN, b"not found\n")
        if method not in ("GET", "HEAD"):
            return _answer(405, PLAIN, b"method not allowed\n", {"Allow": "GET, HEAD"})
        if name in FILES:
            file, content_type = FILES[name]
            return _answer(200, content_type, _file(file))
        if not self._is_allowed(authorization):
            return _answer(401, PLAIN, b"unauthorized\n", {"WWW-Authenticate": "Bearer"})
        return _answer(200, JSON, json.dumps(self._data(name)).encode())

    def _is_allowed(self, authorization: str) -> bool:
        given = authorization.encode("utf-8", "surrogateescape")
        return self._expected is None or hmac.compare_digest(given, self._expected)

    def _data(self, name: str) -> object:
        if name == "metrics.json":
            return self._stats.snapshot()
        return {"errors": self._stats.errors()}


def _answer(
    status: int, content_type: str, body: bytes, more: Mapping[str, str] | None = None
) -> Answer:
    return Answer(status, {**HEADERS, "Content-Type": content_type, **(more or {})}, body)


@functools.cache
def _file(name: str) -> bytes:
    from importlib.resources import files

    return files(__name__).joinpath("assets", name).read_bytes()
