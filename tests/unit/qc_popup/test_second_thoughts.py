"""Later, taking back, judging an issue, frequent reasons and key images; all without JavaScript."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import StoppedClock
from web_house import BASE, WRONG_SIDE, WebHouse, hidden, web_house
from werkzeug.test import TestResponse

from plugin.domain.delivery import JobKind
from plugin.domain.errors import DeliveryFailed
from plugin.domain.feedback import Verdict
from plugin.domain.gate import GateState
from plugin.domain.imaging import KeyImage
from plugin.domain.scoring import ImageMark

SIDES = "laterality impression 0 4"
"""The place of the wrong side in :data:`WRONG_SIDE`."""

TWO_REMARKS = WRONG_SIDE["findings"] + "子宫未见异常。"


def key_image(number: int) -> KeyImage:
    return KeyImage(
        series_instance_uid="1.2.1",
        sop_instance_uid=f"1.2.1.{number}",
        png=f"picture {number}".encode(),
        series=1,
        place=number + 1,
        of=24,
        leads=number == 0,
    )


class Archive:
    """Two key images of a series of 24; or away."""

    away = False

    def __call__(self, accession_number: str, number: int) -> KeyImage | None:
        if self.away:
            raise DeliveryFailed("the archive is away", retry=True)
        return key_image(number) if number < 2 else None


@pytest.fixture
def archive() -> Archive:
    return Archive()


@pytest.fixture
def house(tmp_path: Path, clock: StoppedClock, archive: Archive) -> Iterator[WebHouse]:
    with web_house(tmp_path, clock, key_image=archive) as built:
        yield built


@pytest.fixture
def token(house: WebHouse) -> str:
    return opened(house)


def opened(house: WebHouse, number: int = 1, **changes: object) -> str:
    return hidden(house.client().get(house.ticket(number, **changes), base_url=BASE).text, "form_token")


def post(house: WebHouse, path: str, token: str, accept: str = "text/html", **fields: str) -> TestResponse:
    data = {"form_token": token, **fields}
    return house.client().post(path, data=data, headers={"Accept": accept}, base_url=BASE)


def jobs(house: WebHouse, kind: JobKind) -> list[object]:
    listing = house.jobs.listing(None)
    return [job for job in listing if job.kind is kind and job.state == "pending"]


def settle(house: WebHouse) -> None:
    """The timer that is due does its work."""
    for job in house.jobs.claim([JobKind.SETTLE_SCORE], 9, timedelta(minutes=1)):
        sheet_ids = job.payload["sheet_ids"]
        house.jobs.complete(job, lambda uow, ids=sheet_ids: house.journeys.submit_score.settling(uow, ids))


def scores(house: WebHouse, number: int = 1) -> list[tuple[int | None, bool]]:
    """Newest first: (score, replaces another)."""
    found = house.store.read(lambda uow: list(uow.sheets.for_exam(f"A{number}")))
    return [(sheet.result.score, bool(sheet.amends)) for sheet in found]


def test_later_releases_the_report_and_owes_the_form(house: WebHouse, token: str) -> None:
    done = post(house, "/qc/later", token)
    assert "评分表记为待评" in done.text
    assert 'data-released="true"' in done.text
    gate = house.store.read(lambda uow: uow.gates.by_event("ris", "click-1"))
    assert (gate.state, gate.owed) == (GateState.EXPIRED, True)
    assert len(jobs(house, JobKind.CALL_BACK)) == 1
    assert jobs(house, JobKind.EXPIRE_GATE) == []
    assert post(house, "/qc/later", token).status_code == 200  # a second click changes nothing


def test_an_owed_form_is_filled_later_and_offers_no_second_later(house: WebHouse, token: str) -> None:
    post(house, "/qc/later", token)
    gate_id = house.store.read(lambda uow: uow.gates.by_event("ris", "click-1")).gate_id
    link = house.call("POST", f"/hooks/report-sign/{gate_id}/ticket", {"user_id": "D7"}).json["popup_url"]
    page = house.client().get(link.removeprefix(BASE), base_url=BASE).text
    assert 'id="later"' not in page
    assert "评分已完成" in post(house, "/qc", hidden(page, "form_token")).text
    gate = house.store.read(lambda uow: uow.gates.get(gate_id))
    assert not gate.owed


def test_later_is_counted_by_shift(house: WebHouse, clock: StoppedClock) -> None:
    for number in (1, 2):
        assert post(house, "/qc/later", opened(house, number)).status_code == 200
    page = house.client().get(house.ticket(3), base_url=BASE).text
    assert 'id="later"' not in page
    refused = post(house, "/qc/later", hidden(page, "form_token"), "application/json")
    assert refused.status_code == 409
    clock.advance(hours=9)  # the next shift
    assert 'id="later"' in house.client().get(house.ticket(4), base_url=BASE).text


def test_a_form_taken_back_is_filled_anew_and_only_the_second_is_told(
    house: WebHouse, token: str, clock: StoppedClock
) -> None:
    done = post(house, "/qc", token)
    assert "撤销并修改" in done.text
    assert house.store.read(lambda uow: uow.gates.by_event("ris", "click-1")).state is GateState.RELEASED
    assert jobs(house, JobKind.SEND_SR) == []
    clock.advance(seconds=30)
    again = post(house, "/qc/take-back", token)
    assert "已撤回" in again.text
    second = hidden(again.text, "form_token")
    assert second != token
    answer = post(house, "/qc", second, **{"m.RPT-C1": "1", "r.RPT-C1": "错字"})
    assert "4 分" in answer.text
    assert sorted(scores(house)) == [(4, True), (5, False)]
    clock.advance(minutes=6)
    settle(house)
    (sent,) = {job.payload["sop_instance_uid"] for job in jobs(house, JobKind.SEND_SR)}
    newest = house.store.read(lambda uow: uow.sheets.for_exam("A1")[0])
    assert sent == newest.sop_instance_uid
    assert len(jobs(house, JobKind.CALL_BACK)) == 1


def test_taken_back_and_left_the_first_answers_stand(
    house: WebHouse, token: str, clock: StoppedClock
) -> None:
    post(house, "/qc", token, **{"m.RPT-C1": "1", "r.RPT-C1": "错字"})
    again = post(house, "/qc/take-back", token)
    assert 'value="错字"' in again.text
    assert post(house, "/qc/take-back", token).status_code == 200  # in two windows
    clock.advance(seconds=61)
    settle(house)
    assert jobs(house, JobKind.SEND_SR) == []  # five minutes are given
    clock.advance(minutes=5)
    settle(house)
    assert len(jobs(house, JobKind.SEND_SR)) == len(
        house.journeys.submit_score.settling.documents.destinations
    )
    assert scores(house) == [(4, False)]
    late = post(house, "/qc", hidden(again.text, "form_token"), "application/json")
    assert late.status_code == 401


def test_after_its_minute_nothing_is_taken_back(house: WebHouse, token: str, clock: StoppedClock) -> None:
    post(house, "/qc", token)
    clock.advance(seconds=60)
    assert post(house, "/qc/take-back", token, "application/json").status_code == 409
    settle(house)
    assert jobs(house, JobKind.SEND_SR)


def test_a_taken_back_form_posted_twice_gives_its_first_result(house: WebHouse, token: str) -> None:
    post(house, "/qc", token)
    second = hidden(post(house, "/qc/take-back", token).text, "form_token")
    post(house, "/qc", second, **{"m.RPT-C1": "1", "r.RPT-C1": "错字"})
    again = post(house, "/qc", second)
    assert "首次结果" in again.text
    assert sorted(scores(house)) == [(4, True), (5, False)]


def test_an_issue_is_judged_in_one_click_and_the_page_keeps_what_was_typed(house: WebHouse) -> None:
    token = opened(house, report=WRONG_SIDE)
    page = post(house, "/qc/issues", token, verdict=f"not_here {SIDES}", comment="打了一半").text
    assert 'value="打了一半"' in page
    assert page.count("verdict chosen") == 1
    (said,) = _feedback(house)
    assert (said.who, said.verdict, said.reason) == ("D7", Verdict.DISMISSED, "not_here")
    answer = post(house, "/qc/issues", token, "application/json", verdict=f"accepted {SIDES}")
    assert answer.json == {"verdict": "accepted"}
    (said,) = _feedback(house)
    assert said.verdict is Verdict.ACCEPTED
    standing = house.store.read(lambda uow: uow.feedback.standing(said.rule, said.site))
    assert (standing.accepted, standing.dismissed) == (1, 0)


def _feedback(house: WebHouse) -> list:
    def read(uow: object) -> list:
        report = uow.reports.latest("A1")
        return list(uow.feedback.for_text("A1", report.text_digest))

    return house.store.read(read)


def test_a_page_older_than_a_silence_is_understood(house: WebHouse) -> None:
    token = opened(house, report={**WRONG_SIDE, "findings": TWO_REMARKS})
    page = post(house, "/qc/images", token).text
    first, second, *_ = dict.fromkeys(re.findall(r'value="accepted ([^"]+)"', page))
    judge = house.journeys.judge
    house.store.write(lambda uow: judge.set_silent(uow, first.split()[0], True, "head", "误报"))
    for said in (first, second):
        assert (
            post(house, "/qc/issues", token, "application/json", verdict=f"accepted {said}").status_code
            == 200
        )
    assert {f"{f.rule} {f.section.value} {f.start} {f.end}" for f in _feedback(house)} == {first, second}
    answered = dict.fromkeys(re.findall(r'name="(s\.[^"]+)"', page), "no")
    assert answered
    answer = post(house, "/qc", token, "application/json", **answered)
    assert (answer.status_code, answer.json["released"]) == (200, True)


def test_a_verdict_on_what_stands_no_more_is_refused(house: WebHouse) -> None:
    token = opened(house, report=WRONG_SIDE)
    answer = post(
        house, "/qc/issues", token, "application/json", verdict="accepted laterality impression 90 94"
    )
    assert answer.status_code == 400
    assert not _feedback(house)


@pytest.mark.parametrize(
    "verdict",
    ["", "1.accepted", f"maybe {SIDES}", SIDES, "accepted laterality impression x 4", "accepted laterality"],
)
def test_a_verdict_on_nothing_is_refused(house: WebHouse, verdict: str) -> None:
    token = opened(house, report=WRONG_SIDE)
    assert post(house, "/qc/issues", token, "application/json", verdict=verdict).status_code == 400


def test_frequent_reasons_stand_at_hand(house: WebHouse) -> None:
    for number, reason in enumerate(("错字", "错字", "只此一次"), 1):
        post(house, "/qc", opened(house, number), **{"m.RPT-C1": "1", "r.RPT-C1": reason})
    page = house.client().get(house.ticket(9), base_url=BASE).text
    assert '<option value="错字">' in page
    assert "只此一次" not in page


def test_key_images_are_for_the_holder_of_the_form(house: WebHouse, token: str, archive: Archive) -> None:
    one = post(house, "/qc/images", token, number="1")
    assert base64.b64encode(b"picture 1").decode() in one.text
    assert "<form" not in one.text
    assert post(house, "/qc/images", token, number="2").status_code == 204
    assert post(house, "/qc/images", token, "application/json", number="7").status_code == 400
    assert post(house, "/qc/images", "forged", "application/json", number="0").status_code == 401
    assert post(house, "/qc/images", token).text.count("data:image/png;base64,") == 2
    archive.away = True
    assert post(house, "/qc/images", token, number="0").status_code == 204
    assert "没有可显示的图像" in post(house, "/qc/images", token).text


def test_a_form_that_is_not_about_images_shows_them_without_boxes(house: WebHouse, token: str) -> None:
    assert 'name="i.' not in post(house, "/qc/images", token).text
    answer = post(house, "/qc", token, "application/json", **{"i.1.2.1.0": "1.2.1"})
    assert answer.status_code == 400


def test_images_are_marked_by_check_boxes_in_the_form_itself(house: WebHouse) -> None:
    house.ask_for(("image",))
    token = opened(house)
    page = post(house, "/qc/images", token, **{"m.IMG-C1": "1", "r.IMG-C1": "体位偏斜"})
    assert (page.text.count('name="i.'), page.text.count('name="w.')) == (2, 1)
    assert 'value="体位偏斜"' in page.text  # what was filled stays filled
    marks = {"i.1.2.1.1": "1.2.1"}
    wrong = post(house, "/qc", token, **marks)
    assert wrong.status_code == 422
    assert "请在图像质量表中勾选是什么问题" in wrong.text
    assert 'type="hidden" name="i.1.2.1.1" value="1.2.1"' in wrong.text  # and what was marked, marked
    shown = post(house, "/qc/images", token, **marks).text
    assert 'name="i.1.2.1.1" value="1.2.1" checked' in shown
    post(house, "/qc", token, **marks, **{"m.IMG-C1": "1", "r.IMG-C1": "体位偏斜"})
    (sheet,) = house.store.read(lambda uow: list(uow.sheets.for_exam("A1")))
    assert sheet.answers.images == (ImageMark(series_instance_uid="1.2.1", sop_instance_uid="1.2.1.1"),)
    again = post(house, "/qc/take-back", token)
    assert 'type="hidden" name="i.1.2.1.1" value="1.2.1"' in again.text


@pytest.mark.parametrize(
    ("field", "value"),
    [("i.1.2/../3", "1.2"), ("i.1.2", "x"), ("i.", "1.2"), ("w.'", "1"), ("i.1" + "1" * 70, "1")],
)
def test_a_mark_is_a_uid(house: WebHouse, field: str, value: str) -> None:
    house.ask_for(("image",))
    answer = post(house, "/qc", opened(house), "application/json", **{field: value})
    assert answer.status_code == 400


def test_a_reader_marks_a_bounded_number(house: WebHouse) -> None:
    house.ask_for(("image",))
    many = {f"i.1.2.{number}": "1.2" for number in range(65)}
    assert post(house, "/qc", opened(house), "application/json", **many).status_code == 400


@pytest.mark.parametrize("path", ["/qc/later", "/qc/take-back", "/qc/issues", "/qc/images"])
def test_none_of_it_without_the_token(house: WebHouse, token: str, path: str) -> None:
    assert post(house, path, "", "application/json").status_code == 401
    assert post(house, path, "forged", "application/json", verdict=f"accepted {SIDES}").status_code in {
        400,
        401,
    }
    plain = house.client().post(path, data=b"{}", headers={"content-type": "text/plain"}, base_url=BASE)
    assert plain.status_code == 415
