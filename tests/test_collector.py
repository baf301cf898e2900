"""The collector in real programs: every event is accounted for, whatever happens to the program.

Counts are held against what arrived, never against themselves alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from conftest import PYTHON

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Bench

EXIT_S = 2.0
"""Longest time that a collector may hold up the end of a program."""
SLACK_S = 3.0
"""For a machine that does other things as well."""

STRESS = """
    import itertools, json, os, random, sys, threading
    from ghostglass import Collector, Emitter, JSONLExporter

    class Failing(Exception):
        pass

    def check(seed):
        random.seed(seed)
        pick = random.choice
        arrived = []
        fail = pick([0.0, 0.3, 1.0])

        def export(events):
            if random.random() < fail:
                raise pick([Failing(), SystemExit(3), KeyboardInterrupt()])
            arrived.extend(events)

        folder = f"logs-{seed}"
        exporters = [export, JSONLExporter(folder, rotate_bytes=pick([0, 500, 10**6]))]
        collector = Collector(
            exporters,
            queue_size=pick([1, 7, 64, 2048]),
            batch_max=pick([1, 5, 128]),
            flush_interval=pick([0.001, 0.05]),
            drop_oldest=pick([True, False]),
        )
        emitter = Emitter(collector)
        threads, count = pick([1, 3]), pick([0, 10, 1000])
        close_at, fork_at = random.randrange(1200), random.randrange(1200)

        def produce(thread):
            for number in range(count):
                if thread == 0 and number == close_at:
                    collector.close(timeout=pick([0.0, 2.0]))
                if thread == 0 and number == fork_at:
                    in_child(collector)
                if number % 2:
                    emitter.emit_fn("f", number)
                else:
                    collector.enqueue({"kind": "own", "n": number})

        workers = [threading.Thread(target=produce, args=(n,)) for n in range(threads)]
        [worker.start() for worker in workers]
        [worker.join() for worker in workers]
        collector.close(timeout=10)
        stats = collector.stats()
        for one in stats["exporters"]:
            assert one["produced"] == threads * count, (seed, stats)
            dropped = sum(one["dropped"].values())
            assert one["produced"] == one["exported"] + dropped, (seed, stats)
            assert one["queue_depth"] == 0, (seed, stats)
        # A batch that was given up may have arrived all the same.
        late = [one["dropped"].get("closed", 0) for one in stats["exporters"]]
        lines = [
            json.loads(line)
            for name in (os.listdir(folder) if os.path.isdir(folder) else ())
            if f"-{os.getpid()}" in name
            for line in open(os.path.join(folder, name))
        ]
        for seen, one, more in zip((arrived, lines), stats["exporters"], late):
            assert one["exported"] <= len(seen) <= one["exported"] + more, (seed, len(seen), stats)

    def in_child(collector):
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                assert collector.queue_depth == 0 and collector.enqueued == 0
                for number in range(20):
                    collector.enqueue({"kind": "child", "n": number})
                collector.close(timeout=10)
                for one in collector.stats()["exporters"]:
                    dropped = sum(one["dropped"].values())
                    assert one["produced"] == 20 == one["exported"] + dropped, one
                code = 0
            finally:
                os._exit(code)
        assert os.waitpid(pid, 0)[1] == 0

    for seed in range(int(sys.argv[1]), int(sys.argv[1]) + 25):
        check(seed)
    print("accounted")
"""


@pytest.mark.parametrize("first_seed", [0, 1000])
def test_every_event_is_accounted_for(bench: Bench, first_seed: int) -> None:
    bench.write("app.py", STRESS)
    finished = bench.plain("-W", "ignore", "app.py", first_seed)
    assert (finished.code, finished.stdout) == (0, "accounted\n"), finished.stderr


def lines(folder: Path) -> list[dict[str, object]]:
    return [
        json.loads(line)
        for file in sorted(folder.iterdir())
        for line in file.read_text().splitlines()
    ]


def test_what_nobody_closed_is_written_at_the_end(bench: Bench) -> None:
    program = """
        import multiprocessing, os
        from ghostglass import Collector, JSONLExporter

        collector = Collector(JSONLExporter("logs"), flush_interval=60)

        def work():
            collector.enqueue({"kind": "child"})

        if __name__ == "__main__":
            collector.enqueue({"kind": "parent"})
            process = multiprocessing.get_context("fork").Process(target=work)
            process.start()
            process.join()
            Collector(JSONLExporter("logs"), flush_interval=60).enqueue({"kind": "nameless"})
    """
    bench.write("app.py", program)
    finished = bench.plain("-W", "ignore", "app.py")
    assert (finished.code, finished.stderr) == (0, "")
    kinds = sorted(str(event["kind"]) for event in lines(bench.work / "logs"))
    assert kinds == ["child", "nameless", "parent"]


@pytest.mark.parametrize(
    "hangs", ["time.sleep(60)", "threading.Event().wait()", "raise MemoryError"]
)
def test_a_bad_exporter_holds_up_nothing(bench: Bench, hangs: str) -> None:
    program = f"""
        import threading, time
        from ghostglass import Collector

        def export(events):
            {hangs}

        collector = Collector(export, queue_size=64)
        begin = time.perf_counter()
        for number in range(100_000):
            collector.enqueue(number)
        print(time.perf_counter() - begin)
    """
    bench.write("app.py", program)
    begin = time.monotonic()
    finished = bench.plain("app.py")
    took = time.monotonic() - begin
    assert (finished.code, finished.stderr) == (0, "")
    assert float(finished.stdout) < SLACK_S
    assert took < EXIT_S + SLACK_S


def test_a_full_disk_costs_events_and_no_line_is_torn(bench: Bench) -> None:
    program = """
        import resource, signal
        from ghostglass import Collector, JSONLExporter

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
        with Collector(JSONLExporter("logs", rotate_bytes=0), queue_size=10_000) as collector:
            for number in range(1_000):
                collector.enqueue({"kind": "own", "n": number})
        stats = collector.stats()
        print(stats["exported"], stats["dropped"]["exporter_failed"], stats["flush_errors"] > 0)
    """
    bench.write("app.py", program)
    finished = bench.plain("app.py")
    assert finished.code == 0, finished.stderr
    exported, dropped, has_failed = finished.stdout.split()
    assert (int(exported) + int(dropped), has_failed) == (1_000, "True")
    assert len(lines(bench.work / "logs")) == int(exported) > 100


def test_a_killed_program_leaves_whole_lines_to_its_successor(bench: Bench) -> None:
    program = """
        import itertools
        from ghostglass import Collector, JSONLExporter

        collector = Collector(JSONLExporter("logs", rotate_bytes=100_000, keep=3))
        for number in itertools.count():
            collector.enqueue({"kind": "own", "n": number, "text": "x" * 50})
            if number == 20_000:
                print("ready", flush=True)
    """
    bench.write("app.py", program)
    process = bench.start(PYTHON, "app.py")
    process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    folder = bench.work / "logs"
    before = sorted(folder.iterdir())
    assert all(file.stat().st_size <= 100_000 for file in before)
    assert len(before) <= 4
    (folder / f"ghostglass-{process.pid}.jsonl").open("ab").write(b'{"kind": "to')
    bench.write(
        "next.py",
        program.split("for number", maxsplit=1)[0] + 'collector.enqueue({"kind": "next"})',
    )
    assert bench.plain("next.py").code == 0
    assert sum(event["kind"] == "next" for event in lines(folder)) == 1


def test_green_threads_do_not_stop_it(bench: Bench) -> None:
    pytest.importorskip("gevent")
    program = """
        from gevent import monkey
        monkey.patch_all()
        import gevent, threading, time
        from ghostglass import Collector, Emitter, JSONLExporter

        seen, threads = [], set()

        def export(events):
            threads.add(monkey.get_original("threading", "get_ident")())
            seen.extend(events)

        collector = Collector([export, JSONLExporter("logs")], flush_interval=0.01)
        emitter = Emitter(collector)

        def work(number):
            for _ in range(50):
                emitter.emit_fn(f"f{number}", 1)
                gevent.sleep(0)

        gevent.joinall([gevent.spawn(work, number) for number in range(20)])
        collector.close()
        assert len(seen) == 1000, collector.stats()
        assert threads and monkey.get_original("threading", "get_ident")() not in threads
        assert sum(1 for _ in open("logs/" + __import__("os").listdir("logs")[0])) == 1000
    """
    bench.write("app.py", program)
    finished = bench.plain("app.py")
    assert finished.code == 0, finished.stderr


def test_an_exporter_does_not_export_itself(bench: Bench) -> None:
    program = """
        from ghostglass import Collector, Emitter, profile_function

        seen = []

        class Exporter:
            def export(self, events):
                self.send(events)

        collector = Collector(exporter := Exporter(), flush_interval=0.001)
        emitter = Emitter(collector)
        exporter.send = profile_function(emitter)(lambda events: seen.extend(events))
        for _ in range(5):
            emitter.emit_fn("f", 1)
            collector.flush()
        collector.close()
        assert [event["fn"] for event in seen] == ["f"] * 5, seen
        stats = collector.stats()
        assert stats["exported"] == 5 and set(stats["dropped"]) <= {"own_exporter"}, stats
    """
    bench.write("app.py", program)
    finished = bench.plain("app.py")
    assert finished.code == 0, finished.stderr


def test_any_value_is_written_and_no_code_of_it_is_run(bench: Bench) -> None:
    program = r"""
        import collections, datetime, decimal, enum
        from ghostglass import Collector, ConsoleExporter

        class Loud:
            def __repr__(self): raise AssertionError
            __str__ = __hash__ = __repr__

        class Sneaky(str):
            def __str__(self): raise AssertionError

        class Colour(enum.IntEnum):
            RED = 1

        deep = value = []
        for _ in range(50):
            value.append(value := [])
        with Collector(ConsoleExporter()) as collector:
            collector.enqueue({
                "text": "a\x1b[2J\n\"\\\u202e\udc80", Sneaky("key"): Sneaky("value"), 1: 2.5, None: None,
                True: False, "big": 2**70, "nan": float("nan"), "list": [1, (2, {"3": 4})],
                "date": datetime.date.today(), "money": decimal.Decimal(3), "loud": Loud(),
                "enum": Colour.RED, "ordered": collections.OrderedDict(a=1), "deep": deep,
            })
            for wrong in (None, 5, "text", [1], {"key": "x" * 2_000_000}):
                collector.enqueue(wrong)
        assert collector.stats()["dropped"] == {"unreadable": 5}, collector.stats()
    """
    bench.write("app.py", program)
    finished = bench.plain("app.py")
    assert (finished.code, finished.stderr) == (0, "")
    assert all(character.isprintable() or character == "\n" for character in finished.stdout)
    event = json.loads(finished.stdout)
    assert event.pop("deep")
    assert event == {
        "text": 'a\x1b[2J\n"\\\u202e���',
        "key": "value",
        "1": False,
        "null": None,
        "big": 2.0**70,
        "nan": None,
        "list": [1, [2, {"3": 4}]],
        "date": "<date>",
        "money": "<Decimal>",
        "loud": "<Loud>",
        "enum": 1,
        "ordered": {"a": 1},
    }


def test_as_functions_within_an_exporter_of_the_program(bench: Bench) -> None:
    program = """
        from ghostglass import Collector, ConsoleExporter, JSONLExporter

        class Extended(JSONLExporter):
            def export(self, events):
                super().export([{**event, "more": 1} for event in events])

        console, file = ConsoleExporter(), Extended("logs")

        def both(events):
            console(events)
            file(events)

        with Collector([both, file]) as collector:
            collector.enqueue({"kind": "own"})
    """
    bench.write("app.py", program)
    finished = bench.plain("app.py")
    assert (finished.code, finished.stderr) == (0, "")
    assert finished.stdout == '{"kind":"own"}\n'
    assert lines(bench.work / "logs") == [{"kind": "own", "more": 1}] * 2


RELAYED = """
    import http.server, json, os, sys, threading
    from ghostglass import Collector, Emitter, OTLPExporter

    bodies = []

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            bodies.append((self.path, self.headers["x-key"], self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    exporter = OTLPExporter(f"http://127.0.0.1:{server.server_port}", headers={"x-key": "canary"}, compression="none")
    collector = Collector(exporter)
    emitter = Emitter(collector)
    for number in range(10):
        emitter.emit_fn(f"parent{number}.", 5)
    pid = os.fork()
    if pid == 0:
        for number in range(10):
            emitter.emit_fn(f"child{number}.", 5)
        collector.close()
        os._exit(0)
    os.waitpid(pid, 0)
    assert collector.flush(20), collector.stats()
    stats = collector.stats()
    assert stats["produced"] == stats["exported"] == 10, stats
    while not b"child9." in b"".join(body for _, _, body in bodies):
        threading.Event().wait(0.01)
    sent = b"".join(body for path, key, body in bodies if path == "/v1/traces" and key == "canary")
    counts = {sent.count(f"{who}{number}.".encode()) for who in ("parent", "child") for number in range(10)}
    # The name of the span and of its function.
    assert counts == {2}, counts
    [folder] = os.listdir(os.path.join(os.environ["GHOST_DATA_DIR"], "relays"))

    def relays():
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                command = open(f"/proc/{pid}/cmdline").read()
            except (OSError, ValueError):
                continue
            if folder in command:
                yield command

    # One that came second sees that and ends.
    while len(found := list(relays())) != 1:
        threading.Event().wait(0.01)
    assert "canary" not in found[0], found
    # It is nobody's child here, so nobody is surprised by it.
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        print("relayed")
"""


def test_a_relay_carries_the_spans_of_all_processes(bench: Bench) -> None:
    bench.write("app.py", RELAYED)
    bench.variables["OTEL_BSP_SCHEDULE_DELAY"] = "50"
    finished = bench.plain("-W", "ignore", "app.py")
    assert (finished.code, finished.stdout) == (0, "relayed\n"), finished.stderr
    for file in bench.data.rglob("*"):
        # The relay removes a ring when it is done with it.
        with contextlib.suppress(FileNotFoundError):
            assert file.stat().st_mode & 0o077 == 0
            assert file.is_dir() or b"canary" not in file.read_bytes()
    # With the last process it ends.
    [folder] = (bench.data / "relays").iterdir()
    deadline = time.monotonic() + 30
    while any(folder.name in command for command in commands()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert list(folder.glob("*.spans")) == []


def commands() -> list[str]:
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as file:
                found.append(file.read())
        except OSError:
            continue
    return found


def test_without_a_binary_everything_else_goes_on(bench: Bench) -> None:
    program = """
        import ghostglass.__main__
        ghostglass.__main__.find_binary = lambda: None
        from ghostglass import Collector, PrometheusExporter
        collector = Collector([PrometheusExporter(), seen.extend] if (seen := []) == [] else None)
        collector.enqueue({"kind": "own"})
        collector.close()
        assert seen == [{"kind": "own"}] and collector.stats()["dropped"] == {"no_ring": 1}
    """
    bench.write("app.py", program)
    finished = bench.plain("app.py")
    assert finished.code == 0, finished.stderr
    assert finished.stderr.startswith(
        "ghost: nothing is exported: there is no `ghost` binary (hint: "
    )
    assert finished.stderr.count("\n") == 1


def test_a_stream_in_the_place_of_standard_output_gets_the_lines(bench: Bench) -> None:
    bench.write(
        "program.py",
        """
        import contextlib, io, json
        from ghostglass import Collector, ConsoleExporter, Emitter

        class Sink(list):
            def __call__(self, events):
                self.extend(events)

        shown, sink = io.StringIO(), Sink()
        with contextlib.redirect_stdout(shown):
            collector = Collector([ConsoleExporter(), ConsoleExporter(pretty=True), sink])
            Emitter(collector).emit_req("/héllo", 200, 5, method="GET")
            collector.close()
            ConsoleExporter()([{"msg": "direct"}])
        lines = shown.getvalue().splitlines()
        plain = [line for line in lines if line.startswith("{")]
        assert [json.loads(line).get("route") for line in plain] == ["/héllo", None]
        assert len(lines) == 3 and any(" REQ " in line for line in lines), lines
        assert [event["kind"] for event in sink] == ["REQ"]
        """,
    )
    finished = bench.plain("program.py")
    assert (finished.code, finished.stdout) == (0, ""), finished.stderr
