"""`ghost probe`: looks into real programs from outside, in all their processes, and leaves no trace."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Self

import pytest

from conftest import GHOST, Bench

WAIT_S = 60

LOOP = """
import threading, time
def place(items, password="hunter2"):
    return len(items) * 2
def work():
    n = 0
    while True:
        place(list(range(n % 7)))
        n += 1
        time.sleep(0.002)
threads = [threading.Thread(target=work, daemon=True) for _ in range(3)]
for thread in threads:
    thread.start()
print("ready", flush=True)
input()
"""


class Running:
    """A program under `ghost run`, until it is told to end."""

    def __init__(self, bench: Bench, text: str, *options: object) -> None:
        self.bench = bench
        script = bench.write("app.py", text)
        command = (GHOST, "run", "--quiet", *options, script)
        self.process = bench.start(*command, stdin=subprocess.PIPE)
        assert self.process.stdout.readline() == b"ready\n", self.process.stderr.read()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        # Its processes first: they hold its output open.
        for path in self.sockets():
            try:
                os.kill(int(path.name.split("-")[0]), signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.kill()
        self.process.communicate(timeout=WAIT_S)

    def end(self) -> tuple[int, bytes, bytes]:
        """Lets the program end by itself."""
        stdout, stderr = self.process.communicate(b"\n", timeout=WAIT_S)
        return self.process.returncode, stdout, stderr

    def sockets(self) -> list[Path]:
        """The control sockets of its processes."""
        return sorted(self.bench.data.glob("runs/*/*.control"))

    def probe(self, *arguments: object) -> str:
        """`ghost probe …`, which must succeed."""
        finished = self.bench.ghost("probe", *arguments)
        assert finished.code == 0, finished.stderr
        return finished.stdout.strip()

    def listed(self) -> list[dict]:
        """The probes in each process."""
        return [json.loads(line) for line in self.probe("list", "--format", "json").splitlines()]

    def until(self, what) -> list[dict]:
        """Waits until the probes are as they should be."""
        deadline = time.monotonic() + WAIT_S
        while not what(listed := self.listed()):
            assert time.monotonic() < deadline, listed
            time.sleep(0.05)
        return listed

    def hits(self) -> list[dict]:
        """What probes saw."""
        lines = self.probe("read", "--format", "json").splitlines()
        return [json.loads(line) for line in lines]


def ask(path: Path, text: bytes, length: int | None = None) -> dict | None:
    """Sends bytes to a socket as if they were a request; gives the answer, if any."""
    folder = os.open(path.parent, os.O_PATH)
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(WAIT_S)
        sock.connect(f"/proc/self/fd/{folder}/{path.name}")
        os.close(folder)
        try:
            sock.sendall(struct.pack(">I", len(text) if length is None else length) + text)
            with sock.makefile("rb") as stream:
                (size,) = struct.unpack(">I", stream.read(4))
                return json.loads(stream.read(size))
        except (ConnectionError, struct.error):
            return None


def request(path: Path, **message: object) -> dict | None:
    """Asks one thing."""
    return ask(path, json.dumps({"version": 1, **message}).encode())


def spec(probe_id: str, target: str, seconds: float = 60.0, **more: object) -> dict:
    """A probe as it is sent."""
    now = time.time_ns()
    return {
        "id": probe_id,
        "target": target,
        "type": "log",
        "event": "return",
        "name": probe_id,
        "created_unix_ns": now,
        "expires_unix_ns": now + int(seconds * 1e9),
        **more,
    }


def test_a_probe_sees_what_it_asked_for_and_no_secrets(bench: Bench) -> None:
    with Running(bench, LOOP) as running:
        value = "[len(items), result, password, args]"
        probe = running.probe("add", "__main__.place", "--value", value)
        running.probe("add", "__main__.place", "--type", "incr", "--name", "counted")
        running.until(lambda listed: all(row["hit_count"] > 5 for row in listed))
        values = [hit["value"] for hit in running.hits() if hit["id"] == probe]
        assert all(value.count("<redacted>") == 1 for value in values)
        assert "[6, 12, <redacted>, [[0, 1, 2, 3, 4, 5]]]" in values
        (numbers,) = [hit["numbers"] for hit in running.hits() if hit["name"] == "counted"]
        assert numbers["count"] == numbers["total"] > 5
        lines = bench.ghost("probe", "hotspots", "__main__.place", "--seconds", "0.3")
        assert "return len(items) * 2" in lines.stdout
        running.probe("rm", "all")
        assert running.listed() == []
        code, stdout, stderr = running.end()
    assert (code, stdout, stderr) == (0, b"", b"")
    assert not list((bench.data / "runs").iterdir())
    assert "hunter2" not in (bench.data / "audit.jsonl").read_text()


def test_what_makes_no_sense_is_refused_with_the_reason(bench: Bench) -> None:
    with Running(bench, LOOP) as running:
        for arguments, reason in [
            (["__main__.nope"], "does not have the attribute 'nope'"),
            (["__main__.place", "--value", "().__class__"], "attributes are not allowed"),
            (["__main__.place", "--value", "open('x')"], "open"),
            (["../app.py:3"], "neither a dotted path"),
            (["time.sleep"], "a C function"),
            (["__main__.place", "--lifespan", "0"], "a lifespan"),
        ]:
            finished = bench.ghost("probe", "add", *arguments)
            assert (finished.code, finished.stdout) == (2, ""), arguments
            assert reason in finished.stderr
            assert len(finished.stderr.splitlines()) == 1
        assert running.listed() == []
    assert bench.ghost("probe", "list").code == 4


def test_limits_hold_though_the_controller_is_dead(bench: Bench) -> None:
    with Running(bench, LOOP) as running:
        running.probe("add", "__main__.place", "--name", "few", "--max-hits", "3")
        running.probe("add", "__main__.place", "--name", "short", "--lifespan", "0.01")
        running.probe("add", "__main__.place", "--name", "wrong", "--value", "nothing")
        listed = running.until(lambda all_: not any(row["state"] == "active" for row in all_))
        found = {row["probe"]["name"]: row for row in listed}
        assert (found["few"]["state"], found["few"]["hit_count"]) == ("expired", 3)
        assert found["short"]["state"] == "expired"
        assert found["wrong"]["state"] == "disabled"
        assert found["wrong"]["error"] == "there is no name `nothing`"


def test_a_busy_function_has_at_most_its_rate(bench: Bench) -> None:
    busy = LOOP.replace("time.sleep(0.002)", "pass")
    with Running(bench, busy) as running:
        running.probe("add", "__main__.place", "--rate", "50/s")
        running.until(lambda listed: listed[0]["dropped_count"] > 100)
        hits = [hit["time_unix_ns"] // 1_000_000_000 for hit in running.hits()]
        assert all(hits.count(second) <= 53 for second in hits)


def test_all_processes_have_the_probe_later_ones_too(bench: Bench) -> None:
    text = """
    import multiprocessing, os, sys, time
    def place(n):
        return n
    def work():
        while True:
            place(os.getpid())
            time.sleep(0.005)
    if __name__ == "__main__":
        context = multiprocessing.get_context("fork")
        workers = [context.Process(target=work, daemon=True)]
        workers[0].start()
        print("ready", flush=True)
        sys.stdin.readline()
        workers.append(context.Process(target=work, daemon=True))
        workers[1].start()
        sys.stdin.readline()
    """
    with Running(bench, text) as running:
        running.probe("add", "__main__.place", "--value", "result")
        running.process.stdin.write(b"\n")
        running.process.stdin.flush()
        listed = running.until(lambda all_: sum(row["hit_count"] > 0 for row in all_) == 2)
        assert len({row["pid"] for row in listed}) == 3
        assert all(str(hit["pid"]) == hit["value"] for hit in running.hits())


def test_a_new_image_picks_up_the_probes_of_its_session(bench: Bench) -> None:
    text = """
    import subprocess, sys
    print("ready", flush=True)
    input()
    subprocess.run([sys.executable, "child.py"], stdin=subprocess.PIPE, check=True)
    input()
    """
    bench.write(
        "child.py",
        "import late\nfor _ in range(5): late.place()\nopen('called', 'w').close()\n"
        "import time\nwhile True: time.sleep(0.1)\n",
    )
    bench.write("late.py", "def place(): pass\n")
    with Running(bench, text) as running:
        running.probe("add", "late.place")
        assert {row["state"] for row in running.listed()} == {"pending"}
        running.process.stdin.write(b"\n")
        running.process.stdin.flush()
        running.until(lambda all_: sorted(row["hit_count"] for row in all_) == [0, 5])


@pytest.mark.parametrize("wait", ["time.sleep(2)", "server.accept()"])
def test_a_program_that_waits_in_c_is_probed_before_its_next_call(bench: Bench, wait: str) -> None:
    text = f"""
    import socket, time
    server = socket.create_server(("127.0.0.1", 0))
    def place():
        return 1
    print("ready", flush=True)
    print(server.getsockname()[1], flush=True)
    {wait}
    for _ in range(3):
        place()
    input()
    """
    with Running(bench, text) as running:
        port = int(running.process.stdout.readline())
        added = bench.ghost("probe", "add", "__main__.place")
        assert added.code == 0
        assert "(waits for the program to execute Python)" in added.stderr
        socket.create_connection(("127.0.0.1", port)).close()
        running.until(lambda listed: listed[0]["hit_count"] == 3)


def test_a_program_that_forks_is_not_warned_of_our_thread(bench: Bench) -> None:
    text = """
    import os, warnings
    warnings.simplefilter("always")
    for _ in range(20):
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)
    print("ready", flush=True)
    input()
    """
    with Running(bench, text) as running:
        running.probe("list")
        assert running.end() == (0, b"", b"")


def test_a_program_that_closes_all_descriptors_goes_on(bench: Bench) -> None:
    text = """
    import os
    os.closerange(3, 2000)
    files = [os.open("/dev/null", os.O_RDONLY) for _ in range(1200)]
    print("ready", flush=True)
    input()
    for file in files:
        os.close(file)
    """
    with Running(bench, text) as running:
        bench.ghost("probe", "list")
        assert running.end() == (0, b"", b"")


def test_bytes_that_are_no_request_change_nothing(bench: Bench) -> None:
    with Running(bench, LOOP) as running:
        (path,) = running.sockets()
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700
        for text in [b"", b"{}", b"\xff\xfe", b"[" * 60_000, b'{"version":1,"request":"fly"}']:
            assert ask(path, text)["reply"] == "refused"
        assert ask(path, b'{"version":9}')["reason"] == "version 9 is not spoken here, 1 is"
        large = ask(path, b"x" * 10_000_000)
        assert large is None or "too long" in large["reason"]
        assert ask(path, b"x", length=50)["reply"] == "refused"
        assert request(path, request="list_probes")["probes"] == []


def test_another_user_is_not_answered(bench: Bench, is_root: bool) -> None:
    if not is_root or shutil.which("setpriv") is None:
        pytest.skip("needs root, who can be somebody else")
    with Running(bench, LOOP) as running:
        (path,) = running.sockets()
        # What the folder keeps out already: as if somebody had opened it to all.
        for folder in [path.parent, *path.parents]:
            if folder.stat().st_mode & 0o005 != 0o005:
                folder.chmod(0o755)
        path.chmod(0o666)
        script = (
            "import socket, sys; s = socket.socket(socket.AF_UNIX); s.settimeout(10)\n"
            "import os; fd = os.open(os.path.dirname(sys.argv[1]), os.O_PATH)\n"
            "s.connect(f'/proc/self/fd/{fd}/' + os.path.basename(sys.argv[1]))\n"
            's.sendall(b\'\\0\\0\\0\\x21\' + b\'{"version":1,"request":"hello"}  \')\n'
            "print(s.recv(100))"
        )
        asked = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/python3"]
        found = bench.run(*asked, "-c", script, path)
        is_cut_off = "BrokenPipe" in found.stderr or "ConnectionReset" in found.stderr
        assert found.stdout == "b''\n" or is_cut_off, found
        assert request(path, request="hello")["reply"] == "hello"


def test_a_policy_forbids_what_it_says(bench: Bench) -> None:
    bench.write(
        "pyproject.toml", '[tool.ghost.probes]\nvalues = "forbid"\ntargets = ["__main__.place"]\n'
    )
    text = LOOP.replace(
        "def work", "import json\ndef other(): pass\nplace.dumps = json.dumps\ndef work"
    )
    with Running(bench, text) as running:
        for arguments, reason in [
            (["__main__.place", "--value", "items"], "forbids values"),
            (["__main__.place", "--condition", "len(items) > 3"], "forbids values"),
            (["__main__.other"], "does not allow target `__main__.other`"),
            (["__main__.place.dumps"], "does not allow target `json.dumps`"),
        ]:
            finished = bench.ghost("probe", "add", *arguments)
            assert finished.code == 2, finished
            assert reason in finished.stderr
        running.probe("add", "__main__.place", "--value", "elapsed")
        running.until(lambda listed: listed[0]["hit_count"] > 0)
    audit = [json.loads(line) for line in (bench.data / "audit.jsonl").read_text().splitlines()]
    assert {line["uid"] for line in audit if "refusal" in line} == {os.getuid()}
    assert (bench.data / "audit.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_run_without_probes_has_no_socket(bench: Bench) -> None:
    bench.write("pyproject.toml", "[tool.ghost.probes]\nenabled = false\n")
    with Running(bench, LOOP) as running:
        assert running.sockets() == []
        assert bench.ghost("probe", "add", "__main__.place").code == 4


def test_a_thousand_changes_while_threads_run(bench: Bench) -> None:
    text = LOOP.replace("time.sleep(0.002)", "assert place.__code__ is CODE and place([1]) == 2")
    text = text.replace("def work", "CODE = place.__code__\ndef work")
    with Running(bench, text) as running:
        (path,) = running.sockets()
        for number in range(500):
            probe = spec(f"p-{number}", "__main__.place", value="result")
            assert request(path, request="add_probe", probe=probe)["reply"] in ("done", "waiting")
            removed = request(path, request="remove_probe", id=f"p-{number}")
            assert removed["reply"] in ("done", "waiting")
        assert request(path, request="list_probes")["probes"] == []
        assert running.end() == (0, b"", b"")


def test_the_server_tells_of_probes(bench: Bench) -> None:
    with Running(bench, LOOP) as running:
        probe = running.probe("add", "__main__.place", "--value", "len(items)")
        running.until(lambda listed: all(row["hit_count"] > 5 for row in listed))
        with bench.start(GHOST, "serve") as server:
            address, _, token = server.stdout.readline().decode().strip().partition("/#token=")
            try:
                request = urllib.request.Request(f"{address}/api/v1/sessions/current/probes")
                request.add_header("Authorization", f"Bearer {token}")
                with urllib.request.urlopen(request, timeout=WAIT_S) as answer:
                    told = json.load(answer)
            finally:
                server.terminate()
        assert (told["process_count"], told["silent_process_count"]) == (1, 0)
        (item,) = told["items"]
        assert (item["id"], item["target"], item["type"]) == (probe, "__main__.place", "log")
        (process,) = item["processes"]
        assert (process["state"], process["hit_count"] > 5) == ("active", True)
        assert item["hits"]
        assert {hit["value"] for hit in item["hits"]} <= set("0123456")
