"""Who hears of the queries of one driver: none, one emitter, or several.

Several hear of the same span: an explicit adapter inside a program that `ghost run` instruments
already. What a query is, the adapters know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from ghostglass._native import ActiveSpan, Emitter

    type Begin = Callable[..., ActiveSpan | None]


def _nobody(*_args: object, **_known: object) -> None:
    """Begin nothing: what is called while nobody listens."""


class Listeners:
    """The emitters of one driver; `begin_query` is that of the only one where there is one."""

    __slots__ = ("_others", "begin_query", "emitters")

    def __init__(self, *emitters: Emitter, others: Listeners | None = None) -> None:
        """Start with nobody, or with some; `others` hear of the same spans."""
        self._others = others
        self._listen(emitters)

    def add(self, emitter: Emitter) -> bool:
        """Add an emitter; tell whether it is the first, so that the driver must be patched."""
        if emitter in self.emitters:
            return False
        self._listen((*self.emitters, emitter))
        return len(self.emitters) == 1

    def remove(self, emitter: Emitter | None) -> bool:
        """Remove an emitter, or all; tell whether nobody is left."""
        left = () if emitter is None else tuple(e for e in self.emitters if e is not emitter)
        self._listen(left)
        return not left

    def _listen(self, emitters: tuple[Emitter, ...]) -> None:
        self.emitters = emitters
        self.begin_query: Begin
        if self._others is not None:
            self.begin_query = self._begin_for_all
        elif not emitters:
            self.begin_query = _nobody
        elif len(emitters) == 1:
            self.begin_query = emitters[0].begin_query
        else:
            self.begin_query = self._begin_for_all

    def _begin_for_all(self, *args: Any, **known: Any) -> ActiveSpan | None:
        span = None
        others = () if self._others is None else self._others.emitters
        for emitter in (*self.emitters, *others):
            if span is not None:
                span.add_emitter(emitter)
            else:
                span = emitter.begin_query(*args, **known)
        return span
