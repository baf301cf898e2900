"""How often instruments may fire: each of them, and all together. Counts what it refuses."""

from __future__ import annotations

import time

# All instruments with a rate together; more would be felt by the program.
HITS_PER_SECOND_MAX = 20_000


class Rate:
    """So many hits per second, counted anew each second."""

    __slots__ = ("_hits", "_hits_max", "_second")

    def __init__(self, hits_max: int) -> None:
        """Allow `hits_max` hits in each second."""
        self._hits_max = hits_max
        self._second = 0
        self._hits = 0

    def admits(self) -> bool:
        """Count a hit; tell whether there is room for it."""
        second = int(time.monotonic())
        if second != self._second:
            self._second = second
            self._hits = 0
        self._hits += 1
        return self._hits <= self._hits_max


TOTAL = Rate(HITS_PER_SECOND_MAX)
