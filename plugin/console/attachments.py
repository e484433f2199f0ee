"""Documents that came beside a report: handed out as files, never opened inside our pages."""

from __future__ import annotations

from flask import Blueprint, Response, abort

from plugin.console.blind import not_blind
from plugin.console.desk import ConsoleDesk
from plugin.console.gatekeeper import allow
from plugin.console.reading import note_look, patient_of

_KNOWN = (
    (b"%PDF-", "application/pdf", "pdf"),
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (b"II*\x00", "image/tiff", "tif"),
    (b"MM\x00*", "image/tiff", "tif"),
)
"""What the first bytes say, which a sender cannot make a browser run; all else is bytes."""


def routes(console: Blueprint, desk: ConsoleDesk) -> None:
    """Add the pages of this file."""

    @console.get("/attachments/<int:attachment_id>")
    def attachment(attachment_id: int) -> Response:
        allow(desk, "exams")
        kept = desk.store.read(lambda uow: uow.attachments.get(attachment_id))
        if kept is None or not kept.has_content:
            abort(404, "there is no such attachment, or its content was not kept")
        not_blind(desk, kept.accession_number)
        number = kept.accession_number
        patient_id = desk.store.read(lambda uow: patient_of(uow, number))
        note_look(desk, "attachment.read", number, patient_id, attachment=str(attachment_id))
        media_type, ending = file_type(kept.attachment.content)
        response = Response(kept.attachment.content, content_type=media_type)
        response.headers["Content-Disposition"] = (
            f'attachment; filename="attachment-{attachment_id}.{ending}"'
        )
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'; sandbox"
        return response


def file_type(content: bytes) -> tuple[str, str]:
    """Media type and file name ending by the content itself."""
    for start, media_type, ending in _KNOWN:
        if content.startswith(start):
            return media_type, ending
    return "application/octet-stream", "bin"
