"""A loop that calls a small method of one object, as most object-oriented code does."""

from timing import measure

CALLS = 20_000


class Counter:
    """Something with a little state."""

    def __init__(self) -> None:
        """Start at nothing."""
        self.total = 0

    def add(self, amount: int) -> int:
        """Add and return the new total."""
        self.total += amount
        return self.total


def loop() -> None:
    """Call it often."""
    counter = Counter()
    for amount in range(CALLS):
        counter.add(amount)


measure(loop, CALLS)
