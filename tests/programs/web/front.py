"""A service that asks another one, in every way it can; `$BACK` says where that is."""

import os
import urllib.request

import aiohttp
import httpx
import requests
import urllib3
from fastapi import FastAPI, Response

app = FastAPI()
BACK = os.environ.get("BACK", "")


@app.get("/httpx-async")
async def httpx_async():
    async with httpx.AsyncClient() as client:
        return Response(status_code=(await client.get(f"{BACK}/users/1?secret=1")).status_code)


@app.get("/httpx")
def httpx_sync():
    return Response(status_code=httpx.get(f"{BACK}/users/2").status_code)


@app.get("/requests")
def through_requests():
    return Response(status_code=requests.get(f"{BACK}/users/3", timeout=60).status_code)


@app.get("/urllib3")
def through_urllib3():
    return Response(status_code=urllib3.PoolManager().request("GET", f"{BACK}/users/4").status)


@app.get("/aiohttp")
async def through_aiohttp():
    async with aiohttp.ClientSession() as session, session.get(f"{BACK}/users/5") as answer:
        return Response(status_code=answer.status)


@app.get("/urllib")
def through_urllib():
    with urllib.request.urlopen(f"{BACK}/users/6") as answer:
        return Response(status_code=answer.status)


@app.get("/own-header")
def own_header():
    header = {"traceparent": "00-11111111111111111111111111111111-2222222222222222-01"}
    answers = [
        httpx.get(f"{BACK}/users/7", headers=header).status_code,
        requests.get(f"{BACK}/users/7", headers=header, timeout=60).status_code,
    ]
    return Response(status_code=max(answers))


@app.get("/refused")
def refused():
    try:
        requests.get("http://127.0.0.1:9/secret", timeout=60)
    except requests.ConnectionError:
        return Response(status_code=202)
