"""The call tree of a session as calls by path, the way the observers write it.

A path is `module:outer:1 > module:inner:5`. Own times are compared with those of functions only: the
observers have no clock that would agree.
"""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from contextlib import closing
from pathlib import Path

from .comparison import Observation

NODES = """
    SELECT process_id, node_id, parent_id, fn_key, call_count, self_ns, total_ns
      FROM call_tree_nodes JOIN functions USING (function_id)
     ORDER BY process_id, node_id
    """


def with_paths(recorded: Observation, session: Path) -> Observation:
    """Adds the paths of the session's call tree to what was recorded."""
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    paths: dict[tuple[int, int], str] = {}
    for process, node, parent, key, calls, _, _ in rows(session, NODES):
        above = paths.get((process, parent), "")
        # Two functions of one name and line are one here, and call each other as if themselves.
        is_same = above == key or above.endswith(f" > {key}")
        path = above if is_same else f"{above} > {key}" if above else key
        paths[process, node] = path
        if calls:
            counted[key][path] += calls
    for key, seen in recorded.items():
        seen["paths"] = dict(counted[key])
    return recorded


def sum_differences(session: Path) -> list[str]:
    """Functions whose nodes do not add up to what was counted of the function itself."""
    sums = """
        SELECT fn_key, ifnull(calls, 0), ifnull(own_ns, 0), sum(call_count), sum(s.self_ns)
          FROM stats s
          JOIN functions f USING (function_id)
          LEFT JOIN (SELECT function_id, sum(call_count) AS calls, sum(self_ns) AS own_ns
                       FROM call_tree_nodes GROUP BY function_id) USING (function_id)
         GROUP BY function_id
        """
    return [
        f"{key}: nodes {calls} calls and {own_ns} ns, function {call_count} and {self_ns}"
        for key, calls, own_ns, call_count, self_ns in rows(session, sums)
        if (calls, own_ns) != (call_count, self_ns)
    ]


def time_differences(session: Path) -> list[str]:
    """Nodes that do not take as long as themselves and all below."""
    below: Counter[tuple[int, int]] = Counter()
    found = []
    for process, node, parent, key, _, self_ns, total_ns in reversed(rows(session, NODES)):
        if total_ns != self_ns + below[process, node]:
            found.append(f"{key}: {total_ns} ns, {self_ns} and {below[process, node]} below")
        below[process, parent] += total_ns
    return found


def rows(session: Path, sql: str) -> list[tuple]:
    """What a query of a session file answers."""
    with closing(sqlite3.connect(f"file:{session}?mode=ro", uri=True)) as connection:
        return connection.execute(sql).fetchall()
