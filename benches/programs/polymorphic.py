"""One call site, four receivers and four argument types: caches with one entry miss here."""

from timing import measure

ROUNDS = 4_000
CALLS = ROUNDS * 4


class Shape:
    """Base with the method that is called most."""

    def describe(self, size: object) -> object:
        """Return what was given."""
        return size


class Circle(Shape):
    """First receiver."""


class Square(Shape):
    """Second receiver."""


class Line(Shape):
    """Third receiver."""


class Point(Shape):
    """Fourth receiver."""


PAIRS: list[tuple[Shape, object]] = [(Circle(), 1), (Square(), "two"), (Line(), 3.0), (Point(), ())]


def loop() -> None:
    """Go round all four."""
    for _ in range(ROUNDS):
        for shape, size in PAIRS:
            shape.describe(size)


measure(loop, CALLS)
