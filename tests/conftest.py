"""Fixtures: a fresh folder for a program, and ways to run it with and without `ghost`.

Both ways start from the same nearly empty environment, so that nothing of the machine the tests run
on can make a difference between them.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from recorded import Recorded

# Whoever runs the tests may ignore signals (`nohup` does); programs in tests begin as usual.
for _number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, signal.SIG_DFL)

SCRIPTS = Path(sys.executable).parent
GHOST = SCRIPTS / "ghost"
# The name by which `ghost run` starts the interpreter, which programs can see.
PYTHON = SCRIPTS / "python3"
pytest_plugins = ["peers.fixtures"]
OUR_LINES = re.compile(r"^ghost: .*\n", re.MULTILINE)
TIMEOUT_S = 120


@dataclass
class Finished:
    """A program that ended: what it printed and how."""

    code: int
    stdout: str
    stderr: str

    @property
    def own_stderr(self) -> str:
        """What the program itself wrote to stderr, without our lines."""
        return OUR_LINES.sub("", self.stderr)

    @property
    def ghost_lines(self) -> list[str]:
        """What `ghost run` said."""
        return [line for line in self.stderr.splitlines() if line.startswith("ghost: ")]


@dataclass
class Bench:
    """A folder with a program in it, and a data folder beside it."""

    root: Path
    variables: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.work = self.root / "work"
        self.home = self.root / "home"
        self.data = self.root / "data"
        self.work.mkdir()
        self.home.mkdir()

    @property
    def environment(self) -> dict[str, str]:
        """What every run starts with."""
        return {
            "PATH": f"{SCRIPTS}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            "GHOST_DATA_DIR": str(self.data),
            **self.variables,
        }

    def write(self, name: str, text: str) -> Path:
        """Writes a file of the program."""
        path = self.work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip("\n"))
        return path

    def start(self, *command: object, **options: object) -> subprocess.Popen:
        """Starts a command in the work folder with captured output."""
        options = {
            "cwd": self.work,
            "env": self.environment,
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
        } | options
        return subprocess.Popen([str(word) for word in command], **options)

    def run(self, *command: object, stdin: bytes = b"", **options: object) -> Finished:
        """Runs a command to its end."""
        with self.start(*command, stdin=subprocess.PIPE, **options) as process:
            try:
                stdout, stderr = process.communicate(stdin, timeout=TIMEOUT_S)
            except BaseException:
                process.kill()
                raise
        return Finished(process.returncode, as_text(stdout), as_text(stderr))

    def plain(self, *arguments: object, **options: object) -> Finished:
        """Runs the interpreter without `ghost`."""
        return self.run(PYTHON, *arguments, **options)

    def observed(self, *arguments: object, **options: object) -> Finished:
        """`ghost run …`."""
        return self.run(GHOST, "run", *arguments, **options)

    def ghost(self, *arguments: object, **options: object) -> Finished:
        """Any `ghost` command."""
        return self.run(GHOST, *arguments, **options)

    def recorded(self, session: str = "latest") -> Recorded:
        """What a session holds, as `ghost export` gives it."""
        export = self.ghost("export", session, "--format", "json")
        assert export.code == 0, export.stderr
        return Recorded.parse(export.stdout)

    def record(self, *arguments: object, **options: object) -> Recorded:
        """Runs a program under `ghost`, expects it to end well, and gives what was recorded."""
        finished = self.observed(*arguments, **options)
        assert finished.code == 0, finished.stderr
        return self.recorded()

    def session_files(self) -> list[Path]:
        """Session databases, oldest first."""
        return sorted((self.data / "sessions").glob("*.db"))


def as_text(output: bytes | None) -> str:
    """Output as text; bytes that are no UTF-8 stay distinguishable."""
    return (output or b"").decode("utf-8", "surrogateescape")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Which random programs to run: 300 are enough to meet every shape in every surrounding."""
    parser.addoption("--oracle-first", type=int, default=0, help="first seed of random programs")
    parser.addoption("--oracle-seeds", type=int, default=300, help="how many random programs")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A folder, an environment and a data folder of this test's own."""
    return Bench(tmp_path.resolve())


@pytest.fixture(scope="session", autouse=True)
def ghost_is_installed() -> None:
    """Without the product no test here means anything."""
    if not GHOST.exists():
        pytest.exit(f"no `ghost` beside {sys.executable}: install the package there first", 3)


@pytest.fixture
def is_root() -> bool:
    """Whether permissions bind us."""
    return os.geteuid() == 0
