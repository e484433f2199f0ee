"""Later, taking back, verdicts and pictures in a real browser; and how soon the page is painted."""

from __future__ import annotations

import io
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from patience import PATIENCE_S
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, expect
from web_house import REPORT, WRONG_SIDE, WebHouse, served_house

from plugin.domain.imaging import KeyImage

FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
FITS = "document.documentElement.scrollHeight <= innerHeight && document.querySelector('.forms').scrollHeight <= document.querySelector('.forms').clientHeight"


def picture(accession_number: str, number: int) -> KeyImage | None:
    if number > 2:
        return None
    image = Image.new("L", (256, 256), 20)
    ImageDraw.Draw(image).ellipse((40 + 20 * number, 40, 200, 220), fill=150)
    out = io.BytesIO()
    image.save(out, "PNG")
    return KeyImage(
        series_instance_uid=f"1.2.{number}",
        sop_instance_uid=f"1.2.{number}.12",
        png=out.getvalue(),
        series=number + 1,
        place=12,
        of=24,
    )


@pytest.fixture
def archive_answers() -> Iterator[threading.Event]:
    """Until it is cleared, the archive answers at once; then, not before it is set again."""
    answers = threading.Event()
    answers.set()
    yield answers
    answers.set()


@pytest.fixture
def house(tmp_path: Path, archive_answers: threading.Event) -> Iterator[WebHouse]:
    def in_its_time(accession_number: str, number: int) -> KeyImage | None:
        assert archive_answers.wait(PATIENCE_S)
        return picture(accession_number, number)

    with served_house(tmp_path, key_image=in_its_time) as built:
        yield built


def scores(house: WebHouse, number: int = 1) -> list[int | None]:
    """Oldest first."""
    sheets = house.store.read(lambda uow: list(uow.sheets.for_exam(f"A{number}")))
    return [sheet.result.score for sheet in sorted(sheets, key=lambda sheet: sheet.scored_at)]


def test_painted_and_ready_while_the_archive_has_not_answered(
    house: WebHouse,
    page: Page,
    archive_answers: threading.Event,
    record_testsuite_property: Callable[[str, object], None],
) -> None:
    archive_answers.clear()
    page.goto(house.hold()["popup_url"], wait_until="commit")
    expect(page.locator("#submit")).to_be_focused()
    page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length > 0")
    record_testsuite_property("popup.first_paint_ms", page.evaluate(FIRST_PAINT))
    assert not archive_answers.is_set()
    archive_answers.set()
    expect(page.locator("#images img")).to_have_count(3)
    assert page.evaluate("document.querySelector('#images img').naturalWidth") == 256
    assert page.evaluate(FITS)


def test_a_sound_case_is_one_key_and_its_time_is_kept(
    house: WebHouse, page: Page, record_testsuite_property: Callable[[str, object], None]
) -> None:
    link = house.hold()["popup_url"]
    began = time.monotonic()
    page.goto(link)
    expect(page.locator("#submit")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#done")).to_contain_text("报告已放行")
    record_testsuite_property("popup.sound_case_s", round(time.monotonic() - began, 2))
    assert scores(house) == [5]


def test_later_by_the_button(house: WebHouse, page: Page) -> None:
    page.goto(house.hold()["popup_url"])
    page.keyboard.press("Shift+Tab")
    expect(page.locator("#later")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#done")).to_contain_text("评分表记为待评")
    assert scores(house) == []


def test_enter_in_a_reason_never_puts_off_or_judges(house: WebHouse, page: Page) -> None:
    page.goto(house.hold(report=WRONG_SIDE)["popup_url"])
    page.keyboard.press("y")
    page.locator(".marked .reason").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#done")).to_contain_text("1 分")


def test_a_form_is_taken_back_and_changed(house: WebHouse, page: Page) -> None:
    page.goto(house.hold()["popup_url"])
    page.keyboard.press("Enter")
    # The sixty seconds run down, however many of them a look missed.
    expect(page.locator("#seconds-left")).to_have_text(re.compile("^(5[0-8]|[1-4]?[0-9])$"))
    page.locator("#take-back button").click()
    expect(page.locator(".forms")).to_contain_text("已撤回")
    page.keyboard.press("9")
    page.keyboard.type("缺大小")
    page.keyboard.press("Enter")
    expect(page.locator("#done")).to_contain_text("4 分")
    assert scores(house) == [5, 4]


def test_an_issue_is_dismissed_in_one_click_and_nothing_typed_is_lost(house: WebHouse, page: Page) -> None:
    page.goto(house.hold(report=WRONG_SIDE)["popup_url"])
    page.locator(".comment").fill("写到一半")
    page.locator(".issues .verdict", has_text="误报").first.click()
    expect(page.locator(".verdict.chosen")).to_contain_text("误报")
    assert page.locator(".comment").input_value() == "写到一半"
    report = house.store.read(lambda uow: uow.reports.latest("A1"))
    (said,) = house.store.read(lambda uow: list(uow.feedback.for_text("A1", report.text_digest)))
    assert said.verdict == "dismissed"


def test_frequent_reasons_are_offered(house: WebHouse, page: Page) -> None:
    for number in (1, 2):
        page.goto(house.hold(number)["popup_url"])
        page.keyboard.press("9")
        page.keyboard.type("漏写大小")
        page.keyboard.press("Enter")
        expect(page.locator("#done")).to_be_visible()
    page.goto(house.hold(3)["popup_url"])
    assert page.locator("datalist option").first.get_attribute("value") == "漏写大小"


def test_without_script_the_buttons_are_ordinary_ones(house: WebHouse, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    page.goto(house.hold(report=REPORT)["popup_url"])
    page.locator("#later").click()
    expect(page.locator("#done")).to_contain_text("评分表记为待评")
    context.close()
