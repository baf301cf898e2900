"""Every Python process of a run is observed into one session, each counted from zero."""

from __future__ import annotations

import http.client
import signal
import socket
import sys

import pytest

from conftest import GHOST, Bench
from recorded import Recorded


def pids(recorded: Recorded) -> int:
    """Processes of a session."""
    return len(recorded.processes)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_four_workers_sum_exactly(bench: Bench, method: str) -> None:
    script = bench.write(
        "app.py",
        f"""
        import multiprocessing

        def unit(n):
            return n * 2

        def job(count):
            return sum(unit(n) for n in range(count))

        if __name__ == "__main__":
            context = multiprocessing.get_context({method!r})
            workers = [context.Process(target=job, args=(10_000 * k,)) for k in (1, 2, 3, 4)]
            [worker.start() for worker in workers]
            [worker.join() for worker in workers]
            unit(0)
        """,
    )
    recorded = bench.record(script)
    assert recorded.calls("unit") == 100_001
    assert recorded.calls("job") == 4
    assert pids(recorded) >= 5


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_a_pool_that_replaces_its_workers_sums_exactly(bench: Bench, method: str) -> None:
    script = bench.write(
        "app.py",
        f"""
        import multiprocessing

        def unit(n):
            return n

        if __name__ == "__main__":
            with multiprocessing.get_context({method!r}).Pool(2, maxtasksperchild=5) as pool:
                pool.map(unit, range(40), chunksize=1)
                pool.close()
                pool.join()
        """,
    )
    assert bench.record(script).calls("unit") == 40


def test_a_forked_child_starts_from_zero(bench: Bench) -> None:
    script = bench.write(
        "app.py",
        """
        import os

        def before(): pass
        def child(): pass
        def after(): pass

        for _ in range(1000): before()
        if os.fork() == 0:
            for _ in range(10): child()
            os._exit(0)
        os.wait()
        for _ in range(100): after()
        """,
    )
    recorded = bench.record(script)
    assert (recorded.calls("before"), recorded.calls("child"), recorded.calls("after")) == (
        1000,
        10,
        100,
    )
    assert pids(recorded) == 2


def test_a_fork_inside_deep_calls_and_threads_counts_both_sides(bench: Bench) -> None:
    script = bench.write(
        "app.py",
        """
        import os, threading

        def spin(stop):
            while not stop.is_set(): step()
        def step(): pass
        def leaf(): pass

        def deep(n):
            if n:
                return deep(n - 1)
            children = []
            for _ in range(20):
                pid = os.fork()
                if pid == 0:
                    leaf()
                    return True
                children.append(pid)
            for pid in children:
                assert os.waitpid(pid, 0)[1] == 0
            return False

        stop = threading.Event()
        thread = threading.Thread(target=spin, args=(stop,), daemon=True)
        thread.start()
        if deep(50):
            os._exit(0)
        stop.set()
        thread.join()
        """,
    )
    recorded = bench.record(script)
    assert recorded.calls("leaf") == 20
    assert recorded.calls("deep") == 51
    assert pids(recorded) == 21


def test_a_child_outlived_by_its_own_child_is_complete(bench: Bench) -> None:
    script = bench.write(
        "app.py",
        """
        import os

        def work(): pass

        read, write = os.pipe()
        if os.fork() == 0:
            if os.fork() == 0:
                for _ in range(30): work()
                os.write(write, b"x")
                os._exit(0)
            for _ in range(200): work()
            os._exit(0)
        os.wait()
        os.read(read, 1)
        work()
        """,
    )
    assert bench.record(script).calls("work") == 231


def test_subprocesses_of_the_interpreter_join_the_session(bench: Bench) -> None:
    bench.write(
        "tool.py", "import sys\ndef step(): pass\nfor _ in range(int(sys.argv[1])): step()\n"
    )
    script = bench.write(
        "app.py",
        """
        import os, subprocess, sys
        for n in (10, 20, 30):
            subprocess.run([sys.executable, "tool.py", str(n)], check=True)
        subprocess.run(f"{sys.executable} tool.py 40", shell=True, check=True)
        os.waitpid(os.posix_spawn(sys.executable, [sys.executable, "tool.py", "50"], os.environ), 0)
        """,
    )
    recorded = bench.record(script)
    assert recorded.calls("step") == 150
    assert pids(recorded) == 6


def test_a_child_with_an_emptied_environment_is_left_alone(bench: Bench) -> None:
    script = bench.write(
        "app.py",
        "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'print(1)'], env={}, check=True)\n",
    )
    assert pids(bench.record(script)) == 1


def test_exec_keeps_what_was_counted_before(bench: Bench) -> None:
    script = bench.write(
        "app.py",
        """
        import os, sys

        def step(): pass

        left = int(sys.argv[1])
        for _ in range(10 ** left): step()
        if left:
            os.execv(sys.executable, [sys.executable, __file__, str(left - 1)])
        """,
    )
    recorded = bench.record(script, "3")
    assert recorded.calls("step") == 1111
    assert pids(recorded) == 4
    assert len({process["pid"] for process in recorded.processes}) == 1


def test_fork_without_exec_in_c_does_not_disturb_the_parent(bench: Bench) -> None:
    """A raw `fork(2)` runs none of Python's fork hooks: the child must not write to our ledger."""
    script = bench.write(
        "app.py",
        """
        import ctypes, os

        def step(): pass

        for _ in range(100): step()
        pid = ctypes.CDLL(None).fork()
        if pid == 0:
            for _ in range(1000): step()
            os._exit(0)
        os.waitpid(pid, 0)
        for _ in range(100): step()
        """,
    )
    calls = bench.record(script).calls("step")
    assert calls in (200, 1200), (
        "the parent's calls, with or without the child's, and nothing between"
    )


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def answer(port: int, path: str = "/") -> str:
    """The body of a page, asked for until somebody listens."""
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            connection.request("GET", path, headers={"Connection": "close"})
            return connection.getresponse().read().decode()
        except (ConnectionRefusedError, ConnectionResetError, http.client.RemoteDisconnected):
            continue
        finally:
            connection.close()


WSGI = """
    import os

    def handle(path):
        return f"{os.getpid()}".encode()

    def app(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [handle(environ["PATH_INFO"])]
    """
ASGI = """
    import os

    def handle(path):
        return f"{os.getpid()}".encode()

    async def app(scope, receive, send):
        if scope["type"] != "http":
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": handle(scope["path"])})
    """


def test_gunicorn_workers_are_observed(bench: Bench) -> None:
    bench.write("served.py", WSGI)
    port = free_port()
    command = (GHOST, "run", "gunicorn", "-w", "2", "-b", f"127.0.0.1:{port}", "served:app")
    with bench.start(*command, start_new_session=True) as process:
        workers = {answer(port) for _ in range(30)}
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 0
    recorded = bench.recorded()
    assert recorded.calls("handle") == 30
    assert workers <= {str(process["pid"]) for process in recorded.processes}
    assert pids(recorded) >= 3


@pytest.mark.parametrize("options", [["--workers", "2"], ["--reload"]], ids=["workers", "reload"])
def test_uvicorn_children_are_observed(bench: Bench, options: list[str]) -> None:
    bench.write("served.py", ASGI)
    port = free_port()
    command = (GHOST, "run", "-m", "uvicorn", "--port", port, *options, "served:app")
    with bench.start(*command, start_new_session=True) as process:
        workers = {answer(port) for _ in range(20)}
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    recorded = bench.recorded()
    assert recorded.calls("handle") == 20
    assert workers <= {str(process["pid"]) for process in recorded.processes}


def test_a_shell_as_target_has_its_python_children_observed(bench: Bench) -> None:
    bench.write("tool.py", "def step(): pass\nfor _ in range(5): step()\n")
    recorded = bench.record("sh", "-c", f"{sys.executable} tool.py; {sys.executable} tool.py")
    assert recorded.calls("step") == 10
    assert pids(recorded) == 2


def test_a_daemon_that_outlives_the_run_is_folded_later(bench: Bench) -> None:
    bench.write(
        "daemon.py",
        "import sys\ndef step(): pass\nsys.stdin.readline()\nfor _ in range(70): step()\n",
    )
    script = bench.write(
        "app.py",
        """
        import glob, os, subprocess, sys, time
        child = subprocess.Popen([sys.executable, "daemon.py"], stdin=subprocess.PIPE, start_new_session=True,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # One that begins after the end of the run belongs to none.
        while not glob.glob(f"{os.environ['GHOST_RUN']}/{child.pid}-*.ledger"):
            time.sleep(0.01)
        os.mkfifo("gate")
        # The pipe to the daemon lives on in a process of its own that waits for the gate to open.
        if os.fork() == 0:
            os.closerange(0, 3)
            open("gate").read()
            child.stdin.write(b"go\\n")
            child.stdin.flush()
            os._exit(0)
        os._exit(0)
        """,
    )
    finished = bench.observed(script)
    assert finished.code == 0, finished.stderr
    assert bench.recorded().calls("step") == 0
    (bench.work / "gate").write_text("open")
    (run_folder,) = (bench.data / "runs").iterdir()
    while run_folder.exists():
        assert bench.ghost("sessions").code == 0
    assert bench.recorded().calls("step") == 70
