"""Policy page and review session in a real browser at 1366×768."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from browser import new_page
from playwright.sync_api import Browser, Page, expect
from web_house import PASSWORD, WebHouse, event, served_house

from plugin.domain.people import Role
from plugin.domain.review import SessionKind

NO_SIDEWAYS = "document.documentElement.scrollWidth <= innerWidth"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[WebHouse]:
    with served_house(tmp_path) as built:
        for number in (1, 2, 3):
            built.call("POST", "/hooks/report-sign", event(number))
        built.person("qc", Role.QC_STAFF, staff_id="Q1")
        yield built


@pytest.fixture
def page(browser: Browser, house: WebHouse) -> Iterator[Page]:
    opened = new_page(browser)
    opened.goto(f"{house.base_url}/console/sign-in")
    opened.fill("input[name=login]", "qc")
    opened.fill("input[name=password]", PASSWORD)
    opened.click("main form button")
    yield opened
    opened.context.close()


def picture(page: Page, name: str) -> None:
    """Kept only when a folder is named, to look at."""
    if folder := os.environ.get("SIGNGATE_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png")


def test_a_policy_is_slid_tried_and_saved(house: WebHouse, page: Page) -> None:
    page.goto(f"{house.base_url}/console/policy")
    page.evaluate(
        "var s = document.querySelector('input[data-for=\"p.0\"]'); s.value = 20; s.dispatchEvent(new Event('input'))"
    )
    expect(page.locator("input[name='p.0']")).to_have_value("20")
    page.fill("input[name='p.0']", "35")
    expect(page.locator("input[data-for='p.0']")).to_have_value("35")
    page.click("button[value=simulate]")
    expect(page.locator("#forecast")).to_contain_text("D7")
    expect(page.locator("#forecast .added")).to_contain_text("35%")
    assert page.evaluate(NO_SIDEWAYS)
    picture(page, "policy")
    page.click("button[value=submit]")
    expect(page.locator("ol").first).to_contain_text("35%")
    live = house.store.read(lambda uow: uow.policies.live(datetime.now(UTC)))
    assert live is not None
    assert [rule.p for rule in live.rules] == [0.35]


def test_a_session_is_walked_through_with_the_keys(house: WebHouse, page: Page) -> None:
    session = house.store.write(
        lambda uow: house.journeys.modes.assign.start_session(
            uow,
            title="晨会",
            kind=SessionKind.MORNING,
            forms=("report",),
            items=("A1", "A2", "A3"),
            by="qc",
        )
    )
    page.goto(f"{house.base_url}/console/review/{session.session_id}?presenter=1")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".steps b")).to_have_text("2/3")
    assert page.evaluate(NO_SIDEWAYS)
    picture(page, "session")
    with page.context.expect_page() as opening:
        page.click("button.go")
    form = opening.value
    form.wait_for_load_state()
    form.bring_to_front()
    form.keyboard.press("Enter")
    expect(form.locator("#done")).to_be_visible()
    form.close()
    page.bring_to_front()
    # The page loads itself anew when its form has been filled, or when it is looked at again.
    expect(page.locator(".items .done a")).to_have_text("A2")
    expect(page.locator("h1")).to_contain_text("1/3")


@pytest.mark.parametrize("path", ["review?since=2020-01-01", "corrections", "teaching", "staff"])
def test_the_other_pages_fit(house: WebHouse, page: Page, path: str) -> None:
    page.goto(f"{house.base_url}/console/{path}")
    expect(page.locator("h1")).to_be_visible()
    assert page.evaluate(NO_SIDEWAYS)
    picture(page, path.partition("?")[0])
