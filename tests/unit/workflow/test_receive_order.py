"""Orders: new, changed, cancelled, numbered by whatever the sender gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from plugin.domain.errors import MessageRejected
from plugin.domain.order import ImagingOrder, OrderStatus, PatientClass
from plugin.domain.patient import Patient
from plugin.store.store import SqlStore
from plugin.workflow.receive_order import receive_order
from tests.stores import temporary_store

PATIENT = Patient(patient_id="P1", assigning_authority="H001", name="张三", sex="M")
NEW = ImagingOrder(
    patient=PATIENT,
    placer_order_number="ORD-1",
    accession_number="A1",
    exam_item="头颅CT平扫",
    patient_class=PatientClass.EMERGENCY,
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    with temporary_store(tmp_path) as opened:
        yield opened


def received(store: SqlStore, order: ImagingOrder) -> ImagingOrder:
    return store.write(lambda uow: receive_order(uow, order, frozenset({"order.exam_item"}), None))


def test_a_cancellation_by_order_number_keeps_what_was_ordered(store: SqlStore) -> None:
    received(store, NEW)
    received(store, ImagingOrder(placer_order_number="ORD-1", status=OrderStatus.CANCELLED))
    known = store.read(lambda uow: uow.exams.order("A1"))
    assert known is not None
    order = known[0]
    assert (order.status, order.exam_item, order.patient.name, order.patient_class) == (
        OrderStatus.CANCELLED,
        "头颅CT平扫",
        "张三",
        PatientClass.EMERGENCY,
    )


def test_a_change_wins_over_what_was_known(store: SqlStore) -> None:
    received(store, NEW)
    changed = received(store, ImagingOrder(accession_number="A1", exam_item="头颅CT平扫+增强"))
    assert (changed.exam_item, changed.placer_order_number) == ("头颅CT平扫+增强", "ORD-1")


def test_without_an_accession_number_the_order_number_stands_for_it(store: SqlStore) -> None:
    assert received(store, ImagingOrder(filler_order_number="F9")).accession_number == "F9"


def test_an_order_without_any_number_is_refused(store: SqlStore) -> None:
    with pytest.raises(MessageRejected, match="the order cannot be kept"):
        received(store, ImagingOrder(patient=PATIENT, exam_item="头颅CT平扫"))


def standing(store: SqlStore, accession_number: str) -> ImagingOrder:
    known = store.read(lambda uow: uow.exams.order(accession_number))
    assert known is not None
    return known[0]


def test_a_status_that_is_not_said_stays(store: SqlStore) -> None:
    received(store, replace(NEW, status=OrderStatus.COMPLETED))
    assert received(store, ImagingOrder(accession_number="A1", status=OrderStatus.UNSAID)).status is (
        OrderStatus.COMPLETED
    )


def test_of_an_order_that_nobody_knew_a_status_that_is_not_said_is_scheduled(store: SqlStore) -> None:
    new = ImagingOrder(accession_number="A7", status=OrderStatus.UNSAID)
    assert received(store, new).status is OrderStatus.SCHEDULED


def test_a_requisition_is_cancelled_with_all_its_examinations(store: SqlStore) -> None:
    received(store, NEW)
    received(store, replace(NEW, accession_number="A2", exam_item="上腹部CT平扫"))
    received(store, ImagingOrder(placer_order_number="ORD-1", status=OrderStatus.CANCELLED))
    assert [(standing(store, each).status, standing(store, each).exam_item) for each in ("A1", "A2")] == [
        (OrderStatus.CANCELLED, "头颅CT平扫"),
        (OrderStatus.CANCELLED, "上腹部CT平扫"),
    ]


def test_one_item_of_a_requisition_is_cancelled_by_its_name(store: SqlStore) -> None:
    received(store, NEW)
    received(store, replace(NEW, accession_number="A2", exam_item="上腹部CT平扫"))
    received(
        store,
        ImagingOrder(placer_order_number="ORD-1", exam_item="头颅CT平扫", status=OrderStatus.CANCELLED),
    )
    assert standing(store, "A1").status is OrderStatus.CANCELLED
    assert standing(store, "A2").status is OrderStatus.SCHEDULED


def test_examinations_of_one_requisition_are_told_apart_by_the_filler(store: SqlStore) -> None:
    first = replace(
        NEW,
        accession_number="",
        filler_order_number="F1",
        study_instance_uid="1.2.1",
        clinical_diagnosis="头晕",
    )
    received(store, first)
    second = ImagingOrder(
        patient=PATIENT, placer_order_number="ORD-1", filler_order_number="F2", exam_item="上腹部CT平扫"
    )
    received(store, second)
    assert standing(store, "F1").exam_item == "头颅CT平扫"
    kept = standing(store, "F2")
    assert (kept.exam_item, kept.study_instance_uid, kept.clinical_diagnosis) == ("上腹部CT平扫", "", "头晕")


def test_a_patient_is_not_completed_from_another_one(store: SqlStore) -> None:
    received(store, NEW)
    moved = received(store, ImagingOrder(patient=Patient(patient_id="P2"), accession_number="A1"))
    assert (moved.patient.patient_id, moved.patient.name, moved.patient.sex) == ("P2", "", "")
