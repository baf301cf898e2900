"""Instrument chosen sessions of Neo4j, or all. How is in `ghostglass.db.neo4j`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ghostglass.db import neo4j

if TYPE_CHECKING:
    from ghostglass._native import Emitter

__all__ = ["Neo4jConfig", "instrument_neo4j_module", "instrument_neo4j_session"]


@dataclass(kw_only=True)
class Neo4jConfig:
    """What programs may set; values are never recorded, whatever is set here."""

    vendor_label: str = "neo4j"
    preview_len: int = 200
    redact_cypher: bool = True


def instrument_neo4j_session(
    session: Any, emitter: Emitter, config: Neo4jConfig | None = None
) -> Any:
    """Tell `emitter` of the queries of one session, and of its transactions; gives the session."""
    del config
    neo4j.instrument_session(session, emitter)
    return session


def instrument_neo4j_module(
    module: Any, emitter: Emitter, config: Neo4jConfig | None = None
) -> None:
    """Tell `emitter` of the queries of all sessions."""
    del module, config
    neo4j.instrument(emitter)
