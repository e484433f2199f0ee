"""The popup in a real browser: keys, live score, drafts, frames, and life without script."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import new_page, other_site
from patience import until
from playwright.sync_api import Browser, Page, Route, expect
from web_house import REPORT, WRONG_SIDE, WebHouse, served_house

from plugin.domain.order import ImagingOrder

FITS = "document.documentElement.scrollHeight <= innerHeight && document.querySelector('.forms').scrollHeight <= document.querySelector('.forms').clientHeight"
SIX = ("request_form", "image", "film", "reconstruction", "report", "reviewed_report")
LISTENER = """<!doctype html><title>RIS</title><script>
window.heard = [];
addEventListener("message", function (e) { heard.push([e.origin, e.data]); });
</script>"""


@pytest.fixture(scope="module")
def ris() -> Iterator[str]:
    with other_site(LISTENER) as origin:
        yield origin


@pytest.fixture
def house(tmp_path: Path, ris: str) -> Iterator[WebHouse]:
    with served_house(tmp_path, frame_origins=(ris,)) as built:
        yield built


def score(house: WebHouse, number: int = 1) -> list[int | None]:
    sheets = house.store.read(lambda uow: list(uow.sheets.for_exam(f"A{number}")))
    return [sheet.result.score for sheet in sheets]


def test_a_sound_case_is_one_key_and_the_time_it_took_is_kept(house: WebHouse, page: Page) -> None:
    link = house.hold()["popup_url"]
    began = time.monotonic()
    page.goto(link)
    expect(page.locator("#submit")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#done")).to_contain_text("报告已放行")
    took = time.monotonic() - began
    assert score(house) == [5]
    (sheet,) = house.store.read(lambda uow: list(uow.sheets.for_exam("A1")))
    assert sheet.seconds_to_fill is not None
    assert 0 <= sheet.seconds_to_fill <= took + 1


def test_one_screen_without_scrolling(house: WebHouse, page: Page) -> None:
    for number, forms in enumerate(
        [
            ("report",),
            ("request_form", "image"),
            ("request_form", "image", "film", "reconstruction"),
            ("reviewed_report",),
            SIX,
        ],
        1,
    ):
        house.store.write(
            lambda uow, number=number: uow.exams.save_order(
                ImagingOrder(
                    accession_number=f"A{number}",
                    history="咳嗽 2 周，既往左肺上叶手术史。" * 3,
                    clinical_diagnosis="肺部感染待查",
                    purpose="明确诊断",
                ),
                frozenset(),
                None,
            )
        )
        house.ask_for(forms)
        # Another has verified it: nobody scores his own review.
        verified = {**REPORT["report"], "verifier": "赵六", "verifier_id": "D8"}
        report = {**REPORT, "report": verified, "findings": REPORT["findings"] * 6}
        page.goto(house.hold(number, report=report)["popup_url"])
        assert page.evaluate(FITS), forms
        assert page.evaluate(
            "document.querySelector('.forms').scrollWidth <= document.querySelector('.forms').clientWidth"
        )
    page.click("label[for=language]")
    assert page.evaluate(FITS), "six forms in English"


def test_in_a_small_window_the_button_stays_in_sight(house: WebHouse, page: Page) -> None:
    verified = {**REPORT["report"], "verifier": "赵六", "verifier_id": "D8"}
    house.ask_for(SIX)
    page.set_viewport_size({"width": 1024, "height": 700})
    page.goto(house.hold(report={**REPORT, "report": verified})["popup_url"])
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight"), (
        "the forms scroll, not the page"
    )
    page.locator(".blank").last.locator(".line").last.scroll_into_view_if_needed()
    expect(page.locator("#submit")).to_be_in_viewport(ratio=1)
    expect(page.locator("header .exam")).to_be_in_viewport(ratio=1)
    assert page.locator(".line kbd:empty").count() == 0, "every line has its key"
    page.keyboard.press("Shift+A")
    expect(page.locator(".line.marked kbd")).to_have_text("⇧a")


def test_on_an_enlarged_screen_a_marked_line_is_read_across_and_its_reason_stands_below(
    house: WebHouse, browser: Browser
) -> None:
    link = house.hold(report=WRONG_SIDE)["popup_url"]
    # 1366×768 at 125 %, in a frame that a RIS leaves some room around.
    page = new_page(browser, viewport={"width": 1048, "height": 530}, device_scale_factor=1.25)
    page.goto(link)
    expect(page.locator(".suggested input[value=yes]")).to_be_focused()
    page.keyboard.press("y")
    line = page.locator(".line.suggested.marked")
    expect(line.locator(".reason")).to_be_visible()
    wording, whole = line.locator(".wording").bounding_box(), line.bounding_box()
    assert wording is not None
    assert whole is not None
    assert wording["width"] > whole["width"] / 3
    assert wording["height"] < 80
    page.context.close()


def test_a_deduction_by_keys_shows_its_score_live_and_needs_its_reason(house: WebHouse, page: Page) -> None:
    page.goto(house.hold()["popup_url"])
    expect(page.locator(".score")).to_have_text("5 分")
    page.keyboard.press("9")
    expect(page.locator(".score")).to_have_text("4 分")
    expect(page.locator("#submit")).to_contain_text("按所勾选扣分")
    page.keyboard.press("Enter")
    expect(page.locator("#alarm")).to_have_text("扣分需要写明理由")
    page.keyboard.type("缺大小")
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    expect(page.locator(".score")).to_have_text("1 分")
    page.keyboard.type("漏诊骨折")
    page.keyboard.press("Enter")
    expect(page.locator("#done")).to_contain_text("1 分")
    assert score(house) == [1]


def test_a_suggestion_waits_for_a_judgement(house: WebHouse, page: Page) -> None:
    page.goto(house.hold(report=WRONG_SIDE)["popup_url"])
    expect(page.locator("mark:not(.faint)").first).to_contain_text("左肺上叶")
    expect(page.locator(".score")).to_have_text("待判断")
    page.keyboard.press("Enter")
    expect(page.locator("#alarm")).to_have_text("请先判断这条提示是否属实")
    assert score(house) == []
    page.keyboard.press("n")
    expect(page.locator("#alarm")).to_be_empty()
    expect(page.locator(".score")).to_have_text("5 分")
    expect(page.locator("#submit")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#done")).to_be_visible()
    assert score(house) == [5]


def test_a_draft_survives_a_crash_of_the_browser(house: WebHouse, page: Page) -> None:
    held = house.hold()
    page.goto(held["popup_url"])
    page.keyboard.press("9")
    page.keyboard.type("缺大小")
    page.goto("about:blank")
    again = house.call("POST", f"/hooks/report-sign/{held['gate_id']}/ticket", {"user_id": "D7"}).json
    page.goto(again["popup_url"])
    expect(page.locator(".score")).to_have_text("4 分")
    expect(page.locator("[name='r.RPT-C2']")).to_have_value("缺大小")
    page.locator("[name='r.RPT-C2']").press("Enter")
    expect(page.locator("#done")).to_be_visible()
    assert page.evaluate("localStorage.length") == 0


def test_a_lost_network_costs_one_more_enter(house: WebHouse, page: Page) -> None:
    page.goto(house.hold()["popup_url"])
    page.context.set_offline(True)
    page.keyboard.press("Enter")
    expect(page.locator("#alarm")).to_contain_text("网络中断")
    page.context.set_offline(False)
    page.keyboard.press("Enter")
    expect(page.locator("#done")).to_be_visible()


def test_a_slow_answer_is_waited_for_in_words(house: WebHouse, page: Page) -> None:
    page.goto(house.hold()["popup_url"])
    on_their_way: list[Route] = []

    def keep(route: Route) -> None:
        on_their_way.append(route)

    page.route("**/qc", keep)
    expect(page.locator("#submit")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#alarm")).to_have_text("正在提交，请稍候…")
    expect(page.locator("#submit")).to_be_disabled()
    until(lambda: on_their_way or page.wait_for_timeout(50))
    on_their_way[0].continue_()
    expect(page.locator("#done")).to_be_visible()
    assert score(house) == [5]


def test_it_works_without_script(house: WebHouse, browser: Browser) -> None:
    page = new_page(browser, java_script_enabled=False)
    page.goto(house.hold(report=WRONG_SIDE)["popup_url"])
    page.locator("[name='s.RPT-F2'][value=yes]").check()
    page.locator("[name='m.RPT-C2']").check()
    page.locator("[name='r.RPT-C2']").fill("缺大小")
    page.locator("#submit").click()
    expect(page.locator("#done")).to_contain_text("报告已放行")
    page.context.close()
    assert score(house) == [1]


def test_the_language_changes_without_losing_anything(house: WebHouse, page: Page) -> None:
    page.goto(house.hold()["popup_url"])
    page.keyboard.press("8")
    page.keyboard.type("错字")
    page.keyboard.press("Escape")
    page.keyboard.press("l")
    expect(page.locator("h1")).to_contain_text("Quality score")
    expect(page.locator(".score")).to_have_text("score 4")
    expect(page.locator("[name='r.RPT-C1']")).to_have_value("错字")


def frame(page: Page, ris: str, link: str, attributes: str = "") -> None:
    page.goto(ris)
    page.evaluate(
        "([link, attributes]) => { document.body.innerHTML = `<iframe ${attributes} width=1300 height=700 src='${link}'></iframe>`; }",
        [link, attributes],
    )


def test_the_ris_that_frames_it_hears_when_it_is_done(house: WebHouse, page: Page, ris: str) -> None:
    held = house.hold()
    frame(page, ris, held["popup_url"])
    inside = page.frame_locator("iframe")
    inside.locator("#submit").click()
    expect(inside.locator("#done")).to_be_visible()
    page.wait_for_function("heard.length > 0")
    base = house.base_url
    assert 0 < page.evaluate("heard[0][1].undo_seconds") <= 60
    assert page.evaluate("heard") == [
        [
            base,
            {
                "type": "signgate.qc.completed",
                "gate_id": held["gate_id"],
                "released": True,
                "undo_seconds": page.evaluate("heard[0][1].undo_seconds"),
            },
        ]
    ]


def test_s26_a_site_that_is_not_listed_cannot_frame_it(house: WebHouse, page: Page) -> None:
    with other_site(LISTENER) as stranger:
        frame(page, stranger, house.hold()["popup_url"])
        page.wait_for_timeout(500)
        assert page.frame_locator("iframe").locator("#form").count() == 0


@pytest.mark.parametrize("path", ["/console/sign-in", "/console/alerts"])
def test_s27_the_console_cannot_be_framed_by_anybody(
    house: WebHouse, page: Page, ris: str, path: str
) -> None:
    frame(page, ris, house.base_url + path)
    page.wait_for_timeout(500)
    assert page.frame_locator("iframe").locator("form").count() == 0


def test_s28_another_window_does_not_hear_it_and_is_not_heard(house: WebHouse, page: Page, ris: str) -> None:
    """The popup opened by a stranger posts to the listed origin only, and listens to nobody."""
    with other_site(LISTENER) as stranger:
        page.goto(stranger)
        with page.expect_popup() as opening:
            page.evaluate("link => { window.child = window.open(link); }", house.hold()["popup_url"])
        popup = opening.value
        popup.wait_for_selector("#submit")
        page.evaluate(
            "() => { for (let i = 0; i < 1000; i++) child.postMessage({type: 'signgate.qc.completed', released: true}, '*'); }"
        )
        assert score(house) == []
        popup.keyboard.press("Enter")
        popup.wait_for_selector("#done")
        page.wait_for_timeout(300)
        assert page.evaluate("heard") == []


def test_s1_a_nasty_name_runs_nothing(house: WebHouse, page: Page) -> None:
    report = {
        **REPORT,
        "patient": {**REPORT["patient"], "name": '"><img src=x onerror="window.broken=1">'},
        "impression": "<script>window.broken=1</script>左肺上叶结节。",
    }
    page.goto(house.hold(report=report)["popup_url"])
    assert page.evaluate("window.broken") is None
    expect(page.locator("header")).to_contain_text("<img src=x")


def embedding(house: WebHouse) -> str:
    return f"""<!doctype html><title>RIS</title><div id=place></div>
<script src="{house.base_url}/qc/static/signgate.js"></script>
<script>window.done = [];
function go(link, gate) {{
  SignGate.open(link, {{gateId: gate, container: document.getElementById("place"),
    onDone: function (released, seconds) {{ done.push([released, seconds > 0]); }},
    onTakenBack: function () {{ done.push("taken back"); }}}});
}}</script>"""


def test_s28_the_embedding_script_believes_only_its_own_form(
    browser: Browser, tmp_path: Path, ris: str
) -> None:
    pages: list[str] = [""]
    with (
        other_site(pages) as origin,
        served_house(tmp_path, frame_origins=(origin,)) as house,
    ):
        pages[0] = embedding(house)
        page = new_page(browser)
        page.goto(origin)
        held = house.hold()
        page.evaluate("([link, gate]) => go(link, gate)", [held["popup_url"], held["gate_id"]])
        page.frame_locator("iframe").locator("#submit").wait_for()
        page.evaluate(
            """gate => { for (let i = 0; i < 500; i++) {
                 postMessage({type: "signgate.qc.completed", gate_id: gate, released: true}, "*");
                 postMessage("signgate.qc.completed", "*"); postMessage(null, "*"); } }""",
            held["gate_id"],
        )
        page.wait_for_timeout(200)
        assert page.evaluate("done") == [], "the page's own window is not the form"
        inside = page.frame_locator("iframe")
        inside.locator("#submit").click()
        page.wait_for_function("done.length > 0")
        inside.locator("#take-back button").click()
        page.wait_for_function("done.length > 1")
        inside.locator("#submit").click()
        page.wait_for_function("done.length > 2")
        assert page.evaluate("done") == [[True, True], "taken back", [True, True]]
        page.context.close()


@pytest.mark.parametrize("name", ["signgate.js", "signgate-issues.js"])
def test_what_a_ris_embeds_is_small(name: str) -> None:
    script = Path(__file__).parents[2] / "plugin" / "qc_popup" / "static" / name
    assert script.stat().st_size < 6000
