"""Honouring a recognised result: what was offered to the doctor who orders again, and what he answered (DB50 6.5 to 6.7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from plugin.domain.recognition import Institution, Label


class OfferState(StrEnum):
    """An answer is given once; an offer that nobody answered stays ``offered``."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """That purpose and necessity of a repeat were explained (DB50 6.6): to whom, by whom, when."""

    to: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledStudy:
    """An examination that bears a label, with what a page or a rule wants to know of it.

    Parameters
    ----------
    performed_at
        As sent or printed.
    result
        The impression of the report that stands; the label does not certify it.
    """

    label: Label
    performed_at: str
    result: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NeighbourStudy:
    """A study of the patient in another hospital's archive, as a query there tells it.

    Parameters
    ----------
    source
        The neighbour's name in ``site.toml``.
    labelled_name
        InstitutionName (0008,0080) as the images bear it, with the mark after it.
    """

    source: str
    institution: Institution
    accession_number: str
    study_instance_uid: str
    description: str
    modality: str
    performed_at: str
    labelled_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorOffer:
    """An earlier labelled examination that was shown to the doctor who ordered again.

    Parameters
    ----------
    asked_for
        What is ordered: accession or order number, or the caller's name of the draft.
    acceptance
        ``mutual``, ``accepted``, ``alliance`` or ``optional`` (DB50 6.2), `acceptance_text` in words.
    source
        Name of the neighbour that was asked; empty for our own records.
    reason
        Code of the reason of DB50 6.7 with which it was refused.
    citation
        The record of DB50 6.6 as text, when it was accepted.
    """

    offer_id: str
    asked_for: str
    patient_id: str
    assigning_authority: str
    exam_item: str
    modality: str
    region_id: str
    mark: str
    prior_accession_number: str
    institution_name: str
    performed_at: str
    item_name: str
    covers: bool
    acceptance: str
    acceptance_text: str
    result: str
    image_link: str
    offered_at: datetime
    source: str = ""
    state: OfferState = OfferState.OFFERED
    answered_by: str = ""
    answered_at: datetime | None = None
    reason: str = ""
    comment: str = ""
    explanation: Explanation | None = None
    citation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """Examinations that were not repeated, and what they would have cost (yuan).

    `unpriced` are those of them whose price the site's table does not say.
    """

    examinations: int = 0
    money: Decimal = Decimal()
    unpriced: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HonourTally:
    """What became of the offers of some time; `refused` by reason code."""

    offered: int
    accepted: int
    refused: Mapping[str, int]
    unexplained: int
    """Refused without a record that the repeat was explained."""
    saved: Saved = Saved()

    @property
    def unanswered(self) -> int:
        return self.offered - self.accepted - sum(self.refused.values())

    @property
    def repeat_rate(self) -> float:
        """Share of answered offers after which the examination was repeated; 0 when none was answered."""
        repeated = sum(self.refused.values())
        answered = self.accepted + repeated
        return repeated / answered if answered else 0.0
