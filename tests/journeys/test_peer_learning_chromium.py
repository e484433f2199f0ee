"""Feedback among peers in a real browser at 1366×768: from the examination to the meeting's list."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import new_page
from playwright.sync_api import Browser, Page, expect
from web_house import PASSWORD, WebHouse, event, served_house

from plugin.domain.people import Role

NO_SIDEWAYS = "document.documentElement.scrollWidth <= innerWidth"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[WebHouse]:
    with served_house(tmp_path) as built:
        built.call("POST", "/hooks/report-sign", event(1))
        built.person("qc", Role.QC_STAFF, staff_id="Q1")
        built.person("li", Role.RADIOLOGIST, staff_id="D1")
        yield built


def signed_in(browser: Browser, house: WebHouse, login: str) -> Page:
    opened = new_page(browser)
    opened.goto(f"{house.base_url}/console/sign-in")
    opened.fill("input[name=login]", login)
    opened.fill("input[name=password]", PASSWORD)
    opened.click("main form button")
    return opened


def looks_right(page: Page, name: str) -> None:
    """Nothing is wider than the screen; a picture is kept only when a folder is named."""
    assert page.evaluate(NO_SIDEWAYS)
    if folder := os.environ.get("SIGNGATE_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png")


def test_feedback_goes_from_the_examination_to_the_person_and_the_meeting(
    house: WebHouse, browser: Browser
) -> None:
    page = signed_in(browser, house, "qc")
    page.goto(f"{house.base_url}/console/exams/A1")
    page.click("a[href*='peer_learning/peer_learning/A1']")
    page.check("input[name='c.PEER-K1']")
    page.fill("input[name='r.PEER-K3']", "结节的边缘可以多写一句")
    page.fill("input[name=comment]", "整体写得清楚")
    looks_right(page, "peer-form")
    page.click("main form button.go")
    expect(page.locator("h1")).to_contain_text("A1")
    expect(page.get_by_text("结节的边缘可以多写一句")).to_be_visible()
    looks_right(page, "peer-exam")
    page.goto(f"{house.base_url}/console/peer_learning")
    expect(page.locator("main table")).to_contain_text("优秀病例")
    expect(page.locator("main table")).not_to_contain_text("李四")
    looks_right(page, "peer-meeting")
    page.check("input[name=named]")
    page.click("main form button")
    expect(page.locator("main table")).to_contain_text("李四")
    looks_right(page, "peer-named")
    page.context.close()
    author = signed_in(browser, house, "li")
    author.goto(f"{house.base_url}/console/notices")
    author.click("td.actions a")
    expect(author.locator("main table")).to_contain_text("整体写得清楚")
    expect(author.locator("main table")).not_to_contain_text("qc")
    looks_right(author, "peer-mine")
    author.context.close()
