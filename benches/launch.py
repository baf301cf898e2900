"""Start a tool inside this process, run a program under it, leave without the tool's report.

`launch.py TOOL PROGRAM`. Only calls are to be compared, so what a tool does at its end (sorting, writing)
is left out. That favours the peers: Ghostglass is measured through its real command. How the number is
taken is `programs/timing.py`'s business.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

KEPT: list[object] = []
"""What must live as long as the program: a collected tracer watches nothing."""


def cprofile() -> None:
    """Start the standard library's profiler."""
    import cProfile

    profile = cProfile.Profile()
    KEPT.append(profile)
    profile.enable()


def empty_python_hook() -> None:
    """Start a profile function that does nothing, the floor of every tool written in Python."""

    def hook(_frame: object, _event: str, _arg: object) -> None:
        pass

    sys.setprofile(hook)


def empty_native_hook() -> None:
    """Start a function written in C that ignores its arguments, the floor of `sys.setprofile` itself."""
    sys.setprofile("".format)


def ghost_observer() -> None:
    """Start the hooks of ghost-observer, without the thread that empties their buffer.

    Beyond 50,000 events it drops what comes, which would be measured as its speed: the limit is lifted.
    """
    from ghost import _observer

    _observer._MAX_BUFFER = sys.maxsize  # noqa: SLF001 - a constant of its module is the only way
    _observer.install()


def viztracer() -> None:
    """Start viztracer with its defaults."""
    from viztracer import VizTracer

    tracer = VizTracer(verbose=0)
    KEPT.append(tracer)
    tracer.start()


def yappi() -> None:
    """Start yappi with the wall clock, as all others use it; builtins are left out."""
    import yappi as tool

    tool.set_clock_type("wall")
    tool.start(builtins=False)


def monkeytype() -> None:
    """Start MonkeyType's tracer with its defaults."""
    from monkeytype import trace

    tracing = trace()
    KEPT.append(tracing)
    tracing.__enter__()


TOOLS: dict[str, Callable[[], None]] = {
    "cprofile": cprofile,
    "empty-python-hook": empty_python_hook,
    "empty-native-hook": empty_native_hook,
    "ghost-observer": ghost_observer,
    "viztracer": viztracer,
    "yappi": yappi,
    "monkeytype": monkeytype,
}


def main() -> None:
    """Run the program as `__main__`, with its own folder in front of the search path."""
    tool, program = sys.argv[1:3]
    sys.argv = [program]
    sys.path[0] = str(Path(program).parent)
    code = compile(Path(program).read_bytes(), program, "exec")
    namespace: dict[str, Any] = {"__name__": "__main__", "__file__": program}
    TOOLS[tool]()
    exec(code, namespace)  # noqa: S102 - the interpreter does the same with a script
    sys.setprofile(None)
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
