"""Shapes written as text: a template becomes a unit of the program, its functions counting themselves.

In a template `$name` is a name used nowhere else, `BODY` a random body, `STEPS` one that does not
return, `LIT` a random value, and `HIT` the expression that counts a lambda on the same line. Each `def`
stands on one line and is counted there.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

from .bodies import Outcome, write_body
from .source import Limits, Source, Unit, hit
from .sync_shapes import as_unit

Shape = Callable[[Source, Limits], Unit]
DEFINITION = re.compile(r"(async )?def ")


@dataclass(frozen=True)
class Template:
    """A shape as text, and what calling it does."""

    text: str
    call: str
    # How often its bodies run at most, and how many other activations a call causes.
    times: int = 1
    others: int = 8
    # Nothing its bodies raise comes out.
    swallows: bool = False
    # It calls `asyncio.run`, so no coroutine may call it.
    runs_a_loop: bool = False
    # Its bodies run where they may not call `asyncio.run`.
    in_coroutine: bool = False


def as_shape(template: Template) -> Shape:
    """The function that writes the template and gives back its unit."""

    def shape(source: Source, limits: Limits) -> Unit:
        budget = max(limits.budget // template.times - template.others, 0)
        inside = Limits(budget, limits.in_coroutine or template.in_coroutine)
        names: dict[str, str] = {}
        outcome = write_template(source, template.text, inside, names)
        outcome.cost *= template.times
        outcome.may_raise &= not template.swallows
        outcome.runs_a_loop |= template.runs_a_loop
        return as_unit(outcome, with_names(source, template.call, names), template.others)

    return shape


def write_template(source: Source, text: str, limits: Limits, names: dict[str, str]) -> Outcome:
    """Writes the lines; gives what all bodies together do in one run of each."""
    outcome = Outcome()
    first = 0
    for line in textwrap.dedent(text).strip("\n").splitlines():
        words = line.strip()
        depth = (len(line) - len(line.lstrip())) // 4
        if words in ("BODY", "STEPS"):
            written = write_body(source, depth, limits, returns=words == "BODY")
            outcome.cost += written.cost
            outcome.may_raise |= written.may_raise
            outcome.runs_a_loop |= written.runs_a_loop
            continue
        number = len(source.lines) + 1
        words = with_names(source, re.sub(r"\bHIT\b", hit(number), words), names)
        source.add(depth, re.sub(r"\bLIT\b", lambda _: source.literal(), words))
        if words.startswith("@"):
            first = first or number
        elif words.startswith("class "):
            first = 0
        elif DEFINITION.match(words):
            source.add(depth + 1, hit(first or number))
            first = 0
    return outcome


def with_names(source: Source, text: str, names: dict[str, str]) -> str:
    """The text with `$name` replaced, always by the same name."""

    def name(match: re.Match[str]) -> str:
        stem = match.group(1)
        if stem not in names:
            names[stem] = source.name(stem)
        return names[stem]

    return re.sub(r"\$(\w+)", name, text)
