"""Once an hour: what nobody needs any more goes, a batch at a time; and the next hour is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from plugin.domain.delivery import JobKind, NewJob
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork

LANE = "timer:house"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ages:
    """How long each thing is kept after it has served.

    Parameters
    ----------
    calls
        A signed call is taken for five minutes to either side (decisions 7): its answer is needed ten.
    passes
        Tickets and form tokens, after they expired.
    idle, absolute
        Sessions, as the account policy ends them.
    jobs
        Done and cancelled jobs; their keys still tell a late repetition for so long.
    messages
        Raw messages, but those under inspection or still to be passed on; ``None`` keeps all.
    turned_away
        Peers whose connections were refused, after the last of them.
    """

    calls: timedelta = timedelta(minutes=10)
    passes: timedelta = timedelta(days=1)
    idle: timedelta = timedelta(minutes=30)
    absolute: timedelta = timedelta(hours=12)
    jobs: timedelta = timedelta(days=90)
    messages: timedelta | None = None
    turned_away: timedelta = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepHouse:
    """The journey of :attr:`JobKind.KEEP_HOUSE`."""

    around: Surroundings
    ages: Ages = field(default_factory=Ages)
    every: timedelta = timedelta(hours=1)

    def schedule(self, uow: UnitOfWork) -> None:
        """Ask for the next hour, once however often this is called."""
        self._ask(uow, self._hour(self.around.clock()) + self.every)

    def __call__(self, uow: UnitOfWork) -> int:
        """Purge one batch of each kind; while one was full, come again at once.

        Returns
        -------
        int
            How many rows went.
        """
        now, ages, house = self.around.clock(), self.ages, uow.housekeeping
        steps: tuple[Callable[[], int], ...] = (
            lambda: house.purge_calls(now - ages.calls),
            lambda: house.purge_tickets(now - ages.passes),
            lambda: house.purge_form_tokens(now - ages.passes),
            lambda: house.purge_sessions(now - ages.idle, now - ages.absolute),
            lambda: house.purge_jobs(now - ages.jobs),
            lambda: house.purge_turned_away(now - ages.turned_away),
            lambda: (
                0 if ages.messages is None else uow.messages.forget_before(now - ages.messages, house.batch)
            ),
        )
        gone = [step() for step in steps]
        if any(count >= house.batch for count in gone):
            # In a lane of its own: the next hour, which stands in the other, is not waited for.
            self._ask(uow, now + timedelta(seconds=1), f"{LANE}:rest")
        else:
            self.schedule(uow)
        return sum(gone)

    def _hour(self, at: datetime) -> datetime:
        return at.replace(minute=0, second=0, microsecond=0)

    def _ask(self, uow: UnitOfWork, at: datetime, lane: str = LANE) -> None:
        uow.outbox.enqueue(
            NewJob(
                kind=JobKind.KEEP_HOUSE, lane=lane, key=f"house:{at:%Y-%m-%dT%H:%M:%S}", payload={}, due_at=at
            )
        )
