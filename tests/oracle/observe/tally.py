"""What a slow observer counts, and how it writes it down.

Names types and functions the plain way, through attributes: fine for the generated programs, which
define nothing that answers back.
"""

import atexit
import gc
import json
import threading
import types
from collections import Counter, defaultdict

FIELDS = (
    "args",
    "returns",
    "exceptions",
    "yields",
    "callers",
    "args_by_caller",
    "returns_by_caller",
    "paths",
)
CO_OPTIMIZED, CO_VARARGS, CO_VARKEYWORDS = 1, 4, 8
FUNCTION_NAMES = {}
SUSPENDABLE = {0x20: "generator", 0x80: "coroutine", 0x200: "async_generator"}


def function_key(frame):
    """`module:qualname:firstlineno` of a frame, `:<root>:0` where there is none."""
    if frame is None:
        return ":<root>:0"
    code = frame.f_code
    return f"{frame.f_globals.get('__name__')}:{qualname(code)}:{code.co_firstlineno}"


def is_text(code):
    """Whether this code was made from text, as data classes do."""
    return code.co_filename.startswith("<") and not code.co_filename.startswith("<frozen")


def qualname(code):
    """Of the code, or of its function where the code was made from text."""
    if not is_text(code):
        return code.co_qualname
    # By address, because code objects of equal text are equal; kept alive, so that none is reused.
    if id(code) not in FUNCTION_NAMES:
        functions = [f for f in gc.get_referrers(code) if type(f) is types.FunctionType]
        name = functions[0].__qualname__ if functions else code.co_qualname
        FUNCTION_NAMES[id(code)] = name, code
    return FUNCTION_NAMES[id(code)][0]


def type_name(kind):
    """`module.qualname`, bare for built-in types."""
    if kind.__module__ == "builtins":
        return kind.__qualname__
    return f"{kind.__module__}.{kind.__qualname__}"


def signature(frame):
    """Types of the declared parameters in order of declaration: `*args` stands before keyword-only
    ones, although the code object keeps it behind them."""
    code = frame.f_code
    names = code.co_varnames
    values = frame.f_locals
    positional = code.co_argcount
    named = positional + code.co_kwonlyargcount
    types = [type_name(type(values[name])) for name in names[:positional]]
    if code.co_flags & CO_VARARGS:
        types.append("*args")
    types += [type_name(type(values[name])) for name in names[positional:named]]
    if code.co_flags & CO_VARKEYWORDS:
        types.append("**kwargs")
    return f"({', '.join(types)})"


def kind(code):
    """What kind of code this is; a class body is what is neither a module nor optimized."""
    for flag, word in SUSPENDABLE.items():
        if code.co_flags & flag:
            return word
    if code.co_flags & CO_OPTIMIZED:
        return "function"
    return "module" if code.co_qualname == "<module>" else "class_body"


class Tally:
    """Counts per function of the files below one folder."""

    def __init__(self, project, output):
        self.project = project.rstrip("/") + "/"
        self.output = output
        self.functions = defaultdict(lambda: {field: Counter() for field in FIELDS})
        self.kinds = {}
        self.texts = {}
        # Who began the activation of a frame, by its address: the next one there begins by saying so.
        self.begun_by = {}
        self.lock = threading.Lock()
        atexit.register(self.write)

    def wants(self, frame):
        """Whether this code lies in the observed folder, or was made from text by a module there."""
        code = frame.f_code
        file = frame.f_globals.get("__file__", "") if is_text(code) else code.co_filename
        return file.startswith(self.project)

    def add_start(self, frame):
        """Counts the beginning of this frame's activation."""
        types, caller = signature(frame), function_key(frame.f_back)
        self.begun_by[id(frame)] = caller
        self.add(frame, "args", types)
        self.add(frame, "callers", caller)
        self.add(frame, "args_by_caller", f"{types} from {caller}")
        self.add(frame, "paths", self.path(frame))

    def path(self, frame):
        """The observed frames down to this one; a function that calls itself is there once."""
        keys = []
        while frame is not None:
            if self.wants(frame) and (not keys or keys[-1] != function_key(frame)):
                keys.append(function_key(frame))
            frame = frame.f_back
        return " > ".join(reversed(keys))

    def add_return(self, frame, value):
        """Counts the value that this frame's activation ends with."""
        name = type_name(type(value))
        self.add(frame, "returns", name)
        self.add(frame, "returns_by_caller", f"{name} to {self.begun_by[id(frame)]}")

    def add(self, frame, field, what):
        """Counts one thing of the function this frame runs."""
        key = function_key(frame)
        with self.lock:
            self.kinds[key] = kind(frame.f_code)
            self.texts[key] = is_text(frame.f_code)
            self.functions[key][field][what] += 1

    def write(self):
        """Writes everything counted; runs after all other `atexit` functions."""
        counted = {
            key: {"kind": self.kinds[key], "is_text": self.texts[key]}
            | {field: dict(counts) for field, counts in fields.items()}
            for key, fields in self.functions.items()
        }
        with open(self.output, "w") as file:
            json.dump(counted, file)
