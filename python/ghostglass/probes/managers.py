"""Managers: have the probes of this process follow specifications, wherever those are kept.

A specification is a dict: `target`, `instrument` (`type`, `name`, `value`, `event`, `custom`),
`lifespan` (minutes, or None), `lastmodified` (a datetime), and `applied`, in which each process
notes what it did. Specifications hold Python expressions: whoever may write them may run code.
"""

from __future__ import annotations

import datetime
import math
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from typing import Any

from ghostglass.probes.function_probe import FunctionProbe, active_probes, attach_to
from ghostglass.probes.instruments import (
    HistogramInstrument,
    IncrementInstrument,
    Instrument,
    LogInstrument,
)

type Spec = dict[str, Any]

_DEFAULTS: dict[str, Any] = {"event": "return", "custom": {}}


def mag(obj: Any, base: float = 10) -> int:  # noqa: ANN401 - a number, or anything with a length
    """Give the magnitude of a number, or of a length; -1 where there is none."""
    try:
        size = len(obj)
    except TypeError:
        size = obj
    try:
        return int(math.log10(size) if base == 10 else math.log(size, base))  # noqa: PLR2004
    except Exception:
        return -1


class InstrumentManager:
    """Applies instruments to probes of targets.

    specs: a dict of specifications by id:
        target: the dotted path of a function.
        lastmodified: the datetime of its last change, in UTC.
        lifespan: how many minutes after that its instrument expires; None for never.
        instrument: type (a key of `instrument_classes`), name, value, event, custom.
        applied: a dict by process id of what each process did: `lm`, the `lastmodified` it knows,
            and `err`, an error as text, or None.
    """

    instrument_classes: dict[str, type[Instrument]] = {  # noqa: RUF012 - meant to be replaced
        "log": LogInstrument,
        "hist": HistogramInstrument,
        "incr": IncrementInstrument,
    }
    lock = threading.Lock()

    # What expressions may name; `__import__` in them would be slow.
    global_namespace: dict[str, Any] = {  # noqa: RUF012 - meant to be added to
        "datetime": datetime,
        "math": math,
        "time": time,
        "mag": mag,
    }

    apply_thread: threading.Thread | None = None
    period: float = 60

    def __init__(self, process_id: str | None = None) -> None:
        """Make a manager without specifications."""
        self._specs: dict[str, Spec] = {}
        self.process_id = process_id
        self._name()

    def _name(self) -> None:
        # Tells its instruments from those of others; no address, which may be used again.
        self.short_id = f"{next(_NUMBERS):x}m"

    @property
    def specs(self) -> dict[str, Spec]:
        """The specifications by id."""
        return self._specs

    @specs.setter
    def specs(self, specs: dict[str, Spec]) -> None:
        self._specs = specs

    def apply(self) -> None:
        """Have the instruments that the specifications ask for, and no others of this manager."""
        with self.lock:
            self._apply(self.specs)

    def _apply(self, specs: Mapping[str, Spec]) -> None:
        seen: dict[str, str] = {}
        for spec_id, doc in specs.items():
            full_id = f"{self.short_id}:{spec_id}"
            probe = instrument = None
            try:
                seen[full_id] = doc["target"]
                probe = attach_to(doc["target"])
                instrument = probe.instruments.get(full_id)
                is_changed = self._set(probe, full_id, doc)
                instrument = probe.instruments.get(full_id)
                probe.start()
            except Exception:
                self.handle_error(probe, instrument)
                self.mark(spec_id, doc, exception=True)
            else:
                if is_changed:
                    self.mark(spec_id, doc)
        self._remove_others(seen)
        self._start_all()

    def _set(self, probe: FunctionProbe, full_id: str, doc: Spec) -> bool:
        """Make, or change, the instrument of a specification; tell whether that is news."""
        wanted = doc["instrument"]
        kind = self.instrument_classes[wanted["type"]]
        expires = _expiry(doc)
        instrument = probe.instruments.get(full_id)
        if instrument is None or type(instrument) is not kind:
            probe.instruments[full_id] = kind(mgr=self, expires=expires, **wanted)
            return True
        changes = {key: wanted.get(key, _DEFAULTS.get(key)) for key in _KEYS}
        if not instrument.errors or any(getattr(instrument, k) != v for k, v in changes.items()):
            # One that failed stays off until it is changed.
            changes["expires"] = expires
        changes = {k: v for k, v in changes.items() if getattr(instrument, k) != v}
        for key, value in changes.items():
            setattr(instrument, key, value)
        if changes:
            instrument.errors = 0
        known = doc.get("applied", {}).get(self.process_id) or {}
        return bool(changes) or known.get("lm") != doc.get("lastmodified")

    def _remove_others(self, seen: Mapping[str, str]) -> None:
        prefix = f"{self.short_id}:"
        for target, probe in list(active_probes.items()):
            for full_id in list(probe.instruments):
                if full_id.startswith(prefix) and seen.get(full_id) != probe.target:
                    probe.instruments.pop(full_id, None)
            if not probe.instruments:
                active_probes.pop(target, None)
                probe.stop()

    def _start_all(self) -> None:
        """Start probes of others, too: those of decorators. Each reports its own errors."""
        for probe in list(active_probes.values()):
            if probe.state == "stopped":
                try:
                    probe.start()
                except Exception:
                    self.handle_error(probe)

    def apply_in_background(self, period: float = 60) -> None:
        """Apply every `period` seconds, in a thread of its own."""
        self.period = period
        if self.apply_thread is None or not self.apply_thread.is_alive():
            self.apply_thread = threading.Thread(
                target=self._cycle, name="ghostglass.probes.apply_in_background", daemon=True
            )
            self.apply_thread.start()

    def _cycle(self) -> None:
        while True:
            time.sleep(self.period)
            try:
                self.apply()
            except Exception:
                self.handle_error()

    def states(self) -> dict[str, tuple[str, str | None]]:
        """Tell the state of each specification here, and why: see `FunctionProbe.state`."""
        states: dict[str, tuple[str, str | None]] = {}
        for spec_id, doc in self.specs.items():
            probe = active_probes.get(doc.get("target", ""))
            instrument = probe.instruments.get(f"{self.short_id}:{spec_id}") if probe else None
            if probe is None or instrument is None:
                states[spec_id] = ("stopped", None)
            elif instrument.error is not None and instrument.is_expired():
                states[spec_id] = ("error", instrument.error)
            elif instrument.is_expired():
                states[spec_id] = ("expired", None)
            else:
                states[spec_id] = (probe.state, probe.error)
        return states

    def check_call(
        self,
        probe: FunctionProbe,
        instrument: Instrument,
        *args: Any,  # noqa: ANN401 - whatever the program passes
        **kwargs: Any,  # noqa: ANN401
    ) -> bool:
        """Tell whether an instrument is to fire for this call. Override it to decide."""
        return True

    def get_tags(self) -> dict[str, Any]:
        """Give the tags that every hit has. Override it to have some."""
        return {}

    def handle_error(
        self, probe: FunctionProbe | None = None, instrument: Instrument | None = None
    ) -> None:
        """Learn of an error, which is being handled. Prints it; override it to do better."""
        traceback.print_exc()

    def mark(self, id: str, doc: Spec, exception: bool = False) -> None:  # noqa: A002, FBT001, FBT002
        """Note in a specification that it was applied here, or why not."""
        current = self.specs.get(id)
        if current is None:
            return
        note = {"lm": current.get("lastmodified"), "err": _error() if exception else None}
        applied = current.setdefault("applied", {})
        if applied.get(self.process_id) != note:
            applied[self.process_id] = note
            self.store_note(id, note)

    def store_note(self, id: str, note: dict[str, Any]) -> None:  # noqa: A002
        """Keep a note where the specifications are kept. Here they are in memory."""


def _numbers() -> Any:  # noqa: ANN401 - an iterator
    import itertools

    return itertools.count(1)


_NUMBERS = _numbers()
_KEYS = ("name", "value", "event", "custom")


def _expiry(doc: Spec) -> datetime.datetime | None:
    lifespan = doc.get("lifespan")
    if lifespan is None:
        return None
    modified: datetime.datetime = doc["lastmodified"]
    return modified + datetime.timedelta(minutes=lifespan)


def _error() -> str:
    return f"Error: {sys.exc_info()[1]!r}\n{traceback.format_exc()}"
