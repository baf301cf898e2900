"""Log lines through a regular expression into records, to JSON and back: mostly C code, few calls."""

import json
import re

from timing import measure

LINES = 500
LINE = re.compile(r"(?P<ip>[\d.]+) \[(?P<time>[^]]+)\] (?P<verb>[A-Z]+) (?P<path>\S+) (?P<ms>\d+)")


def line_of(number: int) -> str:
    """Make one line."""
    return f"10.0.{number % 256}.1 [2026-01-01T00:00:00] GET /items/{number} {number % 97}"


def parse(line: str) -> dict[str, str | int]:
    """Take a line apart."""
    found = LINE.match(line)
    if found is None:
        raise ValueError(line)
    record: dict[str, str | int] = dict(found.groupdict())
    record["ms"] = int(record["ms"])
    return record


def is_slow(record: dict[str, str | int]) -> bool:
    """Tell whether it took long."""
    return int(record["ms"]) > 50


def there_and_back(record: dict[str, str | int]) -> dict[str, str | int]:
    """Write as JSON and read again."""
    again: dict[str, str | int] = json.loads(json.dumps(record))
    return again


def body() -> int:
    """Process every line."""
    records = [there_and_back(parse(line_of(number))) for number in range(LINES)]
    return sum(is_slow(record) for record in records)


measure(body, LINES)
