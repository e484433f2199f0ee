"""A critical finding is told: one channel after another, until one has taken the notice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import structlog

from plugin.delivery.ports import Effect, Reader
from plugin.domain.critical import OPEN_ALERT_STATES, Alert
from plugin.domain.delivery import Job
from plugin.domain.duty import Duty
from plugin.domain.errors import DeliveryFailed
from plugin.domain.notice import Notice, Occasion
from plugin.kit.where import where

log = structlog.get_logger()


class Channel(Protocol):
    """One means of telling people or systems."""

    @property
    def name(self) -> str: ...

    def send(self, notice: Notice) -> bool:
        """Tell; ``True`` when it is certain to stand before a person, ``False`` when it was only sent.

        Raises
        ------
        DeliveryFailed
            The channel did not take it.
        """
        ...


class NoteSent(Protocol):
    """``ChaseAlert.note_sent``."""

    def __call__(
        self,
        uow: Any,
        alert_id: str,
        means: str,
        *,
        delivered: bool,
        note: str = "",
        duty: Duty | None = None,
    ) -> None: ...


Whom = Callable[[Any, Alert], Duty]
"""``WhomToTell.now``: who is on duty for an alert at this moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendNotice:
    """Handler of :attr:`JobKind.SEND_NOTICE`.

    Parameters
    ----------
    channels
        In the order they are tried for a first notice; an escalation uses all of them.
    """

    read: Reader
    channels: Sequence[Channel]
    note_sent: NoteSent
    whom: Whom

    def __call__(self, job: Job) -> Effect | None:
        """Send, and return the step of the alert's trail.

        Raises
        ------
        DeliveryFailed
            When no channel took it; the escalation timer runs on meanwhile.
        """
        alert_id = str(job.payload["alert_id"])
        notice = self.read(lambda uow: notice_of(uow, alert_id, job.payload, self.whom))
        if notice is None:
            raise DeliveryFailed(f"no alert {alert_id}", retry=False)
        if notice.alert.state not in OPEN_ALERT_STATES and notice.occasion is not Occasion.REVOKED:
            return None
        taken, failures = self._told(notice)
        if not taken:
            raise DeliveryFailed("; ".join(failures) or "no channel is configured", retry=True)
        means = "+".join(name for name, _ in taken)
        delivered = any(sure for _, sure in taken)
        note = "; ".join(failures)
        log.info("notice", alert_id=alert_id, means=means, occasion=notice.occasion.value)
        return lambda uow: self.note_sent(
            uow, alert_id, means, delivered=delivered, note=note, duty=notice.duty
        )

    def _told(self, notice: Notice) -> tuple[list[tuple[str, bool]], list[str]]:
        taken: list[tuple[str, bool]] = []
        failures: list[str] = []
        for channel in self.channels:
            try:
                taken.append((channel.name, channel.send(notice)))
            except DeliveryFailed as error:
                failures.append(f"{channel.name}: {error.text}")
                continue
            except Exception as error:
                # One channel's mistake must not keep the next one from being tried.
                log.error(
                    "notice.channel", channel=channel.name, error=type(error).__name__, where=where(error)
                )
                failures.append(f"{channel.name}: {type(error).__name__}")
                continue
            if notice.occasion is Occasion.RAISED:
                break
        return taken, failures


def notice_of(uow: Any, alert_id: str, asked: Mapping[str, Any], whom: Whom) -> Notice | None:
    """Put together what a message about this alert may say; `asked` is the job's payload."""
    alert = uow.alerts.get(alert_id)
    if alert is None:
        return None
    return Notice(
        alert=alert,
        occasion=Occasion(str(asked["occasion"])),
        report=uow.reports.latest(alert.accession_number),
        order=(uow.exams.order(alert.accession_number) or (None,))[0],
        duty=whom(uow, alert),
        reminder=int(asked.get("reminder", 0)),
    )
