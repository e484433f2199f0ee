"""A notice to a person goes through every channel that carries such; one that fails hinders no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from plugin.delivery.send_person_notice import PersonChannel, SendPersonNotice
from plugin.domain.delivery import Job, JobKind, JobState
from plugin.domain.errors import DeliveryFailed
from plugin.domain.person_notice import PersonNotice, PersonOccasion, Recipient
from plugin.domain.staff import StaffMember, StaffRole
from plugin.store.store import SqlStore
from tests.conftest import StoppedClock
from tests.stores import temporary_store


@dataclass
class Channel:
    """Takes notices, or refuses them."""

    name: str
    broken: bool = False
    taken: list[tuple[str, str]] = field(default_factory=list)

    def tell(self, notice: PersonNotice, mail: str) -> None:
        if self.broken:
            raise DeliveryFailed(f"{self.name} is away", retry=True)
        self.taken.append((notice.notice_id, mail))


@pytest.fixture
def store(tmp_path: Path, clock: StoppedClock) -> Iterator[SqlStore]:
    with temporary_store(tmp_path, clock) as built:
        notice = PersonNotice(
            notice_id="n1",
            occasion=PersonOccasion.FAILING_SCORE,
            about="c1",
            to=Recipient(person_id="D1", name="测试医师"),
            made_at=clock(),
        )
        member = StaffMember(
            staff_id="D1", name="测试医师", role=StaffRole.ATTENDING, mail="d1@hospital.example"
        )
        built.write(lambda uow: (uow.person_notices.add(notice), uow.staff.save(member)))
        yield built


def job(clock: StoppedClock, notice_id: str = "n1") -> Job:
    return Job(
        job_id=1,
        kind=JobKind.SEND_PERSON_NOTICE,
        lane="l",
        key="k",
        payload={"notice_id": notice_id},
        state=JobState.RUNNING,
        attempts=1,
        max_attempts=12,
        due_at=clock(),
        fence=1,
        created_at=clock(),
    )


def send(store: SqlStore, clock: StoppedClock, *channels: PersonChannel, notice_id: str = "n1") -> None:
    effect = SendPersonNotice(read=store.read, channels=channels, clock=clock)(job(clock, notice_id))
    if effect is not None:
        store.write(effect)


def kept(store: SqlStore) -> PersonNotice:
    found = store.read(lambda uow: uow.person_notices.get("n1"))
    assert found is not None
    return found


def test_every_channel_is_used_and_the_means_are_kept(store: SqlStore, clock: StoppedClock) -> None:
    mail, robot = Channel("mail"), Channel("robot")
    send(store, clock, mail, Channel("broken", broken=True), robot)
    assert mail.taken == robot.taken == [("n1", "d1@hospital.example")]
    assert (kept(store).means, kept(store).sent_at) == ("mail+robot", clock())
    send(store, clock, mail)
    assert len(mail.taken) == 1, "a job that comes again tells nobody again"


def test_what_was_read_meanwhile_stays_read(store: SqlStore, clock: StoppedClock) -> None:
    effect = SendPersonNotice(read=store.read, channels=[Channel("mail")], clock=clock)(job(clock))
    store.write(lambda uow: uow.person_notices.see_all("D1", "", clock()))
    assert effect is not None
    store.write(effect)
    assert (kept(store).seen_at, kept(store).means) == (clock(), "mail")


def test_without_channels_it_stands_on_the_page_alone(store: SqlStore, clock: StoppedClock) -> None:
    send(store, clock)
    assert kept(store).sent_at is None


def test_when_all_are_away_it_is_tried_again(store: SqlStore, clock: StoppedClock) -> None:
    with pytest.raises(DeliveryFailed, match="a is away; b is away") as caught:
        send(store, clock, Channel("a", broken=True), Channel("b", broken=True))
    assert caught.value.retry


def test_a_notice_that_is_not_there_is_parked(store: SqlStore, clock: StoppedClock) -> None:
    with pytest.raises(DeliveryFailed) as caught:
        send(store, clock, Channel("a"), notice_id="none")
    assert not caught.value.retry


def test_a_saved_notice_is_found_again(store: SqlStore, clock: StoppedClock) -> None:
    changed = replace(kept(store), seen_at=clock())
    store.write(lambda uow: uow.person_notices.save(changed))
    assert kept(store) == changed


def test_a_channel_that_breaks_in_a_way_nobody_foresaw_keeps_no_other_back(
    store: SqlStore, clock: StoppedClock
) -> None:
    class Broken(Channel):
        def tell(self, notice: PersonNotice, mail: str) -> None:
            raise KeyError("a mistake of ours")

    sound = Channel("mail")
    send(store, clock, Broken("robot"), sound)
    assert len(sound.taken) == 1
    assert kept(store).means == "mail"
