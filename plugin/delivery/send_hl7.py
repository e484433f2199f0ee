"""A score, a label or a held report goes out by HL7, in the order of its destination's lane."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from plugin.delivery.ports import Effect, Reader
from plugin.domain.delivery import Job, JobKind, NewJob
from plugin.domain.errors import DeliveryFailed, InvalidInput


@dataclass(frozen=True, slots=True, kw_only=True)
class SendHl7:
    """Handler of :attr:`JobKind.SEND_HL7`.

    Parameters
    ----------
    compose
        ``compose(uow, payload, destination)``: the message, or ``None`` when its subject is gone.
    deliver
        ``deliver(destination, message)``; raises :class:`DeliveryFailed`.
    """

    read: Reader
    compose: Callable[[Any, Mapping[str, Any], str], bytes | None]
    deliver: Callable[[str, bytes], None]

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
        self.deliver(destination, message)
        return None


def hl7_job(destination: str, kind: str, **identifier: str | int) -> NewJob:
    """A job that sends one thing to one destination; all of a destination's jobs go in their order."""
    (value,) = identifier.values()
    return NewJob(
        kind=JobKind.SEND_HL7,
        lane=f"hl7:{destination}",
        key=f"hl7:{destination}:{kind}:{value}",
        payload={"destination": destination, "kind": kind, **identifier},
    )
