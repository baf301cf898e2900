"""The emitter, under the path of the reference. All of it is in the extension."""

from __future__ import annotations

from ghostglass._native import Emitter

__all__ = ["Emitter"]
