"""Medians, spreads, overheads and ratios of what was measured, as Markdown.

Numbers above plain are medians minus the median of plain; their spread is the quartiles of the processes.
"""

import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from cells import Cell, Results
from goals import goal_rows
from modes import FEW, GHOST, PLAIN, Interpreter, Mode

BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"

ONE_CALL = (0.99, 1.01)
"""Programs whose operation is one observed call are shown in nanoseconds per call, others in per cent."""

NOTHING = "\N{EN DASH}"
"""A cell without a figure."""

NOISE_NS = 2.0
"""Differences below this are layout luck; ratios to them would mean nothing."""


@dataclass(frozen=True)
class Spread:
    """Quartiles."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, numbers: list[float]) -> "Spread":
        """Compute them; of a few numbers, what there is."""
        if len(numbers) < 2:
            return cls(numbers[0], numbers[0], numbers[0])
        low, median, high = statistics.quantiles(numbers, n=4, method="inclusive")
        return cls(low, median, high)

    def above(self, base: float, scale: float = 1.0) -> "Spread":
        """Return what is above `base`, in units of `scale`."""
        return Spread((self.low - base) / scale, (self.median - base) / scale, (self.high - base) / scale)


class Summary:
    """Looks numbers up for one interpreter."""

    def __init__(self, results: Results, release: str) -> None:
        """Look at one release."""
        self.results = results
        self.release = release

    def spread(self, program: str, mode: str) -> Spread | None:
        """Return the spread of a cell, nothing if it is empty."""
        numbers = self.results.numbers.get(Cell(self.release, program, mode))
        return Spread.of(numbers) if numbers else None

    def overhead(self, program: str, mode: str) -> Spread | None:
        """Return nanoseconds per operation above plain."""
        plain, other = self.spread(program, PLAIN.name), self.spread(program, mode)
        return other.above(plain.median) if plain and other else None

    def percent(self, program: str, mode: str) -> Spread | None:
        """Return per cent above plain."""
        plain, other = self.spread(program, PLAIN.name), self.spread(program, mode)
        return other.above(plain.median, plain.median / 100) if plain and other else None

    def ratio(self, program: str, mode: str) -> float | None:
        """Return how many times our overhead another mode's is."""
        ours, theirs = self.overhead(program, GHOST.name), self.overhead(program, mode)
        if ours is None or theirs is None or ours.median < NOISE_NS:
            return None
        return theirs.median / ours.median

    def is_call(self, program: str) -> bool:
        """Tell whether an operation is one call, observed or not."""
        calls = self.results.calls_per_operation.get((self.release, program), 0)
        return ONE_CALL[0] < calls < ONE_CALL[1] or program == "out_of_scope"

    def start_ms(self) -> tuple[Spread, Spread]:
        """Return the time of an empty script, plain and with us."""
        numbers = self.results.start_ms
        return Spread.of(numbers[self.release, PLAIN.name]), Spread.of(numbers[self.release, GHOST.name])


def table(header: Iterable[str], rows: Iterable[Iterable[str]], rule: str = "---:") -> list[str]:
    """Lay a table out; `rule` aligns every column but the first."""
    cells = list(header)
    lines = ["| " + " | ".join(cells) + " |", "|---|" + f"{rule}|" * (len(cells) - 1)]
    lines.extend("| " + " | ".join(row) + " |" for row in rows)
    return [*lines, ""]


def spread_text(spread: Spread | None, number: Callable[[float], str]) -> str:
    """Write `median (low…high)`."""
    if spread is None:
        return NOTHING
    return f"{number(spread.median)} ({number(spread.low)}…{number(spread.high)})"


def whole(value: float) -> str:
    """Write a number without decimals, large ones with separators."""
    return f"{value:,.0f}".replace("-0", "0") if abs(value) < 0.5 else f"{value:,.0f}"


def tenth(value: float) -> str:
    """Write a number with one decimal."""
    return f"{value:.1f}"


def interpreter_lines(
    results: Results, interpreter: Interpreter, modes: list[Mode], programs: list[str]
) -> list[str]:
    """Write the section of one interpreter."""
    summary = Summary(results, interpreter.release)
    others = [m for m in modes if m is not PLAIN and m.is_available(interpreter)]
    absent = [m.name for m in modes if not m.is_available(interpreter)]
    measured = [p for p in programs if summary.spread(p, PLAIN.name)]
    calls = [p for p in measured if summary.is_call(p)]
    wholes = [p for p in measured if not summary.is_call(p)]
    names = [m.name for m in others]
    lines = [f"### CPython {interpreter.release}", ""]
    if absent:
        lines += [f"Absent, because there is no wheel for this version: {', '.join(absent)}.", ""]
    lines += ["Nanoseconds per call above plain: median (quartiles).", ""]
    lines += table(
        ["program", "plain", *names],
        (
            [p, tenth(summary.spread(p, PLAIN.name).median)]  # type: ignore[union-attr]
            + [spread_text(summary.overhead(p, n), whole) for n in names]
            for p in calls
        ),
    )
    lines += ["Overhead of the others ÷ overhead of Ghostglass.", ""]
    peers = [n for n in names if n != GHOST.name]
    lines += table(
        ["program", *peers], ([p, *(ratio_text(summary.ratio(p, n)) for n in peers)] for p in calls)
    )
    if wholes:
        lines += ["Whole programs, per cent above plain: median (quartiles).", ""]
        lines += table(["program", "plain, µs", "calls seen", *names], whole_rows(summary, wholes, names))
    return [
        *lines,
        "Empty script from start to end, milliseconds: median (quartiles).",
        "",
        *start_lines(summary),
    ]


def start_lines(summary: Summary) -> list[str]:
    """Write what starting costs."""
    rows = []
    for title, numbers in (
        ("wall clock", summary.results.start_ms),
        ("CPU, all processes", summary.results.start_cpu_ms),
    ):
        plain, ours = (numbers[summary.release, mode.name] for mode in (PLAIN, GHOST))
        spreads = Spread.of(plain), Spread.of(ours)
        differences = spreads[1].median - spreads[0].median, min(ours) - min(plain)
        rows.append([title, *(spread_text(s, tenth) for s in spreads), *map(tenth, differences)])
    return table(["", "plain", "`ghost run`", "difference", "difference of the fastest"], rows)


def whole_rows(summary: Summary, programs: list[str], names: list[str]) -> list[list[str]]:
    """Write the rows of programs of which an operation is many calls."""
    rows = []
    for program in programs:
        plain = summary.spread(program, PLAIN.name)
        seen = summary.results.calls_per_operation[summary.release, program]
        cells = [program, tenth((plain.median if plain else 0) / 1e3), f"{seen:.1f}"]
        rows.append(cells + [spread_text(summary.percent(program, name), tenth) for name in names])
    return rows


def ratio_text(ratio: float | None) -> str:
    """Write how many times."""
    return NOTHING if ratio is None else f"{ratio:.1f}" if ratio < 100 else f"{ratio:.0f}"


@dataclass(frozen=True)
class Subject:
    """What was compared."""

    interpreters: list[Interpreter]
    modes: list[Mode]
    programs: list[str]
    processes: int


def markdown(results: Results, subject: Subject, machine: list[str]) -> str:
    """Write everything between the markers."""
    modes, interpreters = subject.modes, subject.interpreters
    few = ", ".join(m.name for m in modes if m.processes_max)
    lines = ["## The machine", "", *machine, ""]
    lines += [f"{subject.processes} processes per cell, shuffled over all cells of all interpreters."]
    lines += [f"At most {FEW} for {few}." if few else "", ""]
    lines += ["## What each one records", ""]
    lines += table(["mode", "version", "records"], mode_rows(interpreters, modes), "---")
    lines += ["## Goals", "", "Each figure for the programs in their order; ✗ marks one that is missed.", ""]
    lines += table(
        ["goal", *(i.release for i in interpreters)],
        goal_rows([Summary(results, i.release) for i in interpreters]),
    )
    lines += ["## Results", ""]
    for interpreter in interpreters:
        lines += interpreter_lines(results, interpreter, modes, subject.programs)
    if results.failures:
        lines += ["Cells that could not be measured:", ""]
        lines += [f"- {c.program}, {c.mode}, {c.release}: {why}" for c, why in results.failures.items()]
        lines += [""]
    return "\n".join(lines)


def mode_rows(interpreters: list[Interpreter], modes: list[Mode]) -> list[list[str]]:
    """Write what each mode records, with the version that was measured."""
    rows = []
    for mode in modes:
        name = (mode.distribution or "").lower()
        versions = {i.installed[name] for i in interpreters if name in i.installed}
        rows.append([mode.name, ", ".join(sorted(versions)), mode.records])
    return rows


def write_between_markers(path: Path, text: str) -> None:
    """Replace what stands between the markers of a document."""
    document = path.read_text(encoding="utf-8")
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"bench: `{path.name}` lacks the line `{BEGIN}` or `{END}`")
    path.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}", encoding="utf-8")
