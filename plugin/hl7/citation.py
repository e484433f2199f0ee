"""A recognised result that a doctor cites instead of a repeat, for the medical record (DB50 6.6).

The same record as ORU^R01 or as MDM^T02, as its receiver takes it: 检查结果、检查机构名称、检查时间、引用纪录,
each as an observation of its own, and the whole as text.
"""

from __future__ import annotations

from datetime import datetime

from plugin.domain.errors import InvalidInput
from plugin.domain.honour import PriorOffer
from plugin.hl7.envelope import (
    OURS,
    Correspondent,
    Observation,
    Stamp,
    Subject,
    coded,
    in_bytes,
    msh,
    obx,
    oru,
    parts,
    pid,
    segment,
    written_time,
)
from plugin.hl7.escape import escape, escape_formatted
from plugin.hl7.header import DEFAULT_DELIMITERS as D

SERVICE = ("CITATION", "检查结果互认引用", OURS)
DOCUMENT_TYPE = "CN"
"""TXA-2 (HL7 table 0270): consultation, the nearest to what one hospital takes over from another."""


def citation_message(offer: PriorOffer, subject: Subject, to: Correspondent, stamp: Stamp) -> bytes:
    """The record of an accepted offer; `subject` is the order that it stands for.

    Raises
    ------
    InvalidInput
        When the offer was not accepted, or the receiver's character set cannot hold the text.
    """
    if not offer.citation or offer.answered_at is None:
        raise InvalidInput("offer", f"{offer.offer_id} was not accepted; there is nothing to cite")
    if to.citation_as == "ORU":
        return oru(subject, SERVICE, _observations(offer, to), to, stamp, offer.answered_at)
    return in_bytes(
        [
            msh(to, stamp, "MDM^T02^MDM_T02"),
            segment("EVN", {1: "T02", 2: written_time(offer.answered_at, to)}),
            pid(subject.patient),
            segment("PV1", {1: "1", 2: "N"}),
            _txa(offer, subject, offer.answered_at, to),
            *obx(_observations(offer, to), "F"),
        ],
        to,
    )


def _txa(offer: PriorOffer, subject: Subject, at: datetime, to: Correspondent) -> str:
    return segment(
        "TXA",
        {
            1: "1",
            2: DOCUMENT_TYPE,
            3: "TX",
            4: written_time(at, to),
            9: escape(offer.answered_by, D),
            12: parts(offer.offer_id, "SIGNGATE"),
            14: escape(subject.placer_order_number, D),
            17: "AU",
        },
    )


def _observations(offer: PriorOffer, to: Correspondent) -> list[Observation]:
    texts = (
        ("CITED_RESULT", "检查结果", offer.result or "见原报告"),
        ("CITED_INSTITUTION", "检查机构名称", offer.institution_name),
        ("CITED_PERFORMED_AT", "检查时间", offer.performed_at),
        ("CITED_ACCESSION", "检查号", offer.prior_accession_number),
        ("CITED_ITEM", "检查项目", offer.item_name),
        ("CITED_BY", "引用人", offer.answered_by),
        ("CITATION", "引用记录", offer.citation),
    )
    found = [
        Observation(kind="TX", code=(code, name, OURS), value=escape_formatted(text, D))
        for code, name, text in texts
    ]
    label = Observation(
        kind="CWE", code=("LABEL", "互认标识", OURS), value=coded(offer.region_id, offer.mark)
    )
    return [label, *found]
