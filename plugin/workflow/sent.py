"""What left by HL7 is kept beside what came: its bytes, when, to whom, and the answer."""

from __future__ import annotations

from plugin.domain.archive import Direction, Envelope, MessageState
from plugin.workflow.ports.unit_of_work import UnitOfWork


def keep_sent(
    uow: UnitOfWork,
    sent: Envelope,
    ack: bytes,
    *,
    error: str = "",
    accession_number: str = "",
    patient_id: str = "",
) -> int:
    """Keep a message that was sent, with its receiver's answer; return its number.

    The same bytes sent to the same destination again are one row, which tells the last
    answer and how often they went.

    Parameters
    ----------
    error
        What the receiver refused it for; empty when it was taken.
    """
    state = MessageState.REJECTED if error else MessageState.ACCEPTED
    for earlier in uow.messages.find(sent.sender, sent.control_id, Direction.SENT):
        kept = uow.messages.get(earlier.message_id)
        if earlier.digest == sent.digest and kept is not None and kept[1].profile == sent.profile:
            uow.messages.settle(
                earlier.message_id,
                state,
                ack,
                error=error,
                accession_number=accession_number,
                patient_id=patient_id,
            )
            uow.messages.count_duplicate(earlier.message_id)
            return earlier.message_id
    return uow.messages.add(
        sent, state, ack, error=error, accession_number=accession_number, patient_id=patient_id
    )
