"""Producers and consumers around an `asyncio` queue: coroutines that suspend and tasks that switch."""

import asyncio

from timing import measure

WORKERS = 10
ITEMS = 1_000


async def transform(item: int) -> int:
    """Suspend once, then answer."""
    await asyncio.sleep(0)
    return item * 2


async def consume(queue: asyncio.Queue[int], results: list[int]) -> None:
    """Take items until cancelled."""
    while True:
        results.append(await transform(await queue.get()))
        queue.task_done()


async def produce(queue: asyncio.Queue[int]) -> None:
    """Put all items, waiting for room."""
    for item in range(ITEMS):
        await queue.put(item)


async def run() -> int:
    """Connect them and wait for the last item."""
    queue: asyncio.Queue[int] = asyncio.Queue(maxsize=WORKERS)
    results: list[int] = []
    consumers = [asyncio.create_task(consume(queue, results)) for _ in range(WORKERS)]
    await produce(queue)
    await queue.join()
    for consumer in consumers:
        consumer.cancel()
    await asyncio.gather(*consumers, return_exceptions=True)
    return len(results)


measure(lambda: asyncio.run(run()), ITEMS)
