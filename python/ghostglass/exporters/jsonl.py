"""Events as lines of JSON in files, rotated by size and time. Written by a native thread."""

from __future__ import annotations

import os
from typing import Any

from ghostglass.exporters.native import NativeExporter

__all__ = ["JSONLExporter"]


class JSONLExporter(NativeExporter):
    """Write `<prefix>-<pid>.jsonl` in a folder; rotated files get date, time and a number too."""

    def __init__(
        self,
        dir: str | os.PathLike[str] | None = None,  # noqa: A002 - the name programs know
        *,
        rotate_bytes: int = 10_000_000,
        rotate_secs: float = 300.0,
        prefix: str = "ghostglass",
        keep: int | None = None,
    ) -> None:
        """Take the folder from `GHOST_LOG_DIR`, else `./logs`, where none is given.

        `rotate_bytes` and `rotate_secs` of 0 mean no limit. `keep` is the number of rotated files
        that stay, of all processes that write with this prefix; without it all do.
        """
        super().__init__()
        if os.sep in prefix or "\0" in prefix or not prefix:
            msg = "prefix must be the beginning of a file name"
            raise ValueError(msg)
        if rotate_bytes < 0 or rotate_secs < 0 or (keep is not None and keep < 0):
            msg = "rotate_bytes, rotate_secs and keep must be >= 0"
            raise ValueError(msg)
        self.dir = os.path.abspath(dir or os.environ.get("GHOST_LOG_DIR") or "./logs")
        self.rotate_bytes = int(rotate_bytes)
        self.rotate_secs = float(rotate_secs)
        self.prefix = prefix
        self.keep = keep

    def _settings(self) -> dict[str, Any]:
        return {
            "sink": "jsonl",
            "dir": self.dir,
            "prefix": self.prefix,
            "rotate_bytes": self.rotate_bytes,
            "rotate_secs": self.rotate_secs,
            "keep": self.keep,
        }
