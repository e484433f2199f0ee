"""Offers of recognised results, and what the doctors answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, update

from plugin.domain.errors import GateConflict
from plugin.domain.honour import HonourTally, OfferState, PriorOffer
from plugin.store.codec import from_json, to_json, to_us
from plugin.store.link import Link, Prepared, given, insert_into
from plugin.store.tables.recognition import prior_offers

p = prior_offers.c

_ADD = Prepared(insert_into(prior_offers))
_GET = Prepared(select(p.body).where(p.offer_id == given("of_id")))
_OF_REQUEST = Prepared(
    select(p.body)
    .where(
        p.patient_id == given("of_patient"),
        p.assigning_authority == given("of_authority"),
        p.asked_for == given("of_request"),
    )
    .order_by(p.offered_at.desc(), p.offer_id)
)
_SETTLE = Prepared(
    update(prior_offers)
    .where(p.offer_id == given("of_id"), p.state == OfferState.OFFERED.value)
    .values(state=given("now"), reason=given("because"), explained=given("told"), body=given("written"))
)
_RECENT = Prepared(select(p.body).order_by(p.offered_at.desc(), p.offer_id.desc()).limit(given("at_most")))
_ACCEPTED = Prepared(
    select(p.body)
    .where(
        p.state == OfferState.ACCEPTED.value,
        p.offered_at >= given("since"),
        p.offered_at < given("until"),
    )
    .order_by(p.offered_at, p.offer_id)
)
_TALLY = Prepared(
    select(p.state, p.reason, p.explained, func.count())
    .where(p.offered_at >= given("since"), p.offered_at < given("until"))
    .group_by(p.state, p.reason, p.explained)
)


class SqlOffers:
    """Implements ``OfferRepository``."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def add(self, offer: PriorOffer) -> None:
        self._link.run(
            _ADD,
            {
                "offer_id": offer.offer_id,
                "asked_for": offer.asked_for,
                "patient_id": offer.patient_id,
                "assigning_authority": offer.assigning_authority,
                "prior_accession_number": offer.prior_accession_number,
                "state": offer.state.value,
                "reason": offer.reason,
                "explained": offer.explanation is not None,
                "offered_at": to_us(offer.offered_at),
                "body": to_json(offer),
            },
        )

    def get(self, offer_id: str) -> PriorOffer | None:
        row = self._link.row(_GET, {"of_id": offer_id})
        return None if row is None else from_json(PriorOffer, row[0])

    def of_request(self, patient_id: str, assigning_authority: str, asked_for: str) -> Sequence[PriorOffer]:
        asked = {"of_patient": patient_id, "of_authority": assigning_authority, "of_request": asked_for}
        found = [from_json(PriorOffer, row[0]) for row in self._link.rows(_OF_REQUEST, asked)]
        return sorted(found, key=lambda offer: offer.performed_at, reverse=True)

    def settle(self, offer: PriorOffer) -> None:
        met = self._link.run(
            _SETTLE,
            {
                "of_id": offer.offer_id,
                "now": offer.state.value,
                "because": offer.reason,
                "told": offer.explanation is not None,
                "written": to_json(offer),
            },
        )
        if not met:
            raise GateConflict(f"offer {offer.offer_id} is not there or has been answered")

    def recent(self, limit: int = 100) -> Sequence[PriorOffer]:
        return [from_json(PriorOffer, row[0]) for row in self._link.rows(_RECENT, {"at_most": limit})]

    def accepted(self, since: datetime, until: datetime) -> Sequence[PriorOffer]:
        asked = {"since": to_us(since), "until": to_us(until)}
        return [from_json(PriorOffer, row[0]) for row in self._link.rows(_ACCEPTED, asked)]

    def tally(self, since: datetime, until: datetime) -> HonourTally:
        offered = accepted = unexplained = 0
        refused: dict[str, int] = {}
        for state, reason, explained, count in self._link.rows(
            _TALLY, {"since": to_us(since), "until": to_us(until)}
        ):
            offered += count
            if state == OfferState.ACCEPTED.value:
                accepted += count
            elif state == OfferState.REFUSED.value:
                refused[reason] = refused.get(reason, 0) + count
                unexplained += 0 if explained else count
        return HonourTally(offered=offered, accepted=accepted, refused=refused, unexplained=unexplained)
