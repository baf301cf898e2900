"""Shapes of functions that C code or the standard library calls back, and of code made from text."""

from __future__ import annotations

from .template import Template, as_shape

TEMPLATES = (
    Template(
        """
        def $key(n):
            BODY
        def $wished(n):
            return (n * 7) % 3
        def $sorted(n):
            try:
                sorted([n, n + 1], key=lambda i: (HIT, $wished(i))[1])
                [3, 1].sort(key=$wished), max(n, 2, key=$wished), min([n], key=$wished)
                list(filter($wished, range(3))), list(itertools.takewhile($wished, range(1, 3)))
                list(map(max, map($wished, range(2)), map($wished, range(2))))
                [list(group) for _, group in itertools.groupby(range(3), $wished)]
                sum(map($key, range(3)), 0)
            except TypeError:
                functools.reduce(lambda left, right: (HIT, left)[1], range(3))
            return list(iter(functools.partial(next, iter([1, 2, 3])), 2))
        """,
        "$sorted({n})",
        times=3,
        others=40,
    ),
    Template(
        """
        def $replace(match, *, times=2):
            n = len(match.group())
            BODY
        def $substituted(n):
            re.sub("[a-c]", lambda match: (HIT, "x")[1], "abcabc")
            try:
                re.sub("a+", $replace, "caat")
            finally:
                json.dumps({"a": object()}, default=lambda item: (HIT, "x")[1])
                re.compile("b").subn(lambda match: (HIT, match[0])[1], "bab", 1)
        """,
        "$substituted({n})",
        others=12,
    ),
    Template(
        """
        @functools.singledispatch
        def $dispatched(value, n):
            return None
        @$dispatched.register
        def _(value: int, n):
            BODY
        @$dispatched.register(str)
        @$dispatched.register(bytes)
        def _(value, n, *rest):
            return rest
        @functools.lru_cache(maxsize=2)
        def $cached(n):
            return n if n < 2 else $cached(n - 1) + $cached(n - 2)
        @functools.cache
        def $kept(n, **named):
            return named
        def $dispatching(n):
            $cached(n % 8), $kept(n, key=1), $kept(n, key=1)
            $dispatched("x", n), $dispatched(b"", n), $dispatched(LIT, n)
            return $dispatched(n, n)
        """,
        "$dispatching({n})",
        times=2,
        others=60,
    ),
    Template(
        """
        def $made(n):
            space = {"__name__": __name__, "__file__": __file__, "n": n}
            exec("def made(n, *rest):\\n    def inner(n): return rest\\n    return inner(n)", space)
            space["made"](n), space["made"](LIT, LIT)
            twice = eval("lambda n: n * 2", space)
            return twice(n), eval("[n for n in (1, 2)]", space)
        def $compiled(n):
            for i in range(n % 3 + 1):
                space = {"HITS": HITS, "__name__": __name__}
                text = f"def again(value):\\n    next(HITS[1])\\n    return value, {i}"
                exec(compile(text, __file__ + ".made", "exec"), space)
                space["again"](LIT)
            BODY
        def $texts(n):
            $made(n)
            return $compiled(n)
        """,
        "$texts({n})",
        others=16,
    ),
    Template(
        """
        def $finalised(n):
            class Local:
                pass
            local = Local()
            weakref.finalize(local, lambda *items: HIT, n, LIT)
            reference = weakref.ref(local, lambda dead: HIT)
            del local
            context = contextvars.copy_context()
            context.run(lambda *items, **named: HIT, LIT, key=LIT)
            atexit.unregister(print)
            operator.methodcaller("__call__", n)(lambda n: HIT)
            bisect.bisect([1, 2, 3], n, key=lambda item: (HIT, item)[1])
            BODY
        """,
        "$finalised({n})",
        others=12,
    ),
)

SHAPES = tuple(map(as_shape, TEMPLATES))
