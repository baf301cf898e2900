"""The store of statistics, under the path of the reference: see `ghostglass.stats`."""

from __future__ import annotations

from ghostglass.stats import StatsStore

__all__ = ["StatsStore"]
