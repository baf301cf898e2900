"""Shapes of generators inside generators: delegation, recursion, other threads, odd endings."""

from __future__ import annotations

from .template import Template, as_shape

TEMPLATES = (
    Template(
        """
        def $leaf(n):
            try:
                received = yield LIT
                received = yield received
                STEPS
            except Oops as error:
                received = yield error
            except GeneratorExit:
                return LIT
            finally:
                n = int(n)
            return received
        def $middle(n):
            result = yield from $leaf(n)
            try:
                result = yield from $leaf(n + 1)
            except OSError:
                result = yield LIT
            return result
        def $top(n):
            first = yield from $middle(n)
            yield from iter([LIT])
            yield first
            return (yield from $middle(n + 1))
        def $drive(n, way):
            g = $top(n)
            try:
                if way == 0:
                    return list(g)
                next(g)
                if way == 1:
                    g.throw(Oops("down"))
                    g.send(LIT)
                elif way == 2:
                    g.throw(OSError)
                    next(g), next(g)
                elif way == 3:
                    g.send(LIT), g.send(LIT)
                    g.throw(KeyError("k"))
                elif way == 4:
                    return g.close()
                g.close()
            except (Exception, SystemExit):
                return None
            finally:
                del g
        def $delegated(n):
            return [$drive(n, way) for way in range(6)]
        """,
        "$delegated({n})",
        times=24,
        others=60,
        swallows=True,
    ),
    Template(
        """
        def $tree(n, depth):
            if depth:
                yield from $tree(n, depth - 1)
                yield depth
                for item in $tree(n + 1, depth - 1):
                    yield item
            else:
                STEPS
        def $walk(n):
            try:
                sum(1 for item in $tree(n, 2) if item)
            finally:
                walker = $tree(n, 2)
                for item in walker:
                    if item == 1:
                        walker.close()
                next(walker, LIT)
        """,
        "$walk({n})",
        times=8,
        others=30,
    ),
    Template(
        """
        def $stubborn(n):
            while True:
                try:
                    n = (yield n) or 0
                except GeneratorExit:
                    if n % 2:
                        yield LIT
                    raise
                except ValueError:
                    return n
        def $greedy(n):
            g = (yield)
            try:
                next(g)
            except ValueError:
                yield LIT
            yield from (item for item in (1, 2))
        def $closing(n):
            try:
                yield LIT
            finally:
                STEPS
        def $odd(n):
            stubborn = $stubborn(n)
            next(stubborn), stubborn.send(n)
            try:
                stubborn.close()
            except RuntimeError:
                stubborn.close()
            another = $stubborn(n)
            next(another), next(another, None)
            try:
                another.throw(ValueError("v"))
            except StopIteration as stop:
                n += stop.value is None
            greedy = $greedy(n)
            next(greedy), greedy.send(greedy)
            list(greedy)
            closing = $closing(n)
            next(closing)
            return closing.close()
        """,
        "$odd({n})",
        others=16,
    ),
    Template(
        """
        def $steps(n):
            yield threading.current_thread() is None
            STEPS
            yield LIT
            return LIT
        def $advance(g, results):
            try:
                results.append(next(g))
            except (Exception, SystemExit) as error:
                results.append(type(error))
        def $handed(n):
            results, generators = [], [$steps(n), $steps(n + 1)]
            for i in range(3):
                for g in generators:
                    thread = threading.Thread(target=$advance, args=(g, results))
                    thread.start()
                    thread.join()
                $advance(generators[0], results)
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                list(pool.map(lambda g: (HIT, list(g))[1], [$steps(n)][:n % 2 and 0]))
            return results
        """,
        "$handed({n})",
        times=3,
        others=20,
        in_coroutine=True,
        swallows=True,
    ),
    Template(
        """
        @contextlib.contextmanager
        def $outer(n, *, swallow=False):
            try:
                yield n
            except (Oops, ValueError):
                if not swallow:
                    raise
            except KeyError as error:
                raise Oops("changed") from error
        class $Decorator(contextlib.ContextDecorator):
            def __enter__(self):
                return self
            def __exit__(self, *details):
                return False
        @$Decorator()
        def $entered(n):
            BODY
        @$outer(2, swallow=True)
        def $wrapped(n):
            with $outer(n) as value, $outer(n + 1, swallow=bool(n % 2)):
                return $entered(value)
        def $managers(n):
            with contextlib.ExitStack() as stack:
                stack.enter_context($outer(n, swallow=True))
                stack.push($Decorator())
                $wrapped(n)
            a, b = itertools.tee(i for i in range(n % 3))
            return list(zip(a, b)), $wrapped(n)
        """,
        "$managers({n})",
        times=2,
        others=40,
    ),
)

SHAPES = tuple(map(as_shape, TEMPLATES))
