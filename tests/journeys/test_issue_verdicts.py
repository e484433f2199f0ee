"""An issue in the popup and in a web RIS: both places marked, one click for what the doctor says of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import other_site
from playwright.sync_api import Page, expect
from web_house import REPORT, WRONG_SIDE, WebHouse, served_house

from plugin.domain.issue import Issue, Section, Severity

REMARK = Issue(
    rule="lungnet:size",
    severity=Severity.WARNING,
    section=Section.FINDINGS,
    start=0,
    end=6,
    text=REPORT["findings"][:6],
    message="结节大小与既往不符，请核对。",
    clause="",
    analyser="lungnet",
    analyser_version="2.1.0",
)


@pytest.fixture
def pages() -> list[str]:
    return [""]


@pytest.fixture
def origin(pages: list[str]) -> Iterator[str]:
    with other_site(pages) as address:
        yield address


@pytest.fixture
def house(tmp_path: Path, origin: str) -> Iterator[WebHouse]:
    with served_house(tmp_path, frame_origins=(origin,)) as built:
        yield built


def test_whoever_points_at_an_issue_or_its_line_sees_both_places(house: WebHouse, page: Page) -> None:
    page.goto(house.hold(report=WRONG_SIDE)["popup_url"])
    lit = page.locator("mark.lit")
    # The first open suggestion has the focus: its evidence is lit without a hand on the mouse.
    expect(lit).to_have_count(2)
    assert {"左肺上叶" in text or "右肺上叶" in text for text in lit.all_inner_texts()} == {True}
    page.locator("[name=comment]").focus()
    expect(lit).to_have_count(0)
    page.locator(".issues li", has_text="左右不一致").hover()
    expect(lit).to_have_count(2)
    page.locator("mark", has_text="右肺上叶").hover()
    expect(page.locator(".issues li.lit")).to_have_count(1)
    expect(page.locator(".line.suggested")).to_be_visible()


def test_what_came_from_outside_meanwhile_says_whose_it_is_and_is_judged_like_ours(
    house: WebHouse, page: Page
) -> None:
    held = house.hold()
    house.store.write(lambda uow: uow.reports.keep_analysis("A1", "lungnet", [REMARK]))
    page.goto(held["popup_url"])
    row = page.locator(".issues li", has_text="结节大小与既往不符")
    expect(row.locator(".analyser")).to_have_text("AI lungnet 2.1.0")
    row.locator("button", has_text="误报").first.click()
    expect(row.locator(".chosen .zh")).to_have_text("误报")
    site = house.journeys.judge.site
    standing = house.store.read(lambda uow: uow.feedback.standing("lungnet:size", site))
    assert (standing.accepted, standing.dismissed) == (0, 1)


def test_the_script_shows_a_web_ris_both_places_and_hands_over_one_click(
    house: WebHouse, page: Page, pages: list[str], origin: str
) -> None:
    issues = house.hold(report={**WRONG_SIDE, "findings": "𠮷字样。" + WRONG_SIDE["findings"]})["issues"]
    pages[
        0
    ] = f"""<!doctype html><meta charset=utf-8><title>RIS</title><p id=findings></p><p id=impression></p><div id=list></div>
<script src="{house.base_url}/qc/static/signgate-issues.js"></script>
<script>window.said = []; window.pointed = [];
var issues = {json.dumps(issues)}, report = {json.dumps({"findings": "𠮷字样。" + WRONG_SIDE["findings"], "impression": WRONG_SIDE["impression"]})};
SignGate.issues(document.getElementById("list"), issues, {{said: {{0: "not_here"}},
  onPoint: function (issue) {{ pointed.push(issue && issue.rule); }},
  onVerdict: function (issue, verdict, reason) {{ said.push([issue.rule, verdict, reason]); }}}});
SignGate.mark(document.getElementById("findings"), "findings", report.findings, issues);
SignGate.mark(document.getElementById("impression"), "impression", report.impression, issues);
</script>"""
    page.goto(origin)
    number = [issue["rule"] for issue in issues].index("laterality")
    row = page.locator(".signgate-issue").nth(number)
    assert row.locator("q").all_inner_texts() == ["右肺上叶", "左肺上叶"]
    marks = page.locator(f"mark[data-issues~='{number}']")
    assert "".join(marks.all_inner_texts()) == "左肺上叶右肺上叶"
    expect(page.locator("#findings")).to_have_text("𠮷字样。" + WRONG_SIDE["findings"])
    expect(page.locator(".signgate-issue").first.locator(".signgate-chosen")).to_have_text("不适用此例")
    row.hover()
    row.locator("button", has_text="可接受的写法").click()
    assert page.evaluate("said") == [["laterality", "dismissed", "style"]]
    assert "laterality" in page.evaluate("pointed")


def test_a_verdict_that_was_not_taken_is_not_marked(
    house: WebHouse, page: Page, pages: list[str], origin: str
) -> None:
    issues = house.hold(report=WRONG_SIDE)["issues"][:1]
    pages[0] = f"""<!doctype html><meta charset=utf-8><title>RIS</title><div id=list></div>
<script src="{house.base_url}/qc/static/signgate-issues.js"></script>
<script>SignGate.issues(document.getElementById("list"), {json.dumps(issues)}, {{said: {{0: "not_here"}},
  onVerdict: function (issue, verdict) {{ return verdict === "accepted" ? Promise.reject() : Promise.resolve(); }}}});
</script>"""
    page.goto(origin)
    chosen = page.locator(".signgate-chosen")
    page.locator("button", has_text="属实").click()
    expect(chosen).to_have_text("不适用此例")
    page.locator("button", has_text="误报").click()
    expect(chosen).to_have_text("误报")
