"""Shapes of asynchronous code: comprehensions, groups of tasks, cancellation, awaitable objects."""

from __future__ import annotations

from .template import Template, as_shape

TEMPLATES = (
    Template(
        """
        async def $item(n, *, key=LIT):
            await asyncio.sleep(0)
            BODY
        async def $items(n):
            for i in range(3):
                yield i
                await asyncio.sleep(0)
        async def $comprehended(n):
            odd = [i async for i in $items(n) if i % 2]
            table = {i: j async for i in $items(n) for j in range(2)}
            kept = {i async for i in (k async for k in $items(n)) if i}
            return [await $item(i, key=odd) for i in range(2)], table, kept
        def $comprehending(n):
            try:
                return asyncio.run($comprehended(n))
            except (Oops, OSError):
                return LIT
        """,
        "$comprehending({n})",
        times=2,
        others=24,
        runs_a_loop=True,
        in_coroutine=True,
    ),
    Template(
        """
        async def $worker(n, gate):
            try:
                await gate.wait()
            except asyncio.CancelledError:
                n += 1
                raise
            finally:
                gate.clear()
            BODY
        async def $stubborn(n):
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                return LIT
        async def $grouping(n):
            gate = asyncio.Event()
            try:
                async with asyncio.TaskGroup() as group:
                    tasks = [group.create_task($worker(n + i, gate)) for i in range(3)]
                    group.create_task($stubborn(n)).add_done_callback(lambda task: HIT)
                    await asyncio.sleep(0)
                    if n % 2:
                        tasks[0].cancel()
                        gate.set()
                    raise Oops(n)
            except* Oops:
                n += 1
            except* (ValueError, KeyError, OSError):
                n += 2
            waiting = asyncio.create_task($stubborn(n))
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.gather(waiting, asyncio.shield($worker(n, gate) if n < 0 else $stubborn_done(n)))
        async def $stubborn_done(n):
            loop = asyncio.get_running_loop()
            future = loop.create_future()
            loop.call_soon(lambda: (HIT, future.set_result(n)))
            return await future
        def $groups(n):
            try:
                asyncio.run($grouping(n))
            except (Exception, SystemExit, asyncio.CancelledError):
                return LIT
        """,
        "$groups({n})",
        times=4,
        others=16,
        runs_a_loop=True,
        in_coroutine=True,
        swallows=True,
    ),
    Template(
        """
        class $Awaitable:
            def __init__(self, n):
                self.n = n
            def __await__(self):
                yield from asyncio.sleep(0).__await__()
                return self.n
            async def __aenter__(self):
                return await self
            async def __aexit__(self, kind, error, trace):
                await asyncio.sleep(0)
                return kind is not None and issubclass(kind, ValueError)
            def __aiter__(self):
                return self
            async def __anext__(self):
                if self.n > 2:
                    raise StopAsyncIteration
                self.n += 1
                return self.n
        @contextlib.asynccontextmanager
        async def $managed(n):
            try:
                yield n
            except Oops:
                await asyncio.sleep(0)
            finally:
                n = None
        @types.coroutine
        def $old(n):
            yield from asyncio.sleep(0).__await__()
            return n
        async def $deep(n, depth):
            if depth:
                return await $deep(n, depth - 1)
            await $old(n)
            BODY
        async def $awaited(n):
            total = await $Awaitable(n)
            async for item in $Awaitable(n):
                total += item
            async with $managed(n) as value, $Awaitable(n):
                await $deep(value, 3)
            await anext($Awaitable(5), None)
            async with asyncio.timeout(3600):
                return await $deep(n, 1)
        def $awaiting(n):
            try:
                return asyncio.run($awaited(n))
            except (ValueError, RuntimeError):
                return LIT
        """,
        "$awaiting({n})",
        times=2,
        others=40,
        runs_a_loop=True,
        in_coroutine=True,
    ),
    Template(
        """
        async def $source(n):
            try:
                while True:
                    received = yield n
                    if received is None:
                        await asyncio.sleep(0)
                    n += 1
                    if n > 6:
                        return
            except Oops as error:
                yield error
                STEPS
            except GeneratorExit:
                await asyncio.sleep(0)
                raise
            finally:
                n = None
        async def $piped(n):
            async with contextlib.aclosing($source(n)) as source:
                async for item in source:
                    yield item
                    if item == 4:
                        break
        async def $driver(n, way):
            agen = $source(n)
            if way == 0:
                return [item async for item in $piped(n)]
            await agen.asend(None)
            if way == 1:
                await agen.asend(LIT)
                await agen.athrow(Oops("a"))
                return await anext(agen, LIT)
            elif way == 2:
                await agen.athrow(GeneratorExit)
            elif way == 3:
                await agen.athrow(WorseOops)
                await agen.aclose()
            elif way == 4:
                task = asyncio.ensure_future(anext(agen))
                await asyncio.sleep(0)
                task.cancel()
                await asyncio.wait([task])
            elif way == 5:
                piped = $piped(n)
                await anext(piped)
                await piped.aclose()
            await agen.aclose()
            await agen.aclose()
        async def $queue(n):
            queue = asyncio.Queue(2)
            async def producer():
                for i in range(5):
                    await queue.put(i)
                await queue.put(None)
            async def consumer():
                while (item := await queue.get()) is not None:
                    queue.task_done()
                return await asyncio.to_thread(lambda *items: (HIT, items)[1], n, LIT)
            return await asyncio.gather(producer(), consumer())
        def $pipes(n):
            for way in range(6):
                try:
                    asyncio.run($driver(n % 3, way))
                except (Exception, SystemExit, asyncio.CancelledError, GeneratorExit):
                    n = int(n)
            asyncio.run($queue(n))
            return LIT
        """,
        "$pipes({n})",
        times=3,
        others=40,
        runs_a_loop=True,
        in_coroutine=True,
        swallows=True,
    ),
)

SHAPES = tuple(map(as_shape, TEMPLATES))
