"""Run every program in every mode, processes of all cells shuffled together, and collect the numbers.

What the numbers mean and how they are shown is not known here.
"""

import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from modes import GHOST, PLAIN, Interpreter, Mode

PROGRAMS = Path(__file__).with_name("programs")

NEEDS = {"flask_requests": "flask"}
"""Programs that need a distribution."""

PROCESS_SECONDS_MAX = 120
"""The slowest cell, Flask under a tracer written in Python, takes less than a tenth of it."""


@dataclass(frozen=True)
class Cell:
    """One program in one mode on one interpreter."""

    release: str
    program: str
    mode: str


@dataclass
class Results:
    """Everything that was measured."""

    numbers: dict[Cell, list[float]] = field(default_factory=lambda: defaultdict(list))
    calls_per_operation: dict[tuple[str, str], float] = field(default_factory=dict)
    """By release and program."""
    start_ms: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    """Wall-clock time of an empty script, by release and mode."""
    start_cpu_ms: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    """CPU time of the same, all processes: what remains comparable on a busy machine."""
    failures: dict[Cell, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """One process to run."""

    interpreter: Interpreter
    mode: Mode
    program: str

    @property
    def cell(self) -> Cell:
        """Return where its number belongs."""
        return Cell(self.interpreter.release, self.program, self.mode.name)


class ProgramError(Exception):
    """A process printed no number."""


class Runner:
    """Runs processes in a folder of their own, with little in their environment."""

    def __init__(self, folder: Path, seconds: float) -> None:
        """Keep sessions and other leavings in `folder`."""
        self.folder = folder
        self.environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
            "GHOST_DATA_DIR": str(folder / "ghost"),
            "GHOST_BENCH_SECONDS": str(seconds),
        }

    def run(self, command: list[str]) -> str:
        """Run a command and return what it printed."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PROCESS_SECONDS_MAX,
            check=False,
        )
        if done.returncode != 0:
            lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
            raise ProgramError(lines[-1])
        return done.stdout

    def number(self, command: list[str]) -> float:
        """Run a command and return the one line of its output that is a number."""
        numbers = [
            number for line in self.run(command).splitlines() if (number := number_in(line)) is not None
        ]
        if len(numbers) != 1:
            raise ProgramError(f"printed {len(numbers)} numbers instead of one")
        return numbers[0]


def number_in(line: str) -> float | None:
    """Read a line that is a number and nothing else."""
    try:
        return float(line)
    except ValueError:
        return None


def programs() -> list[str]:
    """Return the names of all programs, in the order of their files."""
    paths = sorted(PROGRAMS.glob("*.py"))
    return [path.stem for path in paths if "from timing import" in path.read_text(encoding="utf-8")]


def measure(
    interpreters: list[Interpreter], modes: list[Mode], names: list[str], processes: int, seconds: float
) -> Results:
    """Fill all cells, `processes` times."""
    results = Results()
    with tempfile.TemporaryDirectory(prefix="ghost-bench-") as folder:
        runner = Runner(Path(folder), seconds)
        for interpreter in interpreters:
            count_calls(runner, interpreter, names, results)
        jobs = [
            Job(interpreter, mode, name)
            for interpreter in interpreters
            for mode in modes
            if mode.is_available(interpreter)
            for name in names
            if name not in NEEDS or NEEDS[name] in interpreter.installed
        ]
        for index in range(processes):
            due = [job for job in jobs if index < (job.mode.processes_max or processes)]
            run_round(runner, due, results, f"round {index + 1} of {processes}")
            run_empty(runner, interpreters, results)
    return results


def count_calls(runner: Runner, interpreter: Interpreter, names: list[str], results: Results) -> None:
    """Ask every program how many calls an operation is."""
    for name in names:
        if name in NEEDS and NEEDS[name] not in interpreter.installed:
            continue
        command = [str(interpreter.python), str(PROGRAMS / f"{name}.py"), "--count"]
        results.calls_per_operation[interpreter.release, name] = runner.number(command)


def run_round(runner: Runner, jobs: list[Job], results: Results, title: str) -> None:
    """Run one process per cell in a random order, so that a busy minute hits all alike."""
    begin = time.monotonic()
    order = [job for job in jobs if job.cell not in results.failures]
    random.shuffle(order)
    for job in order:
        command = job.mode.command(job.interpreter, PROGRAMS / f"{job.program}.py")
        try:
            results.numbers[job.cell].append(runner.number(command))
        except (ProgramError, subprocess.TimeoutExpired) as error:
            results.failures[job.cell] = str(error)
    print(f"{title}: {len(order)} processes in {time.monotonic() - begin:.0f} s", file=sys.stderr, flush=True)


def run_empty(runner: Runner, interpreters: list[Interpreter], results: Results) -> None:
    """Time an empty script from start to end, in turn with and without us."""
    empty = runner.folder / "empty.py"
    empty.write_text("", encoding="utf-8")
    for interpreter in interpreters * 3:
        for mode in (PLAIN, GHOST):
            key = interpreter.release, mode.name
            begin, begin_cpu = time.perf_counter(), cpu_of_children()
            runner.run(mode.command(interpreter, empty))
            results.start_ms[key].append((time.perf_counter() - begin) * 1e3)
            results.start_cpu_ms[key].append((cpu_of_children() - begin_cpu) * 1e3)


def cpu_of_children() -> float:
    """Return the seconds of CPU time of all children that have ended, and of theirs."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
