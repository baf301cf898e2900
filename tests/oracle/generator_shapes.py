"""Shapes of generators, each consumed in one of the ways a generator can end."""

from __future__ import annotations

from .bodies import Outcome, write_body
from .source import Limits, Source, Unit
from .sync_shapes import as_unit


def write_generator(source: Source, limits: Limits, delegate: str | None) -> tuple[str, int, bool]:
    """Writes a generator function; gives its name, cost and whether a loop may run in it."""
    name = source.name("generator")
    source.open(0, f"def {name}(n, other={source.literal()}):")
    guarded = source.chance(0.6)
    depth = 2 if guarded else 1
    if guarded:
        source.add(1, "try:")
    source.add(depth, f"received = yield {source.literal()}")
    if delegate:
        source.add(depth, f"received = yield from {delegate}(n + 1)")
    outcome = write_body(source, depth, limits, returns=False)
    source.add(depth, f"yield {source.literal()}")
    source.add(depth, f"yield {source.literal()}")
    if guarded:
        write_generator_handler(source)
    source.add(1, f"return {source.literal()}")
    return name, outcome.cost + 1, outcome.runs_a_loop


def write_generator_handler(source: Source) -> None:
    """How the generator treats what is thrown into it."""
    style = source.rng.choice(("swallow", "finally", "yields", "translate"))
    if style == "finally":
        source.add(1, "finally:")
        source.add(2, "received = None")
        return
    source.add(1, "except (Oops, ValueError) as error:")
    source.add(
        2,
        {"swallow": "received = error", "yields": "yield 'after'"}.get(
            style, "raise KeyError from error"
        ),
    )


WAYS = (
    ("list(g)",),
    ("for item in g:", "    break", "g.close()"),
    ("next(g)", "del g"),
    ("del g",),
    ("g.close()",),
    ("next(g)", "g.throw(Oops('thrown'))"),
    ("next(g)", "g.throw(OSError)"),
    ("g.throw(Oops('before the start'))",),
    ("next(g)", "g.send(1)", "g.send('two')", "list(g)"),
    ("list(itertools.islice(g, 2))",),
    ("first, *others = g",),
    ("list(zip(g, range(2)))",),
    ("next(g)", "g.throw(GeneratorExit)"),
)


def generator(source: Source, limits: Limits) -> Unit:
    """A generator, sometimes delegating to another, and the function that consumes it."""
    inner, inner_cost, inner_loop = None, 0, False
    if source.chance(0.4):
        inner, inner_cost, inner_loop = write_generator(
            source, Limits(limits.budget // 4, limits.in_coroutine), None
        )
        source.gap()
    remaining = Limits(limits.budget // 3, limits.in_coroutine)
    name, cost, loop = write_generator(source, remaining, inner)
    source.gap()
    consumer = source.name("consume")
    source.open(0, f"def {consumer}(n):")
    ways = source.rng.sample(WAYS, 3)
    for way in ways:
        write_consumption(source, name, way)
    source.add(1, f"return {source.literal()}")
    unit = as_unit(Outcome(), consumer + "({n})")
    return Unit(unit.call, 3 * (cost + inner_cost) + 1, False, loop or inner_loop)


def write_consumption(source: Source, name: str, way: tuple[str, ...]) -> None:
    """Consumes one fresh generator in this way, whatever comes out of it."""
    source.add(1, "try:")
    source.add(2, f"g = {name}(n)")
    for line in way:
        source.add(2, line)
    source.add(1, "except (Exception, SystemExit, GeneratorExit):")
    source.add(2, "n = int(n) + 1")
    # Dropped here in every way, so that no generator lives on until another one replaces it.
    source.add(1, "g = None")


SHAPES = (generator, generator, generator)
