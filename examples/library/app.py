"""A lending library: a small Flask application over SQLite, with a client that uses it.

Two things are wrong with it on purpose: a shelf asks for each author with a query of its own, and a
book that was never written down raises. `ghost requests`, `ghost queries`, `ghost trace` show it.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import urlopen

from flask import Flask, current_app, g
from werkzeug.serving import make_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from werkzeug.serving import BaseWSGIServer

SHELVES = ("poetry", "travel", "cooking")
BOOKS_PER_SHELF = 12
ROUNDS = 20
SCHEMA = """
CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE book (id INTEGER PRIMARY KEY, shelf TEXT, title TEXT, author_id INTEGER);
"""

app = Flask(__name__)


def fill(path: Path) -> None:
    """Write a library of three shelves."""
    with closing(sqlite3.connect(path)) as library, library:
        library.executescript(SCHEMA)
        for number, (shelf, place) in enumerate(places()):
            library.execute("INSERT INTO author VALUES (?, ?)", (number, f"author {number}"))
            book = (number, shelf, f"{shelf} {place}", number)
            library.execute("INSERT INTO book VALUES (?, ?, ?, ?)", book)


def places() -> Iterator[tuple[str, int]]:
    """Give every place on every shelf."""
    return ((shelf, place) for shelf in SHELVES for place in range(BOOKS_PER_SHELF))


def library() -> sqlite3.Connection:
    """Open the library, once per request."""
    if "library" not in g:
        g.library = sqlite3.connect(current_app.config["LIBRARY"])
    return g.library


@app.teardown_appcontext
def close(_error: BaseException | None) -> None:
    """Close what the request opened."""
    if "library" in g:
        g.library.close()


@app.get("/shelves/<name>")
def shelf(name: str) -> dict[str, list[str]]:
    """List the books of a shelf, each with its author."""
    books = library().execute("SELECT title, author_id FROM book WHERE shelf = ?", (name,))
    return {"books": [f"{title} by {author(number)}" for title, number in books.fetchall()]}


def author(number: int) -> str:
    """Look an author up."""
    row = library().execute("SELECT name FROM author WHERE id = ?", (number,)).fetchone()
    return row[0]


@app.get("/books/<int:number>")
def book(number: int) -> dict[str, str]:
    """Tell the title of a book."""
    row = library().execute("SELECT title FROM book WHERE id = ?", (number,)).fetchone()
    return {"title": row[0]}


def visit(server: BaseWSGIServer) -> None:
    """Use the library as a few readers would."""
    address = f"http://127.0.0.1:{server.port}"
    for number in range(ROUNDS):
        paths = [f"shelves/{name}" for name in SHELVES]
        for path in (*paths, f"books/{number * 3}"):
            try:
                with urlopen(f"{address}/{path}") as answer:  # noqa: S310 - our own server
                    answer.read()
            except HTTPError as error:
                error.close()


def main() -> None:
    """Serve the library on a free port, and visit it."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "library.db")
        fill(path)
        app.config["LIBRARY"] = path
        server = make_server("127.0.0.1", 0, app, threaded=True)
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        visit(server)
        server.shutdown()
        serving.join()


if __name__ == "__main__":
    main()
