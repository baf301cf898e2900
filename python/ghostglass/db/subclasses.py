"""Classes that stand between a class of the program and the one in C it inherits from.

Where connections and cursors are written in C and can be inherited from, our methods are there: the
program's run first, as always, and ours are what they reach by `super()`.
"""

from __future__ import annotations

import functools
from typing import Any

# More classes than these in one program are generated ones; ours are made again for them.
CLASSES_MAX = 128


def seeing_class(factory: Any, base: Any, seeing: type) -> Any:
    """Give the class to make instead; the factory itself where it is none we may inherit from."""
    if factory is base:
        return seeing
    if type(factory) is not type or not issubclass(factory, base) or issubclass(factory, seeing):
        return factory
    known: Any = factory
    return _between(known, seeing)


@functools.lru_cache(maxsize=CLASSES_MAX)
def _between(factory: Any, seeing: Any) -> Any:
    if any("__init_subclass__" in vars(parent) for parent in factory.__mro__[:-1]):
        # Classes are counted, registered or refused there.
        return factory
    names = ("__module__", "__qualname__", "__doc__")
    own = {name: getattr(factory, name) for name in names}
    return type(factory.__name__, (factory, seeing), own | {"__slots__": ()})
