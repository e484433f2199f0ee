"""One browser a file, and a page of it for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser import chromium, new_page
from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as launched:
        yield launched


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = new_page(browser)
    yield opened
    opened.context.close()
