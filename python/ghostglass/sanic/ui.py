"""The page of statistics as a blueprint of Sanic. What it answers is in `ghostglass.ui`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sanic import Blueprint, HTTPResponse

from ghostglass.ui import PREFIX, Page

if TYPE_CHECKING:
    from sanic import Request

    from ghostglass.stats import StatsStore

__all__ = ["make_ui_blueprint"]


def make_ui_blueprint(
    stats: StatsStore,
    *,
    bearer_token: str | None = None,
    ui_prefix: str = PREFIX,
    ui_enabled: bool = True,
) -> Blueprint:
    """Make a blueprint with the page, `metrics.json` and `errors.json`: `app.blueprint(…)`."""
    page = Page(stats, bearer_token=bearer_token, ui_prefix=ui_prefix, ui_enabled=ui_enabled)
    blueprint = Blueprint("ghostglass_ui", url_prefix=ui_prefix)

    async def answer(request: Request, name: str = "") -> HTTPResponse:
        made = page.answer(request.method, f"/{name}", request.headers.get("authorization", ""))
        return HTTPResponse(made.body, made.status, dict(made.headers))

    blueprint.add_route(answer, "/", name="page", strict_slashes=False)
    blueprint.add_route(answer, "/<name:str>", name="file")
    return blueprint
