"""Where the programs and libraries of a peer are: the folder of `cargo xtask peers`, else the system.

Starts nothing.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

PEERS = Path(os.environ.get("GHOST_PEERS") or Path(__file__).parents[2] / "target/peers")
# What a skipped test's reason begins with; the account at the end of a run counts these.
ABSENT = "peer absent: "
FETCH = "not fetched; run `cargo xtask peers`"


def absent(peer: str, reason: str) -> None:
    """Skips the test that asked for `peer`, with a line in the account."""
    pytest.skip(f"{ABSENT}{peer}: {reason}")


def home(peer: str) -> Path:
    """The folder of `peer`; skips the test unless it was fetched whole."""
    folder = PEERS / peer
    if not (folder / "complete").exists():
        absent(peer, FETCH)
    return folder


def program(peer: str, *patterns: str) -> Path:
    """The first program of `peer` that fits, fetched or installed on the machine."""
    for root in (home(peer), Path("/")):
        for pattern in patterns:
            found = sorted(root.glob(pattern.lstrip("/")))
            if found:
                return found[-1]
    installed = shutil.which(Path(patterns[0]).name)
    if installed is None:
        absent(peer, f"no `{Path(patterns[0]).name}`")
    return Path(installed)


def environment(peer: str, **variables: str) -> dict[str, str]:
    """What a program of `peer` starts with: its own libraries first, nothing of this process."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "LD_LIBRARY_PATH": libraries(home(peer)),
        **variables,
    }


def libraries(root: Path) -> str:
    """The folders with shared libraries below `root`, as the loader takes them."""
    patterns = ("usr/lib/*-linux-gnu", "lib/*-linux-gnu", "usr/lib", "lib")
    folders = [folder for pattern in patterns for folder in root.glob(pattern)]
    return ":".join(str(folder) for folder in folders if any(folder.glob("*.so*")))
