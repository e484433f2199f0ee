"""The radiologist confirms a critical finding (双人核对) before or while people are told."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from plugin.domain.critical import OPEN_ALERT_STATES, Alert, AlertState
from plugin.domain.errors import GateConflict
from plugin.workflow.alert_jobs import start_chase
from plugin.workflow.alert_trail import known_alert, moved, record
from plugin.workflow.announce import Announce
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.raise_alert import AlertPolicy, announce, due


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmAlert:
    """An alert that waited for it goes out now; one that went out at once is confirmed alongside.

    Parameters
    ----------
    confirmations
        How many people must have looked before a finding that waits goes out.
    """

    around: Surroundings
    policy: AlertPolicy
    confirmations: int = 1
    announce: Announce = field(default_factory=Announce)

    def __call__(self, uow: UnitOfWork, alert_id: str, who: str, means: str = "page") -> Alert:
        """Confirm; alongside (decisions 22) that is written down and changes nothing for whoever is called.

        Raises
        ------
        GateConflict
            Revoked or read back already, or the same person confirms twice, under whichever login.
        """
        alert = known_alert(uow, alert_id)
        now = self.around.clock()
        steps = [step for step in uow.alerts.trail(alert_id) if step.state is AlertState.CONFIRMED]
        if person_of(uow, who) in {person_of(uow, step.actor) for step in steps}:
            raise GateConflict("you have confirmed this alert; another person has to be the second")
        if alert.state is AlertState.DETECTED and alert.finding.tier in self.policy.chased:
            if len(steps) + 1 < self.confirmations:
                record(uow, alert, now, who, means, state=AlertState.CONFIRMED)
                return alert
            # The clinician's time starts when the alert does.
            due_at = due(self.policy.target_of(alert), now)
            confirmed = replace(moved(alert, AlertState.CONFIRMED), due_at=due_at)
            record(uow, confirmed, now, who, means)
            start_chase(uow, confirmed)
            announce(self.announce, uow, confirmed, "raised")
            return confirmed
        if alert.state not in OPEN_ALERT_STATES:
            moved(alert, AlertState.CONFIRMED)
        record(uow, alert, now, who, means, state=AlertState.CONFIRMED)
        return alert


def person_of(uow: UnitOfWork, actor: str) -> str:
    """Who stands behind an actor: a login's staff identity, or the person whom a caller vouches for.

    ``D7@ris`` and the login of the account whose staff identity is D7 are one person.
    """
    account = uow.people.account(actor)
    if account is not None:
        return (account.staff_id or account.login).casefold()
    person, at, _ = actor.rpartition("@")
    return (person if at else actor).casefold()
