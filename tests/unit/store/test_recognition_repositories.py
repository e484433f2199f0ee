"""Offers, answers about item names, facts of images, and the labels of one patient, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from plugin.domain.errors import GateConflict
from plugin.domain.honour import Explanation, OfferState, PriorOffer
from plugin.domain.image import ImageFacts
from plugin.domain.patient import Patient
from plugin.domain.recognition import Label, LabelDecision
from plugin.domain.report import Exam, Report, ReportStatus
from plugin.store.store import SqlStore

NOW = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
OFFER = PriorOffer(
    offer_id="o1",
    asked_for="R2",
    patient_id="P1",
    assigning_authority="HIS",
    exam_item="胸部CT平扫",
    modality="CT",
    region_id="chuanyu",
    mark="川渝 HR",
    prior_accession_number="A1",
    institution_name="测试医院",
    performed_at="2026-05-20 08:00:00",
    item_name="胸部 CT 平扫",
    covers=False,
    acceptance="mutual",
    acceptance_text="同级医疗机构间检查结果互认",
    result="未见明显异常。",
    image_link="",
    offered_at=NOW,
)


def kept(
    store: SqlStore, accession_number: str, patient: Patient, *, status: ReportStatus = ReportStatus.FINAL
) -> None:
    report = Report(
        patient=patient,
        exam=Exam(accession_number=accession_number, performed_at="2026-05-20 08:00:00"),
        impression=f"结论{accession_number}",
        status=status,
    )
    label = Label(
        label_id=f"l-{accession_number}",
        accession_number=accession_number,
        study_instance_uid="",
        decision=LabelDecision(region_id="chuanyu", mark="川渝 HR", eligible=True),
        decided_at=NOW,
    )
    store.write(lambda uow: uow.reports.save(report, (), source="oru", at=NOW, rulebook="1"))
    store.write(lambda uow: uow.labels.add(label))


def test_an_offer_is_answered_once(store: SqlStore) -> None:
    store.write(lambda uow: uow.offers.add(OFFER))
    refused = replace(
        OFFER,
        state=OfferState.REFUSED,
        reason="doubtful",
        explanation=Explanation(to="患者本人", by="D1", at=NOW),
        answered_at=NOW,
    )
    store.write(lambda uow: uow.offers.settle(refused))
    assert store.read(lambda uow: uow.offers.get("o1")) == refused
    assert store.read(lambda uow: uow.offers.of_request("P1", "HIS", "R2")) == [refused]
    assert store.read(lambda uow: uow.offers.of_request("P1", "", "R2")) == []
    with pytest.raises(GateConflict):
        store.write(lambda uow: uow.offers.settle(replace(OFFER, state=OfferState.ACCEPTED)))


def test_offers_are_counted(store: SqlStore) -> None:
    for number, state in enumerate((OfferState.OFFERED, OfferState.ACCEPTED, OfferState.REFUSED)):
        reason = "doubtful" if state is OfferState.REFUSED else ""
        offer = replace(OFFER, offer_id=f"o{number}", state=state, reason=reason)
        store.write(lambda uow, offer=offer: uow.offers.add(offer))
    tally = store.read(lambda uow: uow.offers.tally(NOW, NOW + timedelta(seconds=1)))
    assert (tally.offered, tally.accepted, tally.refused) == (3, 1, {"doubtful": 1})
    assert (tally.unexplained, tally.unanswered, tally.repeat_rate) == (1, 1, 0.5)
    assert store.read(lambda uow: uow.offers.tally(NOW + timedelta(seconds=1), NOW)).offered == 0


def test_labels_of_a_patient_go_by_identifier_and_issuer(store: SqlStore) -> None:
    kept(store, "A1", Patient(patient_id="P1", assigning_authority="HIS", name="张三"))
    kept(store, "A2", Patient(patient_id="P1", assigning_authority="OTHER", name="张三"))
    kept(store, "A3", Patient(patient_id="P1", assigning_authority="HIS"), status=ReportStatus.CANCELLED)
    (found,) = store.read(lambda uow: uow.labels.of_patient("P1", "HIS"))
    assert (found.label.accession_number, found.result) == ("A1", "结论A1")
    assert store.read(lambda uow: uow.labels.of_patient("", "")) == []
    assert store.read(lambda uow: uow.labels.standing()) == ["A1", "A2", "A3"]
    assert store.read(lambda uow: uow.labels.standing("A1", 1)) == ["A2"]
    store.write(lambda uow: uow.labels.withdraw("l-A1", "lapsed", NOW))
    assert store.read(lambda uow: uow.labels.of_patient("P1", "HIS")) == []


def test_an_answer_about_an_item_replaces_the_one_before(store: SqlStore) -> None:
    for number in (1, 0):
        store.write(lambda uow, number=number: uow.labels.answer("chuanyu", "胸部正位", number, "admin", NOW))
    assert store.read(lambda uow: uow.labels.answers()) == {("chuanyu", "胸部正位"): 0}


def test_items_that_a_ris_has_sent(store: SqlStore) -> None:
    exam = Exam(accession_number="A1", modality="CT", exam_item="胸部CT平扫")
    store.write(lambda uow: uow.reports.save(Report(exam=exam), (), source="oru", at=NOW, rulebook="1"))
    assert store.read(lambda uow: uow.labels.exam_items()) == [("胸部CT平扫", "CT", 1)]


def test_facts_of_an_image_sent_again_replace_its_own(store: SqlStore) -> None:
    facts = ImageFacts(sop_instance_uid="1.2", series_instance_uid="1", position_mm=(0.0, 1.5, 2.0))
    store.write(lambda uow: uow.images.add("A1", facts, NOW))
    lossy = replace(facts, lossy=True)
    store.write(lambda uow: uow.images.add("A1", lossy, NOW))
    assert store.read(lambda uow: uow.images.for_exam("A1")) == [lossy]
    assert store.read(lambda uow: uow.images.for_exam("")) == []
