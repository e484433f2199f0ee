"""The archive of raw messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, or_, select, update

from plugin.domain.archive import ArchivedMessage, Direction, Envelope, MessageState
from plugin.domain.delivery import JobKind, JobState
from plugin.domain.errors import InvalidInput
from plugin.store.codec import from_json, from_us, to_us
from plugin.store.link import Link, Numbered, Prepared, Row, given
from plugin.store.storable import visible
from plugin.store.tables.jobs import jobs
from plugin.store.tables.messages import messages

m = messages.c
_ARCHIVED: Final = (
    m.id, m.sender, m.control_id, m.message_time, m.message_type, m.digest, m.received_at,
    m.state, m.ack, m.error, m.accession_number, m.patient_id, m.duplicates, m.direction,
)  # fmt: skip
_ENVELOPE: Final = (m.raw, m.peer, m.charset, m.charset_guessed, m.profile, m.reliable_control_id)

_FIND = Prepared(
    select(*_ARCHIVED)
    .where(
        m.sender == given("of_sender"),
        m.control_id == given("of_control_id"),
        m.direction == given("of_direction"),
    )
    .order_by(m.id.desc())
)
_KEPT = [state.value for state in MessageState]
_TAKEN = Prepared(
    select(m.sender, m.control_id, m.ack)
    .where(
        m.state == MessageState.ACCEPTED.value,
        m.received_at > given("since"),
        m.direction == Direction.SENT.value,
        m.profile == given("of_destination"),
    )
    .order_by(m.received_at.desc(), m.id.desc())
    .limit(given("at_most"))
)
_SAME = Prepared(
    select(*_ARCHIVED)
    .where(
        m.sender == given("of_sender"),
        m.control_id == given("of_control_id"),
        # Spelt out for the index, which has it before the digest.
        m.state.in_(_KEPT),
        m.digest == given("of_digest"),
        m.direction == given("of_direction"),
    )
    .order_by(m.id.desc())
)
_BEARING = Prepared(
    select(*_ARCHIVED)
    .where(
        m.sender == given("of_sender"),
        m.control_id == given("of_control_id"),
        m.state == MessageState.ACCEPTED.value,
        m.direction == Direction.RECEIVED.value,
        or_(m.message_time == given("of_time"), m.received_at > given("since")),
    )
    .order_by(m.id.desc())
    .limit(1)
)
_GET = Prepared(select(*_ARCHIVED, *_ENVELOPE).where(m.id == given("of_id")))
_ADD = Numbered(messages)
_COUNT = Prepared(update(messages).where(m.id == given("of_id")).values(duplicates=m.duplicates + 1))
_SETTLE = Prepared(
    update(messages)
    .where(m.id == given("of_id"))
    .values({name: given(name) for name in ("state", "ack", "error", "accession_number", "patient_id")})
)


_REREAD = Prepared(
    update(messages)
    .where(m.id == given("of_id"))
    .values(charset=given("charset"), profile=given("profile"), charset_guessed=False)
)
_OLD = Prepared(
    select(m.id)
    .where(m.received_at < given("before"), m.state != MessageState.QUARANTINED.value)
    .order_by(m.received_at)
    .limit(given("at_most"))
)
_FORGET = Prepared(delete(messages).where(m.id == given("of_id")))
_WAITED_FOR = Prepared(
    select(jobs.c.payload).where(
        jobs.c.kind == JobKind.SEND_HL7.value,
        jobs.c.state.in_([JobState.PENDING.value, JobState.RUNNING.value, JobState.PARKED.value]),
    )
)


_INDEXED_CHARS = 300
"""Twice this in UTF-8 fits into the 2,704 bytes of an index entry."""


class SqlMessages:
    """Implements ``MessageArchive``.

    What could be read of a broken message may hold characters that no column takes; they are
    written out (``\\ufffd``), so that every message is kept.  Its bytes are never touched.
    """

    def __init__(self, link: Link) -> None:
        self._link = link

    def taken(self, destination: str, since: datetime, limit: int) -> Sequence[tuple[str, str, bytes]]:
        asked = {"of_destination": destination, "since": to_us(since), "at_most": limit}
        return [
            (sender, control_id, bytes(ack)) for sender, control_id, ack in self._link.rows(_TAKEN, asked)
        ]

    def find(
        self, sender: str, control_id: str, direction: Direction = Direction.RECEIVED
    ) -> Sequence[ArchivedMessage]:
        found = self._link.rows(
            _FIND,
            {
                "of_sender": _indexed(sender),
                "of_control_id": _indexed(control_id),
                "of_direction": direction.value,
            },
        )
        return [_archived(row) for row in found]

    def same(self, envelope: Envelope) -> Sequence[ArchivedMessage]:
        found = self._link.rows(
            _SAME,
            {
                "of_sender": _indexed(envelope.sender),
                "of_control_id": _indexed(envelope.control_id),
                "of_digest": envelope.digest,
                "of_direction": envelope.direction.value,
            },
        )
        return [_archived(row) for row in found]

    def bearing(self, envelope: Envelope, since: datetime) -> ArchivedMessage | None:
        row = self._link.row(
            _BEARING,
            {
                "of_sender": _indexed(envelope.sender),
                "of_control_id": _indexed(envelope.control_id),
                "of_time": visible(envelope.message_time),
                "since": to_us(since),
            },
        )
        return _archived(row) if row else None

    def add(
        self,
        envelope: Envelope,
        state: MessageState,
        ack: bytes,
        *,
        error: str = "",
        accession_number: str = "",
        patient_id: str = "",
    ) -> int:
        return self._link.add(
            _ADD,
            {
                "sender": _indexed(envelope.sender),
                "control_id": _indexed(envelope.control_id),
                "message_time": visible(envelope.message_time),
                "message_type": visible(envelope.message_type),
                "digest": envelope.digest,
                "peer": envelope.peer,
                "received_at": to_us(envelope.received_at),
                "charset": envelope.charset,
                "charset_guessed": envelope.charset_guessed,
                "profile": envelope.profile,
                "reliable_control_id": envelope.reliable_control_id,
                "raw": envelope.raw,
                "duplicates": 0,
                "direction": envelope.direction.value,
                **_outcome(state, ack, error, accession_number, patient_id),
            },
        )

    def count_duplicate(self, message_id: int) -> None:
        self._link.put(_COUNT, {"of_id": message_id})

    def get(self, message_id: int) -> tuple[ArchivedMessage, Envelope] | None:
        row = self._link.row(_GET, {"of_id": message_id})
        if row is None:
            return None
        kept = _archived(row[: len(_ARCHIVED)])
        raw, peer, charset, guessed, profile, reliable = row[len(_ARCHIVED) :]
        return kept, Envelope(
            raw=bytes(raw),
            peer=peer,
            received_at=kept.received_at,
            sender=kept.sender,
            control_id=kept.control_id,
            message_type=kept.message_type,
            message_time=kept.message_time,
            charset=charset,
            charset_guessed=bool(guessed),
            profile=profile,
            reliable_control_id=bool(reliable),
            direction=kept.direction,
        )

    def settle(
        self,
        message_id: int,
        state: MessageState,
        ack: bytes,
        *,
        error: str = "",
        accession_number: str = "",
        patient_id: str = "",
    ) -> None:
        outcome = _outcome(state, ack, error, accession_number, patient_id)
        if not self._link.run(_SETTLE, {"of_id": message_id, **outcome}):
            raise InvalidInput("message_id", f"no message {message_id} in the archive")

    def reread(self, message_id: int, charset: str, profile: str) -> None:
        self._link.put(_REREAD, {"of_id": message_id, "charset": charset, "profile": profile})

    def forget_before(self, at: datetime, limit: int) -> int:
        # A report that is still to be passed on goes out byte for byte: its job reads it here.
        payloads = (from_json(dict[str, Any], row[0]) for row in self._link.rows(_WAITED_FOR, {}))
        waited_for = {payload.get("message_id") for payload in payloads}
        found = self._link.rows(_OLD, {"before": to_us(at), "at_most": limit + len(waited_for)})
        gone = [row[0] for row in found if row[0] not in waited_for][:limit]
        self._link.run_many(_FORGET, [{"of_id": number} for number in gone])
        return len(gone)


def _outcome(
    state: MessageState, ack: bytes, error: str, accession_number: str, patient_id: str
) -> dict[str, Any]:
    return {
        "state": state.value,
        "ack": ack,
        "error": visible(error),
        "accession_number": _indexed(accession_number),
        "patient_id": _indexed(patient_id),
    }


def _indexed(text: str) -> str:
    """As much of it as an index of PostgreSQL takes beside another: a message refused for its length is kept, too."""
    return visible(text)[:_INDEXED_CHARS]


def _archived(row: Row) -> ArchivedMessage:
    (
        number,
        sender,
        control_id,
        time,
        kind,
        digest,
        received_at,
        state,
        ack,
        error,
        accession,
        patient,
        again,
        direction,
    ) = row
    return ArchivedMessage(
        message_id=number,
        sender=sender,
        control_id=control_id,
        message_time=time,
        message_type=kind,
        digest=digest,
        received_at=from_us(received_at),
        state=MessageState(state),
        ack=bytes(ack),
        error=error,
        accession_number=accession,
        patient_id=patient,
        duplicates=again,
        direction=Direction(direction),
    )
