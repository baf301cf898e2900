"""PyMongo, sync and async, and Motor: a listener of commands and of connection pools.

Of a command its name, collection and numbers of documents are read, nothing else. PyMongo gives
listeners to clients when they are made: those made before see nothing. Logging in and greeting are
no queries.
"""

from __future__ import annotations

import contextvars
import functools
import re
from typing import TYPE_CHECKING, Any

from pymongo import monitoring

from ghostglass.db.listeners import Listeners

if TYPE_CHECKING:
    from ghostglass._native import ActiveSpan, Emitter

# Commands whose value is the name of a collection; that of others may be a user's.
ON_COLLECTION = frozenset(
    (
        "aggregate",
        "collMod",
        "collStats",
        "compact",
        "count",
        "create",
        "createIndexes",
        "delete",
        "distinct",
        "drop",
        "dropIndexes",
        "find",
        "findAndModify",
        "insert",
        "listIndexes",
        "mapReduce",
        "update",
        "validate",
        "createSearchIndexes",
        "updateSearchIndex",
    )
)
NOT_QUERIES = frozenset(
    ("authenticate", "endSessions", "hello", "isMaster", "ismaster", "saslContinue", "saslStart")
)
NAME = re.compile(r"[A-Za-z]{1,40}\Z")
# Where a batch of documents is, by command.
BATCHES = {"insert": "documents", "update": "updates", "delete": "deletes"}
# More commands under way than this were never ended: the oldest is given up.
OPEN_MAX = 4096
DUPLICATE_KEY = 11000

_everywhere = Listeners()
# Shared by all listeners, so that two on one client make one span.
_open: dict[tuple[Any, ...], ActiveSpan] = {}
_pool_wait_ns: contextvars.ContextVar[int | None] = contextvars.ContextVar(
    "pool_wait_ns", default=None
)


class GhostglassCommandListener(monitoring.CommandListener, monitoring.ConnectionPoolListener):
    """For `event_listeners=[…]` of a client, or `pymongo.monitoring.register`."""

    def __init__(self, listeners: Emitter | Listeners, *, names_collections: bool = True) -> None:
        """Tell an emitter; `names_collections` is whether collections are told too."""
        if not isinstance(listeners, Listeners):
            listeners = Listeners(listeners)
        self._listeners = listeners
        self._names_collections = names_collections

    def started(self, event: Any) -> None:
        """Begin a span."""
        try:
            if event.command_name not in NOT_QUERIES:
                _begin(self._listeners, event, self._names_collections)
        except Exception:
            return

    def succeeded(self, event: Any) -> None:
        """End it; refused documents are an error of a command that succeeded."""
        span = _open.pop(_key(event), None)
        if span is None:
            return
        error = None
        try:
            error = _refused(span, event.reply)
        finally:
            span.end(error)

    def failed(self, event: Any) -> None:
        """End it with the type of the error."""
        span = _open.pop(_key(event), None)
        if span is not None:
            name = event.failure.get("errtype", "OperationFailure")
            span.end(_error_class(str(name))())

    def connection_checked_out(self, event: Any) -> None:
        """Keep how long the next command of this context waited for its connection."""
        _pool_wait_ns.set(int(event.duration * 1e9))

    def _unheard(self, event: Any) -> None:
        """Do nothing: what listeners of pools must answer to."""

    pool_created = pool_ready = pool_cleared = pool_closed = _unheard
    connection_created = connection_ready = connection_closed = _unheard
    connection_check_out_started = connection_check_out_failed = _unheard
    connection_checked_in = _unheard


_registered = GhostglassCommandListener(_everywhere)


def instrument(emitter: Emitter) -> None:
    """See the commands of clients made from here on."""
    is_new = _registered not in monitoring._LISTENERS.command_listeners
    if _everywhere.add(emitter) and is_new:
        monitoring.register(_registered)


def uninstrument(emitter: Emitter | None = None) -> None:
    """Stop telling `emitter`, or everybody; PyMongo keeps the listener, which does nothing then."""
    _everywhere.remove(emitter)


def _key(event: Any) -> tuple[Any, ...]:
    return (event.request_id, event.connection_id, event.server_connection_id)


def _begin(listeners: Listeners, event: Any, names_collections: bool) -> None:  # noqa: FBT001
    span = _open.get(_key(event))
    if span is not None:
        for emitter in listeners.emitters:
            span.add_emitter(emitter)
        return
    command, name = event.command, event.command_name
    host, port = event.connection_id
    collection = _collection(name, command) if names_collections else None
    span = listeners.begin_query(
        "mongodb",
        operation=name if NAME.match(name) else "_OTHER",
        collection=collection,
        namespace=event.database_name,
        server_address=host,
        server_port=port,
        batch_size=_batch_size(name, command),
    )
    if span is not None:
        _keep(_key(event), span)


def _keep(key: tuple[Any, ...], span: ActiveSpan) -> None:
    # The event that ends it may come in another context.
    span.detach()
    wait_ns = _pool_wait_ns.get()
    if wait_ns is not None:
        span.set("pool_wait_ns", wait_ns)
        _pool_wait_ns.set(None)
    if len(_open) >= OPEN_MAX:
        _open.pop(next(iter(_open))).end()
    _open[key] = span


def _collection(name: str, command: Any) -> str | None:
    # Lists of users, roles and databases have values in the same place.
    key = "collection" if name == "getMore" else name if name in ON_COLLECTION else None
    collection = None if key is None else command.get(key)
    return collection if isinstance(collection, str) else None


def _batch_size(name: str, command: Any) -> int | None:
    documents = command.get(BATCHES[name]) if name in BATCHES else None
    return len(documents) if isinstance(documents, list) else None


def _refused(span: ActiveSpan, reply: Any) -> Exception | None:
    # Anything but a dictionary would be decoded for us alone.
    if type(reply) is not dict:
        return None
    rows = _rows(reply)
    if rows is not None:
        span.set("rows", rows)
    errors = reply.get("writeErrors")
    if not errors:
        return None
    is_duplicate = errors[0].get("code") == DUPLICATE_KEY
    return _error_class("DuplicateKeyError" if is_duplicate else "WriteError")()


def _rows(reply: dict[str, Any]) -> int | None:
    cursor = reply.get("cursor")
    if isinstance(cursor, dict):
        batch = cursor.get("firstBatch", cursor.get("nextBatch"))
        return len(batch) if isinstance(batch, list) else None
    count = reply.get("n")
    return count if type(count) is int else None


@functools.lru_cache(maxsize=64)
def _error_class(name: str) -> type[Exception]:
    # Events carry the name of the error's class only.
    return type(name, (Exception,), {})
