"""The page of statistics as a router of FastAPI. What it answers is in `ghostglass.ui`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response

from ghostglass.ui import PREFIX, Page

if TYPE_CHECKING:
    from ghostglass.stats import StatsStore

__all__ = ["make_ui_router"]


def make_ui_router(
    stats: StatsStore,
    *,
    bearer_token: str | None = None,
    prefix: str = PREFIX,
    ui_enabled: bool = True,
) -> APIRouter:
    """Make a router with the page, `metrics.json` and `errors.json`: `app.include_router(…)`."""
    page = Page(stats, bearer_token=bearer_token, ui_prefix=prefix, ui_enabled=ui_enabled)
    router = APIRouter(prefix=prefix)

    def answer(request: Request) -> Response:
        given = request.headers.get("authorization", "")
        made = page.answer(request.method, request.url.path, given)
        return Response(made.body, made.status, dict(made.headers))

    for path in ("/", "/{name}"):
        router.add_api_route(path, answer, include_in_schema=False)
    return router


# FastAPI resolves annotations in the namespace of the module.
_ = (Request, Response)
