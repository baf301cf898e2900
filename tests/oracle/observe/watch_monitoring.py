"""The `sys.monitoring` observer: every call, exception type, return type, yield and caller.

Does not trust its own memory of frames: whether a generator is being started is read from the
instruction it stands at.
"""

import opcode
import sys
import threading

from tally import SUSPENDABLE, kind, type_name

TOOL = 4
RETURN_GENERATOR = opcode.opmap["RETURN_GENERATOR"]
events = sys.monitoring.events


def stands_before_start(frame):
    """A generator nobody started stands at RETURN_GENERATOR; from 3.13 on, behind it."""
    code, at = frame.f_code.co_code, frame.f_lasti
    return RETURN_GENERATOR in (code[at], code[max(at - 2, 0)])


class Watch:
    """The callbacks; each runs directly above the frame it is about."""

    def __init__(self, tally):
        self.tally = tally
        self.never_started = threading.local()

    def start(self, code, offset):
        frame = sys._getframe(1)
        if not self.tally.wants(frame):
            return sys.monitoring.DISABLE
        self.tally.add_start(frame)

    def returned(self, code, offset, value):
        if not self.tally.wants(sys._getframe(1)):
            return sys.monitoring.DISABLE
        self.tally.add_return(sys._getframe(1), value)

    def yielded(self, code, offset, value):
        if not self.tally.wants(sys._getframe(1)):
            return sys.monitoring.DISABLE
        self.tally.add(sys._getframe(1), "yields", type_name(type(value)))

    def thrown(self, code, offset, error):
        """Remembers that the exception enters a generator that was never started: not a call."""
        frame = sys._getframe(1)
        unstarted = self.tally.wants(frame) and stands_before_start(frame)
        self.never_started.code = code if unstarted else None

    def unwound(self, code, offset, error):
        """An exception leaves; `GeneratorExit` that leaves something suspendable is its close."""
        if not self.tally.wants(sys._getframe(1)):
            return
        if getattr(self.never_started, "code", None) is code:
            self.never_started.code = None
            return
        if isinstance(error, GeneratorExit) and kind(code) in SUSPENDABLE.values():
            return
        self.tally.add(sys._getframe(1), "exceptions", type_name(type(error)))


def start(tally):
    """Observes from now on."""
    watch = Watch(tally)
    sys.monitoring.use_tool_id(TOOL, "oracle")
    callbacks = {
        events.PY_START: watch.start,
        events.PY_RETURN: watch.returned,
        events.PY_YIELD: watch.yielded,
        events.PY_THROW: watch.thrown,
        events.PY_UNWIND: watch.unwound,
    }
    for event, callback in callbacks.items():
        sys.monitoring.register_callback(TOOL, event, callback)
    sys.monitoring.set_events(TOOL, sum(callbacks))
