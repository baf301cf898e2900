"""Calls with keyword arguments, defaults and keyword-only parameters."""

from timing import measure

CALLS = 20_000


def area(width: int, height: int = 2, *, scale: float = 1.0, unit: str = "m") -> float:
    """Use every parameter once."""
    return width * height * scale if unit else 0.0


def loop() -> None:
    """Call it in two ways."""
    for width in range(CALLS // 2):
        area(width, height=3, scale=2.0)
        area(width=width, unit="ft")


measure(loop, CALLS)
