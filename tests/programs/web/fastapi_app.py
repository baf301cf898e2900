"""A FastAPI application with every kind of end a request can have."""

import asyncio
import sqlite3

from fastapi import APIRouter, BackgroundTasks, FastAPI, Request, WebSocket
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

app = FastAPI()
router = APIRouter(prefix="/shops/{shop}")


class Refused(Exception):
    """What a handler of the application answers."""


@app.exception_handler(Refused)
async def refused(_request, _error):
    return JSONResponse({}, 503)


@router.get("/items/{item:int}")
def item(shop, item):
    return [shop, item]


@app.get("/boom")
async def boom():
    raise KeyError("value")


@app.get("/handled")
def handled():
    raise Refused


@app.get("/background")
async def background(tasks: BackgroundTasks):
    async def work():
        await asyncio.to_thread(select, "later")

    tasks.add_task(work)
    return {}


@app.get("/stream")
async def stream():
    async def parts():
        for number in range(3):
            yield f"part {number};"
            await asyncio.sleep(0)

    return StreamingResponse(parts())


@app.get("/endless")
async def endless():
    async def parts():
        while True:
            yield "x" * 1024
            await asyncio.sleep(0.01)

    return StreamingResponse(parts())


@app.post("/echo")
async def echo(request: Request):
    return PlainTextResponse(await request.body())


@app.websocket("/rooms/{room}")
async def rooms(socket: WebSocket, room):
    await socket.accept()
    await socket.send_text(await socket.receive_text() + room)
    await socket.close()


def select(key):
    with sqlite3.connect(":memory:") as db:
        return db.execute("SELECT ?", (key,)).fetchone()[0]


@app.get("/query/{key}")
def query(key):
    return select(key)


@app.get("/query-async/{key}")
async def query_async(key):
    await asyncio.sleep(0.001)
    return await asyncio.to_thread(select, key)


app.include_router(router)
app.mount(
    "/mounted/{part}",
    Starlette(routes=[Mount("/deep", routes=[Route("/{x}", lambda _r: PlainTextResponse("x"))])]),
)
