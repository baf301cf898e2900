"""Counts by caller: who passed which types, and who received which, as the session's tables hold them.

A pair is written `(int, str) from module:caller:1`, or `int to module:caller:1`, as the observers write it.
"""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from contextlib import closing
from pathlib import Path

from .comparison import Observation, full_names_by_label, with_full_names

PASSED, RECEIVED = " from ", " to "
ROWS = """
    SELECT f.fn_key, t.label, c.fn_key, sum(p.count)
      FROM {table} p
      JOIN functions f USING (function_id)
      JOIN functions c ON c.function_id = p.caller_id
      JOIN {types} t USING ({types_id})
     GROUP BY f.function_id, t.label, c.function_id
    """


def with_pairs(recorded: Observation, session: Path, expected: Observation) -> Observation:
    """Adds the pairs of the session to what was recorded; labels are written in full."""
    full_names = full_names_by_label(expected)
    with closing(sqlite3.connect(f"file:{session}?mode=ro", uri=True)) as connection:
        passed = connection.execute(
            ROWS.format(table="args_by_caller", types="signatures", types_id="signature_id")
        )
        add(recorded, "args_by_caller", passed, PASSED, full_names)
        received = connection.execute(
            ROWS.format(table="returns_by_caller", types="types", types_id="type_id")
        )
        add(recorded, "returns_by_caller", received, RECEIVED, full_names)
    return recorded


def add(
    recorded: Observation,
    field: str,
    rows: sqlite3.Cursor,
    word: str,
    full_names: dict[str, str],
) -> None:
    """Adds one table's rows as a field of the functions they are about."""
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for key, label, caller, count in rows:
        counted[key][with_full_names(label, full_names) + word + caller] += count
    for key, seen in recorded.items():
        seen[field] = dict(counted[key])
