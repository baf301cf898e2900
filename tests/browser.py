"""A real Chromium for tests: where it is, how it starts, and what its pages must never do.

Which pages, and what is on them, is the tests' business.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from peers import folder

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

# The browser runs as whoever runs the tests, maybe root, and talks to nobody but the server.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
# Of what the rules of accessibility find, this is refused.
REFUSED = {"serious", "critical"}
WAIT_S = 30


def wheels() -> Path:
    """The folder of what drives the browser; skips the test where that is for another Python."""
    site = folder.home("chromium") / "site"
    tag = f"cpython-{sys.version_info.major}{sys.version_info.minor}-"
    if not any((site / "greenlet").glob(f"_greenlet.{tag}*")):
        pytest.skip("the browser is driven from one Python only")
    return site


def executable() -> Path:
    """The browser: the one that is named, else fetched, else installed."""
    named = os.environ.get("GHOST_CHROMIUM")
    return Path(named) if named else folder.program("chromium", "/usr/lib/chromium/chromium")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser that ends with the block."""
    program = executable()
    sys.path.append(str(wheels()))
    try:
        from playwright.sync_api import sync_playwright

        libraries = folder.environment("chromium", HOME="/tmp")
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=program, args=FLAGS, env=libraries)
            yield browser
            browser.close()
    finally:
        sys.path.remove(str(wheels()))


@dataclass
class Tab:
    """A page with everything it complained about or asked of others."""

    page: Page
    origin: str
    complaints: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def go(self, fragment: str) -> None:
        """Goes to a place of the dashboard and waits until nothing is being read."""
        self.page.goto(f"{self.origin}/#/{fragment}")
        self.settle()

    def settle(self) -> None:
        """Waits until the page shows what it was asked for."""
        self.page.wait_for_selector("main h1, main h2")
        self.until(
            "!document.querySelector('main [aria-busy=true], main .placeholder')"
            " && !/Reading the session/.test(document.querySelector('main').textContent)"
        )

    def until(self, condition: str) -> None:
        """Waits for a condition in JavaScript. The driver's own way is `eval`, which the page forbids."""
        end = time.monotonic() + WAIT_S
        while not self.page.evaluate(condition):
            assert time.monotonic() < end, f"never: {condition}"
            self.page.wait_for_timeout(20)

    def accessibility(self) -> list[str]:
        """What the rules of accessibility refuse on the page as it is."""
        from axe_playwright_python.sync_playwright import Axe

        found = Axe().run(self.page).response["violations"]
        return [
            f"{rule['id']}: {node['html'][:200]}"
            for rule in found
            if rule["impact"] in REFUSED
            for node in rule["nodes"]
        ]


def opened(context: BrowserContext, link: str) -> Tab:
    """A tab at a link, which is watched from its first request."""
    page = context.new_page()
    tab = Tab(page, link.split("/#", maxsplit=1)[0])

    def hear(message) -> None:
        if message.type in {"error", "warning"}:
            tab.complaints.append(f"{message.text} {message.location.get('url', '')}")

    def see(request) -> None:
        if not request.url.startswith((f"{tab.origin}/", "blob:")):
            tab.strangers.append(request.url)

    page.on("console", hear)
    page.on("pageerror", lambda error: tab.complaints.append(str(error)))
    page.on("request", see)
    page.goto(link)
    tab.settle()
    return tab
