"""Tell customers that their parcel is on its way."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from orders import Order

BATCH = 20
MAIL_SECONDS = 0.01


class MailboxFullError(Exception):
    """The customer's mailbox takes no more."""


async def send(order: Order) -> None:
    """Send one mail."""
    await asyncio.sleep(MAIL_SECONDS)
    if order.number % 25 == 24:  # noqa: PLR2004 - every twenty-fifth mailbox is full
        raise MailboxFullError(order.number)


async def batches(shipped: list[Order]) -> AsyncIterator[list[Order]]:
    """Yield the orders in portions that the mail server accepts."""
    for first in range(0, len(shipped), BATCH):
        yield shipped[first : first + BATCH]
        await asyncio.sleep(0)


async def watch_mailbox() -> None:
    """Wait for answers until the shop closes."""
    while True:  # noqa: ASYNC110 - there is no event to wait for, which is why it is cancelled
        await asyncio.sleep(MAIL_SECONDS)


async def notify_all(shipped: list[Order]) -> int:
    """Send all mails; return how many arrived."""
    watcher = asyncio.create_task(watch_mailbox())
    arrived = 0
    async for batch in batches(shipped):
        results = await asyncio.gather(*map(send, batch), return_exceptions=True)
        arrived += sum(result is None for result in results)
    watcher.cancel()
    return arrived
