"""Calls of fib as often as an argument says, and nothing else: two lengths differ by the calls only.

For counting instructions, where the clock of `timing.py` would be in the way.
"""

import sys


def fib(n: int) -> int:
    """Return the `n`-th Fibonacci number the slow way."""
    return n if n < 2 else fib(n - 1) + fib(n - 2)


fib(int(sys.argv[1]))
