"""Queries to a real Bolt server through the driver of Neo4j, sync and async."""

from __future__ import annotations

import asyncio
import secrets

import pytest

from hearing import Heard, heard

__all__ = ["heard"]

neo4j = pytest.importorskip("neo4j")

CANARY = secrets.token_hex(16)


@pytest.fixture
def server(bolt_server, heard: Heard):
    """A fresh database, and somebody who listens."""
    from ghostglass.db import neo4j as adapter

    heard.listen(adapter)
    return bolt_server


@pytest.fixture
def driver(server):
    with neo4j.GraphDatabase.driver(server.url, auth=server.auth) as driver:
        yield driver


def test_every_way_to_run_a_query_is_told_once(heard, driver, server):
    with driver.session(database=server.database) as session:
        session.run("CREATE (u:User {name: $name})", name=CANARY).consume()
        assert len(list(session.run(f"UNWIND range(1, 3) AS i RETURN i, '{CANARY}'"))) == 3
        session.execute_read(lambda tx: tx.run("MATCH (u:User) RETURN u.name").data())
        session.execute_write(lambda tx: tx.run("MATCH (u:User) SET u.seen = true").consume())
        with session.begin_transaction() as transaction:
            transaction.run("RETURN 1").single()
    driver.execute_query("MATCH (u) RETURN count(u)", database_=server.database)
    queries = heard.queries()
    assert [query["query"] for query in queries] == [
        "CREATE (u:User {name: $name})",
        "UNWIND range(?, ?) AS i RETURN i, ?",
        "MATCH (u:User) RETURN u.name",
        "MATCH (u:User) SET u.seen = true",
        "RETURN ?",
        "MATCH (u) RETURN count(u)",
    ]
    assert {query["db_vendor"] for query in queries} == {"neo4j"}
    assert {query["server_port"] for query in queries} == {server.port}
    assert queries[0]["operation"] == "CREATE"
    assert CANARY not in repr(queries)


def test_errors_are_told_by_their_class(heard, driver, server):
    with (
        driver.session(database=server.database) as session,
        pytest.raises(neo4j.exceptions.ClientError) as error,
    ):
        session.run(f"NONSENSE '{CANARY}'").consume()
    ((is_error, kind),) = heard.told("error", "exception_type")
    assert (is_error, kind) == (True, error.typename)


def test_what_is_not_fetched_is_told_when_the_session_closes(heard, driver, server):
    with heard.request() as request, driver.session(database=server.database) as session:
        session.run("UNWIND range(1, 9999) AS i RETURN i")
    assert heard.told("trace_id") == [(request.trace_id,)]


def test_one_session_without_the_rest(heard, bolt_server):
    from ghostglass.neo4j.instrumentation import instrument_neo4j_session

    with neo4j.GraphDatabase.driver(bolt_server.url, auth=bolt_server.auth) as driver:
        with driver.session(database=bolt_server.database) as session:
            assert instrument_neo4j_session(session, heard.emitter) is session
            session.run("RETURN 1").consume()
            session.execute_read(lambda tx: tx.run("RETURN 2, 3").consume())
        with driver.session(database=bolt_server.database) as session:
            session.run("RETURN 4").consume()
    assert heard.told("query") == [("RETURN ?",), ("RETURN ?, ?",)]


def test_tasks_have_requests_of_their_own(heard, server):
    async def read(transaction):
        result = await transaction.run("RETURN 1")
        return await result.data()

    async def handle(driver):
        with heard.request() as request:
            async with driver.session(database=server.database) as session:
                result = await session.run("UNWIND range(1, 3) AS i RETURN i")
                assert [record["i"] async for record in result] == [1, 2, 3]
                await session.execute_read(read)
        return request.trace_id

    async def main():
        async with neo4j.AsyncGraphDatabase.driver(server.url, auth=server.auth) as driver:
            return await asyncio.gather(*(handle(driver) for _ in range(8)))

    traces = asyncio.run(main())
    assert sorted(trace for (trace,) in heard.told("trace_id")) == sorted(traces * 2)
