"""What is compared: one line per way to run a program, and what each way records.

A new mode is a new entry of `MODES`; nothing else has to know it. Starts nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

FEW = 3
"""Processes of modes that no goal compares with, or only by a factor of a hundred."""

LAUNCHER = Path(__file__).with_name("launch.py")


@dataclass(frozen=True)
class Interpreter:
    """A Python with Ghostglass and the peers installed."""

    python: Path
    release: str
    build: str
    installed: dict[str, str]
    """Distributions and their versions, names in lower case."""

    def script(self, name: str) -> str:
        """Return the path of a command beside the interpreter."""
        return str(self.python.with_name(name))


Command = Callable[[Interpreter, Path], list[str]]


@dataclass(frozen=True)
class Mode:
    """A way to run a program."""

    name: str
    records: str
    command: Command
    distribution: str | None = None
    """What has to be installed; `None` for what comes with Python."""
    processes_max: int | None = None
    """Fewer processes for a mode that is so far away that its median need not be exact."""

    def is_available(self, interpreter: Interpreter) -> bool:
        """Tell whether the interpreter has it."""
        return self.distribution is None or self.distribution.lower() in interpreter.installed


def ghost(*options: str) -> Command:
    """Run under `ghost run`, as a user would."""

    def command(interpreter: Interpreter, program: Path) -> list[str]:
        words = ["run", "--quiet", *options, "--python", str(interpreter.python)]
        return [interpreter.script("ghost"), *words, str(program)]

    return command


def launched(tool: str) -> Command:
    """Run under a tool of `launch.py`."""
    return lambda interpreter, program: [str(interpreter.python), str(LAUNCHER), tool, str(program)]


def righttyper(interpreter: Interpreter, program: Path) -> list[str]:
    """Run under RightTyper's own command: it instruments what it loads itself."""
    folder = str(program.parent)
    # It does not search the script's folder, as Python does.
    command = ["env", f"PYTHONPATH={folder}", str(interpreter.python), "-m", "righttyper"]
    return [*command, "--srcdir", folder, str(program)]


PLAIN = Mode("plain", "nothing", lambda interpreter, program: [str(interpreter.python), str(program)])
EVERYTHING = (
    "every call: count, signatures of argument types, return type, exceptions by type and handler, "
    "wall-clock histogram, running and self time, callers; survives `kill -9`"
)

GHOST = Mode(
    "ghost",
    EVERYTHING,
    ghost(),
    "ghostglass",
)

MODES = (
    PLAIN,
    GHOST,
    Mode(
        "ghost --budget 2",
        "the same in windows that keep the cost below 2 %: estimates with their standard error; "
        "rare functions and exceptions exactly",
        ghost("--budget", "2"),
        "ghostglass",
    ),
    Mode("cProfile", "count, total and self time, callers; C functions too", launched("cprofile")),
    Mode(
        "viztracer",
        "begin and duration of each call in a ring, C functions too; no types",
        launched("viztracer"),
        "viztracer",
    ),
    Mode(
        "yappi",
        "count, total and self time, callers, per thread",
        launched("yappi"),
        "yappi",
        processes_max=FEW,
    ),
    Mode(
        "empty C hook",
        "nothing: `sys.setprofile` with a C function that ignores its arguments",
        launched("empty-native-hook"),
        processes_max=FEW,
    ),
    Mode(
        "empty Python hook",
        "nothing: `sys.setprofile` with a Python function whose body is `pass`",
        launched("empty-python-hook"),
        processes_max=FEW,
    ),
    Mode(
        "MonkeyType",
        "argument, return and yield types of each call, in a list; no times",
        launched("monkeytype"),
        "monkeytype",
        processes_max=FEW,
    ),
    Mode(
        "RightTyper",
        "types of a sample of the calls, aiming at 5 % of the time",
        righttyper,
        "righttyper",
        processes_max=FEW,
    ),
    Mode(
        "ghost-observer",
        "types, time and exceptions of each call in a list; hooks only, the limit of 50,000 events lifted",
        launched("ghost-observer"),
        "ghost-observer",
        processes_max=FEW,
    ),
)
