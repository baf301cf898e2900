"""Requests through Flask's test client: a real framework, out of scope, around small handlers in scope."""

from flask import Flask, Response, jsonify, request

from timing import measure

REQUESTS = 40
PRICES = {"pen": 150, "ink": 900, "pad": 300}

app = Flask(__name__)


def price_of(name: str) -> int:
    """Look one price up."""
    return PRICES.get(name, 0)


def total_of(names: list[str]) -> int:
    """Add prices up."""
    return sum(price_of(name) for name in names)


@app.get("/health")
def health() -> dict[str, bool]:
    """Answer that all is well."""
    return {"ok": True}


@app.post("/orders")
def order() -> Response:
    """Answer with the total of an order."""
    names = request.get_json()["names"]
    return jsonify(total=total_of(names), names=names)


client = app.test_client()


def body() -> None:
    """Alternate between the two routes."""
    for _ in range(REQUESTS // 2):
        client.get("/health")
        client.post("/orders", json={"names": ["pen", "ink", "pad"]})


measure(body, REQUESTS)
