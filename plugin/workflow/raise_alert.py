"""A critical finding becomes an alert, once; a text that no longer holds it revokes it.

A finding alerts from the sign event or the ORU, whichever comes first (decisions 21), and
never waits for a popup, a held gate or the gateway.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from plugin.domain.critical import (
    OPEN_ALERT_STATES,
    Alert,
    AlertState,
    AlertStep,
    CriticalFinding,
    CriticalState,
    Tier,
)
from plugin.domain.issue import Section
from plugin.domain.notice import Occasion
from plugin.domain.report import Report, ReportStatus
from plugin.workflow.alert_jobs import notice_job, start_chase, stop_chase
from plugin.workflow.alert_trail import SYSTEM, Note
from plugin.workflow.announce import Announce
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork

BY_HAND = "hand"
"""Means of an alert that a person raised; that is its first confirmation."""


FLAGGED = "FLAGGED"
"""Code of an alert that stands on the sender's own flag (OBX-8), where no rule found a reason."""

LONGEST_VALUE = 200
"""Characters of an impression that a flagged alert asks to be read back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPolicy:
    """How each tier is told (decisions 22).

    Parameters
    ----------
    minutes
        Tier to the time within which the read-back must happen.
    entry_minutes
        Code to the time that its catalogue entry gives; it goes before the tier's.
    confirm_first
        Tiers whose alert waits for the radiologist's confirmation.
    chased
        Tiers that are told and escalated at all; the others are a follow-up list.
    flags
        OBX-8 values that are critical; ``A`` is 阳性 in China and not among them (decisions 22).
    flag_tier
        Tier of an alert that a flag alone raises.
    """

    minutes: Mapping[Tier, int] = field(default_factory=lambda: {Tier.RED: 10, Tier.ORANGE: 60})
    entry_minutes: Mapping[str, int] = field(default_factory=dict)
    confirm_first: frozenset[Tier] = frozenset({Tier.ORANGE})
    chased: frozenset[Tier] = frozenset({Tier.RED, Tier.ORANGE})
    flags: frozenset[str] = frozenset({"AA", "HH", "LL"})
    flag_tier: Tier = Tier.RED

    def target(self, finding: CriticalFinding) -> int | None:
        """Minutes from being told to being read back; ``None``: nobody is chased."""
        if finding.tier not in self.chased:
            return None
        return self.entry_minutes.get(finding.code, self.minutes.get(finding.tier, 60))

    def target_of(self, alert: Alert) -> int | None:
        """The target in force when `alert` was raised; of one older than the record of it, today's."""
        return self.target(alert.finding) if alert.target_minutes is None else alert.target_minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class RaiseAlert:
    """Compares what a report says now with the alerts that exist."""

    policy: AlertPolicy
    around: Surroundings
    announce: Announce = field(default_factory=Announce)

    def from_findings(
        self,
        uow: UnitOfWork,
        accession_number: str,
        findings: Sequence[CriticalFinding],
        status: ReportStatus,
        department: str = "",
    ) -> list[Alert]:
        """Raise an alert for each new finding that has none, revoke those that no longer stand.

        Returns
        -------
        list of Alert
            The alerts raised now.
        """
        known = uow.alerts.find(accession_number)
        # An uncertain finding is no ground to call anybody, and none to call anybody off.
        still_said = {finding.code for finding in findings if finding.state is not CriticalState.RESOLVED}
        if status is ReportStatus.CANCELLED:
            still_said = set()
        for alert in known:
            unsaid = alert.finding.code not in still_said and alert.state in OPEN_ALERT_STATES
            # What a person has raised no text of the report takes back.
            if unsaid and not raised_by_hand(uow, alert):
                revoke(uow, alert, self.around.clock(), SYSTEM, Note.UNSAID.value)
                announce(self.announce, uow, alert, "revoked")
        standing = {alert.finding.code for alert in known if alert.state is not AlertState.REVOKED}
        new = [
            finding
            for finding in findings
            if finding.state is CriticalState.NEW and finding.code in still_said - standing
        ]
        return [self.raise_(uow, accession_number, finding, status, department) for finding in new]

    def with_flags(
        self, findings: Sequence[CriticalFinding], report: Report, source: str
    ) -> Sequence[CriticalFinding]:
        """The findings, and one more where the sender's flag says critical and no finding does.

        A new finding covers the flag.  What comes by a sign event or the API may hold no
        flags at all; it neither raises nor revokes what an ORU's flag has raised.
        """
        flagged = next((flag for flag in report.abnormal_flags if flag in self.policy.flags), "")
        if source == "oru" and not flagged:
            return findings
        covered = any(finding.state is CriticalState.NEW for finding in findings)
        value = report.impression[:LONGEST_VALUE]
        told = bool(flagged) and not covered
        return (
            *findings,
            CriticalFinding(
                code=FLAGGED,
                name=f"报告标记危急（OBX-8 {flagged}）" if flagged else "报告标记危急",
                tier=self.policy.flag_tier,
                state=CriticalState.NEW if told else CriticalState.KNOWN,
                section=Section.IMPRESSION,
                start=0,
                end=len(value),
                text=value,
            ),
        )

    def raise_(
        self,
        uow: UnitOfWork,
        accession_number: str,
        finding: CriticalFinding,
        status: ReportStatus = ReportStatus.FINAL,
        department: str = "",
        *,
        actor: str = SYSTEM,
        means: str = "report",
    ) -> Alert:
        """Raise one alert and, unless it waits for a confirmation, send it on its way."""
        now = self.around.clock()
        target = self.policy.target(finding)
        alert = Alert(
            alert_id=self.around.mint.id(),
            accession_number=accession_number,
            finding=finding,
            state=AlertState.DETECTED,
            detected_at=now,
            due_at=due(target, now),
            target_minutes=target,
        )
        switches = uow.policies.switches(department)
        silent = switches.shadow or not switches.alerts
        note = Note.SHADOW.value if switches.shadow else "" if switches.alerts else Note.SWITCHED_OFF.value
        uow.alerts.add(
            alert,
            AlertStep(
                alert_id=alert.alert_id,
                at=now,
                state=AlertState.DETECTED,
                actor=actor,
                means=means,
                note=note,
            ),
        )
        # A preliminary text may still be thought better of, so a person confirms it first.
        unsure = finding.tier in self.policy.confirm_first or status is ReportStatus.PRELIMINARY
        waits = unsure and means != BY_HAND
        if not silent and not waits and finding.tier in self.policy.chased:
            start_chase(uow, alert)
            announce(self.announce, uow, alert, "raised")
        return alert


def due(target_minutes: int | None, now: datetime) -> datetime | None:
    """When what is told now must have been read back."""
    return None if target_minutes is None else now + timedelta(minutes=target_minutes)


def revoke(uow: UnitOfWork, alert: Alert, now: datetime, actor: str, reason: str) -> Alert:
    """Call an open alert off; whoever was told of it is told that it no longer stands."""
    told = alert.state not in {AlertState.DETECTED, AlertState.CONFIRMED}
    revoked = replace(alert, state=AlertState.REVOKED)
    uow.alerts.move(
        revoked,
        AlertStep(
            alert_id=alert.alert_id,
            at=now,
            state=AlertState.REVOKED,
            actor=actor,
            means="report" if actor == SYSTEM else "page",
            note=reason,
        ),
    )
    stop_chase(uow, alert)
    if told:
        uow.outbox.enqueue(notice_job(alert, Occasion.REVOKED))
    return revoked


def announce(to: Announce, uow: UnitOfWork, alert: Alert, occasion: str) -> None:
    """Tell other systems by HL7, of what people were told; a drill is in nobody's record."""
    never_told = alert.state in {AlertState.DETECTED, AlertState.CONFIRMED} and occasion == "revoked"
    if not alert.is_drill and not never_told:
        to.alert(uow, alert, occasion)


def raised_by_hand(uow: UnitOfWork, alert: Alert) -> bool:
    """``True`` when a person raised it, in the RIS, the popup or on our page."""
    return uow.alerts.trail(alert.alert_id)[0].means == BY_HAND
