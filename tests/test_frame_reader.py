"""Frames are read raw where their layout is known, else through the public API: both see the same."""

from __future__ import annotations

from conftest import Bench
from recorded import Recorded

PROGRAM = """
    import functools


    class Made:
        def __init__(self, value):
            self.value = value

        def doubled(self, *extra, scale=2, **options):
            return self.value * scale


    def make_many():
        # Often enough for the interpreter to specialise the call of a class.
        return [Made(number) for number in range(100)]


    def in_a_cell(value):
        def inner():
            return value

        return inner()


    def numbers(count):
        yield from range(count)


    def fails(key):
        raise KeyError(key)


    for made in make_many():
        made.doubled(1, scale=1.5, name="x")
    in_a_cell(1), in_a_cell("one")
    sum(numbers(5))
    functools.reduce(lambda left, right: left + right, [1, 2, 3])
    for key in ("a", 1):
        try:
            fails(key)
        except KeyError:
            pass
    """
ASK = "from ghostglass import _native; print(_native.frame_reader())"
COUNTED = ("call_count", "arg_type_dist", "ret_type_dist", "callers", "exception_count")


def test_frames_of_supported_interpreters_are_read_raw(bench: Bench) -> None:
    assert bench.observed("-c", ASK).stdout == "raw\n"


def test_an_instance_made_by_a_specialised_call_has_its_real_caller(bench: Bench) -> None:
    made = bench.record(bench.write("app.py", PROGRAM)).one("Made.__init__")
    assert made["call_count"] == 100
    assert made["callers"] == {"__main__:make_many:12": 100}


def test_the_public_api_gives_the_same_counts(bench: Bench) -> None:
    script = bench.write("app.py", PROGRAM)
    raw = counts(bench.record(script))
    bench.variables["GHOST_FRAME_READER"] = "public"
    assert bench.observed("-c", ASK).stdout == "public\n"
    assert counts(bench.record(script)) == raw


def counts(recorded: Recorded) -> dict[str, dict]:
    """Everything countable, by function."""
    return {row["fn_key"]: {name: row[name] for name in COUNTED} for row in recorded.profiles}
