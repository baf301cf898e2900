"""However a process ends, what it had done by then is in the session."""

from __future__ import annotations

import mmap
import os
import random
import signal
import sqlite3
from contextlib import closing

import pytest

from conftest import GHOST, Bench, Finished

ROUNDS = 100
ROUNDS_PER_CASE = 10

# Counts its own calls in a shared page, which outlives it, after each call is complete.
HOT_LOOP = """
    import mmap, os
    with open("count", "r+b") as file:
        page = mmap.mmap(file.fileno(), 4096)
    count = memoryview(page).cast("Q")

    class Order:
        def price(self, n):
            return n

    def work(n, order):
        return order.price(n)

    def main():
        order, n = Order(), 0
        count[1] = os.getpid()
        while True:
            work(n, order)
            n += 1
            count[0] = n

    main()
    """


def killed_in_the_loop(bench: Bench, target: int) -> int:
    """Kills the program once it has made this many calls; gives the number it had written."""
    (bench.work / "count").write_bytes(bytes(4096))
    script = bench.write("app.py", HOT_LOOP)
    with (
        open(bench.work / "count", "r+b") as file,
        mmap.mmap(file.fileno(), 4096) as page,
        bench.start(GHOST, "run", "--quiet", script) as process,
        memoryview(page).cast("Q") as count,
    ):
        while count[0] < target and process.poll() is None:
            os.sched_yield()
        os.kill(count[1], signal.SIGKILL)
        process.communicate(timeout=60)
        assert process.returncode == 137
        return count[0]


@pytest.mark.parametrize("case", range(ROUNDS // ROUNDS_PER_CASE))
def test_kill_9_in_a_hot_loop_loses_no_call(bench: Bench, case: int) -> None:
    dice = random.Random(case)
    for _ in range(ROUNDS_PER_CASE):
        before = set(bench.session_files())
        counted = killed_in_the_loop(bench, dice.randint(1, 200_000))
        (file,) = set(bench.session_files()) - before
        with closing(sqlite3.connect(file)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            query = "SELECT qualname, call_count FROM profiles WHERE kind = 'function'"
            calls = dict(connection.execute(query).fetchall())
        assert counted <= calls["work"] <= counted + 1
        assert counted <= calls["Order.price"] <= counted + 1
        assert calls["main"] == 1
    assert len(bench.session_files()) == ROUNDS_PER_CASE


ENDINGS = {
    "os_exit": ("os._exit(7)", 7),
    "abort": ("os.abort()", 134),
    "segmentation_fault": ("import ctypes; ctypes.string_at(0)", 139),
    "native_exit": ("import ctypes; ctypes.CDLL(None).exit(5)", 5),
    "native_quick_exit": ("import ctypes; ctypes.CDLL(None)._exit(6)", 6),
    "sigterm": ("os.kill(os.getpid(), 15)", 143),
    "uncaught": ("raise ValueError", 1),
    "file_size_limit": (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)); os._exit(4)",
        4,
    ),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_every_ending_keeps_every_call(bench: Bench, name: str) -> None:
    statement, code = ENDINGS[name]
    script = bench.write(
        "app.py",
        f"""
        import os, threading

        def step(n): return n

        def in_thread():
            for n in range(5000): step(n)

        thread = threading.Thread(target=in_thread)
        thread.start()
        thread.join()
        for n in range(5000): step(n)
        {statement}
        """,
    )
    assert bench.observed(script).code == code
    recorded = bench.recorded()
    assert recorded.calls("step") == 10_000
    assert integrity(bench) == "ok"


def integrity(bench: Bench) -> str:
    """What SQLite says of the only session file."""
    (file,) = bench.session_files()
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute("PRAGMA integrity_check").fetchone()[0]


WAITING = """
    import os, sys
    def step(n): return n
    for n in range(1234): step(n)
    print("ready", os.getpid(), flush=True)
    sys.stdin.readline()
    for n in range(1000): step(n)
    print("over", flush=True)
    """


def test_killing_ghost_and_the_program_loses_nothing(bench: Bench) -> None:
    script = bench.write("app.py", WAITING)
    with bench.start(GHOST, "run", script, stdin=-1) as process:
        pid = int(process.stdout.readline().split()[1])
        process.kill()
        os.kill(pid, signal.SIGKILL)
        process.communicate()
    sessions = bench.ghost("sessions", "--format", "json")
    assert sessions.code == 0, sessions.stderr
    assert "killed" in sessions.stdout
    assert bench.recorded().calls("step") == 1234
    assert integrity(bench) == "ok"
    assert list((bench.data / "runs").iterdir()) == []


def test_a_program_whose_ghost_was_killed_runs_on_and_is_recorded(bench: Bench) -> None:
    script = bench.write("app.py", WAITING)
    with bench.start(GHOST, "run", script, stdin=-1) as process:
        process.stdout.readline()
        process.kill()
        process.wait()
        assert bench.ghost("sessions").code == 0
        assert bench.recorded().calls("step") >= 1234
        process.stdin.write(b"\n")
        process.stdin.close()
        assert process.stdout.readline() == b"over\n"
        # The pipe closes when the program is gone.
        assert process.stdout.read() == b""
    assert folded_to_the_end(bench).code == 0
    assert bench.recorded().calls("step") == 2234


def folded_to_the_end(bench: Bench) -> Finished:
    """Lists sessions until no run is left to fold: the program may still be on its way out."""
    finished = bench.ghost("sessions")
    while any((bench.data / "runs").iterdir()):
        finished = bench.ghost("sessions")
    return finished


def test_folding_again_changes_nothing(bench: Bench) -> None:
    script = bench.write("app.py", WAITING)
    assert bench.observed(script, stdin=b"\n").code == 0
    first = bench.ghost("export", "latest").stdout
    for _ in range(3):
        assert bench.ghost("sessions").code == 0
    assert bench.ghost("export", "latest").stdout == first


def test_a_session_file_removed_while_running_is_written_anew(bench: Bench) -> None:
    script = bench.write("app.py", WAITING)
    with bench.start(GHOST, "run", script, stdin=-1) as process:
        process.stdout.readline()
        while not bench.session_files():
            os.sched_yield()
        for file in (bench.data / "sessions").iterdir():
            file.unlink()
        _, stderr = process.communicate(b"\n", timeout=60)
    assert process.returncode == 0, stderr
    assert bench.recorded().calls("step") == 2234
