"""What a sampling rule may ask about a sign event (:mod:`plugin.rules.sampling.conditions`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from plugin.domain.gate import SignEvent
from plugin.domain.issue import Issue, Severity
from plugin.domain.order import ImagingOrder, PatientClass
from plugin.domain.report import Report
from plugin.domain.staff import StaffMember
from plugin.rules.rulebook import Inspection
from plugin.rules.sampling.conditions import OTHER_SYSTEM
from plugin.workflow.receive_report import department_of


@dataclass(frozen=True, slots=True, kw_only=True)
class SignFacts:
    """Gathers them; what is told by words of the order or the examination is the site's data.

    Parameters
    ----------
    institution
        Of this hospital; a policy that several share may ask for it.
    systems
        Body system (seed 000 B.1) to words of examination items and body parts; the first that
        has a word of them is the examination's.
    outcome_words
        Words of history or clinical diagnosis that tell of an operation or a pathology report.
    """

    institution: str = ""
    systems: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    outcome_words: tuple[str, ...] = ()

    def __call__(
        self,
        event: SignEvent,
        report: Report,
        order: ImagingOrder | None,
        member: StaffMember | None,
        inspection: Inspection,
        now: datetime,
    ) -> dict[str, str]:
        """Condition to what holds of this event; `now` is the hospital's local time."""
        return {
            "action": event.action.value,
            "modality": report.exam.modality,
            "exam_item": report.exam.exam_item,
            "body_part": report.exam.body_part,
            "system": self._system(report),
            "department": department_of(report, order),
            "institution": self.institution,
            "patient_class": order.patient_class.value if order else PatientClass.UNKNOWN.value,
            "signer": event.signer.id,
            "role": event.signer.role,
            "seniority": _seniority(member),
            "time_of_day": f"{now:%H:%M}",
            "has_issue": _yes_no(bool(_worth_a_look(inspection.issues))),
            "critical": _yes_no(bool(inspection.critical)),
            "outcome_known": _yes_no(event.outcome_known or self._tells_outcome(report, order)),
        }

    def _system(self, report: Report) -> str:
        named = f"{report.exam.exam_item} {report.exam.body_part}".upper()
        found = (name for name, words in self.systems.items() if any(word.upper() in named for word in words))
        return next(found, OTHER_SYSTEM)

    def _tells_outcome(self, report: Report, order: ImagingOrder | None) -> bool:
        told = report.clinical_diagnosis + (f" {order.history} {order.clinical_diagnosis}" if order else "")
        return any(word in told for word in self.outcome_words)


def _seniority(member: StaffMember | None) -> str:
    """By the first stage of residency (seed 000 基本要求); a person who is not listed is ``unknown``."""
    if member is None:
        return "unknown"
    return "after_first_stage" if member.first_stage else "before_first_stage"


def _worth_a_look(issues: Sequence[Issue]) -> list[Issue]:
    return [issue for issue in issues if issue.severity is not Severity.INFO]


def _yes_no(holds: bool) -> str:
    return "yes" if holds else "no"
