"""Random programs: what was recorded equals what two independent observers saw, to the last call.

Each program also counts itself, which checks the observers. Several programs share a process for
speed, and a case; every difference names its program. `--oracle-seeds` and `--oracle-first` ask for other programs.
"""

from __future__ import annotations

import json
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
from oracle.pairs import with_pairs
from oracle.paths import sum_differences, time_differences, with_paths
from oracle.program import module_name, program_text, write_batch

# Programs per process: enough to make starting three interpreters cheap, few enough that two workers
# are done at about the same time.
BATCH = 20
OBSERVE = Path(__file__).parent / "oracle" / "observe"


@dataclass
class Batch:
    """What everybody says about one batch of programs."""

    self_counts: dict[str, dict[str, int]]
    monitoring: Observation
    setprofile: Observation
    recorded: Observation
    tree_differences: list[str]
    fields: tuple[str, ...]


def observed_batch(bench: Bench, seeds: range) -> Batch:
    """Runs one batch three times: under each observer, and under `ghost run`."""
    main = write_batch(bench.work, seeds)
    monitoring = slow_observation(bench, "monitoring", main)
    setprofile = slow_observation(bench, "setprofile", main)
    # Every other batch: the callbacks with a call tree are others than those without.
    has_tree = seeds.start // BATCH % 2 == 0
    exported = bench.record(*["--tree"] * has_tree, main, "counts.json")
    recorded = from_export(exported.profiles, monitoring)
    session = bench.session_files()[-1]
    recorded = with_pairs(recorded, session, monitoring)
    return Batch(
        self_counts=json.loads((bench.work / "counts.json").read_text()),
        monitoring=monitoring,
        setprofile=setprofile,
        recorded=with_stable_names(with_paths(recorded, session) if has_tree else recorded),
        tree_differences=sum_differences(session) + time_differences(session) if has_tree else [],
        fields=("args_by_caller", "returns_by_caller", *["paths"] * has_tree),
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


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One case per batch: whatever shares a run stays on one worker."""
    if "seeds" not in metafunc.fixturenames:
        return
    first = metafunc.config.getoption("oracle_first")
    end = first + metafunc.config.getoption("oracle_seeds")
    batches = [range(start, min(start + BATCH, end)) for start in range(first, end, BATCH)]
    metafunc.parametrize("seeds", batches, ids=[f"{seeds[0]}-{seeds[-1]}" for seeds in batches])


def test_random_programs_are_recorded_as_they_count_and_as_others_see_them(
    bench: Bench, seeds: range
) -> None:
    batch = observed_batch(bench, seeds)
    found = [line for seed in seeds for line in program_differences(batch, module_name(seed))]
    assert found + batch.tree_differences == []


def program_differences(batch: Batch, module: str) -> list[str]:
    """Every way in which one program was seen differently, each beginning with who disagrees."""
    hits = batch.self_counts[module]
    monitoring = of_module(batch.monitoring, module)
    setprofile = of_module(batch.setprofile, module)
    recorded = of_module(batch.recorded, module)
    fields = ("kind", "args", "returns", "exceptions", "callers", *batch.fields)
    found = {
        "nothing ran": [] if sum(hits.values()) else ["no function counted itself"],
        "own counts, monitoring": self_count_differences(monitoring, hits),
        "own counts, setprofile": self_count_differences(setprofile, hits),
        "own counts, recorded": self_count_differences(recorded, hits),
        "monitoring, recorded": differences(monitoring, recorded, fields),
        "monitoring, recorded yields": differences(
            only_generators(monitoring), only_generators(recorded), ("yields",)
        ),
        "setprofile, recorded": differences(
            setprofile, recorded, ("kind", "args", "returns", "callers", *batch.fields)
        ),
        "setprofile, recorded totals": exception_total_differences(setprofile, recorded),
    }
    return [f"{module}: {who}: {line}" for who, lines in found.items() for line in lines]


def only_generators(observation: Observation) -> Observation:
    """Coroutines yield futures to their loop and async generators wrapped values: not comparable."""
    return {key: seen for key, seen in observation.items() if seen["kind"] == "generator"}


def test_the_same_seed_is_the_same_program() -> None:
    assert program_text(7) == program_text(7)
    assert program_text(7) != program_text(8)


def test_the_programs_hold_every_kind_of_function() -> None:
    text = "\n".join(program_text(seed) for seed in range(100))
    words = """
        yield from|async def|await anext|Thread(|raise|finally:|lambda|*args|[T]|except*|TaskGroup|.athrow(
        .aclose()|.asend(|.cancel()|async for i in|@functools.wraps|@dataclasses.dataclass|namedtuple(|match value:
        singledispatch|partialmethod|lru_cache|cached_property|re.sub|filter(|key=|exec(|:= |**{|__getattr__
        __init_subclass__|metaclass=|__call__|@property|asynccontextmanager|@contextlib.contextmanager|.throw(
    """
    assert [
        word for word in words.strip().replace("\n", "|").split("|") if word.strip() not in text
    ] == []


def observation(**changes: object) -> Observation:
    """One function, changed as wished."""
    seen = {
        "kind": "function",
        "args": {"(int)": 2},
        "returns": {"int": 1},
        "exceptions": {"ValueError": 1},
    }
    return {"m:f:1": seen | {"yields": {}, "callers": {"m:main:9": 2}} | changes}


def test_signatures_beyond_the_bound_must_still_add_up() -> None:
    many = {f"(Kind{number})": 2 for number in range(70)}
    kept = dict(list(many.items())[:64])
    for together, found in ((12, 0), (11, 1)):
        observed = observation(args=kept | {"(…)": together})
        assert len(differences(observation(args=many), observed, ("args",))) == found


def test_pairs_beyond_the_bound_must_still_add_up() -> None:
    many = {f"(Kind{number}) from m:main:9": 2 for number in range(70)}
    kept = dict(list(many.items())[:64])
    for together, found in ((12, 0), (11, 1)):
        observed = observation(pairs=kept | {"(…) from m:main:9": together})
        assert len(differences(observation(pairs=many), observed, ("pairs",))) == found


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
