"""Every morning: forms that wait for another, corrections that are late, teaching that is due this month; on Mondays what waits for whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from plugin.domain.delivery import JobKind, NewJob
from plugin.domain.month import month_bounds
from plugin.domain.person_notice import PersonOccasion, Recipient
from plugin.domain.review import CorrectionState
from plugin.workflow.hand_over import HandOver
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.teach import Teach
from plugin.workflow.tell_people import TellPeople, heads

LANE = "timer:reminders"

MORNING = time(7, 30)
"""The hospital's time."""

LAST_DAYS = 10
"""A resident without a session is spoken of in the last days of a month (seed 002: one a month)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemindDue:
    """The journey of :attr:`JobKind.REMIND_DUE`."""

    tell: TellPeople
    teaching: Teach
    hand_over: HandOver
    around: Surroundings

    def schedule(self, uow: UnitOfWork) -> None:
        """Ask for the next morning, once however often this is called."""
        now = self._local(self.around.clock())
        at = datetime.combine(now.date(), MORNING, now.tzinfo)
        if at <= now:
            at += timedelta(days=1)
        uow.outbox.enqueue(
            NewJob(kind=JobKind.REMIND_DUE, lane=LANE, key=f"reminders:{at:%Y-%m-%d}", due_at=at)
        )

    def waiting(self, uow: UnitOfWork) -> Mapping[str, int]:
        """Forms that are held or owed by person, on Mondays; counted beside the writer, for there may be many."""
        monday = self._local(self.around.clock()).weekday() == 0
        return uow.gates.waiting_by_signer() if monday else {}

    def __call__(self, uow: UnitOfWork, waiting: Mapping[str, int]) -> int:
        """Tell everybody what is new of it; return how many notices were made.

        Parameters
        ----------
        waiting
            What :meth:`waiting` found.
        """
        now = self.around.clock()
        self.hand_over.again(uow)
        told = sum(self._late(uow, now))
        today = self._local(now)
        if today.weekday() == 0:
            told += self._waiting(uow, f"{today:%G-W%V}", waiting)
        told += self._teaching(uow, today)
        self.schedule(uow)
        return told

    def _late(self, uow: UnitOfWork, now: datetime) -> list[int]:
        waiting = uow.reviews.corrections(CorrectionState.OPEN)
        return [self.tell.late(uow, each) for each in waiting if each.late(now)]

    def _waiting(self, uow: UnitOfWork, week: str, waiting: Mapping[str, int]) -> int:
        """Forms that are held or owed, readings among them, and corrections, by person."""
        names = {each.staff_id: each.name for each in uow.staff.all()}
        counts: dict[str, int] = dict(waiting)
        for each in uow.reviews.corrections(CorrectionState.OPEN):
            counts[each.person_id] = counts.get(each.person_id, 0) + 1
        return sum(
            self.tell.tell(
                uow,
                PersonOccasion.WORK_DUE,
                f"week:{week}",
                [Recipient(person_id=person_id, name=names.get(person_id, ""))],
                count=count,
            )
            for person_id, count in sorted(counts.items())
            if person_id
        )

    def _teaching(self, uow: UnitOfWork, today: datetime) -> int:
        since, until = month_bounds(f"{today:%Y-%m}", self.around.zone)
        if until - self.around.clock() > timedelta(days=LAST_DAYS):
            return 0
        return sum(
            self.tell.tell(
                uow,
                PersonOccasion.TEACHING_DUE,
                f"{each.resident.staff_id}:{today:%Y-%m}",
                [Recipient(person_id=each.resident.staff_id, name=each.resident.name), *heads(uow)],
                due_at=until - timedelta(minutes=1),
            )
            for each in self.teaching.due(uow, since, until)
            if not each.recorded and not each.planned
        )

    def _local(self, at: datetime) -> datetime:
        return at.astimezone(self.around.zone)
