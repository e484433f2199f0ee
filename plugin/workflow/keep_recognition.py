"""What an administrator keeps for recognition: results of the QC centre, and which item a RIS name means.

Both change what studies may bear, so each asks for a review of the labels that stand.
Every change is in the audit trail with what stood before: that is the history.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from plugin.domain.errors import InvalidInput
from plugin.domain.recognition import Evaluation
from plugin.rules.recognition.eligibility import Regions
from plugin.rules.recognition.evaluations import read_evaluations
from plugin.rules.recognition.items import Coverage, ItemMapper, Match, Suggestion
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.review_labels import ReviewLabels


@dataclass(frozen=True, slots=True)
class Imported:
    """How many results of a table were new, how many replaced another, how many said what was known."""

    added: int
    changed: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class OpenName:
    """A RIS name that no rule maps: how often it came, why it is open, and the nearest items."""

    exam_item: str
    modality: str
    count: int
    match: Match
    suggestions: tuple[Suggestion, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionView:
    """What a page shows of one region; ended evaluations, too."""

    coverage: Coverage
    open_names: tuple[OpenName, ...]
    evaluations: tuple[Evaluation, ...]
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepRecognition:
    """Evaluations and item names, for the command and for the page."""

    regions: Regions
    review: ReviewLabels
    around: Surroundings

    def listed_regions(self) -> dict[str, str]:
        """Region ID to its name: those whose version of today has a list of items."""
        today = self.around.today()
        found = {region_id: self.regions.region(region_id, today) for region_id in self.regions.ids}
        return {region_id: region.name for region_id, region in found.items() if region and region.items}

    def view(self, uow: UnitOfWork, region_id: str) -> RegionView:
        """What stands for one region.

        Raises
        ------
        InvalidInput
            No such region, or none of its versions is in force today.
        """
        every = uow.labels.evaluations(self.review.labels.institution.institution_id)
        return RegionView(
            coverage=self.coverage(uow, region_id),
            open_names=self.open_names(uow, region_id),
            evaluations=tuple(each for each in every if each.region_id == region_id),
            today=self.around.today(),
        )

    def take_evaluations(self, uow: UnitOfWork, table: bytes, who: str) -> Imported:
        """Take a QC centre's table over, whole or not at all.

        Raises
        ------
        InvalidInput
            Naming line and column of the first mistake.
        """
        new = read_evaluations(table, self.regions)
        known = {
            each.evaluation_id: each
            for institution_id in {each.institution_id for each in new}
            for each in uow.labels.evaluations(institution_id)
        }
        counts, now = {"added": 0, "changed": 0, "unchanged": 0}, self.around.clock()
        for each in new:
            before = known.get(each.evaluation_id)
            if before == each:
                counts["unchanged"] += 1
                continue
            counts["changed" if before else "added"] += 1
            uow.labels.add_evaluation(each)
            detail = {"to": _in_words(each)} | ({"from": _in_words(before)} if before else {})
            uow.audit.append(now, who, "evaluation.kept", each.evaluation_id, detail)
        if counts["added"] or counts["changed"]:
            self.review.schedule(uow, f"evaluations:{hashlib.sha256(table).hexdigest()[:12]}:{now:%H%M%S%f}")
        return Imported(**counts)

    def coverage(self, uow: UnitOfWork, region_id: str) -> Coverage:
        """Share of the archive's examinations whose item is one of the list, or is known to be none.

        Raises
        ------
        InvalidInput
            No such region, or none of its versions is in force today.
        """
        return self.coverage_of(uow, region_id, uow.labels.exam_items())

    def coverage_of(self, uow: UnitOfWork, region_id: str, rows: Sequence[tuple[str, str, int]]) -> Coverage:
        """The same of a RIS's table: name, modality, examinations."""
        return self._mapper(uow, region_id).coverage(rows)

    def open_names(self, uow: UnitOfWork, region_id: str, limit: int = 50) -> tuple[OpenName, ...]:
        """Names a person has to decide on, most frequent first."""
        return tuple(self._open(uow, region_id, limit))

    def confirm(self, uow: UnitOfWork, region_id: str, exam_item: str, item_number: int, who: str) -> None:
        """Keep an answer: `exam_item` is item `item_number` of the region's list, 0 for none of them.

        Raises
        ------
        InvalidInput
            No such region or item, or no name.
        """
        numbers = {item.number for item in self._mapper(uow, region_id).items}
        if not exam_item.strip():
            raise InvalidInput("exam_item", "is empty")
        if item_number and item_number not in numbers:
            raise InvalidInput("item_number", f"{item_number} is not in the list of {region_id}")
        before = uow.labels.answers().get((region_id, exam_item))
        now = self.around.clock()
        uow.labels.answer(region_id, exam_item, item_number, who, now)
        detail = {"item": str(item_number), "before": "" if before is None else str(before)}
        uow.audit.append(now, who, "item.confirmed", f"{region_id} {exam_item}", detail)
        # By its time: an answer that is given again, after another, asks anew.
        self.review.schedule(
            uow, f"item:{hashlib.sha256(exam_item.encode()).hexdigest()[:12]}:{now:%H%M%S%f}"
        )

    def _open(self, uow: UnitOfWork, region_id: str, limit: int) -> Iterator[OpenName]:
        mapper = self._mapper(uow, region_id)
        left = limit
        for name, modality, count in uow.labels.exam_items():
            match = mapper.map(name, modality)
            if match.item is not None or mapper.is_answered(name):
                continue
            if not left:
                return
            left -= 1
            yield OpenName(name, modality, count, match, mapper.suggest(name, modality))

    def _mapper(self, uow: UnitOfWork, region_id: str) -> ItemMapper:
        mapper = self.regions.with_answers(uow.labels.answers()).mapper(region_id, self.around.today())
        if mapper is None:
            raise InvalidInput("region", f"{region_id} has no version in force today")
        return mapper


def _in_words(evaluation: Evaluation) -> str:
    verdict = "passed" if evaluation.passed else "failed"
    scope = f"item {evaluation.item_number} device {evaluation.device or '*'}"
    return f"{evaluation.region_id} {scope} {verdict} {evaluation.valid_from}/{evaluation.valid_to}"
