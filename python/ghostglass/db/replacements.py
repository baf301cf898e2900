"""Attributes of modules and classes that are replaced while somebody listens, and put back after.

Replacing is all that happens here: what the replacement does is the adapter's business, and it must
do nothing while nobody listens, because somebody may still hold it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

MISSING: Any = object()


class Replacements:
    """What one adapter replaced."""

    __slots__ = ("_replaced",)

    def __init__(self) -> None:
        """Start with nothing replaced."""
        self._replaced: list[tuple[Any, str, Any, Any]] = []

    def __bool__(self) -> bool:
        """Tell whether anything is replaced."""
        return bool(self._replaced)

    def replace(self, owner: Any, name: str, make: Callable[[Any], Any]) -> bool:
        """Replace an attribute of its owner's own by what `make` makes of it.

        Inherited and missing ones are left alone: the owner of an inherited one is replaced itself.
        """
        original = vars(owner).get(name, MISSING)
        if original is MISSING:
            return False
        replacement = make(original)
        setattr(owner, name, replacement)
        self._replaced.append((owner, name, original, replacement))
        return True

    def restore(self) -> None:
        """Put everything back that nobody else has replaced since."""
        while self._replaced:
            owner, name, original, replacement = self._replaced.pop()
            if vars(owner).get(name) is replacement:
                setattr(owner, name, original)


class BuiltinFunction:
    """Stands for a function written in C: does not bind as a method, and pickles by name."""

    def __init__(self, module: str, original: Any, call: Callable[..., Any]) -> None:
        """Look like `original`, found in `module` by its name, and do what `call` does."""
        self.__wrapped__ = original
        self.__name__ = original.__name__
        self.__qualname__ = original.__qualname__
        self.__module__ = module
        self.__doc__ = original.__doc__
        self._call = call

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the replacement."""
        return self._call(*args, **kwargs)

    def __repr__(self) -> str:
        """As the original."""
        return repr(self.__wrapped__)

    def __reduce__(self) -> str:
        """Pickle by name, as functions do."""
        return str(self.__qualname__)
