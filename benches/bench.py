"""`cargo xtask bench`: measure every program in every mode, and write docs/performance.md.

Expects interpreters with Ghostglass and the peers installed; `xtask` prepares them.
"""

import argparse
import os
from pathlib import Path

from cells import measure, programs
from machine import description, interpreter_at
from modes import MODES
from report import Subject, markdown, write_between_markers

DOCUMENT = Path(__file__).parent.parent / "docs" / "performance.md"

PROCESSES = 7
"""Identical binaries differ by up to 10 ns between processes: fewer than seven prove nothing."""

QUICK_PROCESSES, SECONDS, QUICK_SECONDS = 3, 0.1, 0.05


def words(text: str) -> list[str]:
    """Split at commas."""
    return [word.strip() for word in text.split(",")]


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="cargo xtask bench", description=__doc__)
    parser.add_argument("--interpreter", type=Path, action="append", required=True, help="may be repeated")
    parser.add_argument("--processes", type=int, metavar="N", help="per cell; 7, or 3 with --quick")
    parser.add_argument("--quick", action="store_true", help="short and rough")
    parser.add_argument("--programs", type=words, default=programs(), metavar="A,B")
    parser.add_argument("--modes", type=words, metavar="A,B", help="plain and ghost always run")
    parser.add_argument("--print", action="store_true", help="print, and leave the document alone")
    options = parser.parse_args()
    unknown = {*options.programs} - {*programs()} | {*(options.modes or ())} - {m.name for m in MODES}
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    if options.processes is not None and options.processes < 1:
        parser.error("at least one process per cell is needed")
    return options


def main() -> None:
    """Measure, then write; what is not the whole comparison is printed only."""
    options = arguments()
    interpreters = [interpreter_at(path) for path in options.interpreter]
    modes = [m for m in MODES if options.modes is None or m.name in ("plain", "ghost", *options.modes)]
    processes = options.processes or (QUICK_PROCESSES if options.quick else PROCESSES)
    machine = description(interpreters, os.getloadavg()[0])
    seconds = QUICK_SECONDS if options.quick else SECONDS
    results = measure(interpreters, modes, options.programs, processes, seconds)
    subject = Subject(interpreters, modes, options.programs, processes)
    text = markdown(results, subject, machine)
    is_partial = options.quick or options.modes is not None or options.programs != programs()
    if is_partial or options.print:
        print(text)
    else:
        write_between_markers(DOCUMENT, text)
        print(f"written: docs/{DOCUMENT.name}")


if __name__ == "__main__":
    main()
