"""What the shop sells."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

# As it came from the supplier: one weight is no whole number, though the program expects grams.
SUPPLIER_FILE = """[
    {"sku": "TEA", "name": "Green tea", "cents": 790, "grams": 100},
    {"sku": "CUP", "name": "Cup", "cents": 1250, "grams": 310},
    {"sku": "POT", "name": "Tea pot", "cents": 4900, "grams": 1120},
    {"sku": "SPN", "name": "Spoon", "cents": 340, "grams": 32.5},
    {"sku": "HNY", "name": "Honey", "cents": 860, "grams": 500},
    {"sku": "TRY", "name": "Tray", "cents": 2300, "grams": 780}
]"""

# From here on the small van is not enough.
HEAVY_GRAMS = 1_000


@dataclass(frozen=True)
class Product:
    """One thing on the shelf."""

    sku: str
    name: str
    cents: int
    grams: int

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> Product:
        """Make a product of one row of the supplier's file."""
        return cls(row["sku"], row["name"], row["cents"], row["grams"])

    @property
    def is_heavy(self) -> bool:
        """Whether it needs the large van."""
        return self.grams > HEAVY_GRAMS


class Catalog:
    """All products by their number."""

    def __init__(self, products: list[Product]) -> None:
        """Index the products."""
        self._by_sku = {product.sku: product for product in products}

    @classmethod
    def load(cls) -> Catalog:
        """Read the supplier's file."""
        return cls([Product.from_row(row) for row in json.loads(SUPPLIER_FILE)])

    def __len__(self) -> int:
        """Count the products."""
        return len(self._by_sku)

    def __getitem__(self, sku: str) -> Product:
        """Return one product."""
        return self._by_sku[sku]

    def skus(self) -> list[str]:
        """List the product numbers."""
        return sorted(self._by_sku)

    def heavy(self) -> Iterator[Product]:
        """Yield what needs the large van."""
        for product in self._by_sku.values():
            if product.is_heavy:
                yield product
