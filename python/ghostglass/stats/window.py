"""The table behind `StatsStore`: the requests of the last seconds, in memory or in a file.

Bounded whatever the load: durations are counted in buckets. Knows no event, no clock and no file
name; whoever has one of these locks it.

Layout, version 1, little endian; one process writes a table, others may read it at any time:

    0   magic "GHSTSTAT"   8   version u32   12  window_s u32   16  begin f64 (monotonic seconds)
    64  window_s rows of ROW_BYTES: second u64 (0: nothing), errors u64, 320 buckets u32
    …   50 errors of ERROR_BYTES: time u64 (0: nothing), length u16, JSON
"""

from __future__ import annotations

import json
import math
import struct
from typing import Any

MAGIC = b"GHSTSTAT"
VERSION = 1
HEADER = struct.Struct("<8sIId")
HEADER_BYTES = 64
BUCKETS = 320
"""Of nanoseconds, up to 2⁴⁰: eighteen minutes."""
BUCKETS_PER_OCTAVE = 8
"""A bucket is 9 % wide: the error of a percentile is half of that."""
SECOND = struct.Struct("<QQ")
BUCKET = struct.Struct("<I")
ROW_BYTES = SECOND.size + BUCKETS * BUCKET.size
ERRORS_MAX = 50
"""Errors that are kept to be shown."""
ERROR = struct.Struct("<QH")
ERROR_BYTES = 1024
MS_PER_NS = 1e-6


def size(window_s: int) -> int:
    """Bytes of a table."""
    return HEADER_BYTES + window_s * ROW_BYTES + ERRORS_MAX * ERROR_BYTES


class Window:
    """A table that one process writes."""

    def __init__(self, buffer: Any, window_s: int, begin: float) -> None:  # noqa: ANN401 - a buffer
        """Begin an empty table in zeroed memory."""
        self._buffer = buffer
        self._window_s = window_s
        self._error_count = 0
        HEADER.pack_into(buffer, 0, MAGIC, VERSION, window_s, begin)

    def move_to(self, buffer: Any) -> None:  # noqa: ANN401 - a buffer
        """Go on in a copy of the table."""
        self._buffer = buffer

    def record(self, second: int, dur_ns: int, *, is_error: bool) -> None:
        """Count one request."""
        row = HEADER_BYTES + second % self._window_s * ROW_BYTES
        if SECOND.unpack_from(self._buffer, row)[0] != second:
            # Empty before it is named: a reader must not take what is left for this second's.
            self._buffer[row : row + ROW_BYTES] = bytes(ROW_BYTES)
            SECOND.pack_into(self._buffer, row, second, 0)
        bucket = min(round(math.log2(max(dur_ns, 1)) * BUCKETS_PER_OCTAVE), BUCKETS - 1)
        _add(self._buffer, row + SECOND.size + bucket * BUCKET.size)
        if is_error:
            _add(self._buffer, row + SECOND.size // 2)

    def add_error(self, error: dict[str, Any]) -> None:
        """Keep an error in the place of the oldest one."""
        text = json.dumps(error).encode()
        at = HEADER_BYTES + self._window_s * ROW_BYTES
        at += self._error_count % ERRORS_MAX * ERROR_BYTES
        if len(text) > ERROR_BYTES - ERROR.size:
            return
        self._error_count += 1
        ERROR.pack_into(self._buffer, at, 0, len(text))
        self._buffer[at + ERROR.size : at + ERROR.size + len(text)] = text
        ERROR.pack_into(self._buffer, at, error.get("ts_ns") or 1, len(text))


def _add(buffer: Any, at: int) -> None:  # noqa: ANN401 - a buffer
    BUCKET.pack_into(buffer, at, (BUCKET.unpack_from(buffer, at)[0] + 1) & 0xFFFF_FFFF)


class Totals:
    """What several tables say together."""

    def __init__(self, window_s: int, second: int) -> None:
        """Look back from this second."""
        self._window_s = window_s
        self._second = second
        self._lanes = 0
        self.begin = math.inf
        self.errors = 0
        self.per_second: dict[int, int] = {}

    def add(self, table: bytes) -> None:
        """Add one table; bytes that are none add nothing."""
        if len(table) != size(self._window_s):
            return
        magic, version, window_s, begin = HEADER.unpack_from(table)
        if (magic, version, window_s) != (MAGIC, VERSION, self._window_s):
            return
        self.begin = min(self.begin, begin)
        for row in range(HEADER_BYTES, HEADER_BYTES + window_s * ROW_BYTES, ROW_BYTES):
            self._add_row(table, row)

    def _add_row(self, table: bytes, row: int) -> None:
        second, errors = SECOND.unpack_from(table, row)
        if not self._second - self._window_s < second <= self._second:
            return
        self.errors += errors
        buckets = table[row + SECOND.size : row + ROW_BYTES]
        self.per_second[second] = self.per_second.get(second, 0) + sum(_numbers(buckets))
        # All buckets are added at once, as one large number: no lane comes near four thousand
        # million in a window, so none flows over into the next.
        self._lanes += int.from_bytes(buckets, "little")

    @property
    def count(self) -> int:
        """How many requests there were."""
        return sum(self.per_second.values())

    def percentile_ms(self, share: float) -> float | None:
        """Give the middle of the bucket in which that share of the requests is reached."""
        wanted = max(math.ceil(self.count * share), 1)
        for bucket, count in enumerate(_numbers(self._lanes.to_bytes(ROW_BYTES, "little"))):
            wanted -= count
            if wanted <= 0:
                return float(2.0 ** (bucket / BUCKETS_PER_OCTAVE) * MS_PER_NS)
        return None


def _numbers(buckets: bytes) -> tuple[int, ...]:
    return struct.unpack_from(f"<{BUCKETS}I", buckets)


def errors(table: bytes, window_s: int) -> list[dict[str, Any]]:
    """Give the errors a table holds; one that is being written is left out."""
    found = []
    for slot in range(ERRORS_MAX if len(table) == size(window_s) else 0):
        at = HEADER_BYTES + window_s * ROW_BYTES + slot * ERROR_BYTES
        time, length = ERROR.unpack_from(table, at)
        try:
            found += [json.loads(table[at + ERROR.size : at + ERROR.size + length])] * bool(time)
        except ValueError:
            continue
    return found
