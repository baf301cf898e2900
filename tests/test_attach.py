"""`ghost attach`: observing begins in a program that runs already, and leaves it as it was.

By remote exec where the interpreter has it, and by `GHOST_STANDBY=1` on every version. What a program
was made to do is asked of the program itself, through its standard output.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from conftest import GHOST, PYTHON

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Bench

HAS_REMOTE_EXEC = hasattr(sys, "remote_exec")
STANDBY = {"GHOST_STANDBY": "1", "PYTHON_DISABLE_REMOTE_DEBUG": "1"}
WAYS = [
    pytest.param({}, id="remote", marks=pytest.mark.skipif(not HAS_REMOTE_EXEC, reason="3.14")),
    pytest.param(STANDBY, id="standby"),
]
WAIT_S = 60

# Tells what is left of us whenever it is asked by a line, while it works in a second thread.
PROGRAM = """
    import gc, os, sys, threading, time, weakref

    class Thing:
        pass

    def helper(thing):
        return 1

    def work():
        return helper(Thing())

    def outer():
        # On the stack when observing begins, and when it ends.
        while True:
            for _ in range(50):
                work()
            time.sleep(0.001)

    def seen():
        monitoring = sys.monitoring
        return [
            monitoring.get_tool(3), monitoring.get_tool(4),
            len(os.listdir("/proc/self/task")), len(os.listdir("/proc/self/fd")),
            weakref.getweakrefcount(Thing),
            sum("ledger" in line or ".spans" in line for line in open("/proc/self/maps")),
            sum(type(finder).__module__.startswith("ghost") for finder in sys.meta_path),
            len(sys.path), "GHOST_RUN" in os.environ,
        ]

    threading.Thread(target=outer, daemon=True).start()
    print("ready", flush=True)
    while not sys.stdin.closed:
        # Executes Python code now and then, so that its main thread can be asked.
        import select
        if select.select([sys.stdin], [], [], 0.01)[0]:
            if not sys.stdin.readline():
                break
            print(seen(), flush=True)
"""


class Program:
    """A program that runs, and tells of itself."""

    def __init__(self, bench: Bench, variables: dict[str, str], *options: str) -> None:
        bench.write("app.py", PROGRAM)
        environment = bench.environment | variables
        command = (PYTHON, *options, "app.py")
        self.process = bench.start(*command, stdin=subprocess.PIPE, env=environment)
        assert self.process.stdout.readline() == b"ready\n"

    def seen(self) -> str:
        """What it sees of us."""
        self.process.stdin.write(b"?\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().decode()

    def end(self) -> str:
        """Ends it; what it wrote to stderr."""
        _, stderr = self.process.communicate(timeout=WAIT_S)
        assert self.process.returncode == 0
        return stderr.decode()


def wait_for(is_so: Callable[[], bool]) -> None:
    """Waits for an event, not for a time."""
    until = time.monotonic() + WAIT_S
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.02)


def attach(bench: Bench, pid: int, *options: object) -> subprocess.Popen:
    """Begins to attach, and returns once it has."""
    process = bench.start(GHOST, "attach", pid, *options)
    line = process.stderr.readline().decode()
    assert line.startswith("ghost: attached to"), line + process.stderr.read().decode()
    return process


def detach(process: subprocess.Popen) -> str:
    """Ends it as Ctrl-C does."""
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=WAIT_S)
    assert process.returncode == 0, stderr
    return stderr.decode()


@pytest.mark.parametrize("variables", WAYS)
def test_observed_and_left_as_it_was_twice(bench: Bench, variables: dict[str, str]) -> None:
    program = Program(bench, variables)
    before = program.seen()
    for session in range(2):
        attached = attach(bench, program.process.pid)
        assert "'ghostglass', 'ghostglass'" in program.seen()
        wait_for(lambda count=session + 1: len(bench.session_files()) == count)
        time.sleep(0.2)
        detach(attached)
        assert program.seen() == before
        recorded = bench.recorded()
        assert recorded.document["kind"] == "attached"
        assert recorded.calls("work") > 0
        # One of them may have begun before we came, and one may be cut off at the end.
        assert abs(recorded.calls("work") - recorded.calls("helper")) <= 1
        assert not recorded.named("outer")
    assert not program.end()
    states = bench.ghost("sessions").stdout
    assert states.count("attached") == 2
    said = bench.ghost("anomalies").stderr
    assert "no function is reported as never called" in said


@pytest.mark.parametrize("variables", WAYS)
def test_observing_ends_if_ghost_is_killed(bench: Bench, variables: dict[str, str]) -> None:
    program = Program(bench, variables)
    before = program.seen()
    attached = attach(bench, program.process.pid)
    attached.kill()
    attached.wait()
    wait_for(lambda: program.seen() == before)
    assert not program.end()
    assert "killed" in bench.ghost("sessions").stdout


def test_the_end_of_the_program_ends_it(bench: Bench) -> None:
    program = Program(bench, STANDBY)
    attached = attach(bench, program.process.pid)
    program.end()
    _, stderr = attached.communicate(timeout=WAIT_S)
    assert attached.returncode == 0, stderr
    assert "finished" in bench.ghost("sessions").stdout


def test_children_that_are_forked_since_are_observed_and_left(bench: Bench) -> None:
    bench.write(
        "forks.py",
        """
        import os, sys, time, warnings
        warnings.simplefilter("error")
        def work():
            return 1
        def child():
            while os.path.exists("go"):
                work()
                time.sleep(0.001)
            print(sys.monitoring.get_tool(3), len(os.listdir("/proc/self/task")), flush=True)
            os._exit(0)
        print("ready", flush=True)
        while not os.path.exists("fork"):
            time.sleep(0.005)
        pid = os.fork()
        if pid == 0:
            child()
        os.waitpid(pid, 0)
        """,
    )
    (bench.work / "go").touch()
    process = bench.start(PYTHON, "forks.py", env=bench.environment | STANDBY)
    assert process.stdout.readline() == b"ready\n"
    attached = attach(bench, process.pid)
    (bench.work / "fork").touch()
    wait_for(lambda: len(list(bench.data.glob("runs/*/*.ledger"))) == 2)
    detach(attached)
    (bench.work / "go").unlink()
    stdout, stderr = process.communicate(timeout=WAIT_S)
    # The thread that is left is the one that stands by, in a process that did not end its interpreter.
    assert stdout.split()[0] == b"None", stderr
    assert not stderr
    assert len(bench.recorded().processes) == 2


@pytest.fixture
def sleeper(bench: Bench) -> Iterator[Callable[..., subprocess.Popen]]:
    """Programs that do nothing for ever."""
    started: list[subprocess.Popen] = []

    def start(*command: object, **variables: str) -> subprocess.Popen:
        process = bench.start(*command, env=bench.environment | variables)
        if "print" in str(command[-1]):
            process.stdout.readline()
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


LOOP = "import time; print(flush=True)\nwhile True: time.sleep(0.01)"


def test_each_refusal_says_what_is_needed(
    bench: Bench, sleeper: Callable[..., subprocess.Popen]
) -> None:
    def refused(pid: int) -> str:
        finished = bench.ghost("attach", pid)
        assert finished.code == 2, finished
        assert not (bench.data / "runs").exists() or not os.listdir(bench.data / "runs")
        return finished.stderr

    assert "there is no process 4999999" in refused(4_999_999)
    assert "is no CPython program" in refused(sleeper("sleep", "1000").pid)
    if HAS_REMOTE_EXEC:
        process = sleeper(PYTHON, "-X", "disable-remote-debug", "-c", LOOP)
        assert "started with `-X disable-remote-debug`" in refused(process.pid)
        process = sleeper(PYTHON, "-c", LOOP, PYTHON_DISABLE_REMOTE_DEBUG="1")
        assert "started with `PYTHON_DISABLE_REMOTE_DEBUG`" in refused(process.pid)
        process.send_signal(signal.SIGSTOP)
        wait_for(lambda: "\nState:\tT" in read(process.pid))
        assert f"hint: `kill -CONT {process.pid}`" in refused(process.pid)
    else:
        line = refused(sleeper(PYTHON, "-c", LOOP).pid)
        assert "which lets nobody in while it runs" in line
        assert "`GHOST_STANDBY=1`" in line


def read(pid: int) -> str:
    """What the kernel says of a process."""
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        return status.read()


def test_what_is_observed_already_is_refused(bench: Bench) -> None:
    program = Program(bench, STANDBY)
    attached = attach(bench, program.process.pid)
    second = bench.ghost("attach", program.process.pid)
    assert second.code == 2
    assert "it is observed already" in second.stderr
    detach(attached)
    program.end()


def test_standing_by_leaves_nothing_behind(bench: Bench) -> None:
    sockets: Path = bench.data / "standby"
    program = Program(bench, STANDBY)
    assert "None, None" in program.seen()
    assert [path.suffix for path in sockets.iterdir()] == [".control"]
    assert not program.end()
    assert not list(sockets.iterdir())
