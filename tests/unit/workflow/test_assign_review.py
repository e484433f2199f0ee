"""主动, 集中, 双评, objections and amendments, through the popup's own journey."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plugin.domain.errors import GateConflict, InvalidInput, NotAllowed
from plugin.domain.gate import Signer
from plugin.domain.review import Assignment, CorrectionState, SessionKind
from plugin.domain.scoring import FormAnswers, ScoreSheet, ScoringMode
from plugin.domain.staff import StaffMember, StaffRole
from plugin.workflow.open_form import OpenForm
from plugin.workflow.submit_score import SubmitResult
from tests.unit.workflow.conftest import SOUND, World

READER = Signer(id="D9", name="测试医师壬", role="senior")
FIVE = FormAnswers()
THREE = FormAnswers(unmet=frozenset({"RPT-C1", "RPT-C2"}), reasons={"RPT-C1": "错字", "RPT-C2": "缺大小"})
FAILS = FormAnswers(present=frozenset({"RPT-F1"}), reasons={"RPT-F1": "漏诊"})


@pytest.fixture(autouse=True)
def reported(world: World) -> None:
    world.report(replace(SOUND, verifier_id="D7", verifier="测试医师庚"))
    for number in (11, 12, 13):
        staff(world, f"S{number}")


def staff(world: World, staff_id: str, **changes: object) -> None:
    member = StaffMember(staff_id=staff_id, name=f"测试专家{staff_id}", role=StaffRole.SENIOR, licensed=True)
    changed = replace(member, **changes)  # type: ignore[arg-type]  # fields by name
    world.store.write(lambda uow: uow.staff.save(changed))


def opened(world: World, reading: Assignment) -> OpenForm:
    submit = world.journeys.submit_score
    ticket = world.store.write(
        lambda uow: world.journeys.decide_sign.held.new_ticket(uow, reading.gate_id, reading.reader.id)
    )
    return world.store.write(lambda uow: submit.opening.redeem(uow, ticket))


def fill(world: World, reading: Assignment, answers: FormAnswers) -> SubmitResult:
    token = opened(world, reading).form_token
    forms = dict.fromkeys(reading.forms, answers)
    result = world.store.write(lambda uow: world.journeys.submit_score.submit(uow, token, forms, 7.0))
    sheet_ids = [sheet.sheet_id for sheet in result.sheets]
    world.clock.advance(minutes=2)
    world.store.write(lambda uow: world.journeys.submit_score.settling(uow, sheet_ids))
    return result


def kept(world: World) -> list[ScoreSheet]:
    """Newest first."""
    return list(world.store.read(lambda uow: uow.sheets.for_exam("A1")))


def active(world: World, reader: Signer = READER, *forms: str) -> Assignment:
    assign = world.journeys.modes.assign
    return world.store.write(lambda uow: assign.active(uow, "A1", reader, forms or ("report",)))


def test_an_active_score_is_a_sheet_of_that_mode_and_touches_no_sign_event(world: World) -> None:
    world.policy(1.0)
    result = fill(world, active(world), FIVE)
    (sheet,) = kept(world)
    assert (sheet.mode, sheet.scorer_id, sheet.assessed_id) == (ScoringMode.ACTIVE, "D9", "D1")
    assert result.gate.state == "scored"
    assert "send_sr" in world.jobs()
    assert "call_back" not in world.jobs()
    assert world.sign().gate.decision == "hold", "the draw of the signing is its own"


def test_an_unfinished_active_reading_is_gone_on_with(world: World) -> None:
    assert active(world).gate_id == active(world).gate_id


def test_nobody_scores_his_own_work_nor_what_his_role_may_not(world: World) -> None:
    with pytest.raises(NotAllowed, match="own work"):
        active(world, Signer(id="D1", name="x", role="senior"))
    with pytest.raises(NotAllowed, match="own work"):
        active(world, Signer(id="D7", name="x", role="senior"), "reviewed_report")
    with pytest.raises(NotAllowed, match="resident may not fill report"):
        active(world, replace(READER, role="resident"))
    with pytest.raises(InvalidInput, match="staff ID"):
        active(world, replace(READER, id=""))
    with pytest.raises(InvalidInput, match="not filled for an examination"):
        active(world, replace(READER, role="head"), "department_b1")


def test_a_session_is_scored_one_by_one(world: World) -> None:
    assign = world.journeys.modes.assign
    session = world.store.write(
        lambda uow: assign.start_session(
            uow,
            title="晨会",
            kind=SessionKind.MORNING,
            forms=("report",),
            items=("A1", "A1"),
            by="H1",
            blind=True,
        )
    )
    assert session.items == ("A1",)
    reading = world.store.write(lambda uow: assign.item(uow, session.session_id, 0, READER))
    shown = opened(world, reading).report
    assert (shown.author, shown.author_id, shown.verifier, shown.findings) == ("", "", "", SOUND.findings)
    fill(world, reading, THREE)
    (sheet,) = kept(world)
    assert (sheet.mode, sheet.result.score) == (ScoringMode.COLLECTIVE, 3)
    assert sheet.assessed_id == "D1", "what is hidden from the reader is not lost"
    with pytest.raises(GateConflict, match="scored already"):
        world.store.write(lambda uow: assign.item(uow, session.session_id, 0, READER))


def double(world: World) -> tuple[Assignment, ...]:
    return world.store.write(lambda uow: world.journeys.modes.twice.double(uow, "A1", ("report",), "H1"))


def readings(world: World, round_id: str) -> list[Assignment]:
    return list(world.store.read(lambda uow: uow.reviews.round(round_id)))


def test_two_who_agree_are_final(world: World) -> None:
    one, other = double(world)
    assert {one.reader.id, other.reader.id} == {"S11", "S12"}
    preview = fill(world, one, THREE)
    assert preview.sheets[0].result.score == 3
    assert kept(world) == [], "the first says nothing before the second"
    fill(world, other, FormAnswers(unmet=frozenset({"RPT-C3", "RPT-C4"})))
    (sheet,) = kept(world)
    assert (sheet.mode, sheet.result.score, sheet.scorer_id) == (ScoringMode.REVIEW, 3, "S11")
    assert world.jobs().count("send_sr") == 1
    assert len(readings(world, one.round_id)) == 2


def test_a_third_decides_where_two_differ(world: World) -> None:
    one, other = double(world)
    fill(world, one, FIVE)
    fill(world, other, THREE)
    assert kept(world) == []
    third = readings(world, one.round_id)[2]
    assert (third.seat, third.reader.id, third.blind) == (3, "S13", True)
    fill(world, third, THREE)
    (sheet,) = kept(world)
    assert (sheet.scorer_id, sheet.result.score) == ("S13", 3)


def test_a_second_post_of_a_reading_gets_the_first_result(world: World) -> None:
    one, _ = double(world)
    token = opened(world, one).form_token
    submit = world.journeys.submit_score.submit
    world.store.write(lambda uow: submit(uow, token, {"report": FIVE}))
    again = world.store.write(lambda uow: submit(uow, token, {"report": THREE}))
    assert (again.repeated, again.sheets[0].result.score) == (True, 5)


def test_a_round_waits_for_a_third_until_there_is_one(world: World) -> None:
    world.store.write(lambda uow: uow.staff.remove("S13"))
    one, other = double(world)
    fill(world, one, FIVE)
    fill(world, other, THREE)
    assert len(readings(world, one.round_id)) == 2
    staff(world, "S14")
    world.store.write(lambda uow: world.journeys.modes.settle_round(uow, one.round_id))
    assert readings(world, one.round_id)[2].reader.id == "S14"


def test_double_reading_needs_two_who_may(world: World) -> None:
    for staff_id, change in (("S11", {"available": False}), ("S12", {"specialties": ("MR",)})):
        staff(world, staff_id, **change)
    with pytest.raises(GateConflict, match="1 of two"):
        double(world)


def test_a_quota_and_the_load_part_the_work(world: World) -> None:
    staff(world, "S11", monthly_quota=1)
    first = {each.reader.id for each in double(world)}
    second = {each.reader.id for each in double(world)}
    assert first == {"S11", "S12"}
    assert second == {"S12", "S13"}


def test_an_amendment_replaces_and_keeps(world: World) -> None:
    fill(world, active(world), FIVE)
    (old,) = kept(world)
    assign = world.journeys.modes.assign
    other = Signer(id="Q1", name="质控员甲", role="qc_staff")
    reading = world.store.write(lambda uow: assign.amend(uow, old.sheet_id, other))
    fill(world, reading, THREE)
    new, kept_old = kept(world)
    assert (new.amends, kept_old) == (old.sheet_id, old)
    documents = world.store.read(lambda uow: list(uow.documents.for_exam("A1")))
    assert documents[-1].predecessor == documents[0].sop_instance_uid
    assert documents[-1].series_instance_uid == documents[0].series_instance_uid
    with pytest.raises(GateConflict, match="replaced already"):
        world.store.write(lambda uow: assign.amend(uow, old.sheet_id, other))


def object_to(world: World, sheet: ScoreSheet, who: str = "D1") -> str:
    twice = world.journeys.modes.twice
    objection = world.store.write(
        lambda uow: twice.object_to(uow, sheet.sheet_id, frozenset({who}), who, "已描述大小")
    )
    return objection.round_id


@pytest.mark.parametrize(
    ("second", "third", "outcome", "score"),
    [(FAILS, None, "upheld", 1), (FIVE, FIVE, "changed", 5), (FIVE, FAILS, "upheld", 1)],
)
def test_an_objection_opens_a_second_reading(
    world: World, second: FormAnswers, third: FormAnswers | None, outcome: str, score: int
) -> None:
    fill(world, active(world), FAILS)
    (old,) = kept(world)
    round_id = object_to(world, old)
    seats = readings(world, round_id)
    assert (seats[1].blind, seats[1].reader.id != "D9") == (True, True)
    fill(world, seats[1], second)
    if third is not None:
        fill(world, readings(world, round_id)[2], third)
    objection = world.store.read(lambda uow: uow.reviews.objection(old.sheet_id))
    assert objection is not None
    assert objection.outcome == outcome
    newest = kept(world)[0]
    assert (newest.result.score, newest.amends) == (score, old.sheet_id if outcome == "changed" else "")
    correction = world.store.read(lambda uow: uow.reviews.correction_of(old.sheet_id))
    assert correction is not None
    closed = correction.state is CorrectionState.CLOSED
    assert closed is (outcome == "changed"), "a correction ends with the score that opened it"


def test_one_objects_once_and_only_to_a_score_of_ones_own(world: World) -> None:
    fill(world, active(world), THREE)
    (sheet,) = kept(world)
    with pytest.raises(NotAllowed, match="was scored"):
        object_to(world, sheet, "D2")
    object_to(world, sheet)
    with pytest.raises(GateConflict, match="already"):
        object_to(world, sheet)


def test_a_reading_that_was_settled_with_others_cannot_be_taken_back(world: World) -> None:
    one, other = double(world)
    submit = world.journeys.submit_score
    token = opened(world, one).form_token
    world.store.write(lambda uow: submit.submit(uow, token, {"report": THREE}))
    last = opened(world, other).form_token
    world.store.write(lambda uow: submit.submit(uow, last, {"report": THREE}))
    assert len(kept(world)) == 1, "two agree, and everybody has been told"
    again = world.store.write(lambda uow: submit.submit(uow, token, {"report": FIVE}))
    assert again.repeated
    assert again.undo_until is None
    with pytest.raises(GateConflict, match="independent reading"):
        world.store.write(lambda uow: submit.take_back(uow, token))
