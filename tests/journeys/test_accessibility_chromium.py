"""Popup and console for weak eyes and for keyboards, in Debian's Chromium: contrast and focus as rendered."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from accessibility import faint_texts, faults_of_focus
from browser import new_page
from playwright.sync_api import Browser, Page, expect
from web_house import BASE, PASSWORD, REPORT, WRONG_SIDE, WebHouse, event, hidden, served_house

from plugin.domain.people import Role

pytestmark = pytest.mark.slow

BLEEDING = {**REPORT, "findings": "右侧基底节区见团块状高密度影。", "impression": "右侧基底节区脑出血。"}
SIX = ("request_form", "image", "film", "reconstruction", "report", "reviewed_report")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebHouse]:
    """With something on every list: held and released reports, an alert, a failing score."""
    with served_house(tmp_path_factory.mktemp("house")) as built:
        built.person("wang", Role.HEAD, staff_id="D7")
        built.person("admin", Role.SYSTEM_ADMIN)
        built.person("nurse", Role.CLINICIAN, department="呼吸科")
        ticket = built.ticket(1, report=WRONG_SIDE)
        built.hold(2, report=BLEEDING)
        corrected = {**REPORT, "report": {**REPORT["report"], "reported_at": "2026-06-01 09:30:00"}}
        built.call("POST", "/hooks/report-sign", {**event(1, report=corrected), "event_id": "second click"})
        built.hold(3)
        page = built.client().get(ticket, base_url=BASE).text
        data = {"form_token": hidden(page, "form_token"), "m.RPT-F1": "1", "r.RPT-F1": "漏诊"}
        built.client().post("/qc", data=data, base_url=BASE)
        ids = [sheet.sheet_id for sheet in built.store.read(lambda uow: list(uow.sheets.for_exam("A1")))]
        built.store.write(lambda uow: built.journeys.submit_score.settling(uow, ids[:1]))
        yield built


def faults(page: Page) -> list[str]:
    return [*faint_texts(page), *faults_of_focus(page)]


def test_what_is_faint_or_out_of_order_is_told(page: Page) -> None:
    page.set_content(
        "<style>:focus { outline: 3px solid #2f7de1 } .no:focus { outline: none }</style>"
        "<p style='color:#999'>faint</p><p style='color:#767676'>just enough</p>"
        "<p style='color:#8d8d8d;font-size:24px'>large</p><p style='opacity:.5'>half</p>"
        "<div style='background:#000'><p style='color:#333'>dark</p></div>"
        "<button disabled style='color:#ccc'>disabled</button><p hidden style='color:#eee'>unseen</p>"
        "<input placeholder='grey'><style>::placeholder { color: #aaa }</style>"
        "<a href='#' class='no'>no ring</a>"
    )
    told = " ".join(faint_texts(page))
    assert [
        word
        for word in ("faint", "enough", "large", "half", "dark", "disabled", "unseen", "grey")
        if word in told
    ] == [
        "faint",
        "half",
        "dark",
        "grey",
    ]
    assert faults_of_focus(page) == ["a.no shows the focus with a contrast of 0.00"]
    page.set_content(
        "<style>:focus { outline: 3px solid #000 }</style><button tabindex='2'>second</button><button tabindex='1'>first</button>"
    )
    assert "Tab leads to" in faults_of_focus(page)[0]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_popup(house: WebHouse, page: Page, language: str) -> None:
    number = {"zh": 11, "en": 12}[language]
    house.ask_for(SIX)
    # Another has verified it: nobody scores his own review.
    verified = {**REPORT["report"], "verifier": "赵六", "verifier_id": "D8"}
    for accession, report in ((number, WRONG_SIDE), (number + 2, REPORT)):
        page.goto(house.hold(accession, report={**report, "report": verified})["popup_url"])
        expect(page.locator("#submit")).to_be_visible()
        if page.locator("#language").is_checked() != (language == "en"):
            page.locator("label[for=language]").first.click()
        assert faults(page) == [], "as it comes"
        mark = page.locator("input[name^='m.']").first
        mark.check()
        assert faults(page) == [], "with a mark"
        mark.uncheck()
    page.click("#submit")
    expect(page.locator("#done")).to_be_visible()
    assert faults(page) == []


@pytest.mark.parametrize("login", ["wang", "admin", "nurse"])
def test_every_page_of_the_menu(house: WebHouse, browser: Browser, login: str) -> None:
    page = new_page(browser)
    page.goto(f"{house.base_url}/console/sign-in")
    assert faults(page) == []
    page.fill("[name=login]", login)
    page.fill("[name=password]", PASSWORD)
    page.click("main form button")
    links = page.locator("header a[href^='/console/']").evaluate_all("all => all.map(a => a.pathname)")
    paths = [path for path in dict.fromkeys(links) if "/language/" not in path]
    if login == "wang":
        paths += ["/console/exams/A1", "/console/exams/A2"]
    found = {}
    for path in paths:
        page.goto(house.base_url + path)
        if told := faults(page):
            found[path] = told
    page.context.close()
    assert found == {}
