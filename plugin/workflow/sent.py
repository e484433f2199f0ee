"""What left by HL7 is kept beside what came: its bytes, when, to whom, and the answer."""

from __future__ import annotations

from plugin.domain.archive import ArchivedMessage, Direction, Envelope, MessageState
from plugin.workflow.announce import hl7_job
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
    for earlier in uow.messages.same(sent):
        kept = uow.messages.get(earlier.message_id)
        if kept is not None and kept[1].profile == sent.profile:
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


def note_late_answer(
    uow: UnitOfWork, sender: str, control_id: str, ack: bytes, refused: str = "", destination: str = ""
) -> bool:
    """Keep what a receiver's application says of a message after a commit acknowledgement had let it go.

    A refusal is a dead letter: it stands in the banner and on the page of jobs, and a person may
    send the same bytes again.

    Parameters
    ----------
    sender, control_id
        MSH-3 and MSH-4, and MSH-10, of the message that was sent.
    refused
        What it is refused with and for; empty when it was taken.
    destination
        Who answered; empty where that is known by the control ID alone.

    Returns
    -------
    bool
        ``False`` when no such message was sent, or not (again) written down as taken: it may be in a moment.
    """
    found = _sent(uow, sender, control_id, destination)
    if found is None:
        return False
    to, kept = found
    error = f"{to} answered {refused} after CA" if refused else ""
    uow.messages.settle(
        kept.message_id,
        MessageState.REJECTED if error else MessageState.ACCEPTED,
        ack,
        error=error,
        accession_number=kept.accession_number,
        patient_id=kept.patient_id,
    )
    if error:
        again = {"message_id": kept.message_id}
        uow.outbox.give_up(hl7_job(to, "message", str(kept.message_id), kept.accession_number, again), error)
    return True


def _sent(
    uow: UnitOfWork, sender: str, control_id: str, destination: str
) -> tuple[str, ArchivedMessage] | None:
    """The newest such message that was taken, with its destination."""
    for earlier in uow.messages.find(sender, control_id, Direction.SENT):
        kept = uow.messages.get(earlier.message_id)
        if kept is None or earlier.state is not MessageState.ACCEPTED:
            continue
        if destination in ("", kept[1].profile):
            return kept[1].profile, earlier
    return None
