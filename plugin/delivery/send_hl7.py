"""An alert, a score, a label or a held report goes out by HL7, in the order of its lane."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from plugin.delivery.ports import Effect, Reader
from plugin.domain.delivery import Job
from plugin.domain.errors import DeliveryFailed, DeliveryRefused, InvalidInput

REFUSALS = 6
"""A message that its receiver answers AE so often, over about a minute, is a dead letter.

A line that is down keeps everybody waiting and is tried for hours; one message that is
refused must not keep back those that stand behind it in the receiver's queue.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendHl7:
    """Handler of :attr:`JobKind.SEND_HL7`.

    Parameters
    ----------
    compose
        ``compose(uow, payload, destination)``: the message, or ``None`` when its subject is gone.
    deliver
        ``deliver(destination, message)``: the receiver's acknowledgement; raises :class:`DeliveryFailed`.
    keep
        ``keep(uow, destination, message, acknowledgement, accession_number)``: what was sent
        enters the archive in the commit that ends its job.
    """

    read: Reader
    compose: Callable[[Any, Mapping[str, Any], str], bytes | None]
    deliver: Callable[[str, bytes], bytes]
    keep: Callable[[Any, str, bytes, bytes, str], None]
    _refused: Counter[int] = field(default_factory=Counter)
    """Refusals of each job that is still tried; a restart begins anew."""
    _reached: set[str] = field(default_factory=set)
    """Destinations that took a message and have not failed since; none at the start, since one may have come back meanwhile."""

    def __call__(self, job: Job) -> Effect | None:
        """Send.

        Raises
        ------
        DeliveryFailed
            For good when there is nothing to send or it cannot be written; else as the receiver answers.
        """
        destination = str(job.payload["destination"])
        try:
            message: bytes | None = self.read(lambda uow: self.compose(uow, job.payload, destination))
        except InvalidInput as error:
            raise DeliveryFailed(str(error), retry=False) from error
        if message is None:
            raise DeliveryFailed(f"nothing to send for {dict(job.payload)}", retry=False)
        sent, number = message, str(job.payload.get("accession_number", ""))
        answer = self._delivered(job.job_id, destination, sent)
        is_back = destination not in self._reached
        self._reached.add(destination)

        def effect(uow: Any) -> None:
            self.keep(uow, destination, sent, answer, number)
            if is_back:
                # What waits for it need not sit out the pauses that grew while it was away.
                uow.outbox.try_again(job.kind, destination)

        return effect

    def _delivered(self, job_id: int, destination: str, message: bytes) -> bytes:
        try:
            answer = self.deliver(destination, message)
        except DeliveryRefused as refusal:
            self._refused[job_id] += 1
            if refusal.retry and self._refused[job_id] < REFUSALS:
                raise
            del self._refused[job_id]
            raise DeliveryRefused(refusal.text, retry=False) from refusal
        except DeliveryFailed:
            self._reached.discard(destination)
            raise
        self._refused.pop(job_id, None)
        return answer
