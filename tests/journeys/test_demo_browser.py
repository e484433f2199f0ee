"""A person at the demo's workstation: signs, meets the popup, scores, sees SR, label and critical value."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from browser import chromium
from patience import PATIENCE_S, until
from playwright.sync_api import Page, expect
from ports import free_ports

pytestmark = pytest.mark.slow

BLEED, SOUND, EMERGENCY = "CT26060001", "DR26060006", "DR26060008"


@pytest.fixture(scope="module")
def ris(tmp_path_factory) -> Iterator[str]:
    base = free_ports(5)
    folder = tmp_path_factory.mktemp("demo")
    process = subprocess.Popen(
        [sys.executable, "-m", "plugin", "demo", "--data", str(folder / "d"), "--port-base", str(base)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if "images of" in line:
                break
        yield f"http://127.0.0.1:{base + 4}"
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


@pytest.fixture(scope="module")
def browser():
    with chromium() as launched:
        yield launched


@pytest.fixture
def page(browser, ris) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    page.set_default_timeout(PATIENCE_S * 1000)
    trouble: list[str] = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.goto(ris)
    yield page
    page.close()
    assert trouble == []


def test_a_value_raised_by_hand_stands_on_top_until_somebody_takes_it(page: Page) -> None:
    choose(page, SOUND)
    page.once("dialog", lambda dialog: dialog.accept("张力性纵隔气肿"))
    page.click("#raise")
    expect(page.locator("#standing button")).to_contain_text("张力性纵隔气肿")
    page.locator("#standing button", has_text="张力性纵隔气肿").click()
    card = page.locator("#alerts .alert", has_text="张力性纵隔气肿")
    card.locator("[name=read_back]").fill("气胸")
    card.locator("button").click()
    expect(card.locator(".bad")).to_contain_text("张力性纵隔气肿")
    expect(page.locator("#standing button", has_text="张力性纵隔气肿")).to_have_count(1)
    card.locator("[name=read_back]").fill("张力性纵隔气肿")
    card.locator("button").click()
    expect(page.locator("#standing button", has_text="张力性纵隔气肿")).to_have_count(0)


def choose(page: Page, accession: str) -> None:
    page.click(f"li[data-exam={accession}]")
    expect(page.locator("#who")).to_contain_text(accession)


def test_a_held_report_is_scored_released_and_found_in_the_pacs(page, ris):
    choose(page, BLEED)
    page.click("#sign")
    form = page.frame_locator("#form")
    expect(form.locator("form[data-gate]")).to_be_visible()
    expect(form.locator("mark[data-issues]")).not_to_have_count(0)
    expect(page.locator("#verdict")).to_contain_text("拦截")
    expect(page.locator("#issues")).to_contain_text("laterality")
    form.locator("input[type=radio][value=yes]").first.check()
    form.locator("[name=comment]").fill("方位须更正")
    form.locator("#submit").click()

    expect(page.locator(f"li[data-exam={BLEED}] .chip")).to_have_class(re.compile("released"))
    expect(page.locator("#veil")).to_have_class(re.compile("docked"))
    page.click("[data-pane=wire]")  # the rest of the page is free meanwhile
    form.locator("#take-back button").click()
    expect(page.locator("#veil")).not_to_have_class(re.compile("docked"))
    form.locator("[name=comment]").fill("方位须更正，大小无误")
    form.locator("#submit").click()
    expect(page.locator("#veil")).to_have_class(re.compile("docked"))
    expect(form.locator("#seconds-left")).to_be_visible()
    expect(page.locator("#veil")).to_be_hidden()

    page.goto(f"{ris}/exams/{BLEED}/sr")
    until(lambda: page.locator("article").count() or (page.wait_for_timeout(500), page.reload())[0])
    expect(page.locator("article").first).to_contain_text("方位须更正")
    expect(page.locator("article .score").first).to_have_text("5")

    page.goto(ris)
    choose(page, BLEED)

    def drawn() -> int:
        page.click("[data-pane=issues]")
        page.click("[data-pane=pictures]")
        page.wait_for_timeout(1000)
        return page.locator(".drawn span").count()

    until(drawn)
    expect(page.locator(".corner.tr .hr")).to_contain_text("川渝 HR")
    expect(page.locator(".drawn span").first).to_have_text("川渝 HR")


def test_an_issue_is_judged_by_one_click_and_both_its_places_are_marked(page):
    choose(page, BLEED)
    issue = page.locator(".signgate-issue", has_text="laterality").first
    expect(issue.locator("q")).to_have_count(2)
    issue.hover()
    lit = page.locator(".marks mark.lit")
    expect(lit).to_have_count(2)
    assert {
        each.evaluate("e => e.closest('.editor').querySelector('textarea').id") for each in lit.all()
    } == {
        "findings",
        "impression",
    }
    issue.locator("button", has_text="属实").click()
    expect(page.locator("#toast")).to_contain_text("已反馈")
    page.click("[data-pane=wire]")
    expect(page.locator("#wire")).to_contain_text("laterality：属实")
    page.click("[data-pane=issues]")
    expect(page.locator(".signgate-chosen").first).to_have_text("属实")


def test_the_ward_reads_the_critical_value_back(page):
    choose(page, EMERGENCY)
    page.click("#sign")
    expect(page.locator(f"li[data-exam={EMERGENCY}] .chip")).to_have_class(re.compile("released"))
    page.click("[data-view=ward]")
    card = page.locator(".alert", has_text="气胸")
    expect(card).to_be_visible()
    card.locator("[name=read_back]").fill("肺炎")
    card.locator("button").click()
    expect(card.locator(".bad")).not_to_be_empty()

    name = card.locator("h2").inner_text().removeprefix("危急值：")
    card.locator("[name=read_back]").fill(name)
    card.locator("button").click()
    expect(page.locator(".alert.done", has_text="气胸")).to_be_visible()


def test_corrected_text_is_marked_no_more(page):
    choose(page, "DR26060007")
    page.select_option("#action", "submit")
    page.select_option("#signer", "D1003")
    page.click("#sign")
    expect(page.locator("#issues")).to_contain_text("laterality")
    if page.locator("#veil").is_visible():
        page.click("#close")
    assert page.locator(".marks mark.error").count() >= 1

    page.click("#correct")
    assert page.locator(".marks mark.error").count() == 0
    expect(page.locator("#impression")).to_have_value("左手第5掌骨颈骨折。")
