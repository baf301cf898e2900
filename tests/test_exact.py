"""Programs whose every count is known beforehand: calls, signatures, callers, exceptions."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from conftest import GHOST, Bench

FIB = """
    import sys


    def fib(n: int) -> int:
        return n if n < 2 else fib(n - 1) + fib(n - 2)


    fib(27)
    """
FIB_CALLS = 635_621


def test_fib_27_is_counted_to_the_last_call(bench: Bench) -> None:
    fib = bench.record(bench.write("fib.py", FIB)).one("fib")
    assert fib["fn_key"] == "__main__:fib:4"
    assert fib["call_count"] == FIB_CALLS
    assert fib["arg_type_dist"] == {"(int)": FIB_CALLS}
    assert fib["ret_type_dist"] == {"int": FIB_CALLS}
    assert fib["callers"] == {"__main__:fib:4": FIB_CALLS - 1, "__main__:<module>:1": 1}
    assert fib["exception_count"] == 0
    assert sum(fib["latency_buckets"].values()) == FIB_CALLS


def test_total_time_of_a_recursive_function_is_that_of_its_outermost_call(bench: Bench) -> None:
    recorded = bench.record(bench.write("fib.py", FIB))
    fib, module = recorded.one("fib"), recorded.one("<module>")
    assert 0 < fib["self_ns"] <= fib["total_ns"] <= module["total_ns"]
    assert fib["total_ns"] == fib["max_latency_ns"]
    session = recorded.document
    assert module["total_ns"] <= session["end_unix_ns"] - session["start_unix_ns"]


def test_plain_sqlite_reads_the_session_while_it_runs_and_after(bench: Bench) -> None:
    query = "SELECT fn_key, call_count FROM profiles ORDER BY call_count DESC LIMIT 10"
    script = bench.write(
        "fib.py", FIB + "\n    print('ready', flush=True)\n    input()\n    fib(10)\n"
    )
    with bench.start(GHOST, "run", script, stdin=-1) as process:
        assert process.stdout.readline() == b"ready\n"
        rows = rows_once_they_hold(bench, query, lambda rows: rows and rows[0][1] == FIB_CALLS)
        assert rows[0] == ("__main__:fib:4", FIB_CALLS)
        process.communicate(b"\n", timeout=60)
    assert process.returncode == 0
    (file,) = bench.session_files()
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        assert connection.execute(query).fetchone() == ("__main__:fib:4", FIB_CALLS + 177)
        assert connection.execute("SELECT total_events FROM sessions").fetchone() > (FIB_CALLS,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def rows_once_they_hold(bench: Bench, query: str, enough) -> list:
    """Asks until the answer is enough; the test's own time limit ends it otherwise."""
    while True:
        for file in bench.session_files():
            with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
                try:
                    rows = connection.execute(query).fetchall()
                except sqlite3.OperationalError:
                    continue
            if enough(rows):
                return rows


def test_threads_lose_no_call(bench: Bench) -> None:
    recorded = bench.record(
        bench.write(
            "app.py",
            """
            import threading

            def work(n):
                return n

            def loop():
                for n in range(100_000):
                    work(n)

            threads = [threading.Thread(target=loop) for _ in range(8)]
            [thread.start() for thread in threads]
            [thread.join() for thread in threads]
            """,
        )
    )
    assert recorded.calls("work") == 800_000
    assert recorded.callers("work") == {"loop": 800_000}
    assert recorded.one("loop")["callers"].keys() == {
        key for key in recorded.one("loop")["callers"] if key.startswith("threading:Thread.run:")
    }


def test_a_thousand_short_threads_are_all_seen(bench: Bench) -> None:
    recorded = bench.record(
        bench.write(
            "app.py",
            """
            import threading

            def work(n):
                return str(n)

            for n in range(1000):
                thread = threading.Thread(target=work, args=(n,))
                thread.start()
                thread.join()
            """,
        )
    )
    assert recorded.calls("work") == 1000


EVERY_SORT = """
    import asyncio

    class Shop:
        tax = 0.2
        def price(self, base): return base
        @classmethod
        def make(cls): return cls()
        @staticmethod
        def rate(n): return n
        @property
        def label(self): return "x"

    def counter(start):
        def add(by):
            nonlocal start
            start += by
            return start
        return add

    def countdown(n):
        while n:
            yield n
            n -= 1

    async def wait(n):
        await asyncio.sleep(0)
        return n

    async def stream(n):
        for i in range(n):
            yield i

    async def main():
        await asyncio.gather(*(wait(n) for n in range(5)))
        return [item async for item in stream(3)]

    shop = Shop.make()
    [shop.price(n) for n in range(3)]
    [Shop.rate(1.5), shop.label]
    add = counter(1)
    [add(n) for n in (1, 2, 3, 4)]
    [list(countdown(n)) for n in range(6)]
    partly = countdown(9); next(partly); partly.close()
    countdown(3)
    asyncio.run(main())
    list(map(lambda n: n, range(7)))
    """


def test_kinds_and_counts_of_every_sort_of_function(bench: Bench) -> None:
    recorded = bench.record(bench.write("app.py", EVERY_SORT))
    seen = {row["qualname"]: (row["kind"], row["call_count"]) for row in recorded.profiles}
    assert seen == {
        "<module>": ("module", 1),
        "Shop": ("class_body", 1),
        "Shop.price": ("function", 3),
        "Shop.make": ("function", 1),
        "Shop.rate": ("function", 1),
        "Shop.label": ("function", 1),
        "counter": ("function", 1),
        "counter.<locals>.add": ("function", 4),
        "countdown": ("generator", 7),
        "wait": ("coroutine", 5),
        "stream": ("async_generator", 1),
        "main": ("coroutine", 1),
        "main.<locals>.<genexpr>": ("generator", 1),
        "<lambda>": ("function", 7),
    }
    assert recorded.one("Shop.make")["arg_type_dist"] == {"(type)": 1}
    assert recorded.one("Shop.price")["arg_type_dist"] == {"(Shop, int)": 3}
    assert recorded.one("countdown")["yield_type_dist"] == {"int": 16}
    assert recorded.one("countdown")["ret_type_dist"] == {"NoneType": 6}
    assert recorded.one("countdown")["exc_type_dist"] == {}


def test_signatures_are_written_in_order_of_declaration(bench: Bench) -> None:
    recorded = bench.record(
        bench.write(
            "app.py",
            """
            def every(a, /, b, *rest, key, other=None, **named): pass
            def nothing(): pass
            every(1, "x", 2, 3, key=b"", extra=1)
            every(1, "x", key=2.5)
            every(None, [], key={}, other=every)
            nothing()
            """,
        )
    )
    assert recorded.one("every")["parameters"] == "a,b,*rest,key,other,**named"
    assert recorded.one("every")["arg_type_dist"] == {
        "(int, str, *args, bytes, NoneType, **kwargs)": 1,
        "(int, str, *args, float, NoneType, **kwargs)": 1,
        "(NoneType, list, *args, dict, function, **kwargs)": 1,
    }
    assert recorded.one("nothing")["arg_type_dist"] == {"()": 1}


@pytest.mark.parametrize("types", [1, 64, 65, 300])
def test_signatures_beyond_the_limit_are_counted_together(bench: Bench, types: int) -> None:
    row = bench.record(
        bench.write(
            "app.py",
            f"""
            def take(value): pass
            for n in range({types}):
                kind = type("Kind%d" % n, (), {{}})
                for _ in range(10):
                    take(kind())
            """,
        )
    ).one("take")
    assert row["call_count"] == types * 10
    assert sum(row["arg_type_dist"].values()) == row["call_count"]
    named = [signature for signature in row["arg_type_dist"] if "…" not in signature]
    assert len(named) == min(types, 64)
    assert (len(row["arg_type_dist"]) > len(named)) == (types > 64)


def test_exceptions_are_counted_by_type_where_they_left_and_where_they_ended(bench: Bench) -> None:
    recorded = bench.record(
        bench.write(
            "app.py",
            """
            class Rejected(Exception): pass

            def validate(n):
                if n % 2:
                    raise ValueError(n)
                if n % 5 == 0:
                    raise Rejected(n)

            def sync_order(n):
                try:
                    validate(n)
                except ValueError:
                    pass

            def pass_on(n):
                try:
                    sync_order(n)
                finally:
                    n = None

            for n in range(100):
                try:
                    pass_on(n)
                except Rejected:
                    pass
            """,
        )
    )
    validate = recorded.one("validate")
    assert validate["exc_type_dist"] == {"ValueError": 50, "Rejected": 10}
    assert validate["ret_type_dist"] == {"NoneType": 40}
    caught = {
        (e["exception_type"], (e["caught_by"] or "").split(":")[1]): e["count"]
        for e in validate["exceptions"]
    }
    assert caught == {("ValueError", "sync_order"): 50, ("Rejected", "<module>"): 10}
    assert recorded.one("sync_order")["exc_type_dist"] == {"Rejected": 10}
    assert recorded.one("pass_on")["exc_type_dist"] == {"Rejected": 10}
    assert recorded.one("<module>")["exc_type_dist"] == {}
    assert recorded.one("pass_on")["exception_rate"] == pytest.approx(0.1)


def test_an_exception_nobody_catches_says_so(bench: Bench) -> None:
    finished = bench.observed(bench.write("app.py", "def fail(): raise KeyError(1)\nfail()\n"))
    assert finished.code == 1
    recorded = bench.recorded()
    assert recorded.one("fail")["exceptions"] == [
        {"exception_type": "KeyError", "caught_by": None, "count": 1}
    ]
    assert recorded.one("<module>")["exc_type_dist"] == {"KeyError": 1}


def test_code_made_over_and_over_is_never_mixed_up(bench: Bench) -> None:
    """Code objects die and their addresses are used again: an address is no identity."""
    recorded = bench.record(
        bench.write(
            "app.py",
            """
            def run(n):
                space = {"__name__": "made"}
                exec(compile(f"def made_{n % 7}(x): return x", __file__, "exec"), space)
                for _ in range(n % 7 + 1):
                    space[f"made_{n % 7}"](n)

            for n in range(7 * 300):
                run(n)
            """,
        )
    )
    assert {n: recorded.calls(f"made_{n}") for n in range(7)} == {
        n: 300 * (n + 1) for n in range(7)
    }


def test_only_the_project_is_in_scope_but_callers_outside_are_named(bench: Bench) -> None:
    bench.write("pkg/__init__.py", "from .part import f\n")
    bench.write("pkg/part.py", "def f(*args): return len(args)\n")
    script = bench.write(
        "app.py",
        "import json, functools, pkg\njson.dumps([1])\nfunctools.cached_property(pkg.f)\n"
        "from collections import UserList\nprint(sorted(UserList([2, 1]), key=pkg.f))\n",
    )
    recorded = bench.record(script)
    assert {row["module"] for row in recorded.profiles} == {"__main__", "pkg", "pkg.part"}
    assert {row["file"] for row in recorded.profiles} == {
        "app.py",
        "pkg/__init__.py",
        "pkg/part.py",
    }
    imported_by = recorded.named("<module>")
    assert any("importlib" in key for row in imported_by for key in row["callers"])


def test_scope_include_and_exclude(bench: Bench) -> None:
    bench.write("pkg/__init__.py", "def f(): return 1\n")
    script = bench.write("app.py", "import json, pkg\npkg.f()\njson.dumps({1: 2}, indent=1)\n")

    def modules(*options: str) -> set[str]:
        return {row["module"] for row in bench.record(*options, script).profiles}

    assert modules("--exclude", "pkg*") == {"__main__"}
    assert modules("--include", "json*") >= {"__main__", "pkg", "json", "json.encoder"}
    assert modules("--scope", "all") >= {"__main__", "pkg", "json.encoder", "json.decoder"}
