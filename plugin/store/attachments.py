"""Documents that came beside reports; a listing never touches their content."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select

from plugin.domain.attachment import Attachment, AttachmentFault, KeptAttachment
from plugin.store.codec import from_us, to_us
from plugin.store.link import Link, Prepared, Row, given, insert_into
from plugin.store.storable import visible
from plugin.store.tables.attachments import attachments

a = attachments.c
_LISTED: Final = (
    a.id, a.accession_number, a.message_id, a.kept_at, a.code, a.media_type, a.reference, a.fault, a.size, a.digest,
)  # fmt: skip
_ADD = Prepared(insert_into(attachments, "id"))
_SAME = Prepared(
    select(a.id).where(
        a.accession_number == given("of_accession"),
        a.digest == given("of_digest"),
        a.code == given("of_code"),
        a.reference == given("of_reference"),
        a.fault == given("of_fault"),
        a.size == given("of_size"),
    )
)
_FOR_EXAM = Prepared(
    select(*_LISTED).where(a.accession_number == given("of_accession")).order_by(a.id.desc())
)
_OF_MESSAGE = Prepared(select(*_LISTED).where(a.message_id == given("of_message")).order_by(a.id))
_GET = Prepared(select(*_LISTED, a.content).where(a.id == given("of_id")))


class SqlAttachments:
    """Implements ``AttachmentRepository``."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def add(
        self, accession_number: str, message_id: int, attachments: Sequence[Attachment], at: datetime
    ) -> None:
        for each in attachments:
            digest = hashlib.sha256(each.content).hexdigest() if each.content else ""
            code, reference = visible(each.code), visible(each.reference)
            fault = each.fault.value if each.fault else ""
            same = {
                "of_accession": accession_number,
                "of_digest": digest,
                "of_code": code,
                "of_reference": reference,
                "of_fault": fault,
                "of_size": each.size,
            }
            if self._link.row(_SAME, same):
                continue
            self._link.put(
                _ADD,
                {
                    "accession_number": accession_number,
                    "message_id": message_id,
                    "kept_at": to_us(at),
                    "code": code,
                    "media_type": visible(each.media_type),
                    "reference": reference,
                    "fault": fault,
                    "size": each.size,
                    "digest": digest,
                    "content": each.content,
                },
            )

    def for_exam(self, accession_number: str) -> Sequence[KeptAttachment]:
        return [_kept(row) for row in self._link.rows(_FOR_EXAM, {"of_accession": accession_number})]

    def of_message(self, message_id: int) -> Sequence[KeptAttachment]:
        return [_kept(row) for row in self._link.rows(_OF_MESSAGE, {"of_message": message_id})]

    def get(self, attachment_id: int) -> KeptAttachment | None:
        row = self._link.row(_GET, {"of_id": attachment_id})
        return None if row is None else _kept(row[:-1], bytes(row[-1]))


def _kept(row: Row, content: bytes = b"") -> KeptAttachment:
    number, accession, message, at, code, media_type, reference, fault, size, digest = row
    return KeptAttachment(
        attachment_id=number,
        accession_number=accession,
        message_id=message,
        kept_at=from_us(at),
        digest=digest,
        attachment=Attachment(
            code=code,
            media_type=media_type,
            content=content,
            reference=reference,
            size=size,
            fault=AttachmentFault(fault) if fault else None,
        ),
    )
