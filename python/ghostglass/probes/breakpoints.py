"""Breakpoints for tests: notice that a function is reached, hold it there, or make it fail.

    with Breakpoint.block("app.archive.Archive.unarchive") as bp:
        bp.start_thread(archive.unarchive)
        bp.wait()      # until it has begun
        ...            # it stands still; look at it
        bp.release()   # let it go on

For tests only: unlike an instrument, a breakpoint is meant to change what the program does. No
function is patched.
"""

from __future__ import annotations

import inspect
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType, FunctionType, ModuleType, TracebackType
from typing import Any, Self

from ghostglass._native import ProbeHook
from ghostglass.probes import sites
from ghostglass.probes.inputs import Inputs, Shape, read, shape_of
from ghostglass.probes.targets import Target, TargetError, attribute, own_attribute, resolve

omitted: Any = object()


class StackFrame:
    """The frame of a call at a breakpoint, and how it was called."""

    __slots__ = ("_frame", "_inputs")

    def __init__(self, frame: FrameType, inputs: Inputs) -> None:
        """Look at a frame."""
        self._frame, self._inputs = frame, inputs

    @property
    def f_locals(self) -> dict[str, Any]:
        """Locals of the function; `args` and `kwargs` where it has none of that name."""
        inputs = {"args": self._inputs.args, "kwargs": self._inputs.kwargs}
        return {**inputs, **self._frame.f_locals}

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - of a frame
        """Be the frame in everything else."""
        return getattr(self._frame, name)


class Breakpoint:
    """Notices calls of a function; see `block` and `error` for those that do more.

    target: a dotted path, a function, or a pair of an object and the name of its attribute. With a
        pair, only calls through that object are meant: of one instance, or of a class and those
        below it.
    event: `call` (when it begins), `return` (when it returns) or `error` (when it raises an
        Exception).
    condition: None; or a callable, which gets the arguments of the call; or a number, or several,
        of calls, counted from 0.
    timeout: how many seconds `wait` waits.
    fire: what else to do, a callable without arguments.

    `calls` has True or False for each call, as the condition says; `hits` counts the True ones
    since the last release. While the function is at the breakpoint, `stackframe` is its frame,
    with what was passed as `args` and `kwargs` among its locals.
    Leaving the block without a hit is an AssertionError.
    """

    check_interval = 0.1
    """Seconds between looks at a condition of `wait_until`."""

    patch_all_referrers: bool | None = None
    """Whether a pair means all calls of its function; None for those through its object only."""

    def __init__(
        self,
        target: Any,  # noqa: ANN401 - see above
        event: str = "call",
        condition: Any = None,  # noqa: ANN401 - see above
        timeout: float | None = 10.0,
        fire: Callable[[], object] | None = None,
    ) -> None:
        """Make a breakpoint; it is there while its `with` block is."""
        self.target = target
        self.event = event
        self.condition = condition
        self.timeout = timeout
        self.fire = fire
        self.exception: BaseException | None = None
        self.stackframe: StackFrame | None = None
        self.calls: list[bool] = []
        self.hits = 0
        self.blocked = False
        self._changed = threading.Condition()
        self._started_threads: list[threading.Thread] = []
        self._found: Target | None = None
        self._hook: ProbeHook | None = None
        self._shape: Shape | None = None
        self._is_meant: Callable[[tuple[Any, ...]], bool] | None = None

    # ------------------------------- Events ------------------------------- #

    def _enter(self) -> Inputs | None:
        frame = sys._getframe(1)
        assert self._shape is not None  # noqa: S101 - set before there are events
        inputs = read(frame, self._shape)
        if self._is_meant is not None and not self._is_meant(inputs.args):
            return None
        self.stackframe = StackFrame(frame, inputs)
        try:
            if self.event == "call":
                self._hit(inputs)
        except BaseException:
            self.stackframe = None
            raise
        return inputs

    def _leave(
        self,
        inputs: Any,  # noqa: ANN401 - what `_enter` gave
        _started_ns: int,
        value: object,
        failed: bool,  # noqa: FBT001
    ) -> None:
        if inputs is None:
            return
        try:
            if self.event == ("error" if failed else "return") and (
                not failed or isinstance(value, Exception)
            ):
                self._hit(inputs)
        finally:
            # A frame is kept no longer than it is needed.
            self.stackframe = None

    def _hit(self, inputs: Inputs) -> None:
        if self._condition_met(inputs.args, inputs.kwargs) and self.fire is not None:
            self.fire()

    def _condition_met(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        met = self._is_met(args, kwargs)
        with self._changed:
            self.calls.append(met)
            if met:
                self.hits += 1
                if self.fire == self._fire_blocking:
                    # Before anybody can release it.
                    self.blocked = True
            self._changed.notify_all()
        return met

    def _is_met(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        condition = self.condition
        if condition is None:
            return True
        if isinstance(condition, int):
            return len(self.calls) == condition
        if isinstance(condition, (set, frozenset, tuple, list)):
            return len(self.calls) in condition
        if callable(condition):
            return bool(condition(*args, **kwargs))
        msg = "Breakpoint.condition must be None, an int or list of ints, or a callable."
        raise TypeError(msg)

    # ------------------------------ The block ----------------------------- #

    def __enter__(self) -> Self:
        """Be there."""
        self.calls = []
        self._started_threads = []
        self.release()
        if self.target is None:
            return self
        self._found = self._look_up()
        self._shape = shape_of(self._found)
        place = self._found.outer
        self._hook = ProbeHook(
            function=place.only, enter=self._enter, leave=self._leave, timed=False, raises=True
        )
        sites.exchange(place.code, None, self._hook)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Go away; complain if nothing was met."""
        if self._found is not None:
            sites.exchange(self._found.outer.code, self._hook, None)
            self._found = None
        self.release()
        self.join()
        self._started_threads = []
        if kind is None and self.target is not None:
            self._complain()

    def _look_up(self) -> Target:
        target = self.target
        self._is_meant = None
        if isinstance(target, str):
            found = resolve(target)
            if found is None:
                import importlib

                # What a test names is meant to be there.
                _import_for(target, importlib.import_module)
                found = resolve(target)
            if found is None:
                msg = f"`{target}` is in no module that can be imported"
                raise TargetError(msg)
            return found
        if isinstance(target, tuple) and len(target) == 2:  # noqa: PLR2004 - a pair
            owner, name = target
            if not isinstance(name, str):
                msg = (
                    "Targets which are (obj, funcname) 2-tuples MUST pass the funcname as a string."
                )
                raise TypeError(msg)
            if not self.patch_all_referrers:
                self._is_meant = _through(owner, name)
            return attribute(owner, name)
        if isinstance(target, FunctionType) or inspect.ismethod(target):
            return attribute(_Holder(target), "held")
        msg = f"Cannot observe: {target!r} is not an (obj, attr) pair nor a dotted path name."
        raise TypeError(msg)

    def _complain(self) -> None:
        condition = self.condition
        if isinstance(condition, int) and not isinstance(condition, bool):
            if not self._was_met(condition):
                msg = (
                    f"Breakpoint condition on {self.target} was not met for iteration {condition}."
                )
                raise AssertionError(msg)
        elif isinstance(condition, (set, frozenset, tuple, list)):
            missed = [number for number in condition if not self._was_met(number)]
            if missed:
                msg = f"Breakpoint condition on {self.target} was not met for iterations {missed}."
                raise AssertionError(msg)
        elif not any(self.calls):
            msg = f"Breakpoint condition on {self.target} was not met."
            raise AssertionError(msg)

    def _was_met(self, number: int) -> bool:
        return len(self.calls) > number and self.calls[number]

    # ------------------------------- Threads ------------------------------ #

    def start_thread(self, func: Callable[..., object], *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Run `func` in a thread, which is joined when the block ends."""
        name = getattr(func, "__name__", type(func).__name__)
        thread = threading.Thread(
            target=func,
            name=f"Breakpoint_{name}_{len(self._started_threads)}",
            args=args,
            kwargs=kwargs,
        )
        self._started_threads.append(thread)
        thread.start()

    def join(self) -> None:
        """Wait for all threads that were started here."""
        for thread in self._started_threads:
            thread.join()

    def wait(self, timeout: float | None = omitted, hits: int = 1) -> None:
        """Wait until the breakpoint has been hit, or has been hit so many times."""
        if self.target is None:
            return
        if timeout is omitted:
            timeout = self.timeout
        with self._changed:
            if not self._changed.wait_for(lambda: self.hits >= hits, timeout):
                msg = (
                    f"Breakpoint on {self.target} (event='{self.event}') "
                    f"not hit after {timeout} seconds."
                )
                raise RuntimeError(msg)

    def wait_until(self, condition: Callable[[], object], timeout: float | None = omitted) -> None:
        """Wait until `condition()` is true."""
        if timeout is omitted:
            timeout = self.timeout
        start = time.monotonic()
        while not condition():
            if timeout is not None and time.monotonic() - start > timeout:
                msg = f"Condition for {self.target} not met after {timeout} seconds."
                raise RuntimeError(msg)
            time.sleep(self.check_interval)

    # ------------------------------ Blocking ------------------------------ #

    @classmethod
    def block(cls, *args: Any, **kwargs: Any) -> Self:  # noqa: ANN401 - as `__init__`
        """Make a breakpoint at which the caller stands still until it is released."""
        self = cls(*args, **kwargs)
        self.fire = self._fire_blocking
        return self

    def _fire_blocking(self) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: not self.blocked, self.timeout):
                msg = f"Breakpoint on {self.target} timed out after {self.timeout} seconds."
                raise RuntimeError(msg)

    def release(self) -> None:
        """Let go on whoever stands at the breakpoint; the next to come stands again."""
        with self._changed:
            self.hits = 0
            self.blocked = False
            self._changed.notify_all()

    # ------------------------------- Errors ------------------------------- #

    @classmethod
    def error(cls, exception: BaseException, *args: Any, **kwargs: Any) -> Self:  # noqa: ANN401
        """Make a breakpoint that raises `exception` in the caller."""
        self = cls(*args, **kwargs)
        self.exception = exception
        self.fire = self._fire_erroring
        return self

    def _fire_erroring(self) -> None:
        assert self.exception is not None  # noqa: S101 - `error` and `error_on` set it
        raise self.exception


class _Holder:
    """Holds a function as an attribute."""

    def __init__(self, held: object) -> None:
        self.held = held


def _through(owner: object, name: str) -> Callable[[tuple[Any, ...]], bool] | None:
    """Tell which calls go through an object, by their first argument; `None` for all."""
    if isinstance(owner, ModuleType):
        return None
    if not isinstance(owner, type):
        if name in getattr(owner, "__dict__", {}):
            return None
        found = own_attribute(type(owner), name)
        if isinstance(found, (staticmethod, classmethod)):
            return None
        return lambda args: bool(args) and args[0] is owner
    if name in vars(owner) or not isinstance(own_attribute(owner, name), FunctionType):
        return None
    return lambda args: bool(args) and isinstance(args[0], owner)


def _import_for(target: str, import_module: Callable[[str], object]) -> None:
    parts = target.partition(":")[0].split(".")
    for end in range(1, len(parts)):
        name = ".".join(parts[:end])
        try:
            import_module(name)
        except ModuleNotFoundError:
            if end == 1:
                raise
            return


class do:  # noqa: N801 - reads as a sentence
    """Run a function in a thread until it reaches a breakpoint.

    with do(task).until("app.orders.place").returns:
        ...   # `task` stands where `place` has just returned

    The function's results are kept in `results`.
    """

    def __init__(self, func: Callable[..., Any] | None = None, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Say what to run."""
        self.func = func
        self.args = args
        self.kwargs = kwargs
        self.breakpoint = Breakpoint(None)
        self.results: list[Any] = []

    def until(self, target: Any, timeout: float | None = None) -> Self:  # noqa: ANN401
        """Hold it at `target`."""
        self.breakpoint.fire = self.breakpoint._fire_blocking
        return self._at(target, timeout)

    def beyond(self, target: Any, timeout: float | None = None) -> Self:  # noqa: ANN401
        """Notice when it has reached `target`."""
        return self._at(target, timeout)

    def error_on(self, target: Any, exception: BaseException, timeout: float | None = None) -> Self:  # noqa: ANN401
        """Have `target` raise `exception`."""
        self.breakpoint.exception = exception
        self.breakpoint.fire = self.breakpoint._fire_erroring
        return self._at(target, timeout)

    def _at(self, target: Any, timeout: float | None) -> Self:  # noqa: ANN401
        self.breakpoint.target = target
        if timeout is not None:
            self.breakpoint.timeout = timeout
        return self

    @property
    def returns(self) -> Self:
        """When the target returns, rather than when it is called."""
        self.breakpoint.event = "return"
        return self

    @property
    def errors(self) -> Self:
        """When the target raises, rather than when it is called."""
        self.breakpoint.event = "error"
        return self

    def where(self, condition: Any) -> Self:  # noqa: ANN401 - as of Breakpoint
        """Only when the condition is met."""
        self.breakpoint.condition = condition
        return self

    @property
    def once(self) -> Self:
        """The first time only."""
        self.breakpoint.condition = 0
        return self

    def __enter__(self) -> Self:
        """Run it, and wait for the breakpoint."""
        self.breakpoint.__enter__()
        if self.func is not None:
            self.breakpoint.start_thread(self._gather_results)
            try:
                self.breakpoint.wait()
            except BaseException as error:
                self.breakpoint.__exit__(type(error), error, error.__traceback__)
                raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let it go on to its end."""
        self.breakpoint.__exit__(kind, value, traceback)

    def _gather_results(self) -> None:
        assert self.func is not None  # noqa: S101 - `__enter__` asked
        try:
            result = self.func(*self.args, **self.kwargs)
        except Exception as error:
            self.results.append(error)
            raise
        self.results.append(result)

    def release(self) -> None:
        """Let it go on now."""
        self.breakpoint.release()
