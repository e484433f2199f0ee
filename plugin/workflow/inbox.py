"""Every raw message is kept, and the same one is not done twice (decisions 10).

The door reads the message first; what it then wants done is the `effect`.  Archive row,
effect and outbox jobs are one commit, and the acknowledgement that is returned is the
one in the archive, so that a message which comes again is answered with the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from plugin.domain.archive import ArchivedMessage, Direction, Envelope, MessageState
from plugin.domain.errors import GateConflict, MessageRejected, UnknownReport
from plugin.workflow.ports.unit_of_work import UnitOfWork

REUSE_AFTER = timedelta(hours=24)
"""A sender's counter may wrap after this time (decisions 10)."""


def receive(
    uow: UnitOfWork,
    envelope: Envelope,
    ack: bytes,
    effect: Callable[[UnitOfWork, int], None],
    *,
    accession_number: str = "",
    patient_id: str = "",
) -> bytes:
    """Keep the message, do its effect once, and return the acknowledgement.

    Parameters
    ----------
    ack
        The positive acknowledgement, kept with the message.
    effect
        Called with the unit of work and the archive's message number.

    Raises
    ------
    MessageRejected
        The control ID was used for another message, or the effect refuses; nothing is
        kept then, and the door calls :func:`refuse`.
    """
    _hold(uow, envelope)
    earlier = _same(uow, envelope)
    if earlier and earlier.state is MessageState.ACCEPTED:
        uow.messages.count_duplicate(earlier.message_id)
        return earlier.ack
    if earlier:
        # It was refused before and had no effect; what refused it may have been mended since.
        uow.messages.settle(
            earlier.message_id,
            MessageState.ACCEPTED,
            ack,
            accession_number=accession_number,
            patient_id=patient_id,
        )
        number = earlier.message_id
    else:
        number = uow.messages.add(
            envelope,
            MessageState.ACCEPTED,
            ack,
            accession_number=accession_number,
            patient_id=patient_id,
        )
    effect(uow, number)
    return ack


def foresee(uow: UnitOfWork, envelope: Envelope) -> None:
    """Read what :func:`receive` will read."""
    _hold(uow, envelope)
    if envelope.control_id:
        _same_bytes(uow, envelope)
        _bearing(uow, envelope)


def replay(
    uow: UnitOfWork,
    message_id: int,
    ack: bytes,
    effect: Callable[[UnitOfWork, int], None],
    *,
    accession_number: str = "",
    patient_id: str = "",
) -> None:
    """Do the effect of a kept message, which was read anew; a resend of it now gets `ack`."""
    uow.messages.settle(
        message_id, MessageState.ACCEPTED, ack, accession_number=accession_number, patient_id=patient_id
    )
    effect(uow, message_id)


def refuse(
    uow: UnitOfWork,
    envelope: Envelope,
    ack: bytes,
    error: str,
    *,
    quarantine: bool = False,
    accession_number: str = "",
    patient_id: str = "",
) -> bytes:
    """Keep a message that had no effect, with the reason; return its acknowledgement.

    Parameters
    ----------
    quarantine
        Only a person can decide on it: undecodable bytes, a control ID used twice, an error of our own.
    accession_number, patient_id
        What it names, as far as it could be read, to find it by.
    """
    _hold(uow, envelope)
    earlier = _same_bytes(uow, envelope)
    if earlier:
        uow.messages.count_duplicate(earlier.message_id)
        return earlier.ack
    state = MessageState.QUARANTINED if quarantine else MessageState.REJECTED
    uow.messages.add(
        envelope, state, ack, error=error, accession_number=accession_number, patient_id=patient_id
    )
    return ack


def set_aside(uow: UnitOfWork, message_id: int, reason: str, actor: str, at: datetime) -> None:
    """Quarantine a refused message, audited: it is under inspection, and pruning passes it over.

    Raises
    ------
    UnknownReport
        When the archive has no such message.
    GateConflict
        When it was sent by us, or had its effect.
    """
    found = uow.messages.get(message_id)
    if found is None:
        raise UnknownReport(f"no message {message_id} in the archive")
    kept, _ = found
    if kept.direction is not Direction.RECEIVED or kept.state is MessageState.ACCEPTED:
        raise GateConflict(
            f"message {message_id} was sent, or had its effect; only a refused one is set aside"
        )
    uow.messages.settle(
        message_id,
        MessageState.QUARANTINED,
        kept.ack,
        error=f"{kept.error}; {reason}" if kept.error else reason,
        accession_number=kept.accession_number,
        patient_id=kept.patient_id,
    )
    uow.audit.append(at, actor, "message.set_aside", str(message_id), {"reason": reason})


def _hold(uow: UnitOfWork, envelope: Envelope) -> None:
    """Two nodes that get a message at the same moment do it one after the other: the second finds it done."""
    uow.hold(f"message {envelope.sender} {envelope.control_id}")


def _same(uow: UnitOfWork, envelope: Envelope) -> ArchivedMessage | None:
    """The archived message that this one repeats.

    One that was refused because its control ID is another's is refused for that again, however often it comes.

    Raises
    ------
    MessageRejected
        When another message already bears its control ID.
    """
    if not envelope.control_id:
        return None
    same = _same_bytes(uow, envelope)
    if same and same.state is MessageState.ACCEPTED:
        return same
    if other := _bearing(uow, envelope):
        raise MessageRejected(
            "AE",
            "205",
            "MSH^1^10",
            f"MSH-10 已用于另一条消息(消息 {other.message_id}), 请改用新的消息控制 ID / "
            f"control ID {envelope.control_id} was used by a different message at {other.received_at:%Y-%m-%d %H:%M:%S}Z; "
            "send it under a new one",
        )
    return same


def _same_bytes(uow: UnitOfWork, envelope: Envelope) -> ArchivedMessage | None:
    return next(iter(uow.messages.same(envelope)), None)


def _bearing(uow: UnitOfWork, envelope: Envelope) -> ArchivedMessage | None:
    """Another message that stands under this one's control ID."""
    if not envelope.reliable_control_id:
        return None
    return uow.messages.bearing(envelope, envelope.received_at - REUSE_AFTER)
