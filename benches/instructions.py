"""`cargo xtask bench --instructions`: our instructions per observed call, against the budget.

callgrind counts repeatably where clocks do not, so this may fail a build on a busy machine. It counts what
our extension executes itself, without the interpreter's share and without what instructions cost: reading
the time stamp counter is one instruction here and a fifth of a call's time elsewhere.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from modes import Interpreter

HERE = Path(__file__).parent
PROGRAM = HERE / "programs" / "fib_once.py"
BUDGET = HERE / "instructions.toml"

OURS = "_native"
"""What the file name of our extension contains, and no other's of this program."""

SHORT, LONG = 15, 22
"""Arguments of fib: the difference of two lengths holds calls only, not the start and the end."""

CALLS = 57_313 - 1_973
"""Calls of the long run less calls of the short one."""

TOLERANCE = 1.05
"""Compilers, patch releases, and the second in which a run begins are worth a few instructions."""


class MeasurementError(Exception):
    """callgrind did not run, or counted nothing of ours."""


def per_call(interpreter: Interpreter) -> float:
    """Count our instructions per call of fib."""
    with tempfile.TemporaryDirectory(prefix="ghost-bench-") as folder:
        counted = [counted_run(interpreter, Path(folder), argument) for argument in (SHORT, LONG)]
    if not counted[0]:
        raise MeasurementError("nothing of ours was executed: is Ghostglass installed there?")
    return (counted[1] - counted[0]) / CALLS


def counted_run(interpreter: Interpreter, folder: Path, argument: int) -> int:
    """Run fib once below valgrind and return the instructions of our extension."""
    out = folder / f"callgrind.{argument}"
    valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"]
    command = [interpreter.script("ghost"), "run", "--quiet", *valgrind]
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(folder), "GHOST_DATA_DIR": str(folder)}
    done = subprocess.run(
        # The current folder is the scope: `ghost` cannot know the script of another command.
        [*command, str(interpreter.python), str(PROGRAM), str(argument)],
        cwd=PROGRAM.parent,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0 or not out.exists():
        raise MeasurementError(f"valgrind failed: {(done.stderr.strip() or 'no output').splitlines()[-1]}")
    return own_instructions(out.read_text(encoding="utf-8"))


def own_instructions(profile: str) -> int:
    """Add up the lines of a callgrind profile that are our extension's own.

    A cost line is `position cost`; the line after `calls=` belongs to the callee and is in its own lines,
    too. Names are written once, as `ob=(3) name`, and then by number.
    """
    names: dict[str, str] = {}
    total, is_ours, is_callee = 0, False, False
    for line in profile.splitlines():
        if line.startswith(("ob=", "cob=")):
            key, _, name = line.partition("=")[2].partition(" ")
            names.setdefault(key, name)
            if line.startswith("ob="):
                is_ours = OURS in Path(names[key]).name
        elif line.startswith("calls="):
            is_callee = True
        elif re.match(r"[\d+*-]", line):
            total += 0 if is_callee or not is_ours else int(line.split()[1])
            is_callee = False
    return total


def verdict(minor: str, measured: float, budget: float | None) -> tuple[bool, str]:
    """Compare; returns whether it passes and the line to print."""
    text = f"{minor}: {measured:.1f} instructions of ours per call of fib"
    if budget is None:
        return True, f"{text}; no budget yet"
    share = measured / budget
    text += f", budget {budget:.0f} ({(share - 1) * 100:+.1f} %)"
    if share > TOLERANCE:
        return False, f"{text}: over budget by more than {(TOLERANCE - 1) * 100:.0f} %"
    return True, f"{text}: lower the budget" if share < 1 / TOLERANCE else text


def main() -> int:
    """Measure each interpreter; 1 if one is over budget."""
    parser = argparse.ArgumentParser(prog="cargo xtask bench --instructions", description=__doc__)
    parser.add_argument("--interpreter", type=Path, action="append", required=True, help="may be repeated")
    paths: list[Path] = parser.parse_args().interpreter
    if shutil.which("valgrind") is None:
        print("skipped: valgrind is not installed")
        return 0
    # Imported late: finding out what an interpreter is starts it.
    from machine import interpreter_at

    budgets = tomllib.loads(BUDGET.read_text(encoding="utf-8"))["fib_call"]
    results: list[bool] = []
    for path in paths:
        interpreter = interpreter_at(path)
        minor = interpreter.release.rpartition(".")[0]
        try:
            passed, text = verdict(minor, per_call(interpreter), budgets.get(minor))
        except MeasurementError as error:
            passed, text = False, f"{minor}: cannot count: {error}"
        print(text, flush=True)
        results.append(passed)
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
