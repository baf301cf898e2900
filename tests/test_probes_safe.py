"""Expressions from outside: they look at built-in values, and never run code of the program."""

from __future__ import annotations

import io

import pytest

import probe_targets
from ghostglass import probes
from ghostglass._native import SafeExpression

TOUCHED = []


def touch(*_arguments):
    """Code of the program, which must not run."""
    TOUCHED.append(1)
    raise AssertionError


SPECIALS = [
    "__getattr__",
    "__getattribute__",
    "__len__",
    "__eq__",
    "__ne__",
    "__lt__",
    "__le__",
    "__gt__",
    "__ge__",
    "__bool__",
    "__hash__",
    "__iter__",
    "__contains__",
    "__getitem__",
    "__str__",
    "__repr__",
    "__format__",
    "__int__",
    "__float__",
    "__index__",
    "__add__",
    "__radd__",
    "__mul__",
    "__sub__",
    "__neg__",
    "__pos__",
    "__abs__",
    "__call__",
    "__class__",
    "__instancecheck__",
    "__next__",
    "__missing__",
    "keys",
    "items",
]


class ExplodingType(type):
    """A type whose every question is code of the program."""

    __getattribute__ = touch
    __instancecheck__ = touch
    __name__ = property(touch)


def exploding(base):
    """A class of which every operation is code of the program."""
    members = dict.fromkeys(SPECIALS, touch)
    members["__class__"] = property(touch)
    return ExplodingType("Exploding", (base,), members)


NAMES = {
    "plain": object.__new__(exploding(object)),
    "number": int.__new__(exploding(int), 5),
    "real": float.__new__(exploding(float), 5),
    "text": str.__new__(exploding(str), "x"),
    "items": list.__new__(exploding(list)),
    "pair": tuple.__new__(exploding(tuple), (1, 2)),
    "table": dict.__new__(exploding(dict)),
}
OPERATIONS = [
    "{0}", "[{0}]", "len({0})", "abs({0})", "bool({0})", "int({0})", "float({0})", "max({0})", "min([{0}, 1])",
    "sum([{0}])", "type({0})", "{0} + 1", "1 + {0}", "{0} - 1", "{0} * 2", "{0} / 2", "{0} // 2", "{0} % 2",
    "-{0}", "+{0}", "not {0}", "{0} and 1", "{0} or 1", "{0} == {0}", "{0} != 1", "1 == {0}", "{0} < 1", "1 < {0}",
    "{0} in [1]", "1 in {0}", "{0} in {0}", "[{0}] == [1]", "{0} is None", "{0}[0]", "{0}['x']", "{0}[:1]",
    "[1, 2][{0}]", "[1, 2][{0}:]", "1 if {0} else 2", "inside[0]", "inside == inside", "keyed == keyed",
    "keyed['a']", "'a' in keyed", "{0} in keyed",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_no_operation_runs_code_of_the_program(name):
    TOUCHED.clear()
    value = NAMES[name]
    names = {"inside": [value], "keyed": {"a": value}, **NAMES}
    for operation in OPERATIONS:
        expression = SafeExpression(operation.format(name))
        try:
            shown = expression.evaluate(names)
        except ValueError as error:
            shown = str(error)
        assert "\x1b" not in shown
    assert TOUCHED == []
    assert SafeExpression(name).evaluate(names) == "<Exploding>"


@pytest.mark.parametrize(
    "attack",
    [
        "__import__('os').system('id')", "().__class__.__base__.__subclasses__()", "f.__globals__", "getattr(a, 'b')",
        "'{0.__class__}'.format(a)", "[x for x in a]", "lambda: 1", "(x := 1)", "f'{a}'", "9**9**9", "await a", "*a",
        "a.b", "a()()", "open('x')", "(" * 5000, "1+" * 5000,
    ],
)  # fmt: skip
def test_what_is_not_allowed_is_refused(attack):
    with pytest.raises(ValueError, match=r"[a-z]") as caught:
        SafeExpression(attack)
    assert "\n" not in str(caught.value)


def test_sizes_are_bounded():
    cycle = []
    cycle.append(cycle)
    names = {
        "huge": [1] * 1_000_000,
        "long": "x" * 10_000_000,
        "cycle": cycle,
        "big": 2**64,
        "deep": [[[[[[1]]]]]],
    }
    shown = {name: SafeExpression(name).evaluate(names) for name in names}
    assert shown == {
        "huge": "<list>",
        "long": "<str>",
        "cycle": "[[[[<list>]]]]",
        "big": "<int>",
        "deep": "[[[[<list>]]]]",
    }


def test_an_instrument_from_outside_logs(monkeypatch):
    out = io.StringIO()
    monkeypatch.setattr(probes.LogInstrument, "out", out)
    manager = probes.InstrumentManager("here")
    manager.instrument_classes = {"log": probes.SafeLogInstrument}
    manager.handle_error = lambda *_: None
    for at, value in enumerate(
        ["user_id", "kwargs", "len(result) + 1", "self", "__import__('os')"]
    ):
        manager.specs[str(at)] = {
            "target": "probe_targets.Shape.draw",
            "instrument": {"type": "log", "name": "n", "value": value, "custom": {"tags": "1/0"}},
            "lifespan": None,
            "lastmodified": None,
        }
    manager.apply()
    probe_targets.Shape().draw("x", user_id={"password": "CANARY", "id": 4})
    states = manager.states()
    manager.specs.clear()
    manager.apply()
    assert "CANARY" not in out.getvalue()
    assert out.getvalue().splitlines() == [
        'Probe (n)[tags={}] = {"password": <redacted>, "id": 4}',
        'Probe (n)[tags={}] = {"user_id": {"password": <redacted>, "id": 4}}',
        "Probe (n)[tags={}] = 4",
        "Probe (n)[tags={}] = <Shape>",
    ]
    assert states["4"][0] == "error"
    assert probes.active_probes == {}
