"""Debian's Chromium, driven by Playwright, and pages of other origins for it to stand in."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from conftest import need_tool
from patience import PATIENCE_S
from playwright.sync_api import Browser, Page, expect, sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Playwright's own list would switch on what denies storage in a cross-site frame.
    "--disable-features=Dummy",
]


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser; the test is skipped where there is none, and fails on CI."""
    path = need_tool("chromium", "chromium-browser")
    expect.set_options(timeout=PATIENCE_S * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def new_page(browser: Browser, **options: object) -> Page:
    """A page of 1366×768 in Chinese, whose script errors fail the test."""
    context = browser.new_context(
        **{"viewport": {"width": 1366, "height": 768}, "locale": "zh-CN", **options}  # type: ignore[arg-type]
    )
    context.set_default_timeout(PATIENCE_S * 1000)
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"script error: {error}"))
    return page


@contextlib.contextmanager
def other_site(page: str | list[str]) -> Iterator[str]:
    """Another origin that answers every request with `page` (or what stands in the list then); its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write((page if isinstance(page, str) else page[0]).encode())

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
