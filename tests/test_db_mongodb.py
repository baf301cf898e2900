"""Commands to a real MongoDB: PyMongo, sync and async, and Motor."""

from __future__ import annotations

import asyncio
import secrets

import pytest

from hearing import Heard, heard

__all__ = ["heard"]

pymongo = pytest.importorskip("pymongo")

CANARY = secrets.token_hex(16)


@pytest.fixture
def server(mongodb_server, heard: Heard):
    """A fresh database, and somebody who listens."""
    from ghostglass.db import pymongo as adapter

    heard.listen(adapter)
    return mongodb_server


@pytest.fixture
def users(server, heard: Heard):
    """A collection of 150 documents."""
    with pymongo.MongoClient(server.url) as client:
        users = client[server.database].users
        users.insert_many([{"_id": number, "name": CANARY} for number in range(150)])
        heard.queries()
        yield users


def test_what_is_known_of_a_command(heard, users, server):
    assert len(list(users.find({"name": CANARY}))) == 150
    users.insert_many([{"_id": 1000 + number} for number in range(3)])
    users.update_many({"name": CANARY}, {"$set": {"name": CANARY[::-1]}})
    users.delete_one({"_id": 1})
    assert users.count_documents({}) == 152
    queries = heard.queries()
    told = [(q["query"], q.get("rows"), q.get("batch_size")) for q in queries]
    assert told == [
        ("find users", 101, None),
        ("getMore users", 49, None),
        ("insert users", 3, 3),
        ("update users", 150, 1),
        ("delete users", 1, 1),
        ("aggregate users", 1, None),
    ]
    assert {(q["db_vendor"], q["namespace"]) for q in queries} == {("mongodb", server.database)}
    assert {(q["server_address"], q["server_port"]) for q in queries} == {
        (server.host, server.port)
    }
    assert all(q["pool_wait_ns"] > 0 for q in queries)


def test_errors_are_told_by_their_class(heard, users):
    with pytest.raises(pymongo.errors.DuplicateKeyError):
        users.insert_one({"_id": 2, "name": CANARY})
    with pytest.raises(pymongo.errors.OperationFailure):
        users.update_one({"name": CANARY}, {"$nonsense": {"name": CANARY}})
    with pytest.raises(pymongo.errors.OperationFailure):
        users.database.command(CANARY, CANARY)
    types = [kind for (kind,) in heard.told("exception_type")]
    assert types == ["DuplicateKeyError", "WriteError", "OperationFailure"]
    assert CANARY not in repr(heard.events)


def test_names_of_users_are_values(heard, users):
    database = users.database
    database.command("createUser", CANARY, pwd=CANARY, roles=[])
    database.command("usersInfo", CANARY)
    database.command("dropUser", CANARY)
    told = heard.told("operation", "collection")
    assert told == [("createUser", None), ("usersInfo", None), ("dropUser", None)]
    assert CANARY not in repr(heard.events)


def test_two_listeners_make_one_span(heard, server):
    from ghostglass.mongo.instrumentation import GhostglassCommandListener, MongoConfig

    own = Heard()
    listener = GhostglassCommandListener(own.emitter, MongoConfig(vendor_label="mongodb"))
    with pymongo.MongoClient(server.url, event_listeners=[listener]) as client:
        client[server.database].users.find_one({})
    assert heard.told("span_id", "query") == own.told("span_id", "query")
    own.close()


def test_a_listener_of_its_own_may_hide_collections(heard, mongodb_server):
    from ghostglass.mongo.instrumentation import GhostglassCommandListener, MongoConfig

    listener = GhostglassCommandListener(heard.emitter, MongoConfig(redact_collection=True))
    with pymongo.MongoClient(mongodb_server.url, event_listeners=[listener]) as client:
        client[mongodb_server.database].users.find_one({})
    assert heard.told("query", "collection") == [("find", None)]


def test_repeated_commands_are_found(heard, users):
    with heard.request():
        for number in range(3):
            users.find_one({"_id": number})
    (request,) = heard.taken("REQ")
    assert (request["query_count"], request["repeated_query_count"]) == (3, 3)
    assert request["repeated_query"] == "find users"


def pymongo_client(url: str):
    return pymongo.AsyncMongoClient(url)


def motor_client(url: str):
    return pytest.importorskip("motor.motor_asyncio").AsyncIOMotorClient(url)


@pytest.mark.parametrize("new_client", [pymongo_client, motor_client])
def test_tasks_have_requests_of_their_own(heard, users, server, new_client):
    async def handle(client, number):
        with heard.request() as request:
            for _ in range(2):
                assert await client[server.database].users.find_one({"_id": number})
        return request.trace_id

    async def main():
        client = new_client(server.url)
        traces = await asyncio.gather(*(handle(client, number) for number in range(20)))
        closing = client.close()
        if closing is not None:
            await closing
        return traces

    traces = asyncio.run(main())
    assert sorted(trace for (trace,) in heard.told("trace_id")) == sorted(traces * 2)
