"""A FastAPI application, sync and async endpoints, through its test client."""

import asyncio
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI, HTTPException
from fastapi.testclient import TestClient
from pydantic import BaseModel


class Order(BaseModel):
    name: str
    price: float


@asynccontextmanager
async def lifespan(app):
    print("up")
    yield
    print("down")


app = FastAPI(lifespan=lifespan)


def dependency(q: int = 1):
    yield q * 2


@app.get("/sync/{n}")
def sync(n: int, doubled: int = Depends(dependency)):
    return {"n": n, "doubled": doubled}


@app.post("/async")
async def create(order: Order):
    await asyncio.sleep(0)
    if order.price < 0:
        raise HTTPException(422, "negative")
    return order


with TestClient(app) as client:
    print(client.get("/sync/4?q=5").json())
    print(client.get("/sync/x").status_code)
    print(client.post("/async", json={"name": "a", "price": 1}).json())
    print(client.post("/async", json={"name": "a", "price": -1}).json())
    print(sorted(client.get("/openapi.json").json()["paths"]))
