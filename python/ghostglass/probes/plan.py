"""What instruments need of an event, so that nothing else is read: the difference is microseconds.

Decides only; `hooks` does it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ghostglass.probes.expressions import names_in
from ghostglass.probes.inputs import Shape
from ghostglass.probes.instruments import (
    Instrument,
    LogInstrument,
    MetricInstrument,
    ProbeTestInstrument,
)

# Ways to fire that read nothing but what `value` and `tags` name.
_KNOWN_FIRES = {
    function for kind in (LogInstrument, MetricInstrument, ProbeTestInstrument)
    for function in [kind.fire]
}  # fmt: skip
_TIMES = frozenset({"start", "end", "elapsed"})
_COSTLY = frozenset({"now", "args", "kwargs", "frame"})


@dataclass(frozen=True, slots=True)
class Needs:
    """What is to be read when a call begins and ends."""

    # Whether everything is to be read.
    everything: bool
    # Parameters to be read at the begin.
    names: tuple[str, ...]
    times: bool
    hotspots: bool
    # Whether an instrument decides by the inputs of a call whether to fire.
    checks: bool
    finishers: tuple[Instrument, ...]


def needs_of(instruments: Iterable[Instrument], shape: Shape) -> Needs:
    """Tell what some instruments need."""
    instruments = list(instruments)
    everything = times = hotspots = False
    names: set[str] = set()
    for instrument in instruments:
        wanted = names_of(instrument)
        everything = everything or wanted is None or bool(wanted & _COSTLY)
        names |= (wanted or frozenset()) & shape.names
        times = times or wanted is None or bool(wanted & _TIMES)
        hotspots = hotspots or _mentions_hotspots(instrument)
    checks = any(_has_own_check(instrument) for instrument in instruments)
    finishers = tuple(i for i in instruments if type(i).finish is not Instrument.finish)
    return Needs(everything or checks, tuple(names), times, hotspots, checks, finishers)


def names_of(instrument: Instrument) -> frozenset[str] | None:
    """Tell the names an instrument reads; `None` where that cannot be known."""
    if instrument.reads is not None:
        return instrument.reads
    kind = type(instrument)
    is_known = (
        kind.fire in _KNOWN_FIRES
        and kind.evaluate is Instrument.evaluate
        and kind.merge_tags is Instrument.merge_tags
        and not {"fire", "evaluate", "merge_tags"} & instrument.__dict__.keys()
    )
    names = names_in(instrument.value) if is_known else None
    tags = instrument.custom.get("tags")
    if names is None or not tags:
        return names
    tag_names = names_in(tags)
    return None if tag_names is None else names | tag_names


def _mentions_hotspots(instrument: Instrument) -> bool:
    tags = instrument.custom.get("tags") or ""
    return "hotspots" in str(instrument.value) or "hotspots" in str(tags)


def _has_own_check(instrument: Instrument) -> bool:
    from ghostglass.probes.managers import InstrumentManager

    own = getattr(instrument.check_call, "__func__", None) is not Instrument.check_call
    managers = getattr(instrument.mgr.check_call, "__func__", None)
    return own or managers is not InstrumentManager.check_call
