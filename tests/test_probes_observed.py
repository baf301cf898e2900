"""Probes under `ghost run`: both see all there is to see, and neither disturbs the other."""

from __future__ import annotations

import pytest

PROGRAM = """
    import sys, threading

    def add(amount):
        return amount + 1

    def never_probed(amount):
        return add(amount)

    def fail():
        raise ValueError

    def generate(count):
        for number in range(count):
            yield number

    def work(times):
        for number in range(times):
            never_probed(number)
            sum(generate(2))
            try:
                fail()
            except ValueError:
                pass

    def library_call():
        import textwrap
        return textwrap.dedent("  x")

    def main():
        seen = []
        if "--early" not in sys.argv:
            work(500)
            library_call()
        if "--probe" in sys.argv:
            from ghostglass import probes
            targets = [("__main__.add", "return", "result"), ("__main__.add", "call", "amount"),
                       ("__main__.add", "line", "amount"), ("__main__.fail", "raise", "1"),
                       ("__main__.generate", "end", "count"), ("textwrap.dedent", "return", "result")]
            for at, (target, event, value) in enumerate(targets):
                import textwrap
                probe = probes.attach_to(target)
                i = probe.instruments[str(at)] = probes.ProbeTestInstrument(str(at), value, event)
                seen.append(i)
                probe.start()
        threads = [threading.Thread(target=work, args=(300,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        work(100)
        for thread in threads:
            thread.join()
        library_call()
        if seen:
            from ghostglass import _native
            print([len(i.results) for i in seen])
            for probe in list(probes.active_probes.values()):
                probe.stop()
            print(_native.probe_counts())
        work(50)
        library_call()

    main()
"""
NAMES = ("add", "never_probed", "fail", "generate", "work", "library_call", "main")


def counts(recorded):
    """Calls and exceptions of the program's functions."""
    found = {name: recorded.one(name) for name in NAMES}
    return {name: (f["call_count"], f["exception_count"]) for name, f in found.items()}


@pytest.mark.parametrize("early", [[], ["--early"]])
@pytest.mark.parametrize("options", [[], ["--scope", "all"]])
def test_probes_and_the_observer_both_see_everything(bench, early, options):
    bench.write("app.py", PROGRAM)
    plain = counts(bench.record(*options, "app.py", *early))
    finished = bench.observed(*options, "app.py", "--probe", *early)
    assert finished.code == 0, finished.stderr
    assert finished.stdout.splitlines() == ["[700, 700, 700, 700, 700, 1]", "(0, 0, 0, 0)"]
    assert counts(bench.recorded()) == plain


def test_probes_see_everything_under_a_budget(bench):
    bench.write("app.py", PROGRAM.replace("work(500)", "work(30_000)"))
    finished = bench.observed("--budget", "1%", "app.py", "--probe")
    assert finished.code == 0, finished.stderr
    assert finished.stdout.splitlines()[0] == "[700, 700, 700, 700, 700, 1]"
