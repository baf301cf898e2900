"""Specifications kept in a file, TOML or JSON, which is read again when it has changed.

The file is never written: what was applied is kept in memory.

    [instr-1]
    target = "app.orders.place"
    lifespan = 10
    lastmodified = 2026-01-31T12:00:00Z
    instrument = { type = "log", name = "place", value = "result", event = "return" }
"""

from __future__ import annotations

import datetime
import os
from typing import Any

from ghostglass.probes.managers import InstrumentManager, Spec

# A list of probes is small; what is larger is something else.
BYTES_MAX = 1_000_000


class SpecFileError(ValueError):
    """A file that holds no specifications; says why."""


class FileInstrumentManager(InstrumentManager):
    """An InstrumentManager whose specifications are those of a file.

    path: a `.json` file, or else one in TOML. While it cannot be read, what it said last holds.
    `lastmodified` is the time of the file where a specification has none.
    """

    def __init__(self, path: str | os.PathLike[str], process_id: str | None = None) -> None:
        """Use a file, which need not be there yet."""
        super().__init__(process_id or str(os.getpid()))
        self.path = os.fspath(path)
        self._stamp: tuple[int, int, int] | None = None

    @property
    def specs(self) -> dict[str, Spec]:
        """What the file says now."""
        try:
            status = os.stat(self.path)
        except FileNotFoundError:
            self._specs, self._stamp = {}, None
            return self._specs
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        if stamp != self._stamp:
            # Noted first: what cannot be read is complained of once.
            self._stamp = stamp
            modified = datetime.datetime.fromtimestamp(status.st_mtime, datetime.UTC)
            self._specs = merged(_read(self.path, status.st_size), self._specs, modified)
        return self._specs

    @specs.setter
    def specs(self, specs: dict[str, Spec]) -> None:
        msg = f"the specifications are those of `{self.path}`"
        raise AttributeError(msg)


def _read(path: str, size: int) -> dict[str, Any]:
    if size > BYTES_MAX:
        msg = f"`{path}` is larger than {BYTES_MAX} bytes"
        raise SpecFileError(msg)
    with open(path, "rb") as file:
        content = file.read(BYTES_MAX + 1)
    specs: Any
    try:
        if path.endswith(".json"):
            import json

            specs = json.loads(content)
        else:
            import tomllib

            specs = tomllib.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        msg = f"cannot read `{path}`: {error}"
        raise SpecFileError(msg) from error
    return specs_of(path, specs)


def specs_of(where: str, specs: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever was read
    """Give specifications by id, if that is what was read."""
    if not isinstance(specs, dict) or not all(isinstance(doc, dict) for doc in specs.values()):
        msg = f"`{where}` does not hold specifications by id"
        raise SpecFileError(msg)
    return specs


def merged(
    read: dict[str, Any], known: dict[str, Spec], modified: datetime.datetime
) -> dict[str, Spec]:
    """Give what was read, with what was applied before."""
    specs: dict[str, Spec] = {}
    for spec_id, doc in read.items():
        applied = known.get(spec_id, {}).get("applied", {})
        stated = doc.get("lastmodified")
        if isinstance(stated, str):
            stated = datetime.datetime.fromisoformat(stated)
        specs[spec_id] = {
            "lifespan": None,
            **doc,
            "lastmodified": stated or modified,
            "applied": applied,
        }
    return specs
