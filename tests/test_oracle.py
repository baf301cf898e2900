"""Random programs: what was recorded equals what two independent observers saw, to the last call.

Each program also counts itself, which checks the observers. Several programs share a process for
speed; each is a case of its own.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from conftest import Bench
from oracle.comparison import (
    SUSPENDABLE,
    Observation,
    differences,
    exception_total_differences,
    from_export,
    of_module,
    self_count_differences,
    with_stable_names,
)
from oracle.program import module_name, program_text, write_batch

BATCH = 12
BATCHES = 4
OBSERVE = Path(__file__).parent / "oracle" / "observe"


@dataclass
class Batch:
    """What everybody says about one batch of programs."""

    self_counts: dict[str, dict[str, int]]
    monitoring: Observation
    setprofile: Observation
    recorded: Observation


@pytest.fixture(scope="session")
def run_batch(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Batch]:
    """Runs a batch the first time it is asked for."""
    return functools.cache(lambda number: observed_batch(tmp_path_factory.mktemp("batch"), number))


@pytest.fixture
def batch(request: pytest.FixtureRequest, run_batch: Callable[[int], Batch]) -> Batch:
    """The batch that a case belongs to."""
    return run_batch(request.param)


def observed_batch(folder: Path, number: int) -> Batch:
    """Runs one batch three times: under each observer, and under `ghost run`."""
    bench = Bench(folder.resolve())
    first = number * BATCH
    main = write_batch(bench.work, range(first, first + BATCH))
    monitoring = slow_observation(bench, "monitoring", main)
    setprofile = slow_observation(bench, "setprofile", main)
    recorded = bench.record(main, "counts.json")
    return Batch(
        self_counts=json.loads((bench.work / "counts.json").read_text()),
        monitoring=monitoring,
        setprofile=setprofile,
        recorded=with_stable_names(from_export(recorded.profiles, monitoring)),
    )


def slow_observation(bench: Bench, kind: str, main: Path) -> Observation:
    """Runs the batch under one of the slow observers."""
    output = bench.root / f"{kind}.json"
    environment = bench.environment | {
        "PYTHONPATH": str(OBSERVE),
        "ORACLE": f"{kind}:{bench.work}:{output}",
    }
    finished = bench.plain(main, "counts.json", env=environment)
    assert finished.code == 0, finished.stderr
    return with_stable_names(json.loads(output.read_text()))


def every_program(test):
    """One case per program, all programs of a batch on one worker."""
    cases = [
        pytest.param(
            number, module_name(seed), id=str(seed), marks=pytest.mark.xdist_group(f"batch{number}")
        )
        for number in range(BATCHES)
        for seed in range(number * BATCH, (number + 1) * BATCH)
    ]
    return pytest.mark.parametrize(("batch", "module"), cases, indirect=["batch"])(test)


@every_program
def test_the_observers_agree_with_the_programs_own_counts(batch: Batch, module: str) -> None:
    hits = batch.self_counts[module]
    assert sum(hits.values()) > 0
    assert self_count_differences(of_module(batch.monitoring, module), hits) == []
    assert self_count_differences(of_module(batch.setprofile, module), hits) == []


@every_program
def test_recorded_calls_equal_the_programs_own_counts(batch: Batch, module: str) -> None:
    recorded = of_module(batch.recorded, module)
    assert self_count_differences(recorded, batch.self_counts[module]) == []


@every_program
def test_recording_equals_the_monitoring_observer(batch: Batch, module: str) -> None:
    expected = of_module(batch.monitoring, module)
    recorded = of_module(batch.recorded, module)
    fields = ("kind", "args", "returns", "exceptions", "callers")
    assert differences(expected, recorded, fields) == []
    assert differences(only_generators(expected), only_generators(recorded), ("yields",)) == []


@every_program
def test_recording_equals_the_setprofile_observer(batch: Batch, module: str) -> None:
    expected = of_module(batch.setprofile, module)
    recorded = of_module(batch.recorded, module)
    assert differences(expected, recorded, ("kind", "args", "returns", "callers")) == []
    assert exception_total_differences(expected, recorded) == []


def only_generators(observation: Observation) -> Observation:
    """Coroutines yield futures to their loop and async generators wrapped values: not comparable."""
    return {key: seen for key, seen in observation.items() if seen["kind"] == "generator"}


def test_the_same_seed_is_the_same_program() -> None:
    assert program_text(7) == program_text(7)
    assert program_text(7) != program_text(8)


def test_the_programs_hold_every_kind_of_function(batch_of_text: str) -> None:
    words = (
        "yield from",
        "async def",
        "await anext",
        "Thread(",
        "raise",
        "finally:",
        "lambda",
        "*args",
        "[T]",
    )
    assert [word for word in words if word not in batch_of_text] == []


@pytest.fixture
def batch_of_text() -> str:
    """All programs of all batches, one after the other."""
    return "\n".join(program_text(seed) for seed in range(BATCH * BATCHES))


def observation(**changes: object) -> Observation:
    """One function, changed as wished."""
    seen = {
        "kind": "function",
        "args": {"(int)": 2},
        "returns": {"int": 1},
        "exceptions": {"ValueError": 1},
    }
    return {"m:f:1": seen | {"yields": {}, "callers": {"m:main:9": 2}} | changes}


def test_a_difference_of_one_call_is_found() -> None:
    assert differences(observation(), observation(), ("args", "callers")) == []
    assert len(differences(observation(), observation(args={"(int)": 3}), ("args",))) == 1
    assert len(differences(observation(), {}, ("args",))) == 1
    assert len(self_count_differences(observation(), {"1": 3})) == 1
    assert len(exception_total_differences(observation(), observation(exceptions={}))) == 1


def test_suspendable_kinds_are_those_of_the_observers() -> None:
    assert observation(kind="generator")["m:f:1"]["kind"] in SUSPENDABLE
    assert (
        exception_total_differences(
            observation(kind="generator"), observation(kind="generator", exceptions={})
        )
        == []
    )
