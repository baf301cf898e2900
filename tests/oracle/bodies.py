"""Random bodies: calls in loops, conditions, comprehensions and callbacks; exceptions on their way.

A body is a list of steps; each knows what it costs. The parameter `n` is an integer in every
function and the only thing control flow depends on, so that threads cannot change any count.
"""

from __future__ import annotations

from dataclasses import dataclass

from .source import Limits, Source, Unit, hit

EXCEPTIONS = (
    "ValueError",
    "KeyError",
    "Oops",
    "WorseOops",
    "OSError",
    "StopIteration",
    "SystemExit",
)
ACCIDENTS = (
    "1 // 0",
    "None.nothing",
    "len(5)",
    "{}['absent']",
    "[][1]",
    "int('x')",
    "next(iter(()))",
)


@dataclass
class Outcome:
    """What a written body does: an upper bound on activations, and how it may end."""

    cost: int = 0
    may_raise: bool = False
    runs_a_loop: bool = False

    def adopt(self, unit: Unit, times: int, swallowed: bool) -> None:
        """Accounts for calling a unit."""
        self.cost += unit.cost * times + 1
        self.may_raise |= unit.may_raise and not swallowed
        self.runs_a_loop |= unit.runs_a_loop


def write_body(source: Source, depth: int, limits: Limits, returns: bool = True) -> Outcome:
    """Writes one to three steps and an ending."""
    outcome = Outcome()
    for _ in range(source.rng.randint(1, 3)):
        remaining = Limits(limits.budget - outcome.cost, limits.in_coroutine)
        write_step(source, depth, remaining, outcome)
    write_ending(source, depth, outcome, returns)
    return outcome


def write_step(source: Source, depth: int, limits: Limits, outcome: Outcome) -> None:
    """Writes one step that calls a unit; without a fitting unit, a step that calls nothing."""
    times = source.rng.randint(1, 3)
    unit = source.callee(Limits(limits.budget // times - 1, limits.in_coroutine))
    if unit is None:
        source.add(depth, "n = int(n) + 1")
        return
    swallowed = unit.may_raise and source.chance(0.7)
    outcome.adopt(unit, times, swallowed)
    if swallowed:
        depth = write_guard(source, depth)
    step = source.rng.choice(STEPS)
    step(source, depth, unit, times)
    if swallowed:
        write_handler(source, depth - 1)


def write_guard(source: Source, depth: int) -> int:
    """Opens a `try` or a `with suppress`, and returns the depth inside it."""
    suppress = source.chance(0.2)
    opening = "with contextlib.suppress(Exception, SystemExit):" if suppress else "try:"
    source.add(depth, opening)
    return depth + 1


def write_handler(source: Source, depth: int) -> None:
    """Closes what `write_guard` opened."""
    opening = next(line for line in reversed(source.lines) if is_guard(line, depth))
    if "suppress" in opening:
        return
    style = source.rng.choice(("plain", "named", "reraised", "finally"))
    if style == "reraised":
        source.add(depth, "except Oops:")
        source.add(depth + 1, "try:")
        source.add(depth + 2, "raise")
        source.add(depth + 1, "except Oops as error:")
        source.add(depth + 2, "str(error)")
    source.add(
        depth,
        "except (Exception, SystemExit) as error:"
        if style == "named"
        else "except (Exception, SystemExit):",
    )
    source.add(depth + 1, "n = int(n)")
    if style == "finally":
        source.add(depth, "finally:")
        source.add(depth + 1, "n = int(n)")


def is_guard(line: str, depth: int) -> bool:
    """Whether this line opens a guard at this depth."""
    indent = "    " * depth
    return line == indent + "try:" or line.startswith(indent + "with contextlib.suppress")


def in_loop(source: Source, depth: int, unit: Unit, times: int) -> None:
    source.add(depth, f"for i in range({times}):")
    source.add(depth + 1, unit.call("n + i"))


def in_condition(source: Source, depth: int, unit: Unit, times: int) -> None:
    source.add(depth, f"if n % {times + 1}:")
    source.add(depth + 1, unit.call("n"))
    source.add(depth, "else:")
    source.add(depth + 1, unit.call("n + 1"))


def in_comprehension(source: Source, depth: int, unit: Unit, times: int) -> None:
    brackets = source.rng.choice(("[{}]", "{{{} is None}}", "{{i: {}}}"))
    call = unit.call("n + i")
    element = brackets.format(call)
    source.add(depth, f"{element[:-1]} for i in range({times}){element[-1]}")


def in_generator_expression(source: Source, depth: int, unit: Unit, times: int) -> None:
    source.add(depth, f"list({unit.call('n + i')} for i in range({times}))")


def in_callback(source: Source, depth: int, unit: Unit, times: int) -> None:
    source.add(depth, "list(map(")
    line = len(source.lines) + 1
    source.add(depth + 1, f"lambda i: ({hit(line)}, {unit.call('n + i')})[1],")
    source.add(depth + 1, f"range({times}),")
    source.add(depth, "))")


def in_partial(source: Source, depth: int, unit: Unit, times: int) -> None:
    source.add(depth, "late = functools.partial(")
    line = len(source.lines) + 1
    source.add(depth + 1, f"lambda i, *rest, **named: ({hit(line)}, {unit.call('n + i')})[1],")
    source.add(depth + 1, f"1, {source.literal()}, last={source.literal()},")
    source.add(depth, ")")
    source.add(depth, f"for i in range({times}):")
    source.add(depth + 1, "late()")


def in_external_code(source: Source, depth: int, unit: Unit, times: int) -> None:
    """Called back from the standard library: the caller is out of scope."""
    source.add(depth, "with contextlib.ExitStack() as stack:")
    source.add(depth + 1, f"for i in range({times}):")
    source.add(depth + 2, "stack.callback(")
    line = len(source.lines) + 1
    source.add(depth + 3, f"lambda i=i: ({hit(line)}, {unit.call('n + i')})[1]")
    source.add(depth + 2, ")")


STEPS = (
    in_loop,
    in_loop,
    in_condition,
    in_comprehension,
    in_generator_expression,
    in_callback,
    in_partial,
    in_external_code,
)


def write_ending(source: Source, depth: int, outcome: Outcome, returns: bool) -> None:
    """Writes how the body ends: an exception for some `n`, a value, or nothing."""
    if source.chance(0.35):
        modulus = source.rng.randint(2, 4)
        source.add(depth, f"if n % {modulus} == {source.rng.randrange(modulus)}:")
        write_raise(source, depth + 1)
        outcome.may_raise = True
    if not returns:
        return
    if source.chance(0.2):
        source.add(depth, f"return {source.literal()} if n % 2 else {source.literal()}")
    elif source.chance(0.8):
        source.add(depth, f"return {source.literal()}")


def write_raise(source: Source, depth: int) -> None:
    """Writes an exception: raised, an accident, chained, or changed in a `finally`."""
    style = source.rng.randrange(4)
    if style == 0:
        source.add(depth, source.rng.choice(ACCIDENTS))
    elif style == 1:
        source.add(depth, "try:")
        source.add(depth + 1, source.rng.choice(ACCIDENTS))
        source.add(depth, "except (Exception, SystemExit) as error:")
        source.add(depth + 1, f"raise {source.rng.choice(EXCEPTIONS)}(str(error)) from error")
    elif style == 2:
        source.add(depth, "try:")
        source.add(depth + 1, f"raise {source.rng.choice(EXCEPTIONS)}")
        source.add(depth, "finally:")
        source.add(depth + 1, "n = int(n) + 1")
    else:
        source.add(depth, f"raise {source.rng.choice(EXCEPTIONS)}('number', n)")
