"""Shapes of control flow: matching, groups of exceptions, `finally` that swallows, and functions with
more types and callers than any cache has room for."""

from __future__ import annotations

from .template import Template, as_shape

TEMPLATES = (
    Template(
        """
        class $Case:
            __match_args__ = ("n", "more")
            def __init__(self, n, more=None):
                self.n, self.more = n, more
            @property
            def odd(self):
                return self.n % 2
        def $matched(n, value, /):
            match value:
                case $Case(n=0 | 1) | $Case(odd=1):
                    return "case"
                case {"k": inner, **rest}:
                    return rest
                case [first, *others] if (count := len(others)) > 0:
                    return count
                case str() | bytes() as text:
                    return text
                case None:
                    raise LookupError(n)
                case _:
                    BODY
        def $matching(n):
            for value in ($Case(n), $Case(n + 1, LIT), LIT, {"k": n, "l": 1}, [n, 2], "s"):
                $matched(n, value)
            while (n := n - 1) > 0:
                $matched(n, [n])
            return $matched(n, LIT)
        """,
        "$matching({n})",
        times=3,
        others=40,
    ),
    Template(
        """
        def $inner(n):
            BODY
        def $swallow(n):
            try:
                $inner(n)
            finally:
                return LIT
        def $continued(n):
            for i in range(2):
                try:
                    $inner(n + i)
                except KeyError:
                    continue
                else:
                    n = int(n)
                finally:
                    if n % 2:
                        break
            return n
        def $replaced(n):
            try:
                try:
                    $inner(n)
                finally:
                    {}[n]
            except KeyError as error:
                raise error.__context__ or error from None
        def $ending(n):
            $swallow(n)
            try:
                $replaced(n)
            except Exception as error:
                del error
            except SystemExit:
                raise
            return $continued(n)
        """,
        "$ending({n})",
        times=4,
    ),
    Template(
        """
        def $inner(n):
            BODY
        def $grouped(n):
            errors = []
            for i in range(2):
                try:
                    $inner(n + i)
                except Exception as error:
                    errors.append(error)
            if errors:
                raise ExceptionGroup("some", [*errors, ExceptionGroup("deep", [Oops(n)])])
        def $starred(n):
            try:
                $grouped(n)
            except* Oops as group:
                str(group)
            except* (ValueError, KeyError):
                raise
            except* OSError as group:
                raise RuntimeError("other") from group
        def $split(n):
            try:
                raise BaseExceptionGroup("all", [Oops(), WorseOops(), SystemExit(n)])
            except* SystemExit:
                n += 1
            except* Exception:
                n += 1
            return n
        def $groups(n):
            try:
                $starred(n)
            except ExceptionGroup as group:
                group.split(ValueError), group.derive([Oops()])
            except RuntimeError:
                return $split(n)
        """,
        "$groups({n})",
        times=2,
    ),
    Template(
        """
        def $many(first, *rest, key=None, **named):
            return rest
        def $eight(a, b, c, /, d, e, f=1, *, g, h=2):
            return a
        def $polymorphic(n):
            values = [1, 2.5, "x", b"", None, [], {}, (), True, 1j, Item(), Number(2), len, range(1)]
            for value in values:
                $many(value), $many(value, value), $many(value, key=value), $many(*values, **{"k": value})
                $eight(value, n, value, value, value, g=value)
            for i in range(20):
                $many(values[i % 3], key=values[i % 5])
            BODY
        """,
        "$polymorphic({n})",
        others=100,
    ),
    Template(
        """
        def $crowded(value, n, *, last=None):
            return value
        def $crowd(n):
            kinds = [type(f"Kind{i}", (Item,), {}) for i in range(9)]
            for first in kinds:
                for second in kinds:
                    $crowded(first(), second(), last=n)
                    $crowded(first(), second())
            BODY
        """,
        "$crowd({n})",
        others=170,
    ),
    Template(
        """
        def $target(n, value=LIT):
            return value
        def $one(n):
            return $target(n)
        def $two(n):
            return $target(n), $target(n + 1)
        def $three(n):
            return [$target(i) for i in range(3)]
        def $four(n):
            return (lambda i: (HIT, $target(i))[1])(n)
        class $Five:
            kept = $target(5)
            def act(self, n):
                return $target(n), $target(n, self)
        def $six(n):
            return list(map($target, range(2))), functools.reduce($target, range(3))
        def $callers(n):
            for i in range(3):
                for caller in ($one, $two, $three, $four, $Five().act, $six, $target, $one):
                    caller(n + i)
            BODY
        """,
        "$callers({n})",
        others=90,
    ),
    Template(
        """
        def $ping(n, depth=5, *, wrapped=None):
            try:
                if depth > 0:
                    return $pong(n, depth - 1)
                BODY
            except Oops as error:
                if depth % 2:
                    raise KeyError(depth) from error
                raise
            except KeyError:
                raise Oops(depth)
        def $pong(n, depth):
            with contextlib.ExitStack() as stack:
                stack.callback(lambda: HIT)
                stack.enter_context(contextlib.suppress(OSError))
                return $ping(n, depth - 1)
        def $cells(n):
            total = n
            def add(by=LIT):
                nonlocal total
                total = (total, by)
                return lambda: (HIT, total, by)
            add(), add(n)(), add(by=total)()
            del total
            try:
                return add(), $ping(n)
            except NameError:
                return $ping(n + 1)
        """,
        "$cells({n})",
        others=24,
    ),
)

SHAPES = tuple(map(as_shape, TEMPLATES))
