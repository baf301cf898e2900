"""Expressions of instruments that the program itself creates: full Python, compiled once.

Not for what comes from outside the process.
"""

from __future__ import annotations

from types import CodeType

# What reads names that the expression does not show.
_READING_ANY = frozenset({"locals", "vars", "dir", "eval", "exec"})
# Expressions met; forgotten all at once.
_COMPILED: dict[str, CodeType] = {}
_COMPILED_MAX = 1024


def compiled(expression: str) -> CodeType:
    """Compile an expression, or take it from those met before."""
    code = _COMPILED.get(expression)
    if code is None:
        if len(_COMPILED) >= _COMPILED_MAX:
            _COMPILED.clear()
        code = _COMPILED[expression] = compile(expression.strip(), "<string>", "eval")
    return code


def names_in(expression: object) -> frozenset[str] | None:
    """Tell the names an expression uses; `None` where they cannot be known."""
    if not isinstance(expression, str):
        return None
    try:
        code = compiled(expression)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None
    names = frozenset(_names(code))
    return None if names & _READING_ANY else names


def _names(code: CodeType) -> set[str]:
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= _names(constant)
    return names
