"""Once a day, and after new results of a QC centre: does each label that studies bear still stand?

Events (a score, a corrected report) are looked at when they come; that an evaluation has
ended is no event, so the calendar asks.  Reading goes on beside the writer, a page at a
time; only what has lapsed is written, with a withdrawal for each (decisions 26).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import partial
from typing import Protocol, TypeVar

from plugin.domain.delivery import JobKind, NewJob
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.stamp_label import StampLabel

T = TypeVar("T")

AFTER_MIDNIGHT = time(0, 5)
"""By the hospital's clock, when validities have turned."""
NAME = "labels:review"

AT_ONCE = 50
"""Labels of one transaction: what waits beside it for the one writer, an HL7 message, say, waits no longer."""


class Transact(Protocol):
    """``store.read`` or ``store.write``."""

    def __call__(self, work: Callable[[UnitOfWork], T], /) -> T: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewLabels:
    """The daily review, and the one that an import of evaluations asks for."""

    labels: StampLabel
    around: Surroundings

    def schedule(self, uow: UnitOfWork, why: str = "") -> None:
        """Ask for today's review now; the same `why` asks once a day."""
        self._ask(uow, self.around.clock(), f"{self.around.today().isoformat()}{why and ':'}{why}")

    def review(self, read: Transact, write: Transact) -> None:
        """Settle all that has lapsed, a few in each commit; what a crash leaves, the next review finds."""
        lapsed = self.lapsed(read)
        for start in range(0, len(lapsed), AT_ONCE):
            write(partial(self.settle, lapsed=lapsed[start : start + AT_ONCE]))

    def lapsed(self, read: Transact, page: int = 200) -> tuple[str, ...]:
        """Accession numbers of examinations whose label no longer stands."""
        found: list[str] = []
        after = ""
        while True:
            numbers, gone = read(partial(self._page, after=after, page=page))
            found.extend(gone)
            if len(numbers) < page:
                return tuple(found)
            after = numbers[-1]

    def settle(self, uow: UnitOfWork, lapsed: Sequence[str]) -> None:
        """Withdraw, or replace by another region's label."""
        for accession_number in lapsed:
            self.labels(uow, accession_number)

    def again(self, uow: UnitOfWork) -> None:
        """Ask for tomorrow's review."""
        tomorrow = self.around.today() + timedelta(days=1)
        due = datetime.combine(tomorrow, AFTER_MIDNIGHT, self.around.zone)
        self._ask(uow, due, tomorrow.isoformat())

    def _page(self, uow: UnitOfWork, *, after: str, page: int) -> tuple[Sequence[str], list[str]]:
        numbers = uow.labels.standing(after, page)
        return numbers, [each for each in numbers if self.labels.lapsed(uow, each)]

    def _ask(self, uow: UnitOfWork, due: datetime, key: str) -> None:
        # A lane of its own: an import's review must not wait behind tomorrow's.
        name = f"{NAME}:{key}"
        uow.outbox.enqueue(NewJob(kind=JobKind.REVIEW_LABELS, lane=name, key=name, due_at=due))
