"""The stopwatch of every benchmark program: prints one number, the nanoseconds of CPU time per operation.

CPU time of the whole process, all threads: other jobs on the machine then cost accuracy, not truth.
Knows nothing of the tool that may be watching, and runs a handful of calls of its own per process.
With `--count` the number is another one: calls of functions of this folder per operation.
"""

import gc
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

SECONDS = float(os.environ.get("GHOST_BENCH_SECONDS", "0.1"))
"""How long a body is repeated: long enough to meet a quiet moment, short enough for many processes."""

REPEATS_MIN = 3
"""The first repeat warms caches up; the minimum of two more is the least that can be called one."""


def measure(body: Callable[[], object], operations: int) -> None:
    """Repeat `body`, which does `operations` operations, and print the cheapest repeat's share."""
    if "--count" in sys.argv:
        print(count_calls(body) / operations)
        return
    # A collection that happens to fall into one repeat is not the cost of the operation.
    gc.collect()
    gc.disable()
    repeats: list[int] = []
    end = time.process_time_ns() + int(SECONDS * 1e9)
    while len(repeats) < REPEATS_MIN or time.process_time_ns() < end:
        begin = time.process_time_ns()
        body()
        repeats.append(time.process_time_ns() - begin)
    print(min(repeats) / operations, flush=True)


def count_calls(body: Callable[[], object]) -> int:
    """Count activations and resumptions of functions of this folder while `body` runs."""
    here = str(Path(__file__).parent)
    calls = 0

    def hook(frame: FrameType, event: str, _: object) -> None:
        nonlocal calls
        if event == "call" and frame.f_code.co_filename.startswith(here):
            calls += 1

    body()
    sys.setprofile(hook)
    body()
    sys.setprofile(None)
    return calls


def measure_once(body: Callable[[], object]) -> None:
    """Time a body that does something only the first time, as an import does."""
    if "--count" in sys.argv:
        print(0)
        return
    begin = time.process_time_ns()
    body()
    print(time.process_time_ns() - begin, flush=True)
