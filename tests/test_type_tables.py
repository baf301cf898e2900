"""The tables that annotations are judged by agree with this interpreter.

They name types as recordings do, and are compared with `issubclass`, the interpreter's own word.
"""

from __future__ import annotations

import abc
import contextlib
import enum
import importlib
import itertools
from pathlib import Path

import pytest

TABLES = Path(__file__).parent.parent / "crates" / "ghost-analysis" / "src" / "annotations"
# Whatever a module of the table makes known only when it is loaded or used.
MODULES = ("array", "asyncio", "collections", "datetime", "decimal", "fractions", "re", "uuid")
# Readable and writable files: what `typing` calls them has no class to ask.
FILES = ("typing.IO", "typing.TextIO", "typing.BinaryIO")


def rows(name):
    """The rows of a table: a name, and the words indented below it."""
    table = {}
    words = None
    for line in (TABLES / name).read_text().splitlines():
        if line.endswith(":") and not line.startswith("#"):
            words = table.setdefault(line[:-1], [])
        elif words is not None and not line.startswith("#"):
            words.extend(line.split())
    return table


def recorded_name(cls):
    """The name of a type in recordings; a class of another test may object to being asked itself."""
    module, qualname = (type.__getattribute__(cls, name) for name in ("__module__", "__qualname__"))
    return qualname if module == "builtins" else f"{module}.{qualname}"


def all_types():
    """Every class of the interpreter by its recorded name; of several of one name, none."""
    found = {}
    waiting = [object]
    seen = {object}
    while waiting:
        cls = waiting.pop()
        found.setdefault(recorded_name(cls), []).append(cls)
        below = set(type.__subclasses__(cls)) - seen
        seen |= below
        waiting.extend(below)
    return {name: classes[0] for name, classes in found.items() if len(classes) == 1}


def imported(full_name):
    """What an import of a full name gives, or None."""
    module, _, name = full_name.rpartition(".")
    with contextlib.suppress(ImportError):
        return getattr(importlib.import_module(module), name, None)
    return None


@pytest.fixture(scope="module")
def types():
    """Every class by its recorded name."""
    for module in MODULES:
        importlib.import_module(module)
    # Iterators of built-in types are listed once there was one.
    samples = ([], (), {}, "", b"", set(), range(0), {}.items(), {}.values())
    assert [*itertools.chain(*map(iter, samples), reversed([]))] == []
    return all_types()


def test_known_types_exist(types):
    known = rows("abstract_bases.txt")["known"]
    assert len([name for name in known if name in types]) >= len(known) - 2
    assert len(known) == len(set(known))


def test_abstract_bases_are_those_of_the_interpreter(types):
    table = rows("abstract_bases.txt")
    known = [name for name in table.pop("known") if name in types]
    for base in FILES:
        assert set(table.pop(base)) <= set(known)
    for base, listed in table.items():
        satisfying = {name for name in known if issubclass(types[name], imported(base))}
        assert satisfying == set(listed) & set(types), base


def test_standard_classes_are_ordinary_classes_of_that_name():
    for module, names in rows("standard_classes.txt").items():
        found = [(name, imported(f"{module}.{name}")) for name in names]
        # Not every version has every class.
        classes = [(name, cls) for name, cls in found if cls is not None]
        assert len(classes) >= len(names) * 0.8, module
        for name, cls in classes:
            assert isinstance(cls, type), f"{module}.{name}"
            assert cls.__qualname__ == name
            assert not getattr(cls, "_is_protocol", False), f"{module}.{name}"
            assert type(cls) in {type, abc.ABCMeta, enum.EnumMeta}, f"{module}.{name}"
