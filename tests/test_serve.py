"""`ghost serve` and `ghost run --serve` as a user has them: files, other users, death and return."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from conftest import GHOST, TIMEOUT_S, Bench

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = """
import pathlib, sys

def work(number):
    return number + 1

for number in range(1000):
    work(number)
print("ready", flush=True)
sys.stdin.readline()
print("end")
"""
NOBODY = "65534"


class Serving:
    """A server that printed its link."""

    def __init__(self, process: subprocess.Popen, link: str) -> None:
        self.process = process
        self.address, _, self.token = link.partition("/#token=")

    def get(self, path: str, *, token: str | None = None) -> object:
        """What the server answers, as JSON; with its own token if there is no other."""
        headers = {"Authorization": f"Bearer {self.token if token is None else token}"}
        request = urllib.request.Request(self.address + path, headers=headers)
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            return json.load(answer)

    def status(self, path: str, *, token: str) -> int:
        """The status of an answer that is an error."""
        with pytest.raises(urllib.error.HTTPError) as refusal:
            self.get(path, token=token)
        return refusal.value.code


@contextmanager
def serving(bench: Bench, *options: str) -> Iterator[Serving]:
    """`ghost serve`, ended at the end."""
    with bench.start(GHOST, "serve", *options) as process:
        try:
            yield Serving(process, process.stdout.readline().decode().strip())
        finally:
            process.terminate()


def test_a_session_is_served_and_a_killed_server_comes_back(bench: Bench) -> None:
    program = bench.write("program.py", PROGRAM)
    bench.record(program, stdin=b"\n")
    with serving(bench) as first:
        assert first.get("/health", token="") == {"status": "ok"}
        assert first.status("/api/v1/sessions", token="") == 401
        (session,) = first.get("/api/v1/sessions")["items"]
        functions = first.get("/api/v1/sessions/current/functions?q=work")["items"]
        assert [function["call_count"] for function in functions] == [1000]
        first.process.kill()
        assert first.process.wait(TIMEOUT_S) == -signal.SIGKILL
    with serving(bench, session["session_id"]) as second:
        assert second.token != first.token
        assert second.status("/api/v1/sessions", token=first.token) == 401
        assert second.get("/api/v1/sessions")["items"] == [session]
        (announcement,) = (bench.data / "serve").iterdir()
        assert json.loads(announcement.read_text())["pid"] == second.process.pid


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="there is no setpriv")
def test_other_users_can_neither_read_nor_ask(bench: Bench) -> None:
    with TemporaryDirectory() as folder:
        # The data folder itself is open: what lies in it must keep others out.
        Path(folder).chmod(0o755)
        bench.data = Path(folder)
        bench.record(bench.write("program.py", PROGRAM), stdin=b"\n")
        others_are_refused(bench)


def others_are_refused(bench: Bench) -> None:
    """Whoever is not us reads no file of ours and gets no answer."""
    with serving(bench) as server:
        (announcement,) = (bench.data / "serve").iterdir()
        secret = [announcement, *bench.session_files()]
        assert {stat.S_IMODE(path.stat().st_mode) for path in secret} == {0o600}
        for path in secret:
            command = [
                "setpriv",
                "--reuid",
                NOBODY,
                "--regid",
                NOBODY,
                "--clear-groups",
                "cat",
                path,
            ]
            assert subprocess.run(command, capture_output=True, check=False).returncode != 0, path
        for process in (server.process.pid, "self"):
            for part in ("cmdline", "environ"):
                assert server.token.encode() not in Path(f"/proc/{process}/{part}").read_bytes()
        assert server.status("/api/v1/sessions", token="") == 401


def test_a_run_shows_itself_while_it_runs(bench: Bench) -> None:
    program = bench.write("program.py", PROGRAM)
    options = {"stdin": subprocess.PIPE}
    with bench.start(GHOST, "run", "--serve", program, **options) as run:
        said = ""
        while "#token=" not in said:
            line = run.stderr.readline().decode()
            assert line, said
            said += line
        link = said.splitlines()[-1].removeprefix("ghost: dashboard at ")
        server = Serving(run, link)
        assert run.stdout.readline() == b"ready\n"
        seen = []
        # The session file follows the ledger within seconds.
        deadline = time.monotonic() + TIMEOUT_S
        while not seen and time.monotonic() < deadline:
            seen = server.get("/api/v1/sessions/current/functions?q=work")["items"]
            time.sleep(0.05)
        assert seen[0]["call_count"] == 1000
        assert server.get("/api/v1/sessions/current")["is_live"] is True
        # The terminal's Ctrl-C is for the program; ours is a group of its own.
        stdout, stderr = run.communicate(b"\n", timeout=TIMEOUT_S)
    assert (run.returncode, stdout) == (0, b"end\n")
    assert b"` opens it again" in stderr
    with pytest.raises(urllib.error.URLError):
        server.get("/health")


def test_the_program_does_not_notice_that_its_dashboard_died(bench: Bench) -> None:
    program = bench.write("program.py", PROGRAM)
    with bench.start(GHOST, "run", "--serve", program, stdin=subprocess.PIPE) as run:
        while b"#token=" not in run.stderr.readline():
            pass
        (announcement,) = (bench.data / "serve").iterdir()
        os.kill(json.loads(announcement.read_text())["pid"], signal.SIGKILL)
        stdout, _ = run.communicate(b"\n", timeout=TIMEOUT_S)
    assert (run.returncode, stdout) == (0, b"ready\nend\n")
    assert bench.recorded()
