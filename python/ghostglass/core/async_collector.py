"""The collector, under the name of the reference. All of it is in the extension."""

from __future__ import annotations

from ghostglass._native import Collector

__all__ = ["AsyncCollector"]

AsyncCollector = Collector
