"""The import hook: one entry of `sys.meta_path` that waits for the modules of a table.

Finds nothing by itself: it asks the finders behind it, and has what they found tell when the module
has run. Module, spec and loader are the ones they made. Imports nothing until then, not even
`__future__`: a program would find it in `sys.modules`.
"""

import sys

from ghostglass import _native
from ghostglass.instrumentation.table import ADAPTERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

    from ghostglass.instrumentation.table import Adapter


class AdapterFinder:
    """Waits for modules that have an adapter."""

    __slots__ = ("_adapters", "_emitter", "_say")

    def __init__(
        self,
        adapters: "Mapping[str, Adapter]",
        emitter: _native.Emitter,
        say: "Callable[[str], None]",
    ) -> None:
        """Keep the table of what is on."""
        self._adapters = adapters
        self._emitter = emitter
        self._say = say

    def find_spec(
        self,
        fullname: str,
        path: "Sequence[str] | None" = None,
        target: "ModuleType | None" = None,
    ) -> "ModuleSpec | None":
        """Find a module of the table as it would be found without us."""
        if fullname not in self._adapters:
            return None
        for finder in sys.meta_path:
            find_spec = getattr(finder, "find_spec", None)
            if finder is self or find_spec is None:
                continue
            spec: ModuleSpec | None = find_spec(fullname, path, target)
            if spec is not None:
                self._wait(spec)
                return spec
        return None

    def _wait(self, spec: "ModuleSpec") -> None:
        """Apply the adapter once the loader has run the module; leave no trace in the loader."""
        loader = spec.loader
        run = getattr(loader, "exec_module", None)
        if run is None:
            return

        def exec_module(module: "ModuleType") -> None:
            is_ours = module.__name__ == spec.name
            if is_ours and vars(loader).get("exec_module") is exec_module:
                del loader.exec_module  # type: ignore[union-attr]
            run(module)
            if is_ours:
                self.apply(spec.name, module)

        try:
            loader.exec_module = exec_module  # type: ignore[union-attr, method-assign]
        except (AttributeError, TypeError):
            # A loader written in C, or none of its own: no module of the table has one.
            return

    def apply(self, name: str, module: "ModuleType") -> None:
        """Call the adapter of a module that is complete; never raise into the program's import."""
        from ghostglass.instrumentation.versions import objection

        adapter = self._adapters[name]
        try:
            reason = objection(adapter, module)
            if reason is None:
                _function(adapter.target)(self._emitter)
        except Exception as error:
            what = adapter.distribution or name
            reason = f"{adapter.sees} of `{what}` cannot be seen: {type(error).__name__}"
        if reason is not None:
            self._say(reason)


def _function(target: str) -> "Callable[[_native.Emitter], None]":
    """Import the function that a row names."""
    module, _, function = target.partition(":")
    __import__(module)
    return getattr(sys.modules[module], function)  # type: ignore[no-any-return]


def install(say: "Callable[[str], None]") -> None:
    """Wait for what is on in this run; what was imported before us gets its adapter at once."""
    emitter = _native.run_emitter()
    if emitter is None:
        return
    is_on = {part: _native.enabled(part) for part in ("web", "db")}
    adapters = {name: adapter for name, adapter in ADAPTERS.items() if is_on[adapter.part]}
    finder = AdapterFinder(adapters, emitter, say)
    for name in adapters:
        module = sys.modules.get(name)
        if module is not None:
            finder.apply(name, module)
    # First, because whoever finds a module first is the only one who is asked.
    sys.meta_path.insert(0, finder)
