"""One Sanic application, with the options of the original. How is in `ghostglass.web.sanic`.

Other applications are not mounted into Sanic: it has `app.add_route` and blueprints for that.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from ghostglass.asgi.middleware import ASGIConfig
from ghostglass.web import sanic

if TYPE_CHECKING:
    from ghostglass import _native

__all__ = ["SanicConfig", "instrument_sanic_app"]


class SanicConfig(ASGIConfig):
    """The same options under the name they have for Sanic."""


def instrument_sanic_app(
    app: Any,  # noqa: ANN401 - a Sanic application
    emitter: _native.Emitter,
    config: ASGIConfig | None = None,
    *,
    mount_asgi_app: object = None,
    mount_path: str = "/ghostglass",
) -> None:
    """Observe an application."""
    if mount_asgi_app is not None:
        warnings.warn(f"nothing is mounted at {mount_path}", stacklevel=2)
    config = config or SanicConfig()
    sanic.instrument(
        app,
        emitter=emitter,
        exclude_routes=config.route_excludes,
        sample=config.sampler(),
    )
