"""Names and codes of the examinations of a period, against DB50 7.2 and the site's table of WS/T 364.8."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from plugin.rules.exam_codes import NamingRules, Problem, read_codes
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork

TableProblems = tuple[Problem, ...]
"""What is wrong in a table, line by line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NameRemark:
    """A name with its code that came `count` times, and what is wrong with it."""

    exam_item: str
    code: str
    modality: str
    count: int
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NameView:
    """What a page shows: examinations, those whose name and code are sound, and the others by frequency."""

    total: int
    sound: int
    codes: int
    remarks: tuple[NameRemark, ...]

    @property
    def share(self) -> float:
        return self.sound / self.total if self.total else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckNames:
    """For the page and the command."""

    rules: NamingRules
    around: Surroundings

    def view(self, uow: UnitOfWork, since: datetime, until: datetime) -> NameView:
        """Every examination of the period, by name, code and modality."""
        zone = self.around.zone
        keys = (f"{at.astimezone(zone):%Y%m%d%H%M%S}" for at in (since, until))
        seen: Counter[tuple[str, str, str, str]] = Counter()
        for each in uow.studies.performed(*keys):
            exam, order = each.report.exam if each.report else None, each.order
            seen[
                (exam.exam_item if exam else "") or (order.exam_item if order else ""),
                (exam.exam_item_code if exam else "") or (order.exam_item_code if order else ""),
                (exam.modality if exam else "") or (order.modality if order else ""),
                exam.body_part if exam else "",
            ] += 1
        judged = [
            NameRemark(
                exam_item=item,
                code=code,
                modality=modality,
                count=count,
                remarks=self.rules.remarks(item, code, modality, part),
            )
            for (item, code, modality, part), count in seen.items()
        ]
        judged.sort(key=lambda each: (-each.count, each.exam_item, each.code))
        return NameView(
            total=sum(each.count for each in judged),
            sound=sum(each.count for each in judged if not each.remarks),
            codes=len(self.rules.table.codes),
            remarks=tuple(each for each in judged if each.remarks),
        )

    def check_table(self, raw: bytes) -> tuple[int, tuple[Problem, ...]]:
        """How many codes a table holds, and what is wrong with it; nothing is kept."""
        table, problems = read_codes(raw, self.rules.reader)
        return len(table.codes), problems
