"""Bad input: one clear line naming the thing, a documented exit code, and the program still runs
wherever it could have run without us."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from conftest import GHOST, Bench, Finished

USAGE, FAILURE, NO_DATA = 2, 3, 4


def says_one_thing(finished: Finished, code: int, *names: object) -> None:
    """This exit code, nothing on stdout, one line of ours with these names in it."""
    lines = finished.stderr.splitlines()
    assert finished.code == code, finished.stderr
    assert finished.stdout == ""
    assert len(lines) == 1 and lines[0].startswith("ghost: "), finished.stderr
    for name in names:
        assert str(name) in finished.stderr, finished.stderr


def test_a_missing_script_is_named(bench: Bench) -> None:
    says_one_thing(bench.observed("absent.py"), USAGE, "absent.py")


def test_an_unknown_command_is_named(bench: Bench) -> None:
    says_one_thing(bench.observed("no-such-command-anywhere"), USAGE, "no-such-command-anywhere")


def test_a_folder_without_a_main_is_named(bench: Bench) -> None:
    (bench.work / "folder").mkdir()
    says_one_thing(bench.observed("folder"), USAGE, "folder", "__main__.py")


def test_a_folder_and_a_zip_file_with_a_main_run(bench: Bench) -> None:
    bench.write(
        "folder/__main__.py", "import sys\ndef f(): return 'ran'\nprint(f(), sys.argv[1:])\n"
    )
    shutil.make_archive(str(bench.work / "packed"), "zip", bench.work / "folder")
    for target in ("folder", "packed.zip"):
        finished = bench.observed(target, "x")
        assert (finished.code, finished.stdout) == (0, "ran ['x']\n"), finished.stderr


def test_no_target_is_a_usage_error(bench: Bench) -> None:
    for arguments in ((), ("--quiet",), ("-m",), ("-c",)):
        finished = bench.observed(*arguments)
        assert (finished.code, finished.stdout) == (USAGE, ""), arguments
        assert finished.stderr


def test_a_syntax_error_is_pythons_own(bench: Bench) -> None:
    script = bench.write("app.py", "def f(:\n    pass\n")
    plain, within = bench.plain(script), bench.observed(script)
    assert (within.code, within.stdout, within.own_stderr) == (1, "", plain.stderr)


def bound_by_permissions() -> tuple[str, ...]:
    """A prefix under which file permissions hold for root too; nothing for anybody else."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("root needs `setpriv` to be bound by permissions")
    without = "-dac_override,-dac_read_search"
    return ("setpriv", f"--bounding-set={without}", f"--inh-caps={without}")


def test_an_unreadable_script_is_named(bench: Bench) -> None:
    prefix = bound_by_permissions()
    script = bench.write("app.py", "print(1)\n")
    script.chmod(0)
    says_one_thing(bench.run(*prefix, GHOST, "run", script), USAGE, "app.py")


def test_a_read_only_data_folder_lets_the_program_run(bench: Bench) -> None:
    prefix = bound_by_permissions()
    script = bench.write("app.py", "print('ran')\nraise SystemExit(5)\n")
    bench.data.mkdir(mode=0o555)
    finished = bench.run(*prefix, GHOST, "run", script)
    assert (finished.code, finished.stdout, finished.own_stderr) == (5, "ran\n", "")
    assert any(str(bench.data) in line for line in finished.ghost_lines), finished.stderr


BAD_FOLDERS = {
    "a file": lambda path: path.write_text("in the way"),
    "below a file": lambda path: path.parent.joinpath("blocked").write_text(""),
    "a pipe": os.mkfifo,
    "a dangling link": lambda path: path.symlink_to("nowhere/at/all"),
}


@pytest.mark.parametrize("name", BAD_FOLDERS)
def test_an_unusable_data_folder_lets_the_program_run(bench: Bench, name: str) -> None:
    BAD_FOLDERS[name](bench.data)
    if name == "below a file":
        bench.variables["GHOST_DATA_DIR"] = str(bench.data.parent / "blocked" / "data")
    finished = bench.observed("-c", "print('ran'); raise SystemExit(5)")
    assert (finished.code, finished.stdout, finished.own_stderr) == (5, "ran\n", "")
    assert len(finished.ghost_lines) >= 1


def test_without_a_home_the_program_runs(bench: Bench) -> None:
    environment = {
        k: v for k, v in bench.environment.items() if k not in ("HOME", "GHOST_DATA_DIR")
    }
    finished = bench.observed("-c", "print('ran')", env=environment, cwd=bench.work)
    assert (finished.code, finished.stdout) == (0, "ran\n")


@pytest.fixture(params=["64k", "512k", "2m"])
def small_disk(bench: Bench, request: pytest.FixtureRequest):
    """A data folder with little room."""
    bench.data.mkdir(mode=0o700)
    mount = [
        "mount",
        "-t",
        "tmpfs",
        "-o",
        f"size={request.param},mode=0700",
        "tmpfs",
        str(bench.data),
    ]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("needs to mount a small tmpfs")
    yield bench.data
    subprocess.run(["umount", str(bench.data)], check=True)


MANY = """
    def make(n):
        space = {}
        exec(compile(f"def f{n}(x): return x", __file__, "exec"), space)
        return space[f"f{n}"]
    kept = [make(n) for n in range(3000)]
    for f in kept:
        f(1)
    print("ran")
    raise SystemExit(5)
    """


def test_a_full_data_folder_lets_the_program_run(bench: Bench, small_disk: Path) -> None:
    filler = small_disk / "filler"
    with filler.open("wb", buffering=0) as file, pytest.raises(OSError):
        while True:
            file.write(bytes(512))
    finished = bench.observed("-c", "print('ran'); raise SystemExit(5)")
    assert (finished.code, finished.stdout, finished.own_stderr) == (5, "ran\n", "")
    assert finished.ghost_lines


def test_a_data_folder_that_fills_up_lets_the_program_run(bench: Bench, small_disk: Path) -> None:
    finished = bench.observed(bench.write("app.py", MANY))
    assert (finished.code, finished.stdout, finished.own_stderr) == (5, "ran\n", ""), (
        finished.stderr
    )


@pytest.fixture
def recorded_bench(bench: Bench) -> Bench:
    """A data folder with one good session."""
    assert bench.observed("-c", "def f(): pass\nf()").code == 0
    return bench


READERS = [("report",), ("export",)]


@pytest.mark.parametrize("command", READERS)
def test_without_any_session_one_line_helps(bench: Bench, command: tuple[str]) -> None:
    says_one_thing(bench.ghost(*command), NO_DATA, "ghost run")


def test_sessions_without_any_session_is_no_data(bench: Bench) -> None:
    says_one_thing(bench.ghost("sessions"), NO_DATA, "ghost run")


@pytest.mark.parametrize("command", READERS)
@pytest.mark.parametrize(
    "unknown", ["999-00000000", "zzz", "../../etc/passwd", "%", "'; DROP TABLE x", ""]
)
def test_an_unknown_session_is_named(
    recorded_bench: Bench, command: tuple[str], unknown: str
) -> None:
    says_one_thing(recorded_bench.ghost(*command, unknown or "''"), NO_DATA, unknown)


@pytest.mark.parametrize("command", READERS)
def test_an_ambiguous_prefix_lists_the_candidates(
    recorded_bench: Bench, command: tuple[str]
) -> None:
    (first,) = recorded_bench.session_files()
    second = first.with_name(first.stem[:-1] + ("0" if first.stem[-1] != "0" else "1") + ".db")
    shutil.copy(first, second)
    says_one_thing(recorded_bench.ghost(*command, first.stem[:-1]), USAGE, first.stem, second.stem)
    assert recorded_bench.ghost(*command, first.stem).code == 0


def spoil(file: Path, how: str) -> None:
    """Makes a session file unreadable in one of several ways."""
    content = file.read_bytes()
    if how == "empty":
        file.write_bytes(b"")
    elif how == "text":
        file.write_text("this was never a database, and is long enough to have had a header" * 20)
    elif how == "truncated":
        file.write_bytes(content[: len(content) // 2 + 17])
    elif how == "zeroed":
        file.write_bytes(content[:4096] + bytes(len(content) - 4096))
    elif how == "foreign":
        file.unlink()
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("CREATE TABLE other (a)")
            connection.commit()


@pytest.mark.parametrize("command", READERS)
@pytest.mark.parametrize("how", ["empty", "text", "truncated", "zeroed", "foreign"])
def test_a_broken_session_file_is_named(
    recorded_bench: Bench, command: tuple[str], how: str
) -> None:
    (file,) = recorded_bench.session_files()
    spoil(file, how)
    says_one_thing(recorded_bench.ghost(*command, file.stem), FAILURE, file.stem)


@pytest.mark.parametrize("command", READERS)
def test_a_newer_session_file_is_refused_and_left_alone(
    recorded_bench: Bench, command: tuple[str]
) -> None:
    (file,) = recorded_bench.session_files()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA user_version = 99")
        connection.commit()
    before = file.read_bytes()
    says_one_thing(recorded_bench.ghost(*command), FAILURE, file.stem, "99")
    assert file.read_bytes() == before


def test_one_broken_session_does_not_hide_the_good_ones(recorded_bench: Bench) -> None:
    (good,) = recorded_bench.session_files()
    broken = good.with_name("1-00000000.db")
    broken.write_bytes(b"broken" * 1000)
    listing = recorded_bench.ghost("sessions")
    assert listing.code == 0, listing.stderr
    assert good.stem in listing.stdout and broken.stem in listing.stdout
    assert recorded_bench.ghost("report").code == 0


def test_a_broken_ledger_does_not_lose_the_session(bench: Bench) -> None:
    script = bench.write("app.py", "def f(): pass\nf()\nprint('ready', flush=True)\ninput()\n")
    with bench.start(GHOST, "run", script, stdin=-1) as process:
        process.stdout.readline()
        (run_folder,) = (bench.data / "runs").iterdir()
        (run_folder / "4194305-18e9bb2f7e9f7418.ledger").write_bytes(b"no ledger" * 500)
        _, stderr = process.communicate(b"\n", timeout=60)
    assert process.returncode == 0
    assert b"4194305-18e9bb2f7e9f7418.ledger" in stderr
    assert bench.recorded().calls("f") == 1


def test_a_closed_pipe_is_silent_success(recorded_bench: Bench) -> None:
    command = f"{GHOST} export | head -c 1"
    finished = recorded_bench.run("/bin/bash", "-c", f"set -o pipefail; {command}")
    assert (finished.code, finished.stderr) == (0, "")


def test_an_interpreter_without_the_package_runs_unobserved(bench: Bench) -> None:
    folder = bench.root / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    finished = bench.observed("--python", folder / "bin" / "python", "-c", "print('ran')")
    assert (finished.code, finished.stdout) == (0, "ran\n")
    assert any("ghostglass" in line for line in finished.stderr.splitlines()), finished.stderr


def test_a_wrong_interpreter_is_named(bench: Bench) -> None:
    says_one_thing(
        bench.observed("--python", "/nowhere/python", "-c", "pass"), USAGE, "/nowhere/python"
    )
