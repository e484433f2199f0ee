"""A critical finding is told by whatever channel works."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from plugin.delivery.send_notice import SendNotice
from plugin.domain.critical import Alert, AlertState, CriticalFinding, CriticalState, Tier
from plugin.domain.delivery import Job, JobKind, JobState
from plugin.domain.duty import Duty
from plugin.domain.errors import DeliveryFailed
from plugin.domain.issue import Section
from plugin.domain.notice import Notice

AT = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
ALERT = Alert(
    alert_id="L1",
    accession_number="A1",
    finding=CriticalFinding(
        code="ICH",
        name="颅内出血",
        tier=Tier.RED,
        state=CriticalState.NEW,
        section=Section.IMPRESSION,
        start=0,
        end=3,
        text="脑出血",
    ),
    state=AlertState.DETECTED,
    detected_at=AT,
)
JOB = Job(
    job_id=1,
    kind=JobKind.SEND_NOTICE,
    lane="alert:L1",
    key="notice:L1",
    payload={"alert_id": "L1", "occasion": "raised", "level": 0},
    state=JobState.RUNNING,
    attempts=1,
    max_attempts=12,
    due_at=AT,
    fence=1,
    created_at=AT,
)


class Channel:
    """Takes notices, or breaks in its own way."""

    def __init__(self, name: str, trouble: Exception | None = None) -> None:
        self.name, self.trouble = name, trouble
        self.taken = 0

    def send(self, notice: Notice) -> bool:
        if self.trouble:
            raise self.trouble
        self.taken += 1
        return True


class Hospital:
    """Knows one alert, and what was noted of it."""

    def __init__(self) -> None:
        self.alerts = self.reports = self.exams = self
        self.noted: list[tuple[str, str]] = []

    def get(self, _: str) -> Alert:
        return ALERT

    def latest(self, _: str) -> None: ...

    def order(self, _: str) -> None: ...

    def send(self, *channels: Channel) -> None:
        def note(uow: Any, alert_id: str, means: str, *, note: str = "", **_: Any) -> None:
            self.noted.append((means, note))

        handler = SendNotice(
            read=lambda query: query(self), channels=channels, note_sent=note, whom=lambda uow, found: Duty()
        )
        effect = handler(JOB)
        assert effect is not None
        effect(self)


@pytest.mark.parametrize("trouble", [DeliveryFailed("away", retry=True), KeyError("a mistake of ours")])
def test_the_next_channel_takes_what_one_could_not_however_it_failed(trouble: Exception) -> None:
    hospital, page = Hospital(), Channel("ward_page")
    hospital.send(Channel("robot", trouble), page)
    assert page.taken == 1
    ((means, note),) = hospital.noted
    assert means == "ward_page"
    assert note.startswith("robot: ")


def test_with_no_channel_left_it_is_tried_again() -> None:
    with pytest.raises(DeliveryFailed, match="robot: KeyError") as failed:
        Hospital().send(Channel("robot", KeyError("a mistake of ours")))
    assert failed.value.retry
