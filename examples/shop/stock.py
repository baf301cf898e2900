"""What is in the warehouse, and who packs it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from orders import Status

if TYPE_CHECKING:
    from catalog import Catalog
    from orders import Order

PACKERS = 4
ON_SHELF = 60


class OutOfStockError(Exception):
    """There is not enough of a product."""


class Warehouse:
    """Shelves that only one packer at a time may reach into."""

    def __init__(self, shelves: dict[str, int]) -> None:
        """Stand ready with these quantities."""
        self._shelves = shelves
        self._lock = threading.Lock()

    @classmethod
    def filled(cls, products: Catalog) -> Warehouse:
        """Fill every shelf of one packer's section."""
        return cls(dict.fromkeys(products.skus(), ON_SHELF))

    def take(self, sku: str, quantity: int) -> None:
        """Take a quantity from its shelf."""
        with self._lock:
            if self._shelves[sku] < quantity:
                raise OutOfStockError(sku)
            self._shelves[sku] -= quantity

    def put_back(self, sku: str, quantity: int) -> None:
        """Return what was taken for nothing."""
        with self._lock:
            self._shelves[sku] += quantity

    def pack(self, order: Order) -> bool:
        """Pack an order whole or not at all."""
        taken: list[tuple[str, int]] = []
        try:
            for line in order.lines:
                self.take(line.product.sku, line.quantity)
                taken.append((line.product.sku, line.quantity))
        except OutOfStockError:
            for sku, quantity in taken:
                self.put_back(sku, quantity)
            order.cancel()
            return False
        order.status = Status.PACKED
        return True


def pack_in_parallel(products: Catalog, day: list[Order]) -> list[Order]:
    """Have all packers work at once, each through its own share and from its own section."""

    def work(first: int) -> list[Order]:
        section = Warehouse.filled(products)
        return [order for order in day[first::PACKERS] if section.pack(order)]

    with ThreadPoolExecutor(PACKERS, thread_name_prefix="packer") as packers:
        packed = [order for share in packers.map(work, range(PACKERS)) for order in share]
    return sorted(packed, key=lambda order: order.number)
