"""Short generators consumed by a loop: each has a start, three resumptions and an end."""

from collections.abc import Iterator

from timing import measure

GENERATORS = 5_000
STEPS = 3
ACTIVATIONS = GENERATORS * (STEPS + 1)
"""One start and one resumption after each value; a watcher has to see all of them."""


def count_to(steps: int) -> Iterator[int]:
    """Yield some numbers."""
    step = 0
    while step < steps:
        yield step
        step += 1


def loop() -> int:
    """Consume many."""
    total = 0
    for _ in range(GENERATORS):
        for step in count_to(STEPS):
            total += step
    return total


measure(loop, ACTIVATIONS)
