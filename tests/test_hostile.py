"""Hosts that do everything by the million, switch stacks, fork and die: counts stay exact, memory flat.

What a guest may not change in a small process is in `test_guest.py`; other tools beside ours are in
`test_foreign_tools.py`.
"""

from __future__ import annotations

import resource

import pytest

from conftest import Bench
from recorded import Recorded

# Appended to programs that measure themselves: current and highest resident set in KiB.
RESIDENT = """
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print("RESIDENT", status["VmRSS"].split()[0], status["VmHWM"].split()[0])
"""
ALLOWED_KIB = 8 * 1024


def resident_kib(output: str) -> int:
    """The highest resident set a program printed."""
    return int(output.rpartition("RESIDENT")[2].split()[1])


def memory_beside_plain(bench: Bench, program: str) -> tuple[int, Recorded]:
    """How many KiB more the program needed under observation, and what was recorded."""
    script = bench.write("app.py", program)
    with script.open("a") as file:
        file.write(RESIDENT)
    plain = bench.plain(script)
    within = bench.observed(script)
    assert plain.code == within.code == 0, within.stderr
    return resident_kib(within.stdout) - resident_kib(plain.stdout), bench.recorded()


def test_a_million_abandoned_generators_leave_nothing(bench: Bench) -> None:
    more, recorded = memory_beside_plain(
        bench,
        """
        def generate(n):
            yield n
        for n in range(1_000_000):
            next(generate(n))
        """,
    )
    row = recorded.one("generate")
    assert row["call_count"] == row["yield_type_dist"]["int"] == 1_000_000
    assert row["exc_type_dist"] == {}
    assert more < ALLOWED_KIB


def test_functions_beyond_the_bound_are_counted_together(bench: Bench) -> None:
    """200,000 instead of a million: compiling them is what takes the time."""
    made = 200_000
    more, recorded = memory_beside_plain(
        bench,
        f"""
        space = {{"__name__": "made"}}
        for n in range({made}):
            exec(compile(f"def made_{{n}}(x): return x\\nmade_{{n}}(1)", __file__, "exec"), space)
            del space[f"made_{{n}}"]
        """,
    )
    # Two more: the script and its last generator expression. The module body that makes a function is itself a code object each time, but always the same function.
    bodies = [row for row in recorded.profiles if row["qualname"] == "<module>"]
    functions = [row for row in recorded.profiles if row["qualname"] != "<module>"]
    assert sum(row["call_count"] for row in recorded.profiles) == 2 * made + 2
    assert len(functions) <= 100_001
    assert sum(row["call_count"] for row in bodies + recorded.named("…")) >= made
    # At most 100,000 functions with names, counters and cells, and the extension itself.
    assert more < 105_000


def test_a_code_object_at_a_known_address_is_a_new_function(bench: Bench) -> None:
    """20,000 code objects compiled and dropped: each address is many functions after another."""
    recorded = bench.record(
        bench.write(
            "app.py",
            """
            def run(n):
                space = {"__name__": "made"}
                kind = n % 50
                exec(compile(f"def made_{kind}(a, b=0, *c): return [a][0]", __file__, "exec"), space)
                for argument in range(kind + 1):
                    space[f"made_{kind}"](argument if n % 2 else "text")
            for n in range(20_000):
                run(n)
            """,
        )
    )
    for kind in range(50):
        row = recorded.one(f"made_{kind}")
        # Even seeds make even kinds: each kind has one type of argument.
        expected = {f"({'int' if kind % 2 else 'str'}, int, *args)": 400 * (kind + 1)}
        assert row["arg_type_dist"] == expected
        assert row["callers"] == {"__main__:run:1": 400 * (kind + 1)}


def test_a_hundred_thousand_types_come_and_go(bench: Bench) -> None:
    more, recorded = memory_beside_plain(
        bench,
        """
        def take(value):
            return value
        for n in range(100_000):
            take(type(f"Kind{n}", (), {})())
        """,
    )
    row = recorded.one("take")
    assert row["call_count"] == sum(row["arg_type_dist"].values()) == 100_000
    assert sum(row["ret_type_dist"].values()) == 100_000
    assert len(row["arg_type_dist"]) == len(row["ret_type_dist"]) == 65
    # Names of at most 50,000 types, and none of the types.
    assert more < 32 * 1024


def test_recursion_to_any_limit_is_counted(bench: Bench) -> None:
    script = bench.write(
        "app.py",
        """
        import sys
        calls = 0
        def depth(n):
            global calls
            calls += 1
            try:
                return depth(n + 1)
            except RecursionError:
                return n
        depths = [depth(0)]
        sys.setrecursionlimit(50_000)
        depths.append(depth(0))
        def generate(n):
            yield from generate(n + 1)
        try:
            list(generate(0))
        except RecursionError as error:
            depths.append(len(str(error)))
        print(calls, depths)
        """,
    )
    plain = bench.plain(script)
    within = bench.observed(script)
    assert (within.code, within.stdout) == (plain.code, plain.stdout)
    # A call that found no room for its frame never began.
    assert bench.recorded().one("depth")["call_count"] == int(plain.stdout.split()[0])


def test_exits_with_threads_in_every_state(bench: Bench) -> None:
    script = bench.write(
        "app.py",
        """
        import atexit, sys, threading, time
        def step(n):
            yield n
            yield [step, n]
        def spin():
            while True:
                for item in step(1): sorted([2, 1], key=lambda n: -n)
        def sleep():
            time.sleep(3600)
        def finish(n):
            time.sleep(0.01)
            return n
        class Last:
            def __del__(self): finish(0)
        last = Last()
        atexit.register(finish, 1)
        for target in (spin, spin, sleep):
            threading.Thread(target=target, daemon=True).start()
        threading.Thread(target=finish, args=(2,)).start()
        next(kept := step(1))
        sys.exit(3)
        """,
    )
    finished = [bench.observed("--quiet", script) for _ in range(50)]
    assert {(run.code, run.own_stderr) for run in finished} == {(3, "")}
    assert bench.recorded().calls("finish") >= 2


def test_forks_under_load_neither_hang_nor_miscount(bench: Bench) -> None:
    script = bench.write(
        "app.py",
        """
        import os, threading, time, warnings
        warnings.simplefilter("ignore")
        stop = threading.Event()
        spun = []
        def step(n): return n
        def in_child(n): return n
        def spin():
            count = 0
            while not stop.is_set():
                step(count)
                count += 1
            spun.append(count)
        threads = [threading.Thread(target=spin) for _ in range(3)]
        for thread in threads: thread.start()
        slowest = 0
        for n in range(200):
            began = time.monotonic()
            child = os.fork()
            if child == 0:
                for i in range(n): in_child(i)
                os._exit(n % 7)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == n % 7
            slowest = max(slowest, time.monotonic() - began)
        stop.set()
        for thread in threads: thread.join()
        print(sum(spun), slowest)
        """,
    )
    finished = bench.observed(script)
    assert finished.code == 0, finished.stderr
    spun, slowest = finished.stdout.split()
    recorded = bench.recorded()
    assert recorded.calls("step") == int(spun)
    assert recorded.calls("in_child") == sum(range(200))
    assert float(slowest) < 5


GREENLETS = """
import greenlet
def leaf(n): return n
def switches(n):
    leaf(n)
    parent.switch(n)
    leaf(n)
    try:
        raise ValueError(n)
    except ValueError:
        parent.switch(n)
    return middle(n)
def middle(n):
    parent.switch(n)
    return leaf(n)
def generate(n):
    yield leaf(n)
    yield parent.switch(n)
def holds(n):
    return list(generate(n))
parent = greenlet.getcurrent()
for n in range(100):
    running = [greenlet.greenlet(switches) for _ in range(5)] + [greenlet.greenlet(holds)]
    while running:
        for one in running: one.switch(n)
        running = [one for one in running if not one.dead]
dropped = greenlet.greenlet(switches)
dropped.switch(1)
del dropped
"""


def test_greenlets_are_counted_exactly_with_edges_from_real_frames(bench: Bench) -> None:
    pytest.importorskip("greenlet")
    recorded = bench.record(bench.write("app.py", GREENLETS))
    callers = {name: recorded.callers(name) for name in ("leaf", "middle", "generate")}
    assert callers == {
        "leaf": {"switches": 1001, "middle": 500, "generate": 100},
        "middle": {"switches": 500},
        "generate": {"holds": 100},
    }
    switches = recorded.one("switches")
    assert switches["call_count"] == 501
    assert switches["ret_type_dist"] == {"int": 500}
    assert switches["exc_type_dist"] == {"GreenletExit": 1}


def test_gevent_tasks_are_counted_exactly(bench: Bench) -> None:
    pytest.importorskip("gevent")
    script = bench.write(
        "app.py",
        """
        from gevent import monkey
        monkey.patch_all()
        import gevent, time
        def leaf(n): return n
        def task(n):
            for i in range(20):
                leaf(i)
                time.sleep(0)
            raise KeyError(n) if n % 2 else ValueError(n)
        def guarded(n):
            try:
                return task(n)
            except LookupError:
                return None
        tasks = [gevent.spawn(guarded, n) for n in range(1, 101, 2)]
        gevent.joinall(tasks)
        """,
    )
    recorded = bench.record(script)
    assert recorded.callers("leaf") == {"task": 1000}
    assert recorded.callers("task") == {"guarded": 50}
    assert recorded.one("task")["exc_type_dist"] == {"KeyError": 50}
    assert recorded.one("guarded")["ret_type_dist"] == {"NoneType": 50}


def test_failing_allocations_stay_the_programs_own(bench: Bench) -> None:
    """One allocation fails, a later one each time. Not all from there on: without memory for a small
    integer CPython enters an exception handler over and over as soon as any tool watches it.
    """
    pytest.importorskip("_testcapi")
    script = bench.write(
        "app.py",
        """
        from _testcapi import remove_mem_hooks, set_nomemory
        def inner(value, *rest, key=None): return [value]
        def outer(value):
            for item in generate(value): inner(item, key=value)
            raise KeyError(value)
        def generate(value):
            yield value
            yield inner(value)
        def attempt(value, start):
            try:
                set_nomemory(start, start + 1)
                outer(value)
            except MemoryError:
                return "memory"
            except KeyError:
                return "key"
            finally:
                remove_mem_hooks()
        seen = [attempt(1, 10_000)]
        for start in range(1, 200):
            class Fresh: pass
            try:
                seen.append(attempt(Fresh(), start))
            except (MemoryError, SystemError):
                # 3.12 and 3.13 by themselves forget to say which error it was.
                seen.append("memory")
        print(set(seen) <= {"memory", "key"}, "memory" in seen, seen[-1])
        """,
    )
    within = bench.observed(script)
    assert (within.code, within.stdout, within.own_stderr) == (0, "True True key\n", "")
    row = bench.recorded().one("outer")
    assert 100 <= row["call_count"] <= 200
    assert set(row["exc_type_dist"]) <= {"KeyError", "MemoryError", "SystemError"}


@pytest.mark.parametrize("reader", ["raw", "public"])
def test_a_first_call_without_memory_is_made_up_for(bench: Bench, reader: str) -> None:
    """Each function meets another failing allocation while it is discovered. Not the very first one:
    3.15.0 crashes by itself when that fails under any tool.
    """
    pytest.importorskip("_testcapi")
    bench.variables["GHOST_FRAME_READER"] = reader
    script = bench.write(
        "app.py",
        """
        from _testcapi import remove_mem_hooks, set_nomemory
        hits = [0] * 60
        def make(n):
            def function(): hits[n] += 1
            function.__code__ = function.__code__.replace(co_name=f"f_{n}", co_qualname=f"f_{n}")
            return function
        def attempt(function, start):
            set_nomemory(start, start + 1)
            try:
                function()
            except MemoryError:
                pass
            finally:
                remove_mem_hooks()
        functions = [make(n) for n in range(60)]
        for n, function in enumerate(functions):
            attempt(function, n + 1)
        for function in functions * 3:
            function()
        print(*hits)
        """,
    )
    within = bench.observed(script)
    assert within.code == 0, within.stderr
    hits = [int(word) for word in within.stdout.split()]
    recorded = bench.recorded()
    calls = [recorded.calls(f"f_{n}") for n in range(60)]
    missed = recorded.processes[0]["counters"].get("code_refused", 0)
    assert min(calls) >= 3
    assert (sum(calls) + missed, missed > 0) == (sum(hits), True)


def test_little_address_space_ends_nothing(bench: Bench) -> None:
    script = bench.write(
        "app.py",
        "def f(n): return n\nfor n in range(1000): f(n)\ntry:\n    bytearray(1 << 30)\nexcept MemoryError:\n    print('no room')\n",
    )

    def little() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20))

    within = bench.observed(script, preexec_fn=little)
    assert (within.code, within.stdout) == (0, "no room\n"), within.stderr
    assert bench.recorded().calls("f") == 1000


def test_tiny_thread_stacks_are_enough(bench: Bench) -> None:
    script = bench.write(
        "app.py",
        """
        import threading
        threading.stack_size(64 * 1024)
        def f(n, depth):
            if depth: return f(n, depth - 1)
            return [value for value in generate(n)]
        def generate(n):
            yield type("Fresh", (), {})()
        def work(n):
            for _ in range(50): f(n, 10)
        threads = [threading.Thread(target=work, args=(n,)) for n in range(20)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        """,
    )
    recorded = bench.record(script)
    assert recorded.calls("f") == 20 * 50 * 11
    assert recorded.calls("generate") == 20 * 50
