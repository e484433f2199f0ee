"""R31: the clock is set, or the machine sleeps, while escalations are armed: each goes off once, none too late."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plugin.bootstrap.handlers import timer_of
from plugin.bootstrap.journeys import build_journeys
from plugin.delivery.watch_clock import SMALLEST_STEP, WatchClock, since_boot
from plugin.delivery.worker import Worker, WorkerSettings
from plugin.domain.critical import Alert, AlertState
from plugin.domain.delivery import JobKind, NewJob
from plugin.domain.duty import Contact, Duty, Level
from plugin.domain.listing import Page
from plugin.site.gate import GateSettings
from plugin.site.settings import Site
from plugin.store.jobs import SqlJobStore
from plugin.store.reading import SqlReading
from plugin.store.settings import StoreSettings
from plugin.store.store import SqlStore
from plugin.workflow.keep_time import catch_up, keep_time
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.whom_to_tell import WhomToTell
from tests.conftest import ROOT
from tests.fakes import CountingMinter
from tests.postgres import postgres_server
from tests.stores import temporary_store

HOURS = timedelta(hours=3)


class Machine:
    """A host whose wall clock can be set, and which can sleep."""

    def __init__(self) -> None:
        self.wall = datetime(2026, 6, 1, 8, tzinfo=UTC)
        self.seconds = 1000.0

    def clock(self) -> datetime:
        return self.wall

    def elapsed(self) -> float:
        return self.seconds

    def live(self, minutes: float) -> None:
        """Time passes, awake or asleep."""
        self.wall += timedelta(minutes=minutes)
        self.seconds += 60 * minutes


class Staffed:
    """A roster with somebody at every level."""

    def knows(self, department: str) -> bool:
        return True

    def staffed(self, department: str, at: datetime, level: int) -> bool:
        return level <= Level.FINAL

    def on_duty(self, department: str, at: datetime, level: Level) -> Duty:
        return Duty(department="神经内科", contacts=(Contact(level=level, role="值班医师"),))


class House:
    """One armed alert and all that goes by its timers."""

    def __init__(self, store: SqlStore, machine: Machine) -> None:
        self.store, self.machine = store, machine
        around = Surroundings(clock=machine.clock, mint=CountingMinter())
        self.journeys = build_journeys(Site(), GateSettings(), ROOT / "config", around)
        whom = WhomToTell(roster=Staffed, clock=machine.clock)
        self.chase = replace(self.journeys.alerts.chase, whom=whom)
        self.watch = WatchClock(machine.clock, machine.elapsed, self._stepped)
        self.alert: Alert = store.write(lambda uow: self.journeys.alerting.by_hand.drill(uow, "head", "page"))

    def _stepped(self, by: timedelta, now: datetime) -> None:
        self.store.write(lambda uow: keep_time(uow, by, now))

    def fire(self) -> int:
        """What the worker does now; how many timers went off."""
        jobs = SqlJobStore(self.store, self.machine.clock)
        timers = {JobKind.ESCALATE_ALERT: timer_of(self.chase)}
        return Worker(jobs, timers, self.machine.clock, lambda: 0.5, WorkerSettings()).run_due()

    def climbs(self) -> list[str]:
        trail = self.store.read(lambda uow: uow.alerts.trail(self.alert.alert_id))
        return [step.note for step in trail if step.state is AlertState.ESCALATED]

    def audited(self) -> list[dict[str, str]]:
        reading = SqlReading(self.store, SqlJobStore(self.store, self.machine.clock))
        return [dict(row.detail) for row in reading.audit(Page()).rows if row.action == "clock.stepped"]


@pytest.fixture(scope="module")
def new_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], str]]:
    """Databases on one PostgreSQL server, each a copy of one that has today's tables."""
    with postgres_server() as server:
        template = server.new_database()
        with temporary_store(tmp_path_factory.mktemp("template"), settings=StoreSettings(url=template)):
            pass
        yield lambda: server.new_database(template)


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    machine = Machine()
    settings = None
    if request.param == "postgresql":
        settings = StoreSettings(url=request.getfixturevalue("new_database")())
    with temporary_store(tmp_path, machine.clock, settings) as store:
        yield House(store, machine)


def test_without_a_step_it_goes_off_at_its_time(house: House) -> None:
    house.machine.live(9.9)
    assert (house.watch.look(), house.fire()) == (timedelta(), 0)
    house.machine.live(0.1)
    assert (house.watch.look(), house.fire(), house.fire()) == (timedelta(), 1, 0)
    assert house.climbs() == ["level 1"]


def test_r31_a_clock_set_back_by_hours_puts_nothing_off(house: House) -> None:
    house.machine.live(4)
    house.machine.wall -= HOURS
    assert house.watch.look() == -HOURS
    house.machine.live(5.9)
    assert (house.watch.look(), house.fire()) == (timedelta(), 0), "none too early"
    house.machine.live(0.2)
    assert (house.watch.look(), house.fire(), house.fire()) == (timedelta(), 1, 0)
    assert house.climbs() == ["level 1"]
    house.machine.live(5)
    assert house.fire() == 1, "the next level goes by the new clock"


def test_r31_a_clock_set_forward_by_hours_lets_it_go_off_once_and_at_once(house: House) -> None:
    house.machine.live(4)
    house.machine.wall += HOURS
    assert house.watch.look() == HOURS
    assert (house.fire(), house.fire()) == (1, 0)
    assert house.climbs() == ["level 1; late 174 min"]


def test_r31_forward_and_back_again_tells_each_level_once(house: House) -> None:
    house.machine.live(4)
    house.machine.wall += HOURS
    house.watch.look()
    assert house.fire() == 1
    house.machine.wall -= HOURS
    house.watch.look()
    house.machine.live(4.9)
    assert house.fire() == 0
    house.machine.live(0.2)
    assert (house.fire(), house.fire()) == (1, 0)
    assert [note.partition(";")[0] for note in house.climbs()] == ["level 1", "level 2"]


def test_r31_what_came_due_while_the_machine_slept_goes_off_when_it_wakes(house: House) -> None:
    house.machine.live(180)
    assert house.watch.look() == timedelta(), "seconds asleep are counted: no step"
    assert (house.fire(), house.fire()) == (1, 0)
    assert house.climbs() == ["level 1; late 170 min"]


@pytest.mark.parametrize("by", [timedelta(seconds=1), timedelta(seconds=-1), timedelta(milliseconds=400)])
def test_a_time_servers_correction_is_no_step(house: House, by: timedelta) -> None:
    for _ in range(30):
        house.machine.wall += by
        assert house.watch.look() == timedelta()


def test_a_clock_set_back_while_nothing_ran_is_found_at_the_start(house: House) -> None:
    house.machine.live(4)
    house.store.write(lambda uow: uow.outbox.enqueue(job("asked for last")))
    house.machine.wall -= HOURS
    house.store.write(lambda uow: catch_up(uow, house.machine.clock(), SMALLEST_STEP))
    house.machine.live(6)
    assert (house.fire(), house.fire()) == (1, 0)


def test_a_step_is_audited_with_both_clocks(house: House) -> None:
    house.machine.wall -= HOURS
    house.watch.look()
    (said,) = house.audited()
    assert said == {
        "by_s": "-10800",
        "before": "2026-06-01T08:00:00+00:00",
        "after": "2026-06-01T05:00:00+00:00",
    }


def test_what_is_meant_for_an_hour_of_the_day_keeps_it(house: House) -> None:
    night = datetime(2026, 6, 2, 3, tzinfo=UTC)
    house.store.write(lambda uow: uow.outbox.enqueue(job("night", JobKind.KEEP_HOUSE, night)))
    house.machine.wall -= HOURS
    house.watch.look()
    listing = SqlJobStore(house.store, house.machine.clock).listing(None)
    assert {each.due_at for each in listing if each.key == "night"} == {night}


def test_the_step_is_told_again_when_it_could_not_be_written_down() -> None:
    machine, told = Machine(), []

    def refuse_once(by: timedelta, now: datetime) -> None:
        told.append(by)
        if len(told) == 1:
            raise OSError("the disk is full")

    watch = WatchClock(machine.clock, machine.elapsed, refuse_once)
    machine.wall -= HOURS
    with pytest.raises(OSError, match="full"):
        watch.look()
    assert (watch.look(), watch.look()) == (-HOURS, timedelta())


def test_the_machine_counts_its_seconds() -> None:
    first = since_boot()
    assert first > 0
    assert since_boot() >= first


def job(key: str, kind: JobKind = JobKind.SEND_SR, due_at: datetime | None = None) -> NewJob:
    return NewJob(kind=kind, lane=key, key=key, due_at=due_at)
