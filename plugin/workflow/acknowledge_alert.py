"""The clinician reads the finding back, declines it, or does not answer and it climbs.

Read-back means that the receiver says the value again: what is typed or picked must be
the finding that was told, otherwise the acknowledgement is refused and the chase goes on.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from plugin.domain.critical import (
    NOBODY_LEFT,
    OPEN_ALERT_STATES,
    Alert,
    AlertState,
    AlertStep,
    CriticalFinding,
    check_alert_transition,
)
from plugin.domain.duty import Duty
from plugin.domain.errors import GateConflict, InvalidInput, UnknownReport
from plugin.domain.listing import AlertCase
from plugin.workflow.announce import Announce
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.raise_alert import (
    SYSTEM,
    AlertPolicy,
    announce,
    escalation_job,
    notice_job,
    revoke,
    start_chase,
    stop_chase,
)
from plugin.workflow.whom_to_tell import WhomToTell

LATE_AFTER = timedelta(seconds=90)
"""A timer that fires so much after it was due is marked late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertDesk:
    """What people and timers do with an alert.

    Parameters
    ----------
    escalate_every
        How long each further level has before the next one is told.
    whom
        Says who is on duty, and which level has somebody at all.
    policy
        Minutes of each finding, from the moment it is told.
    confirmations
        How many people must have looked before a finding that waits goes out (双人核对); the
        report's own author and verifier are not counted.
    """

    around: Surroundings
    whom: WhomToTell
    policy: AlertPolicy
    escalate_every: timedelta = timedelta(minutes=5)
    confirmations: int = 1
    announce: Announce = field(default_factory=Announce)

    def minutes(self, finding: CriticalFinding) -> float | None:
        """The target of this finding, from being told to being read back; ``None``: nobody is chased."""
        now = self.around.clock()
        due = self.policy.due(finding, now)
        return (due - now).total_seconds() / 60 if due else None

    def minutes_of(self, case: AlertCase) -> float:
        """:meth:`minutes` of a case in the statistics."""
        return self.minutes(case.row.alert.finding) or 0.0

    def acknowledge(self, uow: UnitOfWork, alert_id: str, who: str, read_back: str, means: str) -> Alert:
        """Record the read-back; the same person's second click finds it done.

        Raises
        ------
        InvalidInput
            When what was read back is not what was told.
        GateConflict
            When the alert was revoked, or another person has read it back.
        """
        alert = self._get(uow, alert_id)
        if alert.acknowledged_by == who and alert.state is not AlertState.REVOKED:
            return alert
        if not says_the_same(read_back, alert):
            raise InvalidInput(
                "read_back", f"does not match the finding that was told; read back 「{alert.finding.name}」"
            )
        return self._done(uow, alert, by=who, actor=who, means=means)

    def by_telephone(
        self, uow: UnitOfWork, alert_id: str, caller: str, receiver: str, phone: str = ""
    ) -> Alert:
        """Record in one step that `receiver` repeated the value on the telephone (decisions 24).

        Parameters
        ----------
        caller
            Who called, heard the value repeated, and answers for it.
        receiver
            Who took it: a contact's title as the page shows it, or a name that was asked for.
        """
        if not receiver.strip():
            raise InvalidInput("receiver", "say who repeated the value")
        alert = self._get(uow, alert_id)
        if alert.acknowledged_by == receiver and alert.state is not AlertState.REVOKED:
            return alert
        return self._done(uow, alert, by=receiver, actor=caller, means="telephone", phone=phone)

    def confirm(self, uow: UnitOfWork, alert_id: str, who: str, means: str = "page") -> Alert:
        """The radiologist confirms (双人核对); an alert that waited for it goes out now.

        One that went out at once is confirmed alongside (decisions 22): that is written down
        and changes nothing for whoever is called.

        Raises
        ------
        GateConflict
            Revoked or read back already, or the same person confirms twice.
        """
        alert = self._get(uow, alert_id)
        steps = [step for step in uow.alerts.trail(alert_id) if step.state is AlertState.CONFIRMED]
        if who in {step.actor for step in steps}:
            raise GateConflict("you have confirmed this alert; another person has to be the second")
        if alert.state is AlertState.DETECTED and alert.finding.tier in self.policy.chased:
            if len(steps) + 1 < self.confirmations:
                self._append(uow, alert, AlertState.CONFIRMED, who, means)
                return alert
            # The clinician's time starts when the alert does.
            due_at = self.policy.due(alert.finding, self.around.clock())
            confirmed = replace(self._moved(alert, AlertState.CONFIRMED), due_at=due_at)
            self._store(uow, confirmed, who, means)
            start_chase(uow, confirmed, self.around.clock())
            announce(self.announce, uow, confirmed, "raised")
            return confirmed
        if alert.state not in OPEN_ALERT_STATES:
            self._moved(alert, AlertState.CONFIRMED)
        self._append(uow, alert, AlertState.CONFIRMED, who, means)
        return alert

    def decline(self, uow: UnitOfWork, alert_id: str, who: str, reason: str, means: str = "page") -> Alert:
        """Wrong recipient: the next level is told at once."""
        if not reason.strip():
            raise InvalidInput("reason", "say why, so that the next person is the right one")
        alert = self._get(uow, alert_id)
        self._store(uow, self._moved(alert, AlertState.DECLINED), who, means, reason)
        stop_chase(uow, alert)
        return self.escalate(uow, alert_id, alert.escalation_level, "declined")

    def withdraw(self, uow: UnitOfWork, alert_id: str, who: str, reason: str) -> Alert:
        """A person takes a false alarm back, with a reason; whoever was told is told."""
        if not reason.strip():
            raise InvalidInput("reason", "say why it is no critical value")
        alert = self._get(uow, alert_id)
        self._moved(alert, AlertState.REVOKED)
        now = self.around.clock()
        uow.audit.append(now, who, "alert.revoked", alert_id, {"means": "page"})
        revoked = revoke(uow, alert, now, who, reason)
        announce(self.announce, uow, alert, "revoked")
        return revoked

    def handle(self, uow: UnitOfWork, alert_id: str, who: str, treatment: str) -> Alert:
        """The treatment is noted."""
        if not treatment.strip():
            raise InvalidInput("treatment", "say what was done")
        alert = self._moved(self._get(uow, alert_id), AlertState.HANDLED)
        self._store(uow, alert, who, "page", treatment)
        return alert

    def close(self, uow: UnitOfWork, alert_id: str, who: str) -> Alert:
        alert = self._moved(self._get(uow, alert_id), AlertState.CLOSED)
        self._store(uow, alert, who, "page")
        return alert

    def escalate(self, uow: UnitOfWork, alert_id: str, from_level: int, means: str = "timer") -> Alert:
        """Tell the next level that has somebody, unless it was read back, or climbed already.

        When nobody is left it stands on top of every screen until someone takes it; no timer
        is armed again.  A timer that fires late, because nothing ran when it was due, says so.
        """
        alert = self._get(uow, alert_id)
        if alert.state not in OPEN_ALERT_STATES or alert.escalation_level != from_level or alert.stands:
            return alert
        now = self.around.clock()
        return self._climbed(
            uow, alert, self.whom.next_level(uow, alert), means, _lateness(alert, now, means)
        )

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
        alert = uow.alerts.get(alert_id)
        if alert is None or alert.state not in OPEN_ALERT_STATES:
            return
        if alert.state is not AlertState.DELIVERED:
            after = AlertState.DELIVERED if delivered else AlertState.SENT
            alert = replace(alert, state=after)
            told = duty or Duty()
            self._store(uow, alert, SYSTEM, means, note, told.titles, told.phone)
        if duty is not None and not duty.contacts and not alert.stands and alert.due_at is not None:
            stop_chase(uow, alert)
            self._climbed(uow, alert, NOBODY_LEFT, "roster", "nobody is on duty")

    def _climbed(self, uow: UnitOfWork, alert: Alert, level: int, means: str, note: str) -> Alert:
        now = self.around.clock()
        risen = replace(
            self._moved(alert, AlertState.ESCALATED),
            escalation_level=level,
            due_at=alert.due_at if level == NOBODY_LEFT else now + self.escalate_every,
        )
        duty = self.whom.now(uow, risen)
        says = "nobody is left to tell" if risen.stands else f"level {level}"
        note = f"{says}; {note}" if note else says
        self._store(uow, risen, SYSTEM, means, note, duty.titles, duty.phone)
        uow.outbox.enqueue(notice_job(risen, "escalated"))
        if not risen.stands:
            uow.outbox.enqueue(escalation_job(risen, now + self.escalate_every))
        return risen

    def _done(
        self, uow: UnitOfWork, alert: Alert, *, by: str, actor: str, means: str, phone: str = ""
    ) -> Alert:
        now = self.around.clock()
        done = replace(self._moved(alert, AlertState.ACKNOWLEDGED), acknowledged_by=by, acknowledged_at=now)
        number = phone or self.whom.now(uow, alert).phone
        self._store(uow, done, actor, means, recipient=by, phone=number)
        stop_chase(uow, alert)
        announce(self.announce, uow, done, "acknowledged")
        return done

    def _get(self, uow: UnitOfWork, alert_id: str) -> Alert:
        alert = uow.alerts.get(alert_id)
        if alert is None:
            raise UnknownReport(f"no alert {alert_id}")
        return alert

    def _moved(self, alert: Alert, after: AlertState) -> Alert:
        if alert.state is AlertState.REVOKED:
            raise GateConflict("the alert was revoked: the corrected report no longer holds the finding")
        check_alert_transition(alert.state, after)
        return replace(alert, state=after)

    def _store(
        self,
        uow: UnitOfWork,
        alert: Alert,
        who: str,
        means: str,
        note: str = "",
        recipient: str = "",
        phone: str = "",
    ) -> None:
        self._append(uow, alert, alert.state, who, means, note, recipient, phone)

    def _append(
        self,
        uow: UnitOfWork,
        alert: Alert,
        state: AlertState,
        who: str,
        means: str,
        note: str = "",
        recipient: str = "",
        phone: str = "",
    ) -> None:
        now = self.around.clock()
        uow.alerts.move(
            alert,
            AlertStep(
                alert_id=alert.alert_id,
                at=now,
                state=state,
                actor=who,
                means=means,
                note=note,
                recipient=recipient,
                phone=phone,
            ),
        )
        if who != SYSTEM:
            uow.audit.append(now, who, f"alert.{state}", alert.alert_id, {"means": means})


def _lateness(alert: Alert, now: datetime, means: str) -> str:
    """``late 12 min`` when a timer fires well after it was due: nothing ran meanwhile (R33)."""
    if means != "timer" or alert.due_at is None or now - alert.due_at < LATE_AFTER:
        return ""
    return f"late {round((now - alert.due_at).total_seconds() / 60)} min"


def says_the_same(read_back: str, alert: Alert) -> bool:
    """``True`` when the read-back names the finding: its name, its code, or the words of the report.

    Spaces, punctuation and letter widths do not count.
    """
    said = _essence(read_back)
    finding = alert.finding
    return bool(said) and said in {_essence(finding.name), _essence(finding.code), _essence(finding.text)}


def _essence(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in folded if char.isalnum())
