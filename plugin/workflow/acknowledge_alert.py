"""The clinician reads the finding back, declines it, and says what was done; or it is taken back.

Read-back means that the receiver says the value again: what is typed or picked must be
the finding that was told, otherwise the acknowledgement is refused and the chase goes on.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from plugin.domain.critical import Alert, AlertState
from plugin.domain.errors import InvalidInput
from plugin.domain.listing import AlertCase
from plugin.workflow.alert_jobs import stop_chase
from plugin.workflow.alert_trail import known_alert, moved, record
from plugin.workflow.announce import Announce
from plugin.workflow.chase_alert import ChaseAlert
from plugin.workflow.confirm_alert import ConfirmAlert
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.raise_alert import AlertPolicy, announce, revoke
from plugin.workflow.read_back import says_the_same
from plugin.workflow.whom_to_tell import WhomToTell


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertDesk:
    """What people do with an alert.

    Parameters
    ----------
    policy
        Minutes of each finding, from the moment it is told.
    confirm
        The radiologist confirms.
    chase
        What happens while nobody has read it back.
    """

    around: Surroundings
    policy: AlertPolicy
    confirm: ConfirmAlert
    chase: ChaseAlert
    announce: Announce = field(default_factory=Announce)

    @property
    def whom(self) -> WhomToTell:
        """Says who is on duty."""
        return self.chase.whom

    def minutes_of(self, case: AlertCase) -> float:
        """The target of a case in the statistics: the one in force when it was raised."""
        return self.policy.target_of(case.row.alert) or 0.0

    def acknowledge(self, uow: UnitOfWork, alert_id: str, who: str, read_back: str, means: str) -> Alert:
        """Record the read-back; the same person's second click finds it done.

        Raises
        ------
        InvalidInput
            When what was read back is not what was told.
        GateConflict
            When the alert was revoked, or another person has read it back.
        """
        alert = known_alert(uow, alert_id)
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
        alert = known_alert(uow, alert_id)
        if alert.acknowledged_by == receiver and alert.state is not AlertState.REVOKED:
            return alert
        return self._done(uow, alert, by=receiver, actor=caller, means="telephone", phone=phone)

    def decline(self, uow: UnitOfWork, alert_id: str, who: str, reason: str, means: str = "page") -> Alert:
        """Wrong recipient: the next level is told at once."""
        if not reason.strip():
            raise InvalidInput("reason", "say why, so that the next person is the right one")
        alert = known_alert(uow, alert_id)
        record(uow, moved(alert, AlertState.DECLINED), self.around.clock(), who, means, reason)
        if not alert.stands:
            stop_chase(uow, alert)
        return self.chase.escalate(uow, alert_id, alert.escalation_level, "declined")

    def withdraw(self, uow: UnitOfWork, alert_id: str, who: str, reason: str) -> Alert:
        """A person takes a false alarm back, with a reason; whoever was told is told."""
        if not reason.strip():
            raise InvalidInput("reason", "say why it is no critical value")
        alert = known_alert(uow, alert_id)
        moved(alert, AlertState.REVOKED)
        now = self.around.clock()
        uow.audit.append(now, who, "alert.revoked", alert_id, {"means": "page"})
        revoked = revoke(uow, alert, now, who, reason)
        announce(self.announce, uow, alert, "revoked")
        return revoked

    def handle(self, uow: UnitOfWork, alert_id: str, who: str, treatment: str, means: str = "page") -> Alert:
        """The treatment is noted."""
        if not treatment.strip():
            raise InvalidInput("treatment", "say what was done")
        alert = moved(known_alert(uow, alert_id), AlertState.HANDLED)
        record(uow, alert, self.around.clock(), who, means, treatment)
        return alert

    def close(self, uow: UnitOfWork, alert_id: str, who: str) -> Alert:
        alert = moved(known_alert(uow, alert_id), AlertState.CLOSED)
        record(uow, alert, self.around.clock(), who, "page")
        return alert

    def _done(
        self, uow: UnitOfWork, alert: Alert, *, by: str, actor: str, means: str, phone: str = ""
    ) -> Alert:
        now = self.around.clock()
        number = phone or self.whom.now(uow, alert).phone
        done = replace(moved(alert, AlertState.ACKNOWLEDGED), acknowledged_by=by, acknowledged_at=now)
        stop_chase(uow, alert)
        record(uow, done, now, actor, means, recipient=by, phone=number)
        announce(self.announce, uow, done, "acknowledged")
        return done
