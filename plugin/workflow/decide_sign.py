"""A radiologist presses 签发: release, hold for the form, or fix first.

Signing is never blocked by us for want of anything of ours.  The draw is made once for
study and action, and stands over policy versions and repeated signing (decisions 4); a
score never blocks release, and a rule does only where the site lists it (decisions 2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from plugin.domain.critical import CriticalFinding
from plugin.domain.errors import GateConflict, UnknownReport
from plugin.domain.gate import Decision, Draw, Gate, GateState, SignAction, SignEvent
from plugin.domain.issue import Issue
from plugin.domain.order import ImagingOrder, PatientClass
from plugin.domain.report import Report
from plugin.domain.staff import StaffMember
from plugin.rules.rulebook import Inspection
from plugin.rules.staff_checks import StaffPolicy, check_signature
from plugin.workflow.draw_sample import DrawSample
from plugin.workflow.gate_jobs import expiry_job, expiry_key
from plugin.workflow.hand_over import HandOver
from plugin.workflow.held_gates import HeldGates
from plugin.workflow.held_names import held_names
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.receive_report import Arrived, ReceiveReport, department_of
from plugin.workflow.sign_facts import SignFacts
from plugin.workflow.tickets import new_ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class GatePolicy:
    """What a site decides about its gate.

    Parameters
    ----------
    hold_time
        A held gate expires, and releases, after this time (decisions 3).
    fix_rules
        Rules whose issues are answered with ``fix``; none by default.
    forms
        Action to the forms it asks for when the sampling rule names none (decisions 1).
    """

    hold_time: timedelta = timedelta(hours=2)
    fix_rules: frozenset[str] = frozenset()
    forms: Mapping[SignAction, tuple[str, ...]] = field(
        default_factory=lambda: {
            SignAction.SUBMIT: ("request_form", "image"),
            SignAction.VERIFY: ("report",),
        }
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SignAnswer:
    """What the RIS is told.  `ticket` is the secret of the popup's link, only for a held gate."""

    gate: Gate
    issues: tuple[Issue, ...] = ()
    critical: tuple[CriticalFinding, ...] = ()
    ticket: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideSign:
    """The journey from a sign event to a decision."""

    policy: GatePolicy
    receive_report: ReceiveReport
    around: Surroundings
    hand_over: HandOver
    held: HeldGates
    facts: SignFacts = field(default_factory=SignFacts)
    staff: StaffPolicy = field(default_factory=StaffPolicy)

    def decide(self, uow: UnitOfWork, event: SignEvent) -> SignAnswer:
        """Decide once; the same event, and the same study and text again, get the same decision.

        Raises
        ------
        UnknownReport
            When neither the event nor an earlier message brought the report.
        GateConflict
            When the event's ID was used for another study or action.
        """
        # Whose it is says the event or, before anything is held, what is kept of the examination.
        self._hold(uow, event, event.report or uow.reports.latest(event.accession_number))
        return self.decide_on(uow, event, *self._report_of(uow, event))

    def foresee(self, uow: UnitOfWork, event: SignEvent, known: Report | None) -> None:
        """Hold, and read, what :meth:`decide` will; `known` is the report that the event speaks of, as far as it is."""
        self._hold(uow, event, event.report or known)
        uow.reports.latest(event.accession_number)
        if event.report is not None:
            self.receive_report.foresee(uow, event.report)

    def ahead(self, event: SignEvent) -> None:
        """Have the report that an event brings, or speaks of, inspected before :meth:`decide` asks for it."""

        def reports(uow: UnitOfWork) -> list[Arrived]:
            report = event.report or uow.reports.latest(event.accession_number)
            return [] if report is None else [Arrived(report=report)]

        if inspected := self.receive_report.ahead(reports):
            inspected.result()

    def decide_on(
        self, uow: UnitOfWork, event: SignEvent, report: Report, inspection: Inspection
    ) -> SignAnswer:
        """As :meth:`decide`, on a report that has just been received in the same transaction."""
        member = uow.staff.get(event.signer.id) if event.signer.id else None
        of_signature = tuple(check_signature(self.staff, event.action, event.signer, report, member))
        if of_signature:
            inspection = replace(inspection, issues=(*inspection.issues, *of_signature))
        known = uow.exams.order(event.accession_number)
        order = known[0] if known else None
        switches = uow.policies.switches(department_of(report, order))
        silent = "switched_off" if not switches.gate else "shadow" if switches.shadow else ""
        gate = uow.gates.by_event(event.caller, event.event_id)
        if gate is None:
            earlier = uow.gates.for_study(event.accession_number, event.action)
            gate = self._standing(earlier, report, silent) or self._decided(
                uow, event, report, member, order, inspection, earlier, silent
            )
        elif (gate.accession_number, gate.action) != (event.accession_number, event.action):
            raise GateConflict(
                f"event {event.event_id} was {gate.action} of another examination than {event.accession_number} "
                f"{event.action}; give each signature an event_id of its own"
            )
        if silent and gate.state is GateState.HELD:
            # The switch is instant (decisions 8): what it finds held goes as if its time were over.
            uow.outbox.cancel(expiry_key(gate.gate_id))
            self.held.expire(uow, gate.gate_id)
            gate = self.held.state(uow, gate.gate_id)
        return SignAnswer(
            gate=gate,
            issues=inspection.issues,
            critical=inspection.critical,
            ticket=new_ticket(uow, self.around, gate) if gate.state is GateState.HELD else "",
        )

    @staticmethod
    def _hold(uow: UnitOfWork, event: SignEvent, report: Report | None) -> None:
        uow.hold(*held_names(report.patient.patient_id if report else "", event.accession_number))

    @property
    def _sample(self) -> DrawSample:
        making = self.hand_over.making
        return DrawSample(
            asked=self.policy.forms, forms=making.forms, rights=making.rights, around=self.around
        )

    def _report_of(self, uow: UnitOfWork, event: SignEvent) -> tuple[Report, Inspection]:
        if event.report is not None:
            inspection = self._received(uow, event.report)
            stored = uow.reports.latest(event.accession_number)
            return stored or event.report, inspection
        report = uow.reports.latest(event.accession_number)
        if report is None:
            raise UnknownReport(
                f"no report of {event.accession_number} has arrived; send the ORU first or put the report into the call"
            )
        return report, self._received(uow, report)

    def _received(self, uow: UnitOfWork, report: Report) -> Inspection:
        uow.ahead(lambda trial: self.receive_report.foresee(trial, report))
        return self.receive_report(uow, report, source="sign")

    def _standing(self, earlier: Sequence[Gate], report: Report, silent: str) -> Gate | None:
        """The decision that was taken for this study and action already, if it still holds."""
        for gate in earlier:
            if gate.decision is Decision.FIX:
                same_text = gate.text_digest == report.text_digest
                if same_text and gate.state is not GateState.OVERRIDDEN and not silent:
                    return gate
                continue
            if gate.state is GateState.HELD or gate.text_digest == report.text_digest:
                # A held gate follows the report when its text is corrected meanwhile.
                return gate
            return None
        return None

    def _decided(
        self,
        uow: UnitOfWork,
        event: SignEvent,
        report: Report,
        member: StaffMember | None,
        order: ImagingOrder | None,
        inspection: Inspection,
        earlier: Sequence[Gate],
        silent: str,
    ) -> Gate:
        signed_over = any(
            gate.decision is Decision.FIX
            and gate.state is GateState.OVERRIDDEN
            and gate.text_digest == report.text_digest
            for gate in earlier
        )
        must_fix = any(issue.rule in self.policy.fix_rules for issue in inspection.issues)
        if must_fix and not signed_over and not silent:
            return self._store(uow, event, report, Decision.FIX, "blocking_issue", None)
        if any(gate.draw is not None for gate in earlier):
            # Drawn before, for another text: a correction is not drawn again (decisions 4).
            return self._store(uow, event, report, Decision.RELEASE, "decided_before", None)
        policy = uow.policies.live(self.around.clock())
        if policy is None:
            return self._store(uow, event, report, Decision.RELEASE, "no_policy", None)
        sample = self._sample
        facts = self.facts(event, report, order, member, inspection, sample.local_now())
        draw = sample.draw(uow, policy, event, facts)
        if draw is None:
            return self._store(uow, event, report, Decision.RELEASE, "policy", None)
        if not draw.drawn:
            return self._store(uow, event, report, Decision.RELEASE, "not_sampled", draw)
        if silent:
            return self._store(uow, event, report, Decision.RELEASE, silent, draw)
        share = sample.share(uow, event, report, order, draw)
        if not share.signer:
            gate = self._store(uow, event, report, Decision.RELEASE, share.why or "policy", draw, share.rest)
            return replace(gate, owed=gate.owed and not self.hand_over(uow, gate))
        decision, reason = Decision.HOLD, "sampled"
        if order is not None and order.patient_class is PatientClass.EMERGENCY:
            decision, reason = Decision.RELEASE, "emergency"
        elif sample.capped(uow, policy, event):
            decision, reason = Decision.RELEASE, "capped"
        gate = self._store(uow, event, report, decision, reason, draw, share.signer)
        if share.rest:
            self.hand_over.beside(uow, gate, share.rest, share.why)
        return gate

    def _store(
        self,
        uow: UnitOfWork,
        event: SignEvent,
        report: Report,
        decision: Decision,
        reason: str,
        draw: Draw | None,
        forms: tuple[str, ...] = (),
    ) -> Gate:
        """Keep the decision; `forms` hold the report, or are owed where it goes at once."""
        now = self.around.clock()
        held = decision is Decision.HOLD
        gate = Gate(
            gate_id=self.around.mint.id(),
            event_id=event.event_id,
            accession_number=event.accession_number,
            action=event.action,
            signer=event.signer,
            decision=decision,
            reason=reason,
            draw=draw,
            text_digest=report.text_digest,
            decided_at=now,
            state=GateState.HELD if held else None,
            forms=forms,
            expires_at=now + self.policy.hold_time if held else None,
            owed=bool(forms) and not held,
            caller=event.caller,
        )
        uow.gates.add(gate)
        if gate.expires_at is not None:
            uow.outbox.enqueue(expiry_job(gate.gate_id, gate.expires_at))
        return gate
