"""The goals of the hot path as data, and each beside what was measured.

Nothing fails here: a figure that is missed is shown as missed. What may fail is the budget of
instructions, which needs no quiet machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from report import Summary


@dataclass(frozen=True)
class Goal:
    """A bound on one figure of some programs; the worst of them counts."""

    title: str
    bound: Callable[[str], float]
    """By release: newer interpreters call faster."""
    programs: tuple[str, ...]
    figure: Callable[[Summary, str], float | None]
    is_minimum: bool


def ours(summary: Summary, program: str) -> float | None:
    """Return our nanoseconds per call."""
    overhead = summary.overhead(program, "ghost")
    return overhead.median if overhead else None


def times_ours(mode: str) -> Callable[[Summary, str], float | None]:
    """Return a figure: the overhead of a mode as a multiple of ours."""
    return lambda summary, program: summary.ratio(program, mode)


def import_percent(summary: Summary, program: str) -> float | None:
    """Return what importing costs more."""
    percent = summary.percent(program, "ghost")
    return percent.median if percent else None


def start_ms(summary: Summary, _: str) -> float | None:
    """Return how much later an empty script ends."""
    plain, with_us = summary.start_ms()
    return with_us.median - plain.median


def by_release(old: float, new: float) -> Callable[[str], float]:
    """Return a bound for 3.12 and 3.13, and another from 3.14."""
    return lambda release: old if release.startswith(("3.12", "3.13")) else new


def always(value: float) -> Callable[[str], float]:
    """Return the same bound for all."""
    return lambda _: value


SIMPLE = ("fib", "method")
CLASSIC = ("richards", "deltablue")
SPECIAL = ("generators", "keywords", "exceptions")

GOALS = (
    Goal("ns per call, fib and method, ≤ 42 (3.14: 36)", by_release(42, 36), SIMPLE, ours, is_minimum=False),
    Goal(
        "ns per call, richards and deltablue, ≤ 52 (3.14: 42)",
        by_release(52, 42),
        CLASSIC,
        ours,
        is_minimum=False,
    ),
    Goal(
        "cProfile ÷ ours, fib and method, ≥ 2.6", always(2.6), SIMPLE, times_ours("cProfile"), is_minimum=True
    ),
    Goal(
        "cProfile ÷ ours, richards and deltablue, ≥ 3.6",
        always(3.6),
        CLASSIC,
        times_ours("cProfile"),
        is_minimum=True,
    ),
    Goal(
        "cProfile ÷ ours, generators, keywords, exceptions, ≥ 2.0",
        always(2.0),
        SPECIAL,
        times_ours("cProfile"),
        is_minimum=True,
    ),
    Goal(
        "viztracer ÷ ours, all of these, ≥ 1.4",
        always(1.4),
        SIMPLE + CLASSIC + SPECIAL,
        times_ours("viztracer"),
        is_minimum=True,
    ),
    Goal(
        "ghost-observer ÷ ours, fib and method, ≥ 100",
        always(100),
        SIMPLE,
        times_ours("ghost-observer"),
        is_minimum=True,
    ),
    Goal("out of scope, ns per call, ≤ 2", always(2), ("out_of_scope",), ours, is_minimum=False),
    Goal("importing 28 modules, per cent, ≤ 5", always(5), ("imports",), import_percent, is_minimum=False),
    Goal("empty script, ms, ≤ 40", always(40), ("empty",), start_ms, is_minimum=False),
)


def goal_rows(summaries: list[Summary]) -> list[list[str]]:
    """Write one row per goal: every figure, with a cross where it is missed."""
    return [[goal.title, *(figures(goal, summary) for summary in summaries)] for goal in GOALS]


def figures(goal: Goal, summary: Summary) -> str:
    """Write the figures of one goal for one release, in the order of its programs."""
    return ", ".join(figure(goal, summary, program) for program in goal.programs)


def figure(goal: Goal, summary: Summary, program: str) -> str:
    """Write one figure."""
    value = goal.figure(summary, program)
    if value is None:
        return "\N{EN DASH}"
    bound = goal.bound(summary.release)
    is_met = value >= bound if goal.is_minimum else value <= bound
    digits = 1 if abs(value) < 100 else 0
    return f"{value:.{digits}f}" + ("" if is_met else " ✗")
