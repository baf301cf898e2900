"""Instrument chosen clients of MongoDB, of PyMongo or Motor. How is in `ghostglass.db.pymongo`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ghostglass.db import pymongo

if TYPE_CHECKING:
    from ghostglass._native import Emitter

__all__ = ["GhostglassCommandListener", "MongoConfig"]


@dataclass(kw_only=True)
class MongoConfig:
    """What is told of commands; never their content, whatever is set here."""

    vendor_label: str = "mongodb"
    preview_len: int = 160
    redact_collection: bool = False


class GhostglassCommandListener(pymongo.GhostglassCommandListener):
    """For `event_listeners=[…]` of a client."""

    def __init__(self, emitter: Emitter, config: MongoConfig | None = None) -> None:
        """Tell `emitter`."""
        super().__init__(emitter, names_collections=not (config and config.redact_collection))
