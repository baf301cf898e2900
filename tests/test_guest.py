"""What the observer is in the program's own process: nearly nothing, and never in the way.

Programs print facts about their process; the facts are the same with and without `ghost`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from conftest import GHOST, SCRIPTS, Bench
from guest_facts import FACTS


def facts(bench: Bench, program: str, *command: object) -> list:
    """What the program found out, run by this command."""
    text = (
        program.rstrip(" ")
        + '\nimport json as _json\nprint("FACTS", _json.dumps(facts, default=str))\n'
    )
    script = bench.work / "app.py"
    bench.write("app.py", text)
    finished = bench.run(*command, script)
    assert finished.code == 0, finished.stderr
    return json.loads(finished.stdout.rpartition("FACTS")[2])


def dedented(program: str) -> str:
    """A program of the table with the table's indentation removed."""
    lines = program.strip("\n").splitlines()
    return "\n".join(line[8:] for line in lines)


@pytest.mark.parametrize("name", FACTS)
def test_the_facts_are_the_same(bench: Bench, name: str) -> None:
    program = dedented(FACTS[name])
    without = facts(bench, program, sys.executable)
    within = facts(bench, program, GHOST, "run")
    assert isinstance(without, list)
    assert within == without


def test_spoofing_objects_are_observed_but_not_asked(bench: Bench) -> None:
    assert facts(
        bench, dedented(FACTS["spoofing objects"]) + "\nfacts = facts or ['none']", GHOST, "run"
    ) == ["none"]
    recorded = bench.recorded()
    assert recorded.one("take")["arg_type_dist"]["(Spoof, *args, **kwargs)"] == 100
    assert recorded.one("throw")["exc_type_dist"] == {"Failure": 100}


def test_every_observed_program_is_really_observed(bench: Bench) -> None:
    facts(bench, "def f(n): return n\nfacts = [f(1)]", GHOST, "run")
    assert bench.recorded().calls("f") == 1


def test_one_of_our_two_tool_ids_is_taken_and_named(bench: Bench) -> None:
    program = "import sys\nfacts = [sys.monitoring.get_tool(n) for n in (3, 4)]"
    names = facts(bench, program, GHOST, "run")
    assert any(name and "ghost" in name.lower() for name in names), names
    assert facts(bench, program, sys.executable) == [None, None]


def maps_of(program: str) -> str:
    """A program that lists the mapped files whose name has to do with SQLite."""
    listing = "facts = sorted({line.split()[-1] for line in open('/proc/self/maps') if 'sqlite' in line.rpartition('/')[2]})"
    return f"{program}\n{listing}"


@pytest.mark.parametrize(
    "program", ["pass", "import sqlite3; sqlite3.connect(':memory:').execute('SELECT 1')"]
)
def test_no_sqlite_is_mapped_but_pythons_own(bench: Bench, program: str) -> None:
    mapped = facts(bench, maps_of(program), GHOST, "run")
    assert mapped == facts(bench, maps_of(program), sys.executable)
    assert bool(mapped) == ("sqlite3" in program)


def test_the_extension_holds_no_database_network_or_tls_code() -> None:
    (extension,) = Path(sysconfig.get_paths()["platlib"], "ghostglass").glob("_native*.so")
    content = extension.read_bytes()
    assert b"PyInit__native" in content
    for marker in (b"SQLite format 3", b"sqlite3_", b"HTTP/1.1", b"rustls", b"OPENSSL", b"tokio"):
        assert marker not in content, marker


def test_the_extension_is_one_mapped_file_and_one_ledger(bench: Bench) -> None:
    program = (
        "facts = sorted({line.split()[-1] for line in open('/proc/self/maps') if '/' in line})"
    )
    within = set(facts(bench, program, GHOST, "run"))
    ours = within - set(facts(bench, program, sys.executable))
    assert any("_native" in path for path in ours)
    assert any(path.endswith(".ledger") for path in ours)
    strangers = [path for path in ours if "_native" not in path and not path.endswith(".ledger")]
    # The Rust standard library needs the unwinder, which Python may not have loaded yet.
    assert [path for path in strangers if "libgcc_s" not in path] == []


def interpreter_with_all_tool_ids_taken(bench: Bench) -> Path:
    """A virtual environment whose first start-up file takes every id before ours is read."""
    folder = bench.root / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site_packages = folder / "lib" / version / "site-packages"
    take = "import sys; [sys.monitoring.use_tool_id(n, 'taken') for n in range(6) if not sys.monitoring.get_tool(n)]"
    (site_packages / "a.pth").write_text(take + "\n")
    ours = sysconfig.get_paths()["purelib"]
    (site_packages / "b.pth").write_text(f"import site; site.addsitedir({ours!r})\n")
    return folder / "bin" / "python"


def test_with_all_tool_ids_taken_the_program_runs_and_one_line_says_so(bench: Bench) -> None:
    python = interpreter_with_all_tool_ids_taken(bench)
    script = bench.write(
        "app.py", "import sys\nprint([sys.monitoring.get_tool(n) for n in range(6)])\n"
    )
    finished = bench.observed("--python", python, script)
    assert finished.code == 0
    assert finished.stdout == str(["taken"] * 6) + "\n"
    assert finished.own_stderr == ""
    said = [line for line in finished.ghost_lines if "not observing" in line]
    assert len(said) == 1, finished.stderr


def test_one_id_left_is_enough(bench: Bench) -> None:
    python = interpreter_with_all_tool_ids_taken(bench)
    start_up = next((bench.root / "venv").rglob("a.pth"))
    start_up.write_text(
        "import sys; [sys.monitoring.use_tool_id(n, 'taken') for n in {0, 1, 2, 3, 5} if not sys.monitoring.get_tool(n)]\n"
    )
    script = bench.write("app.py", "def f(n): return n\nfor n in range(100): f(n)\n")
    finished = bench.observed("--python", python, script)
    assert finished.code == 0, finished.stderr
    assert bench.recorded().calls("f") == 100


def test_sub_interpreters_are_said_once_to_be_unobserved(bench: Bench) -> None:
    script = bench.write(
        "app.py",
        """
        try:
            import _interpreters
        except ImportError:
            import _xxsubinterpreters as _interpreters
        run = getattr(_interpreters, "exec", None) or _interpreters.run_string
        for _ in range(3):
            other = _interpreters.create()
            run(other, "print('ran', flush=True)")
            _interpreters.destroy(other)
        """,
    )
    finished = bench.observed(script)
    assert (finished.code, finished.stdout) == (0, "ran\n" * 3)
    said = [line for line in finished.ghost_lines if "not observing" in line]
    assert said == ["ghost: not observing: sub-interpreters are not supported"]
    assert list((bench.data / "runs").iterdir()) == []
    assert bench.recorded().calls("<module>") == 1


def test_coverage_measures_the_same(bench: Bench) -> None:
    bench.variables["COVERAGE_CORE"] = "sysmon"
    script = bench.write(
        "app.py",
        "def f(n):\n    if n > 2:\n        return 1\n    return 2\nfor n in range(2): f(n)\n",
    )
    results = []
    for command in ((sys.executable, "-m", "coverage"), (GHOST, "run", SCRIPTS / "coverage")):
        assert bench.run(*command, "run", script).code == 0
        results.append(bench.plain("-m", "coverage", "json", "-q", "-o", "-").stdout)
    files = [json.loads(result)["files"] for result in results]
    assert files[0] == files[1]
    assert files[0]["app.py"]["missing_lines"] == [3]
    assert bench.recorded().calls("f") == 2


@pytest.mark.parametrize(
    "flags", [["-I"], ["-E"], ["-O"], ["-X", "dev"], ["-W", "error"], ["-bb"], ["-X", "importtime"]]
)
def test_interpreter_flags_change_nothing(bench: Bench, flags: list[str]) -> None:
    script = bench.write("app.py", "import sys\ndef f(n): return n\nprint(f(1), sys.flags)\n")
    plain = bench.plain(*flags, script)
    within = bench.observed(sys.executable, *flags, script)
    assert (within.code, within.stdout) == (plain.code, plain.stdout)
    if flags[-1] != "importtime":
        assert within.own_stderr == plain.stderr
    assert bench.recorded().calls("f") == 1


def test_no_site_means_no_observer_and_one_line_says_so(bench: Bench) -> None:
    script = bench.write("app.py", "print('ran')\n")
    finished = bench.observed(sys.executable, "-S", script)
    assert (finished.code, finished.stdout) == (0, "ran\n")
    assert len(finished.ghost_lines) >= 1


def test_exits_with_busy_daemon_threads(bench: Bench) -> None:
    script = bench.write(
        "app.py",
        """
        import sys, threading

        def step(n): return n

        def spin():
            while True: step(1)

        for _ in range(4):
            threading.Thread(target=spin, daemon=True).start()
        for n in range(1000): step(n)
        sys.exit(3)
        """,
    )
    codes = {bench.observed("--quiet", script).code for _ in range(15)}
    assert codes == {3}
