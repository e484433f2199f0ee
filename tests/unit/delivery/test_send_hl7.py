"""A refused message is given up after a minute's worth of refusals; a broken line is not its fault."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from plugin.delivery.send_hl7 import REFUSALS, SendHl7
from plugin.domain.delivery import Job, JobKind, JobState
from plugin.domain.errors import DeliveryFailed, DeliveryRefused

AT = datetime(2026, 6, 1, tzinfo=UTC)


def job(number: int) -> Job:
    return Job(
        job_id=number, kind=JobKind.SEND_HL7, lane="hl7:emr", key=str(number), payload={"destination": "emr"},
        state=JobState.RUNNING, attempts=100, max_attempts=150, due_at=AT, fence=1, created_at=AT,
    )  # fmt: skip


class Line:
    def __init__(self) -> None:
        self.answers: list[bytes | DeliveryFailed] = []
        self.handler = SendHl7(
            read=lambda query: query(None),
            compose=lambda _uow, _payload, _destination: b"MSH|",
            deliver=self.deliver,
            keep=lambda *_: None,
        )

    def deliver(self, _destination: str, _message: bytes) -> bytes:
        answer = self.answers.pop(0)
        if isinstance(answer, DeliveryFailed):
            raise answer
        return answer

    def retried(self, number: int, answer: bytes | DeliveryFailed) -> bool:
        self.answers = [answer]
        with pytest.raises(DeliveryFailed) as caught:
            self.handler(job(number))
        return caught.value.retry


AE = DeliveryRefused("AE", retry=True)
AWAY = DeliveryFailed("away", retry=True)


def test_refusals_of_one_message_have_an_end() -> None:
    line = Line()
    assert [line.retried(1, AE) for _ in range(REFUSALS)] == [True] * (REFUSALS - 1) + [False]
    assert line.retried(1, AE), "sent again by a person it has its tries anew"


def test_each_message_has_refusals_of_its_own_and_a_broken_line_counts_for_none() -> None:
    line = Line()
    assert all(line.retried(1, AWAY) for _ in range(3 * REFUSALS))
    assert all(line.retried(number, AE) for number in (1, 2) for _ in range(REFUSALS - 1))
    line.answers = [b"AA"]
    assert line.handler(job(1)) is not None
    assert all(line.retried(1, AE) for _ in range(REFUSALS - 1)), "accepted in between"


def test_what_is_rejected_for_good_is_not_tried_again() -> None:
    assert not Line().retried(1, DeliveryRefused("AR", retry=False))


class Unit:
    """A unit of work that notes whom it was asked to try again."""

    def __init__(self) -> None:
        self.outbox, self.again = self, []

    def try_again(self, kind: JobKind, receiver: str) -> None:
        self.again.append((kind, receiver))


def taken(line: Line, unit: Unit, *numbers: int) -> None:
    """Let the receiver take these messages."""
    line.answers = [b"AA"] * len(numbers)
    for number in numbers:
        effect = line.handler(job(number))
        assert effect is not None
        effect(unit)


def test_the_first_message_to_a_receiver_that_is_back_wakes_the_others() -> None:
    line, unit = Line(), Unit()
    taken(line, unit, 1)
    unit.again.clear()
    assert line.retried(2, AWAY)
    line.retried(2, AE)
    taken(line, unit, 2, 3)
    assert unit.again == [(JobKind.SEND_HL7, "emr")], "once"


def test_the_first_message_after_a_start_wakes_what_paused_before_it() -> None:
    line, unit = Line(), Unit()
    taken(line, unit, 1, 2)
    assert unit.again == [(JobKind.SEND_HL7, "emr")], "once"


def test_a_refused_message_wakes_nobody() -> None:
    line, unit = Line(), Unit()
    taken(line, unit, 1)
    unit.again.clear()
    line.retried(2, AE)
    taken(line, unit, 3)
    assert unit.again == [], "its own back-off would be cut short by each of the others"
