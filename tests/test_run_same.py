"""A program under `ghost run` is the same program: output, errors, exit code and files.

Every case runs twice in the same fresh folder, once without and once with `ghost`, from the same
environment. What differs between any two runs (a time, an address) is masked in both.
"""

from __future__ import annotations

import hashlib
import os
import pty
import re
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest

from conftest import PYTHON, SCRIPTS, Bench, Finished

PROGRAMS = Path(__file__).parent / "programs"
EPOCH = 1_700_000_000
MASKS = (
    (re.compile(r"\b\d+(\.\d+)?(e-\d+)? (nsec|usec|msec|sec) per loop"), "T per loop"),
    (re.compile(r"\bin \d+\.\d+s"), "in Ts"),
    (re.compile(r"0x[0-9a-f]{6,}"), "0xADDRESS"),
    (re.compile(r"Thread-\d+ "), "Thread-N "),
    # From 3.15 on a crash report names our extension as loaded, which is true and useful there.
    (re.compile(r"\nExtension modules: ghostglass\._native \(total: 1\)\n"), ""),
)


@dataclass(frozen=True)
class Ending:
    """All that a program leaves behind."""

    code: int
    stdout: str
    stderr: str
    files: dict[str, str]


def lay_out(bench: Bench) -> None:
    """A fresh work folder with every program, all files equally old."""
    shutil.rmtree(bench.work)
    shutil.copytree(PROGRAMS, bench.work)
    for path in bench.work.rglob("*"):
        os.utime(path, (EPOCH, EPOCH))


def ending(bench: Bench, finished: Finished) -> Ending:
    """What is left, masked; a signal's code written as a shell does."""
    code = finished.code if finished.code >= 0 else 128 - finished.code
    return Ending(code, masked(finished.stdout), masked(finished.own_stderr), digests(bench.work))


def masked(text: str) -> str:
    """The text without what differs between any two runs."""
    for pattern, replacement in MASKS:
        text = pattern.sub(replacement, text)
    return text


def digests(folder: Path) -> dict[str, str]:
    """Every file below a folder with a digest of its content."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def both_endings(
    bench: Bench, target: tuple, options: tuple = (), **how: object
) -> tuple[Ending, Ending]:
    """The ending without and with `ghost run`; a command that is no Python script starts as itself."""
    lay_out(bench)
    interpreter = (
        (SCRIPTS / target[0],) if (SCRIPTS / str(target[0])).exists() else (PYTHON, target[0])
    )
    without = ending(bench, bench.run(*interpreter, *target[1:], **how))
    lay_out(bench)
    within = ending(bench, bench.observed(*options, *target, **how))
    return without, within


CASES = {
    "json_tool": ("-m", "json.tool", "--sort-keys", "-"),
    "compileall": ("-m", "compileall", "-f", "."),
    "timeit": ("-m", "timeit", "-n", "5", "-r", "2", "-u", "usec", "sum(range(100))"),
    "unittest": ("-m", "unittest", "-v", "test_sample"),
    "zipfile": ("-m", "zipfile", "-c", "out.zip", "messy.py", "document.rst"),
    "tokenize": ("-m", "tokenize", "messy.py"),
    "ast": ("-m", "ast", "pickled.py"),
    "dis": ("-m", "dis", "messy.py"),
    "pdb": ("-m", "pdb", "arguments.py"),
    "docutils": ("docutils", "--syntax-highlight=short", "document.rst", "document.html"),
    "pytest_of_toolz": ("pytest", "-q", "-n0", "-p", "no:cacheprovider", "--pyargs", "toolz"),
    "pytest_of_failures": ("-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", "test_sample.py"),
    "black": ("-m", "black", "--workers=1", "messy.py"),
    "pygments": ("pygmentize", "-f", "html", "-O", "full,linenos=1", "pickled.py"),
    "flask": ("web_flask.py",),
    "fastapi": ("web_fastapi.py",),
    "click": ("command_line.py", "--verbose", "greet", "a", "b", "--count", "2"),
    "click_usage": ("command_line.py", "greet"),
    "rich_and_jinja": ("command_line.py", "table"),
    "sqlite3": ("database.py",),
    "pickle": ("pickled.py",),
    "fork": ("processes.py", "fork"),
    "spawn": ("processes.py", "spawn"),
    "forkserver": ("processes.py", "forkserver"),
    "subprocess": ("nested.py",),
    "execv": ("replaced.py",),
    "doctest": ("documented.py",),
    "argparse_error": ("arguments.py", "--level", "7", "go"),
    "argparse_forwarded": ("arguments.py", "--level", "1", "go", "--", "--quiet", "-c", ""),
    "traceback": ("failing.py",),
    "endings": ("endings.py",),
    "introspection_of_a_script": ("introspection.py", "one", "--two", "", "ü"),
    "introspection_of_a_module": ("-m", "introspection", "one", "--quiet"),
    "introspection_of_code": (
        "-c",
        "import sys, __main__\nprint(sys.argv, sys.path, sys.orig_argv, vars(__main__))",
        "--x",
    ),
    "sys_exit_text": ("-c", "import sys; sys.exit('the reason')"),
    "sys_exit_number": ("-c", "import sys; sys.exit(300)"),
    "syntax_error": ("-c", "def broken(:\n  pass"),
    "standard_input": ("-c", "import sys; print(sys.stdin.read()[::-1], end='')"),
    "program_on_standard_input": ("-",),
    "binary_output": ("-c", "import sys; sys.stdout.buffer.write(bytes(range(9, 256)))"),
    "surrogate_names": (
        "-c",
        "import sys; print(ascii(sys.argv))",
        b"\xff\xfe".decode("utf-8", "surrogateescape"),
    ),
    "os_exit": ("-c", "import os; print('kept', flush=True); os._exit(7)"),
    "sigterm": ("-c", "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"),
    "sigkill": ("-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"),
    "sigint": (
        "-c",
        "import os, signal\ndef f():\n    os.kill(os.getpid(), signal.SIGINT)\n    while True: pass\nf()",
    ),
    "faulthandler": ("-X", "faulthandler", "-c", "import os; os.abort()"),
    "segmentation_fault": (
        "-c",
        "import ctypes, faulthandler; faulthandler.enable(); ctypes.string_at(0)",
    ),
    "recursion_error": (
        "-c",
        "def f(n): return f(n + 1)\ntry: f(0)\nexcept RecursionError as e: print(e)",
    ),
    "recursion_traceback": ("-c", "def f(n): return f(n + 1)\nf(0)"),
    "memory_error": ("-c", "try: [0] * 10**15\nexcept MemoryError: print('no memory')"),
    "missing_module": ("-m", "no_such_module_anywhere"),
}
INPUTS = {
    "json_tool": b'{"b": [1, 2], "a": {"c": null}}',
    "pdb": b"break 7\ncontinue\nwhere\np parser.prog\nstep\nquit\n",
    "standard_input": b"abc\xc3\xbc",
    "program_on_standard_input": b"import sys\nprint(sys.argv, __name__)\ndef f(n): return n\nprint(f(3))\n",
}
# An interpreter option is not a target: such a program is started as a command of its own.
COMMANDS = {"faulthandler"}


@pytest.mark.parametrize("name", CASES)
def test_the_program_is_the_same(bench: Bench, name: str) -> None:
    target = (PYTHON, *CASES[name]) if name in COMMANDS else CASES[name]
    how = {"stdin": INPUTS.get(name, b"")}
    without, within = both_endings(bench, target, **how)
    assert within == without


@pytest.mark.parametrize(
    "name", ["pytest_of_toolz", "fastapi", "black", "docutils", "fork", "endings", "pdb"]
)
def test_the_program_is_the_same_with_everything_in_scope(bench: Bench, name: str) -> None:
    without, within = both_endings(
        bench, CASES[name], ("--scope", "all"), stdin=INPUTS.get(name, b"")
    )
    assert within == without


def test_the_cases_can_differ(bench: Bench) -> None:
    bench.variables["CASE"] = "1"
    lay_out(bench)
    first = ending(bench, bench.plain("-c", "print(1)"))
    second = ending(bench, bench.plain("-c", "open('new', 'w').close(); print(1)"))
    assert first != second


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1])
def test_a_signal_sent_to_ghost_reaches_the_program_once(
    bench: Bench, number: signal.Signals
) -> None:
    script = bench.write(
        "app.py",
        f"""
        import signal
        received = []
        signal.signal({int(number)}, lambda *_: received.append(1))
        print("ready", flush=True)
        while not received:
            pass
        input()
        print(len(received))
        """,
    )
    with bench.start(SCRIPTS / "ghost", "run", script, stdin=-1) as process:
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(number)
        stdout, stderr = process.communicate(b"\n", timeout=60)
    assert (process.returncode, stdout) == (0, b"1\n"), stderr


def test_an_interrupt_from_the_terminal_gives_one_traceback(bench: Bench) -> None:
    script = bench.write("app.py", "print('ready', flush=True)\nwhile True: pass\n")
    job, terminal = pty.fork()
    if job == 0:
        os.chdir(bench.work)
        os.execve(SCRIPTS / "ghost", ["ghost", "run", str(script)], bench.environment)
    shown = read_terminal(terminal, until=b"ready")
    os.write(terminal, b"\x03")
    shown += read_terminal(terminal)
    _, status = os.waitpid(job, 0)
    assert os.waitstatus_to_exitcode(status) == 130
    assert shown.count(b"KeyboardInterrupt") == 1, shown


def read_terminal(terminal: int, until: bytes | None = None) -> bytes:
    """What a terminal shows, up to some text or until nobody writes to it any more."""
    shown = b""
    while until is None or until not in shown:
        try:
            shown += os.read(terminal, 4096)
        except OSError:
            break
    return shown


def test_quiet_leaves_no_line_of_ours(bench: Bench) -> None:
    finished = bench.observed("--quiet", "-c", "print(1)")
    assert (finished.code, finished.stdout, finished.stderr) == (0, "1\n", "")


def test_ghost_says_one_line_at_the_start_and_one_at_the_end(bench: Bench) -> None:
    finished = bench.observed("-c", "import sys; print('middle', file=sys.stderr)")
    lines = finished.stderr.splitlines()
    assert [line.startswith("ghost: ") for line in lines] == [True, False, True], finished.stderr


def test_children_keep_running_when_output_is_closed(bench: Bench) -> None:
    script = bench.write("app.py", "open('done', 'w').write('yes')\n")
    command = f"exec {SCRIPTS / 'ghost'} run {script} <&- >&- 2>&-"
    assert bench.run("/bin/sh", "-c", command).code == 0
    assert (bench.work / "done").read_text() == "yes"
