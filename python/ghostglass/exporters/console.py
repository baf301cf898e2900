"""Events on standard output or standard error, for eyes or for other programs."""

from __future__ import annotations

import sys
from typing import Any, TextIO

from ghostglass.exporters.base import BaseExporter
from ghostglass.exporters.native import NativeExporter

__all__ = ["ConsoleExporter"]


class ConsoleExporter(NativeExporter):
    """Write each event as one line: JSON, or with `pretty` time, kind, name and duration.

    A program that put another stream in the place of its standard output, as notebooks and tests
    do, finds the lines there.
    """

    def __init__(
        self, *, pretty: bool = False, stderr: bool = False, colour: bool | None = None
    ) -> None:
        """Write to standard output unless `stderr`; colours on a terminal, or as `colour` says."""
        super().__init__()
        self.pretty = pretty
        self.stderr = stderr
        self.colour = colour

    def _settings(self) -> dict[str, Any]:
        return {
            "sink": "console",
            "pretty": bool(self.pretty),
            "stderr": bool(self.stderr),
            "colour": self.colour,
        }

    def _native_sink(self) -> dict[str, Any] | None:
        kind = type(self)
        is_ours = kind.export is ConsoleExporter.export and kind.__call__ is BaseExporter.__call__
        return self._settings() if is_ours and self._replacement() is None else None

    def _replacement(self) -> TextIO | None:
        """Give the stream that stands for the original one, if there is one."""
        stream, original = sys.stdout, sys.__stdout__
        if self.stderr:
            stream, original = sys.stderr, sys.__stderr__
        return None if stream is original else stream

    def export(self, events: list[dict[str, Any]]) -> None:
        """Write events; returns when they are written."""
        stream = self._replacement()
        if stream is None:
            super().export(events)
            return
        from ghostglass._native import console_text

        stream.write(console_text(events, bool(self.pretty), bool(self.colour)))
        stream.flush()
