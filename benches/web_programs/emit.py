"""`emit.py SUBJECT`: nanoseconds to emit one event, and events per second over seconds on end.

Prints one JSON object. The empty loop is the driver's to subtract: it measures the subject `plain`.
"""

import json
import sys
import time
from collections.abc import Callable

from subjects import emitter_of

EVENTS, ROUNDS, SECONDS = 20_000, 15, 2.0


def burst_ns(emit: Callable[[str, int], object]) -> float:
    """Return nanoseconds per event in the best of many bursts."""
    best = float("inf")
    for _ in range(ROUNDS):
        begin = time.perf_counter_ns()
        for _ in range(EVENTS):
            emit("app.work", 1000)
        best = min(best, (time.perf_counter_ns() - begin) / EVENTS)
        time.sleep(0.02)
    return best


def sustained_per_second(emit: Callable[[str, int], object]) -> float:
    """Return events per second while nothing pauses: what cannot be kept is dropped and counted."""
    begin, events = time.perf_counter(), 0
    while (took := time.perf_counter() - begin) < SECONDS:
        for _ in range(EVENTS):
            emit("app.work", 1000)
        events += EVENTS
    return events / took


def main() -> None:
    """Measure both."""
    emit = emitter_of(sys.argv[1])
    burst_ns(emit)
    print(json.dumps({"emit_ns": burst_ns(emit), "per_second": sustained_per_second(emit)}))


if __name__ == "__main__":
    main()
