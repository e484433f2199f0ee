"""What the doctor answers to an offer: accepted with a citation (DB50 6.6), or refused with a reason (6.7); counted.

The label certifies images and data; the result that is cited is the report's, and is cited as that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from plugin.domain.errors import GateConflict, InvalidInput
from plugin.domain.honour import Explanation, HonourTally, OfferState, PriorOffer, Saved
from plugin.rules.recognition.eligibility import Regions
from plugin.rules.recognition.prices import Prices
from plugin.workflow.announce import Announce
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPrior:
    """Keeps the answers, tells the medical record of those that accept, and counts."""

    regions: Regions
    around: Surroundings
    prices: Prices = field(default_factory=Prices)
    announce: Announce = field(default_factory=Announce)

    def accept(self, uow: UnitOfWork, offer_id: str, who: str) -> PriorOffer:
        """Honour the result: the record of DB50 6.6 is written and kept; the same again for the same answer.

        Raises
        ------
        InvalidInput
            No such offer.
        GateConflict
            It has been refused.
        """
        offer = self._open(uow, offer_id, OfferState.ACCEPTED)
        if offer.state is OfferState.ACCEPTED:
            return offer
        now = self.around.clock()
        offer = replace(offer, state=OfferState.ACCEPTED, answered_by=who, answered_at=now)
        offer = replace(offer, citation=self._citation(offer, now))
        uow.offers.settle(offer)
        self.announce.citation(uow, offer)
        uow.audit.append(now, who, "prior.accepted", offer_id, {"prior": offer.prior_accession_number})
        return offer

    def refuse(
        self,
        uow: UnitOfWork,
        offer_id: str,
        who: str,
        reason: str,
        comment: str = "",
        explanation: Explanation | None = None,
    ) -> PriorOffer:
        """Repeat the examination, for one of the reasons of DB50 6.7.

        Raises
        ------
        InvalidInput
            No such offer, or no such reason.
        GateConflict
            It has been accepted.
        """
        codes = dict(self.refusals())
        if reason not in codes:
            raise InvalidInput("reason", f"{reason!r} is not one of {', '.join(codes)}")
        offer = self._open(uow, offer_id, OfferState.REFUSED)
        if offer.state is OfferState.REFUSED:
            return offer
        now = self.around.clock()
        offer = replace(
            offer,
            state=OfferState.REFUSED,
            answered_by=who,
            answered_at=now,
            reason=reason,
            comment=comment,
            explanation=explanation,
        )
        uow.offers.settle(offer)
        detail = {"reason": reason, "explained": "yes" if explanation else "no"}
        uow.audit.append(now, who, "prior.refused", offer_id, detail)
        return offer

    def refusals(self) -> tuple[tuple[str, str], ...]:
        """Codes and texts of the reasons (DB50 6.7), of the widest region that names them."""
        for region_id in self.regions.ids:
            if found := self.regions.refusals(region_id):
                return found
        return ()

    def tally(self, uow: UnitOfWork, since: datetime, until: datetime) -> HonourTally:
        """Offered, accepted, refused by reason; examinations and money saved."""
        counts = uow.offers.tally(since, until)
        return replace(counts, saved=self._saved(uow, uow.offers.accepted(since, until)))

    def _saved(self, uow: UnitOfWork, accepted: Sequence[PriorOffer]) -> Saved:
        """An order is saved once, however many earlier results were cited for it."""
        regions = self.regions.with_answers(uow.labels.answers())
        orders = {(each.patient_id, each.assigning_authority, each.asked_for): each for each in accepted}
        prices = [self._price(regions, each) for each in orders.values()]
        known = [price for price in prices if price is not None]
        return Saved(examinations=len(prices), money=sum(known, Decimal()), unpriced=len(prices) - len(known))

    def _price(self, regions: Regions, offer: PriorOffer) -> Decimal | None:
        """Of what was ordered: by the RIS's own name, else by the item of the region's list."""
        mapper = regions.mapper(offer.region_id, offer.offered_at.astimezone(self.around.zone).date())
        item = mapper.map(offer.exam_item, offer.modality).item if mapper else None
        return self.prices.of(offer.exam_item, offer.region_id, item.number if item else 0)

    def _open(self, uow: UnitOfWork, offer_id: str, wanted: OfferState) -> PriorOffer:
        offer = uow.offers.get(offer_id)
        if offer is None:
            raise InvalidInput("offer_id", f"no offer {offer_id[:80]!r}")
        if offer.state not in (OfferState.OFFERED, wanted):
            raise GateConflict(f"offer {offer_id} has been answered: {offer.state.value}")
        return offer

    def _citation(self, offer: PriorOffer, at: datetime) -> str:
        """DB50 6.6: 检查结果、检查机构名称、检查时间、引用纪录."""
        local = at.astimezone(self.around.zone)
        return "\n".join(
            (
                f"【检查结果互认引用】{offer.item_name}（{offer.mark}）",
                f"检查机构：{offer.institution_name}",
                f"检查时间：{offer.performed_at}",
                f"检查号：{offer.prior_accession_number}",
                f"检查结果：{offer.result or '见原报告'}",
                f"引用记录：{offer.answered_by}于{local:%Y-%m-%d %H:%M}引用，{offer.acceptance_text}，编号{offer.offer_id}",
            )
        )
