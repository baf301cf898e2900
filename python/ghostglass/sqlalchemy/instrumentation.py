"""Instrument chosen engines of SQLAlchemy. How is in `ghostglass.db.sqlalchemy`."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from ghostglass import _native
from ghostglass.db import sqlalchemy

if TYPE_CHECKING:
    from ghostglass._native import Emitter

__all__ = ["instrument_async_engine", "instrument_engine", "redact_statement"]


def instrument_engine(
    engine: Any, emitter: Emitter, *, redact: bool = True, max_len: int | None = None
) -> None:
    """Tell `emitter` of the statements of an engine. They are always redacted and bounded."""
    del max_len
    if not redact:
        warnings.warn("statements are always redacted: `redact=False` is ignored", stacklevel=2)
    sqlalchemy.instrument_engine(engine, emitter)


instrument_async_engine = instrument_engine


def redact_statement(sql: str, *, max_len: int = 200) -> str:
    """Give a statement as it is recorded, cut visibly; empty where it is not safe to keep."""
    text = _native.redact_statement(sql)
    return f"{text[: max_len - 1]}…" if 0 < max_len < len(text) else text
