"""Commands to a real Redis: clients and pipelines, sync and async."""

from __future__ import annotations

import asyncio
import os
import secrets

import pytest

from hearing import Heard, heard

__all__ = ["heard"]

redis = pytest.importorskip("redis")

CANARY = secrets.token_hex(16)


@pytest.fixture
def url(redis_server, heard: Heard) -> str:
    """The address of an empty server, and somebody who listens."""
    from ghostglass.db import redis as adapter

    heard.listen(adapter)
    return redis_server.url


def test_of_a_command_only_its_name_is_told(heard, url, redis_server):
    with redis.Redis.from_url(url) as client:
        client.set(CANARY, CANARY)
        assert client.get(CANARY) == CANARY.encode()
        client.client_setname(CANARY)
        client.execute_command(f"GET {CANARY}")
        client.hset("h", mapping={CANARY: CANARY})
        with pytest.raises(redis.ResponseError):
            client.lpush(CANARY, 1)
        with pytest.raises(redis.ResponseError):
            client.execute_command(CANARY)
    queries = heard.queries()
    operations = [query.get("operation") for query in queries]
    assert operations == ["SET", "GET", "CLIENT SETNAME", "GET", "HSET", "LPUSH", None]
    assert [query["query"] for query in queries[:3]] == ["SET", "GET", "CLIENT SETNAME"]
    assert [query.get("exception_type") for query in queries[-2:]] == ["ResponseError"] * 2
    assert {query["server_port"] for query in queries} == {redis_server.port}
    assert {query["namespace"] for query in queries} == {"0"}
    assert CANARY not in repr(queries)


def test_a_pipeline_is_one_query(heard, url):
    with redis.Redis.from_url(url) as client:
        with client.pipeline() as pipeline:
            pipeline.set("a", 1).get("a").get("a")
            assert pipeline.execute() == [True, b"1", b"1"]
            assert pipeline.execute() == []
        with client.pipeline() as pipeline:
            pipeline.watch("a")
            pipeline.get("a")
            pipeline.multi()
            pipeline.set("a", 2)
            pipeline.execute()
    assert heard.told("operation", "batch_size") == [
        ("PIPELINE", 3),
        ("WATCH", None),
        ("GET", None),
        ("PIPELINE", 1),
    ]


def test_repeated_commands_are_found(heard, url):
    with redis.Redis.from_url(url) as client, heard.request():
        for number in range(4):
            client.get(f"user:{number}")
    (request,) = heard.taken("REQ")
    assert (request["query_count"], request["repeated_query_count"]) == (4, 4)
    assert request["repeated_query"] == "GET"


def test_tasks_have_requests_of_their_own(heard, url):
    import redis.asyncio

    async def handle(client, number):
        with heard.request() as request:
            await client.set(f"k{number}", number)
            async with client.pipeline() as pipeline:
                pipeline.get(f"k{number}").get(f"k{number}")
                assert await pipeline.execute() == [str(number).encode()] * 2
        return request.trace_id

    async def main():
        async with redis.asyncio.Redis.from_url(url) as client:
            return await asyncio.gather(*(handle(client, number) for number in range(20)))

    traces = asyncio.run(main())
    told = heard.told("trace_id", "operation")
    assert sorted(told) == sorted((trace, name) for trace in traces for name in ("SET", "PIPELINE"))


@pytest.fixture
def cluster(run_folder, url) -> int:
    """The port of a cluster of one."""
    from peers import folder, redis
    from peers.server import Launch, free_port, shared

    program = folder.program("redis", "/usr/bin/redis-server")

    def prepare(home, port: int) -> list[object]:
        options = ["--bind", "127.0.0.1", "--port", port, "--save", "", "--dir", home]
        return [program, *options, "--cluster-enabled", "yes", "--cluster-port", free_port()]

    def answers(port: int) -> bool:
        redis.command(port, "CLUSTER ADDSLOTSRANGE 0 16383")
        return b"cluster_state:ok" in redis.command(port, "CLUSTER INFO")

    name = f"redis-cluster-{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
    return shared(name, run_folder, Launch(prepare, answers, folder.environment("redis"))).port


def test_a_cluster_is_one_client(heard, cluster):
    client = redis.RedisCluster(host="127.0.0.1", port=cluster)
    heard.queries()
    client.set("a", 1)
    with client.pipeline() as pipeline:
        pipeline.get("a").get("b")
        assert pipeline.execute() == [b"1", None]
    client.close()
    assert heard.told("query", "batch_size") == [("SET", None), ("PIPELINE", 2)]


def test_a_cluster_is_one_asynchronous_client(heard, cluster):
    import redis.asyncio

    async def main():
        async with redis.asyncio.RedisCluster(host="127.0.0.1", port=cluster) as client:
            heard.queries()
            await client.set("a", 1)
            async with client.pipeline() as pipeline:
                pipeline.get("a").get("b")
                assert await pipeline.execute() == [b"1", None]

    asyncio.run(main())
    assert heard.told("query", "batch_size") == [("SET", None), ("PIPELINE", 2)]
