"""A new order meets a recent recognised examination, which is offered instead of a repeat.

The doctor decides (DB50 6.6, :mod:`plugin.workflow.answer_prior`); no order is ever stopped
here.  Patients are matched by identifier and issuer, never by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from plugin.domain.honour import (
    LabelledStudy,
    NeighbourStudy,
    PriorOffer,
)
from plugin.domain.order import ImagingOrder, OrderStatus
from plugin.domain.patient import Patient
from plugin.domain.recognition import Institution, Region
from plugin.rules.recognition.eligibility import Regions
from plugin.rules.recognition.honour import LabelledExam, Offer, offers
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.prior_request import Neighbours, NoNeighbours, PriorRequest, request_of
from plugin.workflow.receive_order import foresee_order, receive_order
from plugin.workflow.stamp_label import day_of


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """An earlier examination as the rule sees it, and what the page shows beside."""

    exam: LabelledExam
    performed_at: str
    mark: str
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferPrior:
    """Finds and offers.

    Parameters
    ----------
    alliances
        Institution IDs of each 医联体 or 医共体 (DB50 6.2).
    image_link
        Address of the images, with ``{study_instance_uid}`` and ``{accession_number}`` in it;
        empty when no viewer is configured.
    """

    regions: Regions
    institution: Institution
    around: Surroundings
    alliances: tuple[frozenset[str], ...] = ()
    image_link: str = ""
    neighbours: Neighbours = field(default_factory=NoNeighbours)

    def receive_order(
        self, uow: UnitOfWork, order: ImagingOrder, delivered: frozenset[str], message_id: int | None
    ) -> ImagingOrder:
        """Keep an order as :func:`plugin.workflow.receive_order.receive_order` does, and offer what meets it."""
        kept = receive_order(uow, order, delivered, message_id)
        if kept.status is OrderStatus.SCHEDULED:
            self.offer(uow, request_of(kept))
        return kept

    def foresee_order(self, uow: UnitOfWork, order: ImagingOrder) -> None:
        """Read what :meth:`receive_order` will read of a new order."""
        foresee_order(uow, order)
        if order.status is OrderStatus.SCHEDULED:
            self.offer(uow, request_of(order))

    def ask_neighbours(self, request: PriorRequest) -> Sequence[NeighbourStudy]:
        """What other hospitals hold; over the network, so never inside a transaction."""
        if not self._wanted(request):
            return ()
        return self.neighbours.studies(request.patient_id, request.assigning_authority)

    def offer(
        self, uow: UnitOfWork, request: PriorRequest, foreign: Sequence[NeighbourStudy] = ()
    ) -> tuple[PriorOffer, ...]:
        """Offer every labelled examination that meets the request, newest first; answered ones as answered."""
        if not self._wanted(request):
            return ()
        today = self.around.today()
        asked_for = request.asked_for or f"{request.exam_item}@{today.isoformat()}"
        person = uow.patients.surviving(
            Patient(patient_id=request.patient_id, assigning_authority=request.assigning_authority)
        )
        own = uow.labels.of_patient(person.patient_id, person.assigning_authority, but=asked_for)
        if not own and not foreign:
            return ()
        regions = self.regions.with_answers(uow.labels.answers())
        found = {
            (each.source, each.exam.accession_number): each
            for each in (*self._own(own), *self._foreign(regions, foreign))
            if each.exam.accession_number != asked_for
        }
        earlier = [each.exam for each in found.values()]
        made = offers(
            regions, (request.exam_item, request.modality), earlier, self.institution, today, self.alliances
        )
        if not made:
            return ()
        known = {
            (each.source, each.prior_accession_number): each
            for name in dict.fromkeys((request.also_known_as or asked_for, asked_for))
            for each in uow.offers.of_request(request.patient_id, request.assigning_authority, name)
        }
        of_exam = {id(each.exam): each for each in found.values()}
        answer = []
        for offer in made:
            candidate = of_exam[id(offer.exam)]
            prior = known.get((candidate.source, offer.exam.accession_number))
            if prior is None:
                prior = self._offered(request, asked_for, offer, candidate)
                uow.offers.add(prior)
            answer.append(prior)
        return tuple(answer)

    def _wanted(self, request: PriorRequest) -> bool:
        return bool(request.patient_id) and (request.on_demand or not request.emergency)

    def _own(self, studies: Iterable[LabelledStudy]) -> Iterator[_Candidate]:
        for study in studies:
            label, item = study.label, study.label.decision.item
            performed = day_of(study.performed_at) or label.decided_at.astimezone(self.around.zone).date()
            if item is None:
                continue
            exam = LabelledExam(
                accession_number=label.accession_number,
                region_id=label.decision.region_id,
                item_number=item.number,
                performed_on=performed,
                institution=self.institution,
                impression=study.result,
                image_link=self._link(label.study_instance_uid, label.accession_number),
            )
            yield _Candidate(exam=exam, performed_at=study.performed_at, mark=label.decision.mark)

    def _foreign(self, regions: Regions, studies: Iterable[NeighbourStudy]) -> Iterator[_Candidate]:
        """A neighbour's study counts when its images bear a region's mark and its name is an item of the list."""
        for study in studies:
            performed = day_of(study.performed_at)
            if performed is None:
                continue
            region = _region_of(regions, study.labelled_name, performed)
            mapper = regions.mapper(region.region_id, performed) if region else None
            item = mapper.map(study.description, study.modality).item if mapper else None
            if region is None or item is None:
                continue
            exam = LabelledExam(
                accession_number=study.accession_number,
                region_id=region.region_id,
                item_number=item.number,
                performed_on=performed,
                institution=study.institution,
                image_link=self._link(study.study_instance_uid, study.accession_number),
            )
            yield _Candidate(
                exam=exam, performed_at=study.performed_at, mark=region.mark, source=study.source
            )

    def _link(self, study_instance_uid: str, accession_number: str) -> str:
        names: Mapping[str, str] = {
            "{study_instance_uid}": study_instance_uid,
            "{accession_number}": accession_number,
        }
        link = self.image_link
        for name, value in names.items():
            if name in link and not value:
                return ""
            link = link.replace(name, value)
        return link

    def _offered(
        self, request: PriorRequest, asked_for: str, offer: Offer, candidate: _Candidate
    ) -> PriorOffer:
        return PriorOffer(
            offer_id=self.around.mint.id(),
            asked_for=asked_for,
            patient_id=request.patient_id,
            assigning_authority=request.assigning_authority,
            exam_item=request.exam_item,
            modality=request.modality,
            region_id=offer.exam.region_id,
            mark=candidate.mark,
            prior_accession_number=offer.exam.accession_number,
            institution_name=offer.exam.institution.name,
            performed_at=candidate.performed_at or offer.exam.performed_on.isoformat(),
            item_name=offer.item.name,
            covers=offer.covers,
            acceptance=offer.acceptance.value,
            acceptance_text=offer.text,
            result=offer.exam.impression,
            image_link=offer.exam.image_link,
            offered_at=self.around.clock(),
            source=candidate.source,
        )


def _region_of(regions: Regions, labelled_name: str, on: date) -> Region | None:
    """The region whose mark ends the name; the longest, since 川渝 HR ends in the national HR."""
    known = [region for region_id in regions.ids if (region := regions.region(region_id, on))]
    borne = [region for region in known if labelled_name.endswith(f" {region.mark}")]
    return max(borne, key=lambda region: len(region.mark), default=None)
