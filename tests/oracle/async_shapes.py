"""Shapes of coroutines and asynchronous generators, driven by `asyncio.run`."""

from __future__ import annotations

from .bodies import Outcome, write_body
from .source import Limits, Source, Unit

# Each is the body of a driver coroutine; `C` is a coroutine function, `G` an async generator function.
DRIVES = (
    ("await C(n)",),
    ("return await asyncio.gather(*[C(n + i) for i in range(3)], return_exceptions=True)",),
    ("task = asyncio.create_task(C(n))", "await asyncio.sleep(0)", "task.cancel()", "await task"),
    ("task = asyncio.create_task(C(n))", "task.cancel()", "await task"),
    (
        "async with asyncio.TaskGroup() as group:",
        "    group.create_task(C(n))",
        "    group.create_task(C(n + 1))",
    ),
    ("await asyncio.wait_for(C(n), 60)",),
    ("C(n).close()",),
    ("coroutine = C(n)", "coroutine.throw(Oops('before the start'))"),
    ("return [item async for item in G(n)]",),
    ("async for item in G(n):", "    break"),
    ("agen = G(n)", "await anext(agen)", "await agen.aclose()"),
    ("agen = G(n)", "await anext(agen)", "await agen.athrow(Oops('thrown'))"),
    ("agen = G(n)", "await agen.asend(None)", "await agen.asend('sent')", "del agen"),
    ("agen = G(n)", "await agen.aclose()"),
    ("agen = G(n)", "del agen"),
    ("async with contextlib.aclosing(G(n)) as agen:", "    await anext(agen)", "    await C(n)"),
)


def write_coroutine(source: Source, limits: Limits, inner: str | None) -> tuple[str, Outcome]:
    """An `async def` that suspends, calls sync code, and may await another."""
    name = source.name("coroutine")
    source.open(0, f"async def {name}(n, *, other={source.literal()}):")
    if source.chance(0.8):
        source.add(1, "await asyncio.sleep(0)")
    if inner:
        source.add(1, "try:")
        source.add(2, f"await {inner}(n + 1)")
        source.add(1, "except (Oops, KeyError, RuntimeError, LookupError):")
        source.add(2, "await asyncio.sleep(0)")
    outcome = write_body(source, 1, Limits(limits.budget, True))
    source.gap()
    return name, outcome


def write_async_generator(source: Source, limits: Limits) -> tuple[str, Outcome]:
    """An `async def` with `yield`."""
    name = source.name("async_generator")
    source.open(0, f"async def {name}(n):")
    source.add(1, "try:")
    source.add(2, f"yield {source.literal()}")
    source.add(2, "await asyncio.sleep(0)")
    outcome = write_body(source, 2, Limits(limits.budget, True), returns=False)
    source.add(2, f"yield {source.literal()}")
    source.add(2, f"yield {source.literal()}")
    if source.chance(0.5):
        source.add(1, "except Oops:")
        source.add(2, f"yield {source.literal()}")
    source.add(1, "finally:")
    source.add(2, "n = int(n)")
    source.gap()
    return name, outcome


def event_loop(source: Source, limits: Limits) -> Unit:
    """Two coroutines, an async generator, a driver for each way, and the `asyncio.run` of them."""
    share = Limits(limits.budget // 24, True)
    inner, first = write_coroutine(source, share, None)
    outer, second = write_coroutine(source, share, inner)
    agen, third = write_async_generator(source, share)
    drivers = []
    for drive in source.rng.sample(DRIVES, 5):
        driver = source.name("drive")
        source.open(0, f"async def {driver}(n):")
        for line in drive:
            source.add(1, line.replace("C(", f"{outer}(").replace("G(", f"{agen}("))
        source.gap()
        drivers.append(driver)
    name = source.name("run_loop")
    source.open(0, f"def {name}(n):")
    for driver in drivers:
        source.add(1, "try:")
        source.add(2, f"asyncio.run({driver}(n))")
        source.add(1, "except (Exception, SystemExit, asyncio.CancelledError):")
        source.add(2, "n = int(n) + 1")
    cost = 15 * (first.cost + second.cost + third.cost + 3) + 30
    return Unit(lambda n: f"{name}({n})", cost, False, True)


SHAPES = (event_loop,)
