"""What a message means: its type to the reader, the reading to an effect on the unit of work."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from plugin.domain.attachment import Attachment
from plugin.domain.order import ImagingOrder
from plugin.domain.patient import PatientMerge
from plugin.domain.report import Report
from plugin.hl7.answer import answer_in
from plugin.hl7.header import Header
from plugin.hl7.orders import ReceivedOrder, read_orders
from plugin.hl7.patients import MERGES, UPDATES, read_merges, read_update
from plugin.hl7.profile import Profile
from plugin.hl7.reader import Message
from plugin.hl7.refusals import refusal
from plugin.hl7.reports import ReceivedReport, read_reports
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.receive_patient import hold_patients, merge_patients, update_patient
from plugin.workflow.receive_report import Arrived
from plugin.workflow.sent import note_late_answer

Effect = Callable[[UnitOfWork, int], None]
"""What a message does, given the transaction and its number in the archive."""


class OrderJourney(Protocol):
    """``plugin.workflow.receive_order.receive_order``."""

    def __call__(
        self, uow: UnitOfWork, order: ImagingOrder, delivered: frozenset[str], message_id: int | None
    ) -> object: ...


class ReportJourney(Protocol):
    """``plugin.workflow.receive_report.ReceiveReport``."""

    def __call__(
        self,
        uow: UnitOfWork,
        report: Report,
        *,
        source: str,
        placer_order_number: str = "",
        filler_order_number: str = "",
    ) -> object: ...


class ForeseeOrder(Protocol):
    """``plugin.workflow.offer_prior.OfferPrior.foresee_order``."""

    def __call__(self, uow: UnitOfWork, order: ImagingOrder) -> None: ...


class ForeseeReport(Protocol):
    """``plugin.workflow.receive_report.ReceiveReport.foresee``."""

    def __call__(
        self, uow: UnitOfWork, report: Report, *, placer_order_number: str = "", filler_order_number: str = ""
    ) -> None: ...


class AttachmentJourney(Protocol):
    """``plugin.workflow.keep_attachments.KeepAttachments``."""

    def __call__(
        self,
        uow: UnitOfWork,
        message_id: int,
        report: Report,
        attachments: Sequence[Attachment],
        *,
        placer_order_number: str = "",
        filler_order_number: str = "",
    ) -> None: ...


class Inspecting(Protocol):
    """``plugin.workflow.receive_report.ReceiveReport``, as it inspects a report beside the writer."""

    def ahead(self, reports: Callable[[UnitOfWork], Sequence[Arrived]]) -> Future[None] | None: ...


class GatewayJourney(Protocol):
    """``plugin.workflow.pass_on.PassOn``: receives the reports and passes their message on."""

    def __call__(self, uow: UnitOfWork, message_id: int, reports: Sequence[Arrived]) -> object: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequence:
    """What a message means: its effect, and what the archive finds it by."""

    effect: Effect
    accession_number: str = ""
    patient_id: str = ""
    ahead: Callable[[], Future[None] | None] | None = None
    """Begins what may be done before the transaction does; it takes a while, and changes nothing."""
    foreseen: Callable[[UnitOfWork], None] | None = None
    """Reads for trial what the effect will read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Journeys:
    """The journeys that messages set out on."""

    order: OrderJourney
    report: ReportJourney
    inspecting: Inspecting | None = None
    gateway: GatewayJourney | None = None
    attachments: AttachmentJourney | None = None
    foresee_order: ForeseeOrder | None = None
    foresee_report: ForeseeReport | None = None


Read = Callable[[Message, Profile, Journeys, Surroundings], Consequence]


def check(header: Header, profile: Profile) -> None:
    """Version, processing ID and control ID, by the sender's profile.

    Raises
    ------
    MessageRejected
        With the codes that HL7 table 0357 has for each.
    """
    takes = profile.message
    for why, field, found, known in (
        ("version", 12, header.version, takes.versions),
        ("processing_id", 11, header.processing_id, takes.processing_ids),
    ):
        if found not in known:
            told = {"found": found or '""', "known": ", ".join(known), "profile": profile.name}
            raise refusal(why, f"MSH^1^{field}", **told)
    if not header.control_id and takes.control_id == "reliable":
        raise refusal("no_control_id", "MSH^1^10")


def reader_for(header: Header) -> Read:
    """The reader of a message type; a missing event is filled in where the type has only one."""
    events = READERS.get(header.code)
    if events is None:
        raise refusal("message_type", "MSH^1^9", found=header.code, known=", ".join(READERS))
    if header.event in events or ANY in events:
        return events.get(header.event) or events[ANY]
    if not header.event and len(events) == 1:
        return next(iter(events.values()))
    raise refusal("event", "MSH^1^9", found=f"{header.code} {header.event}", known=", ".join(events))


def _orders(message: Message, profile: Profile, journeys: Journeys, _around: Surroundings) -> Consequence:
    orders: list[ReceivedOrder] = read_orders(message, profile)

    def effect(uow: UnitOfWork, message_id: int) -> None:
        for received in orders:
            journeys.order(uow, received.order, received.delivered, message_id)

    def foreseen(uow: UnitOfWork) -> None:
        for received in orders:
            if journeys.foresee_order:
                journeys.foresee_order(uow, received.order)

    first = orders[0].order
    number = first.accession_number or first.filler_order_number or first.placer_order_number
    return Consequence(
        effect=effect, accession_number=number, patient_id=first.patient.patient_id, foreseen=foreseen
    )


def _reports(message: Message, profile: Profile, journeys: Journeys, _around: Surroundings) -> Consequence:
    reports: list[ReceivedReport] = read_reports(message, profile)
    arrived = [
        Arrived(
            report=each.report,
            placer_order_number=each.placer_order_number,
            filler_order_number=each.filler_order_number,
        )
        for each in reports
    ]

    def effect(uow: UnitOfWork, message_id: int) -> None:
        if journeys.gateway is not None:
            journeys.gateway(uow, message_id, arrived)
        else:
            for received in reports:
                journeys.report(
                    uow,
                    received.report,
                    source="oru",
                    placer_order_number=received.placer_order_number,
                    filler_order_number=received.filler_order_number,
                )
        _keep_attachments(uow, message_id, reports, journeys)

    def foreseen(uow: UnitOfWork) -> None:
        for received in reports:
            if journeys.foresee_report:
                journeys.foresee_report(
                    uow,
                    received.report,
                    placer_order_number=received.placer_order_number,
                    filler_order_number=received.filler_order_number,
                )

    beside = journeys.inspecting
    first = reports[0]
    exam = first.report.exam
    number = exam.accession_number or first.filler_order_number or first.placer_order_number
    return Consequence(
        effect=effect,
        accession_number=number,
        patient_id=first.report.patient.patient_id,
        ahead=(lambda: beside.ahead(lambda _: arrived)) if beside else None,
        foreseen=foreseen,
    )


def _keep_attachments(
    uow: UnitOfWork, message_id: int, reports: Sequence[ReceivedReport], journeys: Journeys
) -> None:
    for received in reports:
        if received.attachments and journeys.attachments is not None:
            journeys.attachments(
                uow,
                message_id,
                received.report,
                received.attachments,
                placer_order_number=received.placer_order_number,
                filler_order_number=received.filler_order_number,
            )


def _update(message: Message, profile: Profile, _journeys: Journeys, _around: Surroundings) -> Consequence:
    patient = read_update(message, profile)

    def effect(uow: UnitOfWork, _message_id: int) -> None:
        update_patient(uow, patient)

    return Consequence(
        effect=effect, patient_id=patient.patient_id, foreseen=lambda uow: hold_patients(uow, patient)
    )


def _merges(message: Message, profile: Profile, _journeys: Journeys, around: Surroundings) -> Consequence:
    merges: list[PatientMerge] = read_merges(message, profile)

    def effect(uow: UnitOfWork, message_id: int) -> None:
        for merge in merges:
            merge_patients(uow, merge, message_id, around)

    def foreseen(uow: UnitOfWork) -> None:
        hold_patients(uow, *(patient for merge in merges for patient in (merge.prior, merge.surviving)))

    return Consequence(effect=effect, patient_id=merges[0].surviving.patient_id, foreseen=foreseen)


def _answer(message: Message, _profile: Profile, _journeys: Journeys, _around: Surroundings) -> Consequence:
    """What a receiver says of a message of ours by one of its own, after a commit acknowledgement (v2.5.1, 2.9.3.2)."""
    answer = answer_in(message)

    def effect(uow: UnitOfWork, message_id: int) -> None:
        kept = uow.messages.get(message_id)
        raw = kept[1].raw if kept else b""
        refused = "" if answer.accepted else answer.reason
        if not note_late_answer(uow, answer.addressee, answer.control_id, raw, refused):
            raise refusal("no_such_message", "MSA^1^2", found=answer.control_id or '""')

    return Consequence(effect=effect)


ANY = "*"
"""Stands in `READERS` for every event of a type."""

READERS: Mapping[str, Mapping[str, Read]] = {
    "ORM": {"O01": _orders},
    "OMI": {"O23": _orders},
    "OMG": {"O19": _orders},
    "ORU": {"R01": _reports},
    "MDM": dict.fromkeys(("T02", "T04", "T08", "T10", "T11"), _reports),
    "ADT": dict.fromkeys(sorted(UPDATES), _update) | dict.fromkeys(sorted(MERGES), _merges),
    "ACK": {ANY: _answer},
}
"""MSH-9.1 and MSH-9.2 to what reads them."""
