"""redis: commands and pipelines of clients, sync, async and of clusters.

Of a command its name is recorded, never a key; a pipeline is one query with the number of its
commands. Subscriptions and the handshake of a connection are no queries.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import redis
import redis.asyncio
import redis.asyncio.client
import redis.asyncio.cluster
import redis.client
import redis.cluster

from ghostglass.db import calls
from ghostglass.db.listeners import Listeners
from ghostglass.db.replacements import Replacements

if TYPE_CHECKING:
    from ghostglass._native import ActiveSpan, Emitter

# Commands whose second word belongs to their name.
CONTAINERS = frozenset(
    (
        "ACL",
        "CLIENT",
        "CLUSTER",
        "COMMAND",
        "CONFIG",
        "DEBUG",
        "FUNCTION",
        "LATENCY",
        "MEMORY",
        "MODULE",
        "OBJECT",
        "PUBSUB",
        "SCRIPT",
        "SLOWLOG",
        "XGROUP",
        "XINFO",
    )
)

_listeners = Listeners()
_replacements = Replacements()


def instrument(emitter: Emitter) -> None:
    """See the commands of every client."""
    if not _listeners.add(emitter):
        return
    for client in (redis.client.Redis, redis.cluster.RedisCluster):
        _replacements.replace(client, "execute_command", _observed)
    for pipeline in (redis.client.Pipeline, redis.cluster.ClusterPipeline):
        _replacements.replace(pipeline, "execute", _observed_pipeline)
        _replacements.replace(pipeline, "immediate_execute_command", _observed)
    for client in (redis.asyncio.client.Redis, redis.asyncio.cluster.RedisCluster):
        _replacements.replace(client, "execute_command", _observed_async)
    for pipeline in (redis.asyncio.client.Pipeline, redis.asyncio.cluster.ClusterPipeline):
        _replacements.replace(pipeline, "execute", _observed_pipeline_async)
        _replacements.replace(pipeline, "immediate_execute_command", _observed_async)


def uninstrument(emitter: Emitter | None = None) -> None:
    """Stop telling `emitter`, or everybody."""
    if _listeners.remove(emitter):
        _replacements.restore()


def _begin(client: Any, *command: Any, **_options: Any) -> ActiveSpan | None:
    return _begin_on(client, _name(command), None)


def _begin_pipeline(pipeline: Any, *_args: Any, **_kwargs: Any) -> ActiveSpan | None:
    # Executing an empty one sends nothing.
    size = len(pipeline)
    return _begin_on(pipeline, "PIPELINE", size) if size else None


_observed = functools.partial(calls.observed, begin=_begin)
_observed_async = functools.partial(calls.observed_async, begin=_begin)
_observed_pipeline = functools.partial(calls.observed, begin=_begin_pipeline)
_observed_pipeline_async = functools.partial(calls.observed_async, begin=_begin_pipeline)


def _begin_on(client: Any, command: str | None, batch_size: int | None) -> ActiveSpan | None:
    pool = getattr(client, "connection_pool", None)
    known = {} if pool is None else pool.connection_kwargs
    database = known.get("db")
    return _listeners.begin_query(
        "redis",
        command,
        namespace=None if database is None else str(database),
        server_address=known.get("host"),
        server_port=known.get("port"),
        batch_size=batch_size,
    )


def _name(command: tuple[Any, ...]) -> str | None:
    """Give the words that may be the name of a command; the extension knows which are one.

    A program may write a whole command, with its key, into the first argument.
    """
    words = _words(command[0])
    name = words[0].upper() if words else None
    if name in CONTAINERS:
        second = words[1:] or _words(command[1] if len(command) > 1 else "")
        return " ".join([name, *second[:1]])
    return name


def _words(argument: Any) -> list[str]:
    if isinstance(argument, bytes):
        argument = argument.decode("latin-1")
    return argument.split(None, 2) if isinstance(argument, str) else []
