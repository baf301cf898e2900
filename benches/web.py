"""`cargo xtask bench --web`: what events, requests and exporters cost, beside the original and OpenTelemetry.

Everything is measured in one run, all subjects in turn within each round, so that a machine that slows down
slows all of them. Expects one interpreter with Ghostglass and the peers installed; `xtask` prepares it.
Prints Markdown.
"""

import argparse
import contextlib
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

from load import Load, Server, load, served
from machine import description, interpreter_at
from sinks import KINDS, endpoint

PROGRAMS = Path(__file__).with_name("web_programs")
EMITTERS = ("plain", "ghost", "ghost to JSON lines", "ghost run", "profilis", "opentelemetry")
JSONL = ("ghost", "profilis")
WEB = ("plain", "ghost", "ghost run", "profilis", "opentelemetry")
SERVERS = {
    "flask": ("/hello/world", ["-m", "gunicorn", "--bind", "127.0.0.1:{port}", "flask_app:app"]),
    "asgi": (
        "/",
        ["-m", "uvicorn", "--port", "{port}", "--no-access-log", "--log-level", "warning", "asgi_app:app"],
    ),
}
CONNECTIONS = 16
THINK_MS, CALM_CONNECTIONS = 40, 16
"""About a third of what one core can serve: latencies are then the program's own, not those of a queue."""

HEADS = (
    *("subject", "requests/s", "change", "cpu µs per request", "change of cpu"),
    *("p50 µs", "p99 µs", "change of p99", "errors"),
)

Ask = Callable[[Server, str], Load]
"""Loads what is served on a port and path."""

Numbers = dict[str, dict[str, list[float]]]
"""By subject and figure, one number for each round."""


class Runner:
    """Starts what is measured, in a folder of its own, with little in its environment."""

    def __init__(self, python: Path, folder: Path) -> None:
        """Keep all that is written in `folder`."""
        self.python, self.folder = python, folder
        self.count = 0

    def environment(self, subject: str, **more: str) -> dict[str, str]:
        """Return the environment of one process, with a new folder for its files."""
        self.count += 1
        own = self.folder / f"{self.count}"
        own.mkdir()
        return {
            "PATH": f"{self.python.parent}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(own),
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(PROGRAMS),
            "PYTHONDONTWRITEBYTECODE": "1",
            "GHOST_DATA_DIR": str(own / "ghost"),
            "BENCH_FOLDER": str(own),
            "BENCH_SUBJECT": subject,
            **more,
        }

    def command(self, subject: str, words: list[str]) -> list[str]:
        """Return the command of a subject: ours without a change to the program is started by `ghost run`."""
        if subject.startswith("ghost run"):
            return [str(self.python.with_name("ghost")), "run", *words]
        return [str(self.python), *words]

    def program(self, name: str, subject: str) -> dict[str, float]:
        """Run one of the programs; return what it printed."""
        words = self.command(subject, [str(PROGRAMS / name), subject])
        environment = self.environment(subject)
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{name} {subject}: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
            return {}
        return json.loads(done.stdout)


def in_turn(subjects: tuple[str, ...], rounds: int) -> Iterator[str]:
    """Yield every subject once a round, in a new order each time."""
    for _ in range(rounds):
        yield from random.sample(subjects, len(subjects))


def programs(runner: Runner, name: str, subjects: tuple[str, ...], rounds: int) -> Numbers:
    """Run a program for every subject."""
    numbers: Numbers = defaultdict(lambda: defaultdict(list))
    for subject in in_turn(subjects, rounds):
        for figure, value in runner.program(name, subject).items():
            numbers[subject][figure].append(value)
    return numbers


def under_load(
    runner: Runner, server: str, cases: dict[str, dict[str, str]], rounds: int, ask: Ask
) -> dict[str, list[Load]]:
    """Load every case in turn, all servers running all the time; a case is an environment."""
    path, words = SERVERS[server]
    results: dict[str, list[Load]] = defaultdict(list)
    with contextlib.ExitStack() as stack:
        servers: dict[str, Server] = {}
        for case, variables in cases.items():
            environment = runner.environment(variables.get("BENCH_SUBJECT", case))
            environment |= variables
            command = runner.command(environment["BENCH_SUBJECT"], words)
            try:
                servers[case] = stack.enter_context(served(command, environment, Path(environment["HOME"])))
            except RuntimeError as error:
                print(f"{server} {case}: {str(error).splitlines()[-1:]}", file=sys.stderr)
        for one in servers.values():
            ask(one, path)
        for case in in_turn(tuple(servers), rounds):
            results[case].append(ask(servers[case], path))
    return results


def paired(results: dict[str, list[Load]], base: str, case: str, figure: str) -> tuple[float, float]:
    """Return the median change in percent against `base` in the same round, and how far it scatters."""
    pairs = zip(results[base], results[case], strict=False)
    changes = [100 * (getattr(ours, figure) / getattr(theirs, figure) - 1) for theirs, ours in pairs]
    if len(changes) < 2:
        return (changes or [float("nan")])[0], float("nan")
    low, _, high = statistics.quantiles(changes, n=4)
    return statistics.median(changes), (high - low) / 2


def emission_table(numbers: Numbers) -> list[str]:
    """Tell what an event costs."""
    lines = ["| subject | ns per event | sustained events/s |", "|---|---:|---:|"]
    empty = statistics.median(numbers["plain"]["emit_ns"])
    for subject, figures in numbers.items():
        net = statistics.median(figures["emit_ns"]) - (0 if subject == "plain" else empty)
        lines.append(f"| {subject} | {net:.0f} | {statistics.median(figures['per_second']):,.0f} |")
    return lines


def jsonl_table(numbers: Numbers) -> list[str]:
    """Tell how fast lines reach their file."""
    lines = ["| subject | events/s to JSON lines | lost |", "|---|---:|---:|"]
    for subject, figures in numbers.items():
        per_second, lost = (statistics.median(figures[name]) for name in ("per_second", "lost"))
        lines.append(f"| {subject} | {per_second:,.0f} | {lost:.0f} |")
    return lines


def load_table(results: dict[str, list[Load]]) -> list[str]:
    """Tell what a server loses: beside plain, or beside the same subject with a healthy endpoint."""
    lines = ["| " + " | ".join(HEADS) + " |", "|---|" + "---:|" * (len(HEADS) - 1)]
    for case, loads in results.items():
        subject, comma, _ = case.partition(", ")
        base = f"{subject}, healthy" if comma else "plain"
        rate, p50, p99, cpu = (
            statistics.median(getattr(one, figure) for one in loads)
            for figure in ("per_second", "p50_us", "p99_us", "cpu_us")
        )
        change, spread = paired(results, base, case, "per_second")
        change_cpu, spread_cpu = paired(results, base, case, "cpu_us")
        change99, spread99 = paired(results, base, case, "p99_us")
        errors = sum(one.errors for one in loads)
        lines.append(
            f"| {case} | {rate:,.0f} | {change:+.1f} ± {spread:.1f} % "
            f"| {cpu:.0f} | {change_cpu:+.1f} ± {spread_cpu:.1f} % | {p50:.0f} | {p99:.0f} "
            f"| {change99:+.1f} ± {spread99:.1f} % | {errors} |"
        )
    return lines


def serving(runner: Runner, server: str, options: argparse.Namespace) -> list[str]:
    """Measure what a saturated server loses."""
    cases: dict[str, dict[str, str]] = {subject: {} for subject in WEB if wanted(options, subject)}
    with endpoint("healthy") as address:
        cases = {case: {"OTEL_EXPORTER_OTLP_ENDPOINT": address} for case in cases}

        def ask(one: Server, path: str) -> Load:
            return load(one, path, options.seconds, CONNECTIONS)

        return load_table(under_load(runner, server, cases, options.rounds, ask))


def exporting(runner: Runner, server: str, options: argparse.Namespace) -> list[str]:
    """Measure what a bad endpoint does to latencies, the server being far from saturated."""
    with contextlib.ExitStack() as stack:
        cases = {"plain": {"BENCH_SUBJECT": "plain"}}
        for kind in KINDS:
            address = stack.enter_context(endpoint(kind))
            for subject in ("ghost otlp", "opentelemetry"):
                if wanted(options, subject):
                    variables = {"BENCH_SUBJECT": subject, "OTEL_EXPORTER_OTLP_ENDPOINT": address}
                    cases[f"{subject}, {kind}"] = variables

        def ask(one: Server, path: str) -> Load:
            return load(one, path, options.seconds, CALM_CONNECTIONS, THINK_MS)

        return load_table(under_load(runner, server, cases, options.rounds, ask))


def wanted(options: argparse.Namespace, subject: str) -> bool:
    """Tell whether a subject was asked for; plain always is."""
    return subject == "plain" or not options.subjects or subject in options.subjects.split(",")


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="cargo xtask bench --web", description=__doc__)
    parser.add_argument("--interpreter", type=Path, action="append", required=True, help="the first is used")
    parser.add_argument("--rounds", type=int, default=9, metavar="N")
    parser.add_argument("--seconds", type=float, default=3, metavar="S", help="of load per round and subject")
    parser.add_argument("--parts", default="emit,jsonl,flask,asgi,exporters", metavar="A,B")
    parser.add_argument("--subjects", default="", metavar="A,B", help="all, if not given")
    return parser.parse_args()


def main() -> None:
    """Measure the parts asked for, and print a table of each as it is ready."""
    options = arguments()
    print("\n".join(description([interpreter_at(options.interpreter[0])], os.getloadavg()[0])), flush=True)
    with tempfile.TemporaryDirectory(prefix="ghost-bench-") as folder:
        runner = Runner(options.interpreter[0], Path(folder))
        few = max(1, options.rounds // 3)
        emitters = tuple(subject for subject in EMITTERS if wanted(options, subject))
        writers = tuple(subject for subject in JSONL if wanted(options, subject))
        parts: dict[str, Callable[[], list[str]]] = {
            "emit": lambda: emission_table(programs(runner, "emit.py", emitters, few)),
            "jsonl": lambda: jsonl_table(programs(runner, "jsonl.py", writers, few)),
            "flask": lambda: serving(runner, "flask", options),
            "asgi": lambda: serving(runner, "asgi", options),
            "exporters": lambda: exporting(runner, "flask", options),
        }
        for part in options.parts.split(","):
            print(f"\n### {part}\n")
            print("\n".join(parts[part]()), flush=True)


if __name__ == "__main__":
    main()
