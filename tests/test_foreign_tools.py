"""Other tools on `sys.monitoring`, tracing and profiling, and hosts that take our tool id away."""

from __future__ import annotations

import pytest

from conftest import Bench

OURS = "next(n for n in range(6) if 'ghost' in (sys.monitoring.get_tool(n) or '').lower())"
COUNTED = """
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
def generate(n):
    for i in range(n):
        try: yield i
        finally: fib(1)
def work(n):
    for item in generate(n): fib(item)
    try: {}[n]
    except KeyError: return n
    return None
"""
# Calls of `fib` in `work(5)`: fib(0) to fib(4), and one for each item.
FIB_CALLS = 1 + 1 + 3 + 5 + 9 + 5

# A debugger: every event there is, some switched off where they happened and on again.
DEBUGGER = """
events = sys.monitoring.events
seen = []
def on(code, *rest):
    seen.append(code.co_name)
    return sys.monitoring.DISABLE if len(seen) % 3 == 0 else None
def never_off(code, *rest): seen.append(code.co_name)
sys.monitoring.use_tool_id(0, "debugger")
lasting = events.RAISE | events.RERAISE | events.EXCEPTION_HANDLED | events.PY_UNWIND | events.PY_THROW
every = events.LINE | events.INSTRUCTION | events.CALL | events.PY_START | events.PY_RETURN | events.JUMP | lasting
for n in range(20):
    if every >> n & 1: sys.monitoring.register_callback(0, 1 << n, never_off if lasting >> n & 1 else on)
sys.monitoring.set_events(0, every)
"""

TOOLS = {
    "a debugger from now on": DEBUGGER,
    "a debugger that leaves": DEBUGGER
    + "work(5)\nsys.monitoring.set_events(0, 0)\nsys.monitoring.free_tool_id(0)\n",
    "a debugger on our functions only": DEBUGGER
    + "sys.monitoring.set_events(0, lasting)\nsys.monitoring.set_local_events(0, fib.__code__, events.LINE | events.PY_START)\n",
    "restarted events": "for _ in range(100): sys.monitoring.restart_events()\n",
    "a trace function": "def trace(frame, event, value):\n    frame.f_trace_opcodes = True\n    return trace\nsys.settrace(trace)\n",
    "a profile function": "sys.setprofile(lambda frame, event, value: frame.f_locals)\n",
    "a profile and a trace function": "import threading\nthreading.setprofile_all_threads(lambda *event: None)\nsys.settrace(lambda *event: None)\n",
    "cProfile": "import cProfile\nprofile = cProfile.Profile()\nprofile.enable()\n",
    "cProfile that leaves": "import cProfile\nprofile = cProfile.Profile()\nprofile.runcall(work, 5)\n",
}


@pytest.mark.parametrize("name", TOOLS)
def test_counts_are_exact_beside(bench: Bench, name: str) -> None:
    """The tool comes when our functions were already called, and they are called again beside it."""
    program = f"import sys\n{COUNTED}work(5)\n{TOOLS[name]}for _ in range(10): work(5)\n"
    finished = bench.observed(bench.write("app.py", program))
    assert (finished.code, finished.own_stderr) == (0, "")
    rounds = 12 if "leaves" in name else 11
    recorded = bench.recorded()
    assert recorded.calls("work") == rounds
    assert recorded.calls("generate") == rounds
    assert recorded.calls("fib") == rounds * FIB_CALLS
    assert recorded.one("generate")["yield_type_dist"] == {"int": rounds * 5}
    assert recorded.one("work")["ret_type_dist"] == {"int": rounds}


def test_a_tool_there_before_the_first_call_sees_and_lets_us_see_everything(bench: Bench) -> None:
    program = f"import sys\n{DEBUGGER}{COUNTED}for _ in range(10): work(5)\nprint(seen.count('work') > 10)\n"
    finished = bench.observed(bench.write("app.py", program))
    assert (finished.code, finished.stdout) == (0, "True\n")
    assert bench.recorded().calls("fib") == 10 * FIB_CALLS


@pytest.mark.parametrize(
    "theft",
    [
        "sys.monitoring.free_tool_id(ours)",
        "sys.monitoring.set_events(ours, 0)",
        "[sys.monitoring.register_callback(ours, 1 << n, None) for n in range(17)]",
        "sys.monitoring.free_tool_id(ours); sys.monitoring.use_tool_id(ours, 'thief')",
    ],
)
def test_a_host_that_takes_our_id_runs_on_and_keeps_what_was_counted(
    bench: Bench, theft: str
) -> None:
    program = f"import sys\n{COUNTED}work(5)\nours = {OURS}\n{theft}\nfor _ in range(100): work(5)\nprint('ran')\n"
    finished = bench.observed(bench.write("app.py", program))
    assert (finished.code, finished.stdout, finished.own_stderr) == (0, "ran\n", "")
    recorded = bench.recorded()
    assert FIB_CALLS <= recorded.calls("fib") <= 101 * FIB_CALLS
    row = recorded.one("fib")
    assert sum(row["arg_type_dist"].values()) == sum(row["callers"].values()) == row["call_count"]
