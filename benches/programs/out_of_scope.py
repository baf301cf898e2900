"""Calls of a function that is not the project's: a pure Python function of the standard library."""

from colorsys import rgb_to_yiq

from timing import measure

CALLS = 20_000


def loop() -> None:
    """Stay in one observed function and call an unobserved one."""
    for _ in range(CALLS):
        rgb_to_yiq(0.1, 0.2, 0.3)


measure(loop, CALLS)
