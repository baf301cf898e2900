"""What `ghost anomalies` says of programs whose defects are known, and of one that has none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Bench

# The function is in line 12.
DISCOUNT = '''
    """A shop with one legacy caller."""

    import sys


    def main():
        """Buy eight times, as old code and new code would."""
        for price, quantity in ORDERS:
            calculate_discount(price, quantity)


    def calculate_discount(price: int, quantity: int) -> int:
        return int(price * quantity * 0.9)


    ORDERS = [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (1.5, 2), (2.5, 1.5), (3.5, 2.0)]
    main()
'''
DISCOUNT_FOUND = """\
[MEDIUM] type_mismatch   calculate_discount (line 12)
         param 'price' annotated as int but observed 'float' in 3/8 calls (38%)
         param 'quantity' annotated as int but observed 'float' in 2/8 calls (25%)
         main (line 6) passed 'float' as 'price' in 3 calls, 'float' as 'quantity' in 2 calls
"""

SEEDED_STORE = """
    import time


    def validate(order):
        if order % 5 < 3:
            raise ValueError(order)


    def sync(orders):
        for order in orders:
            try:
                validate(order)
            except ValueError:
                continue


    def load_price(sku):
        time.sleep(0.002)
        return sku * 3


    def list_prices(skus):
        return [load_price(sku) for sku in skus]


    def find(name, names):
        for known in names:
            if known == name:
                return known


    def cached(key, cache):
        if key not in cache:
            time.sleep(0.02)
            cache[key] = key
        return cache[key]


    def forgotten(n):
        return n + 1
"""

# Ten fast functions and a slow one.
SEEDED = (
    "import time\nimport store\n\n"
    + "".join(f"def fast_{n}(x): return x + {n}\n" for n in range(10))
    + """
def ask_carrier(grams):
    time.sleep(0.03)
    return grams


def main():
    store.sync(range(30))
    for first in range(4):
        store.list_prices(range(first, first + 10))
    cache = {}
    for n in range(60):
        store.cached(n % 15, cache)
        store.find(n % 20, range(18))
        for fast in (value for name, value in globals().items() if name.startswith("fast_")):
            fast(n)
    for grams in range(4):
        ask_carrier(grams)


main()
"""
)

CLEAN = '''
    """Counts words, looks some up, and handles what it expects."""

    from __future__ import annotations

    import logging
    from dataclasses import dataclass

    log = logging.getLogger(__name__)


    class MissingError(LookupError):
        """There is no such word."""


    @dataclass
    class Counter:
        words: dict[str, int]

        def add(self, word: str) -> None:
            self.words[word] = self.words.get(word, 0) + 1

        def count(self, word: str) -> int:
            if word not in self.words:
                raise MissingError(word)
            return self.words[word]

        def first(self) -> str | None:
            return next(iter(self.words), None)


    def words_of(text: str):
        yield from text.split()


    def report(counter: Counter, word: str) -> float:
        try:
            return counter.count(word)
        except MissingError:
            log.debug("no %s", word)
            return 0.0


    def main() -> None:
        counter = Counter({})
        counter.first()
        for word in words_of("to be or not to be that is the question " * 40):
            counter.add(word)
        for word in "to be or what is not".split() * 20:
            report(counter, word)
        counter.first()


    if __name__ == "__main__":
        main()
'''


def findings(bench: Bench, *options: str) -> list[dict]:
    """What is found in the newest session, as programs read it."""
    finished = bench.ghost("anomalies", "--format", "json", *options)
    assert finished.code == 0, finished.stderr
    assert finished.stderr == ""
    return json.loads(finished.stdout)["findings"]


def test_the_legacy_caller_is_found_number_for_number(bench: Bench) -> None:
    """The example that everybody knows the tool by."""
    bench.record(bench.write("app.py", DISCOUNT))
    finished = bench.ghost("anomalies")
    assert (finished.code, finished.stdout, finished.stderr) == (0, DISCOUNT_FOUND, "")
    assert bench.ghost("anomalies", "--fail-on", "medium").code == 1
    assert bench.ghost("anomalies", "--fail-on", "high").code == 0
    [finding] = findings(bench)
    assert [place["qualname"] for place in finding["related"]] == ["main"]


def test_seeded_defects_are_found(bench: Bench) -> None:
    """One function for each detector, and nothing said of the others."""
    bench.write("store.py", SEEDED_STORE)
    bench.record(bench.write("app.py", SEEDED))
    found = {(finding["detector"], finding["qualname"]) for finding in findings(bench)}
    # Slow among fast ones, too, but that is not what they are there for.
    found -= {("latency_outlier", "load_price"), ("latency_outlier", "cached")}
    assert found == {
        ("never_called", "forgotten"),
        ("high_exc_rate", "validate"),
        ("silent_exception", "sync"),
        ("n_plus_one", "list_prices"),
        ("none_return", "find"),
        ("bimodal_latency", "cached"),
        ("latency_outlier", "ask_carrier"),
    }
    [rate] = [it for it in findings(bench) if it["detector"] == "high_exc_rate"]
    assert rate["messages"][0] == "exception rate 60.0% (18/30 calls) exceeds threshold 5%"


def test_a_clean_program_stays_quiet(bench: Bench) -> None:
    """A well-handled exception above the threshold is all there is."""
    bench.record(bench.write("app.py", CLEAN))
    found = [(it["detector"], it["qualname"]) for it in findings(bench)]
    assert found == [("high_exc_rate", "Counter.count")]
    finished = bench.ghost("anomalies", "--exc-threshold", "0.2")
    assert finished.stdout.startswith("no anomalies found in ")


def test_another_session_may_have_called_it(bench: Bench) -> None:
    """Never called in all of them is what counts."""
    program = (
        "import sys\n\ndef rare(): return 1\n\ndef never(): return 2\n\nif sys.argv[1:]: rare()\n"
    )
    script = bench.write("app.py", program)
    bench.record(script, "once")
    bench.record(script)
    assert {it["qualname"] for it in findings(bench)} == {"rare", "never"}
    assert {it["qualname"] for it in findings(bench, "--since", "1d")} == {"never"}
    assert {it["qualname"] for it in findings(bench, "--sessions", "2")} == {"never"}
