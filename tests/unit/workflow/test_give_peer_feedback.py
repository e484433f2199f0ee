"""Feedback among peers: in categories and words, kept and amended, with no score and no names in the list."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from plugin.domain.department_sheet import DepartmentSheet
from plugin.domain.errors import GateConflict, InvalidInput, NotAllowed, UnknownReport
from plugin.domain.gate import Signer
from plugin.domain.person_notice import PersonOccasion, Recipient
from plugin.domain.scoring import FormAnswers
from tests.unit.workflow.conftest import SOUND, World

FORM = "peer_learning"
GIVER = Signer(id="D9", name="测试医师壬", role="senior")
AUTHOR = Recipient(person_id="D1", name="测试医师甲")
WORDS = FormAnswers(
    present=frozenset({"PEER-K1", "PEER-K2"}),
    reasons={"PEER-K2": "左肺尖小结节，测试医师甲与测试医师壬一起看过"},
    comment="值得一看",
)


@pytest.fixture(autouse=True)
def reported(world: World) -> None:
    world.report(SOUND)


def give(
    world: World,
    answers: FormAnswers = WORDS,
    giver: Signer = GIVER,
    about: Recipient = AUTHOR,
    amends: str = "",
    accession_number: str = "A1",
) -> DepartmentSheet:
    return world.store.write(
        lambda uow: world.journeys.modes.peers.give(
            uow, FORM, accession_number, about, giver, answers, amends
        )
    )


def standing(world: World) -> list[str]:
    return [each.sheet_id for each in world.store.read(lambda uow: world.journeys.modes.peers.on(uow, "A1"))]


def test_it_is_kept_and_told_and_nobody_is_scored(world: World) -> None:
    sheet = give(world)
    assert (sheet.result.score, sheet.result.grade, sheet.result.points) == (None, "", None)
    assert (sheet.accession_number, sheet.about_id, sheet.scorer_id) == ("A1", "D1", "D9")
    assert sheet.scored_at == world.clock()
    assert world.store.read(lambda uow: uow.department_sheets.get(sheet.sheet_id)) == sheet
    assert not world.store.read(lambda uow: list(uow.sheets.for_exam("A1"))), "no score sheet, so no SR"
    assert not world.store.read(lambda uow: list(uow.reviews.corrections()))
    told = world.store.read(lambda uow: uow.person_notices.of("D1", ""))
    assert [(each.occasion, each.grade) for each in told] == [(PersonOccasion.PEER_FEEDBACK, "")]
    department = world.journeys.modes.department
    head = Signer(id="H1", role="head")
    assert not world.store.read(lambda uow: department.listed(uow, head)), "no sheet of the department"


def test_who_gives_it_to_whom(world: World) -> None:
    with pytest.raises(NotAllowed, match="resident may not fill"):
        give(world, giver=replace(GIVER, role="resident"))
    with pytest.raises(InvalidInput, match="yourself"):
        give(world, giver=Signer(id="D1", name="x", role="senior"))
    with pytest.raises(InvalidInput, match="neither author nor verifier"):
        give(world, about=Recipient(person_id="D5"))
    with pytest.raises(UnknownReport):
        give(world, accession_number="A2")
    with pytest.raises(InvalidInput, match="one category"):
        give(world, answers=FormAnswers(comment="好"))
    with pytest.raises(InvalidInput, match="PEER-K99"):
        give(world, answers=FormAnswers(present=frozenset({"PEER-K99"})))
    assert standing(world) == []


def test_it_is_not_asked_at_signing_nor_in_a_review(world: World) -> None:
    modes = world.journeys.modes
    assert FORM not in modes.scorable(replace(GIVER, role="head"))
    assert FORM not in modes.policies.change.known_forms
    with pytest.raises(InvalidInput, match="not filled for an examination"):
        modes.assign.making.check_forms([FORM])


def test_who_gave_it_amends_it_once(world: World) -> None:
    first = give(world)
    with pytest.raises(NotAllowed, match="who gave it"):
        give(world, giver=Signer(id="D8", name="y", role="senior"), amends=first.sheet_id)
    second = give(world, answers=FormAnswers(present=frozenset({"PEER-K6"})), amends=first.sheet_id)
    assert standing(world) == [second.sheet_id]
    with pytest.raises(GateConflict, match="replaced already"):
        give(world, amends=first.sheet_id)
    with pytest.raises(UnknownReport):
        give(world, amends="none")
    assert world.store.read(lambda uow: uow.department_sheets.get(first.sheet_id)) == first, "kept"


def test_the_list_for_the_meeting_names_nobody_unless_it_is_asked_to(world: World) -> None:
    give(world)
    peers, head = world.journeys.modes.peers, Signer(id="H1", role="head")
    since, until = world.clock() - timedelta(days=1), world.clock() + timedelta(days=1)
    rows = world.store.read(lambda uow: peers.of_month(uow, head, since, until))
    table = peers.table(rows)
    assert [row[4] for row in table.rows] == ["优秀病例", "学习机会：感知（未看到）"]
    assert table.rows[1][1:4] == ["A1", "CT", "胸部CT平扫"]
    assert "测试医师" not in str(table), "nor in the words"
    assert "○○" in str(table)
    named = peers.table(rows, named=True)
    assert named.rows[1][-2:] == ["测试医师甲", "测试医师壬"]
    assert "测试医师甲" in str(named.rows[1][5])
    assert not world.store.read(lambda uow: peers.of_month(uow, head, until, until + timedelta(days=1)))
    assert not world.store.read(lambda uow: peers.of_month(uow, head, since, until, {"A1"})), "read blind"
    resident = replace(head, role="resident")
    assert not world.store.read(lambda uow: peers.of_month(uow, resident, since, until))


def test_the_person_finds_it_by_identifier_and_else_by_name(world: World) -> None:
    give(world)
    to = world.journeys.modes.peers.to
    found = world.store.read(lambda uow: to(uow, AUTHOR))
    assert [row.exam_item for row in found] == ["胸部CT平扫"]
    namesake = Recipient(person_id="D4", name=AUTHOR.name)
    assert not world.store.read(lambda uow: to(uow, namesake)), "another of the same name"
    assert not world.store.read(lambda uow: to(uow, Recipient(person_id="D9"))), "who gave it is not told"
    world.report(replace(SOUND, author_id="", exam=replace(SOUND.exam, accession_number="A2")))
    give(world, about=Recipient(person_id="", name=AUTHOR.name), accession_number="A2")
    assert len(world.store.read(lambda uow: to(uow, namesake))) == 1
