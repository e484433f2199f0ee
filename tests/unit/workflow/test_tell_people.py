"""People of the department learn at once what concerns them, once, and through their page at least."""

from __future__ import annotations

from datetime import timedelta

import pytest

from plugin.domain.gate import Signer
from plugin.domain.people import Account, Role
from plugin.domain.person_notice import PersonNotice, PersonOccasion
from plugin.domain.review import Assignment, Correction
from plugin.domain.staff import StaffMember, StaffRole
from plugin.workflow.ports.unit_of_work import UnitOfWork
from tests.unit.workflow.conftest import SOUND, World
from tests.unit.workflow.test_correct import AUTHOR, HEAD, correction

__all__ = ["correction"]  # a fixture of the neighbour


@pytest.fixture(autouse=True)
def department(world: World) -> None:
    def work(uow: UnitOfWork) -> None:
        for staff_id, role, place in (
            ("D1", StaffRole.RESIDENT, "放射科"),
            ("H1", StaffRole.HEAD, "放射科"),
            ("H2", StaffRole.HEAD, "超声科"),
            ("S1", StaffRole.SENIOR, "放射科"),
            ("S2", StaffRole.SENIOR, "放射科"),
        ):
            member = StaffMember(
                staff_id=staff_id, name=f"测试{staff_id}", role=role, departments=(place,), first_stage=True
            )
            uow.staff.save(member)
        uow.people.save(Account(login="chief", name="测试主任", role=Role.HEAD, password_hash="x"))

    world.store.write(work)


def told(world: World, person_id: str, name: str = "") -> list[PersonNotice]:
    return list(world.store.read(lambda uow: uow.person_notices.of(person_id, name)))


def occasions(world: World, person_id: str, name: str = "") -> list[str]:
    return [notice.occasion.value for notice in told(world, person_id, name)]


def test_a_failing_score_reaches_the_person_and_the_head(world: World, correction: Correction) -> None:
    for person, name in (("D1", ""), ("H1", ""), ("", "测试主任")):
        (notice,) = told(world, person, name)
        assert (notice.occasion, notice.grade) == (PersonOccasion.FAILING_SCORE, "不合格")
        assert notice.due_at == correction.due_at
    assert told(world, "H2") == [], "the head of another department"
    assert told(world, "S1") == []
    assert world.jobs().count("send_person_notice") == 3


def test_each_step_of_a_correction_is_told_once(world: World, correction: Correction) -> None:
    journeys, number = world.journeys.modes.corrections, correction.correction_id
    world.store.write(lambda uow: journeys.answer(uow, number, "D1", AUTHOR, "已补充"))
    assert occasions(world, "H1")[0] == "correction_answered"
    world.clock.advance(seconds=1)
    world.store.write(lambda uow: journeys.send_back(uow, number, "H1", HEAD, "不够"))
    assert occasions(world, "D1")[0] == "correction_returned"
    world.clock.advance(seconds=1)
    world.store.write(lambda uow: journeys.close(uow, number, "H1", HEAD, "好"))
    assert occasions(world, "D1")[0] == "correction_closed"
    tell = journeys.tell
    before = world.jobs().count("send_person_notice")
    world.store.write(lambda uow: tell.failing_score(uow, correction))
    assert world.jobs().count("send_person_notice") == before, "the same thing is not told again"


def test_a_reading_that_was_given_is_told_and_one_that_was_asked_for_is_not(world: World) -> None:
    world.report(SOUND)
    modes = world.journeys.modes
    readings: tuple[Assignment, ...] = world.store.write(
        lambda uow: modes.twice.double(uow, "A1", ("report",), "H1")
    )
    for reading in readings:
        assert occasions(world, reading.reader.id) == ["assigned"]
    reader = Signer(id="Q1", name="质控员", role="qc_staff")
    world.store.write(lambda uow: modes.assign.active(uow, "A1", reader, ("report",)))
    assert told(world, "Q1") == []


def morning(world: World) -> int:
    remind = world.journeys.reminders
    waiting = world.store.read(remind.waiting)
    return world.store.write(lambda uow: remind(uow, waiting))


def test_a_late_correction_is_told_once(world: World, correction: Correction) -> None:
    world.clock.advance(days=8)
    assert morning(world) > 0
    assert morning(world) == 0
    assert "correction_late" in occasions(world, "D1")
    assert "correction_late" in occasions(world, "H1")


def test_on_mondays_everybody_learns_what_waits_for_him(world: World, correction: Correction) -> None:
    assert world.clock().weekday() == 0
    world.sign(event_id="E2", report=SOUND, signer="S1")
    morning(world)
    (due,) = (n for n in told(world, "D1") if n.occasion is PersonOccasion.WORK_DUE)
    assert due.count == 1, "his correction"
    world.clock.advance(days=1)
    assert morning(world) == 0, "not on a Tuesday"
    world.clock.advance(days=6)
    morning(world)
    assert occasions(world, "D1").count("work_due") == 2


def test_a_resident_without_a_session_is_spoken_of_at_the_months_end(world: World) -> None:
    assert morning(world) == 0
    world.clock.now += timedelta(days=23)
    assert morning(world) == 4, "the resident and every head"
    assert occasions(world, "D1") == ["teaching_due"]
    assert morning(world) == 0


def test_the_next_morning_is_asked_for_once(world: World) -> None:
    for _ in range(2):
        world.store.write(world.journeys.reminders.schedule)
    assert world.jobs().count("remind_due") == 1


def test_what_was_read_is_no_more_new(world: World, correction: Correction) -> None:
    read = world.store.read
    assert read(lambda uow: uow.person_notices.unseen("D1", "")) == 1
    assert world.store.write(lambda uow: uow.person_notices.see_all("D1", "", world.clock())) == 1
    assert read(lambda uow: uow.person_notices.unseen("D1", "")) == 0
    assert read(lambda uow: uow.person_notices.unseen("", "")) == 0, "nobody is not everybody"
