"""Where two observations of the same program differ, as lines a human can read.

An observation is `{fn_key: {"kind": …, "args": {signature: count}, …}}`, as `observe` writes it;
`from_export` makes one of `ghost export --format json`.
"""

from __future__ import annotations

from collections import Counter

Observation = dict[str, dict]

SUSPENDABLE = {"generator", "coroutine", "async_generator"}
# A generator expression and the function of type parameters share a line with what they stand in.
UNCOUNTED = ("<module>", "<genexpr>")
# `importlib` renames these two once it is imported: either name is right.
FROZEN_NAMES = {
    "_frozen_importlib": "importlib._bootstrap",
    "_frozen_importlib_external": "importlib._bootstrap_external",
}


def split_key(key: str) -> tuple[str, str, str]:
    """Module, qualified name and line of a function key."""
    module, _, rest = key.partition(":")
    qualname, _, line = rest.rpartition(":")
    return module, qualname, line


def of_module(observation: Observation, module: str) -> Observation:
    """The functions of one module."""
    return {key: seen for key, seen in observation.items() if split_key(key)[0] == module}


def call_count(seen: dict) -> int:
    """Activations of one function."""
    return sum(seen["args"].values())


def self_count_differences(observation: Observation, hits: dict[str, int]) -> list[str]:
    """Against what the program counted itself: `{first line: activations}`."""
    counted: Counter[str] = Counter()
    for key, seen in observation.items():
        _, qualname, line = split_key(key)
        own = qualname.rpartition(".")[2]
        if seen["kind"] != "class_body" and own not in UNCOUNTED and not own.startswith("<generic"):
            counted[line] += call_count(seen)
    lines = sorted(set(hits) | set(counted), key=int)
    return [
        f"line {line}: program counted {hits.get(line, 0)}, observed {counted[line]}"
        for line in lines
        if hits.get(line, 0) != counted[line]
    ]


def differences(expected: Observation, observed: Observation, fields: tuple[str, ...]) -> list[str]:
    """Every field of every function in which the two differ."""
    found = []
    for key in sorted(set(expected) | set(observed)):
        if key not in expected or key not in observed:
            missing = "expected" if key in expected else "not expected"
            found.append(f"{key}: {missing} only")
            continue
        for field in fields:
            ours, theirs = expected[key].get(field), observed[key].get(field)
            if ours != theirs:
                found.append(f"{key}: {field}: expected {ours}, observed {theirs}")
    return found


def exception_total_differences(expected: Observation, observed: Observation) -> list[str]:
    """Exceptions without their types, of functions that cannot be suspended."""
    found = []
    for key in sorted(set(expected) & set(observed)):
        if expected[key]["kind"] in SUSPENDABLE:
            continue
        ours = sum(expected[key]["exceptions"].values())
        theirs = sum(observed[key]["exceptions"].values())
        if ours != theirs:
            found.append(f"{key}: expected {ours} exceptions, observed {theirs}")
    return found


def with_stable_names(observation: Observation) -> Observation:
    """The same with one name for each frozen module, among the callers."""
    for seen in observation.values():
        callers: Counter[str] = Counter()
        for key, count in seen["callers"].items():
            module, colon, rest = key.partition(":")
            callers[FROZEN_NAMES.get(module, module) + colon + rest] += count
        seen["callers"] = dict(callers)
    return observation
