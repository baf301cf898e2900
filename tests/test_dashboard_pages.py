"""The pages of the dashboard for finished sessions, in a real browser: call trees, lists, traces, comparisons.

That every page is accessible, fits narrow windows and shows markup as text is `test_dashboard.py`'s business; what
follows from one answer is tested beside the sources (`dashboard/`).
"""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import browser
from conftest import GHOST, Bench

# A shop whose list asks for each author, and whose prices swallow errors. The second run asks more often.
PROGRAM = """
    import sqlite3, sys
    from flask import Flask

    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE author (id INTEGER, name TEXT)")
    application = Flask("shop")
    COUNT = int(sys.argv[1])

    def author(number):
        return database.execute("SELECT name FROM author WHERE id = ?", (number,)).fetchall()

    def price(number):
        raise LookupError(number)

    def price_or_nothing(number):
        try:
            return price(number)
        except LookupError:
            return None

    @application.get("/books/<int:shop>")
    def books(shop):
        for number in range(COUNT):
            author(number)
            price_or_nothing(number)
        return "books"

    client = application.test_client()
    for shop in range(40):
        client.get(f"/books/{shop}")
    if COUNT > 10:
        author(0)
"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    """One browser for all tests."""
    with browser.chromium() as started:
        yield started


@pytest.fixture(scope="module")
def link(chromium, tmp_path_factory) -> Iterator[str]:
    """Two sessions of one program, and a server that shows the later one."""
    bench = Bench(tmp_path_factory.mktemp("pages").resolve())
    bench.write("app.py", PROGRAM)
    for name, count in (("before", "6"), ("after", "12")):
        assert bench.observed("--tree", "--name", name, "app.py", count).code == 0
    server = bench.start(GHOST, "serve", stderr=subprocess.DEVNULL)
    assert server.stdout is not None
    yield server.stdout.readline().decode().strip()
    server.send_signal(signal.SIGTERM)
    server.communicate(timeout=30)


@pytest.fixture
def tab(chromium, link) -> Iterator[browser.Tab]:
    """A fresh browser profile at the link; nothing in it may complain."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    opened = browser.opened(context, link)
    yield opened
    assert opened.complaints == []
    assert opened.strangers == []
    context.close()


def told(tab: browser.Tab) -> str:
    """What a screen reader is told of the flame graph."""
    return tab.page.text_content(".flame [aria-live]") or ""


def compare_with_before(tab: browser.Tab) -> None:
    """Chooses the earlier session."""
    choice = tab.page.get_by_label("Compare with")
    option = choice.locator("option", has_text="before")
    option.wait_for(state="attached")
    choice.select_option(value=option.get_attribute("value"))


def test_a_flame_graph_is_walked_zoomed_and_linked_to(tab):
    """With the keyboard alone."""
    tab.go("flame")
    tab.page.locator(".flame-picture").focus()
    for _ in range(8):
        tab.page.keyboard.press("ArrowDown")
        if "books" in told(tab):
            break
    name = told(tab).split(",")[0]
    assert "books" in name
    tab.page.keyboard.press("Enter")
    tab.page.wait_for_selector(f".crumbs [aria-current]:has-text('{name}')")
    address = tab.page.url
    tab.page.reload()
    tab.settle()
    tab.page.wait_for_selector(f".crumbs [aria-current]:has-text('{name}')")
    assert tab.page.url == address
    assert tab.page.locator(".callout").count() == 0, "the tree is exact"
    tab.page.locator(".flame-picture").focus()
    for _ in range(8):
        tab.page.keyboard.press("Escape")
    tab.page.wait_for_selector(".crumbs", state="detached")
    assert "at=" not in tab.page.url


def test_a_flame_graph_is_searched_and_read_as_a_table(tab):
    """What is found is counted, and the table has the recorded numbers."""
    tab.go("flame?q=author")
    assert "% of the time" in tab.page.inner_text("[role=status]:has-text('places')")
    tab.page.get_by_role("button", name="table").click()
    tab.page.locator("tbody tr").first.focus()
    while "author" not in (row := tab.page.evaluate("document.activeElement.innerText")):
        before = tab.page.evaluate("document.activeElement.rowIndex")
        tab.page.keyboard.press("ArrowRight")
        tab.page.keyboard.press("ArrowDown")
        assert tab.page.evaluate("document.activeElement.rowIndex") != before
    assert row.split()[-1] == "480"


def test_two_call_trees_are_one_picture(tab):
    """The choice of the other session is in the address."""
    tab.go("flame")
    compare_with_before(tab)
    tab.page.wait_for_selector(".legend:has-text('larger share')")
    assert "base=" in tab.page.url
    tab.page.locator(".flame-picture").focus()
    tab.page.keyboard.press("ArrowDown")
    assert "→" in told(tab)


def test_a_route_leads_to_its_statement_and_to_its_traces(tab):
    """N+1 is told where it is."""
    tab.go("requests")
    tab.page.get_by_text("GET /books/<int:shop>").first.click()
    detail = tab.page.locator("aside.split-detail")
    assert "up to 12 times" in detail.inner_text()
    detail.get_by_role("link", name="SELECT").click()
    tab.page.wait_for_selector("h1:has-text('Queries')")
    tab.settle()
    assert "\N{MULTIPLICATION SIGN}12" in tab.page.inner_text("tbody")
    tab.page.go_back()
    tab.page.get_by_role("link", name="Traces of this route").click()
    tab.page.wait_for_selector("h1:has-text('Traces')")
    tab.settle()
    assert tab.page.locator("tbody tr").count() == 40


def test_a_trace_opens_closes_and_unfolds(tab):
    """By the keys of every tree."""
    tab.go("traces?q=books")
    tab.page.locator("tbody a").first.click()
    lines = tab.page.locator(".waterfall tbody tr")
    lines.first.wait_for()
    count = lines.count()
    folded = tab.page.locator(".waterfall tbody tr", has=tab.page.locator(".fold")).first
    folded.focus()
    tab.page.keyboard.press("*")
    assert lines.count() > count
    tab.page.keyboard.press("*")
    assert lines.count() == count
    lines.first.focus()
    tab.page.keyboard.press("ArrowLeft")
    assert lines.count() == 1
    widths = tab.page.locator(".bar").evaluate_all("all => all.map(bar => bar.clientWidth)")
    assert min(widths) >= 0 and max(widths) > 100


def test_findings_are_narrowed_and_explained(tab):
    """By severity and by detector; the rule stands beside the finding."""
    tab.go("anomalies")
    tab.page.locator("tbody tr", has_text="silent_exception").first.wait_for()
    tab.page.get_by_label("Detector").select_option("high_exc_rate")
    other = tab.page.locator("tbody tr", has_text="silent_exception")
    other.first.wait_for(state="detached")
    tab.page.locator("tbody tr", has_text="price").first.click()
    tab.page.locator("summary").click()
    detail = tab.page.inner_text("aside.split-detail")
    assert "LookupError" in detail
    assert "decided by" in detail
    tab.page.get_by_label("Severity").select_option("low")
    tab.page.wait_for_selector("text=No findings match")


def test_swallowed_exceptions_are_first(tab):
    """With who swallowed them."""
    tab.go("errors")
    first = tab.page.locator("tbody tr").first.inner_text()
    assert "LookupError" in first
    assert "price_or_nothing" in first


def test_a_comparison_can_be_chosen_and_saved(tab):
    """From nothing chosen, which says what to do, to a file."""
    tab.go("diff")
    assert "ghost run --name" in tab.page.inner_text(".state")
    compare_with_before(tab)
    tab.page.wait_for_selector("h2:has-text('Changed')")
    assert "author" in tab.page.inner_text("main")
    with tab.page.expect_download() as started:
        tab.page.get_by_role("button", name="JSON").click()
    saved = json.loads(Path(started.value.path()).read_text())
    assert saved["changed_count"] == len(saved["changed"])
