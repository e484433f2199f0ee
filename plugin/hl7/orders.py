"""ORM^O01, OMI^O23, OMG^O19 → ImagingOrder, by the sender's profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from plugin.domain.order import ImagingOrder, OrderStatus, PatientClass
from plugin.hl7.datatypes import iso_time, person
from plugin.hl7.patients import first_value, identify, nulls, require_identifier, require_patient, valued
from plugin.hl7.profile import Profile
from plugin.hl7.reader import Group, Message, Segment
from plugin.hl7.refusals import refusal

_PLAIN = (
    "placer_order_number", "filler_order_number", "accession_number", "study_instance_uid", "exam_item",
    "exam_item_code", "clinical_diagnosis", "history", "purpose", "department", "ward", "bed",
    "inpatient_number", "outpatient_number",
)  # fmt: skip
_NUMBERS = ("placer_order_number", "filler_order_number", "accession_number", "study_instance_uid")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedOrder:
    """An order as one ORC group says it.

    Parameters
    ----------
    delivered
        Names below ``order`` that came or that the profile promises: ``exam_item``, ``patient.sex``.
    control
        ``new``, ``change``, ``status`` or ``cancel``.
    """

    order: ImagingOrder
    delivered: frozenset[str]
    control: str


def read_orders(message: Message, profile: Profile) -> list[ReceivedOrder]:
    """Read every order of a message.

    Raises
    ------
    MessageRejected
        PID, ORC or OBR is missing, ORC-1 is unknown, or no order number is given.
    """
    groups = [group for group in message.groups() if group.orc or group.obr]
    if not groups:
        raise refusal("no_segment", "ORC^1", segment="ORC")
    orders = [
        _order(message, procedure, number, profile, shares_orc=before is not None and before.orc is group.orc)
        for number, (before, group) in enumerate(zip([None, *groups[:-1]], groups, strict=True), 1)
        for procedure in _by_accession(group)
    ]
    require_patient(message, orders[0].order.patient)
    return _items_together(orders)


def _by_accession(group: Group) -> list[Group]:
    """An order whose IPC segments name several accession numbers as one order each (v2.5.1, 4.5.6.1)."""
    shared: list[Segment] = []
    numbered: dict[str, list[Segment]] = {}
    for segment in group.rest:
        number = segment.value(1, 1) if segment.name == "IPC" else ""
        (numbered.setdefault(number, []) if number else shared).append(segment)
    if len(numbered) < 2:
        return [group]
    pid, pv1, orc, obr = group.pid, group.pv1, group.orc, group.obr
    return [Group(pid, pv1, orc, obr, group.head, [*own, *shared], group.nulls) for own in numbered.values()]


def _items_together(orders: list[ReceivedOrder]) -> list[ReceivedOrder]:
    """Items of a requisition that no number tells apart, as one order for all of them: none may hide another."""
    together: dict[object, list[ReceivedOrder]] = {}
    for number, received in enumerate(orders):
        order = received.order
        has_own = order.accession_number or order.filler_order_number or received.control != "new"
        key: object = number if has_own else (order.patient, order.placer_order_number)
        together.setdefault(key, []).append(received)
    return [same[0] if len(same) == 1 else _one_of(same) for same in together.values()]


def _one_of(orders: list[ReceivedOrder]) -> ReceivedOrder:
    items = dict.fromkeys(each.order.exam_item for each in orders if each.order.exam_item)
    order = replace(orders[0].order, exam_item="、".join(items))
    return replace(orders[0], order=order, delivered=frozenset().union(*(each.delivered for each in orders)))


def _order(
    message: Message, group: Group, number: int, profile: Profile, *, shares_orc: bool
) -> ReceivedOrder:
    control = _control(group, number, profile)
    if group.obr is None and control != "cancel":
        raise refusal("not_imaging", f"OBR^{number}")
    patient, patient_delivered = identify(group, profile)
    require_patient(message, patient)
    values = _values(group, profile)
    if shares_orc:
        # The ORC is of the OBR before this one; what this one says of its own numbers counts.
        values |= _own_numbers(group, profile)
    if not (values["placer_order_number"] or values["filler_order_number"] or values["accession_number"]):
        raise refusal(
            "no_field", f"ORC^{number}^2", field="ORC-2/ORC-3", meaning="申请单号/执行号",
            meaning_en="placer or filler order number",
        )  # fmt: skip
    for name in _NUMBERS:
        require_identifier(values[name], f"OBR^{number}")
    delivered = valued(values) - {"patient_class", "status"}
    delivered |= nulls(group, _PLAIN, profile.order)
    delivered |= {f"patient.{name}" for name in patient_delivered}
    order = ImagingOrder(patient=patient, status=_status(group, control, profile), **values)
    return ReceivedOrder(
        order=order, delivered=frozenset(delivered) | profile.order_delivered, control=control
    )


def _values(group: Group, profile: Profile) -> dict[str, Any]:
    fields, words = profile.order, profile.values
    values: dict[str, Any] = {name: first_value(group, getattr(fields, name)) for name in _PLAIN}
    values["modality"] = mapped(first_value(group, fields.modality), words.modality)
    patient_class = first_value(group, fields.patient_class).upper()
    values["patient_class"] = words.patient_class.get(patient_class, PatientClass.UNKNOWN)
    values["ordering_provider"] = _who(group, fields.ordering_provider)
    values["technician"] = _who(group, fields.technician)
    values["ordered_at"] = iso_time(first_value(group, fields.ordered_at))
    return values


def _own_numbers(group: Group, profile: Profile) -> dict[str, str]:
    found = {
        name: first_value(
            group, tuple(path for path in getattr(profile.order, name) if path.segment == "OBR")
        )
        for name in ("placer_order_number", "filler_order_number")
    }
    return {name: number for name, number in found.items() if number}


def _who(group: Group, paths: Any) -> str:
    identifier, name = person(group, paths)
    return name or identifier


def mapped(sent: str, table: Mapping[str, str]) -> str:
    """Our word for the sender's; empty when it is not in the table."""
    return table.get(sent.upper(), "") if sent else ""


def _control(group: Group, number: int, profile: Profile) -> str:
    sent = group.orc.value(1, 1).upper() if group.orc else "NW"
    control = profile.values.order_control.get(sent)
    if control is None:
        raise refusal(
            "table_value",
            f"ORC^{number}^1",
            field="ORC-1",
            found=sent or '""',
            table="order_control",
            profile=profile.name,
        )
    return control


def _status(group: Group, control: str, profile: Profile) -> OrderStatus:
    """ORC-5 where it is known; a cancellation cancels whatever it says, a new order is scheduled if nothing else."""
    if control == "cancel":
        return OrderStatus.CANCELLED
    sent = group.orc.value(5, 1).upper() if group.orc else ""
    unsaid = OrderStatus.SCHEDULED if control == "new" else OrderStatus.UNSAID
    return profile.values.order_status.get(sent, unsaid)
