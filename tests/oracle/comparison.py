"""Where two observations of the same program differ, as lines a human can read.

An observation is `{fn_key: {"kind": …, "args": {signature: count}, …}}`, as `observe` writes it;
`from_export` makes one of `ghost export --format json`.
"""

from __future__ import annotations

from collections import Counter

Observation = dict[str, dict]
Counts = dict[str, int] | str | None

# Where signatures beyond the bound are counted.
OVERFLOW = "(…)"
SIGNATURES_MAX = 64

SUSPENDABLE = {"generator", "coroutine", "async_generator"}
# A generator expression and the function of type parameters share a line with what they stand in; that
# of annotations, from 3.14 on, is the compiler's.
UNCOUNTED = ("<module>", "<genexpr>", "__annotate__")
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
        if seen.get("is_text"):
            continue
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
            if ours != theirs and not is_overflowed(ours, theirs):
                found.append(f"{key}: {field}: expected {ours}, observed {theirs}")
    return found


def is_overflowed(expected: Counts, observed: Counts) -> bool:
    """Whether the two agree but for what was counted together beyond the bound."""
    if not isinstance(observed, dict) or not any(name.startswith(OVERFLOW) for name in observed):
        return False
    # Of a pair with a caller, the signature comes first.
    named = {name: count for name, count in observed.items() if not name.startswith(OVERFLOW)}
    return (
        len({name.partition(" from ")[0] for name in named}) == SIGNATURES_MAX
        and named.items() <= expected.items()
        and sum(observed.values()) == sum(expected.values())
    )


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
        for field in ("callers", "args_by_caller", "returns_by_caller"):
            counts: Counter[str] = Counter()
            for name, count in seen.get(field, {}).items():
                counts[with_stable_name(name)] += count
            seen[field] = dict(counts)
    return observation


def with_stable_name(name: str) -> str:
    """A function key, or a pair that ends in one, with one name for each frozen module."""
    before, space, key = name.rpartition(" ")
    module, colon, rest = key.partition(":")
    return before + space + FROZEN_NAMES.get(module, module) + colon + rest


def from_export(profiles: list[dict], expected: Observation) -> Observation:
    """The rows of an export as an observation, type labels in full as the observers write them.

    A label is short where it is unique in the session: `expected` says what it is short for.
    """
    full_names = full_names_by_label(expected)
    observation: Observation = {}
    for row in profiles:
        seen = observation.setdefault(row["fn_key"], {"kind": row["kind"]})
        seen["is_text"] = row["file"].startswith("<")
        for field, distribution in row_distributions(row).items():
            counts = Counter(seen.get(field, {}))
            for label, count in distribution.items():
                counts[with_full_names(label, full_names) if field != "callers" else label] += count
            seen[field] = dict(counts)
    return observation


def row_distributions(row: dict) -> dict[str, dict[str, int]]:
    """The distributions of an exported row, under the observers' names."""
    return {
        "args": row["arg_type_dist"],
        "returns": row["ret_type_dist"],
        "exceptions": row["exc_type_dist"],
        "yields": row["yield_type_dist"],
        "callers": row["callers"],
    }


def full_names_by_label(expected: Observation) -> dict[str, str]:
    """Short name to full name, for every type whose short name is unique in the observation."""
    names = {name for seen in expected.values() for name in type_names(seen)}
    short = Counter(short_name(name) for name in names)
    return {short_name(name): name for name in names if short[short_name(name)] == 1}


def type_names(seen: dict) -> set[str]:
    """Every type of one function, in full."""
    names = set(seen["returns"]) | set(seen["exceptions"]) | set(seen["yields"])
    for signature in seen["args"]:
        names.update(split_signature(signature))
    return names


def split_signature(signature: str) -> list[str]:
    """The types of `(int, str)`."""
    inside = signature.removeprefix("(").removesuffix(")")
    return inside.split(", ") if inside else []


def short_name(name: str) -> str:
    """A qualified name without its module. Only the generated programs have nested names."""
    if name.startswith("random_"):
        return name.partition(".")[2]
    before, locals_, after = name.partition(".<locals>.")
    return before.rpartition(".")[2] + locals_ + after


def with_full_names(label: str, full_names: dict[str, str]) -> str:
    """A type label, or a signature of them, in full."""
    if label.startswith("("):
        return f"({', '.join(full_names.get(part, part) for part in split_signature(label))})"
    return full_names.get(label, label)
