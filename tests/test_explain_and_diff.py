"""`ghost explain` and `ghost diff` on a real program: the example of a legacy caller that passes floats."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Bench

SHOP = """
    import sys


    def calculate_discount(price: int, quantity: int) -> int:
        return int(price * quantity * 0.9)


    def checkout():
        for price in range(5):
            calculate_discount(price, 2)


    def legacy_checkout():
        for price in (9.5, 1.5, 2.5):
            calculate_discount(price, 2)


    checkout()
    if "legacy" in sys.argv:
        legacy_checkout()
"""


def test_explain_tells_who_passes_the_float(bench: Bench) -> None:
    script = bench.write("shop.py", SHOP)
    assert bench.observed("--quiet", script, "legacy").code == 0
    explained = bench.ghost("explain", "discount", "--backend", "template", "--format", "json")
    assert explained.code == 0, explained.stderr
    facts = json.loads(explained.stdout)
    assert facts["call_count"] == 8
    price = facts["parameters"][0]
    assert price["type_dist"] == {"int": 5, "float": 3}
    passed = {one["type_name"]: one["callers"] for one in price["passed_by"]}
    assert passed == {
        "int": {"__main__:checkout:8": 5},
        "float": {"__main__:legacy_checkout:13": 3},
    }
    assert facts["declared"]["parameters"][0] == {"name": "price", "annotation": "int"}
    text = bench.ghost("explain", "calculate_discount", "--backend", "template").stdout
    assert "3  from legacy_checkout (3)\n" in text


def test_diff_tells_what_is_new_and_nothing_else(bench: Bench) -> None:
    script = bench.write("shop.py", SHOP)
    for arguments in [[], [], ["legacy"]]:
        assert bench.observed("--quiet", script, *arguments).code == 0
    same = bench.ghost("diff", "--fail-on", "types,exceptions", "--format", "json")
    assert same.code == 1
    found = json.loads(same.stdout)
    assert [one["fn_key"] for one in found["added"]] == ["__main__:legacy_checkout:13"]
    changed = {one["fn_key"]: one for one in found["changed"]}
    discount = changed["__main__:calculate_discount:4"]
    assert discount["arg_signatures"]["new"] == {"(float, int)": 3}
    assert discount["callers"]["new"] == {"__main__:legacy_checkout:13": 3}

    first, second = [row.split()[0] for row in bench.ghost("sessions").stdout.splitlines()[2:4]]
    same = bench.ghost("diff", second, first, "--fail-on", "any")
    assert (same.code, "no difference in 2 functions" in same.stdout) == (0, True), same.stdout
