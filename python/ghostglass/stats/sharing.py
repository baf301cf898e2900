"""Which processes show their statistics as one: the workers of one server, and forked children.

Each writes a file of its own in a folder of the group and reads those of the others, so nobody
waits for anybody. A worker that ended still counts until its requests are older than the window.
Where no file can be made, a process shows its own requests only.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import sys
import time

TOUCHED_EVERY_S = 60
"""How often a file says that it is in use."""
FORGOTTEN_AFTER_S = 2 * 3600
"""Files untouched for so long belong to nobody, whatever their window is up to."""


def group_of_workers(ordinal: int) -> str | None:
    """Name the group this process was started into; `None` where nobody starts several.

    Workers of `multiprocessing` (uvicorn, Sanic, hypercorn) and of gunicorn have their parent in
    common. Which of its stores it is tells the stores of one worker apart.
    """
    multiprocessing = sys.modules.get("multiprocessing.process")
    is_child = multiprocessing is not None and multiprocessing.parent_process() is not None
    if not is_child and not os.environ.get("SERVER_SOFTWARE", "").startswith("gunicorn"):
        return None
    return group_of_family(os.getppid(), ordinal)


def group_of_family(pid: int, ordinal: int) -> str:
    """Name the group of all that descend from one process."""
    return f"{pid}-{_start_ticks(pid)}-{ordinal}"


def _start_ticks(pid: int) -> str:
    """When a process started, so that a later one with its number is another."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return "0"


class Member:
    """The place of this process in its group."""

    def __init__(self, group: str) -> None:
        """Make the folder; raises `OSError` where there can be none."""
        root = os.environ.get("GHOST_DATA_DIR") or os.path.join(os.path.expanduser("~"), ".ghost")
        parent = os.path.join(os.path.abspath(root), "stats")
        self._folder = os.path.join(parent, group)
        for folder in (os.path.dirname(parent), parent, self._folder):
            os.makedirs(folder, mode=0o700, exist_ok=True)
        if os.stat(self._folder).st_uid != os.getuid():
            raise PermissionError(1, "it belongs to somebody else")
        self._path = os.path.join(self._folder, f"{os.getpid()}-{time.time_ns():x}.stats")
        self._touched = time.monotonic()
        _forget(parent)

    def make_table(self, byte_count: int) -> mmap.mmap:
        """Make the file of this process, its pages reserved: a full disk must not kill us later."""
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(fd, 0, byte_count)
            return mmap.mmap(fd, byte_count)
        except OSError:
            os.unlink(self._path)
            raise
        finally:
            os.close(fd)

    def tables_of_others(self) -> list[bytes]:
        """Read what the others wrote."""
        tables = []
        with contextlib.suppress(OSError):
            for entry in os.scandir(self._folder):
                if entry.path != self._path:
                    with contextlib.suppress(OSError), open(entry.path, "rb") as file:
                        tables.append(file.read())
        return tables

    def touch(self) -> None:
        """Say now and then that the file is in use."""
        now = time.monotonic()
        if now - self._touched > TOUCHED_EVERY_S:
            self._touched = now
            with contextlib.suppress(OSError):
                os.utime(self._path)


def _forget(parent: str) -> None:
    """Remove what nobody has used for long; two may do so at a time."""
    oldest = time.time() - FORGOTTEN_AFTER_S
    with contextlib.suppress(OSError):
        for folder in os.scandir(parent):
            for entry in os.scandir(folder.path):
                if entry.stat(follow_symlinks=False).st_mtime < oldest:
                    os.unlink(entry.path)
            if folder.stat(follow_symlinks=False).st_mtime < oldest:
                with contextlib.suppress(OSError):
                    os.rmdir(folder.path)
