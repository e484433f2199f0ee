"""影像诊断报告书写指导 (seed 002): planned, announced, five stages scored and fed back, one a month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from plugin.domain.errors import GateConflict, InvalidInput, NotAllowed, UnknownReport
from plugin.domain.gate import Signer
from plugin.domain.listing import ExamRow
from plugin.domain.review import ExamFilter
from plugin.domain.scoring import FormAnswers, ScoringForm
from plugin.domain.staff import StaffMember, StaffRole, Teaching, TeachingState
from plugin.rules.rights import Rights
from plugin.rules.scoring import Forms, score
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.tell_people import TellPeople

FORM = "teaching"
MINUTES = (30, 45)
"""推荐时长 30~45 分钟; another duration is recorded, and shown as such."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A resident and the sessions he had this month; at least one is due (2)."""

    resident: StaffMember
    recorded: int
    planned: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Teach:
    """Journeys of a teaching session."""

    forms: Forms
    rights: Rights
    around: Surroundings
    tell: TellPeople

    @property
    def form(self) -> ScoringForm:
        return self.forms.get(FORM)

    def plan(
        self,
        uow: UnitOfWork,
        *,
        resident_id: str,
        teacher: Signer,
        accession_number: str,
        disease: str,
        place: str,
        starts_at: datetime,
    ) -> Teaching:
        """Choose case, time and place; the resident sees it from now on (3.2).

        Raises
        ------
        NotAllowed
            When the teacher's role may not teach, or teacher and resident are one.
        InvalidInput
            No such resident, time past, or disease or place missing.
        """
        if not self.rights.may_score(StaffRole(teacher.role), FORM):
            raise NotAllowed(f"the role {teacher.role} may not teach")
        resident = uow.staff.get(resident_id)
        if resident is None or resident.role is not StaffRole.RESIDENT:
            raise InvalidInput("resident_id", "is nobody who stands as resident in the staff table")
        if resident.staff_id == teacher.id:
            raise NotAllowed("nobody teaches himself")
        now = self.around.clock()
        if starts_at <= now:
            raise InvalidInput("starts_at", "lies in the past; a session is announced beforehand")
        if not disease.strip() or not place.strip():
            raise InvalidInput("disease", "disease and place are announced beforehand")
        if uow.reports.latest(accession_number) is None and uow.exams.order(accession_number) is None:
            raise UnknownReport(f"no examination {accession_number} is known")
        teaching = Teaching(
            teaching_id=self.around.mint.id(),
            resident_id=resident.staff_id,
            resident_name=resident.name,
            teacher_id=teacher.id,
            teacher_name=teacher.name,
            accession_number=accession_number,
            disease=disease.strip(),
            place=place.strip(),
            starts_at=starts_at,
            announced_at=now,
        )
        uow.staff.save_teaching(teaching)
        self.tell.teaching_planned(uow, teaching)
        uow.audit.append(now, teacher.id, "teaching.planned", teaching.teaching_id, {})
        return teaching

    def record(
        self, uow: UnitOfWork, teaching_id: str, teacher: Signer, answers: FormAnswers, minutes: int
    ) -> Teaching:
        """Score the five stages; what the teacher says of each is the resident's feedback.

        Raises
        ------
        NotAllowed
            Another than the teacher of this session.
        GateConflict
            Recorded or cancelled already.
        InvalidInput
            A stage without points, or a duration that cannot be.
        """
        teaching = self._planned(uow, teaching_id, teacher)
        if not 1 <= minutes <= 240:
            raise InvalidInput("minutes", "is a number from 1 to 240")
        now = self.around.clock()
        recorded = replace(
            teaching,
            state=TeachingState.RECORDED,
            minutes=minutes,
            recorded_at=now,
            answers=answers,
            result=score(self.form, answers),
            form_version=self.form.version,
        )
        uow.staff.save_teaching(recorded)
        uow.audit.append(now, teacher.id, "teaching.recorded", teaching_id, {"minutes": str(minutes)})
        return recorded

    def cancel(self, uow: UnitOfWork, teaching_id: str, teacher: Signer) -> None:
        teaching = self._planned(uow, teaching_id, teacher)
        uow.staff.save_teaching(replace(teaching, state=TeachingState.CANCELLED))
        uow.audit.append(self.around.clock(), teacher.id, "teaching.cancelled", teaching_id, {})

    def due(self, uow: UnitOfWork, since: datetime, until: datetime) -> list[Due]:
        """Every resident of the staff table, those without a session this month first."""
        held = uow.staff.teachings(since, until)
        found = [
            Due(
                resident=member,
                recorded=_count(held, member.staff_id, TeachingState.RECORDED),
                planned=_count(held, member.staff_id, TeachingState.PLANNED),
            )
            for member in uow.staff.all()
            if member.role is StaffRole.RESIDENT
        ]
        return sorted(found, key=lambda each: (each.recorded, each.planned, each.resident.staff_id))

    def cases(self, uow: UnitOfWork, wanted: ExamFilter, *, first_stage: bool) -> Sequence[ExamRow]:
        """Cases by seniority (3.1): any, until the first stage is passed; then those with issues."""
        return uow.reviews.find_exams(replace(wanted, with_issues=first_stage))

    def _planned(self, uow: UnitOfWork, teaching_id: str, teacher: Signer) -> Teaching:
        teaching = uow.staff.teaching(teaching_id)
        if teaching is None:
            raise UnknownReport("no such teaching session")
        if teaching.teacher_id != teacher.id:
            raise NotAllowed("only its teacher records or cancels a session")
        if teaching.state is not TeachingState.PLANNED:
            raise GateConflict(f"this session is {teaching.state} already")
        return teaching


def _count(held: Sequence[Teaching], resident_id: str, state: TeachingState) -> int:
    return sum(each.resident_id == resident_id and each.state is state for each in held)
