"""order-sign by CDS Hooks and order-check by JSON: the same offers, the same answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from conftest import StoppedClock
from web_house import WebHouse, web_house

from plugin.domain.honour import OfferState
from plugin.domain.patient import Patient
from plugin.domain.recognition import CatalogueItem, Label, LabelDecision
from plugin.domain.report import Exam, Report
from plugin.workflow.ports.unit_of_work import UnitOfWork

ITEM = CatalogueItem(number=94, modality="CT", body_part="胸部", name="胸部 CT 平扫", printed="胸部 CT 平扫")
DECISION = LabelDecision(region_id="chuanyu", mark="川渝 HR", eligible=True, item=ITEM)
AT = datetime(2026, 5, 20, tzinfo=UTC)
CHECK: dict[str, Any] = {
    "patient": {"patient_id": "P1", "assigning_authority": "H001"},
    "exam_item": "CT胸部平扫",
    "modality": "CT",
    "order_number": "R2",
}
TOLD = {"to": "患者本人", "by": "D3", "at": "2026-06-01T16:05:00"}


def earlier(uow: UnitOfWork) -> None:
    """A labelled chest CT of twelve days ago."""
    report = Report(
        patient=Patient(patient_id="P1", assigning_authority="H001", name="张三"),
        exam=Exam(
            accession_number="A1",
            modality="CT",
            exam_item="胸部CT平扫",
            performed_at=f"{date(2026, 5, 20)} 08:00:00",
        ),
        impression="未见明显异常。",
    )
    uow.reports.save(report, (), source="oru", at=AT, rulebook="1")
    uow.labels.add(
        Label(
            label_id="L1", accession_number="A1", study_instance_uid="1.2", decision=DECISION, decided_at=AT
        )
    )


@pytest.fixture
def house(tmp_path: Path, clock: StoppedClock) -> Iterator[WebHouse]:
    with web_house(tmp_path, clock) as built:
        built.store.write(earlier)
        yield built


def fhir(identifier: dict[str, str] | None = None, **order: Any) -> dict[str, Any]:
    """An order-sign call with one draft."""
    request = {
        "resourceType": "ServiceRequest",
        "id": "draft-1",
        "identifier": [{"value": "R2"}],
        "code": {"text": "CT胸部平扫"},
        **order,
    }
    patient = {"resourceType": "Patient", "identifier": [identifier or {"system": "H001", "value": "P1"}]}
    return {
        "hook": "order-sign",
        "hookInstance": "h1",
        "context": {
            "userId": "Practitioner/D3",
            "patientId": "17",
            "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": request}]},
        },
        "prefetch": {"patient": patient},
    }


def one_card(house: WebHouse, **order: Any) -> dict[str, Any]:
    (card,) = house.call("POST", "/cds-services/order-sign", fhir(**order)).json["cards"]
    return dict(card)


def test_a_card_says_where_when_and_what(house: WebHouse) -> None:
    card = one_card(house)
    assert card["indicator"] == "warning"
    assert len(card["summary"]) < 140
    for part in ("测试医院", "2026-05-20", "未见明显异常。", "川渝 HR", "A1"):
        assert part in card["summary"] + card["detail"]
    assert len(card["overrideReasons"]) == 11
    (suggestion,) = card["suggestions"]
    assert suggestion["actions"][0]["resourceId"] == "ServiceRequest/draft-1"
    assert card["selectionBehavior"] == "at-most-one"


def test_the_json_call_offers_the_same(house: WebHouse) -> None:
    card = one_card(house)
    answer = house.call("POST", "/hooks/order-check", CHECK).json
    (offer,) = answer["offers"]
    assert offer["offer_id"] == card["uuid"]
    assert (offer["institution"], offer["performed_at"]) == ("测试医院", "2026-05-20 08:00:00")
    assert [each["code"] for each in answer["refusals"]][:2] == ["condition_changed", "fast_change"]


def test_a_patient_of_another_issuer_or_in_an_emergency_gets_no_card(house: WebHouse) -> None:
    for call in (fhir({"system": "H002", "value": "P1"}), fhir({"value": "P1"}), fhir(priority="stat")):
        assert house.call("POST", "/cds-services/order-sign", call).json["cards"] == []
    urgent = {**CHECK, "patient_class": "emergency"}
    assert house.call("POST", "/hooks/order-check", urgent).json["offers"] == []
    assert len(house.call("POST", "/hooks/order-check", {**urgent, "ask": True}).json["offers"]) == 1


def test_feedback_accepts(house: WebHouse) -> None:
    offer_id = one_card(house)["uuid"]
    row = {"card": offer_id, "outcome": "accepted", "acceptedSuggestions": [{"id": f"{offer_id}-accept"}]}
    answer = house.call("POST", "/cds-services/order-sign/feedback", {"feedback": [row]})
    assert answer.status_code == 200
    kept = house.store.read(lambda uow: uow.offers.get(offer_id))
    assert kept.state is OfferState.ACCEPTED
    assert "测试医院" in kept.citation
    assert house.call("POST", "/cds-services/order-sign", fhir()).json["cards"] == []


def test_feedback_refuses_with_a_reason_and_the_explanation(house: WebHouse) -> None:
    offer_id = one_card(house)["uuid"]
    row = {
        "card": offer_id,
        "outcome": "overridden",
        "overrideReason": {"reason": {"code": "fast_change"}, "userComment": "复查"},
        "extension": {"signgate": {"who": "D3", "explained": TOLD}},
    }
    house.call("POST", "/cds-services/order-sign/feedback", {"feedback": [row]})
    kept = house.store.read(lambda uow: uow.offers.get(offer_id))
    assert (kept.state, kept.reason, kept.comment) == (OfferState.REFUSED, "fast_change", "复查")
    assert kept.answered_by == "D3@ris"
    # A time without a zone is the hospital's.
    assert kept.explanation.at == datetime(2026, 6, 1, 8, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "row",
    [
        {"outcome": "ignored"},
        {"outcome": "overridden"},
        {"outcome": "overridden", "overrideReason": {"reason": {"code": "because"}}},
    ],
)
def test_a_feedback_that_says_nothing_usable_is_refused(house: WebHouse, row: dict[str, Any]) -> None:
    body = {"feedback": [{"card": one_card(house)["uuid"], **row}]}
    assert house.call("POST", "/cds-services/order-sign/feedback", body).status_code == 400


def test_json_accepts_and_refuses(house: WebHouse) -> None:
    offer_id = house.call("POST", "/hooks/order-check", CHECK).json["offers"][0]["offer_id"]
    refuse, accept = f"/hooks/order-check/{offer_id}/refuse", f"/hooks/order-check/{offer_id}/accept"
    unexplained = house.call("POST", refuse, {"who": "D3", "reason": "doubtful"})
    assert (unexplained.status_code, unexplained.json["where"]) == (400, "/explained")
    accepted = house.call("POST", accept, {"who": "D3"}).json
    assert accepted["state"] == "accepted"
    assert "D3@ris" in accepted["citation"]
    refused = house.call("POST", refuse, {"who": "D3", "reason": "doubtful", "explained": TOLD})
    assert refused.status_code == 409


def test_an_emergency_leaves_no_time_to_explain(house: WebHouse) -> None:
    offer_id = house.call("POST", "/hooks/order-check", CHECK).json["offers"][0]["offer_id"]
    answer = house.call("POST", f"/hooks/order-check/{offer_id}/refuse", {"who": "D3", "reason": "emergency"})
    assert (answer.status_code, answer.json["state"]) == (200, "refused")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/hooks/order-check", {**CHECK, "patient": {}}),
        ("/hooks/order-check", {**CHECK, "ask": "yes"}),
        ("/cds-services/order-sign", {**fhir(), "prefetch": {}}),
        ("/cds-services/order-sign", {**fhir(), "hook": "order-select"}),
    ],
)
def test_what_is_wrong_is_refused(house: WebHouse, path: str, body: dict[str, Any]) -> None:
    assert house.call("POST", path, body).status_code == 400


def test_unsigned_calls_are_refused(house: WebHouse) -> None:
    assert house.client().post("/hooks/order-check", json=CHECK).status_code == 401


def test_odd_fhir_is_passed_over(house: WebHouse) -> None:
    odd = fhir()
    odd["context"]["draftOrders"]["entry"] += [None, {"resource": {"resourceType": "MedicationRequest"}}, {}]
    odd["prefetch"]["patient"]["identifier"] += ["P1", {}]
    assert len(house.call("POST", "/cds-services/order-sign", odd).json["cards"]) == 1


def test_a_coded_modality_helps_a_name_that_says_none(house: WebHouse) -> None:
    coding = {"system": "http://dicom.nema.org/resources/ontology/DCM", "code": "CT"}
    assert one_card(house, code={"text": "胸部平扫", "coding": [coding]})["uuid"]
