"""Probes that are asked for from outside the process, as instruments like all others.

Imported when the first one is. The extension says what is to be done, between two instructions of
the program; it also evaluates the expressions, which are those of a small language that runs no
code of the program, and keeps what is seen until somebody asks for it.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ghostglass.probes import sites
from ghostglass.probes.function_probe import FunctionProbe, active_probes, attach_to
from ghostglass.probes.instruments import Instrument
from ghostglass.probes.managers import InstrumentManager
from ghostglass.probes.targets import Target

if TYPE_CHECKING:
    from ghostglass._native import OutsideProbe

_PREFIX = "outside:"


class _OutsideManager(InstrumentManager):
    """Has no names for expressions, and says nothing of errors: who asked for a probe is told."""

    def __init__(self) -> None:
        super().__init__()
        self.global_namespace = {}

    def handle_error(
        self, probe: FunctionProbe | None = None, instrument: Instrument | None = None
    ) -> None:
        """Leave standard error to the program."""


_manager = _OutsideManager()

# Probes of targets that nobody probed before: they go with their last instrument.
_made: set[str] = set()


class OutsideInstrument(Instrument):
    """Hands hits to the extension."""

    error_expiration = None

    def __init__(self, probe: OutsideProbe) -> None:
        """Be the instrument of a probe from outside."""
        is_hotspots = probe.kind == "hotspots"
        value = "hotspots" if is_hotspots else ""
        # Has it looked at whether its time is over; when, the extension knows.
        expires = datetime.datetime.max.replace(tzinfo=datetime.UTC)
        super().__init__(probe.name, value, probe.event, expires, mgr=_manager)
        self.probe = probe
        # Nothing is seen before it is known what the target leads to.
        self.is_accepted = False
        self.reads = frozenset() if is_hotspots else frozenset(probe.names)
        self.fire = self._time_lines if is_hotspots else self._hit  # type: ignore[method-assign]

    def is_expired(self) -> bool:
        """Tell whether its time is over, or all its hits are used up."""
        return not self.is_accepted or self.probe.is_over()

    def admits(self) -> bool:
        """Leave the limits to the extension, which knows them."""
        return True

    def handle_error(self, probe: FunctionProbe) -> None:
        """Note that something of ours failed."""
        self.probe.fail("internal error")

    def accept(self, target: Target) -> None:
        """Ask the policy about the function itself: a name can lead anywhere."""
        for place in (target.outer, target.inner):
            function = place.function
            if function is None:
                continue
            name = f"{function.__module__}.{function.__qualname__}"
            if not self.probe.allows(name):
                reason = f"the policy of this run does not allow target `{name}`"
                self.probe.set_state("error", reason)
        self.is_accepted = True

    def note(self, state: str, error: str | None) -> None:
        """Pass on the state of the target."""
        reason = "waits for its module to be imported" if state == "pending" else error
        self.probe.set_state(state, reason)

    def _hit(self, _globals: dict[str, Any], _locals: Mapping[str, Any]) -> None:
        self.probe.hit(_locals if type(_locals) is dict else dict(_locals))

    def _time_lines(self, _globals: dict[str, Any], _locals: Mapping[str, Any]) -> None:
        finder = _locals["hotspots"]
        lines = [(line, *call) for line, call in finder.calls.items()]
        self.probe.add_lines(finder.filename, lines)


def apply(action: str, outside: OutsideProbe) -> bool:
    """Do what is asked for; tell whether it could be done now."""
    if sites.lock._is_owned():  # type: ignore[attr-defined]
        # This thread is in the middle of a change.
        return False
    if action == "add":
        _add(outside)
    else:
        _remove(outside)
    return True


def _add(outside: OutsideProbe) -> None:
    if outside.is_over():
        return
    target = outside.target
    if target not in active_probes:
        _made.add(target)
    probe = attach_to(target)
    probe.instruments[_PREFIX + outside.id] = OutsideInstrument(outside)
    try:
        probe.start()
    except Exception as error:
        outside.set_state("error", str(error))
        _remove(outside)


def _remove(outside: OutsideProbe) -> None:
    target = outside.target
    probe = active_probes.get(target)
    if probe is None:
        return
    probe.instruments.pop(_PREFIX + outside.id, None)
    if target in _made and not probe.instruments:
        _made.discard(target)
        active_probes.pop(target, None)
        probe.stop()
