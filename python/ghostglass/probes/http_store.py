"""Specifications kept at a URL, as JSON by id, fetched again when they are to be applied.

Meant for `apply_in_background`: fetching happens on the thread that applies. Never writes; what was
applied is kept in memory. Whoever can answer at the URL can run code in the process: use HTTPS, or
`instrument_classes` with safe expressions only.
"""

from __future__ import annotations

import datetime
import json
import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from ghostglass.probes.managers import InstrumentManager, Spec
from ghostglass.probes.spec_file import BYTES_MAX, SpecFileError, merged, specs_of

_NOT_MODIFIED = 304


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirection would take headers, with credentials in them, elsewhere."""

    def redirect_request(self, *_arguments: Any) -> None:  # noqa: ANN401 - as the base
        return None


class HTTPInstrumentManager(InstrumentManager):
    """An InstrumentManager whose specifications are those at a URL.

    url: `http` or `https`; answers with a JSON object of specifications by id.
    headers: sent with each request, such as `Authorization`.
    timeout: seconds to wait for an answer, and for each part of it.

    While there is no answer, or none that can be read, what it said last holds. `lastmodified` is
    the answer's `Last-Modified`, or when it first came, where a specification has none.
    """

    def __init__(
        self,
        url: str,
        process_id: str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 5.0,
    ) -> None:
        """Use a URL, which need not answer yet."""
        super().__init__(process_id or str(os.getpid()))
        if urlsplit(url).scheme not in ("http", "https"):
            msg = "specifications come by `http` or `https`"
            raise ValueError(msg)
        self.url = url
        self.headers = dict(headers or {})
        self.timeout = timeout
        self._etag: str | None = None

    @property
    def specs(self) -> dict[str, Spec]:
        """What the URL said last."""
        return self._specs

    @specs.setter
    def specs(self, specs: dict[str, Spec]) -> None:
        msg = f"the specifications are those at `{_shown(self.url)}`"
        raise AttributeError(msg)

    def apply(self) -> None:
        """Fetch the specifications, and have the instruments they ask for."""
        try:
            self._fetch()
        except Exception:
            self.handle_error()
        super().apply()

    def _fetch(self) -> None:
        headers = {"Accept": "application/json", **self.headers}
        if self._etag is not None:
            headers["If-None-Match"] = self._etag
        request = urllib.request.Request(self.url, headers=headers)  # noqa: S310 - checked above
        opener = urllib.request.build_opener(_NoRedirects())
        try:
            with opener.open(request, timeout=self.timeout) as response:
                content = response.read(BYTES_MAX + 1)
                etag, modified = response.headers["ETag"], response.headers["Last-Modified"]
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == _NOT_MODIFIED:
                return
            msg = f"`{_shown(self.url)}` answered {error.code}"
            raise SpecFileError(msg) from None
        self._take(content, modified)
        self._etag = etag

    def _take(self, content: bytes, modified: str | None) -> None:
        where = _shown(self.url)
        if len(content) > BYTES_MAX:
            msg = f"`{where}` is larger than {BYTES_MAX} bytes"
            raise SpecFileError(msg)
        try:
            read = json.loads(content)
        except (ValueError, RecursionError) as error:
            msg = f"cannot read `{where}`: {error}"
            raise SpecFileError(msg) from error
        specs = specs_of(where, read)
        first_known = {key: known["lastmodified"] for key, known in self._specs.items()}
        now = _moment(modified)
        fresh = merged(specs, self._specs, now)
        for key, doc in fresh.items():
            # Without a time of its own, one that says the same is as old as before.
            if modified is None and "lastmodified" not in read[key] and key in first_known:
                before = {**self._specs[key], "lastmodified": now}
                if before == doc:
                    doc["lastmodified"] = first_known[key]
        self._specs = fresh


def _moment(modified: str | None) -> datetime.datetime:
    try:
        return parsedate_to_datetime(modified or "")
    except ValueError:
        return datetime.datetime.now(datetime.UTC)


def _shown(url: str) -> str:
    """Give a URL without what may be a secret in it."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{host}{port}{parts.path}"
