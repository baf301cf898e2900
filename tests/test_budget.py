"""`ghost run --budget`: rare functions exact, hot ones estimates whose error is told, nothing else lost.

How much of the time observing takes is measured by the benchmarks. Here programs run for about a
second of processor time, so that functions do go to sleep.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Bench
    from recorded import Recorded

# One estimate in some hundred thousand lies further away by chance.
ERRORS_MAX = 4.5

HOT = """
    import time

    def add(a, b): return a + b
    def pair(a, b): return add(a, add(a, b))
    def rare(n): return n
    def numbers(n):
        for number in range(n):
            yield number
    def fails(n):
        if n % 500 == 0: raise ValueError(n)
        return n
    def tries(n):
        try:
            return fails(n)
        except ValueError:
            return None
    def work(seconds):
        end = time.process_time() + seconds
        turns = 0
        while time.process_time() < end:
            for turn in range(1000):
                pair(turn, 2.0 if turn == 7 else 2)
                tries(turn)
                for _ in numbers(3):
                    pass
            rare(turns)
            turns += 1
        return turns
"""


def observed(bench: Bench, program: str) -> tuple[Recorded, Counter[str]]:
    """Runs a program under a budget; what it recorded, and what it counted itself."""
    script = bench.write("app.py", textwrap.dedent(program))
    finished = bench.observed("--budget", "2", script)
    assert finished.code == 0, finished.stderr
    recorded = bench.recorded()
    for process in recorded.processes:
        assert process["counters"] == {}
    counts: Counter[str] = Counter()
    for line in finished.stdout.splitlines():
        name, count = line.split()
        counts[name] += int(count)
    return recorded, counts


def is_near(profile: dict, count: int) -> bool:
    """Whether an estimate is as near to the true count as it says, and an exact count is right."""
    error = abs(profile["call_count"] - count)
    return error <= ERRORS_MAX * profile["call_count_se"]


def test_rare_functions_are_exact_and_hot_ones_near(bench: Bench) -> None:
    program = (
        HOT
        + """
    turns = work(1.5)
    print("rare", turns)
    for name, each in ("add", 2000), ("pair", 1000), ("tries", 1000), ("numbers", 1000):
        print(name, each * turns)
    print("raised", 2 * turns)
    """
    )
    recorded, counts = observed(bench, program)
    for name in "add", "pair", "tries", "numbers":
        profile = recorded.one(name)
        assert profile["call_count_se"] > 0, name
        assert is_near(profile, counts[name]), (name, profile["call_count"], counts[name])
    work = recorded.one("work")
    assert (work["call_count"], work["call_count_se"]) == (1, 0)
    # Exceptions are counted one by one, whoever sleeps.
    assert recorded.one("fails")["exc_type_dist"] == {"ValueError": counts["raised"]}
    assert recorded.one("tries")["handled_type_dist"] == {"ValueError": counts["raised"]}
    assert set(recorded.one("add")["arg_type_dist"]) == {"(int, int)", "(int, float)"}
    assert set(recorded.one("tries")["ret_type_dist"]) == {"int", "NoneType"}
    assert set(recorded.callers("add")) == {"pair"}


def test_threads_share_a_budget(bench: Bench) -> None:
    program = (
        HOT
        + """
    import threading
    results = []
    threads = [threading.Thread(target=lambda: results.append(work(1.5))) for _ in range(4)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    print("pair", 1000 * sum(results))
    print("rare", sum(results))
    """
    )
    recorded, counts = observed(bench, program)
    assert is_near(recorded.one("pair"), counts["pair"])
    assert is_near(recorded.one("rare"), counts["rare"])


def test_a_child_that_is_forked_while_functions_sleep_is_sampled_too(bench: Bench) -> None:
    program = (
        HOT
        + """
    import os
    turns = work(0.5)
    child = os.fork()
    turns += work(1.0) if child else 0
    if child == 0: turns = work(1.0)
    print("pair", 1000 * turns, flush=True)
    if child: os.waitpid(child, 0)
    """
    )
    recorded, counts = observed(bench, program)
    assert len(recorded.processes) == 2
    assert all(process["own_cost_ns"] > 0 for process in recorded.processes)
    assert is_near(recorded.one("pair"), counts["pair"])


def test_a_report_marks_estimates_and_says_what_observing_cost(bench: Bench) -> None:
    script = bench.write("app.py", HOT + "    work(1.0)\n")
    assert bench.observed("--budget", "2%", script).code == 0
    report = bench.ghost("report")
    rows = {line.split(":")[0]: line for line in report.stdout.splitlines()}
    assert "≈" in rows["add"]
    assert "≈" not in rows["work"]
    assert "≈ estimates, to keep the budget; standard error up to" in report.stderr
    assert ", as measured" in report.stderr


@pytest.mark.parametrize("words", ["0", "100", "-1", "much", "nan"])
def test_a_budget_is_a_share(bench: Bench, words: str) -> None:
    finished = bench.ghost("run", f"--budget={words}", "-c", "pass")
    assert finished.code == 2
    assert "a budget is a number of percent from 0.1 to 50" in finished.stderr


def test_the_timer_is_no_thread_of_python(bench: Bench) -> None:
    program = (
        HOT
        + """
    import os, threading
    work(0.4)
    print("threads", threading.active_count())
    print("tasks", len(os.listdir("/proc/self/task")))
    """
    )
    _, counts = observed(bench, program)
    # To the system: the program's own, the timer, and what listens at the control socket.
    assert counts == {"threads": 1, "tasks": 3}
