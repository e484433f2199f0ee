"""Every message kept once, done once, answered alike (decisions 10)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plugin.domain.archive import Envelope, MessageState
from plugin.domain.errors import MessageRejected
from plugin.store.store import SqlStore
from plugin.workflow import inbox
from plugin.workflow.ports.unit_of_work import UnitOfWork
from tests.effort import steps
from tests.stores import temporary_store

AT = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
MESSAGE = Envelope(
    raw="MSH|^~\\&|RIS|放射科".encode("gb18030"),
    peer="127.0.0.1:5000",
    received_at=AT,
    sender="RIS|放射科",
    control_id="M1",
    message_type="ORU^R01",
    message_time="20260601080000",
    charset="gb18030",
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    with temporary_store(tmp_path) as opened:
        yield opened


class Effects:
    def __init__(self) -> None:
        self.done: list[int] = []

    def __call__(self, uow: UnitOfWork, number: int) -> None:
        self.done.append(number)


def receive(store: SqlStore, envelope: Envelope, ack: bytes, effect: Effects) -> bytes:
    return store.write(lambda uow: inbox.receive(uow, envelope, ack, effect, accession_number="A1"))


def test_the_same_message_gets_the_same_ack_and_one_effect(store: SqlStore) -> None:
    effect = Effects()
    assert receive(store, MESSAGE, b"ACK 1", effect) == b"ACK 1"
    assert receive(store, MESSAGE, b"ACK 2", effect) == b"ACK 1"
    assert len(effect.done) == 1
    kept = store.read(lambda uow: uow.messages.find("RIS|放射科", "M1"))
    assert [(m.state, m.duplicates) for m in kept] == [(MessageState.ACCEPTED, 1)]


def test_bytes_come_back_untouched(store: SqlStore) -> None:
    effect = Effects()
    receive(store, MESSAGE, b"ACK", effect)
    kept = store.read(lambda uow: uow.messages.get(effect.done[0]))
    assert kept is not None
    assert kept[1].raw == MESSAGE.raw


def test_another_message_under_a_used_control_id_is_refused(store: SqlStore) -> None:
    effect = Effects()
    receive(store, MESSAGE, b"ACK 1", effect)
    with pytest.raises(MessageRejected, match="M1 was used by a different message") as refused:
        receive(store, replace(MESSAGE, raw=b"other"), b"ACK 2", effect)
    assert (refused.value.ack_code, refused.value.location) == ("AE", "MSH^1^10")
    assert len(effect.done) == 1


def test_a_used_control_id_is_refused_however_often_the_message_is_sent_again(store: SqlStore) -> None:
    effect, other = Effects(), replace(MESSAGE, raw=b"other")
    receive(store, MESSAGE, b"ACK 1", effect)
    for _ in range(3):
        with pytest.raises(MessageRejected, match="was used by a different message"):
            receive(store, other, b"ACK 2", effect)
        store.write(lambda uow: inbox.refuse(uow, other, b"AE", "used", quarantine=True))
    kept = store.read(lambda uow: uow.messages.find("RIS|放射科", "M1"))
    assert sorted((m.state, m.duplicates) for m in kept) == [
        (MessageState.ACCEPTED, 0),
        (MessageState.QUARANTINED, 2),
    ]
    assert receive(store, MESSAGE, b"ACK 3", effect) == b"ACK 1"
    assert len(effect.done) == 1


def test_of_a_message_refused_before_and_its_correction_under_the_same_id_the_correction_stands(
    store: SqlStore,
) -> None:
    effect = Effects()
    store.write(lambda uow: inbox.refuse(uow, MESSAGE, b"AE", "no accession number"))
    assert receive(store, replace(MESSAGE, raw=b"corrected"), b"ACK", effect) == b"ACK"
    with pytest.raises(MessageRejected, match="was used by a different message"):
        receive(store, MESSAGE, b"ACK 2", effect)
    assert len(effect.done) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"received_at": AT + timedelta(hours=25), "message_time": "20260602090000"},
        {"reliable_control_id": False},
        {"sender": "HIS|"},
    ],
)
def test_a_counter_that_wrapped_or_another_sender_is_a_new_message(
    store: SqlStore, changes: dict[str, object]
) -> None:
    effect = Effects()
    receive(store, MESSAGE, b"ACK 1", effect)
    assert receive(store, replace(MESSAGE, raw=b"other", **changes), b"ACK 2", effect) == b"ACK 2"  # type: ignore[arg-type]
    assert len(effect.done) == 2


def test_a_failing_effect_leaves_nothing(store: SqlStore) -> None:
    def fail(uow: UnitOfWork, number: int) -> None:
        raise MessageRejected("AE", "101", "OBR^1^18", "no accession number")

    with pytest.raises(MessageRejected):
        store.write(lambda uow: inbox.receive(uow, MESSAGE, b"AA", fail))
    assert store.read(lambda uow: uow.messages.find("RIS|放射科", "M1")) == []


def test_a_refused_message_is_kept_once_and_may_be_received_later(store: SqlStore) -> None:
    effect = Effects()
    for ack in (b"AE 1", b"AE 2"):
        said = store.write(lambda uow, ack=ack: inbox.refuse(uow, MESSAGE, ack, "no accession number"))
        assert said == b"AE 1"
    assert receive(store, MESSAGE, b"AA", effect) == b"AA"
    kept = store.read(lambda uow: uow.messages.find("RIS|放射科", "M1"))
    assert [(m.state, m.ack) for m in kept] == [(MessageState.ACCEPTED, b"AA")]
    assert len(effect.done) == 1


@pytest.mark.parametrize("control_id", ["", "1"])
def test_a_sender_that_numbers_nothing_costs_the_hundredth_time_what_it_costs_the_third(
    store: SqlStore, control_id: str
) -> None:
    receive(store, replace(MESSAGE, control_id="1"), b"ACK", Effects())

    def again(number: int) -> int:
        other = replace(MESSAGE, control_id=control_id, raw=b"other %d" % number)

        def work(uow: UnitOfWork) -> int:
            if control_id:
                with pytest.raises(MessageRejected):
                    inbox.receive(uow, other, b"AA", Effects())
            return steps(lambda: inbox.refuse(uow, other, b"AE", "refused", quarantine=True)) + (
                steps(lambda: uow.messages.bearing(other, AT))
            )

        return store.write(work)

    effort = [again(number) for number in range(100)]
    assert effort[-1] == effort[2]
