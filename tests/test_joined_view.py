"""Requests, the functions in them and their queries come together: a real Flask application on sqlite3."""

from __future__ import annotations

import json
import secrets

import pytest

from canary import leaks
from conftest import Bench
from recorded_spans import requests_of

pytest.importorskip("flask")

CANARY = secrets.token_hex(16)
BOOKS = 7

APPLICATION = """
    import sqlite3, sys
    from flask import Flask, jsonify

    app = Flask(__name__)
    shop = sqlite3.connect(":memory:")

    def author(number):
        return shop.execute("SELECT name FROM author WHERE id = ?", (number,)).fetchone()[0]

    def load_books(owner):
        rows = shop.execute(f"SELECT title, author FROM book WHERE owner = '{owner}'").fetchall()
        return [(title, author(number)) for title, number in rows]

    @app.get("/shops/<owner>/books")
    def books(owner):
        return jsonify(load_books(owner))

    @app.get("/pay")
    def pay():
        raise ValueError(sys.argv[1])

    shop.execute("CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT)")
    shop.execute("CREATE TABLE book (title TEXT, author INTEGER, owner TEXT)")
    for number in range(7):
        shop.execute("INSERT INTO author VALUES (?, ?)", (number, sys.argv[1]))
        shop.execute("INSERT INTO book VALUES (?, ?, ?)", (sys.argv[1], number, sys.argv[1]))
    client = app.test_client()
    for _ in range(4):
        assert len(client.get(f"/shops/{sys.argv[1]}/books").json) == 7
    app.logger.disabled = True
    assert client.get("/pay").status_code == 500
"""


@pytest.fixture
def session(bench: Bench) -> Bench:
    """A bench on which the application ran."""
    bench.write("app.py", APPLICATION)
    ran = bench.observed("app.py", CANARY)
    assert ran.code == 0, ran.stderr
    assert "5 requests, " in ran.stderr
    return bench


def shown(bench: Bench, *command: str) -> dict:
    """What a command prints as JSON."""
    ran = bench.ghost(*command, "--format", "json")
    assert ran.code == 0, ran.stderr
    return json.loads(ran.stdout)


def names(node: dict, kind: str) -> list[str]:
    """Names of the nodes of a kind directly below a node."""
    return [child["name"] for child in node["children"] if child["kind"] == kind]


def test_a_request_its_functions_and_its_queries_are_one_tree(session):
    first = next(span for span in requests_of(session) if span.name == "/shops/<owner>/books")
    trace = shown(session, "trace", first.trace_id[:20])
    (request,) = trace["spans"]
    assert (request["name"], request["status"]) == ("/shops/<owner>/books", 200)
    (view,) = (child for child in request["children"] if child["kind"] == "function")
    assert view["name"].startswith("books:")
    (load,) = view["children"]
    assert load["name"].startswith("load_books:")
    assert names(load, "query") == ["SELECT title, author FROM book WHERE owner = ?"]
    authors = [child for child in load["children"] if child["kind"] == "function"]
    assert len(authors) == BOOKS
    for author in authors:
        assert names(author, "query") == ["SELECT name FROM author WHERE id = ?"]


def test_routes_and_statements_know_of_each_other(session):
    rows = {row["route"]: row for row in shown(session, "requests")["requests"]}
    books, pay = rows["/shops/<owner>/books"], rows["/pay"]
    assert (books["request_count"], books["query_count"]) == (4, 4 * (BOOKS + 1))
    assert (books["repeated_query_count_max"], books["error_count"]) == (BOOKS, 0)
    assert (pay["request_count"], pay["error_count"], pay["status_classes"]) == (1, 1, {"5xx": 1})
    functions = {function["name"].split(":")[0]: function for function in books["functions"]}
    assert functions["author"]["call_count"] == BOOKS * functions["author"]["request_count"]
    (statement,) = (
        row
        for row in shown(session, "queries")["queries"]
        if row["statement"] == "SELECT name FROM author WHERE id = ?"
    )
    assert (statement["query_count"], statement["repeated_count_max"]) == (4 * BOOKS, BOOKS)
    assert statement["routes"] == [{"route": "GET /shops/<owner>/books", "query_count": 4 * BOOKS}]


def test_no_value_is_in_any_view(session):
    texts = [session.ghost("trace", "slowest").stdout]
    texts += [session.ghost(view).stdout for view in ("requests", "queries")]
    assert all(text and CANARY not in text for text in texts)
    assert leaks(session.data, CANARY) == []
