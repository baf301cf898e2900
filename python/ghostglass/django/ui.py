"""The page of statistics as addresses of Django. What it answers is in `ghostglass.ui`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.urls import path

from ghostglass.ui import PREFIX, Page

if TYPE_CHECKING:
    from ghostglass.stats import StatsStore

__all__ = ["make_ui_urls"]


def make_ui_urls(
    stats: StatsStore,
    *,
    bearer_token: str | None = None,
    ui_prefix: str = PREFIX,
    ui_enabled: bool = True,
) -> list[Any]:
    """Make addresses for `urlpatterns`: the page, `metrics.json` and `errors.json`."""
    page = Page(stats, bearer_token=bearer_token, ui_prefix=ui_prefix, ui_enabled=ui_enabled)
    prefix = ui_prefix.strip("/")

    def answer(request: HttpRequest, name: str = "") -> HttpResponse:
        given = request.headers.get("Authorization", "")
        made = page.answer(request.method or "", f"/{name}", given)
        return HttpResponse(made.body, status=made.status, headers=dict(made.headers))

    return [path(f"{prefix}/", answer), path(f"{prefix}/<str:name>", answer)]
