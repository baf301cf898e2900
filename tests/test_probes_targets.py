"""Probes: what can be observed, and that nothing of it changes."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import pickle
import sys
import threading
import types

import pytest

import probe_targets
from ghostglass import _native, probes
from probe_targets import Shape

HERE = "probe_targets"


@pytest.fixture(autouse=True)
def _nothing_is_left():
    """Every test leaves no probe behind, and no trace of any."""
    path = list(sys.meta_path)
    yield
    for probe in list(probes.active_probes.values()):
        probe.stop()
    probes.active_probes.clear()
    assert _native.probe_counts()[0] == 0
    assert sys.meta_path == path
    assert sys.monitoring.get_tool(3) is None
    assert sys.monitoring.get_tool(4) is None


def seen(target, call, value="result", event="return"):
    """What an instrument saw of one call."""
    with probes.sensor(f"{HERE}.{target}", value=value, event=event) as instrument:
        call()
    assert instrument.error is None
    return instrument.results


@pytest.mark.parametrize(
    ("target", "call", "result"),
    [
        ("add13", lambda: probe_targets.add13(5), 18),
        ("Shape.draw", lambda: Shape().draw("x"), "<x>"),
        ("Shape.static", Shape.static, 15),
        ("Shape.static", lambda: Shape().static(), 15),
        ("Shape.of_class", Shape.of_class, "Shape"),
        ("Shape.exists", lambda: Shape().exists, True),
        ("Shape.__init__", Shape, None),
        ("SubShape.draw", lambda: probe_targets.SubShape().draw("x"), "<x>"),
        ("Shape.grow", lambda: Shape().grow(1), 106),
        ("sum4", lambda: probe_targets.sum4(1, 2, 3, 4), 10),
        ("generate", lambda: list(probe_targets.generate(2)), "done"),
        ("coroutine", lambda: asyncio.run(probe_targets.coroutine(1)), 2),
        ("outside.nested", lambda: probe_targets.outside(2), 3),
        ("outside.<locals>.nested", lambda: probe_targets.outside(2), 3),
        ("add_one", lambda: probe_targets.add_one(5), 6),
        ("cached", lambda: probe_targets.cached(object.__hash__(0) * 0 + 40), 41),
    ],
)
def test_every_kind_of_function_can_be_observed(target, call, result):
    assert seen(target, call) == [result]


def test_a_closure_is_told_from_others_of_its_code():
    assert seen("add_two", lambda: (probe_targets.add_one(5), probe_targets.add_two(5))) == [7]


def test_all_references_are_reached():
    kept = probe_targets.listed
    calls = [
        lambda: kept("ab"),
        lambda: probe_targets.REGISTRY["listed"]("cd"),
        lambda: probe_targets.held_elsewhere("ef"),
    ]
    assert seen("listed", lambda: [call() for call in calls]) == ["ab!", "cd!", "ef!"]


def test_a_line_shows_locals_before_it_runs():
    source, first = inspect.getsourcelines(probe_targets.add13)
    line = first + next(n for n, text in enumerate(source) if "output =" in text)
    with probes.sensor(f"{HERE}:{line}", value="(amount, extra)") as instrument:
        probe_targets.add13(5)
    assert instrument.results == [(5, 13)]


def test_lines_of_a_function_are_told_one_by_one():
    first = probe_targets.add13.__code__.co_firstlineno
    lines = seen("add13", lambda: probe_targets.add13(5), value="lineno", event="line")
    assert [line - first for line in lines] == [1, 2, 3]


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("math.sqrt", "C function"),
        ("time.sleep", "C function"),
        ("builtins.len", "C function"),
        (f"{HERE}.Shape", "a class"),
        (f"{HERE}.REGISTRY", "an instance"),
        (f"{HERE}.Shape.name", "not a function"),
        (HERE, "not a dotted path"),
        ("", "not a dotted path"),
        ("a..b", "not a dotted path"),
        (f"{HERE}:1000000", "no function"),
        (f"{HERE}:one", "neither"),
        ("ghostglass.probes.attach_to", "Ghostglass itself"),
    ],
)
def test_what_cannot_be_observed_is_refused_with_the_reason(target, reason):
    import math  # noqa: F401 - a target
    import time  # noqa: F401 - a target

    probe = probes.attach_to(target)
    with pytest.raises(TypeError, match=reason):
        probe.start()
    assert probe.state == "error"
    assert reason in probe.error


@pytest.mark.parametrize(
    "name", ["nothing", "Shape.nothing", "add13.nothing", "Shape.draw.nothing"]
)
def test_a_missing_name_is_an_attribute_error(name):
    with pytest.raises(AttributeError, match="nothing"):
        probes.attach_to(f"{HERE}.{name}").start()


def test_a_target_that_is_not_imported_waits_for_it(tmp_path, monkeypatch):
    folder = tmp_path / "late_package"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "part.py").write_text("def place(order):\n    return order + 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    with probes.sensor("late_package.part.place") as instrument:
        probe = probes.active_probes["late_package.part.place"]
        assert probe.state == "pending"
        import late_package

        assert probe.state == "pending"
        import late_package.part

        assert probe.state == "active"
        late_package.part.place(1)
        loader = late_package.part.__spec__.loader
        assert "exec_module" not in vars(loader)
    assert instrument.results == [2]
    for name in ("late_package.part", "late_package"):
        del sys.modules[name]


def test_a_reloaded_function_is_followed(tmp_path, monkeypatch):
    source = tmp_path / "reloaded_module.py"
    source.write_text("def place(order):\n    return order + 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    import reloaded_module

    with probes.sensor("reloaded_module.place") as instrument:
        reloaded_module.place(1)
        source.write_text("def place(order):\n    return order + 1000\n")
        importlib.reload(reloaded_module)
        reloaded_module.place(1)
        source.write_text("elsewhere = 1\ndel place\n")
        importlib.reload(reloaded_module)
        assert probes.active_probes["reloaded_module.place"].state == "error"
    assert instrument.results == [2, 1001]
    del sys.modules["reloaded_module"]


def test_a_replaced_code_object_is_followed_at_the_next_start():
    def scratch(amount):
        return amount

    module = types.ModuleType("scratch_module")
    module.scratch = scratch
    sys.modules["scratch_module"] = module
    with probes.sensor("scratch_module.scratch") as instrument:
        scratch(1)
        scratch.__code__ = (lambda amount: -amount).__code__
        probes.start_all()
        scratch(1)
    del sys.modules["scratch_module"]
    assert instrument.results == [1, -1]


def test_a_probed_function_stays_what_it_is():
    def facts():
        function = probe_targets.add13
        code = function.__code__
        return (
            id(function),
            id(code),
            code.co_code,
            code.co_consts,
            hash(code),
            str(inspect.signature(function)),
            dict(vars(function)),
            pickle.dumps(function),
            id(Shape.__dict__["exists"]),
        )

    before = facts()
    with (
        probes.sensor(f"{HERE}.add13", event="line", value="lineno"),
        probes.sensor(f"{HERE}.Shape.exists"),
    ):
        assert probe_targets.add13(1) == 14
        assert facts() == before
    assert facts() == before


def test_ten_thousand_probes_come_and_go_while_threads_run_the_target():
    before = probe_targets.add13.__code__.co_code
    stop = threading.Event()
    wrong = []
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)

    def run():
        while not stop.is_set():
            results = (probe_targets.add13(1), sum(probe_targets.generate(3)))
            if results != (14, 3):
                wrong.append(results)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        instruments = [
            ("add13", "return"), ("add13", "call"), ("add13", "line"),
            ("add13", "end"), ("generate", "return"),
        ]  # fmt: skip
        for cycle in range(10_000):
            name, event = instruments[cycle % len(instruments)]
            probe = probes.attach_to(f"{HERE}.{name}")
            value = "lineno" if event == "line" else "1"
            probe.instruments["x"] = probes.ProbeTestInstrument("x", value, event)
            probe.start()
            probe.instruments.clear()
            probe.stop()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        sys.setswitchinterval(interval)
    assert not wrong
    assert probe_targets.add13.__code__.co_code == before
    assert _native.probe_counts()[:2] == (0, 0)
    assert probe_targets.add13(1) == 14


def test_a_probe_survives_a_fork():
    import os

    with probes.sensor(f"{HERE}.add13") as instrument:
        child = os.fork()
        if child == 0:
            try:
                probe_targets.add13(1)
                instrument.value = "result * 2"
                probe_targets.add13(1)
                probes.active_probes[f"{HERE}.add13"].stop()
                probe_targets.add13(1)
                os._exit(0 if instrument.results == [14, 28] else 1)
            finally:
                os._exit(2)
        _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def test_other_tools_that_hold_the_ids_are_a_clear_error():
    for number in (3, 4):
        sys.monitoring.use_tool_id(number, "other")
    try:
        with pytest.raises(RuntimeError, match="other tools hold"):
            _native.watch_code(
                probe_targets.add13.__code__, [_native.ProbeHook(enter=lambda: None)]
            )
    finally:
        for number in (3, 4):
            sys.monitoring.free_tool_id(number)


def test_with_one_id_taken_the_other_serves():
    sys.monitoring.use_tool_id(4, "other")
    try:
        assert seen("add13", lambda: probe_targets.add13(1)) == [14]
    finally:
        sys.monitoring.free_tool_id(4)
