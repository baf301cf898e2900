"""What a probe does at the events of its target: reads what its instruments need, and fires them.

Called by the extension, on the program's thread, in the middle of the program: nothing here raises.
`Outer` is for the function a target names, `Inner` for the one below its wrappers, whose locals and
lines `end` and `line` are about.
"""

from __future__ import annotations

import datetime
import sys
import time
from collections.abc import Iterable
from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple

from ghostglass._native import ProbeHook
from ghostglass.probes.hotspots import HotspotsFinder
from ghostglass.probes.inputs import Shape, read, shape_of
from ghostglass.probes.instruments import Instrument
from ghostglass.probes.plan import Needs, names_of, needs_of
from ghostglass.probes.targets import Place, Target

if TYPE_CHECKING:
    from ghostglass.probes.function_probe import FunctionProbe

# How far up the frame is looked for whose lines are timed: wrappers lie between.
_FRAMES_SEARCHED = 32

type Finders = dict[FrameType, HotspotsFinder]


class Wishes(NamedTuple):
    """Which callables a hook has."""

    enter: bool
    leave: bool
    line: bool
    timed: bool

    def cover(self, other: Wishes) -> bool:
        """Tell whether nothing is missing that another has."""
        return all(mine or not theirs for mine, theirs in zip(self, other, strict=True))


class Event:
    """What `__event__` is in expressions of `end` and `line`."""

    __slots__ = ("arg", "frame", "kind")

    def __init__(self, kind: str, frame: FrameType, arg: object) -> None:
        """Make the event of a frame."""
        self.kind, self.frame, self.arg = kind, frame, arg

    function = property(lambda self: self.frame.f_code.co_name)
    module = property(lambda self: self.frame.f_globals.get("__name__", ""))
    filename = property(lambda self: self.frame.f_code.co_filename)
    lineno = property(lambda self: self.frame.f_lineno)
    code = property(lambda self: self.frame.f_code)
    globals = property(lambda self: self.frame.f_globals)
    locals = property(lambda self: self.frame.f_locals)


class Call(NamedTuple):
    """What is known of a call between its begin and its end."""

    instruments: tuple[Instrument, ...]
    values: dict[str, Any]
    finder: HotspotsFinder | None
    frame: FrameType | None


class _Handler:
    """Instruments of one probe at one place."""

    def __init__(self, probe: FunctionProbe, place: Place, shape: Shape) -> None:
        self.probe = probe
        self.place = place
        self.shape = shape
        self.instruments: tuple[Instrument, ...] = ()
        self.needs: Needs = needs_of((), shape)
        self.wishes = Wishes(enter=False, leave=False, line=False, timed=False)
        self.hook: ProbeHook | None = None
        self.is_stale = False

    def enter(self) -> object:
        raise NotImplementedError

    def leave(self, call: Any, started_ns: int, value: object, failed: bool) -> None:  # noqa: ANN401, FBT001
        raise NotImplementedError

    def line(self, number: int) -> None:
        raise NotImplementedError

    def fire(self, instrument: Instrument, names: dict[str, Any], values: dict[str, Any]) -> None:
        """Fire an instrument, whatever it does."""
        try:
            limited = instrument._expires_s is not None or instrument.max_hits is not None
            if limited and instrument.is_expired():
                self.is_stale = True
            elif instrument.admits():
                instrument.fire(names, values)
        except BaseException:
            self.probe.fail(instrument)

    def finish(self, finishers: Iterable[Instrument]) -> None:
        """Tell instruments that a call has ended, also those that it switched off."""
        for instrument in finishers:
            try:
                instrument.finish()
            except BaseException:
                self.probe.fail(instrument)
        if self.is_stale:
            self.is_stale = False
            self.probe.refresh()

    def chosen(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Instrument, ...]:
        """Give the instruments that want this call."""
        if not self.needs.checks:
            return self.instruments
        return tuple(i for i in self.instruments if self._wants(i, args, kwargs))

    def _wants(self, instrument: Instrument, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        try:
            return not instrument.is_expired() and bool(
                instrument.check_call(self.probe, *args, **kwargs)
            )
        except BaseException:
            self.probe.fail(instrument)
            return False


class Outer(_Handler):
    """Fires at `call`, `return` and `raise`."""

    def __init__(self, probe: FunctionProbe, place: Place, shape: Shape, finders: Finders) -> None:
        """Begin without instruments."""
        super().__init__(probe, place, shape)
        self.finders = finders

    def plan(self, instruments: Iterable[Instrument]) -> Wishes:
        """Take the instruments from now on; tell what they wish."""
        self.instruments = tuple(instruments)
        needs = self.needs = needs_of(self.instruments, self.shape)
        calls = any(i.event == "call" for i in self.instruments)
        ends = any(i.event != "call" for i in self.instruments) or bool(needs.finishers)
        return Wishes(
            enter=calls or needs.everything or bool(needs.names) or needs.hotspots,
            leave=ends or needs.hotspots,
            line=False,
            timed=ends and (needs.times or needs.everything),
        )

    def enter(self) -> Call | None:
        """A call begins."""
        try:
            needs = self.needs
            call = self._call(sys._getframe(1))
            for instrument in call.instruments:
                if instrument.event == "call":
                    self.fire(instrument, instrument.mgr.global_namespace, call.values)
            if self.needs is not needs:
                # One was switched off by an error: nothing will be called when this call ends.
                self.finish([i for i in needs.finishers if i not in self.needs.finishers])
            if call.finder is not None:
                # What the above took is no line's time.
                call.finder(None)
        except BaseException:
            return None
        else:
            return call

    def _call(self, frame: FrameType) -> Call:
        needs = self.needs
        instruments = self.instruments
        if needs.everything:
            inputs = read(frame, self.shape)
            instruments = self.chosen(inputs.args, inputs.kwargs)
            values: dict[str, Any] = {
                "start": time.time(),
                "now": datetime.datetime.now(datetime.UTC).replace(tzinfo=None),
                "args": inputs.args,
                "kwargs": inputs.kwargs,
                "frame": frame,
                **inputs.passed(self.shape, needs.names),
            }
        elif self.shape.inner_names:
            values = {"start": time.time(), **read(frame, self.shape).named}
        else:
            local = frame.f_locals
            values = {name: local[name] for name in needs.names if name in local}
            if needs.times:
                values["start"] = time.time()
        if not needs.hotspots:
            return Call(instruments, values, None, None)
        finder = self.finders[frame] = HotspotsFinder(frame.f_code.co_filename)
        return Call(instruments, values, finder, frame)

    def leave(self, call: Call | None, started_ns: int, value: object, failed: bool) -> None:  # noqa: FBT001
        """A call ends."""
        try:
            finishers = self.needs.finishers
            if call is not None:
                instruments, values, finder, frame = call
                if finder is not None and frame is not None:
                    self.finders.pop(frame, None)
                    finder.finish()
                    values["hotspots"] = finder
            elif self.wishes.enter:
                # Its begin could not be read.
                return
            else:
                instruments, values = self.instruments, {}
            values["result"] = value
            if started_ns:
                end = values["end"] = time.time()
                elapsed = values["elapsed"] = (time.monotonic_ns() - started_ns) * 1e-9
                values.setdefault("start", end - elapsed)
            for instrument in instruments:
                event = instrument.event
                if event == "return" or (failed and event == "raise"):
                    self.fire(instrument, instrument.mgr.global_namespace, values)
            if self.is_stale or finishers:
                self.finish(finishers)
        except BaseException:
            return


class Inner(_Handler):
    """Fires at `end` and `line`, and times lines."""

    def __init__(
        self,
        probe: FunctionProbe,
        place: Place,
        shape: Shape,
        finders: Finders,
        line_wanted: int | None,
    ) -> None:
        """Begin without instruments."""
        super().__init__(probe, place, shape)
        self.finders = finders
        self.line_wanted = line_wanted

    def plan(self, instruments: Iterable[Instrument], hotspots: bool) -> Wishes:  # noqa: FBT001
        """Take the instruments from now on; tell what they wish."""
        self.instruments = tuple(instruments)
        self.needs = needs_of(self.instruments, self.shape)
        is_line = self.line_wanted is not None
        ends = any(not is_line and i.event == "end" for i in self.instruments)
        lines = any(is_line or i.event == "line" for i in self.instruments)
        return Wishes(
            enter=self.needs.checks and not is_line,
            leave=ends or (bool(self.needs.finishers) and not is_line),
            line=lines or hotspots,
            timed=False,
        )

    def enter(self) -> tuple[Instrument, ...] | None:
        """A call begins whose inputs an instrument wants to see."""
        try:
            inputs = read(sys._getframe(1), self.shape)
            return self.chosen(inputs.args, inputs.kwargs)
        except BaseException:
            return None

    def leave(
        self,
        call: tuple[Instrument, ...] | None,
        _started_ns: int,
        value: object,
        failed: bool,  # noqa: FBT001
    ) -> None:
        """A call ends: its locals are still there."""
        try:
            frame = sys._getframe(1)
            finishers = self.needs.finishers
            instruments = call if call is not None else self.instruments
            values = None
            for instrument in instruments:
                if instrument.event != "end":
                    continue
                if values is None:
                    event = Event("return", frame, None if failed else value)
                    values = {"__event__": event, **frame.f_locals}
                self.fire(instrument, _names_for(instrument, frame, values), values)
            self.finish(finishers)
        except BaseException:
            return

    def line(self, number: int) -> None:
        """A line begins."""
        try:
            frame = sys._getframe(1)
            finishers = self.needs.finishers
            if self.finders:
                self._time(frame, number)
            wanted = self.line_wanted
            if wanted is not None and number != wanted:
                return
            values = None
            for instrument in self.instruments:
                if wanted is None and instrument.event != "line":
                    continue
                if values is None:
                    event = Event("line", frame, None)
                    values = {"lineno": number, "__event__": event, **frame.f_locals}
                self.fire(instrument, _names_for(instrument, frame, values), values)
            if self.is_stale or (wanted is not None and finishers):
                self.finish(finishers if wanted is not None else ())
        except BaseException:
            return

    def _time(self, frame: FrameType, number: int) -> None:
        above: FrameType | None = frame
        for _ in range(_FRAMES_SEARCHED):
            if above is None:
                return
            finder = self.finders.get(above)
            if finder is not None:
                finder(number)
                return
            above = above.f_back


def _names_for(instrument: Instrument, frame: FrameType, values: dict[str, Any]) -> dict[str, Any]:
    """Give the globals of an expression: the frame's and the manager's, where it needs them."""
    names = names_of(instrument)
    if names is not None and names <= values.keys():
        return instrument.mgr.global_namespace
    return {**frame.f_globals, **instrument.mgr.global_namespace}


class Handlers:
    """The two handlers of a target, and their hooks."""

    def __init__(self, probe: FunctionProbe, target: Target) -> None:
        """Begin without instruments."""
        finders: Finders = {}
        self.target = target
        self.outer = Outer(probe, target.outer, shape_of(target), finders)
        inner_shape = shape_of(Target(target.inner, target.inner))
        self.inner = Inner(probe, target.inner, inner_shape, finders, target.line)

    def plan(self, instruments: Iterable[Instrument]) -> list[tuple[_Handler, Wishes]]:
        """Take the instruments that are not expired; tell what each handler wishes."""
        live = [i for i in instruments if not i.is_expired()]
        if self.target.line is not None:
            return [(self.inner, self.inner.plan(live, hotspots=False))]
        outer = self.outer.plan(i for i in live if i.event in ("call", "return", "raise"))
        inside = (i for i in live if i.event in ("end", "line"))
        # The end of the inner function comes first.
        inner = self.inner.plan(inside, hotspots=self.outer.needs.hotspots)
        return [(self.inner, inner), (self.outer, outer)]


def make_hook(handler: _Handler, wishes: Wishes) -> ProbeHook | None:
    """Make the hook that calls a handler; `None` if nothing is wished."""
    if not any(wishes):
        return None
    return ProbeHook(
        function=handler.place.only,
        enter=handler.enter if wishes.enter else None,
        leave=handler.leave if wishes.leave else None,
        line=handler.line if wishes.line else None,
        timed=wishes.timed,
    )
