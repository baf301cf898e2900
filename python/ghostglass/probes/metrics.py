"""Numbers that instruments add up in this process: counters and histograms, by name and tags.

Bounded: what finds no room is counted in `refused`. Sends nothing anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

# Series of both kinds together: tags can have any number of values.
SERIES_MAX = 2_000

counters: dict[tuple[str, tuple[str, ...]], float] = {}


@dataclass(slots=True)
class Histogram:
    """What was observed, summed up."""

    count: int = 0
    total: float = 0.0
    minimum: float = float("inf")
    maximum: float = float("-inf")


histograms: dict[tuple[str, tuple[str, ...]], Histogram] = {}
refused = 0


def increment(name: str, value: float, tags: list[str]) -> None:
    """Add to a counter."""
    key = (name, tuple(tags))
    if key in counters or _has_room():
        counters[key] = counters.get(key, 0) + value


def observe(name: str, value: float, tags: list[str]) -> None:
    """Add to a histogram."""
    key = (name, tuple(tags))
    found = histograms.get(key)
    if found is None:
        if not _has_room():
            return
        found = histograms[key] = Histogram()
    found.count += 1
    found.total += value
    found.minimum = min(found.minimum, value)
    found.maximum = max(found.maximum, value)


def _has_room() -> bool:
    global refused  # noqa: PLW0603 - one count for the process
    if len(counters) + len(histograms) < SERIES_MAX:
        return True
    refused += 1
    return False
