"""The draw at a signature: two phases, the caps, and which of its forms the signer himself is to fill."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from plugin.domain.gate import Draw, SignAction, Signer, SignEvent
from plugin.domain.order import ImagingOrder
from plugin.domain.report import Report
from plugin.domain.sampling import Caps, SamplingPolicy
from plugin.rules.rights import Rights, role_of
from plugin.rules.sampling import draws
from plugin.rules.sampling.conditions import holds
from plugin.rules.scoring import Forms
from plugin.workflow.fill_sheets import assessed
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Who fills the forms of a draw: the signer his own part, somebody else the rest.

    Parameters
    ----------
    why
        Why the rest is not the signer's, one of :data:`~plugin.domain.gate.FOR_ANOTHER`.
    """

    signer: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawSample:
    """Asked once for a study and action (decisions 4).

    Parameters
    ----------
    asked
        Action to the forms it asks for when the sampling rule names none (decisions 1).
    """

    asked: Mapping[SignAction, tuple[str, ...]]
    forms: Forms
    rights: Rights
    around: Surroundings

    def draw(
        self, uow: UnitOfWork, policy: SamplingPolicy, event: SignEvent, facts: dict[str, str]
    ) -> Draw | None:
        """Both phases; the tallies are counted here, so that each examination counts once."""
        study, signer, now = event.accession_number, event.signer.id, self.local_now()
        first = draws.draw(policy, study, event.action.value, facts)
        if first is None or not policy.minimums:
            return first
        counted = [each for each in policy.minimums if holds(each.conditions, facts)]
        standing = {}
        for each in counted:
            before = draws.period_bounds(each.period, now)[0] - timedelta(days=1)
            running, last = (draws.period_name(each.period, at) for at in (now, before))
            standing[each.name] = (
                uow.policies.tally(signer, each.name, running),
                uow.policies.tally(signer, each.name, last),
            )
        drawn = draws.top_up(policy, first, study, event.action.value, standing, now)
        for each in counted:
            period = draws.period_name(each.period, now)
            uow.policies.count(signer, each.name, period, drawn=drawn.drawn)
        return drawn

    def capped(self, uow: UnitOfWork, policy: SamplingPolicy, event: SignEvent) -> bool:
        if policy.caps == Caps(shifts=policy.caps.shifts):
            return False
        now = self.local_now()
        popups = uow.gates.popups_of(event.signer.id, now - timedelta(days=1))
        return bool(draws.capped(policy.caps, popups, now))

    def local_now(self) -> datetime:
        return self.around.clock().astimezone(self.around.zone)

    def share(
        self, uow: UnitOfWork, event: SignEvent, report: Report, order: ImagingOrder | None, draw: Draw
    ) -> Share:
        """Part the forms of a draw: nobody scores his own work (decisions 1), nor what his role may not (7.2.2)."""
        asked = draw.forms or self.asked.get(event.action, ())
        if draw.another_scores:
            return Share(rest=asked, why="another_scores")
        own = frozenset(form for form in asked if self._own(form, event.signer, report, order))
        role = role_of(uow.staff.get(event.signer.id), event.signer.role)
        may = frozenset(form for form in asked if self.rights.may_score(role, form))
        rest = tuple(form for form in asked if form in own or form not in may)
        return Share(
            signer=tuple(form for form in asked if form not in rest),
            rest=rest,
            why="own_work" if own else "no_right" if rest else "",
        )

    def _own(self, form_id: str, signer: Signer, report: Report, order: ImagingOrder | None) -> bool:
        if form_id in self.rights.own_work or form_id not in self.forms:
            return False  # a form that an old policy names and the site has no more is nobody's, and holds nobody up
        worker_id, worker = assessed(self.forms.get(form_id), report, order)
        if worker_id and signer.id:
            return worker_id == signer.id
        # A name does not tell two people of one name apart: it is asked only where an identifier is wanting.
        return bool(worker) and worker == signer.name
