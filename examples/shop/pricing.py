"""What an order costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from orders import Line, Order

# Whole cents go in; what comes out is up to the arithmetic.
type Discount = Callable[[int], Any]


def percent_off(percent: int) -> Discount:
    """Make a discount of so many percent."""

    def apply(cents: int) -> Any:
        return cents * (100 - percent) / 100

    return apply


NO_DISCOUNT: Discount = lambda cents: cents  # noqa: E731 - lambdas are observed like functions
BULK_DISCOUNT = percent_off(15)


def discount_for(quantity: int) -> Discount:
    """Choose the discount for a quantity."""
    return BULK_DISCOUNT if quantity >= 4 else NO_DISCOUNT  # noqa: PLR2004 - the shop's rule


def line_total(line: Line) -> Any:
    """Price one line."""
    return discount_for(line.quantity)(line.product.cents * line.quantity)


def with_tax(cents: int) -> int:
    """Add the tax to whole cents; a discount makes this a fraction, which nobody noticed."""
    return int(cents * 1.21)


def order_total(order: Order) -> int:
    """Price a whole order."""
    return sum(with_tax(line_total(line)) for line in order.lines)


def gift_voucher(cents: int, code: str) -> int:
    """Take a voucher off the price. Nobody has sold one yet."""
    return cents - 1_000 if code.startswith("GIFT") else cents
