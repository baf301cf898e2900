"""The page of statistics as a WSGI application: to be mounted, or in front of another one."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from ghostglass.ui import PREFIX, Answer, Page

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ghostglass.stats import StatsStore
    from ghostglass.web.wsgi import App, Environ, StartResponse

__all__ = ["make_ui_app"]


def make_ui_app(
    stats: StatsStore,
    *,
    app: App | None = None,
    bearer_token: str | None = None,
    ui_prefix: str = PREFIX,
    ui_enabled: bool = True,
) -> App:
    """Make an application to be mounted at `ui_prefix`.

    With `app`, what is below the prefix is answered here and everything else by `app`.
    """
    page = Page(stats, bearer_token=bearer_token, ui_prefix=ui_prefix, ui_enabled=ui_enabled)
    prefix = "/" + ui_prefix.strip("/")

    def ui(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if app is not None and not (path == prefix or path.startswith(f"{prefix}/")):
            return app(environ, start_response)
        return _send(_redirected(environ, path, prefix) or _answer(page, environ), start_response)

    return ui


def _answer(page: Page, environ: Environ) -> Answer:
    given = environ.get("HTTP_AUTHORIZATION", "")
    return page.answer(environ["REQUEST_METHOD"], environ.get("PATH_INFO", ""), given)


def _redirected(environ: Environ, path: str, prefix: str) -> Answer | None:
    """Send a browser to the page's folder: the names of its files are relative."""
    if path not in ("", prefix):
        return None
    location = f"{environ.get('SCRIPT_NAME', '')}{path}/"
    return Answer(307, {"Location": location, "Cache-Control": "no-store"}, b"")


def _send(answer: Answer, start_response: StartResponse) -> list[bytes]:
    headers = {**answer.headers, "Content-Length": str(len(answer.body))}
    status = HTTPStatus(answer.status)
    start_response(f"{status.value} {status.phrase}", list(headers.items()))
    return [answer.body]
