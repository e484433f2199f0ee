"""The archive is pruned beside the traffic: in batches, sparing what is looked into, and the trail says how many."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from plugin.bootstrap.handlers import calendar_handlers
from plugin.domain.archive import Envelope, MessageState
from plugin.domain.delivery import JobKind
from plugin.domain.errors import InvalidInput
from plugin.store.jobs import SqlJobStore
from tests.unit.workflow.conftest import World


def keep(world: World, state: MessageState = MessageState.ACCEPTED) -> int:
    envelope = Envelope(raw=b"MSH|^~\\&|HIS", peer="10.0.0.9", received_at=world.clock(), charset="utf-8")
    return world.store.write(lambda uow: uow.messages.add(envelope, state, b""))


def work_off(world: World) -> int:
    """Do what is due of housekeeping; return how many jobs there were."""
    jobs = SqlJobStore(world.store, world.clock)
    keep_house = calendar_handlers(world.store, world.journeys)[JobKind.KEEP_HOUSE]
    done = 0
    while found := jobs.claim([JobKind.KEEP_HOUSE], 1, timedelta(minutes=1)):
        effect = keep_house(found[0])
        assert effect is not None
        jobs.complete(found[0], effect)
        done += 1
    return done


def test_old_messages_go_batch_by_batch_and_the_trail_says_how_many(world: World) -> None:
    old = [keep(world) for _ in range(5)]
    aside = keep(world, MessageState.QUARANTINED)
    world.clock.advance(days=40)
    young = keep(world)
    prune = replace(world.journeys.prune, batch=2)
    world.journeys = replace(world.journeys, prune=prune)
    before = world.store.write(lambda uow: prune.ask(uow, 30, "head"))
    assert before == world.clock() - timedelta(days=30)
    assert work_off(world) == 3, "two, two and one"
    left = world.store.read(
        lambda uow: [number for number in (*old, aside, young) if uow.messages.get(number)]
    )
    assert left == [aside, young]
    trail = world.store.read(lambda uow: list(uow.audit.after(0, 10)))
    said = [(each.actor, each.action, each.detail.get("count")) for each in trail if "prune" in each.action]
    assert said == [("head", "messages.prune_asked", None), ("head", "messages.pruned", "5")]


@pytest.mark.parametrize("days", [0, -1, 10**9])
def test_an_age_that_is_none_is_refused(world: World, days: int) -> None:
    with pytest.raises(InvalidInput, match="days"):
        world.store.write(lambda uow: world.journeys.prune.ask(uow, days, "head"))
