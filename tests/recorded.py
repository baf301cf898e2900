"""What a session recorded, read from `ghost export --format json`.

The only place in these tests that knows the names of the export's fields.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass


@dataclass
class Recorded:
    """An exported session."""

    document: dict

    @classmethod
    def parse(cls, text: str) -> Recorded:
        """Reads the JSON document."""
        return cls(json.loads(text))

    @property
    def profiles(self) -> list[dict]:
        """One row per function."""
        return self.document["profiles"]

    def named(self, qualname: str) -> list[dict]:
        """Rows of functions with this qualified name, in any module and line."""
        return [row for row in self.profiles if row["qualname"] == qualname]

    def one(self, qualname: str) -> dict:
        """The only row with this qualified name."""
        rows = self.named(qualname)
        assert len(rows) == 1, (
            f"{len(rows)} rows named {qualname}: {[row['fn_key'] for row in self.profiles]}"
        )
        return rows[0]

    def calls(self, qualname: str) -> int:
        """Activations over all rows with this name."""
        return sum(row["call_count"] for row in self.named(qualname))

    def callers(self, qualname: str) -> dict[str, int]:
        """Activations by qualified name of the caller."""
        counts: Counter[str] = Counter()
        for key, count in self.one(qualname)["callers"].items():
            counts[key.split(":", 1)[-1].rpartition(":")[0] or key] += count
        return dict(counts)

    @property
    def processes(self) -> list[dict]:
        """One entry per observed process."""
        return self.document["processes"]

    @property
    def session(self) -> dict:
        """Facts about the session as a whole."""
        return self.document
