"""The text of a statement given to psycopg 2 or 3 as something else than text.

Literals of composed statements are never rendered: they are the program's values, and rendering
them runs its adapters. Redaction of what is text happens in the extension.
"""

from __future__ import annotations

from typing import Any


def statement_text(query: Any) -> str | None:
    """Give the text of a statement, with `?` for what would be a value; None if it has none."""
    if isinstance(query, str):
        return query
    if isinstance(query, bytes | bytearray):
        return query.decode("utf-8", "replace")
    if hasattr(query, "interpolations"):
        return _template_text(query)
    return _composed_text(query)


def _composed_text(query: Any) -> str | None:
    kind = type(query).__name__
    if kind == "SQL":
        return str(query._obj if hasattr(query, "_obj") else query.string)
    if kind == "Composed":
        parts = query._obj if hasattr(query, "_obj") else query.seq
        return "".join(_composed_text(part) or "?" for part in parts)
    if kind == "Identifier":
        names = query._obj if hasattr(query, "_obj") else query.strings
        return ".".join('"' + name.replace('"', '""') + '"' for name in names)
    return "?" if kind in ("Literal", "Placeholder") else None


def _template_text(query: Any) -> str:
    # `zip` ends before the last string, which follows no interpolation.
    pairs = zip(query.strings, query.interpolations, strict=False)
    text = "".join(before + _interpolation_text(value) for before, value in pairs)
    return text + str(query.strings[-1])


def _interpolation_text(interpolation: Any) -> str:
    value = interpolation.value
    if interpolation.format_spec == "i" and isinstance(value, str):
        return '"' + value.replace('"', '""') + '"'
    if isinstance(value, str | bytes | int | float):
        return "?"
    is_nested = hasattr(value, "interpolations")
    return (_template_text(value) if is_nested else _composed_text(value)) or "?"
