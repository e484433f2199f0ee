"""Block → acknowledgement: header, profile, text, meaning; then archive and effect in one commit.

The message is read before the transaction begins, so that the writer's thread has nothing
to do but write.  Whatever is refused is archived too, with the reason, and whatever fails
in a way that nobody foresaw is quarantined and answered AE: the queue behind it goes on.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Literal

import structlog

from plugin.domain.archive import ArchivedMessage, Direction, Envelope, MessageState
from plugin.domain.errors import GateConflict, InvalidInput, MessageRejected, StoreUnavailable, UnknownReport
from plugin.hl7 import batch, charset
from plugin.hl7 import header as msh
from plugin.hl7.acknowledgment import acknowledge
from plugin.hl7.header import Header
from plugin.hl7.meaning import Consequence, Journeys, check, reader_for
from plugin.hl7.mllp import Violation
from plugin.hl7.profile import Profile, Profiles
from plugin.hl7.reader import Message
from plugin.hl7.refusals import refusal
from plugin.hl7.session import Peer, fault_refusal
from plugin.kit.where import where
from plugin.workflow import inbox
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import Store, UnitOfWork

log = structlog.get_logger(__name__)

_QUARANTINED = frozenset({"102", "205", "207"})
"""Error codes that only a person can decide on: undecodable or damaged, a control ID used twice, our own fault."""


class Dispatcher:
    """Handler of :class:`plugin.hl7.server.MllpServer`.

    Parameters
    ----------
    unknown_senders
        ``default`` reads a sender that no profile is for by the cautious default, ``refuse``
        answers it AR and writes it to the audit trail.
    """

    def __init__(
        self,
        *,
        store: Store,
        profiles: Profiles,
        journeys: Journeys,
        around: Surroundings,
        unknown_senders: Literal["default", "refuse"] = "default",
    ) -> None:
        self._store, self._profiles, self._journeys, self._around = store, profiles, journeys, around
        self._refuse_unknown = unknown_senders == "refuse"
        self.counts: Counter[str] = Counter()
        """``accepted`` and ``refused_<code>`` by ERR-3 code, for metrics."""

    async def __call__(self, block: bytes, peer: Peer) -> bytes | None:
        """Handle one frame: a message, or a batch of them, each with a commit of its own."""
        if batch.is_plain(block):
            return await self._one(block, peer)
        try:
            messages = batch.split(block)
            self._allow_several(messages, peer)
        except MessageRejected as rejected:
            return await self._refuse(rejected, self._opened(block, peer, max(0, block.find(b"MSH"))))
        answers = [await self._one(message, peer) for message in messages.messages]
        return batch.joined(messages, [answer for answer in answers if answer])

    async def violation(self, violation: Violation, peer: Peer) -> bytes | None:
        """Keep and answer bytes whose framing was broken."""
        return await self._refuse(
            fault_refusal(violation), self._opened(violation.head, peer), quarantine=True
        )

    def replay(
        self, message_id: int, *, charset: str = "", profile: str = "", again: bool = False
    ) -> MessageState:
        """Read an archived message anew and do what it says; waits for the commit.

        Parameters
        ----------
        charset
            Decode with this one, whatever the header declares; empty: as a new message.
        profile
            Read by the profile of this name; empty: the sender's.
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
            It was sent and not received, or had its effect already.
        InvalidInput
            The charset or the profile is not known.
        """
        found = self._store.read(lambda uow: uow.messages.get(message_id))
        if found is None:
            raise UnknownReport(f"no message {message_id} in the archive")
        kept, envelope = found
        if envelope.direction is Direction.SENT:
            raise GateConflict(f"message {message_id} was sent; send its job again instead")
        if kept.state is MessageState.ACCEPTED and not again:
            raise GateConflict(f"message {message_id} was accepted and had its effect")
        opened = self._reopened(envelope, charset, profile)
        try:
            consequence = self._understand(opened, opened.codec)
            ack = self._acknowledge(opened, None) or b""
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

    def _reopened(self, envelope: Envelope, charset_name: str, profile_name: str) -> _Opened:
        opened = self._opened(envelope.raw, Peer(*_address(envelope.peer)))
        if profile_name:
            profile = self._profiles.get(profile_name)
            if profile is None:
                known = ", ".join(each.name for each in self._profiles)
                raise InvalidInput("profile", f"{profile_name!r} is not one of {known}")
            opened.profile = profile
        if charset_name:
            opened.codec = charset.codec_of(charset_name)
            if not opened.codec:
                raise InvalidInput("charset", f"{charset_name!r} is not a character set of HL7 table 0211")
        return opened

    def _still_refused(self, kept: ArchivedMessage, error: MessageRejected | InvalidInput) -> MessageState:
        aside = isinstance(error, InvalidInput) or error.err_code in _QUARANTINED
        state = MessageState.QUARANTINED if aside else MessageState.REJECTED
        self._store.write(
            lambda uow: uow.messages.settle(
                kept.message_id,
                state,
                kept.ack,
                error=str(error),
                accession_number=kept.accession_number,
                patient_id=kept.patient_id,
            )
        )
        return state

    async def _one(self, block: bytes, peer: Peer) -> bytes | None:
        opened = self._opened(block, peer)
        try:
            consequence = self._understand(opened)
            ack = self._acknowledge(opened, None) or b""
            envelope = opened.envelope()

            def work(uow: UnitOfWork) -> bytes:
                return inbox.receive(
                    uow,
                    envelope,
                    ack,
                    consequence.effect,
                    accession_number=consequence.accession_number,
                    patient_id=consequence.patient_id,
                )

            answer = await self._committed(work)
        except MessageRejected as rejected:
            return await self._refuse(rejected, opened)
        except InvalidInput as invalid:
            # A journey or the store could not use what the message says.
            return await self._refuse(MessageRejected("AE", "102", "", str(invalid)), opened)
        except StoreUnavailable:
            return self._unavailable(opened)
        except Exception as error:  # a fault of ours must not stop the queue behind it
            log.error(
                "hl7.internal", error=type(error).__name__, control_id=opened.control_id, where=where(error)
            )
            return await self._refuse(refusal("internal"), opened)
        self.counts["accepted"] += 1
        return answer or None

    def _understand(self, opened: _Opened, codec: str = "") -> Consequence:
        """Read a message to its meaning; `codec` overrides what it declares.

        Raises
        ------
        MessageRejected
            Saying which segment and field is wrong.
        """
        if opened.rejected:
            raise opened.rejected
        header, profile = opened.needed_header(), opened.profile
        if self._refuse_unknown and not self._profiles.is_known(header, opened.peer.listener):
            raise refusal("sender", "MSH^1^3", found=header.sender)
        read = reader_for(header)
        check(header, profile)
        decoded = charset.decode(opened.block, codec or header.codec, profile.message.codec)
        if codec and decoded.codec != codec:
            raise refusal("undecodable", "MSH^1^18", declared=codec, tried=codec)
        opened.codec, opened.guessed = decoded.codec, decoded.guessed
        message = Message(decoded.text, header.delimiters, decoded.codec)
        return read(message, profile, self._journeys, self._around)

    def _opened(self, block: bytes, peer: Peer, start: int = 0) -> _Opened:
        opened = _Opened(block, peer, self._around)
        try:
            opened.header = msh.read(block[start:])
            opened.profile = self._profiles.select(opened.header, peer.listener)
            msh.require(opened.header)
        except MessageRejected as rejected:
            opened.rejected = rejected
        return opened

    def _allow_several(self, messages: batch.Batch, peer: Peer) -> None:
        if not messages.messages:
            raise refusal("no_msh")
        if messages.header:
            return
        header = msh.read(messages.messages[0])
        if self._profiles.select(header, peer.listener).message.several_messages == "refuse":
            raise refusal("several_messages", "MSH^2", count=str(len(messages.messages)))

    async def _refuse(
        self, rejected: MessageRejected, opened: _Opened, *, quarantine: bool = False
    ) -> bytes | None:
        self.counts[f"refused_{rejected.err_code}"] += 1
        log.warning(
            "hl7.refused_message",
            peer=str(opened.peer),
            control_id=opened.control_id,
            type=opened.message_type,
            code=rejected.ack_code,
            error=rejected.err_code,
            location=rejected.location,
        )
        ack = self._acknowledge(opened, rejected) or b""
        envelope = opened.envelope()
        unknown_sender = rejected.err_code == "204" and rejected.location == "MSH^1^3"

        def work(uow: UnitOfWork) -> bytes:
            if unknown_sender:
                uow.audit.append(
                    envelope.received_at, "hl7", "refuse_sender", envelope.sender, {"peer": envelope.peer}
                )
            held = quarantine or rejected.err_code in _QUARANTINED
            return inbox.refuse(uow, envelope, ack, str(rejected), quarantine=held)

        try:
            return await self._committed(work) or None
        except StoreUnavailable:
            return self._unavailable(opened)

    async def _committed(self, work: Callable[[UnitOfWork], bytes]) -> bytes:
        """Result of `work` after its commit.

        Shielded: were the session cancelled, the store would find its future cancelled
        under its hands, and one peer that left would stall the committer for all.
        """
        return await asyncio.shield(asyncio.wrap_future(self._store.submit(work)))

    def _unavailable(self, opened: _Opened) -> bytes | None:
        self.counts["unavailable"] += 1
        log.error("hl7.store_unavailable", control_id=opened.control_id)
        return self._acknowledge(opened, refusal("unavailable"))

    def _acknowledge(self, opened: _Opened, rejected: MessageRejected | None) -> bytes | None:
        return acknowledge(
            opened.header,
            rejected,
            now=self._around.clock(),
            # MSH-10 has twenty characters up to v2.6.
            control_id=self._around.mint.id()[:20],
            codec=opened.codec,
            always=opened.profile.message.acknowledge == "always",
        )


class _Opened:
    """A block as far as it has been read."""

    __slots__ = ("block", "codec", "guessed", "header", "peer", "profile", "received_at", "rejected")

    def __init__(self, block: bytes, peer: Peer, around: Surroundings) -> None:
        self.block, self.peer = block, peer
        self.received_at = around.clock()
        self.header: Header | None = None
        self.profile = _NO_PROFILE
        self.rejected: MessageRejected | None = None
        self.codec, self.guessed = "", False

    @property
    def control_id(self) -> str:
        return self.header.text(10) if self.header else ""

    @property
    def message_type(self) -> str:
        if self.header is None:
            return ""
        return "^".join(filter(None, (self.header.code, self.header.event)))

    def needed_header(self) -> Header:
        """The header of a block that was not refused for it."""
        if self.header is None:
            raise refusal("no_msh")
        return self.header

    def envelope(self) -> Envelope:
        header = self.header
        return Envelope(
            raw=self.block,
            peer=str(self.peer),
            received_at=self.received_at,
            sender=header.sender if header else "",
            control_id=self.control_id,
            message_type=self.message_type,
            message_time=header.text(7) if header else "",
            charset=self.codec,
            charset_guessed=self.guessed,
            profile=self.profile.name,
            reliable_control_id=self.profile.message.control_id == "reliable",
        )


def _address(peer: str) -> tuple[str, int]:
    host, _, port = peer.rpartition(":")
    return (host, int(port)) if port.isdigit() else (peer, 0)


_NO_PROFILE = Profile()
