"""Answers become score sheets: the one place where a sheet is made, whatever the mode."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from plugin.domain.gate import Signer
from plugin.domain.order import ImagingOrder
from plugin.domain.report import Report
from plugin.domain.scoring import FormAnswers, ScoreSheet, ScoringForm, ScoringMode
from plugin.rules.scoring import Forms, score
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What somebody has answered about one examination.

    Parameters
    ----------
    amends
        Form ID to the sheet that is replaced.
    """

    accession_number: str
    scorer: Signer
    answers: Mapping[str, FormAnswers]
    mode: ScoringMode
    gate_id: str = ""
    seconds_to_fill: float | None = None
    amends: Mapping[str, str] = field(default_factory=dict)


def fill_sheets(
    uow: UnitOfWork, forms: Forms, around: Surroundings, filled: Filled
) -> tuple[ScoreSheet, ...]:
    """Score every form, in the order of `filled.answers`; all sheets share one document.  Nothing is kept.

    Raises
    ------
    InvalidInput
        When an answer does not fit its form.
    """
    report = uow.reports.latest(filled.accession_number)
    known = uow.exams.order(filled.accession_number)
    now = around.clock()
    series_uid, sop_uid = around.mint.uid(), around.mint.uid()
    sheets = []
    for form_id, answers in filled.answers.items():
        form = forms.get(form_id)
        assessed_id, assessed_name = assessed(form, report, known[0] if known else None)
        sheets.append(
            ScoreSheet(
                sheet_id=around.mint.id(),
                accession_number=filled.accession_number,
                form_id=form.form_id,
                form_version=form.version,
                mode=filled.mode,
                scorer_id=filled.scorer.id,
                scorer_name=filled.scorer.name,
                scorer_role=filled.scorer.role,
                assessed_id=assessed_id,
                assessed_name=assessed_name,
                scored_at=now,
                answers=answers,
                result=score(form, answers),
                gate_id=filled.gate_id,
                seconds_to_fill=filled.seconds_to_fill,
                sop_instance_uid=sop_uid,
                series_instance_uid=series_uid,
                amends=filled.amends.get(form_id, ""),
            )
        )
    return tuple(sheets)


def assessed(form: ScoringForm, report: Report | None, order: ImagingOrder | None) -> tuple[str, str]:
    """Whose work a form scores: (identifier, name), as far as the sender names the person."""
    if form.object == "REQ":
        return "", order.ordering_provider if order else ""
    if form.object in {"IMG", "FILM", "R3D"}:
        technician = (report.exam.technician if report else "") or (order.technician if order else "")
        return "", technician
    if report is None:
        return "", ""
    if form.object == "RVW":
        return report.verifier_id, report.verifier
    return report.author_id, report.author
