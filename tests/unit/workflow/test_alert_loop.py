"""The loop around an alert: who is told, who takes it, who raises it by hand, and what is exercised."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from plugin.bootstrap.handlers import timer_of
from plugin.delivery.worker import Worker, WorkerSettings
from plugin.domain.critical import NOBODY_LEFT, Alert, AlertState, AlertStep, Tier
from plugin.domain.delivery import Job, JobKind, JobState
from plugin.domain.duty import Contact, Duty, Level
from plugin.domain.errors import GateConflict, InvalidInput, UnknownReport
from plugin.domain.people import Account, Role
from plugin.domain.report import ReportStatus
from plugin.store.jobs import SqlJobStore
from plugin.store.settings import StoreSettings
from plugin.workflow.acknowledge_alert import AlertDesk
from plugin.workflow.raise_by_hand import HandAlert
from plugin.workflow.whom_to_tell import WhomToTell
from tests.conftest import StoppedClock
from tests.postgres import postgres_server
from tests.stores import temporary_store
from tests.unit.workflow.conftest import BLEEDING, SOUND, World, world_of


@pytest.fixture(scope="module")
def new_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], str]]:
    """Databases on one PostgreSQL server, each a copy of one that has today's tables."""
    with postgres_server() as server:
        template = server.new_database()
        with temporary_store(tmp_path_factory.mktemp("template"), settings=StoreSettings(url=template)):
            pass
        yield lambda: server.new_database(template)


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path, clock: StoppedClock) -> Iterator[World]:
    """The loop on both databases."""
    settings = None
    if request.param == "postgresql":
        settings = StoreSettings(url=request.getfixturevalue("new_database")())
    with world_of(tmp_path, clock, settings) as made:
        yield made


class Hospital:
    """A roster whose staffed levels a test chooses."""

    def __init__(self, *levels: Level) -> None:
        self.levels = levels

    def knows(self, department: str) -> bool:
        return department == "神经内科"

    def staffed(self, department: str, at: object, level: int) -> bool:
        return level in self.levels

    def on_duty(self, department: str, at: object, level: Level) -> Duty:
        there = level if level in self.levels else Level.FINAL
        contact = Contact(level=there, role="值班医师", person=f"值班{int(there)}", phone=f"810{int(there)}")
        contacts = (contact,) if there in self.levels else ()
        return Duty(department=department, phone="8100", contacts=contacts)


def desk_of(world: World, *levels: Level) -> AlertDesk:
    whom = WhomToTell(roster=lambda: Hospital(*levels), clock=world.clock)
    desk = world.journeys.alerts
    return replace(desk, chase=replace(desk.chase, whom=whom))


def raised(world: World) -> Alert:
    world.report(BLEEDING)
    return world.store.read(lambda uow: uow.alerts.find("A1"))[0]


def trail(world: World, alert: Alert) -> list[AlertStep]:
    return list(world.store.read(lambda uow: uow.alerts.trail(alert.alert_id)))


def now(world: World, alert: Alert) -> Alert:
    found = world.store.read(lambda uow: uow.alerts.get(alert.alert_id))
    assert found is not None
    return found


def test_it_climbs_past_levels_without_anybody_and_then_stands(world: World) -> None:
    desk, alert = desk_of(world, Level.PRIMARY, Level.FINAL), raised(world)
    risen = world.store.write(lambda uow: desk.chase.escalate(uow, alert.alert_id, 0))
    assert risen.escalation_level == Level.FINAL
    assert (trail(world, alert)[-1].recipient, trail(world, alert)[-1].phone) == (
        "值班2（值班医师） 8102",
        "8100",
    )
    stands = world.store.write(lambda uow: desk.chase.escalate(uow, alert.alert_id, 2))
    assert (stands.escalation_level, stands.stands) == (NOBODY_LEFT, True)
    armed = world.jobs().count("escalate_alert")
    assert world.store.write(lambda uow: desk.chase.escalate(uow, alert.alert_id, NOBODY_LEFT)) == stands
    assert world.jobs().count("escalate_alert") == armed, "one that stands climbs no further"
    done = world.store.write(lambda uow: desk.acknowledge(uow, alert.alert_id, "N3", "ICH", "page"))
    assert not done.stands


def test_with_nobody_on_duty_it_stands_from_the_first_notice_on(world: World) -> None:
    desk, alert = desk_of(world), raised(world)
    world.store.write(
        lambda uow: desk.chase.note_sent(
            uow, alert.alert_id, "ward_page", delivered=False, duty=desk.whom.now(uow, alert)
        )
    )
    assert now(world, alert).stands
    assert world.jobs().count("escalate_alert") == 1, "the first reminder"
    assert trail(world, alert)[-1].note == "nobody is left to tell; nobody is on duty"


def test_the_trail_says_who_was_told_and_at_which_number(world: World) -> None:
    desk, alert = desk_of(world, Level.PRIMARY), raised(world)
    world.store.write(
        lambda uow: desk.chase.note_sent(
            uow, alert.alert_id, "ward_page", delivered=False, duty=desk.whom.now(uow, alert)
        )
    )
    step = trail(world, alert)[-1]
    assert (step.state, step.recipient, step.phone) == (AlertState.SENT, "值班0（值班医师） 8100", "8100")


def test_a_read_back_by_telephone_is_one_step(world: World) -> None:
    desk, alert = desk_of(world, Level.PRIMARY), raised(world)
    for _ in range(2):
        done = world.store.write(lambda uow: desk.by_telephone(uow, alert.alert_id, "D7", "值班0", "8100"))
    assert (done.state, done.acknowledged_by) == (AlertState.ACKNOWLEDGED, "值班0")
    step = trail(world, alert)[-1]
    assert (step.actor, step.means, step.recipient, step.phone) == ("D7", "telephone", "值班0", "8100")
    with pytest.raises(InvalidInput, match="who repeated"):
        world.store.write(lambda uow: desk.by_telephone(uow, alert.alert_id, "D7", " "))


def test_a_late_timer_says_so(world: World) -> None:
    desk, alert = desk_of(world, Level.PRIMARY, Level.BACKUP), raised(world)
    world.clock.advance(minutes=45)
    world.store.write(lambda uow: desk.chase.escalate(uow, alert.alert_id, 0))
    assert trail(world, alert)[-1].note == "level 1; late 35 min"


def test_a_red_one_is_confirmed_alongside_and_by_each_person_once(world: World) -> None:
    desk, alert = world.journeys.alerts, raised(world)
    world.store.write(lambda uow: desk.chase.note_sent(uow, alert.alert_id, "page", delivered=False))
    world.store.write(lambda uow: desk.confirm(uow, alert.alert_id, "D7"))
    assert now(world, alert).state is AlertState.SENT, "a confirmation alongside calls nobody off"
    with pytest.raises(GateConflict, match="another person"):
        world.store.write(lambda uow: desk.confirm(uow, alert.alert_id, "D7"))
    world.store.write(lambda uow: desk.confirm(uow, alert.alert_id, "D8"))
    assert [step.actor for step in trail(world, alert) if step.state is AlertState.CONFIRMED] == ["D7", "D8"]


def test_two_confirmations_where_the_site_asks_for_two(world: World) -> None:
    world.report(replace(BLEEDING, status=ReportStatus.PRELIMINARY))
    alert = world.store.read(lambda uow: uow.alerts.find("A1"))[0]
    desk = with_confirmations(world, 2)
    first = world.store.write(lambda uow: desk.confirm(uow, alert.alert_id, "D7"))
    assert (first.state, world.jobs()) == (AlertState.DETECTED, [])
    world.clock.advance(minutes=3)
    second = world.store.write(lambda uow: desk.confirm(uow, alert.alert_id, "D8"))
    assert second.state is AlertState.CONFIRMED
    assert second.due_at == world.clock() + timedelta(minutes=10), "the clinician's time starts now"
    assert world.jobs() == ["send_notice", "escalate_alert"]


def test_an_alert_raised_by_hand_goes_out_at_once_and_no_text_takes_it_back(world: World) -> None:
    world.report(SOUND)
    said = HandAlert(accession_number="A1", code="PE", text="右肺动脉主干栓塞")
    by_hand = world.journeys.alerting.by_hand
    alert = world.store.write(lambda uow: by_hand(uow, said, "D7", "popup"))
    assert world.store.write(lambda uow: by_hand(uow, said, "D8", "page")) == alert
    assert world.jobs() == ["send_notice", "escalate_alert"]
    world.report(replace(SOUND, status=ReportStatus.CORRECTED, findings="双肺纹理清晰。"))
    assert now(world, alert).state is not AlertState.REVOKED
    world.store.write(lambda uow: world.journeys.alerts.withdraw(uow, alert.alert_id, "D7", "伪影"))
    with pytest.raises(GateConflict, match="revoked"):
        world.store.write(lambda uow: world.journeys.alerts.by_telephone(uow, alert.alert_id, "D7", "张三"))


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (HandAlert(accession_number="A1", code="NONE"), InvalidInput),
        (HandAlert(accession_number="A1", text="张力性纵隔气肿"), InvalidInput),
        (HandAlert(accession_number="A9", code="PE"), UnknownReport),
    ],
)
def test_what_cannot_be_raised_by_hand(world: World, said: HandAlert, error: type[Exception]) -> None:
    world.report(SOUND)
    with pytest.raises(error):
        world.store.write(lambda uow: world.journeys.alerting.by_hand(uow, said, "D7", "page"))


def test_what_the_catalogue_does_not_hold_is_described_with_its_tier(world: World) -> None:
    world.report(SOUND)
    said = HandAlert(accession_number="A1", text="张力性纵隔气肿", tier=Tier.ORANGE)
    alert = world.store.write(lambda uow: world.journeys.alerting.by_hand(uow, said, "D7", "page"))
    assert (alert.finding.code, alert.due_at) == ("OTHER", world.clock() + timedelta(minutes=60))
    assert world.jobs() == ["send_notice", "escalate_alert"], "the radiologist has looked already"


def test_a_drill_runs_the_chain_and_touches_no_record(world: World) -> None:
    drill = world.store.write(lambda uow: world.journeys.alerting.by_hand.drill(uow, "head", "page"))
    assert drill.is_drill
    assert world.jobs() == ["send_notice", "escalate_alert"]
    assert world.store.read(lambda uow: uow.reports.latest(drill.accession_number)) is None
    assert world.store.read(lambda uow: uow.exams.order(drill.accession_number)) is None


def test_an_entrys_own_minutes_go_before_the_tiers(world: World) -> None:
    raising = world.journeys.raise_alert
    policy = replace(raising.policy, entry_minutes={"ICH": 5})
    finding = raised(world).finding
    assert policy.target(finding) == 5
    assert replace(policy, chased=frozenset()).target(finding) is None


def test_the_target_in_force_when_it_was_raised_stays_with_the_alert(world: World) -> None:
    alert = raised(world)
    later = replace(world.journeys.alerts.policy, minutes={Tier.RED: 3}, entry_minutes={})
    assert (later.target(alert.finding), later.target_of(alert)) == (3, 10)
    assert later.target_of(replace(alert, target_minutes=None)) == 3, "older than the record of it"


def test_what_nobody_takes_is_told_again_until_somebody_does(world: World) -> None:
    desk, alert = desk_of(world), raised(world)
    pauses = []
    for _ in range(4):
        (timer,) = timers(world)
        pauses.append((timer.due_at - world.clock()).total_seconds() / 60)
        world.clock.now = timer.due_at
        assert fire(world, desk) == 1
    assert pauses == [10, 5, 10, 15]
    world.store.write(lambda uow: desk.chase.remind(uow, alert.alert_id, 2))
    told = [step.note for step in trail(world, alert) if step.state is AlertState.ESCALATED]
    assert told == ["nobody is left to tell", "reminder 1", "reminder 2", "reminder 3"]
    world.store.write(lambda uow: desk.acknowledge(uow, alert.alert_id, "N3", "ICH", "page"))
    assert timers(world) == []
    world.store.write(lambda uow: desk.chase.remind(uow, alert.alert_id, 4))
    assert trail(world, alert)[-1].state is AlertState.ACKNOWLEDGED


def test_a_reminder_goes_to_whoever_has_come_on_duty_by_then(world: World) -> None:
    alert = raised(world)
    world.store.write(lambda uow: desk_of(world).chase.escalate(uow, alert.alert_id, 0))
    manned = desk_of(world, Level.PRIMARY)
    world.store.write(lambda uow: manned.chase.remind(uow, alert.alert_id, 1))
    assert trail(world, alert)[-1].recipient == "值班0（值班医师） 8100"


def test_a_drill_that_nobody_answers_is_not_told_again(world: World) -> None:
    drill = world.store.write(lambda uow: world.journeys.alerting.by_hand.drill(uow, "head", "page"))
    world.clock.advance(minutes=10)
    assert fire(world, desk_of(world)) == 1
    assert now(world, drill).stands
    assert timers(world) == []


def test_one_that_stands_and_is_declined_is_still_told_again(world: World) -> None:
    desk, alert = desk_of(world), raised(world)
    world.clock.advance(minutes=10)
    fire(world, desk)
    world.store.write(lambda uow: desk.decline(uow, alert.alert_id, "N3", "非本科患者"))
    assert [timer.payload["reminder"] for timer in timers(world)] == [1]


def test_the_same_person_under_another_login_is_no_second_confirmation(world: World) -> None:
    world.store.write(lambda uow: uow.people.save(account("li", "D7")))
    world.store.write(lambda uow: uow.people.save(account("wang", "D8")))
    world.report(replace(BLEEDING, status=ReportStatus.PRELIMINARY))
    alert = world.store.read(lambda uow: uow.alerts.find("A1"))[0]
    desk = with_confirmations(world, 2)
    world.store.write(lambda uow: desk.confirm(uow, alert.alert_id, "D7@ris", "ris"))
    for same in ("li", "d7@ris", "D7@pacs"):
        with pytest.raises(GateConflict, match="another person"):
            world.store.write(lambda uow, who=same: desk.confirm(uow, alert.alert_id, who))
    second = world.store.write(lambda uow: desk.confirm(uow, alert.alert_id, "wang"))
    assert second.state is AlertState.CONFIRMED


def account(login: str, staff_id: str) -> Account:
    return Account(login=login, name=login, role=Role.HEAD, password_hash="", staff_id=staff_id)


def with_confirmations(world: World, number: int) -> AlertDesk:
    desk = world.journeys.alerts
    return replace(desk, confirm=replace(desk.confirm, confirmations=number))


def timers(world: World) -> list[Job]:
    """Armed timers of alerts."""
    waiting = SqlJobStore(world.store, world.clock).listing(JobState.PENDING)
    return [job for job in waiting if job.kind is JobKind.ESCALATE_ALERT]


def fire(world: World, desk: AlertDesk) -> int:
    """Carry out the timers that are due by the world's clock, as the worker does; how many it were."""
    worker = Worker(
        SqlJobStore(world.store, world.clock),
        {JobKind.ESCALATE_ALERT: timer_of(desk.chase)},
        world.clock,
        lambda: 0.5,
        WorkerSettings(),
    )
    return worker.run_due()


@pytest.mark.slow
def test_r34_a_thousand_races_of_read_back_and_escalation(world: World) -> None:
    """Each has exactly one outcome, and nothing climbs after a read-back was committed."""
    by_hand, desk = world.journeys.alerting.by_hand, world.journeys.alerts
    alerts = [world.store.write(lambda uow: by_hand.drill(uow, "head", "page")) for _ in range(1000)]

    def race(act: Callable[[Alert], object]) -> threading.Thread:
        def run() -> None:
            for alert in alerts:
                act(alert)

        return threading.Thread(target=run)

    threads = [
        race(lambda a: world.store.write(lambda uow: desk.chase.escalate(uow, a.alert_id, 0))),
        race(
            lambda a: world.store.write(lambda uow: desk.acknowledge(uow, a.alert_id, "N1", "DRILL", "page"))
        ),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for alert in alerts:
        states = [step.state for step in trail(world, alert)]
        assert states.count(AlertState.ACKNOWLEDGED) == 1
        assert states[-1] is AlertState.ACKNOWLEDGED, "no escalation after the read-back"
        assert states.count(AlertState.ESCALATED) <= 1
