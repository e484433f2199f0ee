"""An order arrives: kept as the newest version of what the clinician asked for."""

from __future__ import annotations

from dataclasses import fields, replace

from plugin.domain.errors import MessageRejected
from plugin.domain.order import ImagingOrder
from plugin.domain.patient import Patient
from plugin.workflow.held_names import held_names
from plugin.workflow.ports.unit_of_work import UnitOfWork


def receive_order(
    uow: UnitOfWork, order: ImagingOrder, delivered: frozenset[str], message_id: int | None
) -> ImagingOrder:
    """Store the order, completed from the version before it.

    A status change or a cancellation often names nothing but the order number; what it
    leaves out is taken from the order as it stood.

    Raises
    ------
    MessageRejected
        When neither the message nor an earlier order gives an accession number.
    """
    _hold(uow, order)
    known = uow.exams.order(order.accession_number) if order.accession_number else None
    if known is None:
        earlier = uow.exams.find_order(order.placer_order_number, order.filler_order_number)
        known = uow.exams.order(earlier.accession_number) if earlier else None
    if known:
        earlier_order, earlier_delivered = known
        order = _completed(order, earlier_order)
        delivered = delivered | earlier_delivered
    if not order.accession_number:
        # Until the RIS numbers the examination, the order number stands for it.
        number = order.filler_order_number or order.placer_order_number
        if not number:
            raise MessageRejected(
                "AE",
                "101",
                "ORC^1^3",
                "没有检查号、执行号或申请单号, 申请单无法归档 / "
                "no accession number, filler or placer order number: the order cannot be kept",
            )
        order = replace(order, accession_number=number)
    uow.exams.save_order(order, delivered, message_id)
    # The order is kept as it was sent; it is filed under the person that a merge made of its patient.
    uow.patients.follow_merge(order.patient, order.accession_number)
    return order


def foresee_order(uow: UnitOfWork, order: ImagingOrder) -> None:
    """Read what :func:`receive_order` will read of a new order."""
    _hold(uow, order)
    uow.exams.order(order.accession_number)
    uow.exams.find_order(order.placer_order_number, order.filler_order_number)
    uow.patients.surviving(order.patient)


def _hold(uow: UnitOfWork, order: ImagingOrder) -> None:
    numbers = (order.accession_number, order.filler_order_number, order.placer_order_number)
    uow.hold(*held_names(order.patient.patient_id, *numbers))


def _completed(order: ImagingOrder, earlier: ImagingOrder) -> ImagingOrder:
    filled = {
        field.name: getattr(earlier, field.name)
        for field in fields(ImagingOrder)
        if field.name not in {"patient", "status"} and getattr(order, field.name) in {"", "unknown"}
    }
    patient = {
        field.name: getattr(earlier.patient, field.name)
        for field in fields(Patient)
        if not getattr(order.patient, field.name)
    }
    return replace(order, patient=replace(order.patient, **patient), **filled)
