"""A day in a small web shop: the program that `cargo xtask demo` observes.

Everything is made up and seeded, so that two runs do the same. Things worth finding are hidden in
it on purpose; `README.md` beside this file tells which.
"""

import asyncio

import catalog
import delivery
import legacy
import notify
import orders
import pricing
import stock
import sync

ORDER_COUNT = 240


def main() -> None:
    """Run the day from opening to closing."""
    products = catalog.Catalog.load()
    day = list(orders.incoming(products, ORDER_COUNT))

    shipped = stock.pack_in_parallel(products, day)
    revenue = sum(pricing.order_total(order) for order in shipped)
    postage = sum(delivery.quote(order) for order in shipped[::6])
    synced = sync.sync_orders(day)
    notified = asyncio.run(notify.notify_all(shipped))

    print(f"{len(products)} products, {len(day)} orders, {len(shipped)} shipped")
    print(f"revenue {revenue / 100:.2f}, postage {postage / 100:.2f}")
    print(f"{synced} orders synced, {notified} customers notified")
    if revenue < 0:
        print(legacy.fax_report(day))


if __name__ == "__main__":
    main()
