"""The clinician reads the finding back, declines it, or does not answer and it climbs.

Read-back means that the receiver says the value again: what is typed or picked must be
the finding that was told, otherwise the acknowledgement is refused and the chase goes on.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field, replace
from datetime import timedelta

from plugin.domain.critical import (
    OPEN_ALERT_STATES,
    Alert,
    AlertState,
    AlertStep,
    check_alert_transition,
)
from plugin.domain.errors import GateConflict, InvalidInput, UnknownReport
from plugin.workflow.announce import Announce
from plugin.workflow.ports import Surroundings, UnitOfWork
from plugin.workflow.raise_alert import (
    SYSTEM,
    escalation_job,
    notice_job,
    start_chase,
    stop_chase,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertDesk:
    """What people and timers do with an alert.

    Parameters
    ----------
    escalate_every
        How long each further level has before the next one is told.
    last_level
        The level after which nobody is left: the alert then stands on every screen.
    """

    around: Surroundings
    escalate_every: timedelta = timedelta(minutes=5)
    last_level: int = 3
    announce: Announce = field(default_factory=Announce)

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
        now = self.around.clock()
        done = replace(self._moved(alert, AlertState.ACKNOWLEDGED), acknowledged_by=who, acknowledged_at=now)
        self._store(uow, done, who, means)
        stop_chase(uow, alert)
        self.announce.alert(uow, done, "acknowledged")
        return done

    def confirm(self, uow: UnitOfWork, alert_id: str, who: str) -> Alert:
        """The radiologist confirms (双人核对); an alert that waited for it goes out now."""
        alert = self._get(uow, alert_id)
        confirmed = self._moved(alert, AlertState.CONFIRMED)
        if confirmed.due_at is not None:
            # The clinician's time starts when the alert does.
            confirmed = replace(
                confirmed, due_at=self.around.clock() + (confirmed.due_at - confirmed.detected_at)
            )
        self._store(uow, confirmed, who, "page")
        start_chase(uow, confirmed, self.around.clock())
        self.announce.alert(uow, confirmed, "raised")
        return confirmed

    def decline(self, uow: UnitOfWork, alert_id: str, who: str, reason: str) -> Alert:
        """Wrong recipient: the next level is told at once."""
        if not reason.strip():
            raise InvalidInput("reason", "say why, so that the next person is the right one")
        alert = self._get(uow, alert_id)
        self._store(uow, self._moved(alert, AlertState.DECLINED), who, "page", reason)
        stop_chase(uow, alert)
        return self.escalate(uow, alert_id, alert.escalation_level)

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

    def escalate(self, uow: UnitOfWork, alert_id: str, from_level: int) -> Alert:
        """Tell the next level, unless somebody has read back, or it climbed already."""
        alert = self._get(uow, alert_id)
        if alert.state not in OPEN_ALERT_STATES or alert.escalation_level != from_level:
            return alert
        now = self.around.clock()
        level = min(alert.escalation_level + 1, self.last_level)
        if level == alert.escalation_level:
            return alert
        risen = replace(
            self._moved(alert, AlertState.ESCALATED),
            escalation_level=level,
            due_at=now + self.escalate_every,
        )
        self._store(uow, risen, SYSTEM, "timer", f"level {level}")
        uow.outbox.enqueue(notice_job(risen, "escalated"))
        uow.outbox.enqueue(escalation_job(risen, now + self.escalate_every))
        return risen

    def note_sent(
        self, uow: UnitOfWork, alert_id: str, means: str, *, delivered: bool, note: str = ""
    ) -> None:
        """A channel took the notice; an alert that somebody has answered meanwhile stays as it is."""
        alert = uow.alerts.get(alert_id)
        if alert is None:
            return
        if alert.state in OPEN_ALERT_STATES and alert.state is not AlertState.DELIVERED:
            after = AlertState.DELIVERED if delivered else AlertState.SENT
            self._store(uow, replace(alert, state=after), SYSTEM, means, note)

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

    def _store(self, uow: UnitOfWork, alert: Alert, who: str, means: str, note: str = "") -> None:
        now = self.around.clock()
        uow.alerts.move(
            alert,
            AlertStep(alert_id=alert.alert_id, at=now, state=alert.state, actor=who, means=means, note=note),
        )
        if who != SYSTEM:
            uow.audit.append(now, who, f"alert.{alert.state}", alert.alert_id, {"means": means})


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
