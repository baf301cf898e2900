"""From the time before the web shop. Still imported, no longer called."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orders import Order


def fax_line(order: Order) -> str:
    """Write one line for the fax machine."""
    return f"{order.number}: {order.country}"


def fax_report(day: list[Order]) -> str:
    """Write the day's orders for the fax machine."""
    return "\n".join(fax_line(order) for order in day)


class FaxMachine:
    """The machine in the corner."""

    def dial(self, number: str) -> bool:
        """Call the accountant."""
        return number.isdigit()
