"""What becomes of a reading that was asked for beside the draw.

An active, collective or amending one is a sheet like any other.  Readings that are
adjudicated (T/CSBME 7.3.1) make no sheet before they are settled: two that agree are
final, two that differ are decided by a third, and none learns of the other before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from plugin.domain.errors import GateConflict, InvalidInput
from plugin.domain.gate import Gate, SignAction
from plugin.domain.report import Report
from plugin.domain.review import ADJUDICATED, MODE_OF, Assignment, Purpose
from plugin.domain.scoring import FormAnswers, ScoreResult, ScoreSheet, ScoringMode
from plugin.rules.scoring import Forms, score
from plugin.workflow.fill_sheets import Filled, fill_sheets
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.read_twice import ReadTwice

Tell = Callable[[UnitOfWork, Sequence[ScoreSheet]], None]
"""Lets archives and listeners know of sheets that stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReading:
    """Called by the popup's journey for gates that :class:`plugin.workflow.make_reading.MakeReading` made."""

    forms: Forms
    twice: ReadTwice
    around: Surroundings

    def of(self, uow: UnitOfWork, gate: Gate) -> Assignment | None:
        """The reading that a gate stands for; ``None`` for a sign event's."""
        return uow.reviews.by_gate(gate.gate_id) if gate.action is SignAction.REVIEW else None

    def mode(self, reading: Assignment | None) -> ScoringMode:
        return MODE_OF[reading.purpose] if reading else ScoringMode.RANDOM

    def veiled(self, reading: Assignment | None, report: Report) -> Report:
        """The report as a blind reader sees it: without the names of those he judges."""
        if reading is None or not reading.blind:
            return report
        return replace(
            report,
            author="",
            author_id="",
            verifier="",
            verifier_id="",
            modified_by="",
            exam=replace(report.exam, technician=""),
        )

    def filled(
        self, uow: UnitOfWork, reading: Assignment, answers: Mapping[str, FormAnswers], seconds: float | None
    ) -> Assignment:
        """Keep what the reader answered."""
        results = {form_id: score(self.forms.get(form_id), answers[form_id]) for form_id in reading.forms}
        done = replace(
            reading,
            answers=dict(answers),
            results=results,
            seconds_to_fill=seconds,
            done_at=self.around.clock(),
        )
        uow.reviews.save(done)
        return done

    def preview(self, uow: UnitOfWork, reading: Assignment) -> tuple[ScoreSheet, ...]:
        """A reader's own answers as sheets that are not kept, for him to see."""
        return fill_sheets(uow, self.forms, self.around, _filled(reading, reading.forms))

    def adjudicate(
        self,
        uow: UnitOfWork,
        reading: Assignment,
        answers: Mapping[str, FormAnswers],
        seconds: float | None,
        tell: Tell,
    ) -> Assignment:
        """File one of the independent readings, and settle its round when that is possible.

        Raises
        ------
        InvalidInput
            When a form is missing or not asked for.
        GateConflict
            When it was filed already.
        """
        if reading.purpose not in ADJUDICATED:
            raise GateConflict("this reading is not adjudicated")
        if reading.done:
            raise GateConflict("this reading is filed already")
        if set(answers) != set(reading.forms):
            raise InvalidInput("forms", f"fill {', '.join(reading.forms)}")
        done = self.filled(uow, reading, answers, seconds)
        self.settle(uow, reading.round_id, tell)
        return done

    def settle(self, uow: UnitOfWork, round_id: str, tell: Tell) -> None:
        """Two agree: final.  Two differ: a third is asked.  A third has read: he decides."""
        seats = {each.seat: each for each in uow.reviews.round(round_id)}
        if not all(seat in seats and seats[seat].done for seat in (1, 2)):
            return
        differing = differing_forms(seats[1], seats[2])
        if differing and 3 not in seats:
            self.twice.third(uow, seats[1], seats[2], differing)
            return
        if differing and not seats[3].done:
            return
        objection = uow.reviews.objection_of_round(round_id)
        changed = [form for form in differing if seats[3].results[form] != seats[1].results[form]]
        if objection is not None:
            uow.reviews.settle_objection(replace(objection, outcome="changed" if changed else "upheld"))
        if seats[1].purpose is Purpose.OBJECTION:
            # The first reading is the sheet that stands; where it is upheld, nothing new is written.
            self._record(uow, [(seats[3], changed)] if changed else [], tell)
            return
        agreed = [form for form in seats[1].forms if form not in differing]
        decided = [(seats[3], differing)] if differing else []
        self._record(uow, [(seats[1], agreed), *decided], tell)

    def _record(
        self, uow: UnitOfWork, settled: Sequence[tuple[Assignment, Sequence[str]]], tell: Tell
    ) -> None:
        """The sheets of one round, each of the reader whose word stands; they share one document."""
        sheets = [
            sheet
            for reading, forms in settled
            for sheet in fill_sheets(uow, self.forms, self.around, _filled(reading, forms))
        ]
        for number, sheet in enumerate(sheets):
            sheets[number] = replace(
                sheet,
                sop_instance_uid=sheets[0].sop_instance_uid,
                series_instance_uid=sheets[0].series_instance_uid,
            )
            uow.sheets.add(sheets[number])
        if sheets:
            tell(uow, sheets)


def differing_forms(one: Assignment, other: Assignment) -> list[str]:
    """Forms for which two readers came to another score (or 合格/不合格)."""
    return [form for form in one.forms if _verdict(one.results[form]) != _verdict(other.results[form])]


def _verdict(result: ScoreResult) -> tuple[int | None, str]:
    return result.score, result.grade


def _filled(reading: Assignment, forms: Sequence[str]) -> Filled:
    return Filled(
        accession_number=reading.accession_number,
        scorer=reading.reader,
        answers={form: reading.answers[form] for form in forms},
        mode=MODE_OF[reading.purpose],
        gate_id=reading.gate_id,
        seconds_to_fill=reading.seconds_to_fill,
        amends={form: sheet for form, sheet in reading.amends.items() if form in forms},
    )
