"""What an outside analyser (AI 质控) is asked about a report, what it answers, and how it does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from plugin.domain.case import Case, PriorExam
from plugin.domain.errors import DeliveryFailed
from plugin.domain.issue import Issue


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisRequest:
    """A report and what it is read against, without a word of who the patient is.

    Parameters
    ----------
    request_id
        Says nothing but which question this is; the same at every attempt.
    sex, age
        As in check-reports.
    findings, impression, technique
        Exactly as kept: places in an answer count their characters.
    priors
        Newest first, without accession numbers.
    """

    request_id: str
    sex: str = ""
    age: str = ""
    modality: str = ""
    exam_item: str = ""
    body_part: str = ""
    performed_at: str = ""
    technique: str = ""
    findings: str = ""
    impression: str = ""
    clinical_diagnosis: str = ""
    history: str = ""
    purpose: str = ""
    priors: tuple[PriorExam, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """An answer that has been checked.  The rules of its issues begin with ``<analyser>:``."""

    analyser: str
    version: str
    issues: tuple[Issue, ...] = ()


class BreakerState(StrEnum):
    """OPEN asks nobody for a while; TRIAL lets one question through to see."""

    CLOSED = "closed"
    OPEN = "open"
    TRIAL = "trial"


class AnalyserFault(StrEnum):
    """Why a question to an analyser came to nothing."""

    REFUSED = "refused"
    """It answered what does not hold."""
    LATE = "late"
    """It did not answer in time."""
    BROKE = "broke"
    """It failed while it judged."""
    UNREACHED = "unreached"
    """It could not be reached, or would not answer."""


class AnalyserFailed(DeliveryFailed):
    """A question came to nothing, and it is known why."""

    def __init__(self, text: str, fault: AnalyserFault) -> None:
        super().__init__(text, retry=True)
        self.fault = fault


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyserState:
    """How one analyser does, since this process started.

    Parameters
    ----------
    here
        Whether it is this process that asks; another's figures are its own.
    place
        Whom it asks (``host:port``), or empty for one that runs inside.
    version
        What it called itself last.
    answered, failed, late
        Questions answered, failed, and given up because the report was too old by then.
    open_until
        When an open breaker lets the next question through.
    last_fault, last_error
        Why the last failed question came to nothing, and in the words of whoever noticed.
    """

    name: str
    kind: str
    place: str
    enabled: bool
    here: bool = True
    breaker: BreakerState = BreakerState.CLOSED
    open_until: datetime | None = None
    version: str = ""
    answered: int = 0
    issues: int = 0
    failed: int = 0
    late: int = 0
    answered_at: datetime | None = None
    took_s: float | None = None
    failed_at: datetime | None = None
    last_fault: AnalyserFault | None = None
    last_error: str = ""


def request_of(case: Case, request_id: str) -> AnalysisRequest:
    """What a stranger needs to know of a case in order to judge its text, and no more."""
    report, order = case.report, case.order
    return AnalysisRequest(
        request_id=request_id,
        sex=report.patient.sex,
        age=report.patient.age,
        modality=report.exam.modality,
        exam_item=report.exam.exam_item,
        body_part=report.exam.body_part,
        performed_at=report.exam.performed_at,
        technique=report.exam.technique,
        findings=report.findings,
        impression=report.impression,
        clinical_diagnosis=report.clinical_diagnosis or (order.clinical_diagnosis if order else ""),
        history=order.history if order else "",
        purpose=order.purpose if order else "",
        priors=tuple(
            PriorExam(
                performed_at=prior.performed_at,
                modality=prior.modality,
                exam_item=prior.exam_item,
                findings=prior.findings,
                impression=prior.impression,
            )
            for prior in case.priors or ()
        ),
    )
