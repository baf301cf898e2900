"""The `sys.setprofile` observer: calls, return types, callers, and exceptions without their types.

It cannot know the type of an exception, and of a suspendable function not even whether a `return`
event at a `yield` is a suspension or an exception thrown in: it writes exceptions of plain functions
only, all as `?`, and no yields.
"""

import opcode
import sys
import threading

from tally import SUSPENDABLE, kind

RESUME = opcode.opmap["RESUME"]
RETURNS = {opcode.opmap[name] for name in ("RETURN_VALUE", "RETURN_CONST") if name in opcode.opmap}


def is_first_start(frame):
    """`RESUME` with a 0 in its low bits is the start of a function, else it follows a yield."""
    code = frame.f_code.co_code
    at = frame.f_lasti
    return code[at] == RESUME and code[at + 1] & 3 == 0


def start(tally):
    """Observes this thread and those of `threading` from now on."""

    def profile(frame, event, value):
        code = frame.f_code
        if event not in ("call", "return") or not tally.wants(frame):
            return
        if event == "call":
            if is_first_start(frame):
                tally.add_start(frame)
            return
        instruction = code.co_code[frame.f_lasti]
        if instruction in RETURNS:
            tally.add_return(frame, value)
        elif kind(code) not in SUSPENDABLE.values():
            tally.add(frame, "exceptions", "?")

    threading.setprofile(profile)
    sys.setprofile(profile)
