"""Instruments: what a probe does at an event. Subclass `Instrument` for your own.

An instrument's `value` is a Python expression of the program's own; it is evaluated with the
manager's `global_namespace` and the names of the event:

| event | when | names |
|---|---|---|
| `call` | a call begins | `start`, `now`, `args`, `kwargs`, `frame`, the parameters by name |
| `return` | it has ended, by an exception too | those, and `result`, `elapsed`, `end` |
| `raise` | it has ended by an exception | those; `result` is the exception |
| `end` | just before it returns | the function's own locals and globals |
| `line` | before a line is executed | the function's own locals and globals, `lineno` |

Sends nothing out of the process.
"""

from __future__ import annotations

import datetime
import math
import sys
import time
import traceback
import weakref
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TextIO

from ghostglass.probes import limits, metrics
from ghostglass.probes.expressions import compiled
from ghostglass.probes.output import is_ready

if TYPE_CHECKING:
    from ghostglass.probes.function_probe import FunctionProbe
    from ghostglass.probes.managers import InstrumentManager
    from ghostglass.probes.targets import Target

EVENTS = ("call", "return", "raise", "end", "line")
# What changes the events a probe needs.
_PLANNED = frozenset({"value", "event", "expires", "custom", "mgr", "max_hits", "rate"})

omitted = object()
_set = object.__setattr__
# A module like `statsd` of Datadog; found when needed, if the program has imported it.
statsd: Any = None


class Instrument:
    """Something that is fired at an event of a probe.

    name: a name for the instrument, used in its output.
    value: a Python expression, or the name of a local variable.
    event: `call`, `return` (the default), `raise`, `end` or `line`.
    expires: a datetime (UTC, if it does not say) after which it does not fire; None for none.
    custom: a dict of further data for subclasses; `tags` in it is an expression for a dict of tags.
    mgr: its InstrumentManager; `ghostglass.probes.manager` by default.
    rate: how often it may fire in a second; more is counted in `dropped`.
    max_hits: how often it may fire at all.
    max_errors: after how many errors it is switched off.
    """

    error_expiration: datetime.datetime | None = datetime.datetime(1970, 1, 1)  # noqa: DTZ001
    rate: int | None = None
    max_hits: int | None = None
    max_errors: int = 1

    # The names it reads, where its expressions do not tell.
    reads: frozenset[str] | None = None

    hits = 0
    dropped = 0
    errors = 0
    # The last error, as text.
    error: str | None = None
    _expires_s: float | None = None
    _window: limits.Rate | None = None

    def __init__(  # noqa: PLR0913, PLR0917 - the order programs know
        self,
        name: str,
        value: str,
        event: str = "return",
        expires: datetime.datetime | None = None,
        custom: dict[str, Any] | None = None,
        mgr: InstrumentManager | None = None,
        **kwargs: Any,  # noqa: ANN401 - whatever a specification holds
    ) -> None:
        """Make an instrument; it does nothing before a probe has it."""
        if event not in EVENTS:
            msg = f"`{event}` is no event (hint: one of {', '.join(EVENTS)})"
            raise ValueError(msg)
        if mgr is None:
            import ghostglass.probes as package

            mgr = package.manager
        self.mgr = mgr
        self.name = name
        self.value = value
        self.event = event
        self.expires = expires
        self.custom = custom or {}
        for limit in ("rate", "max_hits", "max_errors"):
            given = kwargs.get(limit, getattr(self, limit))
            setattr(self, limit, None if given is None else int(given))

    def __setattr__(self, name: str, value: object) -> None:
        """Set an attribute; probes learn of those that matter to them."""
        super().__setattr__(name, value)
        if name not in _PLANNED:
            return
        if name == "expires":
            super().__setattr__("_expires_s", _timestamp(value))
        elif name == "rate":
            window = limits.Rate(value) if isinstance(value, int) else None
            super().__setattr__("_window", window)
        for probe in list(self.__dict__.get("_probes", ())):
            probe.refresh()

    def __str__(self) -> str:
        """Say what it is."""
        return (
            f"{type(self).__name__}(name={self.name!r}, value={self.value!r}, "
            f"event={self.event!r}, expires={self.expires!r}, custom={self.custom!r})"
        )

    __repr__ = __str__

    def is_expired(self) -> bool:
        """Tell whether its time is over, or all its hits are used up."""
        expires = self._expires_s
        if expires is not None and time.time() > expires:
            return True
        return self.max_hits is not None and self.hits >= self.max_hits

    def admits(self) -> bool:
        """Count a hit; tell whether its limits allow it."""
        window = self._window
        if window is not None and not (window.admits() and limits.TOTAL.admits()):
            self.dropped += 1
            return False
        # Past our own `__setattr__`, which takes longer than all the rest.
        _set(self, "hits", self.hits + 1)
        return True

    def evaluate(self, value: str, _globals: dict[str, Any], _locals: Mapping[str, Any]) -> Any:  # noqa: ANN401
        """Evaluate an expression; the name of a local is looked up only."""
        found = _locals.get(value, omitted)
        if found is omitted:
            return eval(compiled(value), _globals, _locals)  # noqa: S307 - the program's own
        return found

    def merge_tags(self, _globals: dict[str, Any], _locals: Mapping[str, Any]) -> dict[str, Any]:
        """Give the tags of this hit: those of `custom` and those of the manager."""
        expression = self.custom.get("tags")
        if not expression:
            return dict(self.mgr.get_tags())
        tags = self.evaluate(expression, _globals, _locals)
        if not isinstance(tags, dict):
            msg = f"The 'tags' field must evaluate to a dict, not: {tags}"
            raise TypeError(msg)
        return {**tags, **self.mgr.get_tags()}

    def fire(self, _globals: dict[str, Any], _locals: Mapping[str, Any]) -> None:
        """Do what it is for. Subclasses must say what."""
        raise NotImplementedError

    def check_call(self, probe: FunctionProbe, *args: Any, **kwargs: Any) -> bool:  # noqa: ANN401
        """Tell whether to fire for this call, from its inputs or anything else.

        Asks the manager by default, which says yes.
        """
        return self.mgr.check_call(probe, self, *args, **kwargs)

    def accept(self, target: Target) -> None:
        """Learn what its probe's target leads to, before its events are on."""

    def note(self, state: str, error: str | None) -> None:
        """Learn of the state of its probe."""

    def handle_error(self, probe: FunctionProbe) -> None:
        """Take an error of its own: after `max_errors` of them it is switched off, by `expires`.

        It then stays off until it is changed, or the process begins anew, perhaps with code that
        has no such error. The manager is told, too.
        """
        error = sys.exc_info()[1]
        self.errors += 1
        self.error = "".join(traceback.format_exception_only(error)).strip() if error else None
        if self.error_expiration and self.errors >= self.max_errors:
            self.expires = self.error_expiration
        self.mgr.handle_error(probe, self)

    def finish(self) -> None:
        """Learn that a call has ended, whatever the event."""

    def __call__[F: Callable[..., Any]](self, f: F) -> F:
        """Serve as a decorator: attach a probe to the function, and give it back as it is."""
        from ghostglass.probes.function_probe import attach_to

        target = f"{f.__module__}.{f.__qualname__}"
        # No manager's prefix, so that none takes it for its own.
        attach_to(target).instruments[f"hardcode:{hash(target)}"] = self
        return f

    def _belong(self, probe: FunctionProbe) -> None:
        probes = self.__dict__.setdefault("_probes", weakref.WeakSet())
        probes.add(probe)

    def _leave(self, probe: FunctionProbe) -> None:
        self.__dict__.get("_probes", weakref.WeakSet()).discard(probe)


def _timestamp(moment: object) -> float | None:
    if not isinstance(moment, datetime.datetime):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return moment.timestamp()


def _shortened(value: object, chars_max: int) -> str:
    text = str(value)
    return text if len(text) <= chars_max else text[: chars_max - 3] + "..."


class _CurrentStdout:
    """Standard output as it is when asked, until something else is assigned."""

    def __get__(self, instance: object, owner: type | None = None) -> TextIO:
        return sys.stdout


class LogInstrument(Instrument):
    """Prints a message: `Probe (name)[tags={}] = value`. Says nothing for `None`."""

    MAX_CHARS = 2000
    rate: int | None = 5_000
    out: Any = _CurrentStdout()

    def fire(self, _globals: dict[str, Any], _locals: Mapping[str, Any]) -> None:
        """Print the value, unless there is none."""
        value = self.evaluate(self.value, _globals, _locals)
        if value is None:
            return
        text = str(value)
        tags = str(self.merge_tags(_globals, _locals))
        chars_max = self.MAX_CHARS
        if len(text) > chars_max:
            text = text[: chars_max - 3] + "..."
        if len(tags) > chars_max:
            tags = tags[: chars_max - 3] + "..."
        self.emit(self.name, text, tags)

    def emit(self, name: str, value: str, tags: str) -> None:
        """Print one line. An output that would make the program wait is not waited for."""
        out = self.out
        if not is_ready(out):
            self.dropped += 1
            return
        out.write(f"Probe ({name})[tags={tags}] = {value}\n")


class SafeLogInstrument(LogInstrument):
    """A LogInstrument whose expression may come from outside the process.

    It is one of a small language (see `docs/probes.md`) on the names of its event, runs no code of
    the program, and shows no secrets. It has no tags but the manager's.
    """

    def evaluate(self, value: str, _globals: dict[str, Any], _locals: Mapping[str, Any]) -> Any:  # noqa: ANN401
        """Evaluate an expression of the small language; the result is text."""
        from ghostglass._native import SafeExpression

        known = self.__dict__.get("_parsed")
        if known is None or known[0] != value:
            known = (value, SafeExpression(value))
            _set(self, "_parsed", known)
        text = known[1].evaluate(dict(_locals))
        return None if text == "None" else text

    def merge_tags(self, _globals: dict[str, Any], _locals: Mapping[str, Any]) -> dict[str, Any]:
        """Give the tags of the manager."""
        return dict(self.mgr.get_tags())


class MetricInstrument(Instrument):
    """Adds a number to a metric. Says nothing for `None`; anything else is an error."""

    MAX_CHARS = 2000

    def fire(self, _globals: dict[str, Any], _locals: Mapping[str, Any]) -> None:
        """Add the value, unless there is none."""
        value = self.evaluate(self.value, _globals, _locals)
        if value is None:
            return
        if not isinstance(value, int | float) or not math.isfinite(value):
            msg = f"Cannot send non-numeric metric: {_shortened(value, self.MAX_CHARS)}"
            raise TypeError(msg)
        tags = self.merge_tags(_globals, _locals)
        self.emit(self.name, value, sorted(k if v is None else f"{k}:{v}" for k, v in tags.items()))

    def emit(self, name: str, value: float, tags: list[str]) -> None:
        """Add a number. Subclasses must say where."""
        raise NotImplementedError


StatsdInstrumentBase = MetricInstrument


def _statsd() -> Any:  # noqa: ANN401 - a module of somebody else
    if statsd is not None:
        return statsd
    module = sys.modules.get("statsd")
    return getattr(module, "statsd", None)


class HistogramInstrument(MetricInstrument):
    """Adds a value to a histogram: of `metrics`, and of `statsd` where there is one."""

    def emit(self, name: str, value: float, tags: list[str]) -> None:
        """Add a value to the histogram."""
        metrics.observe(name, value, tags)
        client = _statsd()
        if client is not None:
            client.histogram(name, value, tags=tags)


class IncrementInstrument(MetricInstrument):
    """Adds a value to a counter: of `metrics`, and of `statsd` where there is one."""

    def emit(self, name: str, value: float, tags: list[str]) -> None:
        """Add a value to the counter."""
        metrics.increment(name, value, tags)
        client = _statsd()
        if client is not None:
            client.increment(name, value, tags=tags)


class ProbeTestInstrument(Instrument):
    """Keeps values in `results`, for tests; `log` has the tags beside them."""

    finish_called = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as the base
        """Make one that has no results yet."""
        super().__init__(*args, **kwargs)
        self.log: list[tuple[dict[str, Any], Any]] = []

    @property
    def results(self) -> list[Any]:
        """The values of all hits."""
        return [result for _, result in self.log]

    def fire(self, _globals: dict[str, Any], _locals: Mapping[str, Any]) -> None:
        """Keep the value."""
        value = self.evaluate(self.value, _globals, _locals)
        self.log.append((self.merge_tags(_globals, _locals), value))

    def finish(self) -> None:
        """Note that it was called."""
        self.finish_called = True
