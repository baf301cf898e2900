"""What observing costs in memory: per function, for a whole process, and not per call."""

from __future__ import annotations

import pytest

from conftest import Bench

# Used bytes stand in the header of the ledger, which is found among the mapped files of the process.
MEASURE = """
import struct
def used():
    with open("/proc/self/maps") as maps:
        path = next(line.split()[-1] for line in maps if line.rstrip().endswith(".ledger"))
    with open(path, "rb") as ledger:
        return struct.unpack_from("<Q", ledger.read(48), 40)[0]
"""


def growth_per_function(bench: Bench, call: str) -> float:
    """Bytes of the ledger per function, between 1,000 and 11,000 functions made and called."""
    program = f"""
def make(start, end):
    text = "\\n".join(f"def function_{{n}}(first, second=None): return first" for n in range(start, end))
    space = {{"__name__": "made"}}
    exec(compile(text, __file__, "exec"), space)
    return [space[f"function_{{n}}"] for n in range(start, end)]
def call_all(functions):
    for f in functions:
        {call}
call_all(make(0, 1000))
before = used()
call_all(make(1000, 11_000))
print((used() - before) / 10_000)
"""
    finished = bench.observed("--quiet", bench.write("app.py", MEASURE + program))
    assert finished.code == 0, finished.stderr
    recorded = bench.recorded()
    assert sum(row["qualname"].startswith("function_") for row in recorded.profiles) == 11_000
    return float(finished.stdout)


def test_a_function_called_once_takes_at_most_600_bytes(bench: Bench) -> None:
    assert growth_per_function(bench, "f(1)") <= 600


def test_a_function_called_in_many_ways_takes_at_most_2_kib(bench: Bench) -> None:
    call = "[f(value, more) for value in (1, 2.5, 'x') for more in (None, b'') for _ in range(5)]"
    assert growth_per_function(bench, call) <= 2048


def test_an_observed_program_of_10_000_functions_stays_small(bench: Bench) -> None:
    script = bench.write(
        "app.py",
        """
        space = {"__name__": "made"}
        # In small pieces: what compiling leaves behind would hide what observing needs.
        for start in range(0, 10_000, 100):
            names = [f"function_{n}" for n in range(start, start + 100)]
            text = "\\n".join(f"def {name}(first, second=None): return first" for name in names)
            exec(compile(text, __file__, "exec"), space)
            for name in names:
                for n in range(20): space[name](n)
        print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmRSS")))
        """,
    )
    plain = bench.plain(script)
    within = bench.observed(script)
    assert plain.code == within.code == 0, within.stderr
    assert int(within.stdout) - int(plain.stdout) <= 24 * 1024


def test_memory_does_not_grow_with_calls(bench: Bench) -> None:
    program = """
import sys
def f(value): return value
def generate(n):
    yield n
def fail(n):
    raise KeyError(n)
for n in range(int(sys.argv[1]) // 10):
    f(n), f(2.5), f("x"), f(n), f(n), f(n), f(n), f(n)
    for item in generate(n): pass
    try: fail(n)
    except KeyError: pass
resident = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmRSS"))
print(used(), resident)
"""
    script = bench.write("app.py", MEASURE + program)
    few, many = (bench.observed("--quiet", script, calls) for calls in (100_000, 10_000_000))
    assert few.code == many.code == 0, many.stderr
    (few_used, few_resident), (many_used, many_resident) = (
        map(int, run.stdout.split()) for run in (few, many)
    )
    assert many_used == pytest.approx(few_used, rel=0.05)
    assert many_resident == pytest.approx(few_resident, rel=0.05)
    assert bench.recorded().calls("f") == 8_000_000
