"""Flask: routes and errors for the WSGI room, as an extension or without any code.

Observes through the WSGI application and two error handlers; registers no hook, sends no signal.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from ghostglass.web import wsgi
from ghostglass.web.rules import Rules, emitter_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ghostglass import _native

    type Flask = Any

NAME = "ghostglass"
# Where an environment says which mount points led here.
MOUNTED = "ghostglass.mounted"


class GhostglassFlask:
    """The Flask extension: `GhostglassFlask(app, collector=…)`, or `init_app` later.

    What is not given is read from the application's configuration: `GHOSTGLASS_COLLECTOR`,
    `GHOSTGLASS_EXCLUDE_ROUTES`, `GHOSTGLASS_SAMPLE`, `GHOSTGLASS_UI_ENABLED`,
    `GHOSTGLASS_UI_PREFIX`, `GHOSTGLASS_UI_TOKEN`.
    """

    def __init__(  # noqa: PLR0913 - options
        self,
        app: Flask | None = None,
        *,
        collector: _native.Collector | None = None,
        exclude_routes: Iterable[str] | None = None,
        sample: float | _native.Sampler | None = None,
        ui_enabled: bool | None = None,
        ui_prefix: str | None = None,
        ui_token: str | None = None,
    ) -> None:
        """Keep the options, and begin with `app` if there is one already."""
        self._ui = (ui_enabled, ui_prefix, ui_token)
        self.collector = collector
        self.exclude_routes = exclude_routes
        self.sample = sample
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Observe an application; a second time changes nothing."""
        if app.extensions.get(NAME) is self:
            return
        app.extensions[NAME] = self
        options = app.config.get_namespace("GHOSTGLASS_")
        collector = self.collector or options.get("collector")
        exclude = self.exclude_routes or options.get("exclude_routes") or ()
        sample = options.get("sample") if self.sample is None else self.sample
        emitter = emitter_of(collector)
        if emitter is not None:
            observe(app, Rules(emitter, "flask", exclude_routes=exclude, sample=sample))
        is_enabled, prefix, token = self._ui
        if options.get("ui_enabled") if is_enabled is None else is_enabled:
            show(app, prefix or options.get("ui_prefix"), token or options.get("ui_token"))


def show(app: Flask, prefix: str | None = None, token: str | None = None) -> None:
    """Put the page of statistics into an application, with a collector that does nothing else."""
    from ghostglass import _native
    from ghostglass.flask.ui import make_ui_blueprint
    from ghostglass.stats import StatsStore
    from ghostglass.ui import PREFIX

    stats, prefix = StatsStore(), prefix or PREFIX
    emitter = _native.Emitter(_native.Collector(stats))
    observe(app, Rules(emitter, "flask", exclude_routes=[f"{prefix}/"]))
    app.register_blueprint(make_ui_blueprint(stats, bearer_token=token, ui_prefix=prefix))


def observe(app: Flask, rules: Rules) -> None:
    """Observe one application, by replacing attributes of this object only."""
    app.wsgi_app = _served(app.wsgi_app, rules)
    app.handle_exception = _noting(app.handle_exception)
    app.handle_user_exception = _noting(app.handle_user_exception)


def patch(emitter: _native.Emitter) -> None:
    """Observe every Flask application of this process."""
    from flask.app import Flask

    room, call = wsgi.Room(Rules(emitter, "flask"), route_of), Flask.__call__

    @functools.wraps(call)
    def __call__(self: Flask, environ: wsgi.Environ, start_response: Any) -> Any:  # noqa: ANN401, N807
        return wsgi.serve(call.__get__(self), environ, start_response, room)

    Flask.__call__ = __call__
    Flask.handle_exception = _noting(Flask.handle_exception)
    Flask.handle_user_exception = _noting(Flask.handle_user_exception)


def patch_dispatcher(_emitter: _native.Emitter) -> None:
    """Remember where werkzeug mounts applications: the part of a path that is no value."""
    from werkzeug.middleware.dispatcher import DispatcherMiddleware

    call = DispatcherMiddleware.__call__

    @functools.wraps(call)
    def __call__(self: Any, environ: wsgi.Environ, start_response: Any) -> Any:  # noqa: ANN401, N807
        environ[MOUNTED] = (_mount_of(environ), environ.get("SCRIPT_NAME", ""), self.mounts)
        return call(self, environ, start_response)

    DispatcherMiddleware.__call__ = __call__


def route_of(environ: wsgi.Environ) -> str | None:
    """Find the rule that matched, behind its mount point."""
    request = environ.get("werkzeug.request")
    rule = getattr(request, "url_rule", None)
    if rule is None:
        return None
    if MOUNTED in environ:
        return f"{_mount_of(environ)}{rule.rule}"
    return rule.rule  # type: ignore[no-any-return]


def _mount_of(environ: wsgi.Environ) -> str:
    """Give the part of the path that mount points of werkzeug are; other parts may be values."""
    if MOUNTED not in environ:
        return ""
    outer, before, mounts = environ[MOUNTED]
    script = environ.get("SCRIPT_NAME", "")[len(before) :]
    return f"{outer}{script}" if script in mounts else str(outer)


def _served(app: Callable[..., Iterable[bytes]], rules: Rules) -> Callable[..., Iterable[bytes]]:
    """Wrap one WSGI callable."""
    room = wsgi.Room(rules, route_of)

    @functools.wraps(app)
    def wsgi_app(environ: wsgi.Environ, start_response: wsgi.StartResponse) -> Iterable[bytes]:
        return wsgi.serve(app, environ, start_response, room)

    return wsgi_app


def _noting(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a method of Flask that turns an exception into a response."""

    @functools.wraps(handler)
    def noting(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as Flask's own, of any version
        _note(args[-1] if args else None)
        return handler(*args, **kwargs)

    return noting


def _note(error: object) -> None:
    """Tell the exchange of the current request what is being handled."""
    from flask import has_request_context, request

    if isinstance(error, Exception) and has_request_context():
        exchange = request.environ.get(wsgi.KEY)
        if exchange is not None:
            exchange.note(error)
