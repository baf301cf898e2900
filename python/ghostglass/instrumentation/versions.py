"""Which version of a library this is, and whether an adapter knows it.

Reads the name of its metadata folder: `importlib.metadata` is an import the program did not ask
for, and `__version__` of some libraries warns.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

    from ghostglass.instrumentation.table import Adapter


def objection(adapter: Adapter, module: ModuleType) -> str | None:
    """Say in one line why an adapter declines; `None` if it does not, or cannot know."""
    name = adapter.distribution
    version = installed(name, module) if name else None
    if version is None:
        return None
    numbers = numbers_of(version)
    if adapter.oldest and numbers < adapter.oldest:
        return _line(adapter, version, "old", f"{name} {_dotted(adapter.oldest)} or later")
    if adapter.too_new and numbers >= adapter.too_new:
        return _line(adapter, version, "new", f"{name} before {_dotted(adapter.too_new)}")
    return None


def _line(adapter: Adapter, version: str, how: str, wanted: str) -> str:
    """Put the objection into words."""
    what = f"{adapter.distribution} {version} is too {how} for {adapter.sees} to be seen"
    return f"{what} (hint: use {wanted}, or another version of ghostglass)"


def installed(distribution: str, module: ModuleType) -> str | None:
    """Find the version of the distribution that is installed beside a module."""
    file = getattr(module, "__file__", None)
    if not file:
        return None
    folder = file
    for _ in range(module.__name__.count(".") + (1 if hasattr(module, "__path__") else 0) + 1):
        folder = os.path.dirname(folder)
    try:
        names = os.listdir(folder or ".")
    except OSError:
        return None
    wanted = _normal(distribution)
    for name in names:
        stem, _, suffix = name.rpartition(".")
        project, _, version = stem.partition("-")
        if suffix == "dist-info" and _normal(project) == wanted:
            return version
    return None


def numbers_of(version: str) -> tuple[int, ...]:
    """Give the leading numbers of a version: `4.2rc1` is `(4, 2)`."""
    numbers = []
    for part in version.split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if digits:
            numbers.append(int(digits))
        if digits != part:
            break
    return tuple(numbers)


def _normal(name: str) -> str:
    """Spell a project as every tool may spell it."""
    return name.lower().replace("-", "_").replace(".", "_")


def _dotted(numbers: tuple[int, ...]) -> str:
    """Spell numbers as a version."""
    return ".".join(map(str, numbers)) + (".0" if len(numbers) == 1 else "")
