"""The decorator, under the path of the reference: see `ghostglass.profiling`."""

from __future__ import annotations

from ghostglass.profiling import profile_function

__all__ = ["profile_function"]
