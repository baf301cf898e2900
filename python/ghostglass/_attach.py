"""Begin observing in the middle of a program, for `ghost attach`, and end it without a trace.

Runs in the program's own thread, between two of its instructions. Never raises, prints nothing:
what is to be said goes into a file that `ghost attach` reads. Imports nothing that the interpreter
has not loaded already, but for adapters of libraries that are there.
"""

import os

from ghostglass import _native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ghostglass.instrumentation.late import LateAdapters

# The first line of an answer where observing began; else it is the reason.
OBSERVING = "observing"

_adapters: "LateAdapters | None" = None
# Where this process answered, and which it was.
_answer: str | None = None
_pid = 0
# Whether this process listens without being observed.
_stands_by = False


def attach(run_dir: str, hold: str, answer: str) -> None:
    """Observe into `run_dir` for as long as somebody holds the lock on `hold`."""
    global _answer, _pid
    try:
        # Whoever asked may have gone before this thread came to it.
        lines = _begin(run_dir, hold) if _native.is_held(hold) else []
    except Exception as error:
        end()
        lines = [f"{type(error).__name__}: {error}"]
    try:
        _write(answer, lines)
        if lines[:1] == [OBSERVING]:
            _answer, _pid = answer, os.getpid()
    except Exception:
        end()


def attach_to(run_dir: "os.PathLike[str]") -> None:
    """Observe into a run folder, as `ghost attach` asks those that stand by."""
    folder = os.fspath(run_dir)
    answer = os.path.join(folder, f"{os.getpid()}.answer")
    attach(folder, os.path.join(folder, "attach.hold"), answer)


def stand_by(data_dir: str) -> None:
    """Listen for a `ghost attach`, and do nothing else."""
    global _stands_by  # noqa: PLW0603 - one per process, as the observer is
    import atexit

    folder = os.path.join(data_dir, "standby")
    os.makedirs(data_dir, 0o700, exist_ok=True)
    os.makedirs(folder, 0o700, exist_ok=True)
    if _native.listen(folder, data_dir):
        _stands_by = True
        atexit.register(_native.stop)


def _begin(run_dir: str, hold: str) -> list[str]:
    """Begin; return what to say."""
    global _adapters  # noqa: PLW0603 - one per process, as the observer is
    if _native.is_observing() or _native.enabled("web") or _native.enabled("db"):
        return ["it is observed already"]
    reason = _native.start(run_dir)
    if reason is not None:
        _native.detach()
        return [reason]
    import atexit

    _native.watch_hold(hold, end)
    if not _stands_by:
        atexit.register(_native.stop)
    remarks: list[str] = []
    if _native.enabled("web") or _native.enabled("db"):
        from ghostglass.instrumentation.late import LateAdapters

        _adapters = LateAdapters()
        remarks = _adapters.install()
    return [OBSERVING, *remarks]


def end() -> None:
    """Stop observing, and take back what was changed for it."""
    global _adapters, _answer
    try:
        adapters, _adapters = _adapters, None
        if adapters is not None:
            adapters.take_back()
        _native.detach()
        import atexit

        if not _stands_by:
            atexit.unregister(_native.stop)
        answer, _answer = _answer, None
        # A forked child has given none.
        if answer is not None and _pid == os.getpid():
            os.unlink(answer)
    except Exception:
        return


def _write(answer: str, lines: list[str]) -> None:
    """Write the answer, which appears complete or not at all."""
    if not lines:
        return
    text = "".join(f"{' '.join(line.split())}\n" for line in lines)
    hidden = f"{answer}.new"
    flags = os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC
    descriptor = os.open(hidden, flags, 0o600)
    try:
        os.write(descriptor, text.encode("utf-8", "replace"))
    finally:
        os.close(descriptor)
    os.replace(hidden, answer)
