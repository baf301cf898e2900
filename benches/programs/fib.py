"""Plain recursion with one integer argument: the shape in which calls are all there is."""

from timing import measure

NUMBER = 20
CALLS = 21_891


def fib(n: int) -> int:
    """Return the `n`-th Fibonacci number the slow way."""
    return n if n < 2 else fib(n - 1) + fib(n - 2)


measure(lambda: fib(NUMBER), CALLS)
