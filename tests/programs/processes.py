"""A pool of workers under the start method named on the command line."""

import multiprocessing
import sys


def cube(n):
    if n == 13:
        raise ValueError("thirteen")
    return n**3


def tell(queue, n):
    queue.put((n, cube(n)))


def main(method):
    context = multiprocessing.get_context(method)
    with context.Pool(2) as pool:
        print(pool.map(cube, range(12)))
        try:
            pool.apply(cube, (13,))
        except ValueError as error:
            print("caught", error)
    queue = context.Queue()
    workers = [context.Process(target=tell, args=(queue, n)) for n in range(3)]
    for worker in workers:
        worker.start()
    print(sorted(queue.get() for _ in workers))
    for worker in workers:
        worker.join()
    print([worker.exitcode for worker in workers])


if __name__ == "__main__":
    main(sys.argv[1])
