"""Makes and drops everything the observer keeps an address of; `cargo xtask sanitize` runs it.

Code objects, types, generators, threads and frames end while they are known, and their memory is
used again. Small, because memcheck makes it fifty times slower. Prints one line.
"""

import asyncio
import os
import sys
import threading

ROUNDS = 40


def throw(depth):
    if depth:
        try:
            throw(depth - 1)
        finally:
            depth = None
    raise type("Short", (Exception,), {})


def recurse(depth):
    return depth and recurse(depth - 1)


def numbers(limit):
    try:
        for number in range(limit):
            yield number
    finally:
        recurse(2)


def take(*args, key=None, **kwargs):
    cell = key
    return lambda: (args, cell, kwargs)


async def wait(event):
    async with asyncio.timeout(5):
        await event.wait()


async def asynchronous():
    event = asyncio.Event()
    tasks = [asyncio.create_task(wait(event)) for _ in range(6)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    event.set()
    await asyncio.gather(*tasks, return_exceptions=True)


def one_round(number):
    space = {}
    exec(compile(f"def made(x):\n    return [x] * {number % 3}\n", f"<{number}>", "exec"), space)
    space.pop("made")(type(f"Type{number}", (), {})())
    suspended = numbers(3)
    next(suspended)
    del suspended
    list(numbers(2))
    take(number, key=space, more=1.5)()
    try:
        throw(3)
    except Exception:
        recurse(3)


def rounds():
    for number in range(ROUNDS):
        one_round(number)


def forked():
    child = os.fork()
    if not child:
        rounds()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main():
    rounds()
    code = forked()
    threads = [threading.Thread(target=rounds) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    asyncio.run(asynchronous())
    sys.setrecursionlimit(3000)
    try:
        recurse(5000)
    except RecursionError:
        print("done", code)


main()
