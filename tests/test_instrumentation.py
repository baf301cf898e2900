"""Adapters that switch themselves on: what importing looks like with them, and when they decline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from recorded_spans import requests_of, spans_of

if TYPE_CHECKING:
    from conftest import Bench

# Everything a program can know of how its modules were found.
IMPORTS = """
    import importlib.util
    import pkgutil
    import sys
    import zipfile

    found = importlib.util.find_spec("starlette.applications")
    print(type(found.loader).__name__, found.origin, "starlette.applications" in sys.modules)

    import importlib.resources
    import flask
    import flask.app
    import urllib.request

    for module in (flask, flask.app, urllib.request):
        loader = module.__loader__
        print(module.__spec__.name, module.__spec__.origin, loader is module.__spec__.loader, type(loader).__mro__)
        print(sorted(vars(loader)), module.__file__, module.__spec__.cached, module.__package__)
    print(len(pkgutil.get_data("flask", "app.py")), importlib.resources.files("flask").name)
    print(importlib.import_module("starlette.applications") is sys.modules["starlette.applications"])

    before = flask.app.Flask
    print(importlib.reload(flask.app) is flask.app, flask.app.Flask is before, sorted(vars(flask.app.__loader__)))

    spec = importlib.util.find_spec("httpx")
    lazy = importlib.util.LazyLoader(spec.loader)
    spec.loader = lazy
    module = importlib.util.module_from_spec(spec)
    sys.modules["httpx"] = module
    lazy.exec_module(module)
    print(module.Client.__name__, module.HTTPTransport.handle_request.__qualname__)

    with zipfile.ZipFile("packed.zip", "w") as packed:
        packed.writestr("aiohttp/__init__.py", "")
        packed.writestr("aiohttp/client.py", "class ClientSession:\\n  async def _request(self): pass\\n")
    sys.path.insert(0, "packed.zip")
    import aiohttp.client
    print(type(aiohttp.client.__loader__).__name__, sorted(vars(aiohttp.client.__loader__)))

    import inspect
    from starlette.applications import Starlette
    for function in (Starlette.__call__, flask.Flask.__call__, flask.Flask.handle_exception):
        print(inspect.signature(function), function.__name__, function.__qualname__, function.__module__)
    print(inspect.iscoroutinefunction(Starlette.__call__), inspect.getsource(Starlette.__call__))
    try:
        import no_such_module
    except ImportError as error:
        print(error, error.name)
"""


def test_importing_is_the_same(bench: Bench) -> None:
    bench.write("app.py", IMPORTS)
    plain = bench.plain("app.py")
    assert plain.code == 0, plain.stderr
    observed = bench.observed("app.py")
    assert (observed.stdout, observed.own_stderr) == (plain.stdout, plain.stderr)


def fake(bench: Bench, version: str) -> None:
    """A Flask of some version beside the program."""
    bench.write("flask/__init__.py", "from flask.app import Flask")
    bench.write("flask/app.py", "class Flask:\n    def __call__(self): pass\n")
    bench.write(f"Flask-{version}.dist-info/METADATA", "")
    bench.write("app.py", "import flask; print(flask.Flask.__call__.__code__.co_filename)")


@pytest.mark.parametrize(("version", "how"), [("1.0", "old"), ("2.1.9", "old"), ("4.0rc1", "new")])
def test_a_version_nobody_knows_is_left_alone(bench: Bench, version: str, how: str) -> None:
    fake(bench, version)
    finished = bench.observed("app.py")
    (line,) = [line for line in finished.ghost_lines if "flask" in line]
    assert line.startswith(f"ghost: flask {version} is too {how} for requests to be seen (hint: ")
    assert (finished.code, finished.own_stderr) == (0, "")
    assert finished.stdout.strip().endswith("flask/app.py")
    quiet = bench.observed("--quiet", "app.py")
    assert (quiet.stderr, quiet.stdout) == ("", finished.stdout)


def test_an_adapter_that_fails_is_one_line(bench: Bench) -> None:
    # Neither has what it should have, and no version that says so.
    bench.write("flask/__init__.py", "")
    bench.write("flask/app.py", "")
    bench.write("httpx.py", "")
    bench.write("app.py", "import flask.app, httpx; print('fine')")
    finished = bench.observed("app.py")
    assert (finished.code, finished.stdout, finished.own_stderr) == (0, "fine\n", "")
    said = [line for line in finished.ghost_lines if "cannot be seen" in line]
    assert said == [
        "ghost: requests of `flask` cannot be seen: ImportError",
        "ghost: outgoing requests of `httpx` cannot be seen: ImportError",
    ]


def test_a_program_that_imports_nothing_of_it_imports_nothing_of_ours(bench: Bench) -> None:
    bench.write(
        "app.py",
        """
        import sys
        print(sorted(name for name in sys.modules if name.startswith("ghostglass")))
        """,
    )
    loaded = bench.observed("app.py").stdout
    assert "instrumentation.finder" in loaded
    assert "ghostglass.web" not in loaded and "versions" not in loaded
    off = bench.observed("--no-web", "--no-db", "app.py").stdout
    assert "instrumentation" not in off


def test_a_subprocess_and_a_forked_child_are_seen_too(bench: Bench) -> None:
    bench.write(
        "child.py",
        """
        import flask
        app = flask.Flask(__name__)
        app.add_url_rule("/<who>", "hello", lambda who: who)
        def ask(who):
            with app.test_client().get("/" + who) as answer:
                answer.get_data()
        if __name__ == "__main__":
            ask("subprocess")
        """,
    )
    bench.write(
        "app.py",
        """
        import multiprocessing, subprocess, sys
        import child
        if __name__ == "__main__":
            child.ask("parent")
            subprocess.run([sys.executable, "child.py"], check=True)
            for method in ("fork", "spawn"):
                process = multiprocessing.get_context(method).Process(target=child.ask, args=(method,))
                process.start()
                process.join()
                assert process.exitcode == 0
        """,
    )
    finished = bench.observed("app.py")
    assert finished.code == 0, finished.stderr
    assert [span.name for span in requests_of(bench)] == ["/<who>"] * 4
    assert len({span.trace_id for span in spans_of(bench)}) == 4
