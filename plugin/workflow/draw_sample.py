"""The draw at a signature: two phases, the caps, and the forms that this signer can be asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from plugin.domain.gate import Draw, SignAction, SignEvent
from plugin.domain.report import Report
from plugin.domain.sampling import Caps, SamplingPolicy
from plugin.rules import sampling
from plugin.rules.rights import Rights, role_of
from plugin.rules.sampling_conditions import holds
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawSample:
    """Asked once for a study and action (decisions 4).

    Parameters
    ----------
    forms
        Action to the forms it asks for when the sampling rule names none (decisions 1).
    rights
        ``None`` lets every role score everything.
    """

    forms: Mapping[SignAction, tuple[str, ...]]
    rights: Rights | None
    around: Surroundings

    def draw(
        self, uow: UnitOfWork, policy: SamplingPolicy, event: SignEvent, facts: dict[str, str]
    ) -> Draw | None:
        """Both phases; the tallies are counted here, so that each examination counts once."""
        study, signer, now = event.accession_number, event.signer.id, self.local_now()
        first = sampling.draw(policy, study, event.action.value, facts)
        if first is None or not policy.minimums:
            return first
        counted = [each for each in policy.minimums if holds(each.conditions, facts)]
        standing = {}
        for each in counted:
            before = sampling.period_bounds(each.period, now)[0] - timedelta(days=1)
            running, last = (sampling.period_name(each.period, at) for at in (now, before))
            standing[each.name] = (
                uow.policies.tally(signer, each.name, running),
                uow.policies.tally(signer, each.name, last),
            )
        drawn = sampling.top_up(policy, first, study, event.action.value, standing, now)
        for each in counted:
            period = sampling.period_name(each.period, now)
            uow.policies.count(signer, each.name, period, drawn=drawn.drawn)
        return drawn

    def capped(self, uow: UnitOfWork, policy: SamplingPolicy, event: SignEvent) -> bool:
        if policy.caps == Caps(shifts=policy.caps.shifts):
            return False
        now = self.local_now()
        popups = uow.gates.popups_of(event.signer.id, now - timedelta(days=1))
        return bool(sampling.capped(policy.caps, popups, now))

    def local_now(self) -> datetime:
        return self.around.clock().astimezone(self.around.zone)

    def asked(self, uow: UnitOfWork, event: SignEvent, report: Report, draw: Draw) -> tuple[str, ...]:
        """What this signer is asked for: by policy, less his own report and what his role may not score."""
        asked = draw.forms or self.forms.get(event.action, ())
        own_report = event.signer.id and event.signer.id == report.author_id
        rights = self.rights
        role = role_of(uow.staff.get(event.signer.id), event.signer.role)
        return tuple(
            form
            for form in asked
            if not (form == "report" and own_report) and (rights is None or rights.may_score(role, form))
        )
