"""A function that raises, one that passes the exception on, and a caller that handles it."""

from timing import measure

ROUNDS = 7_000
CALLS = ROUNDS * 2


class RefusedError(Exception):
    """What is raised."""


def refuse(number: int) -> int:
    """Raise, whatever the number."""
    raise RefusedError(number)


def forward(number: int) -> int:
    """Let it through."""
    return refuse(number) + 1


def loop() -> int:
    """Handle every one."""
    handled = 0
    for number in range(ROUNDS):
        try:
            forward(number)
        except RefusedError:
            handled += 1
    return handled


measure(loop, CALLS)
