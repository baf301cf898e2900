"""The text of a random program while it grows, and what can be called in it.

Every function counts its own activations in `HITS`, keyed by its first line, with C code only: that
is a third truth beside the two observers. Costs are upper bounds on activations, so that no program
runs away.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

LITERALS = (
    "1", "-5", "2.5", "'text'", "b'x'", "None", "True", "[]", "[1, 2]", "{}", "{'k': 1}", "(1,)",
    "set()", "frozenset()", "1j", "range(3)", "object()", "len", "int", "...", "iter([])",
    "Item()", "Item", "Thing()", "Thing().method", "Number(3)", "Oops('no')", "bytearray(b'y')",
)  # fmt: skip

# What a program needs before its first unit; `HITS[line]` advances without a Python frame.
PRELUDE = """\
import abc, atexit, bisect, dataclasses, enum, json, operator, re, types, weakref
import asyncio
import collections
import concurrent.futures
import contextlib
import contextvars
import functools
import itertools
import threading

HITS = collections.defaultdict(itertools.count)


class Item:
    pass


class Thing:
    def method(self):
        next(HITS[19])


class Number(int):
    pass


class Oops(Exception):
    pass


class WorseOops(Oops, ValueError):
    pass

"""


@dataclass(frozen=True)
class Unit:
    """Something a sync function can call: `call("i")` is an expression."""

    call: Callable[[str], str]
    cost: int
    may_raise: bool = False
    runs_a_loop: bool = False


@dataclass(frozen=True)
class Limits:
    """What a body may do: how many activations it may cause, and whether a loop is running."""

    budget: int
    in_coroutine: bool = False


@dataclass
class Source:
    """Lines so far, units so far, and the dice."""

    rng: random.Random
    lines: list[str] = field(default_factory=PRELUDE.splitlines)
    units: list[Unit] = field(default_factory=list)
    names: int = 0

    def add(self, depth: int, text: str) -> int:
        """Appends one line and returns its number."""
        self.lines.append("    " * depth + text)
        return len(self.lines)

    def open(self, depth: int, header: str, decorators: tuple[str, ...] = ()) -> None:
        """Opens a function: its decorators, its header, and the line that counts it."""
        first = len(self.lines) + 1
        for decorator in decorators:
            self.add(depth, decorator)
        self.add(depth, header)
        self.add(depth + 1, hit(first))

    def gap(self) -> None:
        """Two blank lines between definitions."""
        self.lines += ["", ""]

    def name(self, stem: str) -> str:
        """A name used nowhere else in the program."""
        self.names += 1
        return f"{stem}_{self.names}"

    def literal(self) -> str:
        """An argument of some type."""
        return self.rng.choice(LITERALS)

    def chance(self, probability: float) -> bool:
        """Whether something with this probability happens."""
        return self.rng.random() < probability

    def callee(self, limits: Limits) -> Unit | None:
        """A unit that fits the limits, later ones preferred so that call chains grow deep."""
        fitting = [
            unit
            for unit in self.units
            if unit.cost <= limits.budget and not (limits.in_coroutine and unit.runs_a_loop)
        ]
        if not fitting:
            return None
        weights = range(1, len(fitting) + 1)
        return self.rng.choices(fitting, weights=weights)[0]

    def text(self) -> str:
        """The program as written."""
        return "\n".join(self.lines) + "\n"


def hit(line: int) -> str:
    """The statement, or expression, that counts an activation of the function at this line."""
    return f"next(HITS[{line}])"
