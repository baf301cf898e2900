"""Adapters in a program that runs already: switched on for what it has imported, and taken back.

What an adapter replaces is found by comparing classes before and after, so that adapters need not
know. Left alone is what cannot be taken back.
"""

import sys

from ghostglass import _native
from ghostglass.instrumentation.finder import AdapterFinder
from ghostglass.instrumentation.table import ADAPTERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

# Sanic compiles its methods when a server starts, Celery keeps receivers of its signals.
DECLINED = ("sanic.app", "celery.signals")
# Drivers whose connections are watched from the moment they are opened.
FROM_CONNECT = ("psycopg2", "pyodbc", "sqlite3")
# Where adapters replace attributes of classes that are not in the module they wait for.
ALSO_CHANGED = {
    "starlette.applications": (
        "starlette.routing",
        "starlette.middleware.exceptions",
        "starlette.background",
    ),
    "fastapi.routing": ("starlette.routing",),
}
MISSING = object()


class LateAdapters(AdapterFinder):
    """The import hook of a run that began in the middle of the program."""

    __slots__ = ("_applied", "_changed", "_remarks")

    def __init__(self) -> None:
        """Take the table of what is on, but for what could not be taken back."""
        emitter = _native.run_emitter()
        if emitter is None:
            msg = "nothing is on"
            raise RuntimeError(msg)
        is_on = {part: _native.enabled(part) for part in ("web", "db")}
        adapters = {
            name: adapter
            for name, adapter in ADAPTERS.items()
            if is_on[adapter.part] and name not in DECLINED
        }
        super().__init__(adapters, emitter, self._remark)
        self._remarks: list[str] = []
        self._applied: list[str] = []
        self._changed: list[tuple[type, str, object, object]] = []

    def install(self) -> list[str]:
        """Switch on what is imported, and wait for the rest; return what to say."""
        for name in self._adapters:
            module = sys.modules.get(name)
            if module is not None:
                self.apply(name, module)
        # First, because whoever finds a module first is the only one who is asked.
        sys.meta_path.insert(0, self)
        for name in DECLINED:
            if name in sys.modules and _native.enabled(ADAPTERS[name].part):
                what = ADAPTERS[name].distribution
                self._remark(f"{ADAPTERS[name].sees} of `{what}` are seen by `ghost run` only")
        for name in FROM_CONNECT:
            if name in self._applied:
                self._remark(f"queries of `{name}` are seen on connections opened from now on")
        return self._remarks

    def apply(self, name: str, module: "ModuleType") -> None:
        """Call the adapter of a module, and remember what it replaced."""
        before = _attributes(name)
        super().apply(name, module)
        self._applied.append(name)
        for (owner, attribute), value in _attributes(name).items():
            old = before.get((owner, attribute), MISSING)
            if old is not value:
                self._changed.append((owner, attribute, old, value))

    def take_back(self) -> None:
        """Put back what nobody else has replaced since."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        for name in reversed(self._applied):
            adapter = self._adapters[name]
            if adapter.part == "db":
                module = sys.modules.get(adapter.target.partition(":")[0])
                uninstrument = getattr(module, "uninstrument", None)
                if uninstrument is not None:
                    uninstrument(self._emitter)
        while self._changed:
            owner, attribute, old, new = self._changed.pop()
            if vars(owner).get(attribute, MISSING) is not new:
                continue
            if old is MISSING:
                delattr(owner, attribute)
            else:
                setattr(owner, attribute, old)
        if "ghostglass.instrumentation.opentelemetry" in sys.modules:
            _native.set_foreign_context(_nobody)

    def _remark(self, line: str) -> None:
        """Keep a line for the answer; what comes after it is nobody's to hear."""
        self._remarks.append(line)


def _nobody() -> None:
    """Stand for another tracer without an active span."""


def _attributes(name: str) -> "dict[tuple[type, str], Any]":
    """Give the attributes of all classes that the adapter of a module may change."""
    owners: set[type] = set()
    for changed in (name, *ALSO_CHANGED.get(name, ())):
        module = sys.modules.get(changed)
        package = changed.partition(".")[0]
        values = list(vars(module).values()) if module is not None else []
        owners.update(value for value in values if _is_class_of(value, package))
    return {(owner, key): value for owner in owners for key, value in vars(owner).items()}


def _is_class_of(value: object, package: str) -> bool:
    """Tell whether it is a class that a package defines."""
    return isinstance(value, type) and value.__module__.partition(".")[0] == package
