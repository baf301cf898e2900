"""The dashboard in a real browser: every page of a session that is being recorded.

What a page shows of which answer is tested beside its sources (`dashboard/`); here are the whole ways, from a
running program to the screen. Screenshots are left in `target/dashboard`.
"""

from __future__ import annotations

import json
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import browser
from conftest import GHOST, Bench

SCREENSHOTS = Path(__file__).parents[1] / "target/dashboard"
MARKUP = "<img src=x onerror=window.hacked=1>"

# Names of every kind that are markup, a web application under load, and a function that is called on and on.
PROGRAM = f"""
    import time, types
    from flask import Flask

    MARKUP = {MARKUP!r}
    hostile = types.ModuleType(MARKUP)
    source = "def wrapped(value):\\n    raise value\\n"
    exec(compile(source, "/srv/" + MARKUP + ".py", "exec"), hostile.__dict__)
    named = hostile.wrapped.__code__.replace(co_name=MARKUP, co_qualname=MARKUP)
    hostile.wrapped.__code__ = named
    Markup = type(MARKUP, (Exception,), {{"__module__": MARKUP}})
    application = Flask("shop")

    @application.get("/orders/<int:number>")
    def order(number):
        if number % 10 == 0:
            raise LookupError(number)
        return str(number)

    def turn(number):
        try:
            hostile.wrapped(Markup())
        except Markup:
            pass
        client.get("/orders/%d" % number)

    client = application.test_client()
    application.logger.disabled = True
    for number in range(10_000_000):
        turn(number)
        time.sleep(0.005)
"""


@dataclass
class Recording:
    """A program that is being recorded, and a server that shows it."""

    program: subprocess.Popen
    link: str


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    """One browser for all tests."""
    with browser.chromium() as started:
        yield started


@pytest.fixture(scope="module")
def recording(chromium, tmp_path_factory) -> Iterator[Recording]:
    """One program and one server for all tests; asks for the browser first, without which both are for nothing."""
    bench = Bench(tmp_path_factory.mktemp("dashboard").resolve())
    bench.write("app.py", PROGRAM)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    # To compare with, and to have more than one in the list.
    assert bench.observed("--name", "before", "-c", "def f(): pass\nf()").code == 0
    program = bench.start(GHOST, "run", "--include", "<*", "app.py", **quiet)
    while len(bench.session_files()) < 2:
        assert program.poll() is None
        time.sleep(0.05)
    server = bench.start(GHOST, "serve", stderr=subprocess.DEVNULL)
    assert server.stdout is not None
    link = server.stdout.readline().decode().strip()
    while asked(link, "/sessions/current/overview")["session_request_count"] == 0:
        assert program.poll() is None
        time.sleep(0.05)
    yield Recording(program, link)
    for process in (server, program):
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def asked(link: str, path: str) -> dict:
    """What the server answers to somebody with its link."""
    address, token = link.split("/#token=")
    request = urllib.request.Request(f"{address}/api/v1{path}")
    request.add_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


@pytest.fixture
def tab(chromium, recording) -> Iterator[browser.Tab]:
    """A fresh browser profile at the link; whatever happens in it, nothing of it may complain or run."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    opened = browser.opened(context, recording.link)
    yield opened
    assert opened.complaints == []
    assert opened.strangers == []
    assert opened.page.evaluate("window.hacked") is None
    context.close()


def pages(tab: browser.Tab) -> list[str]:
    """The places that the navigation leads to."""
    links = tab.page.locator("nav a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    return [link.removeprefix("#/") for link in links]


def shoot(tab: browser.Tab, name: str) -> None:
    """Leaves a picture for whoever wants to look."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    tab.page.screenshot(path=SCREENSHOTS / f"{name}.png")


def test_the_token_is_taken_out_of_the_address(tab, chromium):
    """It is in no address that could be copied, and another tab without the link gets nothing."""
    assert "token" not in tab.page.url
    other = chromium.new_page()
    other.goto(tab.origin)
    assert "ghost serve" in other.inner_text("main")
    other.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible_in_both_themes(tab, scheme):
    """No page fails, complains, or breaks a serious rule of accessibility."""
    tab.page.emulate_media(color_scheme=scheme)
    refused = {}
    for place in pages(tab):
        tab.go(place)
        assert "failed, which is our mistake" not in tab.page.inner_text("main"), place
        shoot(tab, f"{place}-{scheme}")
        refused[place] = tab.accessibility()
    assert {place: rules for place, rules in refused.items() if rules} == {}
    assert len(refused) >= 13


def test_no_page_is_wider_than_a_narrow_window(tab):
    """Tables may scroll within themselves; pages only up and down."""
    tab.page.set_viewport_size({"width": 400, "height": 800})
    for place in pages(tab):
        tab.go(place)
        shoot(tab, f"{place}-narrow")
        width = tab.page.evaluate("document.documentElement.scrollWidth")
        assert width <= 400, place


def test_functions_are_sorted_filtered_and_opened_with_the_keyboard(tab):
    """And the address leads to the same view again."""
    tab.go("functions")
    tab.page.keyboard.press("/")
    tab.page.keyboard.type("TURN")
    tab.page.wait_for_selector(".page-count:has-text('1 function matches')")
    tab.page.get_by_role("button", name="Self").click()
    tab.page.wait_for_selector("th[aria-sort=descending]:has-text('Self')")
    tab.page.get_by_role("grid").focus()
    tab.page.keyboard.press("Home")
    tab.page.keyboard.press("Enter")
    tab.page.wait_for_selector(".function-detail h2:has-text('turn')")
    tab.page.reload()
    tab.settle()
    tab.page.wait_for_selector(".function-detail h2:has-text('turn')")
    assert tab.page.locator("tbody tr[aria-selected=true] .function-name").inner_text() == "turn"
    assert "Called by" in tab.page.inner_text(".function-detail")
    shoot(tab, "function")
    tab.page.get_by_role("button", name="Close").click()
    tab.page.wait_for_selector(".function-detail", state="detached")


def test_names_that_are_markup_are_text(tab):
    """Of functions, modules, files, exceptions and types."""
    tab.go("functions?q=onerror")
    tab.page.locator("tbody .function-name", has_text=MARKUP).first.click()
    tab.page.wait_for_selector(".function-detail h2")
    shoot(tab, "markup")
    assert MARKUP in tab.page.inner_text(".function-detail")
    assert tab.page.locator("main img").count() == 0
    for place in pages(tab):
        tab.go(place)
        assert tab.page.locator("main img").count() == 0, place


def test_numbers_grow_while_the_program_runs(tab):
    """Without anybody asking."""
    tab.go("functions?q=turn")
    tab.page.wait_for_selector(".connection.is-good")
    calls = "Number(document.querySelector('tbody .is-count').textContent.replaceAll(',', ''))"
    before = tab.page.evaluate(calls)
    tab.until(f"{calls} > {before}")


def test_a_chosen_theme_stays(tab):
    """Over a reload, against the system's."""
    tab.go("settings")
    tab.page.get_by_role("button", name="Dark").click()
    tab.page.reload()
    tab.settle()
    assert tab.page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_without_a_network_pages_say_so_and_recover(tab):
    """What was there stays; what is new says what to do; nothing has to be loaded again."""
    tab.go("functions")
    tab.page.context.set_offline(True)
    tab.page.get_by_role("link", name="Sessions").click()
    tab.page.wait_for_selector("main [role=alert]:has-text('does not answer')")
    shoot(tab, "offline")
    tab.page.context.set_offline(False)
    tab.page.wait_for_selector("main table")
    # What the browser itself says of a connection that fails.
    tab.complaints = [said for said in tab.complaints if "ERR_INTERNET_DISCONNECTED" not in said]


def test_what_is_shown_can_be_saved(tab):
    """As JSON."""
    tab.go("overview")
    with tab.page.expect_download() as started:
        tab.page.get_by_role("button", name="JSON").click()
    saved = json.loads(Path(started.value.path()).read_text())
    assert saved["call_count"] > 0
    assert started.value.suggested_filename == "overview.json"


def test_one_page_is_the_current_one(tab):
    """Also at the link itself, which names none."""
    for place, title in (("", "Overview"), ("requests", "Requests")):
        tab.go(place)
        current = tab.page.locator("nav [aria-current=page]")
        assert [link.inner_text() for link in current.all()] == [title]
