"""整改 (T/CSBME 7.1): a failing score opens a correction at once; it is answered, and closed by another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from plugin.domain.errors import InvalidInput, NotAllowed, UnknownReport
from plugin.domain.review import (
    Correction,
    CorrectionState,
    CorrectionStep,
    check_correction_transition,
)
from plugin.domain.scoring import ScoreSheet
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.receive_report import department_of
from plugin.workflow.tell_people import TellPeople

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Correct:
    """Journeys of a correction.

    Parameters
    ----------
    time
        It is due so long after it was opened.
    """

    around: Surroundings
    tell: TellPeople
    time: timedelta = timedelta(days=7)

    def open(self, uow: UnitOfWork, sheet: ScoreSheet) -> Correction | None:
        """Open one for a failing sheet; a passing one that amends it closes the correction of the old.

        ``None`` when there is nothing to correct.
        """
        now = self.around.clock()
        former = uow.reviews.correction_of(sheet.amends) if sheet.amends else None
        if sheet.result.passed:
            if former is not None and former.state is not CorrectionState.CLOSED:
                self.tell.closed(
                    uow, self._move(uow, former, CorrectionState.CLOSED, sheet.scorer_id, "复评后合格")
                )
            return None
        if former is not None and former.state is not CorrectionState.CLOSED:
            kept = replace(former, sheet_id=sheet.sheet_id, grade=sheet.result.grade)
            uow.reviews.save_correction(kept)
            self.tell.failing_score(uow, kept)
            return kept
        report, known = (
            uow.reports.latest(sheet.accession_number),
            uow.exams.order(sheet.accession_number),
        )
        correction = Correction(
            correction_id=self.around.mint.id(),
            sheet_id=sheet.sheet_id,
            accession_number=sheet.accession_number,
            form_id=sheet.form_id,
            person_id=sheet.assessed_id,
            person_name=sheet.assessed_name,
            department=department_of(report, known[0] if known else None) if report else "",
            grade=sheet.result.grade,
            opened_at=now,
            due_at=now + self.time,
            steps=(CorrectionStep(at=now, state=CorrectionState.OPEN, actor=sheet.scorer_id),),
        )
        uow.reviews.save_correction(correction)
        uow.audit.append(
            now, sheet.scorer_id, "correction.opened", correction.correction_id, {"sheet": sheet.sheet_id}
        )
        self.tell.failing_score(uow, correction)
        log.info("correction.opened", correction_id=correction.correction_id)
        return correction

    def answer(
        self, uow: UnitOfWork, correction_id: str, actor: str, names: frozenset[str], note: str
    ) -> Correction:
        """The person says what was put right.

        Raises
        ------
        NotAllowed
            When it is another's; `names` are the identifier and name of who answers.
        """
        correction = self._known(uow, correction_id)
        if not is_about(correction, names):
            raise NotAllowed("only the person whose work was scored answers a correction")
        moved = self._move(uow, correction, CorrectionState.ANSWERED, actor, note)
        self.tell.answered(uow, moved)
        return moved

    def close(
        self, uow: UnitOfWork, correction_id: str, actor: str, names: frozenset[str], note: str
    ) -> Correction:
        """Head or QC staff find it put right; nobody closes his own."""
        correction = self._known(uow, correction_id)
        if is_about(correction, names):
            raise NotAllowed("nobody closes his own correction")
        moved = self._move(uow, correction, CorrectionState.CLOSED, actor, note)
        self.tell.closed(uow, moved)
        return moved

    def send_back(
        self, uow: UnitOfWork, correction_id: str, actor: str, names: frozenset[str], note: str
    ) -> Correction:
        """The answer does not do; it is open again, and due anew."""
        correction = self._known(uow, correction_id)
        if is_about(correction, names):
            raise NotAllowed("nobody judges his own correction")
        moved = self._move(uow, correction, CorrectionState.OPEN, actor, note)
        again = replace(moved, due_at=self.around.clock() + self.time)
        uow.reviews.save_correction(again)
        self.tell.returned(uow, again)
        return again

    def _known(self, uow: UnitOfWork, correction_id: str) -> Correction:
        correction = uow.reviews.correction(correction_id)
        if correction is None:
            raise UnknownReport("no such correction")
        return correction

    def _move(
        self, uow: UnitOfWork, correction: Correction, state: CorrectionState, actor: str, note: str
    ) -> Correction:
        check_correction_transition(correction.state, state)
        if not note.strip():
            raise InvalidInput("note", "say what was done, or what is missing")
        now = self.around.clock()
        step = CorrectionStep(at=now, state=state, actor=actor, note=note.strip())
        moved = replace(correction, state=state, steps=(*correction.steps, step))
        uow.reviews.save_correction(moved)
        uow.audit.append(now, actor, f"correction.{state.value}", correction.correction_id, {})
        return moved


def is_about(correction: Correction, names: frozenset[str]) -> bool:
    """By identifier where the sender gave one, by name otherwise."""
    return (correction.person_id or correction.person_name or "\x00") in names
