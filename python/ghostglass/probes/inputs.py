"""What a function was called with, read from its frame: parameters by name, `args` and `kwargs`.

A frame knows its parameters, not how they were passed. Keywords are read from the calling
instruction where there is one; else what has a default and another value counts as passed by
keyword. Evaluates nothing.
"""

from __future__ import annotations

import inspect
import opcode
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import CodeType, FrameType, FunctionType
from typing import Any

from ghostglass.probes.targets import Place, Target

_CALL = opcode.opmap["CALL"]
_CALL_KW = opcode.opmap.get("CALL_KW", -1)
_KW_NAMES = opcode.opmap.get("KW_NAMES", -1)
_CACHE = opcode.opmap["CACHE"]
_EXTENDED_ARG = opcode.opmap["EXTENDED_ARG"]
_UNIT = 2
_MISSING = object()


@dataclass(frozen=True, slots=True)
class Shape:
    """The parameters of a function."""

    positional: tuple[str, ...]
    keyword_only: tuple[str, ...]
    rest: str | None
    extra: str | None
    defaults: Mapping[str, object] = field(default_factory=dict)
    # Names that positional arguments have in the function below the wrappers.
    inner_names: tuple[str, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """All names under which inputs are known."""
        stars = {name for name in (self.rest, self.extra) if name}
        return frozenset({*self.positional, *self.keyword_only, *self.inner_names} | stars)


def shape_of(target: Target) -> Shape:
    """Tell the parameters of a target."""
    outer = _shape(target.outer)
    if target.inner.code is target.outer.code:
        return outer
    inner = target.inner.code
    names = inner.co_varnames[: inner.co_argcount]
    return Shape(
        outer.positional, outer.keyword_only, outer.rest, outer.extra, outer.defaults, names
    )


def _shape(place: Place) -> Shape:
    code = place.code
    fixed = code.co_argcount + code.co_kwonlyargcount
    names = code.co_varnames
    rest = names[fixed] if code.co_flags & inspect.CO_VARARGS else None
    at = fixed + (rest is not None)
    extra = names[at] if code.co_flags & inspect.CO_VARKEYWORDS else None
    positional = names[: code.co_argcount]
    return Shape(
        positional,
        names[code.co_argcount : fixed],
        rest,
        extra,
        _defaults(place.function, positional),
    )


def _defaults(function: FunctionType | None, positional: tuple[str, ...]) -> dict[str, object]:
    if function is None:
        return {}
    values = function.__defaults__ or ()
    defaults = dict(zip(positional[len(positional) - len(values) :], values, strict=True))
    defaults.update(function.__kwdefaults__ or {})
    return defaults


@dataclass(frozen=True, slots=True)
class Inputs:
    """What one call was given."""

    positional: list[Any]
    kwargs: dict[str, Any]
    named: dict[str, Any]

    @property
    def args(self) -> tuple[Any, ...]:
        """What was passed by position."""
        return tuple(self.positional)

    def passed(self, shape: Shape, wanted: frozenset[str] | tuple[str, ...]) -> dict[str, Any]:
        """Give inputs by name: those that were passed, and of defaults those that are wanted."""
        left = {*shape.positional[len(self.positional) :], *shape.keyword_only}
        left -= {*self.kwargs, *wanted}
        return {name: value for name, value in self.named.items() if name not in left}


def read(frame: FrameType, shape: Shape) -> Inputs:
    """Read the inputs of a call that has just begun."""
    values = frame.f_locals
    keywords = _keywords(frame, shape)
    inputs = Inputs([], {}, {})
    for name in shape.positional:
        if name in values:
            _add_positional(inputs, shape, keywords, (name, values[name]))
    for name in shape.keyword_only:
        if name in values:
            value = inputs.named[name] = values[name]
            if name in keywords or shape.defaults.get(name, _MISSING) is not value:
                inputs.kwargs[name] = value
    if shape.rest is not None:
        inputs.positional.extend(values.get(shape.rest, ()))
    if shape.extra is not None:
        inputs.kwargs.update(values.get(shape.extra, {}))
    inputs.named.update(zip(shape.inner_names, inputs.positional, strict=False))
    inputs.named.update(inputs.kwargs)
    return inputs


def _add_positional(
    inputs: Inputs, shape: Shape, keywords: frozenset[str], parameter: tuple[str, Any]
) -> None:
    name, value = parameter
    inputs.named[name] = value
    is_default = shape.defaults.get(name, _MISSING) is value
    if name in keywords:
        inputs.kwargs[name] = value
    elif keywords is _UNKNOWN and name in shape.defaults:
        if not is_default:
            inputs.kwargs[name] = value
    elif not is_default:
        # Defaults before it were passed, too.
        skipped = shape.positional[len(inputs.positional) :]
        inputs.positional.extend(inputs.named[n] for n in skipped if n in inputs.named)


# Stands for keywords that cannot be known.
_UNKNOWN: frozenset[str] = frozenset({"\0"})
# Calling instructions met, by code object and offset; forgotten all at once.
_MET: dict[tuple[int, int], tuple[CodeType, frozenset[str]]] = {}
_MET_MAX = 4096


def _keywords(frame: FrameType, shape: Shape) -> frozenset[str]:
    """Tell which parameters the caller named; `_UNKNOWN` where the call is not written out."""
    caller = frame.f_back
    if caller is None:
        return _UNKNOWN
    code = caller.f_code
    key = (id(code), caller.f_lasti)
    met = _MET.get(key)
    if met is None or met[0] is not code:
        if len(_MET) >= _MET_MAX:
            _MET.clear()
        met = _MET[key] = (code, _written(code, caller.f_lasti))
    names = met[1]
    if names is _UNKNOWN or shape.extra is not None:
        return names
    known = {*shape.positional, *shape.keyword_only}
    return names if names <= known else _UNKNOWN


def _written(code: CodeType, at: int) -> frozenset[str]:
    instructions = code.co_code
    if not 0 <= at < len(instructions):
        return _UNKNOWN
    while at >= _UNIT and instructions[at] == _CACHE:
        # Up to 3.12 a calling frame stands behind its instruction.
        at -= _UNIT
    called = instructions[at]
    if called == _CALL:
        if at >= _UNIT and instructions[at - _UNIT] == _KW_NAMES:
            return _names(code, instructions, at - _UNIT)
        return frozenset()
    if called == _CALL_KW:
        # Where an argument does not fit one byte, its upper part comes before.
        before = at - _UNIT
        while before >= 0 and instructions[before] == _EXTENDED_ARG:
            before -= _UNIT
        return _names(code, instructions, before)
    return _UNKNOWN


def _names(code: CodeType, instructions: bytes, at: int) -> frozenset[str]:
    if at < 0:
        return _UNKNOWN
    index, shift, before = instructions[at + 1], 8, at - _UNIT
    while before >= 0 and instructions[before] == _EXTENDED_ARG:
        index |= instructions[before + 1] << shift
        shift += 8
        before -= _UNIT
    names = code.co_consts[index] if index < len(code.co_consts) else None
    if type(names) is tuple and names and all(type(name) is str for name in names):
        return frozenset(names)
    return _UNKNOWN
