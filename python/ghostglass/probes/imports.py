"""Tells when a module has been imported or reloaded, for targets that were not there before.

A finder on `sys.meta_path`, there only while somebody waits. It finds nothing itself: it asks the
finders after it, and has the loader say when it is done. Modules whose loader takes no attribute
(frozen ones, built-in ones) are not told of.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_waiting: dict[object, tuple[frozenset[str], Callable[[], None]]] = {}
_busy = threading.local()


class _Finder:
    """Asks the finders after it."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if getattr(_busy, "name", None) == name or not _is_awaited(name):
            return None
        before, _busy.name = getattr(_busy, "name", None), name
        try:
            spec = _find_after(self, name, path, target)
        finally:
            _busy.name = before
        if spec is not None and spec.loader is not None:
            _tell_when_done(spec.loader, name)
        return spec


_finder = _Finder()


def wait(who: object, target: str, then: Callable[[], None]) -> None:
    """Call `then()` whenever a module on the way to `target` has been imported or reloaded."""
    _waiting[who] = (_modules_of(target), then)
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)


def forget(who: object) -> None:
    """Wait no more."""
    _waiting.pop(who, None)
    if not _waiting and _finder in sys.meta_path:
        sys.meta_path.remove(_finder)


def _modules_of(target: str) -> frozenset[str]:
    module, is_line, _ = target.rpartition(":")
    parts = (module if is_line else target).split(".")
    ends = range(1, len(parts) + bool(is_line))
    return frozenset(".".join(parts[:end]) for end in ends)


def _is_awaited(name: str) -> bool:
    return any(name in modules for modules, _ in list(_waiting.values()))


def _find_after(
    own: _Finder, name: str, path: Sequence[str] | None, target: ModuleType | None
) -> ModuleSpec | None:
    for finder in list(sys.meta_path):
        if finder is own:
            continue
        find_spec = getattr(finder, "find_spec", None)
        spec: ModuleSpec | None = find_spec(name, path, target) if find_spec else None
        if spec is not None:
            return spec
    return None


def _tell_when_done(loader: Any, name: str) -> None:  # noqa: ANN401 - loaders have no common type
    if isinstance(loader, type):
        return

    def exec_module(module: ModuleType) -> None:
        vars(loader).pop("exec_module", None)
        loader.exec_module(module)
        if module.__name__ == name:
            _tell(name)

    try:
        loader.exec_module = exec_module
    except (AttributeError, TypeError):
        return


def _tell(name: str) -> None:
    for modules, then in list(_waiting.values()):
        if name in modules:
            try:
                then()
            except Exception:  # noqa: S112 - the import belongs to the program
                continue
