"""Orders: new, changed, cancelled, numbered by whatever the sender gives."""

from __future__ import annotations

from collections.abc import Iterator
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
