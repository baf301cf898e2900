"""Whether an output can take a line without making the program wait. Writes nothing."""

from __future__ import annotations

import os
import select
import stat
from typing import Any

# Outputs that were asked, by address, which is not another's while they are kept; forgotten all at
# once.
_POLLS: dict[int, tuple[object, select.poll | None]] = {}
_POLLS_MAX = 64


def is_ready(out: Any) -> bool:  # noqa: ANN401 - anything with `write`
    """Tell whether writing a line to `out` will not block. What is no descriptor is believed."""
    known = _POLLS.get(id(out))
    if known is None or known[0] is not out:
        if len(_POLLS) >= _POLLS_MAX:
            _POLLS.clear()
        known = _POLLS[id(out)] = (out, _poll_of(out))
    poll = known[1]
    return poll is None or bool(poll.poll(0))


def _poll_of(out: Any) -> select.poll | None:  # noqa: ANN401 - anything with `write`
    try:
        descriptor = out.fileno()
        mode = os.fstat(descriptor).st_mode
    except Exception:
        return None
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or stat.S_ISCHR(mode)):
        return None
    poll = select.poll()
    # A broken pipe counts as ready: writing says so at once.
    poll.register(descriptor, select.POLLOUT)
    return poll
