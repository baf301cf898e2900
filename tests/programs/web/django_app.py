"""A Django project in one file: `manage.py`, `wsgi` and `asgi` in one."""

import sqlite3
import sys

import django
from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.urls import include, path, re_path

if not settings.configured:
    settings.configure(
        ROOT_URLCONF=__name__,
        SECRET_KEY="key",
        DEBUG=False,
        ALLOWED_HOSTS=["*"],
        MIDDLEWARE=["django.middleware.common.CommonMiddleware", f"{__name__}.failing"],
        INSTALLED_APPS=[],
        DATABASES={},
        LOGGING_CONFIG=None,
    )
    django.setup()


def failing(get_response):
    """A middleware that fails when it is told to."""

    def middleware(request):
        if request.path == "/fail-early/":
            raise LookupError("value")
        return get_response(request)

    return middleware


def item(_request, key):
    return HttpResponse(f"item {key}")


def boom(_request):
    raise KeyError("value")


def stream(_request):
    return StreamingHttpResponse(iter([b"part 0;", b"part 1;"]))


def file(_request):
    return FileResponse(open(__file__, "rb"))


def echo(request):
    return HttpResponse(request.body)


async def later(_request):
    return HttpResponse("later")


def query(_request, key):
    with sqlite3.connect(":memory:") as db:
        return HttpResponse(db.execute("SELECT ?", (key,)).fetchone()[0])


shop = [path("items/<int:key>/", item), re_path(r"^old/(?P<key>[0-9]+)/$", item)]
urlpatterns = [
    path("shop/", include(shop)),
    path("boom/", boom),
    path("stream/", stream),
    path("file/", file),
    path("echo/", echo),
    path("later/", later),
    path("query/<key>/", query),
]

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
else:
    from django.core.asgi import get_asgi_application
    from django.core.wsgi import get_wsgi_application

    if "asgi" in sys.argv[0] or any("uvicorn" in word or "hypercorn" in word for word in sys.argv):
        app = get_asgi_application()
    else:
        app = get_wsgi_application()
