"""Programs that gather facts about their own process, which must not change under `ghost run`.

Each leaves a list named `facts`; `test_guest.py` runs them with and without `ghost`.
"""

FACTS = {
    "signal dispositions": """
        import signal
        facts = [str(signal.getsignal(n)) for n in sorted(signal.valid_signals())]
        # glibc keeps 32 and 33 to itself: a parent that has threads hands them down ignored.
        private = 1 << 31 | 1 << 32
        lines = [line.split() for line in open("/proc/self/status") if line.startswith(("Sig", "Shd"))]
        facts += [(name, int(mask, 16) & ~private) for name, mask in lines if name != "SigQ:"]
        facts.append(signal.set_wakeup_fd(-1))
        """,
    "threads": """
        import os, threading, time
        # The thread that listens at the control socket is known by its name.
        def others():
            tasks = [open(f"/proc/self/task/{task}/comm").read() for task in os.listdir("/proc/self/task")]
            return len([name for name in tasks if name != "ghostglass\\n"])
        # A thread of ours gives itself its name, a moment after it began.
        end = time.monotonic() + 10
        while others() > 1 and time.monotonic() < end:
            time.sleep(0.01)
        facts = [others(), threading.active_count(), threading.enumerate()[0].name]
        """,
    "file descriptors": """
        import os
        with os.scandir("/proc/self/fd") as entries:
            facts = [(int(e.name), os.readlink(e.path).partition(":")[0] if e.is_symlink() else "") for e in entries]
        # The control socket lies far above what programs use.
        facts = sorted(number for number, _ in facts if number < 1000)
        """,
    "first free descriptor": """
        import os
        facts = [os.open("/dev/null", os.O_RDONLY) for _ in range(3)]
        """,
    "recursion depth": """
        import sys
        def depth(n):
            try:
                return depth(n + 1)
            except RecursionError:
                return n
        facts = [depth(0)]
        sys.setrecursionlimit(30_000)
        facts.append(depth(0))
        """,
    "hooks": """
        import sys, threading
        facts = [sys.gettrace(), sys.getprofile(), threading.gettrace(), threading.getprofile()]
        facts += [sys.excepthook is sys.__excepthook__, sys.displayhook is sys.__displayhook__]
        finders = [f for f in sys.meta_path if "ghostglass" not in type(f).__module__]
        facts += [sys.get_asyncgen_hooks()[0], len(finders), len(sys.path_hooks)]
        """,
    "foreign tool ids": """
        import sys
        facts = [sys.monitoring.get_tool(n) for n in (0, 1, 2, 5)]
        """,
    "environment": """
        import os
        facts = sorted(set(os.environ) - {"GHOST_RUN"})
        """,
    "imported modules": """
        import sys
        # `atexit` is compiled into the interpreter: having it costs no file and no time.
        ours = ("ghostglass", "atexit")
        facts = sorted(name for name in sys.modules if not name.startswith(ours))
        """,
    "garbage collector": """
        import gc
        facts = [gc.isenabled(), gc.get_threshold(), gc.callbacks, gc.get_debug()]
        """,
    "weakref after del": """
        import weakref
        class Thing: pass
        def use(thing): return id(thing) > 0
        def keep(*things, **named): return len(things)
        def generate(thing): yield 1
        facts = []
        for call in (use, keep, lambda t: None, lambda t: list(generate(t)), lambda t: [t for _ in (1, 2)]):
            thing = Thing()
            reference = weakref.ref(thing)
            call(thing)
            facts.append(reference() is thing)
            del thing
            facts.append(reference() is None)
        """,
    "weakref inside the call": """
        import weakref
        class Thing: pass
        def swallow(thing, other=None):
            reference = weakref.ref(thing)
            del thing
            return reference() is None
        def cell(thing):
            reference = weakref.ref(thing)
            def inner(): return thing
            del thing
            return reference() is None
        def generate(thing):
            reference = weakref.ref(thing)
            yield
            del thing
            yield reference() is None
        facts = [swallow(Thing()), swallow(Thing(), 2), cell(Thing()), list(generate(Thing()))[1]]
        """,
    "reference counts": """
        import gc, sys
        class Thing: pass
        thing = Thing()
        def count(value): return sys.getrefcount(value)
        facts = [count(thing), count(thing), len(gc.get_referrers(thing)), count(thing)]
        def made(): return Thing()
        facts += [sys.getrefcount(made()), sys.getrefcount(Thing) - sys.getrefcount(Thing)]
        """,
    "classes die": """
        import gc, weakref
        def use(value): return value
        references = []
        for n in range(50):
            kind = type(f"Kind{n}", (), {})
            references.append(weakref.ref(kind))
            use(kind())
        del kind
        gc.collect()
        facts = [sum(reference() is not None for reference in references)]
        """,
    "functions die": """
        import gc, weakref
        references = []
        for n in range(50):
            space = {}
            exec(compile(f"def f(x): return x + {n}", __file__, "exec"), space)
            references.append(weakref.ref(space["f"]))
            references.append(weakref.ref(space["f"].__code__))
            space["f"](n)
        del space
        gc.collect()
        facts = [sum(reference() is not None for reference in references)]
        """,
    "spoofing objects": """
        calls = []
        class Meta(type):
            def __getattribute__(cls, name): calls.append(("meta get", name)); return super().__getattribute__(name)
            def __instancecheck__(cls, other): calls.append("instancecheck"); return True
            def __eq__(cls, other): calls.append("meta eq"); return True
            def __hash__(cls): calls.append("meta hash"); return 1
            def __repr__(cls): calls.append("meta repr"); return "Meta"
            def mro(cls): return super().mro()
        class Spoof(metaclass=Meta):
            @property
            def __class__(self): calls.append("class"); return int
            def __getattribute__(self, name): calls.append(("get", name)); return object.__getattribute__(self, name)
            def __eq__(self, other): calls.append("eq"); return True
            def __hash__(self): calls.append("hash"); return 1
            def __repr__(self): calls.append("repr"); return "spoof"
            def __bool__(self): calls.append("bool"); return False
            def __len__(self): calls.append("len"); return 0
            def __iter__(self): calls.append("iter"); return iter(())
        def take(value, *rest, **named): return value
        def throw(error): raise error
        class Failure(Exception):
            def __str__(self): calls.append("str"); return "x"
            def __repr__(self): calls.append("exception repr"); return "x"
            def __getattribute__(self, name): calls.append(("exception get", name)); return super().__getattribute__(name)
        spoof = object.__new__(Spoof)
        calls.clear()
        for _ in range(100):
            take(spoof, spoof, key=spoof)
            take(Spoof)
            try: throw(Failure())
            except Failure: pass
        facts = [str(call) for call in calls]
        """,
    "mischievous names": """
        class Text(str):
            def __hash__(self): raise SystemError("hash")
            def __eq__(self, other): raise SystemError("eq")
        def f(value): return 1
        class Nameless: pass
        Nameless.__module__ = 3
        Odd = type("two\\nlines\\x1b[31m", (), {"__module__": None})
        f.__code__ = f.__code__.replace(co_name=Text("f"), co_qualname=Text("g" * 100_000))
        space = {"__name__": object()}
        exec(compile("def h(x): return x", __file__, "exec"), space)
        del space["__name__"]
        facts = [f(Nameless()), f(Odd()), space["h"](2), f(type("x" * 1_000_000, (), {})())]
        """,
    "memory error": """
        def grab(n):
            return [0] * n
        facts = []
        for n in (10**15, 10**16, 3):
            try: facts.append(len(grab(n)))
            except MemoryError: facts.append("no memory")
        """,
    "monkeypatched standard library": """
        import builtins, os, sys, time, threading, json
        def boom(*args, **kwargs): raise AssertionError("called by the observer")
        def f(n): return n
        places = ((builtins, "open"), (builtins, "len"), (builtins, "isinstance"), (builtins, "__import__"),
                  (time, "time"), (time, "perf_counter_ns"), (os, "open"), (os, "getpid"), (threading, "Thread"))
        kept = [getattr(module, name) for module, name in places]
        for module, name in places: setattr(module, name, boom)
        facts = [f(n) for n in (1, 2, 3)]
        class Late: pass
        facts.append(f(Late()) is None)
        for (module, name), value in zip(places, kept): setattr(module, name, value)
        """,
    "settrace": """
        import sys
        facts = []
        def f(n):
            m = n + 1
            return m
        def trace(frame, event, value):
            facts.append((frame.f_code.co_name, event, frame.f_lineno))
            return trace
        sys.settrace(trace)
        f(1); f(2)
        sys.settrace(None)
        """,
    "setprofile": """
        import sys
        facts = []
        def f(n): return abs(n)
        def profile(frame, event, value): facts.append((frame.f_code.co_name, event, frame.f_lineno))
        sys.setprofile(profile)
        f(1); f(2)
        sys.setprofile(None)
        """,
    "cProfile": """
        import cProfile, pstats
        def f(n): return n if n < 2 else f(n - 1) + f(n - 2)
        profile = cProfile.Profile()
        profile.runcall(f, 12)
        stats = pstats.Stats(profile).stats
        facts = sorted((key[2], value[:2]) for key, value in stats.items())
        """,
    "monitoring beside ours": """
        import sys
        monitoring = sys.monitoring
        facts = []
        def f(n): return [n for n in range(n)]
        monitoring.use_tool_id(monitoring.PROFILER_ID, "mine")
        events = monitoring.events
        for event in (events.PY_START, events.PY_RETURN, events.LINE):
            monitoring.register_callback(monitoring.PROFILER_ID, event, lambda code, where, *rest: facts.append((code.co_name, where)))
        monitoring.set_events(monitoring.PROFILER_ID, events.PY_START | events.PY_RETURN | events.LINE)
        f(2); f(3)
        monitoring.set_events(monitoring.PROFILER_ID, 0)
        monitoring.restart_events()
        f(1)
        """,
    "context variables": """
        import contextvars
        variable = contextvars.ContextVar("v", default=0)
        def f(): variable.set(variable.get() + 1)
        context = contextvars.copy_context()
        [context.run(f) for _ in range(3)]
        facts = [context[variable], variable.get(), len(contextvars.copy_context())]
        """,
    "audit events": """
        import sys
        facts = []
        def f(n): return n
        sys.addaudithook(lambda event, arguments: facts.append(event) if on else None)
        on = True
        [f(n) for n in range(100)]
        on = False
        """,
}
