"""Who read what a sheet says: one person, or two readers and the third who decided (T/CSBME 7.3.1).

A sheet is what was settled; the readings behind it stay with their assignments.  A document
tells them apart, and names nobody who read blind: the person assessed opens the archive, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from plugin.delivery.marked_images import marks_of
from plugin.domain.imaging import SeriesEvidence
from plugin.domain.review import ADJUDICATED, Assignment
from plugin.domain.scoring import ScoreSheet, ScoringForm
from plugin.sr.content import ReaderPart, ScoredForm

BLIND_READER = "盲评"
"""In the place of a name; the scheme's language is Chinese."""

_PARTS = {1: ReaderPart.FIRST, 2: ReaderPart.SECOND, 3: ReaderPart.ADJUDICATOR}

Readings = Mapping[str, tuple[Assignment, ...]]
"""Sheet ID to the readings behind it, by seat; a sign event's sheet has none."""


def readings_of(uow: Any, sheets: Iterable[ScoreSheet]) -> Readings:
    """The readings behind each sheet, as far as they are done."""
    found: dict[str, tuple[Assignment, ...]] = {}
    for sheet in sheets:
        own: Assignment | None = uow.reviews.by_gate(sheet.gate_id) if sheet.gate_id else None
        if own is None:
            continue
        seats = uow.reviews.round(own.round_id) if own.purpose in ADJUDICATED else (own,)
        found[sheet.sheet_id] = tuple(sorted((s for s in seats if s.done), key=lambda s: s.seat))
    return found


def scored_forms(
    sheets: Sequence[ScoreSheet],
    forms: Sequence[ScoringForm],
    readings: Readings,
    evidence: Sequence[SeriesEvidence],
) -> tuple[ScoredForm, ...]:
    """Each sheet as it was scored, by readers: all of the first, then all of the second, then the third's."""
    made = [
        one
        for sheet, form in zip(sheets, forms, strict=True)
        for one in _of_sheet(sheet, form, readings.get(sheet.sheet_id, ()), evidence)
    ]
    order = list(ReaderPart)
    return tuple(sorted(made, key=lambda one: order.index(one.part)))


def observer_name(sheet: ScoreSheet, readings: Readings) -> str:
    """The scorer's name, unless he read blind."""
    own = next((r for r in readings.get(sheet.sheet_id, ()) if r.gate_id == sheet.gate_id), None)
    return BLIND_READER if own is not None and own.blind else sheet.scorer_name


def _of_sheet(
    sheet: ScoreSheet,
    form: ScoringForm,
    readings: Sequence[Assignment],
    evidence: Sequence[SeriesEvidence],
) -> list[ScoredForm]:
    """One reading: the sheet itself.  Several: the sheet for whoever it is of, the others as they answered."""
    several = len(readings) > 1
    made = []
    for reading in readings:
        if form.form_id not in reading.results:
            continue
        settled = reading.gate_id == sheet.gate_id
        told = sheet if settled else _as_answered(sheet, form.form_id, reading)
        made.append(
            ScoredForm(
                form=form,
                sheet=_veiled(told) if reading.blind else told,
                part=_PARTS[reading.seat] if several else ReaderPart.SINGLE,
                blinded=reading.blind,
                images=marks_of(told, evidence),
            )
        )
    return made or [ScoredForm(form=form, sheet=sheet, images=marks_of(sheet, evidence))]


def _as_answered(sheet: ScoreSheet, form_id: str, reading: Assignment) -> ScoreSheet:
    """A reading that became no sheet: it has no number of its own and replaces nothing."""
    return replace(
        sheet,
        sheet_id="",
        amends="",
        scorer_id=reading.reader.id,
        scorer_name=reading.reader.name,
        scorer_role=reading.reader.role,
        scored_at=reading.done_at or sheet.scored_at,
        answers=reading.answers[form_id],
        result=reading.results[form_id],
        seconds_to_fill=reading.seconds_to_fill,
        gate_id=reading.gate_id,
    )


def _veiled(sheet: ScoreSheet) -> ScoreSheet:
    return replace(sheet, scorer_id="", scorer_name=BLIND_READER)
