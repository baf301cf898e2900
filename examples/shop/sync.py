"""Copy orders to the accountant's system, and say nothing about those that fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orders import Order

ATTEMPTS = 3


def validate(order: Order) -> None:
    """Refuse an order that the accountant could not book."""
    if not order.country:
        msg = f"order {order.number} has no country"
        raise ValueError(msg)


def encode(order: Order) -> str:
    """Write an order as the accountant reads it."""
    return f"{order.number:06d};{order.country};{len(order.lines)}"


def sync_orders(day: list[Order]) -> int:
    """Copy all orders; the bug is that a failure leaves no trace."""
    synced = 0
    for order in day:
        for _attempt in range(ATTEMPTS):
            try:
                validate(order)
                encode(order)
            except ValueError:
                continue
            synced += 1
            break
    return synced
