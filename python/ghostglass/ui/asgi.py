"""The page of statistics as an ASGI application: to be mounted, or in front of another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ghostglass.ui import PREFIX, Answer, Page

if TYPE_CHECKING:
    from ghostglass.stats import StatsStore
    from ghostglass.web.asgi import App, Receive, Scope, Send

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

    async def ui(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if app is not None and not (path == prefix or path.startswith(f"{prefix}/")):
            await app(scope, receive, send)
        elif scope["type"] == "http":
            await _send(send, _redirected(scope, path, prefix) or _answer(page, scope, path))

    return ui


def _answer(page: Page, scope: Scope, path: str) -> Answer:
    given = [value for name, value in scope["headers"] if name == b"authorization"]
    return page.answer(scope["method"], path, given[0].decode("latin-1") if given else "")


def _redirected(scope: Scope, path: str, prefix: str) -> Answer | None:
    """Send a browser to the page's folder: the names of its files are relative."""
    mount = str(scope.get("root_path", ""))
    if path and path not in (prefix, mount):
        return None
    return Answer(307, {"Location": f"{path or mount}/", "Cache-Control": "no-store"}, b"")


async def _send(send: Send, answer: Answer) -> None:
    headers = {**answer.headers, "Content-Length": str(len(answer.body))}
    encoded = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
    await send({"type": "http.response.body", "body": answer.body})
