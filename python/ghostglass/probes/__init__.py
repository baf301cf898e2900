"""Live probes: look into a running program, and leave no trace.

    p = probes.attach_to("app.orders.place")
    p.instruments["items"] = probes.LogInstrument("items", "len(items)", event="call")
    p.start()

Nothing is patched and nothing else becomes slower: probes are events of the interpreter for the
code of their target. `docs/probes.md` tells more.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ghostglass.probes import breakpoints, instruments, managers, metrics
from ghostglass.probes.breakpoints import Breakpoint, do
from ghostglass.probes.function_probe import (
    FunctionProbe,
    active_probes,
    attach_to,
    start_all,
)
from ghostglass.probes.hotspots import CallTime, HotspotsFinder
from ghostglass.probes.instruments import (
    HistogramInstrument,
    IncrementInstrument,
    Instrument,
    LogInstrument,
    ProbeTestInstrument,
    SafeLogInstrument,
)
from ghostglass.probes.managers import InstrumentManager
from ghostglass.probes.mongodb import MongoDBInstrumentManager
from ghostglass.probes.spec_file import FileInstrumentManager, SpecFileError
from ghostglass.probes.targets import TargetError

if TYPE_CHECKING:
    from ghostglass.probes.http_store import HTTPInstrumentManager

__all__ = [
    "Breakpoint",
    "CallTime",
    "FileInstrumentManager",
    "FunctionProbe",
    "HTTPInstrumentManager",
    "HistogramInstrument",
    "HotspotsFinder",
    "IncrementInstrument",
    "Instrument",
    "InstrumentManager",
    "LogInstrument",
    "MongoDBInstrumentManager",
    "ProbeTestInstrument",
    "SafeLogInstrument",
    "SpecFileError",
    "TargetError",
    "active_probes",
    "attach_to",
    "breakpoints",
    "do",
    "instruments",
    "manager",
    "managers",
    "metrics",
    "sensor",
    "start_all",
]

# One per process is what most programs want. Refer to it as `probes.manager`, for somebody may have
# put another in its place.
manager = InstrumentManager()


def __getattr__(name: str) -> object:
    """Load what few programs need when it is first used: HTTP is a lot of modules."""
    if name == "HTTPInstrumentManager":
        from ghostglass.probes.http_store import HTTPInstrumentManager

        return HTTPInstrumentManager
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)


@contextmanager
def sensor(
    target: str,
    value: str = "result",
    name: str = "test_instrument",
    event: str = "return",
    mgr: InstrumentManager | None = None,
) -> Iterator[ProbeTestInstrument]:
    """Attach a ProbeTestInstrument to a target for the time of a block."""
    probe = attach_to(target)
    instrument = ProbeTestInstrument(name, value, event, expires=None, mgr=mgr)
    probe.instruments[name] = instrument
    try:
        probe.start()
        yield instrument
    finally:
        probe.instruments.pop(name, None)
        if not probe.instruments:
            active_probes.pop(target, None)
            probe.stop()
