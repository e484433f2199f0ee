"""A label is withdrawn when what it stood on ends: by the calendar, by a score, by a correction, by an image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import TypeVar

import pytest

from plugin.domain.gate import SignAction
from plugin.domain.image import ImageFacts
from plugin.domain.patient import Patient
from plugin.domain.recognition import Evaluation, Label
from plugin.domain.report import ReportStatus
from plugin.domain.scoring import FormAnswers
from plugin.workflow import review_labels
from plugin.workflow.ports.unit_of_work import UnitOfWork
from tests.unit.workflow.conftest import SOUND, World

T = TypeVar("T")

EVALUATION = Evaluation(
    evaluation_id="E1",
    region_id="chuanyu",
    institution_id="H1",
    item_number=94,
    device="",
    passed=True,
    valid_from=date(2026, 1, 1),
    valid_to=date(2026, 6, 10),
)
IMAGE = ImageFacts(
    sop_instance_uid="1.2.3", series_instance_uid="1.2", modality="CT", patient_id="P1", accession_number="A1"
)


@pytest.fixture
def labelled(world: World) -> World:
    world.store.write(lambda uow: uow.labels.add_evaluation(EVALUATION))
    world.report(SOUND)
    assert borne(world).withdrawn_at is None
    return world


def borne(world: World) -> Label:
    return world.store.read(lambda uow: uow.labels.for_exam("A1"))[0]


def review(world: World) -> tuple[str, ...]:
    journey = world.journeys.review_labels
    lapsed = journey.lapsed(world.store.read, page=1)
    journey.review(world.store.read, world.store.write)
    world.store.write(journey.again)
    return lapsed


def withdrawn(world: World) -> str:
    """Reason of the withdrawal, of which the PACS is told by a job."""
    assert world.jobs().count("send_label") == 2
    return borne(world).withdrawn_reason


def test_an_evaluation_that_has_ended(labelled: World) -> None:
    assert review(labelled) == ()
    labelled.clock.advance(days=10)
    assert review(labelled) == ("A1",)
    assert withdrawn(labelled) == "evaluation_not_in_force"
    assert review(labelled) == ()


def test_the_review_asks_for_itself_once_a_day(labelled: World) -> None:
    schedule = labelled.journeys.review_labels.schedule
    labelled.store.write(schedule)
    labelled.store.write(schedule)
    review(labelled)
    assert labelled.jobs().count("review_labels") == 2


def test_the_centre_finds_the_item_wanting(labelled: World) -> None:
    failed = replace(EVALUATION, evaluation_id="E2", passed=False, valid_from=date(2026, 5, 1))
    labelled.store.write(lambda uow: uow.labels.add_evaluation(failed))
    review(labelled)
    assert withdrawn(labelled) == "evaluation_failed"


def test_an_image_score_that_fails(labelled: World) -> None:
    labelled.policy(1.0)
    answer = labelled.sign(action=SignAction.SUBMIT)
    submit = labelled.journeys.submit_score
    token = labelled.store.write(lambda uow: submit.opening.redeem(uow, answer.ticket)).form_token
    bad = FormAnswers(present=frozenset({"IMG-F1"}), reasons={"IMG-F1": "无诊断价值"})
    answers = {"request_form": FormAnswers(), "image": bad}
    labelled.store.write(lambda uow: submit.submit(uow, token, answers))
    assert borne(labelled).withdrawn_reason == "image_score fatal_issue"


@pytest.mark.parametrize(
    ("correction", "reason"),
    [
        ({"exam": replace(SOUND.exam, exam_item="胸部及腹部CT平扫")}, "item_combined"),
        ({"status": ReportStatus.CANCELLED}, "report_cancelled"),
    ],
)
def test_a_report_that_is_corrected(labelled: World, correction: dict[str, object], reason: str) -> None:
    corrected = replace(SOUND, reported_at="2026-06-02", **{"status": ReportStatus.CORRECTED, **correction})
    labelled.report(corrected)
    assert withdrawn(labelled) == reason


def test_images_that_were_compressed_with_loss_or_are_anothers(labelled: World) -> None:
    evidence = labelled.journeys.labels.evidence
    labelled.order()
    for image, reason in (
        (replace(IMAGE, lossy=True), "lossy"),
        (replace(IMAGE, patient_id="P2"), "identity"),
    ):
        labelled.store.write(lambda uow, image=image: evidence.note(uow, image, labelled.clock()))
        lapsed = labelled.store.read(lambda uow: labelled.journeys.labels.lapsed(uow, "A1"))
        labelled.store.write(lambda uow: labelled.journeys.labels(uow, "A1"))
        assert lapsed
        assert borne(labelled).withdrawn_reason == reason
        labelled.store.write(lambda uow: evidence.note(uow, IMAGE, labelled.clock()))
        labelled.store.write(lambda uow: labelled.journeys.labels(uow, "A1"))
        assert borne(labelled).withdrawn_at is None


def test_a_name_that_only_an_administrator_could_map_earns_its_label(world: World) -> None:
    world.store.write(lambda uow: uow.labels.add_evaluation(EVALUATION))
    odd = replace(SOUND, exam=replace(SOUND.exam, exam_item="胸部CT体检套餐"), patient=Patient())
    world.report(odd)
    assert world.store.read(lambda uow: uow.labels.for_exam("A1")) == []
    world.store.write(lambda uow: uow.labels.answer("chuanyu", "胸部CT体检套餐", 94, "admin", world.clock()))
    world.store.write(lambda uow: world.journeys.labels(uow, "A1"))
    assert borne(world).decision.item.number == 94


def test_an_image_passes_without_a_mark_when_it_is_lossy(labelled: World) -> None:
    from plugin.workflow.stamp_label import StudyFacts, day_of

    labels = labelled.journeys.labels
    image = StudyFacts(modality="CT", exam_item="胸部CT平扫", performed_on=day_of("20260601"))
    for lossy in (False, True):
        facts = replace(IMAGE, lossy=lossy)
        decision = labelled.store.read(lambda uow, facts=facts: labels.at_ingest(uow, image, "A1", facts))
        assert (decision is None) is lossy


def test_the_writer_is_given_back_between_a_few_labels_and_the_next(
    labelled: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in ("A2", "A3"):
        labelled.report(replace(SOUND, exam=replace(SOUND.exam, accession_number=number)))
    labelled.clock.advance(days=10)
    monkeypatch.setattr(review_labels, "AT_ONCE", 2)
    commits = 0

    def write(work: Callable[[UnitOfWork], T], /) -> T:
        nonlocal commits
        commits += 1
        return labelled.store.write(work)

    journey = labelled.journeys.review_labels
    journey.review(labelled.store.read, write)
    assert commits == 2
    assert journey.lapsed(labelled.store.read) == ()


def test_an_answer_that_is_given_again_asks_for_another_review(labelled: World) -> None:
    keep = labelled.journeys.recognition
    for item_number in (94, 0, 94):
        labelled.clock.advance(minutes=5)
        labelled.store.write(lambda uow, n=item_number: keep.confirm(uow, "chuanyu", "胸部CT", n, "head"))
    assert labelled.jobs().count("review_labels") == 3
