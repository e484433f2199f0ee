"""Nobody has read the finding back: the next level is told, and when nobody is left, all are told again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from plugin.domain.critical import NOBODY_LEFT, OPEN_ALERT_STATES, Alert, AlertState
from plugin.domain.duty import Duty
from plugin.domain.notice import Occasion
from plugin.workflow.alert_jobs import escalation_job, notice_job, reminders, stop_chase
from plugin.workflow.alert_trail import REMINDER, SYSTEM, Note, held_alert, known_alert, moved, record
from plugin.workflow.announce import Announce
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.raise_alert import announce
from plugin.workflow.whom_to_tell import WhomToTell

LATE_AFTER = timedelta(seconds=90)
"""A timer that fires so much after it was due is marked late."""

LONGEST_PAUSE = 12
"""Between two reminders of a standing alert lie at most so many times the pause between two levels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChaseAlert:
    """What timers and channels do with an alert that nobody has taken yet.

    Parameters
    ----------
    escalate_every
        How long each further level has before the next one is told.
    whom
        Says who is on duty, and which level has somebody at all.
    """

    around: Surroundings
    whom: WhomToTell
    escalate_every: timedelta = timedelta(minutes=5)
    announce: Announce = field(default_factory=Announce)

    def escalate(self, uow: UnitOfWork, alert_id: str, from_level: int, means: str = "timer") -> Alert:
        """Tell the next level that has somebody, unless it was read back, or climbed already.

        When nobody is left it stands on top of every screen until someone takes it, and all
        are reminded (:meth:`remind`).  A timer that fires late, because nothing ran when it
        was due, says so.
        """
        alert = known_alert(uow, alert_id)
        if alert.state not in OPEN_ALERT_STATES or alert.escalation_level != from_level or alert.stands:
            return alert
        late = _lateness(alert, self.around.clock(), means)
        return self._climbed(uow, alert, self.whom.next_level(uow, alert), means, late)

    def remind(self, uow: UnitOfWork, alert_id: str, reminder: int) -> Alert:
        """Tell again what nobody has taken, through all channels, to whoever is on duty by now.

        The pauses grow up to an hour.  An exercise that nobody answers has shown what it
        should, and is not told again.
        """
        alert = known_alert(uow, alert_id)
        if not alert.stands or reminder != reminders(uow, alert) + 1:
            return alert
        now, duty = self.around.clock(), self.whom.now(uow, alert)
        record(
            uow,
            alert,
            now,
            SYSTEM,
            "timer",
            f"{REMINDER} {reminder}",
            recipient=duty.titles,
            phone=duty.phone,
            state=AlertState.ESCALATED,
        )
        uow.outbox.enqueue(notice_job(alert, Occasion.STANDING, reminder))
        self._arm_reminder(uow, alert, now, reminder + 1)
        return alert

    def note_sent(
        self,
        uow: UnitOfWork,
        alert_id: str,
        means: str,
        *,
        delivered: bool,
        note: str = "",
        duty: Duty | None = None,
    ) -> None:
        """A channel took the notice; an alert that somebody has answered meanwhile stays as it is.

        `duty` says who was on duty then; with nobody at any level the alert stands on the
        screens from now on.
        """
        alert = held_alert(uow, alert_id)
        if alert is None or alert.state not in OPEN_ALERT_STATES:
            return
        if alert.state is not AlertState.DELIVERED:
            after = AlertState.DELIVERED if delivered else AlertState.SENT
            alert = replace(alert, state=after)
            told, now = duty or Duty(), self.around.clock()
            record(uow, alert, now, SYSTEM, means, note, recipient=told.titles, phone=told.phone)
        if duty is not None and not duty.contacts and not alert.stands and alert.due_at is not None:
            stop_chase(uow, alert)
            self._climbed(uow, alert, NOBODY_LEFT, "roster", Note.NOBODY_ON_DUTY.value)

    def _climbed(self, uow: UnitOfWork, alert: Alert, level: int, means: str, note: str) -> Alert:
        now = self.around.clock()
        risen = replace(
            moved(alert, AlertState.ESCALATED),
            escalation_level=level,
            due_at=alert.due_at if level == NOBODY_LEFT else now + self.escalate_every,
        )
        duty = self.whom.now(uow, risen)
        says = Note.NOBODY_LEFT.value if risen.stands else f"level {level}"
        note = f"{says}; {note}" if note else says
        record(uow, risen, now, SYSTEM, means, note, recipient=duty.titles, phone=duty.phone)
        uow.outbox.enqueue(notice_job(risen, Occasion.ESCALATED))
        announce(self.announce, uow, risen, Occasion.ESCALATED.value)
        if risen.stands:
            self._arm_reminder(uow, risen, now, 1)
        else:
            uow.outbox.enqueue(escalation_job(risen, now + self.escalate_every))
        return risen

    def _arm_reminder(self, uow: UnitOfWork, alert: Alert, now: datetime, reminder: int) -> None:
        if not alert.is_drill:
            pause = self.escalate_every * min(reminder, LONGEST_PAUSE)
            uow.outbox.enqueue(escalation_job(alert, now + pause, reminder))


def _lateness(alert: Alert, now: datetime, means: str) -> str:
    """``late 12 min`` when a timer fires well after it was due: nothing ran meanwhile (R33)."""
    if means != "timer" or alert.due_at is None or now - alert.due_at < LATE_AFTER:
        return ""
    return f"late {round((now - alert.due_at).total_seconds() / 60)} min"
