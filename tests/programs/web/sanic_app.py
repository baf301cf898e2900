"""A Sanic application with every kind of end a request can have."""

import sqlite3

from sanic import Blueprint, Sanic
from sanic.exceptions import SanicException
from sanic.response import text

app = Sanic("example")
shop = Blueprint("shop", url_prefix="/shop")


@shop.get("/items/<item:int>")
async def item(_request, item):
    return text(f"item {item}")


@app.get("/boom")
async def boom(_request):
    raise KeyError("value")


@app.get("/handled")
async def handled(_request):
    raise SanicException("value", status_code=503)


@app.get("/stream")
async def stream(request):
    response = await request.respond(content_type="text/plain")
    for number in range(3):
        await response.send(f"part {number};")
    await response.eof()


@app.post("/echo")
async def echo(request):
    return text(request.body.decode())


@app.websocket("/rooms/<room>")
async def rooms(_request, socket, room):
    await socket.send(await socket.recv() + room)


@app.get("/query/<key>")
async def query(_request, key):
    with sqlite3.connect(":memory:") as db:
        return text(db.execute("SELECT ?", (key,)).fetchone()[0])


app.blueprint(shop)
