"""Expressions of instruments that the program itself creates: full Python, compiled once.

Not for what comes from outside the process.
"""

from __future__ import annotations

from types import CodeType

# Expressions met; forgotten all at once.
_COMPILED: dict[str, CodeType] = {}
_COMPILED_MAX = 1024


def compiled(expression: str) -> CodeType:
    """Compile an expression, or take it from those met before."""
    code = _COMPILED.get(expression)
    if code is None:
        if len(_COMPILED) >= _COMPILED_MAX:
            _COMPILED.clear()
        code = _COMPILED[expression] = compile(expression.strip(), "<probe>", "eval")
    return code


def names_in(expression: object) -> frozenset[str] | None:
    """Tell the names an expression uses; `None` where it is not one."""
    if not isinstance(expression, str):
        return None
    try:
        code = compiled(expression)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None
    return frozenset(_names(code))


def _names(code: CodeType) -> set[str]:
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= _names(constant)
    return names
