"""Tasks of a real Celery worker over a real Redis: each is a request of its own, whoever sent it."""

from __future__ import annotations

import sqlite3

from conftest import GHOST, PYTHON
from peers.application import serving

TASKS = """
    import os, sqlite3
    from celery import Celery

    app = Celery("tasks", broker=os.environ["BROKER"], backend=os.environ["BROKER"])
    app.conf.broker_connection_retry_on_startup = True

    @app.task(name="rooms.price")
    def price(number):
        connection = sqlite3.connect(":memory:")
        answer, = connection.execute(f"SELECT {number} * 2").fetchone()
        connection.close()
        return answer

    @app.task(name="rooms.burn")
    def burn():
        raise KeyError("attic")
"""

ASK = """
    from tasks import burn, price
    answers = [price.delay(number) for number in range(20)]
    failure = burn.delay()
    assert [answer.get(timeout=60) for answer in answers] == [number * 2 for number in range(20)]
    try:
        failure.get(timeout=60)
    except KeyError:
        print("asked")
"""


def test_a_worker_with_processes(bench, redis_server):
    bench.variables |= {"BROKER": redis_server.url, "C_FORCE_ROOT": "1"}
    bench.write("tasks.py", TASKS)
    bench.write("ask.py", ASK)
    worker = ("-m", "celery", "-A", "tasks", "worker", "--concurrency", 2, "--loglevel", "warning")
    with serving(bench, GHOST, "run", *worker, wait=False) as served:
        asked = bench.run(PYTHON, "ask.py")
        ended = served.end()
    assert asked.stdout == "asked\n", asked.stderr + ended.stderr
    with sqlite3.connect(f"file:{bench.session_files()[-1]}?mode=ro", uri=True) as database:
        routes = (
            "SELECT route, method, sum(request_count), sum(error_count) FROM routes GROUP BY route"
        )
        assert database.execute(routes).fetchall() == [
            ("rooms.burn", "TASK", 1, 1),
            ("rooms.price", "TASK", 20, 0),
        ]
        # Celery stores results through Redis, which are queries of the task as well.
        queries = "SELECT sum(query_count) FROM statements WHERE system = 'sqlite'"
        assert database.execute(queries).fetchall() == [(20,)]
