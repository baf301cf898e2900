"""From a target's name to code objects: `package.module.Class.method`, or `package.module:line`.

Imports nothing and runs no descriptor of the program: what is not imported yet is simply not there
yet. Changes nothing.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType, FunctionType, MethodType, ModuleType

# Wrappers around wrappers; more is a cycle.
WRAPPERS_MAX = 100


class TargetError(TypeError):
    """A target that cannot be probed; says why."""


@dataclass(frozen=True, slots=True)
class Place:
    """A code object, and the function object it is known by."""

    code: CodeType
    function: FunctionType | None

    @property
    def only(self) -> FunctionType | None:
        """The one function object that is meant, where others may share its code."""
        function = self.function
        if function is None:
            return None
        is_made_anew = "<locals>" in self.code.co_qualname or function.__closure__ is not None
        return function if is_made_anew else None


@dataclass(frozen=True, slots=True)
class Target:
    """What a name leads to. `inner` is the function below all wrappers of `functools.wraps`."""

    outer: Place
    inner: Place
    line: int | None = None


def resolve(name: str) -> Target | None:
    """Find a target; `None` while its module is not imported."""
    if not (name and str(name) == name):
        msg = f"{name!r} is not a dotted path"
        raise TargetError(msg)
    if ":" in name:
        module_name, _, line = name.rpartition(":")
        return _line(module_name, line)
    parts = name.split(".")
    if len(parts) < 2 or not all(parts):  # noqa: PLR2004 - a module and a name in it
        msg = f"`{name}` is not a dotted path to a function"
        raise TargetError(msg)
    found = _imported(parts)
    if found is None:
        return None
    module, rest = found
    return _walk(name, module, rest)


def attribute(owner: object, name: str) -> Target:
    """Find the function that is an attribute of an object."""
    return _finish(f"{owner!r}.{name}", _member(owner, name))


def own_attribute(owner: object, name: str) -> object:
    """Give an attribute without running descriptors; raise AttributeError if there is none."""
    return _member(owner, name)


def _imported(parts: list[str]) -> tuple[ModuleType, list[str]] | None:
    """Find the longest imported module of a path; `None` where more has to be imported first."""
    for end in range(len(parts) - 1, 0, -1):
        module = sys.modules.get(".".join(parts[:end]))
        if module is None:
            continue
        rest = parts[end:]
        spec = getattr(module, "__spec__", None)
        is_there = rest[0] in vars(module)
        if not is_there and (
            _may_be_imported(module, rest) or getattr(spec, "_initializing", False)
        ):
            return None
        return module, rest
    return None


def _may_be_imported(module: ModuleType, rest: list[str]) -> bool:
    """Tell whether what is missing in a package may be a module of it."""
    return len(rest) > 1 and hasattr(module, "__path__")


def _walk(name: str, module: ModuleType, rest: list[str]) -> Target:
    found: object = module
    for at, part in enumerate(rest):
        if part == "<locals>":
            continue
        function = _function(found)
        if function is not None and part not in vars(function):
            return _nested(name, function.__code__, [p for p in rest[at:] if p != "<locals>"])
        found = _member(found, part)
    return _finish(name, found)


def _member(owner: object, name: str) -> object:
    try:
        if isinstance(owner, ModuleType):
            return getattr(owner, name)
        return inspect.getattr_static(owner, name)
    except AttributeError:
        # In the words programs know from `unittest.mock`.
        msg = f"{_shown(owner)} does not have the attribute {name!r}"
        raise AttributeError(msg) from None


def _shown(owner: object) -> str:
    """Show an object as Python does, without code of the program."""
    if isinstance(owner, ModuleType):
        return repr(owner)
    if isinstance(owner, type):
        module, name = (type.__getattribute__(owner, of) for of in ("__module__", "__qualname__"))
        return f"<class '{module}.{name}'>"
    return object.__repr__(owner)


def _nested(name: str, code: CodeType, parts: list[str]) -> Target:
    for part in parts:
        inside = [c for c in code.co_consts if isinstance(c, CodeType) and c.co_name == part]
        if not inside:
            msg = f"`{code.co_qualname}` has no function `{part}` in it: `{name}`"
            raise AttributeError(msg)
        code = inside[0]
    place = Place(code, None)
    return Target(place, place)


def _finish(name: str, found: object) -> Target:
    function = _function(found)
    if function is None:
        raise TargetError(_refusal(name, found))
    if (function.__module__ or "").partition(".")[0] == "ghostglass":
        msg = f"`{name}` is a function of Ghostglass itself"
        raise TargetError(msg)
    inner = _innermost(function)
    return Target(Place(function.__code__, function), Place(inner.__code__, inner))


def _function(found: object) -> FunctionType | None:
    """Give the Python function behind what a name refers to, if there is one."""
    for _ in range(WRAPPERS_MAX):
        if isinstance(found, FunctionType):
            return found
        if isinstance(found, (staticmethod, classmethod, MethodType)):
            found = found.__func__
        elif isinstance(found, property):
            found = found.fget
        elif isinstance(
            found, (functools.partial, functools.partialmethod, functools.cached_property)
        ):
            found = found.func
        elif found is None or isinstance(found, (type, ModuleType)):
            return None
        else:
            # A cache of `functools`, or a decorator written as a class.
            found = _state(found).get("__wrapped__")
    return None


def _state(found: object) -> dict[str, object]:
    try:
        state = object.__getattribute__(found, "__dict__")
    except AttributeError:
        return {}
    return state if type(state) is dict else {}


def _innermost(function: FunctionType) -> FunctionType:
    for _ in range(WRAPPERS_MAX):
        wrapped = _function(vars(function).get("__wrapped__"))
        if wrapped is None:
            break
        function = wrapped
    return function


def _refusal(name: str, found: object) -> str:
    if isinstance(found, ModuleType):
        return f"`{name}` is not a function but a module"
    if isinstance(found, type):
        return f"`{name}` is not a function but a class; name a method, such as `{name}.__init__`"
    if inspect.isbuiltin(found) or inspect.isroutine(found) or callable(found):
        return f"`{name}` is not a function in Python: a C function makes no events to observe"
    return f"`{name}` is not a function but an instance of `{type(found).__qualname__}`"


def _line(module_name: str, line: str) -> Target | None:
    if not line.isdecimal() or not module_name:
        msg = f"`{module_name}:{line}` is neither a dotted path nor `module:line`"
        raise TargetError(msg)
    module = sys.modules.get(module_name)
    if module is None or getattr(getattr(module, "__spec__", None), "_initializing", False):
        return None
    number = int(line)
    holding = [code for code in _codes_of(module) if number in _lines(code)]
    if not holding:
        msg = f"no function of `{module_name}` has code at line {number}"
        raise TargetError(msg)
    # The innermost begins last.
    place = Place(max(holding, key=lambda code: code.co_firstlineno), None)
    return Target(place, place, number)


def _lines(code: CodeType) -> set[int]:
    return {line for _, _, line in code.co_lines() if line is not None}


def _codes_of(module: ModuleType) -> Iterator[CodeType]:
    """Give the code of all functions that a module defines, and what is nested in it."""
    seen: set[int] = set()
    waiting: list[object] = list(vars(module).values())
    while waiting:
        found = waiting.pop()
        if id(found) in seen:
            continue
        seen.add(id(found))
        if isinstance(found, CodeType):
            yield found
            waiting.extend(found.co_consts)
        elif isinstance(found, type):
            if found.__module__ == module.__name__:
                waiting.extend(vars(found).values())
        elif isinstance(found, property):
            waiting.extend(part for part in (found.fget, found.fset, found.fdel) if part)
        else:
            function = _function(found)
            if function is not None and function.__globals__ is vars(module):
                waiting.append(function.__code__)
                waiting.append(_innermost(function).__code__)
