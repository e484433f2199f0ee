"""The ward's page in Debian's Chromium: it finds out, sounds, is read back, and the banner stands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from browser import new_page
from patience import PATIENCE_S, until
from playwright.sync_api import Browser, Page, expect
from web_house import PASSWORD, REPORT, WebHouse, hidden, served_house

from plugin.domain.people import Role

pytestmark = pytest.mark.slow

BLEEDING = {**REPORT, "findings": "右侧基底节区见团块状高密度影。", "impression": "右侧基底节区脑出血。"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[WebHouse]:
    with served_house(tmp_path) as built:
        yield built


def signed_in(browser: Browser, house: WebHouse, login: str, role: Role, **options: object) -> Page:
    house.person(login, role)
    page = new_page(browser, **options)
    page.goto(f"{house.base_url}/console/sign-in")
    page.fill("[name=login]", login)
    page.fill("[name=password]", PASSWORD)
    page.click("main button")
    page.goto(f"{house.base_url}/console/alerts")
    return page


def test_a_new_value_appears_and_sounds_and_a_wrong_read_back_is_refused(
    browser: Browser, house: WebHouse
) -> None:
    page = signed_in(browser, house, "nurse", Role.CLINICIAN)
    page.mouse.click(5, 400)
    house.hold(1, report=BLEEDING)
    expect(page.locator("section.alert.red")).to_have_count(1)
    assert page.evaluate("Number(document.documentElement.getAttribute('data-sounded'))") >= 1
    assert page.title().startswith("(1)")
    page.fill("section.alert.red [name=read_back]", "气胸")
    page.click("section.alert.red button.go")
    expect(page.locator("section.alert.red .alarm")).to_contain_text("与通知的危急值不一致")
    page.select_option("section.alert.red [name=picked]", "脑实质内急性出血/血肿")
    page.click("section.alert.red button.go")
    expect(page.locator("section.alert.red")).to_have_count(0)
    (alert,) = house.store.read(lambda uow: list(uow.alerts.find("A1")))
    assert alert.acknowledged_by == "nurse"


def test_it_is_told_by_server_sent_events_and_asks_where_there_are_none(
    browser: Browser, house: WebHouse
) -> None:
    told = signed_in(browser, house, "nurse", Role.CLINICIAN)
    told.route("**/alerts/news", lambda route: route.abort())
    asks = signed_in(browser, house, "wang", Role.RADIOLOGIST)
    asks.route("**/alerts/stream", lambda route: route.fulfill(status=204))
    for page in (told, asks):
        page.reload()
        expect(page.locator("section.alert")).to_have_count(0)
    house.hold(1, report=BLEEDING)
    expect(told.locator("section.alert.red")).to_have_count(1)
    expect(asks.locator("section.alert.red")).to_have_count(1)


def test_streams_are_bounded_and_come_back_when_a_browser_goes(house: WebHouse) -> None:
    house.person("nurse", Role.CLINICIAN)
    nurse = requests.Session()
    door = hidden(nurse.get(f"{house.base_url}/console/sign-in", timeout=PATIENCE_S).text, "door")
    signing = {"door": door, "login": "nurse", "password": PASSWORD}
    nurse.post(
        f"{house.base_url}/console/sign-in",
        data=signing,
        headers={"Origin": house.base_url},
        timeout=PATIENCE_S,
    )
    path = f"{house.base_url}/console/alerts/stream"
    open_ones = [nurse.get(path, stream=True, timeout=PATIENCE_S) for _ in range(12)]
    assert {each.status_code for each in open_ones} == {200}
    assert open_ones[0].headers["Content-Type"].startswith("text/event-stream")
    lines = open_ones[0].iter_lines(chunk_size=1)
    assert next(line for line in lines if line.startswith(b"data: ")).endswith(b'"waiting": 0}')
    assert nurse.get(path, timeout=PATIENCE_S).status_code == 204
    for each in open_ones:
        each.close()
    # The places of those who have gone come back.
    until(lambda: nurse.get(path, stream=True, timeout=PATIENCE_S).status_code != 204, pause_s=0.2)


def test_what_is_being_typed_is_not_lost_when_news_come(browser: Browser, house: WebHouse) -> None:
    house.hold(1, report=BLEEDING)
    page = signed_in(browser, house, "nurse", Role.CLINICIAN)
    page.fill("section.alert.red [name=read_back]", "脑实质")
    house.hold(2, report=BLEEDING)
    expect(page.locator("#news")).to_have_text("有新的危急值消息，请刷新")
    assert page.input_value("section.alert.red [name=read_back]") == "脑实质"


def test_one_that_nobody_takes_stands_on_a_page_that_was_open_before(
    browser: Browser, house: WebHouse
) -> None:
    page = signed_in(browser, house, "wang", Role.RADIOLOGIST)
    page.goto(f"{house.base_url}/console/exams")
    expect(page.locator("#alarm")).to_be_hidden()
    house.hold(1, report=BLEEDING)
    (alert,) = house.store.read(lambda uow: list(uow.alerts.find("A1")))
    for level in range(3):
        house.store.write(
            lambda uow, level=level: house.journeys.alerts.chase.escalate(uow, alert.alert_id, level)
        )
    expect(page.locator("#alarm")).to_contain_text("仍无人接收")
    page.click("#alarm a")
    page.locator("section.alert.stands .duty button").first.click()
    expect(page.locator("#alarm")).to_be_hidden()


def test_without_javascript_the_page_loads_itself_again_and_takes_a_read_back(
    browser: Browser, house: WebHouse
) -> None:
    house.hold(1, report=BLEEDING)
    page = signed_in(browser, house, "nurse", Role.CLINICIAN, java_script_enabled=False)
    assert "http-equiv" in page.content()
    page.select_option("section.alert.red [name=picked]", "脑实质内急性出血/血肿")
    page.click("section.alert.red button.go")
    expect(page.locator("section.alert.red")).to_have_count(0)
