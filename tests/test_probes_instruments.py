"""Instruments: what they are told at each event, and that nothing they do reaches the program."""

from __future__ import annotations

import datetime
import io
import os
import sys
import threading
import time
import types

import pytest

import probe_targets
from ghostglass import _native, probes
from probe_targets import Shape

ADD = "probe_targets.add13"


@pytest.fixture(autouse=True)
def _nothing_is_left():
    """Every test leaves no probe behind."""
    yield
    for probe in list(probes.active_probes.values()):
        probe.stop()
    probes.active_probes.clear()
    assert _native.probe_counts()[:2] == (0, 0)


class Quiet(probes.InstrumentManager):
    """Keeps errors instead of printing them."""

    def __init__(self):
        super().__init__("test")
        self.errors = []

    def handle_error(self, probe=None, instrument=None):
        self.errors.append(sys.exc_info()[1])


def test_the_example_of_the_documentation(capsys):
    probe = probes.attach_to(ADD)
    probe.instruments["foo"] = probes.LogInstrument("foo", "amount")
    assert probe_targets.add13(amount=5) == 18
    assert capsys.readouterr().out == ""
    probe.start()
    assert probe_targets.add13(amount=5) == 18
    assert capsys.readouterr().out == "Probe (foo)[tags={}] = 5\n"
    probe.stop()
    assert probe_targets.add13(amount=5) == 18
    assert capsys.readouterr().out == ""


def test_one_target_has_one_probe():
    probe = probes.attach_to(ADD)
    assert probes.attach_to(ADD) is probe
    assert probes.active_probes == {ADD: probe}
    with pytest.raises(RuntimeError, match="attach_to"):
        probes.FunctionProbe(ADD)


def test_starting_and_stopping_twice_is_the_same_as_once():
    probe = probes.attach_to(ADD)
    probe.instruments["x"] = instrument = probes.ProbeTestInstrument("x", "result")
    probe.start()
    probe.start()
    probe_targets.add13(1)
    probe.stop()
    probe.stop()
    probe_targets.add13(1)
    probe.start()
    probe_targets.add13(2)
    assert instrument.results == [14, 15]


@pytest.mark.parametrize(
    ("event", "value", "result"),
    [
        ("call", "amount", 5),
        ("call", "args", (5,)),
        ("call", "kwargs", {}),
        ("call", "frame.f_code.co_name", "add13"),
        ("call", "abs(start - time.time()) < 60", True),
        ("call", "abs((now - datetime.datetime(1970, 1, 1)).total_seconds() - start) < 60", True),
        ("return", "result", 18),
        ("return", "(result, amount)", (18, 5)),
        ("return", "start <= end and 0 <= elapsed < 60", True),
        ("return", "(args, kwargs, result)", ((5,), {}, 18)),
        ("end", "output", 18),
        ("end", "(amount, extra, output)", (5, 13, 18)),
        ("end", "add13.__name__", "add13"),
        (
            "end",
            "__event__.function, __event__.module, __event__.arg",
            ("add13", "probe_targets", 18),
        ),
        ("call", "mag(12345)", 4),
        ("call", "[mag([]), mag(amount), mag('0123456789')]", [-1, 0, 1]),
    ],
)
def test_what_an_expression_can_name(event, value, result):
    with probes.sensor(ADD, value=value, event=event) as instrument:
        probe_targets.add13(5)
    assert instrument.results == [result]


@pytest.mark.parametrize(
    ("call", "args", "kwargs"),
    [
        (lambda s: s.draw("x"), ("x",), {}),
        (lambda s: s.draw("x", 4), ("x", 4), {}),
        (lambda s: s.draw("x", user_id=4), ("x",), {"user_id": 4}),
        (lambda s: s.draw("x", user_id=None), ("x",), {"user_id": None}),
        (lambda s: s.draw(what="x", user_id=4), (), {"what": "x", "user_id": 4}),
        (lambda s: s.draw(*["x"], **{"user_id": 4}), ("x",), {"user_id": 4}),  # noqa: PIE804
    ],
)
def test_arguments_are_told_as_they_were_passed(call, args, kwargs):
    with probes.sensor("probe_targets.Shape.draw", value="(args[1:], kwargs)") as instrument:
        call(Shape())
    assert instrument.results == [(args, kwargs)]


def test_a_parameter_is_what_it_was_when_the_call_began():
    with probes.sensor("probe_targets.rebind", value="(amount, result)") as instrument:
        probe_targets.rebind(4)
    assert instrument.results == [(4, 8)]


def test_arguments_of_a_wrapper_have_the_names_of_the_function_below():
    with probes.sensor("probe_targets.sum4", value="(one, two, four)") as instrument:
        probe_targets.sum4(1, 2, 3, four=4)
    assert instrument.results == [(1, 2, 4)]


def test_end_is_about_the_function_below_the_wrapper():
    with (
        probes.sensor("probe_targets.Shape.grow", value="amount") as outer,
        probes.sensor(
            "probe_targets.Shape.grow", value="amount", event="end", name="inner"
        ) as inner,
    ):
        Shape().grow(1)
    assert (outer.results, inner.results) == ([1], [101])


def test_an_exception_is_the_result_and_still_raised():
    instruments = {
        event: probes.ProbeTestInstrument(event, "reason" if event == "end" else "result", event)
        for event in ("return", "raise", "end")
    }
    probes.FunctionProbe("probe_targets.fail", instruments).start()
    with pytest.raises(ValueError, match="because") as caught:
        probe_targets.fail("because")
    assert instruments["return"].results == [caught.value]
    assert instruments["raise"].results == [caught.value]
    assert instruments["end"].results == ["because"]


def test_raise_says_nothing_of_calls_that_return():
    with probes.sensor(ADD, event="raise") as instrument:
        probe_targets.add13(1)
    assert instrument.results == []


def test_events_come_in_order():
    order = []

    class Order(probes.Instrument):
        def fire(self, _globals, _locals):
            order.append(self.name)

    probe = probes.attach_to(ADD)
    for event in ("return", "end", "call"):
        probe.instruments[event] = Order(event, "None", event)
    probe.start()
    probe_targets.add13(1)
    assert order == ["call", "end", "return"]


def test_recursion_and_threads_do_not_mix_calls_up():
    module = types.ModuleType("recursive_module")
    exec("def down(n):\n    return n if n == 0 else down(n - 1) + 1\n", vars(module))
    sys.modules["recursive_module"] = module
    with probes.sensor("recursive_module.down", value="(n, result)") as instrument:
        threads = [threading.Thread(target=module.down, args=(20,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    del sys.modules["recursive_module"]
    assert sorted(instrument.results) == sorted([(n, n) for n in range(21)] * 4)


def test_hotspots_find_the_line_that_takes_longest():
    with probes.sensor("probe_targets.loop", value="hotspots") as instrument:
        probe_targets.loop(50)
    hotspots = instrument.results[0]
    first = probe_targets.loop.__code__.co_firstlineno
    assert hotspots.calls[first + 3][0] == 50
    assert hotspots.worst.source.strip() in ("total += number", "for number in range(rounds):")
    assert hotspots.slowest.time <= hotspots.worst.time
    _, longest, total = hotspots.calls[hotspots.worst.lineno]
    assert longest <= total == hotspots.worst.time


def test_hotspots_can_be_in_tags_only():
    probe = probes.attach_to("probe_targets.loop")
    custom = {"tags": "{'line': hotspots.worst.lineno}"}
    probe.instruments["x"] = i = probes.ProbeTestInstrument("x", "result", custom=custom)
    probe.start()
    probe_targets.loop(3)
    first = probe_targets.loop.__code__.co_firstlineno
    [(tags, result)] = i.log
    assert result == 3
    assert first < tags["line"] <= first + 4


def test_instruments_may_come_and_go_while_a_probe_is_started():
    probe = probes.attach_to(ADD)
    probe.start()
    first = probe.instruments["1"] = probes.ProbeTestInstrument("1", "result")
    probe_targets.add13(1)
    probe.instruments.update({"2": (second := probes.ProbeTestInstrument("2", "amount", "call"))})
    probe_targets.add13(2)
    del probe.instruments["1"]
    probe_targets.add13(3)
    second.value = "amount * 10"
    probe_targets.add13(4)
    second.event = "end"
    second.value = "output"
    probe_targets.add13(5)
    probe.instruments = {}
    probe_targets.add13(6)
    assert first.results == [14, 15]
    assert second.results == [2, 3, 40, 18]


def test_an_idle_probe_has_no_events():
    probe = probes.attach_to(ADD)
    probe.start()
    assert _native.probe_counts()[0] == 0
    probe.instruments["x"] = probes.ProbeTestInstrument("x", "result")
    assert _native.probe_counts()[0] == 1
    probe.instruments["x"].expires = datetime.datetime(1980, 1, 1)  # noqa: DTZ001
    assert _native.probe_counts()[0] == 0


def test_check_call_decides_by_the_arguments():
    class OnlyUser(probes.ProbeTestInstrument):
        def check_call(self, probe, *args, **kwargs):
            return kwargs.get("user_id") in self.custom["users"]

    probe = probes.attach_to("probe_targets.Shape.draw")
    probe.instruments["x"] = i = OnlyUser("x", "result", custom={"users": [4]})
    probe.instruments["y"] = all_calls = probes.ProbeTestInstrument("y", "result")
    probe.start()
    for user in (3, 4, 5):
        Shape().draw(user, user_id=user)
    assert i.results == ["<4>"]
    assert len(all_calls.results) == 3


def test_check_call_decides_about_end_too():
    class Small(probes.ProbeTestInstrument):
        def check_call(self, probe, *args, **kwargs):
            return args[0] < 10

    probe = probes.attach_to(ADD)
    probe.instruments["x"] = i = Small("x", "output", "end")
    probe.start()
    probe_targets.add13(1)
    probe_targets.add13(100)
    assert i.results == [14]


def test_the_manager_decides_and_tags():
    class Mine(Quiet):
        def check_call(self, probe, instrument, *args, **kwargs):
            return args == (1,)

        def get_tags(self):
            return {"host": "here"}

    probe = probes.attach_to(ADD)
    custom = {"tags": "{'amount': amount, 'host': 'there'}"}
    probe.instruments["x"] = i = probes.ProbeTestInstrument(
        "x", "result", custom=custom, mgr=Mine()
    )
    probe.start()
    probe_targets.add13(1)
    probe_targets.add13(2)
    assert i.log == [({"amount": 1, "host": "here"}, 14)]


def test_tags_do_not_change_a_dict_of_the_program():
    class Tagging(Quiet):
        def get_tags(self):
            return {"added": 1}

    given = {"own": 1}
    probe = probes.attach_to("probe_targets.fail")
    probe.instruments["x"] = i = probes.ProbeTestInstrument(
        "x", "1", custom={"tags": "reason"}, mgr=Tagging()
    )
    probe.start()
    with pytest.raises(ValueError, match="own"):
        probe_targets.fail(given)
    assert i.log == [({"own": 1, "added": 1}, 1)]
    assert given == {"own": 1}


def test_finish_is_called_whatever_the_event():
    for event in ("call", "return", "end"):
        with probes.sensor(ADD, value="amount", event=event) as instrument:
            assert not instrument.finish_called
            probe_targets.add13(1)
            assert instrument.finish_called


def test_finish_is_called_for_the_call_that_switched_it_off():
    for event in ("call", "return", "end"):
        with probes.sensor(ADD, value="nothing", event=event, mgr=Quiet()) as instrument:
            probe_targets.add13(1)
            assert instrument.errors == 1
            assert instrument.finish_called, event


@pytest.mark.parametrize(
    ("event", "names"),
    [
        ("call", ["args", "frame", "kwargs", "now", "self", "start", "what"]),
        (
            "return",
            ["args", "elapsed", "end", "frame", "kwargs", "now", "result", "self", "start", "what"],
        ),
        ("end", ["__event__", "self", "user_id", "what"]),
    ],
)
def test_locals_are_what_the_call_was_given(event, names):
    target = "probe_targets.Shape.draw"
    value = "sorted(locals()) if 'user_id' not in kwargs else user_id"
    value = "sorted(locals())" if event == "end" else value
    with probes.sensor(target, value=value, event=event) as instrument:
        Shape().draw("x")
        Shape().draw("x", user_id=4)
    assert instrument.results == [names, names if event == "end" else 4]


def test_a_default_can_be_named_beside_anything():
    target = "probe_targets.Shape.draw"
    with probes.sensor(target, value="(args[1:], user_id)", event="call") as instrument:
        Shape().draw("x")
    assert instrument.results == [(("x",), None)]


def test_an_expression_that_is_none_says_where():
    manager = Quiet()
    with probes.sensor(ADD, value="::amount", mgr=manager):
        assert probe_targets.add13(1) == 14
    assert [error.args[0] for error in manager.errors] == ["invalid syntax"]
    assert manager.errors[0].args[1][:4] == ("<string>", 1, 1, "::amount")


def test_an_instrument_decorates():
    module = types.ModuleType("decorated_module")
    module.instrument = probes.ProbeTestInstrument("mult", "result")
    sys.modules["decorated_module"] = module
    code = "@instrument\ndef mult_by_8(arg):\n    return arg * 8\n"
    exec(code, vars(module))
    assert "decorated_module.mult_by_8" in probes.active_probes
    module.mult_by_8(1)
    assert module.instrument.results == []
    probes.manager.apply()
    assert module.mult_by_8(2) == 16
    assert module.instrument.results == [16]
    del sys.modules["decorated_module"]


def test_a_log_is_limited_and_silent_about_none():
    out = io.StringIO()
    probe = probes.attach_to("probe_targets.listed")
    probe.instruments["x"] = i = probes.LogInstrument("x", "result")
    i.out = out
    probe.start()
    probe_targets.listed("ab")
    assert out.getvalue() == "Probe (x)[tags={}] = ab!\n"
    out.truncate(0)
    i.value = "'y' * 5000"
    probe_targets.listed("ab")
    assert len(out.getvalue().strip("\0")) < 2050
    assert out.getvalue().endswith("yyy...\n")
    out.truncate(0)
    i.value = "None"
    probe_targets.listed("ab")
    assert out.getvalue().strip("\0") == ""


@pytest.mark.parametrize(
    "breakage",
    [
        "1/0",
        "nothing",
        "not an expression",
        "__import__('sys').exit(3)",
        "(_ for _ in ()).throw(KeyboardInterrupt)",
        "(_ for _ in ()).throw(GeneratorExit)",
    ],
)
@pytest.mark.parametrize("event", ["call", "return", "end", "line"])
def test_an_instrument_that_raises_is_switched_off_and_the_program_goes_on(breakage, event):
    manager = Quiet()
    probe = probes.attach_to(ADD)
    probe.instruments["x"] = bad = probes.ProbeTestInstrument("x", breakage, event, mgr=manager)
    probe.instruments["y"] = good = probes.ProbeTestInstrument("y", "amount", event, mgr=manager)
    probe.start()
    assert [probe_targets.add13(n) for n in range(3)] == [13, 14, 15]
    assert len(manager.errors) == 1
    assert bad.results == []
    assert bad.errors == 1
    assert bad.error
    assert bad.expires == probes.Instrument.error_expiration
    assert set(good.results) == {0, 1, 2}


def test_errors_everywhere_in_an_instrument_stay_in_it(capsys):
    class Broken(probes.Instrument):
        error_expiration = None

        def fire(self, _globals, _locals):
            raise MemoryError

        def check_call(self, probe, *args, **kwargs):
            if args[0] == 2:
                raise SystemExit
            return object()

        def handle_error(self, probe):
            raise RecursionError

        def finish(self):
            raise OSError

    probe = probes.attach_to(ADD)
    for event in ("call", "return", "end"):
        probe.instruments[event] = Broken(event, "1", event)
    probe.start()
    assert [probe_targets.add13(n) for n in range(4)] == [13, 14, 15, 16]
    assert "RecursionError" in capsys.readouterr().err


def test_what_an_instrument_returns_does_not_matter():
    class Odd(probes.Instrument):
        def fire(self, _globals, _locals):
            return sys.monitoring.DISABLE

        def finish(self):
            return sys.monitoring.DISABLE

    probe = probes.attach_to(ADD)
    for event in ("call", "return", "end", "line"):
        probe.instruments[event] = Odd(event, "1", event)
    probe.instruments["x"] = i = probes.ProbeTestInstrument("x", "result")
    probe.start()
    assert [probe_targets.add13(n) for n in range(3)] == [13, 14, 15]
    assert i.results == [13, 14, 15]


def test_an_error_may_be_forgiven_some_times():
    manager = Quiet()
    probe = probes.attach_to(ADD)
    probe.instruments["x"] = i = probes.ProbeTestInstrument(
        "x", "1/amount", mgr=manager, max_errors=3
    )
    probe.start()
    for amount in (1, 0, 1, 0, 1, 0, 1):
        probe_targets.add13(amount)
    assert i.results == [1, 1, 1]
    assert i.errors == 3


def test_an_instrument_does_not_observe_itself():
    class Calls(probes.ProbeTestInstrument):
        def fire(self, _globals, _locals):
            super().fire(_globals, {"result": probe_targets.add13(1)})

    probe = probes.attach_to(ADD)
    probe.instruments["x"] = i = Calls("x", "result")
    probe.start()
    probe_targets.add13(100)
    assert i.results == [14]


def test_expiry_ends_it():
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=0.3)
    probe = probes.attach_to(ADD)
    probe.instruments["x"] = i = probes.ProbeTestInstrument("x", "result", expires=soon)
    probe.start()
    probe_targets.add13(1)
    while datetime.datetime.now(datetime.UTC) <= soon:
        time.sleep(0.05)
    probe_targets.add13(2)
    assert i.results == [14]
    assert _native.probe_counts()[0] == 0


def test_hits_can_be_limited():
    probe = probes.attach_to(ADD)
    probe.instruments["x"] = i = probes.ProbeTestInstrument("x", "result", max_hits=2)
    probe.instruments["y"] = j = probes.ProbeTestInstrument("y", "result", rate=1_000_000)
    probe.start()
    for amount in range(5):
        probe_targets.add13(amount)
    assert i.results == [13, 14]
    assert len(j.results) == 5


def test_a_log_has_a_rate_and_counts_what_it_dropped():
    out = io.StringIO()
    probe = probes.attach_to(ADD)
    probe.instruments["x"] = i = probes.LogInstrument("x", "result", rate=10)
    i.out = out
    probe.start()
    began = time.monotonic()
    for amount in range(1000):
        probe_targets.add13(amount)
    seconds = int(time.monotonic() - began) + 2
    lines = len(out.getvalue().splitlines())
    assert 10 <= lines <= 10 * seconds
    assert lines + i.dropped == 1000


def test_an_output_that_hangs_is_not_waited_for():
    read, write = os.pipe()
    os.set_blocking(write, False)
    try:
        while True:
            os.write(write, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(write, True)
    probe = probes.attach_to(ADD)
    probe.instruments["x"] = i = probes.LogInstrument("x", "result")
    with open(write, "w", buffering=1) as i.out:
        probe.start()
        assert probe_targets.add13(1) == 14
        assert i.dropped == 1
        probe.stop()
    os.close(read)


def test_numbers_are_added_up(monkeypatch):
    sent = []
    client = types.SimpleNamespace(
        histogram=lambda name, value, tags: sent.append(("histogram", name, value, tags)),
        increment=lambda name, value, tags: sent.append(("increment", name, value, tags)),
    )
    monkeypatch.setattr(probes.instruments, "statsd", client)
    probes.metrics.counters.clear()
    probes.metrics.histograms.clear()
    probe = probes.attach_to(ADD)
    probe.instruments["h"] = probes.HistogramInstrument(
        "hist", "result", custom={"tags": "{'b': 1, 'a': None}"}
    )
    probe.instruments["i"] = probes.IncrementInstrument("incr", "amount")
    probe.start()
    probe_targets.add13(1)
    probe_targets.add13(2)
    assert sent[:2] == [("histogram", "hist", 14, ["a", "b:1"]), ("increment", "incr", 1, [])]
    assert probes.metrics.counters == {("incr", ()): 3}
    histogram = probes.metrics.histograms["hist", ("a", "b:1")]
    assert (histogram.count, histogram.total, histogram.minimum, histogram.maximum) == (
        2,
        29,
        14,
        15,
    )


@pytest.mark.parametrize("value", ["'text'", "[1]", "float('nan')", "object()"])
def test_a_metric_takes_numbers_only(value):
    manager = Quiet()
    probe = probes.attach_to(ADD)
    probe.instruments["x"] = probes.IncrementInstrument("x", value, mgr=manager)
    probe.start()
    probe_targets.add13(1)
    assert "Cannot send non-numeric metric" in str(manager.errors[0])


def test_an_instrument_says_what_it_is():
    assert str(probes.LogInstrument("n", "v")) == (
        "LogInstrument(name='n', value='v', event='return', expires=None, custom={})"
    )
    with pytest.raises(ValueError, match="no event"):
        probes.LogInstrument("n", "v", event="sometimes")
    with pytest.raises(NotImplementedError):
        probes.Instrument("n", "v").fire({}, {})
