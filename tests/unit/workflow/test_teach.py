"""One-to-one guidance in report writing: announced, five stages, fed back, one a month."""

from __future__ import annotations

from datetime import timedelta

import pytest

from plugin.domain.errors import GateConflict, InvalidInput, NotAllowed
from plugin.domain.gate import Signer
from plugin.domain.scoring import FormAnswers
from plugin.domain.staff import StaffMember, StaffRole, Teaching, TeachingState
from tests.unit.workflow.conftest import SOUND, World

TEACHER = Signer(id="D9", name="测试医师壬", role="senior")
STAGES = FormAnswers(points={f"TEACH-P{n}": 4.0 for n in range(1, 6)}, reasons={"TEACH-P3": "阴性征象未提"})


@pytest.fixture(autouse=True)
def residents(world: World) -> None:
    world.report(SOUND)
    for staff_id in ("R1", "R2"):
        member = StaffMember(staff_id=staff_id, name=f"住院{staff_id}", role=StaffRole.RESIDENT)
        world.store.write(lambda uow, member=member: uow.staff.save(member))


def plan(world: World, teacher: Signer = TEACHER, resident: str = "R1", hours: int = 24) -> Teaching:
    return world.store.write(
        lambda uow: world.journeys.modes.teaching.plan(
            uow,
            resident_id=resident,
            teacher=teacher,
            accession_number="A1",
            disease="肺炎",
            place="阅片室",
            starts_at=world.clock() + timedelta(hours=hours),
        )
    )


def test_five_stages_are_scored_and_fed_back(world: World) -> None:
    teaching = plan(world)
    teach = world.journeys.modes.teaching
    done = world.store.write(lambda uow: teach.record(uow, teaching.teaching_id, TEACHER, STAGES, 40))
    assert done.result is not None
    assert (done.result.points, done.result.grade, done.minutes) == (20, "合格", 40)
    assert done.answers.reasons == {"TEACH-P3": "阴性征象未提"}
    assert world.store.read(lambda uow: uow.staff.teaching(teaching.teaching_id)) == done
    with pytest.raises(GateConflict, match="recorded"):
        world.store.write(lambda uow: teach.record(uow, teaching.teaching_id, TEACHER, STAGES, 40))


def test_every_stage_needs_its_points(world: World) -> None:
    teaching, teach = plan(world), world.journeys.modes.teaching
    for points in ({"TEACH-P1": 4.0}, {**STAGES.points, "TEACH-P1": 6.0}, {**STAGES.points, "TEACH-P1": 2.5}):
        answers = FormAnswers(points=points)
        with pytest.raises(InvalidInput, match="teaching"):
            world.store.write(
                lambda uow, answers=answers: teach.record(uow, teaching.teaching_id, TEACHER, answers, 40)
            )


def test_who_teaches_whom_and_when(world: World) -> None:
    with pytest.raises(NotAllowed, match="may not teach"):
        plan(world, Signer(id="D2", role="attending"))
    with pytest.raises(InvalidInput, match="resident"):
        plan(world, resident="D1")
    with pytest.raises(InvalidInput, match="beforehand"):
        plan(world, hours=-1)
    teaching = plan(world)
    other = Signer(id="D8", role="senior")
    with pytest.raises(NotAllowed, match="its teacher"):
        world.store.write(lambda uow: world.journeys.modes.teaching.cancel(uow, teaching.teaching_id, other))


def test_the_monthly_list_names_who_had_none_first(world: World) -> None:
    teaching, teach = plan(world), world.journeys.modes.teaching
    world.store.write(lambda uow: teach.record(uow, teaching.teaching_id, TEACHER, STAGES, 40))
    plan(world, resident="R2", hours=48)
    since, until = world.clock() - timedelta(days=1), world.clock() + timedelta(days=10)
    due = world.store.read(lambda uow: teach.due(uow, since, until))
    assert [(each.resident.staff_id, each.recorded, each.planned) for each in due] == [
        ("R2", 0, 1),
        ("R1", 1, 0),
    ]
    held = world.store.read(lambda uow: uow.staff.teachings(since, until))
    assert [each.state for each in held] == [TeachingState.RECORDED, TeachingState.PLANNED]
