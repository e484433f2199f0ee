"""What is over goes, what is needed stays, and the next hour is asked for."""

from __future__ import annotations

from datetime import timedelta

from plugin.domain.delivery import JobKind, JobState, NewJob
from plugin.domain.people import Account, Role, Session
from plugin.store.jobs import SqlJobStore
from plugin.workflow.ports.unit_of_work import UnitOfWork
from tests.unit.workflow.conftest import SOUND, World


def keep(world: World) -> int:
    return world.store.write(world.journeys.house)


def session(world: World, name: str) -> Session:
    now = world.clock()
    return Session(token_digest=name, login="a", created_at=now, seen_at=now, csrf="c")


def test_answers_are_kept_for_ten_minutes(world: World) -> None:
    world.store.write(lambda uow: uow.calls.add("ris", "1", "d", 200, "{}", world.clock()))
    world.clock.advance(minutes=9)
    world.store.write(lambda uow: uow.calls.add("ris", "2", "d", 200, "{}", world.clock()))
    assert keep(world) == 0
    world.clock.advance(minutes=2)
    assert keep(world) == 1
    found = world.store.read(lambda uow: [uow.calls.find("ris", each) is not None for each in "12"])
    assert found == [False, True]


def test_passes_sessions_and_done_jobs_go_by_age(world: World) -> None:
    world.policy(1.0)
    ticket = world.sign(report=SOUND).ticket
    world.store.write(lambda uow: world.journeys.submit_score.opening.redeem(uow, ticket))

    def people(uow: UnitOfWork) -> None:
        uow.people.save(Account(login="a", name="甲", role=Role.HEAD, password_hash="x"))
        uow.people.add_session(session(world, "s1"))

    world.store.write(people)
    jobs = SqlJobStore(world.store, world.clock)
    world.store.write(lambda uow: uow.outbox.enqueue(NewJob(kind=JobKind.CALL_BACK, lane="l", key="done")))
    world.store.write(lambda uow: uow.outbox.enqueue(NewJob(kind=JobKind.SEND_SR, lane="m", key="parked")))
    (done,) = jobs.claim([JobKind.CALL_BACK], 1, timedelta(minutes=1))
    jobs.complete(done)
    (dead,) = jobs.claim([JobKind.SEND_SR], 1, timedelta(minutes=1))
    jobs.park(dead, "away")
    assert keep(world) == 0
    world.clock.advance(minutes=31)
    assert keep(world) == 1  # the session has idled out
    world.clock.advance(days=3)
    assert keep(world) == 2  # ticket and form token
    world.clock.advance(days=90)
    assert keep(world) == 1
    assert jobs.get(done.job_id) is None
    assert [job.job_id for job in jobs.listing(JobState.PARKED)] == [dead.job_id]


def test_the_next_hour_is_asked_for_once(world: World) -> None:
    world.store.write(world.journeys.house.schedule)
    world.store.write(world.journeys.house.schedule)
    assert world.jobs() == ["keep_house"]
    keep(world)
    assert world.jobs() == ["keep_house"]
    world.clock.advance(hours=1)
    keep(world)
    assert world.jobs() == ["keep_house", "keep_house"]


def test_a_full_batch_is_followed_at_once(world: World) -> None:
    def many(uow: UnitOfWork) -> None:
        for number in range(uow.housekeeping.batch + 5):
            uow.calls.add("ris", str(number), "d", 200, "{}", world.clock())

    world.store.write(many)
    world.clock.advance(hours=1)
    assert keep(world) == world.store.read(lambda uow: uow.housekeeping.batch)
    (again,) = SqlJobStore(world.store, world.clock).listing(JobState.PENDING)
    assert again.due_at - world.clock() == timedelta(seconds=1)
    assert keep(world) == 5


def test_what_a_full_batch_leaves_does_not_wait_for_the_next_hour(world: World) -> None:
    world.policy(1.0)
    gate_id = world.sign(report=SOUND).gate.gate_id
    house = world.journeys.house

    def tickets(uow: UnitOfWork) -> None:
        for number in range(2000):
            uow.gates.add_ticket(f"{number:064}", gate_id, "D7", world.clock())

    world.store.write(tickets)
    world.clock.advance(days=2)
    world.store.write(house.schedule)
    world.store.write(house)
    world.clock.advance(seconds=2)
    due = SqlJobStore(world.store, world.clock).claim((JobKind.KEEP_HOUSE,), 5, timedelta(minutes=1))
    assert len(due) == 1
