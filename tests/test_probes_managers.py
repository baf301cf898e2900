"""Managers: probes follow specifications, in memory, in a file and in MongoDB."""

from __future__ import annotations

import datetime
import json
import os
import sys
import time
from types import SimpleNamespace

import pytest

import probe_targets
from ghostglass import _native, probes

ADD = "probe_targets.add13"
NOW = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)


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

    instrument_classes = {  # noqa: RUF012 - as the base
        "test": probes.ProbeTestInstrument,
        "log": probes.LogInstrument,
    }

    def __init__(self, process_id="test-process"):
        super().__init__(process_id)
        self.errors = []

    def handle_error(self, probe=None, instrument=None):
        self.errors.append(sys.exc_info()[1])


def spec(target=ADD, value="result", event="return", lifespan=10, kind="test", **more):
    """A specification."""
    return {
        "target": target,
        "instrument": {"type": kind, "name": "n", "value": value, "event": event, "custom": {}},
        "lifespan": lifespan,
        "lastmodified": NOW,
        "applied": {},
        **more,
    }


def instruments_of(target=ADD):
    """The instruments of a target."""
    probe = probes.active_probes.get(target)
    return list(probe.instruments.values()) if probe else []


def test_the_example_of_the_documentation(capsys):
    manager = probes.InstrumentManager("here")
    manager.specs["instr-1"] = spec(kind="log")
    manager.apply()
    probe_targets.add13(1)
    assert capsys.readouterr().out == "Probe (n)[tags={}] = 14\n"
    assert manager.specs["instr-1"]["applied"] == {"here": {"lm": NOW, "err": None}}
    assert manager.states() == {"instr-1": ("active", None)}
    [instrument] = instruments_of()
    assert instrument.mgr is manager
    assert instrument.expires == NOW + datetime.timedelta(minutes=10)


def test_the_manager_of_the_process_is_ready():
    assert isinstance(probes.manager, probes.InstrumentManager)
    assert set(probes.manager.instrument_classes) == {"log", "hist", "incr"}
    assert {"datetime", "math", "time", "mag"} <= set(probes.manager.global_namespace)


def test_expressions_see_the_global_namespace():
    manager = Quiet()
    manager.global_namespace = {**manager.global_namespace, "double": lambda n: n * 2}
    manager.specs["a"] = spec(value="double(result)")
    manager.apply()
    probe_targets.add13(1)
    assert instruments_of()[0].results == [28]


def test_a_changed_specification_changes_the_instrument_that_is_there():
    manager = Quiet()
    manager.specs["a"] = spec()
    manager.apply()
    [before] = instruments_of()
    manager.apply()
    assert instruments_of() == [before]
    changed = manager.specs["a"]
    changed["instrument"]["value"] = "amount"
    changed["instrument"]["event"] = "call"
    changed["lastmodified"] = later = NOW + datetime.timedelta(minutes=1)
    manager.apply()
    assert instruments_of() == [before]
    assert (before.value, before.event) == ("amount", "call")
    assert before.expires == later + datetime.timedelta(minutes=10)
    assert changed["applied"]["test-process"] == {"lm": later, "err": None}
    probe_targets.add13(7)
    assert before.results == [7]


def test_another_type_is_another_instrument():
    manager = Quiet()
    manager.specs["a"] = spec()
    manager.apply()
    manager.specs["a"]["instrument"]["type"] = "log"
    manager.apply()
    assert [type(i) for i in instruments_of()] == [probes.LogInstrument]


def test_another_target_moves_the_instrument():
    manager = Quiet()
    manager.specs["a"] = spec()
    manager.apply()
    manager.specs["a"]["target"] = "probe_targets.other_add"
    manager.apply()
    assert ADD not in probes.active_probes
    probe_targets.other_add(1)
    assert instruments_of("probe_targets.other_add")[0].results == [18]


def test_what_is_specified_no_more_goes_and_what_others_have_stays():
    manager, other = Quiet(), Quiet()
    manager.specs["a"] = spec()
    manager.specs["b"] = spec("probe_targets.other_add")
    other.specs["a"] = spec()
    probes.attach_to(ADD).instruments["mine"] = mine = probes.ProbeTestInstrument("x", "result")
    manager.apply()
    other.apply()
    assert len(instruments_of()) == 3
    manager.specs.clear()
    manager.apply()
    assert "probe_targets.other_add" not in probes.active_probes
    assert len(instruments_of()) == 2
    assert mine in instruments_of()
    other.specs.clear()
    other.apply()
    assert instruments_of() == [mine]


def test_a_lifespan_counts_from_the_last_change():
    manager = Quiet()
    manager.specs["old"] = spec(lastmodified=NOW - datetime.timedelta(minutes=11))
    manager.specs["for ever"] = spec(lastmodified=NOW - datetime.timedelta(days=999), lifespan=None)
    manager.apply()
    probe_targets.add13(1)
    old, for_ever = instruments_of()
    assert old.results == []
    assert for_ever.results == [14]
    assert for_ever.expires is None
    assert manager.states() == {"old": ("expired", None), "for ever": ("active", None)}


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ({"target": "probe_targets.nothing"}, "does not have the attribute 'nothing'"),
        ({"target": "math.sqrt"}, "C function"),
        ({"target": 5}, "not a dotted path"),
        ({"instrument": {"type": "unknown"}}, "KeyError"),
        ({"instrument": {"type": "test", "name": "n"}}, "TypeError"),
        ({"instrument": {"type": "test", "name": "n", "value": "1", "event": "often"}}, "no event"),
        ({"lastmodified": None}, "TypeError"),
        ({"instrument": None}, "TypeError"),
    ],
)
def test_a_broken_specification_says_so_and_harms_no_other(broken, says):
    manager = Quiet()
    manager.specs["bad"] = {**spec(), **broken}
    manager.specs["good"] = spec("probe_targets.other_add")
    manager.apply()
    manager.apply()
    note = manager.specs["bad"]["applied"]["test-process"]
    assert says in note["err"]
    assert manager.errors
    assert manager.specs["good"]["applied"]["test-process"]["err"] is None
    probe_targets.other_add(1)
    assert instruments_of("probe_targets.other_add")[0].results == [18]


def test_an_instrument_that_failed_stays_off_until_it_is_changed():
    manager = Quiet()
    manager.specs["a"] = spec(value="1/0")
    manager.apply()
    for _ in range(3):
        probe_targets.add13(1)
        manager.apply()
    assert len(manager.errors) == 1
    assert manager.states()["a"] == ("error", "ZeroDivisionError: division by zero")
    manager.specs["a"]["instrument"]["value"] = "result"
    manager.specs["a"]["lastmodified"] = NOW + datetime.timedelta(seconds=1)
    manager.apply()
    probe_targets.add13(1)
    assert instruments_of()[0].results == [14]


def test_a_target_that_is_not_there_yet_is_pending():
    manager = Quiet()
    manager.specs["a"] = spec("never_imported_module.place")
    manager.apply()
    assert manager.states() == {"a": ("pending", None)}
    assert manager.specs["a"]["applied"]["test-process"]["err"] is None
    assert "never_imported_module" not in sys.modules


def test_it_applies_in_the_background():
    manager = Quiet()
    manager.apply_in_background(period=0.01)
    manager.apply_in_background(period=0.01)
    assert manager.apply_thread.daemon
    manager.specs = {"a": spec()}
    give_up = time.monotonic() + 30
    while not instruments_of():
        assert time.monotonic() < give_up
        time.sleep(0.01)
    manager.specs = {}
    while probes.active_probes:
        assert time.monotonic() < give_up
        time.sleep(0.01)
    manager.period = 1e6


def test_a_file_is_followed(tmp_path):
    path = tmp_path / "probes.toml"
    manager = probes.FileInstrumentManager(path)
    manager.instrument_classes = Quiet.instrument_classes
    manager.apply()
    assert manager.specs == {}
    path.write_text(
        f'[a]\ntarget = "{ADD}"\nlifespan = 10\n'
        'instrument = { type = "test", name = "n", value = "result" }\n'
    )
    manager.apply()
    probe_targets.add13(1)
    [instrument] = instruments_of()
    assert instrument.results == [14]
    assert manager.specs["a"]["applied"][str(os.getpid())]["err"] is None
    path.write_text(path.read_text().replace('"result"', '"amount + 100"'))
    manager.apply()
    probe_targets.add13(1)
    assert instruments_of()[0].results == [14, 101]
    path.unlink()
    manager.apply()
    assert probes.active_probes == {}


def test_a_file_may_be_json(tmp_path):
    path = tmp_path / "probes.json"
    document = {**spec(), "lastmodified": "2020-01-01T00:00:00+00:00"}
    path.write_text(json.dumps({"a": document}))
    manager = probes.FileInstrumentManager(path, "me")
    manager.instrument_classes = Quiet.instrument_classes
    manager.apply()
    assert manager.states() == {"a": ("expired", None)}


@pytest.mark.parametrize("content", ["[", "a = 1\n", "\0", "[a]\n" * 2, "x" * 2_000_000])
def test_a_broken_file_leaves_what_was_there(tmp_path, content):
    path = tmp_path / "probes.toml"
    path.write_text(
        f'[a]\ntarget = "{ADD}"\ninstrument = {{ type = "test", name = "n", value = "1" }}\n'
    )
    manager = probes.FileInstrumentManager(path)
    manager.instrument_classes = Quiet.instrument_classes
    manager.apply()
    path.write_text(content)
    with pytest.raises(probes.SpecFileError):
        manager.apply()
    manager.apply()
    assert len(instruments_of()) == 1


class Collection:
    """A collection in memory, as PyMongo's."""

    def __init__(self, *documents):
        self.documents = list(documents)
        self.updates = []

    def find(self):
        return json.loads(json.dumps(self.documents, default=str))

    def update_one(self, which, change):
        self.updates.append((which, change))


def test_mongodb_notes_are_stored_without_dots():
    document = spec(lifespan=None)
    collection = Collection({"key": "a", **document})
    manager = probes.MongoDBInstrumentManager("host.example.1", collection, id_field="key")
    manager.instrument_classes = Quiet.instrument_classes
    manager.apply()
    [(which, change)] = collection.updates
    assert which == {"key": "a"}
    assert change == {"$set": {"applied.host_example_1": {"lm": str(NOW), "err": None}}}
    assert SimpleNamespace(**document).applied == {}


def test_mongodb_serves_specifications(mongodb_server):
    pymongo = pytest.importorskip("pymongo")
    with pymongo.MongoClient(mongodb_server.url) as client:
        collection = client[mongodb_server.database].probes
        modified = NOW.replace(microsecond=0)
        collection.insert_many(
            [
                {"id": "a", **spec(lastmodified=modified)},
                {"id": "b", **spec("probe_targets.nothing", lastmodified=modified)},
            ]
        )
        manager = probes.MongoDBInstrumentManager("host.1", collection)
        manager.instrument_classes = Quiet.instrument_classes
        manager.handle_error = lambda *_: None
        manager.apply()
        probe_targets.add13(1)
        assert instruments_of()[0].results == [14]
        notes = {doc["id"]: doc["applied"]["host_1"] for doc in collection.find()}
        assert notes["a"] == {"lm": modified, "err": None}
        assert "nothing" in notes["b"]["err"]
        collection.update_one({"id": "a"}, {"$set": {"instrument.value": "amount"}})
        collection.delete_one({"id": "b"})
        manager.apply()
        probe_targets.add13(2)
        assert instruments_of()[0].results == [14, 2]
        assert list(probes.active_probes) == [ADD]
        collection.delete_many({})
        manager.apply()
        assert probes.active_probes == {}
