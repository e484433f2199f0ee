"""A person of the department is told through every channel that carries such notices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

import structlog

from plugin.delivery.ports import Effect, Reader
from plugin.domain.delivery import Job
from plugin.domain.errors import DeliveryFailed
from plugin.domain.person_notice import PersonNotice
from plugin.kit.where import where

log = structlog.get_logger()


class PersonChannel(Protocol):
    """One means of telling people of the department."""

    @property
    def name(self) -> str: ...

    def tell(self, notice: PersonNotice, mail: str) -> None:
        """Send; `mail` is the person's own address, where the staff table has it.

        Raises
        ------
        DeliveryFailed
            The channel did not take it.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SendPersonNotice:
    """Handler of :attr:`JobKind.SEND_PERSON_NOTICE`.

    Parameters
    ----------
    channels
        All of them are used; without any the notice stands on the person's page alone.
    """

    read: Reader
    channels: Sequence[PersonChannel]
    clock: Callable[[], datetime]

    def __call__(self, job: Job) -> Effect | None:
        """Send, and note by which means.

        Raises
        ------
        DeliveryFailed
            When there are channels and none took it.
        """
        notice_id = str(job.payload["notice_id"])
        found = self.read(lambda uow: _notice_and_mail(uow, notice_id))
        if found is None:
            raise DeliveryFailed(f"no notice {notice_id}", retry=False)
        notice, mail = found
        if not self.channels or notice.sent_at is not None:
            return None
        taken: list[str] = []
        failures: list[DeliveryFailed] = []
        for channel in self.channels:
            try:
                channel.tell(notice, mail)
                taken.append(channel.name)
            except DeliveryFailed as error:
                failures.append(error)
            except Exception as error:
                # One channel's mistake must not keep the next one from being tried.
                log.error(
                    "person_notice.channel",
                    channel=channel.name,
                    error=type(error).__name__,
                    where=where(error),
                )
                failures.append(DeliveryFailed(f"{channel.name}: {type(error).__name__}", retry=True))
        if not taken:
            why = "; ".join(error.text for error in failures)
            raise DeliveryFailed(why, retry=any(error.retry for error in failures))
        means = "+".join(taken)
        log.info("person_notice", notice_id=notice_id, means=means, failed=len(failures))
        sent = replace(notice, sent_at=self.clock(), means=means)
        return lambda uow: _note_sent(uow, sent)


def _notice_and_mail(uow: Any, notice_id: str) -> tuple[PersonNotice, str] | None:
    notice = uow.person_notices.get(notice_id)
    if notice is None:
        return None
    member = uow.staff.get(notice.to.person_id) if notice.to.person_id else None
    return notice, member.mail if member else ""


def _note_sent(uow: Any, sent: PersonNotice) -> None:
    """What the person did meanwhile stays."""
    now = uow.person_notices.get(sent.notice_id)
    uow.person_notices.save(replace(now or sent, sent_at=sent.sent_at, means=sent.means))
