"""The desktop page of a RIS that embeds nothing: held reports come by themselves, the one that is open first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from browser import new_page
from fhircast_hub import TOKEN, Hub
from patience import until
from playwright.sync_api import Browser, Page, expect
from ports import free_port
from unit.fhircast.test_subscriber import Wire, settings
from web_house import PASSWORD, WebHouse, web_house

from plugin.domain.people import Role
from plugin.fhircast.desktops import Desktops
from plugin.web.server import WebServer
from plugin.web.settings import WebSettings


@pytest.fixture
def hub() -> Iterator[Hub]:
    built = Hub()
    yield built
    built.close()


@pytest.fixture
def house(tmp_path: Path, hub: Hub) -> Iterator[WebHouse]:
    port = free_port()

    def now() -> datetime:
        return datetime.now(UTC)

    desktops = Desktops(settings=settings(hub), token=TOKEN, wire=Wire(), clock=now, jitter=lambda: 0.5)
    with web_house(tmp_path, now, base_url=f"http://127.0.0.1:{port}", on_top=desktops.top) as built:
        built.person("wang", Role.RADIOLOGIST, staff_id="D7")
        server = WebServer(built.app, WebSettings(port=port))
        server.start()
        yield built
        server.stop()
        desktops.close()


@pytest.fixture
def page(browser: Browser, house: WebHouse) -> Iterator[Page]:
    opened = new_page(browser)
    opened.goto(f"{house.base_url}/console/sign-in")
    opened.fill("input[name=login]", "wang")
    opened.fill("input[name=password]", PASSWORD)
    opened.press("input[name=password]", "Enter")
    opened.goto(f"{house.base_url}/console/held")
    yield opened
    opened.context.close()


def test_the_form_of_a_held_report_opens_by_itself_and_is_filled(house: WebHouse, page: Page) -> None:
    expect(page.locator("#list .empty")).to_be_visible()
    gate_id = house.hold()["gate_id"]
    form = page.frame_locator("iframe[name=signgate-form]")
    expect(form.locator("form[data-gate]")).to_have_attribute("data-gate", gate_id)
    assert page.title().startswith("(1)")
    page.keyboard.press("Enter")
    expect(form.locator("#done")).to_contain_text("报告已放行")
    expect(page.locator("#close")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#list .empty")).to_be_visible()
    expect(page.locator("#veil")).to_be_hidden()


def test_who_does_not_want_it_opens_the_form_himself(house: WebHouse, page: Page) -> None:
    page.locator("#auto input").uncheck()
    house.hold()
    expect(page.locator("form.open")).to_have_count(1)
    expect(page.locator("#veil")).to_be_hidden()
    page.reload()
    expect(page.locator("#auto input")).not_to_be_checked()
    page.click("form.open button")
    expect(page.frame_locator("iframe[name=signgate-form]").locator("#submit")).to_be_visible()
    page.locator("#close").click()
    expect(page.locator("#veil")).to_be_hidden()


def test_the_report_that_is_open_in_the_ris_stands_first(house: WebHouse, page: Page, hub: Hub) -> None:
    page.locator("#auto input").uncheck()
    for number in (1, 2, 3):
        house.hold(number)
    rows = page.locator("#list tbody tr")
    expect(rows).to_have_count(3)
    until(lambda: hub.connected == 1)
    for number in (1, 2):
        hub.tell("DiagnosticReport-open", f"A{number}", "D7", f"e{number}")
        expect(rows.first).to_contain_text(f"正在打开 A{number}")
    hub.tell("DiagnosticReport-open", "A77", "D7", "e3")
    expect(page.locator("#list .hint")).to_contain_text("A77")
    hub.tell("DiagnosticReport-close", "A77", "D7", "e4")
    expect(rows.first).to_contain_text("正在打开 A2")


def test_without_script_the_list_is_there_and_opens_its_forms(
    house: WebHouse, browser: Browser, page: Page
) -> None:
    house.hold()
    plain = browser.new_context(java_script_enabled=False, storage_state=page.context.storage_state())
    opened = plain.new_page()
    opened.goto(f"{house.base_url}/console/held")
    opened.click("form.open button")
    expect(opened.locator("form[data-gate]")).to_be_visible()
    plain.close()
