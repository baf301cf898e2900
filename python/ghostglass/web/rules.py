"""Which requests make spans, and who gets them: the part every web adapter shares.

Decides from method and path before any work is done. Knows no framework, and reads nothing of a
request but these two and its trace headers.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ghostglass import _native

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# What a request is called that no route of the program matched: never its path.
UNMATCHED = "<unmatched>"


class Rules:
    """For whom requests are recorded, which are left out, and how many are kept."""

    __slots__ = ("emitter", "framework", "is_excluded", "names_background", "sampler")

    def __init__(
        self,
        emitter: _native.Emitter,
        framework: str,
        *,
        exclude_routes: Iterable[str] = (),
        sample: float | _native.Sampler | None = None,
    ) -> None:
        """Prepare the decision, so that a request costs one call at most."""
        self.emitter = emitter
        self.framework = framework
        self.is_excluded = exclusion(exclude_routes)
        # Until an adapter sees background tasks as such, what follows a response is taken for one.
        self.names_background = True
        if isinstance(sample, (int, float)):
            sample = _native.Sampler(sample)
        elif sample is None and "GHOST_SAMPLE_RATE" in os.environ:
            sample = _native.Sampler()
        self.sampler = sample

    def begin(
        self, method: str, traceparent: str | None = None, tracestate: str | None = None
    ) -> _native.ActiveSpan | None:
        """Begin the span of a request; `None` when nobody listens."""
        span = self.emitter.begin_request(
            method, traceparent=traceparent, tracestate=tracestate, sampler=self.sampler
        )
        if span is not None:
            span.set("framework", self.framework)
        return span


def emitter_of(collector: _native.Collector | None) -> _native.Emitter | None:
    """Give the emitter of a collector; without one that of the run, if there is one."""
    return _native.run_emitter() if collector is None else _native.Emitter(collector)


def exclusion(patterns: Iterable[str]) -> Callable[[str], object] | None:
    """Compile what `exclude_routes` names into one test of a path; `None` when it names nothing.

    A pattern is a prefix (`/static`), a glob (`/internal/*/health`), a template as a framework
    spells it (`/users/{id}`, `/users/<int:id>`), or a regular expression after `re:`.
    """
    import re

    expressions = [_expression(pattern) for pattern in patterns if pattern]
    return re.compile("|".join(expressions)).match if expressions else None


def _expression(pattern: str) -> str:
    """Translate one pattern into a regular expression that is matched at the start of a path."""
    import re

    if pattern.startswith("re:"):
        return f"(?:.*?(?:{pattern[3:]}))"
    parts = re.split(r"(\{[^}]*\}|<[^>]*>|\*\*?|\?)", pattern)
    if len(parts) == 1:
        return re.escape(pattern)
    text = "".join(_wildcard(part) if i % 2 else re.escape(part) for i, part in enumerate(parts))
    return f"(?:{text}$)"


def _wildcard(part: str) -> str:
    """Translate a placeholder or a sign of a glob; only what says so reaches over a slash."""
    if part == "?":
        return "[^/]"
    is_deep = part == "**" or "path" in part.strip("{}<>").split(":")
    return ".*" if is_deep or part == "*" else "[^/]+"
