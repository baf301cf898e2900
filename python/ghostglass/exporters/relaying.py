"""Exporters whose work is done outside the program, by a relay: the `ghost` binary.

Here is decided which relay that is: one for all processes of a user that are started in the same
folder and want the same, so that the workers of a server share one. It is started when the first
span comes, and ends by itself when the last of those processes has ended.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from ghostglass.exporters.base import BaseExporter

if TYPE_CHECKING:
    from ghostglass._native import Collector

type Wish = dict[str, Any]
"""`{"exporter": …, "variables": {…}}`, as `ghost relay` takes it."""

KEY_DIGITS = 16
"""Of a hash: enough to tell the relays of one user apart."""


class RelayedExporter(BaseExporter):
    """Base class of the exporters that a relay does the work for."""

    _direct: Collector | None = None

    def _wish(self) -> Wish:
        """Tell the relay what to do."""
        raise NotImplementedError

    def _relayed(self) -> Wish | None:
        """Tell a collector of the wish; `None` where a subclass exports by itself."""
        is_ours = type(self).export is RelayedExporter.export
        return self._wish() if is_ours else None

    def export(self, events: list[dict[str, Any]]) -> None:
        """Hand over events that come from no collector."""
        if self._direct is None:
            from ghostglass._native import Collector

            self._direct = Collector(_Wishing(self._wish()))
        for event in events:
            self._direct.enqueue(event)

    def close(self) -> None:
        """Close what direct calls have opened."""
        if self._direct is not None:
            self._direct.close()


class _Wishing:
    """An exporter that is nothing but its wish."""

    def __init__(self, wish: Wish) -> None:
        self._wish = wish

    def _relayed(self) -> Wish:
        return self._wish


def prepare(wishes: list[Wish]) -> tuple[tuple[str, str, str] | None, bool]:
    """Give binary, folder and configuration of the relay, and whether it may talk to stderr.

    Without a binary or a folder there is none: that is said once, and every span counts as dropped.
    """
    import json

    from ghostglass.__main__ import find_binary
    from ghostglass.runtime import is_debug

    variables = _of_all(wishes)
    configuration = json.dumps({"exporters": wishes, "variables": variables}, sort_keys=True)
    binary = find_binary()
    if binary is None:
        _warn("there is no `ghost` binary", "python -m pip install --force-reinstall ghostglass")
        return None, False
    try:
        folder = _make_folder(configuration)
    except OSError as error:
        _warn(f"the data folder cannot be used: {error.strerror}", "set GHOST_DATA_DIR")
        return None, False
    return (binary, folder, configuration), is_debug()


def _of_all(wishes: list[Wish]) -> dict[str, str]:
    """Give the variables that hold for all exporters: who we are. The first one counts."""
    variables: dict[str, str] = {}
    for name in ("OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES"):
        values = [wish["variables"][name] for wish in wishes if name in wish.get("variables", {})]
        if values:
            variables[name] = values[0]
    return variables


def _make_folder(configuration: str) -> str:
    """Make the folder that the processes of one application share."""
    import hashlib

    who = f"{os.getuid()}\0{os.getcwd()}\0{configuration}"
    key = hashlib.sha256(who.encode("utf-8", "surrogateescape")).hexdigest()[:KEY_DIGITS]
    root = os.environ.get("GHOST_DATA_DIR") or os.path.join(os.path.expanduser("~"), ".ghost")
    folder = os.path.abspath(root)
    for name in ("", "relays", key):
        folder = os.path.join(folder, name) if name else folder
        os.makedirs(folder, mode=0o700, exist_ok=True)
    if os.stat(folder).st_uid != os.getuid():
        raise PermissionError(1, "it belongs to somebody else")
    return folder


def _warn(reason: str, hint: str) -> None:
    if sys.stderr is not None:
        print(f"ghost: nothing is exported: {reason} (hint: {hint})", file=sys.stderr)
