"""Which hooks each code object has: the one place that tells the extension.

Keeps hooks of several probes on one code object in the order they came. Knows no instruments.
"""

from __future__ import annotations

import os
import threading
from types import CodeType

from ghostglass import _native
from ghostglass._native import ProbeHook

# Guards everything that changes probes. Handlers of events take it only if it is free.
lock = threading.RLock()

# By address, for code objects are equal when their bytes are.
_sites: dict[int, tuple[CodeType, list[ProbeHook]]] = {}


def exchange(code: CodeType, old: ProbeHook | None, new: ProbeHook | None) -> None:
    """Replace a hook of a code object by another; `None` for none."""
    with lock:
        _, hooks = _sites.get(id(code), (code, []))
        kept = [hook for hook in hooks if hook is not old]
        if new is not None:
            kept.append(new)
        _native.watch_code(code, kept)
        if kept:
            _sites[id(code)] = (code, kept)
        else:
            _sites.pop(id(code), None)


def _begin_child() -> None:
    """Make the lock anew: another thread of the parent may have held it."""
    global lock  # noqa: PLW0603 - the one lock there is
    lock = threading.RLock()


os.register_at_fork(after_in_child=_begin_child)
