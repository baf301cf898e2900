"""Order of what runs at the end: threads, atexit, finalisers, hooks, unraisable exceptions."""

import atexit
import gc
import sys
import threading
import weakref


class Traced:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        print("del", self.name, file=sys.__stderr__ or sys.stderr)


def failing_thread():
    raise KeyError("in a thread")


def hook(arguments):
    print("thread hook", arguments.exc_type.__name__, arguments.thread.name)


atexit.register(print, "atexit first registered")
atexit.register(lambda: 1 / 0)
atexit.register(print, "atexit last registered")

thread = threading.Thread(target=failing_thread, name="default")
thread.start()
thread.join()
threading.excepthook = hook
thread = threading.Thread(target=failing_thread, name="hooked")
thread.start()
thread.join()

threading._register_atexit(print, "threading atexit")


class Unraisable:
    def __del__(self):
        raise RuntimeError("in a finaliser")


sys.unraisablehook = lambda arguments: print("unraisable", arguments.exc_value)
Unraisable()

kept = Traced("module global")
cycle = Traced("cycle")
cycle.itself = cycle
del cycle
gc.collect()
finalizer = weakref.finalize(kept, print, "finalizer of", "kept")
sys.excepthook = lambda kind, error, trace: print("excepthook", kind.__name__, error)
raise SystemExit(9)
