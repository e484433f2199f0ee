"""Images that fail are marked beside the form: by keys, by mouse, without script, on one screen."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import new_page
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, expect
from web_house import REPORT, WebHouse, served_house

from plugin.domain.imaging import KeyImage
from plugin.domain.order import ImagingOrder
from plugin.domain.scoring import ImageMark

FITS = """() => [document.documentElement, ...document.querySelectorAll(".forms, .strip")]
    .every(part => part.scrollHeight <= part.clientHeight + 1 && part.scrollWidth <= part.clientWidth + 1)"""
SHOWN = "() => document.querySelector('.strip').getBoundingClientRect().bottom <= document.querySelector('footer').getBoundingClientRect().top + 1"
SEES_REPORT = "() => document.querySelector('.report').clientHeight"


def picture(accession_number: str, number: int) -> KeyImage | None:
    """Two series of 24 images, three key images each."""
    if number > 5:
        return None
    image = Image.new("L", (256, 256), 20)
    ImageDraw.Draw(image).ellipse((40 + 10 * number, 40, 200, 220), fill=150)
    out = io.BytesIO()
    image.save(out, "PNG")
    series, turn = divmod(number, 3)
    return KeyImage(
        series_instance_uid=f"1.2.{series}",
        sop_instance_uid=f"1.2.{series}.{turn}",
        png=out.getvalue(),
        series=series + 1,
        place=8 * turn + 5,
        of=24,
        leads=turn == 0,
    )


@pytest.fixture
def house(tmp_path: Path) -> Iterator[WebHouse]:
    with served_house(tmp_path, key_image=picture) as built:
        yield built


def marks(house: WebHouse, number: int = 1) -> tuple[ImageMark, ...]:
    (sheet,) = house.store.read(lambda uow: list(uow.sheets.for_exam(f"A{number}")))
    return sheet.answers.images


def link(house: WebHouse, *forms: str) -> str:
    house.ask_for(forms)
    order = ImagingOrder(accession_number="A1", history="咳嗽 2 周。" * 3, purpose="明确诊断")
    house.store.write(lambda uow: uow.exams.save_order(order, frozenset(), None))
    report = {**REPORT, "findings": REPORT["findings"] * 6}
    url: str = house.hold(report=report)["popup_url"]
    return url


@pytest.mark.parametrize(
    "forms", [("request_form", "image"), ("request_form", "image", "film", "reconstruction")]
)
def test_pictures_and_forms_share_one_screen(house: WebHouse, page: Page, forms: tuple[str, ...]) -> None:
    page.goto(link(house, *forms))
    expect(page.locator(".picture")).to_have_count(6)
    assert page.evaluate(FITS)
    assert page.evaluate(SHOWN)
    assert page.evaluate(SEES_REPORT) > 150


def test_marked_by_keys(house: WebHouse, page: Page) -> None:
    page.goto(link(house, "image"))
    expect(page.locator(".picture")).to_have_count(6)
    page.keyboard.press("0")
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(page.locator(".picture.marked")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("#alarm")).to_have_text("已标出图像：请在图像质量表中勾选是什么问题")
    page.keyboard.press("Space")  # the first line is at hand
    page.keyboard.type("运动伪影")
    page.keyboard.press("Enter")
    expect(page.locator("#done")).to_be_visible()
    assert marks(house) == (ImageMark(series_instance_uid="1.2.0", sop_instance_uid="1.2.0.1"),)


def test_marked_by_mouse_and_kept_over_a_crash(house: WebHouse, page: Page) -> None:
    url = link(house, "image")
    page.goto(url)
    expect(page.locator(".picture")).to_have_count(6)
    page.locator(".picture img").nth(1).click()
    expect(page.locator("img.large")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("img.large")).to_have_count(0)
    page.locator(".picture label", has_text="整序列").nth(1).click()
    page.locator(".picture label", has_text="本图").first.click()
    gate_id = page.locator("#form").get_attribute("data-gate")
    again = house.call("POST", f"/hooks/report-sign/{gate_id}/ticket", {"user_id": "D7"}).json["popup_url"]
    page.goto(again)
    expect(page.locator(".picture.marked")).to_have_count(2)
    page.keyboard.press("1")
    page.keyboard.type("运动伪影")
    page.keyboard.press("Enter")
    expect(page.locator("#done")).to_be_visible()
    assert marks(house) == (
        ImageMark(series_instance_uid="1.2.0", sop_instance_uid="1.2.0.0"),
        ImageMark(series_instance_uid="1.2.1"),
    )


def test_marked_without_script(house: WebHouse, browser: Browser) -> None:
    page = new_page(browser, java_script_enabled=False)
    page.goto(link(house, "image"))
    page.locator("input[type=checkbox][name^='m.']").first.check()
    page.locator("input[name^='r.']").first.fill("运动伪影")
    page.locator(".images button").click()
    expect(page.locator(".picture")).to_have_count(6)
    assert page.locator("input[name^='r.']").first.input_value() == "运动伪影"
    page.locator(".picture input").first.check()
    page.locator("#submit").click()
    expect(page.locator("#done")).to_be_visible()
    page.context.close()
    assert marks(house) == (ImageMark(series_instance_uid="1.2.0", sop_instance_uid="1.2.0.0"),)


def test_a_form_taken_back_keeps_its_marks(house: WebHouse, page: Page) -> None:
    page.goto(link(house, "image"))
    expect(page.locator(".picture")).to_have_count(6)
    page.locator(".picture input").first.check()
    page.keyboard.press("1")
    page.keyboard.type("运动伪影")
    page.keyboard.press("Enter")
    page.locator("#take-back button").click()
    expect(page.locator(".picture.marked")).to_have_count(1)
