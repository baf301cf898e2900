"""Ghostglass: what a Python program really did, function by function.

The command `ghost run app.py` needs nothing from here. Importing this package is meant to cost
next to nothing, because every observed process does it: names load when they are first used.
"""

__all__ = ["__version__"]

__version__: str


def __getattr__(name: str) -> str:
    """Load the version from the extension at its first use."""
    if name != "__version__":
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from ghostglass import _native

    return _native.__version__


def __dir__() -> list[str]:
    """List what can be loaded too."""
    return sorted({*globals(), *__all__})
