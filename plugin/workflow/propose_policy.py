"""From a person's draft of the sampling policy to a version that decides: alone, or by two people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from plugin.domain.errors import GateConflict, InvalidInput, NotAllowed
from plugin.domain.sampling import DraftState, ProposedPolicy, SamplingPolicy, SamplingRule
from plugin.rules.sampling.conditions import CONDITIONS, overlaps
from plugin.rules.sampling.forecast import Forecast
from plugin.rules.sampling.proof import Proof
from plugin.workflow.change_policy import ChangePolicy, PolicyDraft
from plugin.workflow.ports.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposePolicy:
    """What the policy page does."""

    change: ChangePolicy

    @property
    def two_person(self) -> bool:
        return self.change.two_person

    @property
    def forms(self) -> list[str]:
        """What a rule may ask for."""
        return sorted(self.change.known_forms)

    @property
    def conditions(self) -> Mapping[str, str]:
        """Condition to what it accepts, in Chinese."""
        return CONDITIONS

    def overlaps(self, rules: Sequence[SamplingRule]) -> list[tuple[SamplingRule, SamplingRule]]:
        """Pairs of which the earlier decides where both hold."""
        return overlaps(rules)

    def submit(self, uow: UnitOfWork, draft: PolicyDraft) -> SamplingPolicy | ProposedPolicy:
        """Put `draft` live, or keep it for another person's approval where the site demands two.

        Raises
        ------
        InvalidInput
            When it makes no sense, has no rule, or lies in the past.
        """
        if not draft.rules:
            raise InvalidInput("rules", "holds no rule; to draw nothing, write one rule with p = 0")
        if not self.change.two_person:
            return self.change.put_live(uow, draft)
        self.change.check(draft)
        self.change.check_base(uow, draft)
        now = self.change.around.clock()
        if draft.live_from is not None and draft.live_from < now:
            raise InvalidInput("live_from", "lies in the past; decisions that were taken stand")
        proposed = ProposedPolicy(
            draft_id=self.change.around.mint.id(),
            rules=draft.rules,
            minimums=draft.minimums,
            caps=draft.caps,
            author=draft.author,
            comment=draft.comment,
            proposed_at=now,
            live_from=draft.live_from,
            based_on=draft.based_on,
        )
        uow.drafts.save(proposed)
        uow.audit.append(now, draft.author or "?", "policy.proposed", proposed.draft_id, {})
        return proposed

    def approve(self, uow: UnitOfWork, draft_id: str, by: str) -> SamplingPolicy:
        """The second person agrees; the version goes live now, or at the time that was proposed.

        Raises
        ------
        NotAllowed
            When it is the author's own.
        GateConflict
            When it was decided on already, or another version has come since it was proposed.
        """
        proposed = self._waiting(uow, draft_id)
        if by == proposed.author:
            raise NotAllowed("this site wants another person than the author to agree")
        now = self.change.around.clock()
        later = proposed.live_from if proposed.live_from and proposed.live_from > now else None
        policy = self.change.put_live(
            uow,
            PolicyDraft(
                rules=proposed.rules,
                minimums=proposed.minimums,
                caps=proposed.caps,
                author=proposed.author,
                approved_by=by,
                comment=proposed.comment,
                live_from=later,
                based_on=proposed.based_on,
            ),
        )
        uow.drafts.save(replace(proposed, state=DraftState.APPROVED, decided_by=by))
        return policy

    def withdraw(self, uow: UnitOfWork, draft_id: str, by: str) -> None:
        """Author or second person: it will not go live."""
        proposed = self._waiting(uow, draft_id)
        uow.drafts.save(replace(proposed, state=DraftState.WITHDRAWN, decided_by=by))
        uow.audit.append(self.change.around.clock(), by, "policy.withdrawn", draft_id, {})

    def simulate(self, uow: UnitOfWork, draft: PolicyDraft, weeks: int) -> Forecast:
        """What the draft would have done with the sign events of the last weeks."""
        return self.change.simulate(uow, draft, self.change.around.clock() - timedelta(weeks=weeks))

    def prove(self, uow: UnitOfWork, version: int) -> tuple[SamplingPolicy, Proof]:
        """See :meth:`ChangePolicy.prove`."""
        return self.change.prove(uow, version)

    def _waiting(self, uow: UnitOfWork, draft_id: str) -> ProposedPolicy:
        proposed = uow.drafts.get(draft_id)
        if proposed is None or proposed.state is not DraftState.PROPOSED:
            raise GateConflict("this proposal is not waiting: it was approved or withdrawn already")
        return proposed
