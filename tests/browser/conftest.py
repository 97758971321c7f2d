"""A real Chromium, driven by Playwright, in front of the real server."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.processes import MODELS, free_port, running, wait_until_answering

expect.set_options(timeout=60_000)  # ms; generous, because no test is about speed
_QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """``make serve`` with the tests' own model; no slash at the address's end."""
    log: Path = tmp_path_factory.mktemp("server") / "log"
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with running(["make", "serve", f"PORT={port}", f"MODELS_DIR={MODELS}"], log) as process:
        wait_until_answering(f"{url}/health", process, log)
        yield url


@pytest.fixture(scope="package")  # not longer: its event loop would be in the way of others
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        assert not os.environ.get("REQUIRE_BROWSER"), "there is no Chromium"
        pytest.skip("no Chromium is installed; install it to test the pages")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_QUIET)
        yield browser
        browser.close()


@dataclass
class Visit:
    """A page, and what went wrong on it."""

    page: Page
    server: str
    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def go(self, path: str) -> Page:
        self.page.goto(f"{self.server}{path}")
        return self.page


def visit(context: BrowserContext, server: str) -> Visit:
    """A new page that writes down errors, refusals of the policy, and other hosts asked."""
    page = context.new_page()
    visited = Visit(page, server)
    page.on(
        "console",
        lambda said: (
            visited.complaints.append(said.text) if said.type in ("error", "warning") else None
        ),
    )
    page.on("pageerror", lambda error: visited.complaints.append(str(error)))
    page.on("request", lambda request: visited.hosts.add(request.url.split("/")[2]))
    return visited


@pytest.fixture
def tab(browser: Browser, server: str) -> Iterator[Visit]:
    """A page that must be left without a complaint, and without having asked another host."""
    with browser.new_context(permissions=["clipboard-read", "clipboard-write"]) as context:
        visited = visit(context, server)
        yield visited
        assert visited.complaints == []
        assert visited.hosts <= {server.removeprefix("http://")}


def require_accessible(browser: Browser, server: str, path: str) -> None:
    """Axe finds nothing in the light or in the dark, and a narrow screen shows everything."""
    for scheme in ("light", "dark"):
        with browser.new_context(color_scheme=scheme) as context:
            report = Axe().run(_unfolded(visit(context, server).go(path)))
            assert report.violations_count == 0, report.generate_report()
    with browser.new_context(viewport={"width": 320, "height": 640}) as context:
        page = _unfolded(visit(context, server).go(path))
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


def _unfolded(page: Page) -> Page:
    for summary in page.locator("summary").all():
        summary.click()
    return page
