"""Events on standard output or standard error, for eyes or for other programs."""

from __future__ import annotations

from typing import Any

from ghostglass.exporters.native import NativeExporter

__all__ = ["ConsoleExporter"]


class ConsoleExporter(NativeExporter):
    """Write each event as one line: JSON, or with `pretty` time, kind, name and duration."""

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
