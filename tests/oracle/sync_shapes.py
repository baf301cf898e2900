"""Shapes of synchronous functions: each writes one definition and gives back how to call it."""

from __future__ import annotations

from .bodies import Outcome, write_body
from .source import Limits, Source, Unit

# (parameter list, positional arguments taken, keywords taken)
SIGNATURES = (
    ("n", 0, ()),
    ("n, other", 1, ()),
    ("n, /, other=None", 1, ()),
    ("n, *rest", 2, ()),
    ("n, **named", 0, ("alpha", "beta")),
    ("n, first, *rest, key=0, **named", 3, ("key", "more")),
    ("n, *, key", 0, ("key",)),
    ("n, other='x', *, key=None, last=()", 1, ("last",)),
    ("n, one, two, three, four, five, six, seven", 7, ()),
)


def arguments(source: Source, signature: tuple[str, int, tuple[str, ...]]) -> str:
    """Arguments after the first for this signature."""
    _, positional, keywords = signature
    values = [source.literal() for _ in range(positional)]
    values += [f"{keyword}={source.literal()}" for keyword in keywords]
    return "".join(f", {value}" for value in values)


def as_unit(outcome: Outcome, call: str, extra: int = 1) -> Unit:
    """A unit whose call expression has `{n}` where its control argument goes."""
    return Unit(
        lambda n: call.format(n=n),
        outcome.cost + extra,
        outcome.may_raise,
        outcome.runs_a_loop,
    )


def literal_call(source: Source, callee: str, signature: tuple[str, int, tuple[str, ...]]) -> str:
    """`callee({n}, …)` with braces of literals kept from `format`."""
    rest = arguments(source, signature).replace("{", "{{").replace("}", "}}")
    return callee + "({n}" + rest + ")"


def plain_function(source: Source, limits: Limits) -> Unit:
    signature = source.rng.choice(SIGNATURES)
    name = source.name("plain")
    source.open(0, f"def {name}({signature[0]}):")
    outcome = write_body(source, 1, limits)
    return as_unit(outcome, literal_call(source, name, signature))


def generic_function(source: Source, limits: Limits) -> Unit:
    """PEP 695: the type parameters have a function of their own."""
    name = source.name("generic")
    source.open(0, f"def {name}[T](n, value: T = None) -> T:")
    outcome = write_body(source, 1, limits)
    return as_unit(
        outcome, name + "({n}, " + source.literal().replace("{", "{{").replace("}", "}}") + ")"
    )


def recursive_function(source: Source, limits: Limits) -> Unit:
    name = source.name("recursive")
    source.open(0, f"def {name}(n, depth=3):")
    source.add(1, "if depth > 0:")
    source.add(2, f"{name}(n + 1, depth - 1)")
    outcome = write_body(source, 1, Limits(limits.budget // 4, limits.in_coroutine))
    outcome.cost *= 4
    return as_unit(outcome, name + "({n}, 3)", 4)


def nested_closure(source: Source, limits: Limits) -> Unit:
    """The parameter lives in a cell: the closure reads and rebinds it."""
    name = source.name("closure")
    source.open(0, f"def {name}(n, kept):")
    line = len(source.lines) + 1
    source.add(1, "def inner(n, *more):")
    source.add(2, f"next(HITS[{line}])")
    source.add(2, "nonlocal kept")
    source.add(2, "kept = (kept, n)")
    outcome = write_body(source, 2, limits)
    source.add(1, "inner(n, kept)")
    source.add(1, "return inner(n + 1)")
    outcome.cost = outcome.cost * 2 + 2
    return as_unit(outcome, literal_call(source, name, ("", 1, ())))


def decorated_function(source: Source, limits: Limits) -> Unit:
    decorator = source.name("decorator")
    source.open(0, f"def {decorator}(function):")
    line = len(source.lines) + 1
    source.add(1, "@functools.wraps(function)")
    source.add(1, "def wrapper(*args, **kwargs):")
    source.add(2, f"next(HITS[{line}])")
    source.add(2, "return function(*args, **kwargs)")
    source.add(1, "return wrapper")
    source.gap()
    signature = source.rng.choice(SIGNATURES)
    name = source.name("decorated")
    source.open(0, f"def {name}({signature[0]}):", (f"@{decorator}",))
    outcome = write_body(source, 1, limits)
    return as_unit(outcome, literal_call(source, name, signature), 2)


def method(source: Source, limits: Limits) -> Unit:
    """An instance, static or class method, a property, `__call__` or an operator."""
    name = source.name("Class")
    kind = source.rng.choice(("instance", "static", "class", "property", "call", "operator"))
    header, decorators, call = {
        "instance": ("def act(self, n):", (), name + "().act({n})"),
        "static": ("def act(n):", ("@staticmethod",), name + ".act({n})"),
        "class": ("def act(cls, n):", ("@classmethod",), name + ".act({n})"),
        "property": ("def act(self):", ("@property",), name + "({n}).act"),
        "call": ("def __call__(self, n=3):", (), name + "()({n})"),
        "operator": ("def __add__(self, n):", (), "(" + name + "() + ({n}))"),
    }[kind]
    source.add(0, f"class {name}:")
    source.open(1, "def __init__(self, n=0):")
    source.add(2, "self.n = n")
    source.add(0, "")
    source.open(1, header, decorators)
    if kind == "property":
        source.add(2, "n = self.n")
    outcome = write_body(source, 2, limits)
    return as_unit(outcome, call, 2)


def inherited_method(source: Source, limits: Limits) -> Unit:
    """`super()`, `__init_subclass__`, `__set_name__`, a descriptor and a metaclass."""
    base, derived = source.name("Base"), source.name("Derived")
    source.add(0, f"class Meta{base}(type):")
    source.open(1, "def __new__(mcls, name, bases, namespace, **options):")
    source.add(2, "return super().__new__(mcls, name, bases, namespace)")
    source.gap()
    source.add(0, f"class Field{base}:")
    source.open(1, "def __set_name__(self, owner, name):")
    source.add(2, "self.name = name")
    source.open(1, "def __get__(self, instance, owner):")
    source.add(2, "return 7")
    source.gap()
    source.add(0, f"class {base}(metaclass=Meta{base}):")
    source.open(1, "def __init_subclass__(cls, **options):")
    source.add(2, "super().__init_subclass__()")
    source.open(1, "def act(self, n):")
    outcome = write_body(source, 2, limits)
    source.gap()
    source.add(0, f"class {derived}({base}, option=1):")
    source.add(1, f"field = Field{base}()")
    source.open(1, "def act(self, n):")
    source.add(2, "return super().act(n + self.field)")
    return as_unit(outcome, derived + "().act({n})", 4)


def local_class(source: Source, limits: Limits) -> Unit:
    """A class statement that runs at every call, each time a new type."""
    name = source.name("local_class")
    source.open(0, f"def {name}(n):")
    source.add(1, "class Local:")
    source.add(2, "kind = n")
    source.open(2, "def act(self, n, other):")
    outcome = write_body(source, 3, limits)
    source.add(1, "return Local().act(n, Local())")
    return as_unit(outcome, name + "({n})", 3)


def context_manager(source: Source, limits: Limits) -> Unit:
    """`with`: a class that may swallow, or a generator under contextlib."""
    name = source.name("manager")
    if source.chance(0.5):
        source.open(0, f"def {name}(n):", ("@contextlib.contextmanager",))
        source.add(1, "try:")
        source.add(2, f"yield {source.literal()}")
        source.add(1, "finally:")
        source.add(2, "n = int(n)")
    else:
        source.add(0, f"class {name}:")
        source.open(1, "def __init__(self, n):")
        source.add(2, "self.n = n")
        source.open(1, "def __enter__(self):")
        source.add(2, "return self.n")
        source.open(1, "def __exit__(self, kind, error, trace):")
        source.add(2, "return self.n % 2 == 0 and kind is not SystemExit")
    source.gap()
    user = source.name("managed")
    source.open(0, f"def {user}(n):")
    source.add(1, f"with {name}(n) as value:")
    outcome = write_body(source, 2, limits)
    return as_unit(outcome, user + "({n})", 5)


def threads(source: Source, limits: Limits) -> Unit:
    """Threads that all run the same unit; whatever it raises stays inside them."""
    name = source.name("threads")
    count = source.rng.randint(2, 4)
    source.open(0, f"def {name}(n):")
    line = len(source.lines) + 1
    source.add(1, "def work(n, *, label):")
    source.add(2, f"next(HITS[{line}])")
    source.add(2, "try:")
    outcome = write_body(source, 3, Limits(limits.budget // count, True))
    source.add(2, "except (Exception, SystemExit):")
    source.add(3, "n = int(n)")
    source.add(1, "started = [")
    source.add(2, "threading.Thread(target=work, args=(n + i,), kwargs={'label': i})")
    source.add(2, f"for i in range({count})")
    source.add(1, "]")
    source.add(1, "[thread.start() for thread in started]")
    source.add(1, "[thread.join() for thread in started]")
    outcome.cost = (outcome.cost + 1) * count
    outcome.may_raise = False
    return as_unit(outcome, name + "({n})", 5)


SHAPES = (
    plain_function,
    plain_function,
    plain_function,
    generic_function,
    recursive_function,
    nested_closure,
    decorated_function,
    method,
    method,
    inherited_method,
    local_class,
    context_manager,
    threads,
)
