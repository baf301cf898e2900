"""No value of the program reaches the data folder, in whatever clothing, at any time."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from canary import disguises, leaks
from conftest import GHOST, Bench

PROGRAM = """
    import collections, functools, json, logging, os, sys

    CANARY = os.environ["CANARY"]
    assert sys.argv[1] == CANARY

    class Holder:
        def __init__(self, value):
            self.value = value
        def __repr__(self):
            return self.value
        def __str__(self):
            return self.value

    def argument(value): return value
    def keyword(*args, **kwargs): return kwargs
    def returned(): return CANARY
    def message(): raise ValueError(CANARY)
    def key(): return {CANARY: {CANARY: [CANARY]}}
    def local():
        secret = CANARY * 2
        other = secret[:len(CANARY)]
        return len(other)
    def generated():
        received = yield CANARY
        yield received
    def default(value=CANARY, *, named=CANARY): return value
    def file_content():
        with open("content.txt") as file:
            return file.read()
    @functools.lru_cache
    def cached(value): return value
    def holder(value): return Holder(value)

    def everything():
        argument(CANARY); argument(CANARY.encode()); argument(bytearray(CANARY.encode()))
        keyword(CANARY, **{CANARY: 1}); returned(); key(); local(); default(); cached(CANARY)
        argument(Holder(CANARY)); holder(CANARY); argument(collections.Counter([CANARY]))
        stream = generated(); next(stream); stream.send(CANARY)
        assert file_content() == CANARY
        try:
            message()
        except ValueError as error:
            error.add_note(CANARY)
            logging.getLogger(CANARY).debug(CANARY)
        try:
            raise KeyError(Holder(CANARY))
        except KeyError:
            pass

    everything()
    print("ready", flush=True)
    sys.stdin.readline()
    everything()
    message()
    """


@pytest.fixture
def canary() -> str:
    """A word that stands nowhere by chance, mixed case, letters and digits only."""
    return "Zq" + secrets.token_hex(14) + "Wx"


@pytest.mark.parametrize(
    "options", [(), ("--events", "all"), ("--scope", "all")], ids=["default", "events", "all"]
)
def test_no_value_is_found_in_the_data_folder(
    bench: Bench, canary: str, options: tuple[str, ...]
) -> None:
    bench.variables["CANARY"] = canary
    (bench.work / "content.txt").write_text(canary)
    script = bench.write("app.py", PROGRAM)
    with bench.start(GHOST, "run", *options, script, canary, stdin=-1) as process:
        assert process.stdout.readline() == b"ready\n"
        assert list(bench.data.rglob("*.ledger")), "nothing is being written yet"
        assert leaks(bench.data, canary) == []
        _, stderr = process.communicate(b"\n", timeout=60)
    assert process.returncode == 1
    assert leaks(bench.data, canary) == []
    ours = [line for line in stderr.decode().splitlines() if line.startswith("ghost: ")]
    assert not any(canary in line for line in ours)
    for command in (("report",), ("sessions",), ("export",)):
        assert canary not in bench.ghost(*command).stdout


def test_code_given_on_the_command_line_is_not_kept(bench: Bench, canary: str) -> None:
    code = f"secret = '{canary}'\ndef f(x): return x\nf(secret)\n"
    assert bench.observed("-c", code, canary).code == 0
    assert leaks(bench.data, canary) == []


def test_a_program_on_standard_input_is_not_kept(bench: Bench, canary: str) -> None:
    assert (
        bench.observed("-", canary, stdin=f"def f(x): return x\nf('{canary}')\n".encode()).code == 0
    )
    assert leaks(bench.data, canary) == []


def test_a_killed_program_leaves_no_value(bench: Bench, canary: str) -> None:
    bench.variables["CANARY"] = canary
    code = f"import os\ndef f(x): os.kill(os.getpid(), 9)\nf('{canary}')\n"
    script = bench.write("app.py", code)
    assert bench.observed(script, canary).code == 137
    assert leaks(bench.data, canary) == []


def test_the_search_finds_every_disguise(tmp_path: Path, canary: str) -> None:
    for number, form in enumerate(disguises(canary).values()):
        (tmp_path / f"file{number}").write_bytes(b"before" + form + b"after")
    (tmp_path / canary).touch()
    found = leaks(tmp_path, canary)
    assert {line.partition(": ")[2] for line in found} == set(disguises(canary))
    assert any(line.startswith(canary) for line in found)


def test_the_data_folder_is_private(bench: Bench) -> None:
    script = bench.write("app.py", "print('ready', flush=True)\ninput()\n")
    with bench.start(GHOST, "run", script, stdin=-1, umask=0) as process:
        process.stdout.readline()
        during = modes(bench.data)
        process.communicate(b"\n", timeout=60)
    assert any(name.endswith(".ledger") for name in during)
    for name, mode in {**during, **modes(bench.data)}.items():
        assert mode in (0o700, 0o600), f"{name} has mode {mode:o}"


def modes(folder: Path) -> dict[str, int]:
    """Permissions of a folder and of everything below it."""
    paths = [folder, *folder.rglob("*")]
    return {str(path): path.stat().st_mode & 0o777 for path in paths if path.exists()}
