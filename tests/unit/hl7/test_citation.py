"""The citation of a recognised result (DB50 6.6), written for the medical record and sent to a receiver."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hl7_peers import listening, opened
from hl7apy.parser import parse_message
from stores import temporary_store

from plugin.delivery.send_hl7 import SendHl7
from plugin.domain.delivery import Job, JobState
from plugin.domain.errors import DeliveryFailed, InvalidInput
from plugin.domain.honour import OfferState, PriorOffer
from plugin.domain.order import ImagingOrder
from plugin.domain.patient import Patient
from plugin.hl7.citation import citation_message
from plugin.hl7.client import Destination
from plugin.hl7.compose import compose
from plugin.hl7.envelope import Correspondent, Stamp, Subject
from plugin.hl7.outbound import Outbound
from plugin.hl7.sent import keep
from plugin.hl7.session import Peer
from plugin.workflow.announce import hl7_job

AT = datetime(2026, 6, 1, 1, 30, tzinfo=UTC)
OFFER = PriorOffer(
    offer_id="F1",
    asked_for="A2",
    patient_id="P1",
    assigning_authority="H001",
    exam_item="CT胸部平扫",
    modality="CT",
    region_id="chuanyu",
    mark="川渝 HR",
    prior_accession_number="A1",
    institution_name="测试|医院",
    performed_at="2026-05-20 08:00:00",
    item_name="胸部 CT 平扫",
    covers=False,
    acceptance="mutual",
    acceptance_text="同级医疗机构间检查结果互认",
    result="双肺未见异常。\n请随访。",
    image_link="",
    offered_at=AT,
    state=OfferState.ACCEPTED,
    answered_by="D3",
    answered_at=AT,
    citation="【检查结果互认引用】胸部 CT 平扫（川渝 HR）\n检查机构：测试|医院",
)
ORDER = ImagingOrder(
    patient=Patient(
        patient_id="P1", assigning_authority="H001", name="张三", sex="M", birth_date="1954-03-15"
    ),
    accession_number="A2",
    placer_order_number="SQ2",
    exam_item="CT胸部平扫",
    modality="CT",
)
STAMP = Stamp(control_id="C1", at=AT)
SUBJECT = Subject.of("A2", None, ORDER)


def values(message: bytes) -> dict[str, str]:
    """OBX-3.1 to OBX-5."""
    return {obx.value(3, 1): obx.value(5) for obx in opened(message).all("OBX")}


@pytest.mark.parametrize("road", ["MDM", "ORU"])
def test_the_four_of_6_6_each_as_an_observation_and_all_as_text(road: str) -> None:
    message = citation_message(OFFER, SUBJECT, Correspondent(citation_as=road), STAMP)
    found = values(message)
    assert found["CITED_INSTITUTION"] == "测试|医院"
    assert found["CITED_PERFORMED_AT"] == "2026-05-20 08:00:00"
    assert "双肺未见异常。" in found["CITED_RESULT"]
    assert "检查结果互认引用" in found["CITATION"]
    assert message.count(b"\r") == len(message.decode().strip().split("\r"))
    pid = opened(message).first("PID")
    assert pid is not None and (pid.value(3, 1), pid.value(5)) == ("P1", "张三")


def test_the_document_is_one_that_another_library_reads() -> None:
    text = citation_message(OFFER, SUBJECT, Correspondent(), STAMP).decode()
    parsed = parse_message(text, find_groups=False)
    assert [segment.name for segment in parsed.children][:5] == ["MSH", "EVN", "PID", "PV1", "TXA"]
    assert parsed.msh.msh_9.to_er7() == "MDM^T02^MDM_T02"
    assert parsed.txa.txa_12.to_er7() == "F1^SIGNGATE"
    assert parsed.txa.txa_9.to_er7() == "D3"


def test_an_offer_that_nobody_accepted_is_no_citation() -> None:
    with pytest.raises(InvalidInput, match="F1"):
        citation_message(replace(OFFER, citation=""), SUBJECT, Correspondent(), STAMP)


def test_a_text_that_the_receivers_set_cannot_hold_is_refused_and_names_the_character() -> None:
    with pytest.raises(InvalidInput, match="ASCII"):
        citation_message(OFFER, SUBJECT, Correspondent(charset="ASCII"), STAMP)


class MedicalRecord:
    """A receiver that keeps what it takes."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []

    async def __call__(self, block: bytes, _peer: Peer) -> bytes:
        self.taken.append(block)
        control_id = block.split(b"|")[9].decode()
        return f"MSH|^~\\&|E||SIGNGATE||1||ACK|X|P|2.5\rMSA|AA|{control_id}\r".encode()


@pytest.mark.parametrize("known", [True, False])
def test_it_reaches_its_receiver_with_the_order_it_stands_for(tmp_path: Path, known: bool) -> None:
    record = MedicalRecord()
    with listening(record) as (_, port), temporary_store(tmp_path) as store:
        emr = Correspondent(receiving_application="EMR", charset="GB 18030-2000")
        outbound = Outbound({"emr": (Destination(host="127.0.0.1", port=port, answer_s=5), emr)})
        handler = SendHl7(
            read=store.read,
            compose=lambda uow, payload, name: compose(uow, payload, outbound.correspondent(name)),
            deliver=outbound.deliver,
            keep=lambda uow, name, message, ack, number: keep(
                uow, name, message, ack, AT, accession_number=number
            ),
        )
        store.write(lambda uow: uow.offers.add(OFFER))
        if known:
            store.write(lambda uow: uow.exams.save_order(ORDER, frozenset(), None))
        new = hl7_job("emr", "citation", "F1", "A2", {"offer_id": "F1"})
        job = Job(
            job_id=1, kind=new.kind, lane=new.lane, key=new.key, payload=new.payload, state=JobState.RUNNING,
            attempts=1, max_attempts=12, due_at=AT, fence=1, created_at=AT,
        )  # fmt: skip
        effect = handler(job)
        assert effect is not None
        store.write(effect)
        handler(job)
        outbound.close()
        with pytest.raises(DeliveryFailed):
            handler(replace(job, payload={**job.payload, "offer_id": "none"}))
    assert len(set(record.taken)) == 1, "a retry is the same message"
    text = record.taken[0].decode("gb18030")
    assert "P1^^^H001" in text
    assert ("张三" in text, "SQ2" in text) == (known, known)
