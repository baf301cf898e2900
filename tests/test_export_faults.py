"""Exporters when the world fails: a full disk, a kill in the middle of a line, an exporter that hangs.

What a collector was given is what it exported and what it dropped for a counted reason, and it never
keeps a program from ending.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import time
from pathlib import Path

import pytest

DISK_FULL = """
    import json, resource
    from ghostglass import Collector, Emitter, JSONLExporter

    collector = Collector(JSONLExporter(dir="logs", rotate_bytes=0), queue_size=100_000)
    emitter = Emitter(collector)
    sizes = [200_000, 450_000, resource.RLIM_INFINITY]
    for round, size in enumerate(sizes):
        # A file cannot grow beyond this, as on a disk without room; then there is room again.
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        for number in range(5_000):
            emitter.emit_fn(f"work{round}", 5)
        collector.flush(20)
    collector.close()
    print(json.dumps(collector.stats()))
"""

HANGING = """
    import json, sys, threading, time
    from ghostglass import Collector, Emitter

    def hang(batch):
        threading.Event().wait()

    collector = Collector(hang, queue_size=1000)
    emitter = Emitter(collector)
    longest = 0
    for number in range(100_000):
        begin = time.perf_counter()
        emitter.emit_fn("work", 5)
        longest = max(longest, time.perf_counter() - begin)
    print(json.dumps([collector.stats(), collector.queue_depth]), flush=True)
    print(time.monotonic())
"""

SINK_DOWN = """
    import json, resource, sys, time
    from ghostglass import Collector, Emitter, OTLPExporter

    collector = Collector(OTLPExporter(sys.argv[1]))
    emitter = Emitter(collector)
    for number in range(1000):
        emitter.emit_req("/rooms/{id}", 200, 5)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(200_000):
        emitter.emit_req("/rooms/{id}", 200, 5)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    collector.close()
    print(json.dumps([collector.stats(), grown]), flush=True)
    print(time.monotonic())
"""

TORN = """
    import os
    from ghostglass import Collector, Emitter, JSONLExporter

    collector = Collector(JSONLExporter(dir="logs", rotate_bytes=50_000), queue_size=1 << 16)
    emitter = Emitter(collector)
    number = 0
    while True:
        emitter.emit_fn("work" * 50, 5)
        number += 1
        if number == 20_000:
            print("loud", flush=True)
"""


def lines_of(folder: Path) -> list[bytes]:
    """All lines of all files, the last of a file perhaps without its end."""
    files = [file for file in sorted(folder.iterdir()) if ".jsonl" in file.name]
    return [line for file in files for line in file.read_bytes().splitlines(keepends=True)]


def test_a_full_disk_costs_lines_and_nothing_else(bench):
    bench.write("app.py", DISK_FULL)
    run = bench.plain("app.py")
    assert (run.code, run.stderr) == (0, "")
    stats = json.loads(run.stdout)
    events = [json.loads(line) for line in lines_of(bench.work / "logs")]
    dropped = sum(stats["dropped"].values())
    assert stats["produced"] == 15_000 == stats["exported"] + dropped, stats
    assert stats["exported"] == len(events)
    assert dropped > 0, "the disk was never full"
    names = [event["fn"] for event in events]
    # Whatever fits is written, also beside what does not; with room again, everything is.
    assert 0 < names.count("work0") < 5_000, stats
    assert names.count("work1") > 0
    assert names.count("work2") == 5_000


def test_an_exporter_that_hangs_keeps_nobody(bench):
    bench.write("app.py", HANGING)
    run = bench.plain("app.py")
    assert (run.code, run.stderr) == (0, "")
    ended = time.monotonic()
    (stats, depth), finished = map(json.loads, run.stdout.splitlines())
    assert ended - finished < 3, "two seconds to drain, and a breath to end"
    assert stats["produced"] == 100_000
    # What the exporter was handed and never gave back is neither exported nor dropped yet.
    pending = 100_000 - stats["exported"] - sum(stats["dropped"].values())
    assert stats["exported"] == 0
    assert depth <= pending <= 1000 + 128, (stats, depth)


@pytest.mark.parametrize("sink", ["dead", "black hole"])
def test_a_sink_that_is_down_costs_a_bounded_memory_and_a_short_goodbye(bench, sink):
    bench.write("app.py", SINK_DOWN)
    with socket.socket() as receiver:
        receiver.bind(("127.0.0.1", 0))
        if sink == "black hole":
            receiver.listen()
        try:
            run = bench.plain("app.py", f"http://127.0.0.1:{receiver.getsockname()[1]}")
            ended = time.monotonic()
        finally:
            end_relays(bench)
    assert run.code == 0, run.stderr
    (stats, grown_kb), finished = map(json.loads, run.stdout.splitlines())
    assert ended - finished < 3, "it had its two seconds already"
    # What is in the ring is the relay's to send: not exported, and not lost.
    settled = stats["exported"] + sum(stats["dropped"].values())
    assert stats["produced"] == 201_000 == settled + stats["queue_depth"], stats
    assert stats["exported"] == 0 and stats["dropped"], stats
    assert grown_kb < 16 << 10, "the ring, and nothing that grows"


def end_relays(bench) -> None:
    """Ends the relays of a program, which would go on trying for a while."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (process / "cmdline").read_bytes().split(b"\0")
            if b"relay" in words and str(bench.data).encode() in b" ".join(words):
                os.kill(int(process.name), signal.SIGKILL)


def test_a_kill_tears_one_line_at_most(bench):
    bench.write("app.py", TORN)
    with bench.start("python3", "app.py") as process:
        assert process.stdout.readline() == b"loud\n"
        logs = bench.work / "logs"
        while len(list(logs.glob("*"))) < 3:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
    lines = lines_of(bench.work / "logs")
    torn = [line for line in lines if not line.endswith(b"\n")]
    assert len(torn) <= 1
    assert len(lines) > 100
    for line in lines:
        if line not in torn:
            json.loads(line)
