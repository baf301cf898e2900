"""What customers ask for."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog import Catalog, Product

SEED = 20
COUNTRIES = ("NL", "DE", "FR", "SE", "")


class Status(Enum):
    """How far an order has come."""

    NEW = "new"
    PACKED = "packed"
    REFUSED = "refused"


@dataclass
class Line:
    """A number of one product."""

    product: Product
    quantity: int

    @property
    def grams(self) -> int:
        """What the line weighs."""
        return self.product.grams * self.quantity


@dataclass
class Order:
    """What one customer wants."""

    number: int
    country: str
    lines: list[Line] = field(default_factory=list)
    status: Status = Status.NEW

    def grams(self) -> int:
        """Weigh the parcel."""
        return sum(line.grams for line in self.lines)

    def cancel(self) -> None:
        """Refuse the order."""
        self.status = Status.REFUSED


def incoming(products: Catalog, count: int) -> Iterator[Order]:
    """Yield the orders of the day, the same every day."""
    dice = random.Random(SEED)
    skus = products.skus()
    for number in range(count):
        # Every fortieth customer forgets the country, six in all.
        order = Order(number, "" if number % 40 == 0 else dice.choice(COUNTRIES[:-1]))
        for sku in dice.sample(skus, dice.randint(1, 4)):
            order.lines.append(Line(products[sku], dice.randint(1, 5)))
        yield order
