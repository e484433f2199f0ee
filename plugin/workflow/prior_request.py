"""What is about to be ordered, for whom; and the neighbours that may be asked about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from plugin.domain.honour import NeighbourStudy
from plugin.domain.order import ImagingOrder, PatientClass


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorRequest:
    """What is about to be ordered, for whom.

    Parameters
    ----------
    asked_for
        The order's number, or the caller's name of its draft: the same request is offered the
        same examinations once.  Empty: the item and the day stand for it.
    also_known_as
        Another name of the same order (its placer order number), under which it may have been
        asked about before the RIS numbered it.
    on_demand
        A person asks; only then is an emergency offered anything.
    """

    patient_id: str
    assigning_authority: str
    exam_item: str
    modality: str = ""
    asked_for: str = ""
    also_known_as: str = ""
    emergency: bool = False
    on_demand: bool = False


class Neighbours(Protocol):
    """Other hospitals' archives; asked before a transaction begins, each within its time-out."""

    def studies(self, patient_id: str, assigning_authority: str) -> Sequence[NeighbourStudy]: ...


class NoNeighbours:
    """A site that asks nobody."""

    def studies(self, patient_id: str, assigning_authority: str) -> Sequence[NeighbourStudy]:
        return ()


def request_of(order: ImagingOrder, *, on_demand: bool = False) -> PriorRequest:
    """What an order asks for."""
    return PriorRequest(
        patient_id=order.patient.patient_id,
        assigning_authority=order.patient.assigning_authority,
        exam_item=order.exam_item,
        modality=order.modality,
        asked_for=order.accession_number,
        also_known_as=order.placer_order_number,
        emergency=order.patient_class is PatientClass.EMERGENCY,
        on_demand=on_demand,
    )
