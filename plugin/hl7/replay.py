"""Messages of the archive, read anew: to see what a charset or a profile would make of them, and to do it.

Each replay is a commit of its own through the store's one writer, so it may go on beside
the listener, and a message that is refused again holds back none behind it.  A batch that
was refused as a whole is done as it would have been: each of its messages gets a row of its
own, and is known by its bytes when its sender, or another replay, brings it once more.
"""

from __future__ import annotations

from dataclasses import replace

from plugin.domain.archive import ArchivedMessage, Direction, Envelope, MessageState, Reading
from plugin.domain.errors import GateConflict, InvalidInput, MessageRejected, UnknownReport
from plugin.hl7 import batch
from plugin.hl7.charset_names import codec_of
from plugin.hl7.extraction import extracted
from plugin.hl7.interpreter import Interpreter, Opened
from plugin.hl7.refusals import FOR_A_PERSON
from plugin.hl7.session import Peer
from plugin.workflow import inbox
from plugin.workflow.ports.unit_of_work import Store, UnitOfWork

_SHOWN = 20
"""Messages of a batch that a preview shows, and reasons that its row in the archive names."""


class Replayer:
    """Reads archived messages again, as a new message would be read, or as a person chooses.

    `charset` (a name of HL7 table 0211) decodes with this one, whatever the header declares;
    `profile` (a name below ``config/hl7``) reads by this one, whoever the sender is; empty
    leaves the choice to the message.
    """

    def __init__(self, store: Store, interpreter: Interpreter) -> None:
        self._store, self._read = store, interpreter

    @property
    def charsets(self) -> tuple[str, ...]:
        """Names to choose from; others of table 0211 are taken as well."""
        return ("UNICODE UTF-8", "GB 18030-2000", "BIG-5", "UNICODE UTF-16", "8859/1")

    @property
    def profiles(self) -> tuple[str, ...]:
        """Names to choose from."""
        return tuple(sorted(profile.name for profile in self._read.profiles))

    def preview(self, message_id: int, *, charset: str = "", profile: str = "") -> Reading:
        """What a replay would take out of the message; nothing is changed.

        Raises
        ------
        UnknownReport
            There is no such message.
        InvalidInput
            The charset or the profile is not known.
        """
        _, envelope = self._kept(message_id)
        if batch.is_plain(envelope.raw):
            return self._reading(envelope, charset, profile)
        first = self._reopened(envelope, charset, profile)
        try:
            parts = self._parts(envelope, first)
        except MessageRejected as error:
            return Reading(charset=first.codec, profile=first.profile.name, facts={}, refused=str(error))
        each = [self._reading(part, charset, profile) for part in parts[:_SHOWN]]
        return Reading(
            charset=each[0].charset if each else first.codec,
            profile=each[0].profile if each else first.profile.name,
            facts={
                f"[{number}] {name}": value
                for number, one in enumerate(each, 1)
                for name, value in one.facts.items()
            },
            refused="; ".join(
                f"[{number}] {one.refused}" for number, one in enumerate(each, 1) if one.refused
            ),
        )

    def replay(
        self, message_id: int, *, charset: str = "", profile: str = "", again: bool = False
    ) -> MessageState:
        """Read an archived message anew and do what it says; waits for the commit.

        Parameters
        ----------
        again
            Also when it was accepted before and had its effect.

        Returns
        -------
        MessageState
            ``ACCEPTED``, or ``REJECTED`` and ``QUARANTINED`` with the new reason in the archive.

        Raises
        ------
        UnknownReport
            There is no such message.
        GateConflict
            It was sent and not received, or had its effect already; of a batch each message may be done
            again by itself.
        InvalidInput
            The charset or the profile is not known.
        """
        kept, envelope = self._kept(message_id)
        if envelope.direction is Direction.SENT:
            raise GateConflict(f"message {message_id} was sent; send its job again instead")
        is_plain = batch.is_plain(envelope.raw)
        if kept.state is MessageState.ACCEPTED and not (again and is_plain):
            raise GateConflict(f"message {message_id} was accepted and had its effect")
        if not is_plain:
            return self._replay_batch(kept, envelope, charset, profile)
        opened = self._reopened(envelope, charset, profile)
        try:
            consequence = self._read.understand(opened, opened.codec)
            ack = self._read.acknowledge(opened, None) or b""
            number, patient = consequence.accession_number, consequence.patient_id

            def work(uow: UnitOfWork) -> None:
                uow.messages.reread(message_id, opened.codec, opened.profile.name)
                inbox.replay(
                    uow, message_id, ack, consequence.effect, accession_number=number, patient_id=patient
                )

            self._store.write(work)
        except (MessageRejected, InvalidInput) as error:
            return self._still_refused(kept, error)
        return MessageState.ACCEPTED

    def _reading(self, envelope: Envelope, charset: str, profile: str) -> Reading:
        opened = self._reopened(envelope, charset, profile)
        try:
            message = self._read.read(opened, opened.codec)
            facts, refused = extracted(opened.needed_header(), message, opened.profile), ""
        except MessageRejected as error:
            facts, refused = {}, str(error)
        return Reading(charset=opened.codec, profile=opened.profile.name, facts=facts, refused=refused)

    def _parts(self, envelope: Envelope, first: Opened) -> list[Envelope]:
        """The messages of a batch, each as if it had come by itself.

        Raises
        ------
        MessageRejected
            As the listener would refuse it.
        """
        found = batch.split(envelope.raw)
        batch.allow(found, first.profile.message.several_messages)
        return [replace(envelope, raw=raw) for raw in found.messages]

    def _replay_batch(
        self, kept: ArchivedMessage, envelope: Envelope, charset: str, profile: str
    ) -> MessageState:
        """Do each message of a batch in a commit of its own; the batch is accepted when all of them were."""
        first = self._reopened(envelope, charset, profile)
        try:
            parts = self._parts(envelope, first)
        except MessageRejected as error:
            return self._still_refused(kept, error)
        outcomes = [self._receive(part, charset, profile) for part in parts]
        refused = [f"[{number}] {why}" for number, why in enumerate(outcomes, 1) if why]
        state = MessageState.REJECTED if refused else MessageState.ACCEPTED
        reasons = f"{len(refused)}/{len(parts)}: {'; '.join(refused[:_SHOWN])}" if refused else ""
        return self._settled(kept, state, reasons)

    def _receive(self, part: Envelope, charset: str, profile: str) -> MessageRejected | None:
        """Keep and do one message of a batch; what refused it is kept with it, and returned."""
        opened = self._reopened(part, charset, profile)
        try:
            consequence = self._read.understand(opened, opened.codec)
            ack = self._read.acknowledge(opened, None) or b""
            accepted = _arrived(opened, part)
            number, patient = consequence.accession_number, consequence.patient_id
            self._store.write(
                lambda uow: inbox.receive(
                    uow, accepted, ack, consequence.effect, accession_number=number, patient_id=patient
                )
            )
        except (MessageRejected, InvalidInput) as error:
            rejected = (
                error if isinstance(error, MessageRejected) else MessageRejected("AE", "102", "", str(error))
            )
            negative = self._read.acknowledge(opened, rejected) or b""
            kept, aside = _arrived(opened, part), rejected.err_code in FOR_A_PERSON
            number, patient = self._read.mentioned(opened)
            self._store.write(
                lambda uow: inbox.refuse(
                    uow,
                    kept,
                    negative,
                    str(rejected),
                    quarantine=aside,
                    accession_number=number,
                    patient_id=patient,
                )
            )
            return rejected
        return None

    def _kept(self, message_id: int) -> tuple[ArchivedMessage, Envelope]:
        found = self._store.read(lambda uow: uow.messages.get(message_id))
        if found is None:
            raise UnknownReport(f"no message {message_id} in the archive")
        return found

    def _reopened(self, envelope: Envelope, charset: str, profile: str) -> Opened:
        """The message as its listener would open it, with the person's choices laid over."""
        raw = envelope.raw
        start = 0 if batch.is_plain(raw) else batch.first_message(raw)
        opened = self._read.opened(raw, Peer(*_address(envelope.peer)), start)
        profiles = self._read.profiles
        if profile:
            chosen = profiles.get(profile)
            if chosen is None:
                raise InvalidInput("profile", f"{profile!r} is not one of {', '.join(self.profiles)}")
            opened.profile = chosen
        elif opened.header is not None and not profiles.is_known(opened.header):
            # A profile that goes by its listener cannot be found again by the header: keep the one it was read by.
            opened.profile = profiles.get(envelope.profile) or opened.profile
        if charset:
            opened.codec = codec_of(charset)
            if not opened.codec:
                raise InvalidInput("charset", f"{charset!r} is not a character set of HL7 table 0211")
        return opened

    def _still_refused(self, kept: ArchivedMessage, error: MessageRejected | InvalidInput) -> MessageState:
        aside = isinstance(error, InvalidInput) or error.err_code in FOR_A_PERSON
        return self._settled(kept, MessageState.QUARANTINED if aside else MessageState.REJECTED, str(error))

    def _settled(self, kept: ArchivedMessage, state: MessageState, error: str) -> MessageState:
        self._store.write(
            lambda uow: uow.messages.settle(
                kept.message_id,
                state,
                kept.ack,
                error=error,
                accession_number=kept.accession_number,
                patient_id=kept.patient_id,
            )
        )
        return state


def _arrived(opened: Opened, part: Envelope) -> Envelope:
    """What was read of a message of a batch, which came when the batch came."""
    return replace(opened.envelope(), peer=part.peer, received_at=part.received_at)


def _address(peer: str) -> tuple[str, int]:
    host, _, port = peer.rpartition(":")
    return (host, int(port)) if port.isdigit() else (peer, 0)
