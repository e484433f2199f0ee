"""Block → acknowledgement: header, profile, text, meaning; then archive and effect in one commit.

The message is read before the transaction begins, so that the writer's thread has nothing
to do but write.  Whatever is refused is archived too, with the reason, and whatever fails
in a way that nobody foresaw is quarantined and answered AE: the queue behind it goes on.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from concurrent.futures import Future
from dataclasses import replace
from typing import Literal, TypeVar

import structlog

from plugin.domain.errors import InvalidInput, MessageRejected, StoreUnavailable
from plugin.hl7 import batch
from plugin.hl7.faults import fault_refusal
from plugin.hl7.interpreter import Interpreter, Opened
from plugin.hl7.meaning import Journeys
from plugin.hl7.mllp import Violation
from plugin.hl7.profile import Profiles
from plugin.hl7.promises import Promises
from plugin.hl7.refusals import FOR_A_PERSON, refusal
from plugin.hl7.session import Peer
from plugin.kit.where import where
from plugin.workflow import inbox
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import Store, UnitOfWork

T = TypeVar("T")

log = structlog.get_logger(__name__)


class Dispatcher:
    """Handler of :class:`plugin.hl7.server.MllpServer`.

    Parameters
    ----------
    unknown_senders
        ``default`` reads a sender that no profile is for by the cautious default, ``refuse``
        answers it AR and writes it to the audit trail.

    Attributes
    ----------
    interpreter
        How messages are read here; a replay reads them the same way.
    counts
        ``accepted`` and ``refused_<code>`` by ERR-3 code, for metrics.
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
        self._store = store
        self._read = self.interpreter = Interpreter(
            profiles, journeys, around, refuse_unknown=unknown_senders == "refuse"
        )
        self._promises: Promises | None = None
        self.counts: Counter[str] = Counter()

    async def __call__(self, block: bytes, peer: Peer) -> bytes | None:
        """Handle one frame: a message, or a batch of them, each with a commit of its own."""
        if batch.is_plain(block):
            return await self._one(block, peer)
        first = self._read.opened(block, peer, batch.first_message(block))
        try:
            messages = batch.split(block)
            batch.allow(messages, first.profile.message.several_messages)
        except MessageRejected as rejected:
            return await self._refuse(rejected, first)
        if messages.is_empty:
            return await self._nothing(messages, first)
        answers = [await self._one(message, peer) for message in messages.messages]
        return batch.joined(messages, [answer for answer in answers if answer])

    async def violation(self, violation: Violation, peer: Peer) -> bytes | None:
        """Keep and answer bytes whose framing was broken."""
        return await self._refuse(
            fault_refusal(violation),
            self._read.opened(violation.head, peer),
            quarantine=True,
            answered=violation.is_answered,
        )

    def metrics(self) -> str:
        """What became of the messages, in the text format of Prometheus."""
        counted = (
            f'signgate_hl7_messages{{outcome="{name}"}} {count}'
            for name, count in sorted(self.counts.items())
        )
        return "\n".join(
            (
                "# HELP signgate_hl7_messages Messages accepted, refused by ERR-3, or not stored",
                "# TYPE signgate_hl7_messages counter",
                *counted,
                "",
            )
        )

    async def _one(self, block: bytes, peer: Peer) -> bytes | None:
        opened = self._read.opened(block, peer)
        try:
            consequence = self._read.understand(opened)
            ack = self._read.acknowledge(opened, None) or b""
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

            def foreseen(uow: UnitOfWork) -> None:
                inbox.foresee(uow, envelope)
                if consequence.foreseen:
                    consequence.foreseen(uow)

            if consequence.ahead and (done := consequence.ahead()):
                await self._kept(done)
            answer = await self._kept(self._store.submit(work, foreseen))
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

    async def _nothing(self, empty: batch.Batch, opened: Opened) -> bytes | None:
        """Keep a batch without messages, whose sender had nothing to say, and answer with one like it."""
        answer = empty.answer([], "accepted: the batch holds no message")
        # BHS-11 numbers batches; as a control ID it might be taken for a message's.
        envelope = replace(opened.envelope(), sender=empty.sender, message_type="BHS")
        try:
            kept = await self._kept(
                self._store.submit(lambda uow: inbox.receive(uow, envelope, answer, lambda *_: None))
            )
        except StoreUnavailable:
            return self._unavailable(opened)
        self.counts["empty_batch"] += 1
        return kept

    async def _refuse(
        self, rejected: MessageRejected, opened: Opened, *, quarantine: bool = False, answered: bool = True
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
        ack = (self._read.acknowledge(opened, rejected) if answered else None) or b""
        envelope = opened.envelope()
        accession_number, patient_id = self._read.mentioned(opened)
        unknown_sender = rejected.err_code == "204" and rejected.location == "MSH^1^3"

        def work(uow: UnitOfWork) -> bytes:
            if unknown_sender:
                uow.audit.append(
                    envelope.received_at, "hl7", "refuse_sender", envelope.sender, {"peer": envelope.peer}
                )
            held = quarantine or rejected.err_code in FOR_A_PERSON
            return inbox.refuse(
                uow,
                envelope,
                ack,
                str(rejected),
                quarantine=held,
                accession_number=accession_number,
                patient_id=patient_id,
            )

        try:
            # Of what came before, the answer of then: but noise is not answered, whatever was said to it once.
            answer = await self._kept(self._store.submit(work)) or None
        except StoreUnavailable:
            answer = self._unavailable(opened)
        return answer if answered else None

    async def _kept(self, promise: Future[T]) -> T:
        """What another thread has promised: the store's writer after its commit, or a thread beside it."""
        loop = asyncio.get_running_loop()
        if self._promises is None or self._promises.loop is not loop:
            self._promises = Promises(loop)
        return await self._promises.result(promise)

    def _unavailable(self, opened: Opened) -> bytes | None:
        self.counts["unavailable"] += 1
        log.error("hl7.store_unavailable", control_id=opened.control_id)
        return self._read.acknowledge(opened, refusal("unavailable"))
