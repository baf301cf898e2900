"""One FastAPI application, with the options of the original; see `ghostglass.web.starlette`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ghostglass.asgi.middleware import ASGIConfig
from ghostglass.web import starlette

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ghostglass import _native

__all__ = ["instrument_fastapi"]


def instrument_fastapi(
    app: Any,  # noqa: ANN401 - a FastAPI application
    emitter: _native.Emitter,
    config: ASGIConfig | None = None,
    *,
    route_excludes: Iterable[str] | None = None,
) -> None:
    """Observe an application, around all of its middleware."""
    config = config or ASGIConfig()
    starlette.instrument(
        app,
        emitter=emitter,
        exclude_routes=[*config.route_excludes, *(route_excludes or ())],
        sample=config.sampler(),
    )
