"""Assembles a random program from its seed, and a main script that runs several of them.

The same seed gives the same program on every interpreter.
"""

from __future__ import annotations

import random
from pathlib import Path

from . import (
    async_shapes,
    callback_shapes,
    class_shapes,
    control_shapes,
    generator_shapes,
    suspended_shapes,
    sync_shapes,
    task_shapes,
)
from .source import Limits, Source, Unit

# Activations a unit may cause: the slow observers take some twenty microseconds for each.
BUDGET = 400
SHAPES = (
    sync_shapes.SHAPES
    + class_shapes.SHAPES
    + callback_shapes.SHAPES
    + control_shapes.SHAPES
    + generator_shapes.SHAPES
    + suspended_shapes.SHAPES
    # Event loops cost the most time and meet at most one another in a program.
    + async_shapes.SHAPES
    + task_shapes.SHAPES
)

MAIN = """\
import importlib
import json
import sys

counts = {{}}
for name in {names!r}:
    module = importlib.import_module(name)
    counts[name] = {{str(line): next(hits) for line, hits in sorted(module.HITS.items())}}
with open(sys.argv[1], "w") as file:
    json.dump(counts, file)
"""


def program_text(seed: int) -> str:
    """The source of the program with this seed."""
    rng = random.Random(seed)
    source = Source(rng)
    for _ in range(rng.randint(8, 14)):
        shape = rng.choice(SHAPES)
        source.gap()
        source.units.append(shape(source, Limits(BUDGET)))
    write_main(source)
    return source.text()


def write_main(source: Source) -> None:
    """Calls every unit a few times, from a function and from the module itself."""
    source.gap()
    line = len(source.lines) + 1
    source.add(0, "def main():")
    source.add(1, f"next(HITS[{line}])")
    for unit in source.units:
        write_swallowed(source, 1, unit, source.rng.randint(1, 3))
    source.gap()
    source.add(0, "main()")
    write_swallowed(source, 0, source.rng.choice(source.units), 2)


def write_swallowed(source: Source, depth: int, unit: Unit, times: int) -> None:
    """Calls a unit and keeps whatever it raises from ending the program."""
    source.add(depth, f"for n in range({times}):")
    source.add(depth + 1, "try:")
    source.add(depth + 2, unit.call("n"))
    source.add(depth + 1, "except (Exception, SystemExit):")
    source.add(depth + 2, "pass")


def module_name(seed: int) -> str:
    """What the program with this seed is imported as."""
    return f"random_{seed}"


def write_batch(folder: Path, seeds: range) -> Path:
    """Writes the programs and a script that runs them; the script's argument gets their counts."""
    for seed in seeds:
        (folder / f"{module_name(seed)}.py").write_text(program_text(seed))
    main = folder / "main.py"
    main.write_text(MAIN.format(names=[module_name(seed) for seed in seeds]))
    return main
