"""Which module, once imported, gets which adapter, and in which versions.

Data only: adapters are named and not imported, and a program that imports none of these modules
imports none of ours.
"""


class Adapter:
    """One row: what to call after a module was imported, and what of it is known to work."""

    __slots__ = ("distribution", "oldest", "part", "sees", "target", "too_new")

    def __init__(  # noqa: PLR0913, PLR0917 - a row of a table
        self,
        target: str,
        part: str,
        sees: str,
        distribution: str | None = None,
        oldest: tuple[int, ...] = (),
        too_new: tuple[int, ...] = (),
    ) -> None:
        """Name a function as `module:function`; it takes the emitter of the run."""
        self.target = target
        self.part = part
        self.sees = sees
        self.distribution = distribution
        self.oldest = oldest
        self.too_new = too_new


def _web(target: str, *versions: str | tuple[int, ...]) -> Adapter:
    return Adapter(f"ghostglass.web.{target}", "web", "requests", *versions)  # type: ignore[arg-type]


def _http(target: str, *versions: str | tuple[int, ...]) -> Adapter:
    return Adapter(f"ghostglass.http.{target}", "web", "outgoing requests", *versions)  # type: ignore[arg-type]


_FLASK = ("flask", (2, 2), (4,))
_STARLETTE = ("starlette", (0, 27), (2,))
_DJANGO = ("django", (4, 2), (7,))


def _db(target: str, *versions: str | tuple[int, ...]) -> Adapter:
    return Adapter(f"ghostglass.db.{target}:instrument", "db", "queries", *versions)  # type: ignore[arg-type]


# The module is the one in which what is to be observed is defined: it is complete when its own
# code has run, while a package around it may still be importing the rest.
ADAPTERS = {
    "flask.app": _web("flask:patch", *_FLASK),
    "werkzeug.middleware.dispatcher": _web("flask:patch_dispatcher"),
    "starlette.applications": _web("starlette:patch", *_STARLETTE),
    "fastapi.routing": _web("starlette_routing:patch_fastapi"),
    "django.core.handlers.base": _web("django_handlers:patch_base", *_DJANGO),
    "django.core.handlers.wsgi": _web("django_handlers:patch_wsgi", *_DJANGO),
    "django.core.handlers.asgi": _web("django_handlers:patch_asgi", *_DJANGO),
    "sanic.app": _web("sanic:patch", "sanic", (23, 3), (27,)),
    "celery.signals": _web("celery:patch", "celery", (5, 2), (6,)),
    "httpx": _http("httpx:patch", "httpx", (0, 23), (1,)),
    "urllib3.connectionpool": _http("urllib3:patch", "urllib3", (1, 26), (3,)),
    "aiohttp.client": _http("aiohttp:patch", "aiohttp", (3, 8), (4,)),
    "urllib.request": _http("urllib:patch"),
    "opentelemetry.trace": Adapter(
        "ghostglass.instrumentation.opentelemetry:adopt", "web", "traces of OpenTelemetry"
    ),
    "aiosqlite": _db("aiosqlite", "aiosqlite", (0, 17), (1,)),
    "asyncpg": _db("asyncpg", "asyncpg", (0, 27), (1,)),
    "neo4j": _db("neo4j", "neo4j", (5,), (7,)),
    "psycopg": _db("psycopg", "psycopg", (3, 1), (4,)),
    "psycopg2": _db("psycopg2", "psycopg2", (2, 9), (3,)),
    "psycopg_pool": _db("psycopg_pool", "psycopg_pool", (3, 1), (4,)),
    # Motor is a layer above it.
    "pymongo": _db("pymongo", "pymongo", (4, 7), (5,)),
    "pyodbc": _db("pyodbc", "pyodbc", (4,), (6,)),
    "redis": _db("redis", "redis", (5,), (9,)),
    "sqlalchemy": _db("sqlalchemy", "sqlalchemy", (2,), (3,)),
    "sqlite3": _db("sqlite3"),
}
