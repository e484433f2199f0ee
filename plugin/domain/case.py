"""All that a rule may look at: a report, its requisition, and what came before."""

from __future__ import annotations

from dataclasses import dataclass

from plugin.domain.order import ImagingOrder
from plugin.domain.report import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorExam:
    """An earlier examination of the same patient, as far as a comparison needs it."""

    performed_at: str = ""
    modality: str = ""
    exam_item: str = ""
    findings: str = ""
    impression: str = ""
    accession_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """All that a rule may look at: a report, its requisition, and what came before.

    Parameters
    ----------
    order
        The requisition, or ``None`` when no order is known.
    order_delivered
        Dotted names under ``order.`` that the sender delivers at all.
    priors
        Earlier examinations, newest first; ``None`` when nobody looked for them.
    """

    report: Report
    order: ImagingOrder | None = None
    order_delivered: frozenset[str] = frozenset()
    priors: tuple[PriorExam, ...] | None = None
