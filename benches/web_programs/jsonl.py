"""`jsonl.py SUBJECT`: events per second from the first call until every line is in its file.

Prints one JSON object, with how many lines there are: a fast exporter that loses some is none.
"""

import json
import sys
import time
from pathlib import Path

from subjects import folder, jsonl_of

EVENTS = 600_000


def main() -> None:
    """Emit, close, count."""
    collector, emit = jsonl_of(sys.argv[1])
    begin = time.perf_counter()
    for _ in range(EVENTS):
        emit("app.work", 1000)
    emitted = time.perf_counter() - begin
    collector.close(timeout=60)
    took = time.perf_counter() - begin
    lines = sum(file.read_bytes().count(b"\n") for file in Path(folder()).rglob("*.jsonl*"))
    print(json.dumps({"per_second": EVENTS / took, "emitted_s": emitted, "lost": EVENTS - lines}))


if __name__ == "__main__":
    main()
