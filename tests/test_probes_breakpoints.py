"""Breakpoints: threads meet where a test says."""

from __future__ import annotations

import threading
from contextlib import suppress

import pytest

import probe_targets
from ghostglass import _native
from ghostglass.probes import Breakpoint, do
from probe_targets import Shape

ADD = "probe_targets.add13"


@pytest.fixture(autouse=True)
def _nothing_is_left():
    """Every test leaves no breakpoint behind."""
    yield
    assert _native.probe_counts() == (0, 0, 0, 0)


def test_calls_are_noticed():
    with Breakpoint(ADD) as bp:
        assert probe_targets.add13(1) == 14
        probe_targets.add13(2)
        bp.wait(hits=2)
        assert bp.calls == [True, True]
        assert bp.hits == 2
    assert bp.stackframe is None


def test_a_block_without_a_call_is_a_failure():
    with pytest.raises(AssertionError, match=f"condition on {ADD} was not met"), Breakpoint(ADD):
        pass


def test_an_error_of_the_block_comes_first():
    with pytest.raises(KeyError), Breakpoint(ADD):
        raise KeyError


def test_wait_gives_up():
    with (
        pytest.raises(RuntimeError, match=r"not hit after 0\.01 seconds"),
        Breakpoint(ADD, timeout=0.01) as bp,
    ):
        bp.wait()


def test_a_thread_is_waited_for_and_joined():
    shape = Shape()
    with Breakpoint("probe_targets.Shape.rename", event="return") as bp:
        bp.start_thread(shape.rename, "new")
        bp.wait()
        assert shape.name == "new"
    assert not any(thread.name.startswith("Breakpoint_rename") for thread in threading.enumerate())


def test_a_blocked_thread_stands_still_until_it_is_released():
    shape = Shape()
    with Breakpoint.block("probe_targets.Shape.rename", event="return") as bp:
        bp.start_thread(shape.rename_often)
        for name in ("alpha", "beta", "gamma", "delta"):
            bp.wait()
            assert shape.name == name
            assert bp.blocked
            assert bp.stackframe.f_code is Shape.rename.__code__
            assert bp.stackframe.f_locals["to"] == name
            assert bp.stackframe.f_locals["args"] == (shape,)
            assert bp.stackframe.f_locals["kwargs"] == {"to": name}
            assert bp.stackframe.f_back.f_code is Shape.rename_often.__code__
            bp.release()
    assert bp.calls == [True] * 4


def test_the_end_of_the_block_releases():
    shape = Shape()
    with Breakpoint.block((Shape, "rename")) as bp:
        bp.start_thread(shape.rename, "x")
        bp.wait()
        assert shape.name is None
    assert shape.name == "x"


def test_a_blocked_thread_gives_up_with_an_error():
    results = []

    def run():
        try:
            probe_targets.add13(1)
        except RuntimeError as error:
            results.append(str(error))

    with Breakpoint.block(ADD, timeout=0.05) as bp:
        bp.start_thread(run)
        bp.join()
    assert results == [f"Breakpoint on {ADD} timed out after 0.05 seconds."]


@pytest.mark.parametrize(
    ("condition", "calls"),
    [
        (lambda amount: amount > 2, [False, False, False, True, True]),
        (3, [False, False, False, True, False]),
        ([0, 4], [True, False, False, False, True]),
        ({1}, [False, True, False, False, False]),
    ],
)
def test_a_condition_decides(condition, calls):
    with Breakpoint(ADD, condition=condition) as bp:
        for amount in range(5):
            probe_targets.add13(amount)
        assert bp.calls == calls
        assert bp.hits == sum(calls)


@pytest.mark.parametrize(
    ("condition", "says"),
    [(7, "iteration 7"), ([0, 7], r"iterations \[7\]"), (lambda amount: False, "not met.")],
)
def test_a_condition_that_is_not_met_is_a_failure(condition, says):
    with pytest.raises(AssertionError, match=says), Breakpoint(ADD, condition=condition):
        probe_targets.add13(1)


def test_a_condition_of_another_kind_is_a_type_error():
    with pytest.raises(TypeError, match="must be None"), Breakpoint(ADD, condition="x"):
        probe_targets.add13(1)


def test_an_error_is_raised_in_the_caller():
    error = ConnectionError("lost")
    with Breakpoint.error(
        error, "probe_targets.Shape.rename", condition=lambda self, to: to == "beta"
    ):
        shape = Shape()
        with pytest.raises(ConnectionError, match="lost") as caught:
            shape.rename_often()
    assert caught.value is error
    assert shape.name == "alpha"
    assert shape.rename("x") == "x"


def test_errors_of_the_target_are_an_event():
    with Breakpoint("probe_targets.fail", event="error") as bp:
        with pytest.raises(ValueError, match="x"):
            probe_targets.fail("x")
        assert bp.hits == 1


def test_errors_are_no_returns():
    with (
        pytest.raises(AssertionError),
        Breakpoint("probe_targets.fail", event="return"),
        suppress(ValueError),
    ):
        probe_targets.fail("x")


def test_any_action_can_be_fired():
    fired = []
    with Breakpoint(ADD, fire=lambda: fired.append(1)):
        probe_targets.add13(1)
    assert fired == [1]


def test_a_pair_means_calls_through_its_object():
    one, other = Shape(), Shape()
    with Breakpoint((one, "rename")) as bp:
        other.rename("other")
        assert bp.calls == []
        one.rename("one")
        assert bp.calls == [True]
    with Breakpoint((probe_targets.SubShape, "rename")) as bp:
        Shape().rename("x")
        assert bp.calls == []
        probe_targets.SubShape().rename("x")
        assert bp.calls == [True]
    with Breakpoint((probe_targets, "add13")) as bp:
        probe_targets.add13(1)
        assert bp.calls == [True]


@pytest.mark.parametrize("target", [5, (Shape, 5), "math.sqrt", (Shape, "name")])
def test_what_is_no_function_is_a_type_error(target):
    with pytest.raises(TypeError), Breakpoint(target):
        pass


def test_states_can_be_waited_for():
    shape = Shape()
    with Breakpoint("probe_targets.Shape.rename") as bp:
        bp.start_thread(shape.rename, "x")
        bp.wait_until(lambda: shape.name == "x")
        with pytest.raises(RuntimeError, match="Condition for"):
            bp.wait_until(lambda: False, timeout=0.01)


def test_two_breakpoints_of_one_function():
    with Breakpoint(ADD) as called, Breakpoint(ADD, event="return") as returned:
        probe_targets.add13(1)
    assert (called.calls, returned.calls) == ([True], [True])


def test_do_reads_as_a_sentence():
    shape = Shape()
    task = do(shape.rename_often)
    with task.until("probe_targets.Shape.rename").returns.once:
        assert shape.name == "alpha"
    assert shape.name == "delta"
    assert task.results == [None]


def test_do_keeps_results():
    inputs = ["a", "b"]
    task = do(len, inputs)
    with task:
        pass
    inputs.append("c")
    with task:
        pass
    assert task.results == [2, 3]


def test_do_goes_beyond_and_fails_on_purpose():
    with do(probe_targets.add13, 1).beyond(ADD).where(lambda amount: amount == 1) as task:
        pass
    assert task.results == [14]
    error = OSError("no")

    def run():
        try:
            probe_targets.add13(1)
        except OSError as caught:
            return caught

    with do(run).error_on(ADD, error, timeout=5) as task:
        pass
    assert task.results == [error]
    with do(run).beyond("probe_targets.add13").returns as task:
        task.release()
    assert task.results == [None]
