"""A Flask application with every kind of end a request can have."""

import sqlite3
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, request, send_file, stream_with_context
from werkzeug.middleware.dispatcher import DispatcherMiddleware

app = Flask(__name__)
users = Blueprint("users", __name__, url_prefix="/users")


@users.route("/<int:user_id>")
def user(user_id):
    return f"user {user_id}"


@app.route("/boom")
def boom():
    raise KeyError("value")


@app.errorhandler(ZeroDivisionError)
def handled(_error):
    return "handled", 503


@app.route("/handled")
def divide():
    return str(1 // 0)


@app.route("/gone")
def gone():
    abort(410)


@app.route("/stream")
def stream():
    def parts():
        for number in range(3):
            assert request.path == "/stream"
            yield f"part {number};"

    return Response(stream_with_context(parts()))


@app.route("/midway")
def midway():
    def parts():
        yield "first"
        raise RuntimeError("value")

    return Response(parts())


@app.route("/file")
def file():
    return send_file(Path(__file__))


@app.route("/echo", methods=["POST"])
def echo():
    return request.get_data()


@app.route("/empty")
def empty():
    return "", 204


@app.route("/query/<key>")
def query(key):
    with sqlite3.connect(":memory:") as db:
        return str(db.execute("SELECT ?", (key,)).fetchone()[0])


app.register_blueprint(users)

inner = Flask("inner")


@inner.route("/things/<name>")
def thing(name):
    return name


app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/mounted": inner})
