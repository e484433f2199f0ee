"""An order arrives: kept as the newest version of what the clinician asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace

from plugin.domain.errors import MessageRejected
from plugin.domain.order import ImagingOrder, OrderStatus
from plugin.domain.patient import Patient
from plugin.workflow.held_names import held_names
from plugin.workflow.ports.unit_of_work import UnitOfWork

_Known = tuple[ImagingOrder, frozenset[str]]

_OF_ONE_EXAM = frozenset(
    {"accession_number", "filler_order_number", "study_instance_uid", "modality", "exam_item",
     "exam_item_code", "technician", "status"}
)  # fmt: skip
"""What two examinations under one order number do not share."""


def receive_order(
    uow: UnitOfWork, order: ImagingOrder, delivered: frozenset[str], message_id: int | None
) -> ImagingOrder:
    """Store the order, completed from the version before it.

    A status change or a cancellation often names nothing but the order number; what it
    leaves out is taken from the order as it stood.  One that names a number under which
    several examinations were ordered, and none of them, is said of them all.

    Raises
    ------
    MessageRejected
        When neither the message nor an earlier order gives an accession number.
    """
    _hold(uow, order)
    known: Sequence[_Known | None] = _known(uow, order) or [None]
    kept = [_keep(uow, order, each, delivered, message_id) for each in known]
    return kept[0]


def foresee_order(uow: UnitOfWork, order: ImagingOrder) -> None:
    """Read what :func:`receive_order` will read of a new order."""
    _hold(uow, order)
    _known(uow, order)
    uow.patients.surviving(order.patient)


def _hold(uow: UnitOfWork, order: ImagingOrder) -> None:
    numbers = (order.accession_number, order.filler_order_number, order.placer_order_number)
    uow.hold(*held_names(order.patient.patient_id, *numbers))


def _known(uow: UnitOfWork, order: ImagingOrder) -> Sequence[_Known]:
    """The orders that this one is a version of; nothing when it is new."""
    if order.accession_number and (known := uow.exams.order(order.accession_number)):
        return [known]
    under = uow.exams.orders_under(order.placer_order_number, order.filler_order_number)
    versions = [known for known in under if not _are_apart(order, known[0])]
    if order.accession_number or not versions:
        return (versions or under)[:1]
    if not order.exam_item:
        return versions
    return [known for known in versions if _is_same_item(order, known[0])][:1] or versions[:1]


def _are_apart(order: ImagingOrder, other: ImagingOrder) -> bool:
    """Whether they are two examinations under one placer order number, not versions of one."""
    if order.accession_number and order.accession_number == other.accession_number:
        return False
    if order.filler_order_number and other.filler_order_number:
        return order.filler_order_number != other.filler_order_number
    stands_in = other.accession_number in (other.filler_order_number, other.placer_order_number)
    return bool(order.accession_number) and not stands_in


def _is_same_item(order: ImagingOrder, other: ImagingOrder) -> bool:
    if order.exam_item_code and other.exam_item_code:
        return order.exam_item_code == other.exam_item_code
    return order.exam_item == other.exam_item


def _keep(
    uow: UnitOfWork,
    order: ImagingOrder,
    known: _Known | None,
    delivered: frozenset[str],
    message_id: int | None,
) -> ImagingOrder:
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
    if order.status is OrderStatus.UNSAID:
        order = replace(order, status=OrderStatus.SCHEDULED)
    uow.exams.save_order(order, delivered, message_id)
    # The order is kept as it was sent; it is filed under the person that a merge made of its patient.
    uow.patients.follow_merge(order.patient, order.accession_number)
    return order


def _completed(order: ImagingOrder, earlier: ImagingOrder) -> ImagingOrder:
    """The order with what it does not say taken from an earlier one: of another examination only what they share."""
    apart = _are_apart(order, earlier)
    filled = {
        field.name: getattr(earlier, field.name)
        for field in fields(ImagingOrder)
        if field.name != "patient"
        and getattr(order, field.name) in {"", "unknown"}
        and not (apart and field.name in _OF_ONE_EXAM)
    }
    if order.patient.patient_id in ("", earlier.patient.patient_id):
        patient = {
            field.name: getattr(earlier.patient, field.name)
            for field in fields(Patient)
            if not getattr(order.patient, field.name)
        }
        order = replace(order, patient=replace(order.patient, **patient))
    return replace(order, **filled)
