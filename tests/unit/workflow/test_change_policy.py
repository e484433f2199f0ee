"""A new policy version: checked, committed to, approved by two where the site wants it, proved at its end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from plugin.domain.errors import GateConflict, InvalidInput
from plugin.domain.sampling import ProposedPolicy, SamplingRule
from plugin.workflow.change_policy import ChangePolicy, PolicyDraft
from plugin.workflow.propose_policy import ProposePolicy
from tests.unit.workflow.conftest import SOUND, World

DRAFT = PolicyDraft(rules=(SamplingRule(name="全部", p=0.5),), author="U1")


@pytest.fixture
def change(world: World) -> ChangePolicy:
    return ChangePolicy(forms=world.journeys.forms, around=world.journeys.labels.around)


def test_versions_follow_each_other(world: World, change: ChangePolicy) -> None:
    for version in (1, 2):
        world.clock.advance(minutes=1)
        assert world.store.write(lambda uow: change.put_live(uow, DRAFT)).version == version
    live = world.store.read(lambda uow: uow.policies.live(world.clock()))
    assert live is not None
    assert live.version == 2


def test_a_version_to_come_does_not_decide_yet(world: World, change: ChangePolicy) -> None:
    world.store.write(lambda uow: change.put_live(uow, DRAFT))
    later = replace(DRAFT, live_from=world.clock() + timedelta(hours=1))
    world.store.write(lambda uow: change.put_live(uow, later))
    answer = world.sign(report=SOUND)
    assert answer.gate.draw is not None
    assert answer.gate.draw.policy_version == 1


def test_two_people(world: World, change: ChangePolicy) -> None:
    strict = replace(change, two_person=True)
    for approved_by in ("", "U1"):
        with pytest.raises(InvalidInput, match="another person"):
            draft = replace(DRAFT, approved_by=approved_by)
            world.store.write(lambda uow, draft=draft: strict.put_live(uow, draft))
    world.store.write(lambda uow: strict.put_live(uow, replace(DRAFT, approved_by="U2")))


def test_a_draft_in_the_past_is_refused(world: World, change: ChangePolicy) -> None:
    with pytest.raises(InvalidInput, match="past"):
        draft = replace(DRAFT, live_from=world.clock() - timedelta(seconds=1))
        world.store.write(lambda uow: change.put_live(uow, draft))


def test_the_key_is_revealed_only_when_the_version_has_ended(world: World, change: ChangePolicy) -> None:
    world.store.write(lambda uow: change.put_live(uow, DRAFT))
    world.sign(report=SOUND)
    with pytest.raises(InvalidInput, match="still live"):
        world.store.read(lambda uow: change.prove(uow, 1))
    world.clock.advance(minutes=1)
    world.store.write(lambda uow: change.put_live(uow, DRAFT))
    _, proof = world.store.read(lambda uow: change.prove(uow, 1))
    assert (proof.checked, proof.discrepancies) == (1, ())
    with pytest.raises(InvalidInput, match="no version 7"):
        world.store.read(lambda uow: change.prove(uow, 7))


def test_simulation_draws_the_real_events_again(world: World, change: ChangePolicy) -> None:
    world.policy(0.0)
    world.sign(report=SOUND)
    certain = replace(DRAFT, rules=(SamplingRule(name="全部", p=1.0),))
    found = world.store.read(lambda uow: change.simulate(uow, certain, world.clock() - timedelta(days=1)))
    assert [(load.name, load.popups) for load in found.signers] == [("D7", 1.0)]


def test_the_key_of_a_version_to_come_is_revealed_to_nobody(world: World, change: ChangePolicy) -> None:
    world.store.write(lambda uow: change.put_live(uow, DRAFT))
    later = replace(DRAFT, live_from=world.clock() + timedelta(days=1))
    world.store.write(lambda uow: change.put_live(uow, later))
    with pytest.raises(InvalidInput, match="not begun"):
        world.store.read(lambda uow: change.prove(uow, 2))
    world.clock.advance(days=1)
    with pytest.raises(InvalidInput, match="still live"):
        world.store.read(lambda uow: change.prove(uow, 2))
    world.store.read(lambda uow: change.prove(uow, 1))


def test_a_proposal_whose_ground_has_changed_is_not_approved_over_the_other(
    world: World, change: ChangePolicy
) -> None:
    propose = ProposePolicy(change=replace(change, two_person=True))
    draft = replace(DRAFT, based_on=0)
    first, second = (world.store.write(lambda uow: propose.submit(uow, draft)) for _ in range(2))
    assert isinstance(first, ProposedPolicy)
    assert isinstance(second, ProposedPolicy)
    world.store.write(lambda uow: propose.approve(uow, first.draft_id, "U2"))
    with pytest.raises(GateConflict, match="version 1 went live meanwhile"):
        world.store.write(lambda uow: propose.approve(uow, second.draft_id, "U2"))
    assert world.store.read(change.newest) == 1
