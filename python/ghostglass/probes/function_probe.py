"""Probes: the instruments of one target, and when its events are on.

One probe per target: `attach_to` gives the one there is. What happens at an event is in `hooks`,
which code objects a target has in `targets`.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Self

from ghostglass.probes import imports, sites
from ghostglass.probes.hooks import Handlers, make_hook
from ghostglass.probes.instruments import Instrument
from ghostglass.probes.targets import Target, resolve

# Probes by target. Two managers may both have instruments for one target; they share its probe.
active_probes: dict[str, FunctionProbe] = {}


def attach_to(target: str) -> FunctionProbe:
    """Give the probe of a target; a new one if there is none."""
    probe = active_probes.get(target)
    return FunctionProbe(target) if probe is None else probe


def start_all() -> None:
    """Start all probes; raise the first error after having tried all."""
    errors = []
    for probe in list(active_probes.values()):
        try:
            probe.start()
        except Exception as error:
            errors.append(error)
    if errors:
        raise errors[0]


class InstrumentMap(dict[str, Instrument]):
    """Instruments by key; its probe learns of every change."""

    def __init__(self, probe: FunctionProbe, instruments: Mapping[str, Instrument]) -> None:
        """Begin with some instruments."""
        super().__init__(instruments)
        self._probe = probe
        self._belong()

    def _belong(self) -> None:
        for instrument in self.values():
            instrument._belong(self._probe)

    def _changed(self) -> None:
        self._belong()
        self._probe.refresh()

    def __setitem__(self, key: str, instrument: Instrument) -> None:
        """Set one, and let the probe know."""
        super().__setitem__(key, instrument)
        self._changed()

    def __delitem__(self, key: str) -> None:
        """Remove one, and let the probe know."""
        super().__delitem__(key)
        self._changed()

    def __ior__(self, other: Any) -> Self:  # type: ignore[override,misc]  # noqa: ANN401
        """Add some, and let the probe know."""
        self.update(other)
        return self

    def pop(self, *arguments: Any) -> Any:  # noqa: ANN401 - as `dict`
        """Remove one, and let the probe know."""
        found = super().pop(*arguments)
        self._changed()
        return found

    def popitem(self) -> tuple[str, Instrument]:
        """Remove one, and let the probe know."""
        found = super().popitem()
        self._changed()
        return found

    def setdefault(self, key: str, default: Any = None) -> Any:  # noqa: ANN401 - as `dict`
        """Set one if there is none, and let the probe know."""
        found = super().setdefault(key, default)
        self._changed()
        return found

    def update(self, *arguments: Any, **named: Instrument) -> None:  # noqa: ANN401 - as `dict`
        """Set some, and let the probe know."""
        super().update(*arguments, **named)
        self._changed()

    def clear(self) -> None:
        """Remove all, and let the probe know."""
        super().clear()
        self._changed()


class FunctionProbe:
    """Observes one target while it is started.

    target: a dotted path to a function, method, property or nested function, or `module:line`.
    instruments: a dict of instruments by key; may be changed at any time.

    `state` is `stopped`, `pending` (its module is not imported), `active` or `error`, with the
    reason in `error`. Nothing is patched: all references to the target, in whatever module, dict or
    closure, are reached, and the function object, its code and its signature stay what they are.
    """

    def __init__(self, target: str, instruments: Mapping[str, Instrument] | None = None) -> None:
        """Make the probe of a target; there may be only one."""
        if target in active_probes:
            msg = (
                "Cannot apply two probes to the same target. "
                "Try calling attach_to(target) instead of FunctionProbe(target)."
            )
            raise RuntimeError(msg)
        self.target = target
        self.state = "stopped"
        self.error: str | None = None
        self._handlers: Handlers | None = None
        self._instruments = InstrumentMap(self, instruments or {})
        active_probes[target] = self

    def __str__(self) -> str:
        """Say what it is."""
        return (
            f"{type(self).__name__}(target={self.target!r}, instruments={dict(self.instruments)!r})"
        )

    __repr__ = __str__

    @property
    def instruments(self) -> InstrumentMap:
        """The instruments by key."""
        return self._instruments

    @instruments.setter
    def instruments(self, instruments: Mapping[str, Instrument]) -> None:
        self._instruments = InstrumentMap(self, instruments)
        self.refresh()

    def start(self) -> None:
        """Switch the events on. Safe to call again, which also looks the target up again."""
        with sites.lock:
            try:
                imports.wait(self, str(self.target), self._follow)
                self._look_up()
            except Exception as error:
                self._uninstall()
                imports.forget(self)
                self._be("error", str(error))
                raise

    def stop(self) -> None:
        """Switch the events off. Safe to call again."""
        with sites.lock:
            imports.forget(self)
            self._uninstall()
            self.state, self.error = "stopped", None

    def refresh(self) -> None:
        """Have the events on that the instruments need now; later, if another thread is at it."""
        lock = sites.lock
        if not lock.acquire(blocking=False):
            if self._handlers is not None:
                # The next hit asks again.
                self._handlers.outer.is_stale = self._handlers.inner.is_stale = True
            return
        try:
            if self.state == "active":
                self._install()
        finally:
            lock.release()

    def fail(self, instrument: Instrument) -> None:
        """Hand an error to the instrument that made it; never raise."""
        try:
            instrument.handle_error(self)
        except BaseException:
            # Nor does a broken stderr.
            with suppress(BaseException):
                traceback.print_exc()

    def _follow(self) -> None:
        """A module on the way to the target has been imported, or reloaded."""
        with sites.lock:
            try:
                self._look_up()
            except Exception as error:
                self._uninstall()
                self._be("error", str(error))

    def _look_up(self) -> None:
        found = resolve(self.target)
        if found is None:
            self._uninstall()
            self._be("pending")
            return
        for instrument in list(self.instruments.values()):
            instrument.accept(found)
        if self._handlers is None or not _is_same(self._handlers.target, found):
            self._uninstall()
            self._handlers = Handlers(self, found)
        self._be("active")
        self._install()

    def _be(self, state: str, error: str | None = None) -> None:
        self.state, self.error = state, error
        for instrument in list(self.instruments.values()):
            instrument.note(state, error)

    def _install(self) -> None:
        """Have the hooks that the instruments need now. One that has all that is needed stays."""
        if self._handlers is None:
            return
        for handler, wishes in self._handlers.plan(list(self.instruments.values())):
            if any(wishes) and handler.hook is not None and handler.wishes.cover(wishes):
                continue
            hook = make_hook(handler, wishes)
            if hook is not None or handler.hook is not None:
                sites.exchange(handler.place.code, handler.hook, hook)
            handler.hook, handler.wishes = hook, wishes

    def _uninstall(self) -> None:
        handlers, self._handlers = self._handlers, None
        if handlers is None:
            return
        for handler in (handlers.inner, handlers.outer):
            if handler.hook is not None:
                sites.exchange(handler.place.code, handler.hook, None)
                handler.hook = None


def _is_same(one: Target, other: Target) -> bool:
    """Tell whether two targets are the same objects; equal code may be another function's."""
    return (
        one.line == other.line
        and one.outer.code is other.outer.code
        and one.inner.code is other.inner.code
        and one.outer.function is other.outer.function
    )
