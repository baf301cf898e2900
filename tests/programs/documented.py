"""Doctests, one of which fails.

>>> double(4)
8
>>> double("ab")
'abba'
"""

import doctest
import sys


def double(value):
    """Twice the value.

    >>> double([1])
    [1, 1]
    >>> double(None)
    Traceback (most recent call last):
    ...
    TypeError: unsupported operand type(s) for *: 'NoneType' and 'int'
    """
    return value * 2


sys.exit(doctest.testmod().failed)
