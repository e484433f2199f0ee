"""A new version of the sampling policy: checked, committed to by its key's hash, audited."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from plugin.domain.errors import GateConflict, InvalidInput
from plugin.domain.gate import Gate
from plugin.domain.order import PatientClass
from plugin.domain.sampling import Caps, Minimum, SamplingPolicy, SamplingRule
from plugin.rules.sampling.conditions import check_policy
from plugin.rules.sampling.draws import key_digest
from plugin.rules.sampling.forecast import Forecast, PastEvent, forecast
from plugin.rules.sampling.proof import Proof, prove
from plugin.rules.scoring import Forms
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork

MOST_EVENTS = 20_000
"""Sign events that a simulation looks at, the newest: forty trials of them in one page's time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDraft:
    """What somebody wants to go live.

    Parameters
    ----------
    based_on
        The newest version its author saw; ``None`` asks nothing.
    """

    rules: tuple[SamplingRule, ...]
    minimums: tuple[Minimum, ...] = ()
    caps: Caps = field(default_factory=Caps)
    author: str = ""
    approved_by: str = ""
    comment: str = ""
    live_from: datetime | None = None
    based_on: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePolicy:
    """What administrators do with the policy.

    Parameters
    ----------
    two_person
        The site demands that another person than the author has agreed.
    institution
        Of this hospital; a rule for another can never match.
    """

    forms: Forms
    around: Surroundings
    two_person: bool = False
    institution: str = ""
    new_key: Callable[[], bytes] = lambda: secrets.token_bytes(32)

    @property
    def known_forms(self) -> frozenset[str]:
        """Forms of an examination; teaching, department and peer feedback are not asked at signing."""
        return frozenset(form.form_id for form in self.forms if form.scores_examination)

    def check(self, draft: PolicyDraft) -> None:
        """Refuse a draft that makes no sense.

        Raises
        ------
        InvalidInput
            Naming the rule or quota, and what is wrong with it.
        """
        check_policy(draft.rules, self.known_forms, draft.minimums, draft.caps, self.institution)

    def put_live(self, uow: UnitOfWork, draft: PolicyDraft) -> SamplingPolicy:
        """Store the next version; it decides from `live_from` on, on every node.

        Raises
        ------
        InvalidInput
            When it makes no sense, lies in the past, or lacks the second person.
        """
        self.check(draft)
        now = self.around.clock()
        if self.two_person and draft.approved_by in {"", draft.author}:
            raise InvalidInput("approved_by", "this site wants another person than the author to agree")
        if draft.live_from is not None and draft.live_from < now:
            raise InvalidInput("live_from", "lies in the past; decisions that were taken stand")
        self.check_base(uow, draft)
        key = self.new_key()
        policy = SamplingPolicy(
            version=self.newest(uow) + 1,
            rules=draft.rules,
            key=key,
            key_digest=key_digest(key),
            live_from=draft.live_from or now,
            author=draft.author,
            comment=draft.comment,
            minimums=draft.minimums,
            caps=draft.caps,
            approved_by=draft.approved_by,
        )
        uow.policies.add(policy)
        detail = {"key_digest": policy.key_digest, "approved_by": draft.approved_by}
        uow.audit.append(now, draft.author or "?", "policy.live", str(policy.version), detail)
        return policy

    def newest(self, uow: UnitOfWork) -> int:
        """Number of the last version, live or to come; 0 before the first."""
        return max((each.version for each in uow.policies.versions()), default=0)

    def check_base(self, uow: UnitOfWork, draft: PolicyDraft) -> None:
        """Two people, or two tabs, at once: the second is told, and nothing of the first is lost.

        Raises
        ------
        GateConflict
            When a version has come since the draft's author looked.
        """
        newest = self.newest(uow)
        if draft.based_on is not None and draft.based_on != newest:
            raise GateConflict(f"version {newest} went live meanwhile; look at it, and change that one")

    def prove(self, uow: UnitOfWork, version: int) -> tuple[SamplingPolicy, Proof]:
        """Recompute every draw of a version that has ended; only then its key may be shown.

        Raises
        ------
        InvalidInput
            When there is no such version, it has not begun, or it is still live.
        """
        policy, now = uow.policies.get(version), self.around.clock()
        if policy is None:
            raise InvalidInput("version", f"there is no version {version}")
        if policy.live_from > now:
            # Whoever knows the key knows beforehand who will be drawn.
            raise InvalidInput("version", "has not begun; its key is revealed when it has ended")
        live = uow.policies.live(now)
        if live is not None and live.version == version:
            raise InvalidInput("version", "is still live; its key is revealed when the next version is")
        return policy, prove(policy, uow.gates.drawn_by(version))

    def simulate(self, uow: UnitOfWork, draft: PolicyDraft, since: datetime) -> Forecast:
        """What the draft would have done with the real sign events since then."""
        self.check(draft)
        gates: list[Gate] = []
        for version in sorted((policy.version for policy in uow.policies.versions()), reverse=True):
            gates += uow.gates.newest_drawn(version, since, MOST_EVENTS - len(gates))
        events = [self._event(gate) for gate in gates if gate.draw is not None and gate.draw.facts]
        policy = SamplingPolicy(
            version=0,
            rules=draft.rules,
            key=b"simulation",
            key_digest="",
            live_from=since,
            author=draft.author,
            minimums=draft.minimums,
            caps=draft.caps,
        )
        return forecast(policy, events)

    def _event(self, gate: Gate) -> PastEvent:
        facts = gate.draw.facts if gate.draw else {}
        return PastEvent(
            study=gate.accession_number,
            action=gate.action.value,
            signer=gate.signer.id,
            at=gate.decided_at.astimezone(self.around.zone),
            facts=facts,
            emergency=facts.get("patient_class") == PatientClass.EMERGENCY,
        )
