"""The page of statistics as a blueprint of Flask. What it answers is in `ghostglass.ui`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from ghostglass.ui import PREFIX, Page

if TYPE_CHECKING:
    from ghostglass.stats import StatsStore

__all__ = ["make_ui_blueprint"]


def make_ui_blueprint(
    stats: StatsStore,
    *,
    bearer_token: str | None = None,
    ui_prefix: str = PREFIX,
    ui_enabled: bool = True,
) -> Blueprint:
    """Make a blueprint with the page, `metrics.json` and `errors.json`."""
    page = Page(stats, bearer_token=bearer_token, ui_prefix=ui_prefix, ui_enabled=ui_enabled)
    blueprint = Blueprint("ghostglass_ui", __name__, url_prefix=ui_prefix or None)

    def answer(name: str = "") -> Response:
        given = request.headers.get("Authorization", "")
        made = page.answer(request.method, f"/{name}", given)
        return Response(made.body, made.status, dict(made.headers))

    blueprint.add_url_rule("/", "page", answer)
    blueprint.add_url_rule("/<name>", "file", answer)
    return blueprint
