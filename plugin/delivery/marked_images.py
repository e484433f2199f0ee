"""What the reader marked, found again among what the archive has: a mark names, the archive knows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from plugin.domain.imaging import SeriesEvidence
from plugin.domain.scoring import ImageMark, ScoreSheet
from plugin.sr.content import MarkedImage

MARKS_MISSING = "marks_missing"
"""Note of a document whose sheet marks images that the archive has not got."""


def marked(marks: Iterable[ImageMark], evidence: Sequence[SeriesEvidence]) -> tuple[SeriesEvidence, ...]:
    """The evidence, as far as it is marked, in its own order."""
    single = {mark.sop_instance_uid for mark in marks if mark.sop_instance_uid}
    whole = {mark.series_instance_uid for mark in marks if not mark.sop_instance_uid}
    found = []
    for series in evidence:
        every = series.series_instance_uid in whole
        instances = tuple(each for each in series.instances if every or each[1] in single)
        if instances:
            found.append(
                SeriesEvidence(
                    study_instance_uid=series.study_instance_uid,
                    series_instance_uid=series.series_instance_uid,
                    instances=instances,
                )
            )
    return tuple(found)


def missing(marks: Iterable[ImageMark], evidence: Sequence[SeriesEvidence]) -> bool:
    """Whether a mark names what is not there."""
    series = {each.series_instance_uid for each in evidence}
    images = {uid for each in evidence for _, uid in each.instances}
    return any(
        mark.sop_instance_uid not in images
        if mark.sop_instance_uid
        else mark.series_instance_uid not in series
        for mark in marks
    )


def marks_of(sheet: ScoreSheet, evidence: Sequence[SeriesEvidence]) -> tuple[MarkedImage, ...]:
    """A sheet's marks for its report: beside its one deduction, or beside the object as a whole."""
    deductions = sheet.result.deductions
    criterion = deductions[0].criterion_id if len(deductions) == 1 else ""
    return tuple(
        MarkedImage(sop_class_uid=sop_class, sop_instance_uid=uid, criterion_id=criterion)
        for series in marked(sheet.answers.images, evidence)
        for sop_class, uid in series.instances
    )
