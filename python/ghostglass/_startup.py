"""Start the observer: imported by `ghostglass.pth` in every process that inherits `GHOST_RUN`.

One that inherits `GHOST_STANDBY=1` instead only listens, for a `ghost attach` that may come.

Runs before the program's first line and must leave no trace in it: no exception, no import that
the interpreter has not loaded already, at most one line on stderr. What is observed, and how, is
decided in the extension.
"""

import os
import sys


def _start(run_dir: str) -> str | None:
    """Start observing; return why not, if not."""
    try:
        import atexit

        from ghostglass import _native

        reason = _native.start(run_dir)
        if reason is None:
            # Registered first, so run last: the program's own exit handlers are still observed.
            atexit.register(_native.stop)
    except Exception as error:
        if isinstance(error, ImportError) and "subinterpreter" in str(error):
            return "sub-interpreters are not supported"
        return f"{type(error).__name__}: {error}"
    return reason


def _is_first_to_say(run_dir: str) -> bool:
    """Tell whether this process has not said yet why it is not observed.

    Interpreters of one process share the run folder, and nothing else a program could not notice.
    """
    try:
        said = os.path.join(run_dir, f"{os.getpid()}.unobserved")
        os.close(os.open(said, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        return False
    except OSError:
        return True
    return True


def _is_quiet(run_dir: str) -> bool:
    """Tell whether the run asked for silence; an unreadable configuration did not."""
    try:
        with open(os.path.join(run_dir, "run.conf"), encoding="utf-8", errors="replace") as conf:
            return "quiet=1" in conf.read().splitlines()
    except OSError:
        return False


def _say(line: str) -> None:
    """Say one line."""
    # A closed stderr is `None`; a broken one must not stop the program either.
    if sys.stderr is not None:
        print(f"ghost: {line}", file=sys.stderr, flush=True)


def _warn(reason: str) -> None:
    """Say in one line that this process runs unobserved."""
    _say(f"not observing: {' '.join(reason.split())}")


def _wait_for_libraries(run_dir: str) -> None:
    """Let adapters switch themselves on, where requests or queries are to be seen."""
    from ghostglass import _native

    if _native.enabled("web") or _native.enabled("db"):
        from ghostglass.instrumentation import finder

        finder.install(lambda line: None if _is_quiet(run_dir) else _say(line))


def _stand_by() -> None:
    """Let `ghost attach` in later; without a data folder nobody could."""
    data_dir = os.environ.get("GHOST_DATA_DIR")
    home = os.environ.get("HOME")
    if not data_dir and home:
        data_dir = os.path.join(home, ".ghost")
    if data_dir:
        from ghostglass import _attach

        _attach.stand_by(os.path.abspath(data_dir))


def _observe() -> None:
    """Start the observer if this process belongs to a run; never raise."""
    try:
        run_dir = os.environ.get("GHOST_RUN")
        reason = _start(run_dir) if run_dir else None
        if run_dir and reason is not None and not _is_quiet(run_dir) and _is_first_to_say(run_dir):
            _warn(reason)
        if run_dir:
            _wait_for_libraries(run_dir)
        elif os.environ.get("GHOST_STANDBY") == "1":
            _stand_by()
    except Exception:
        return


_observe()
