"""Stub of the extension in `crates/ghost-python`; checked against the binary by stubtest."""

__all__ = [
    "__version__",
    "continue_in_child",
    "frame_reader",
    "is_observing",
    "start",
    "stop",
]

__version__: str

def start(run_dir: str, /) -> str | None:
    """Observe this process into `run_dir`; return one line that says why not, if not."""

def stop() -> None:
    """Stop observing; does nothing if nothing is observed."""

def is_observing() -> bool:
    """Tell whether this process is being observed."""

def frame_reader() -> str | None:
    """Tell how frames are read: `raw`, or `public` where their layout is not the known one."""

def continue_in_child() -> None:
    """Begin the ledger of a forked child at once: while all functions sleep, no event does."""
