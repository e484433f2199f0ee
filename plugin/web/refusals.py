"""What the server itself refuses is answered as the app answers: problem+json for machines, a page for people."""

from __future__ import annotations

import io
import json
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import RequestEntityTooLarge

TOO_LONG = "signgate.too_long"
"""Key of the WSGI environment of a request whose body was not taken."""

MOST_DISCARDED = 64 * 1024 * 1024
"""Bytes of a body beyond the limit that are still read, and thrown away.

Who is still sending hears no answer, but that the line was cut.
"""


class PatientParser(HTTPRequestParser):  # type: ignore[misc]  # waitress has no types
    """Reads a body that is too long to its end, where it says its length and is sent without waiting for leave."""

    completed: bool
    expect_continue: bool
    _to_discard = 0

    def received(self, data: bytes) -> int:
        """Take bytes from the line; how many were taken."""
        if self._to_discard:
            taken = min(len(data), self._to_discard)
            self._to_discard -= taken
            self.completed = not self._to_discard
            return taken
        taken = super().received(data)
        if isinstance(self.error, RequestEntityTooLarge) and not self.chunked:
            if self.expect_continue:
                self.expect_continue = False  # waitress would give leave, and then refuse
            elif self.content_length <= MOST_DISCARDED:
                self._to_discard, self.completed = self.content_length, False
        return int(taken)


class _ToldByApp(WSGITask):  # type: ignore[misc]  # waitress has no types
    """The app knows by the path whom it answers, and sets its headers."""

    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        return environ | {TOO_LONG: True, "CONTENT_LENGTH": "0", "wsgi.input": io.BytesIO()}

    def execute(self) -> None:
        self.set_close_on_finish()
        super().execute()


class _Problem(ErrorTask):  # type: ignore[misc]  # waitress has no types
    """A request that could not be read so far that it has a path."""

    def execute(self) -> None:
        error = self.request.error
        kind = error.reason.lower()
        body = json.dumps(
            {
                "type": f"urn:signgate:problem:{kind.replace(' ', '-')}",
                "title": kind,
                "status": error.code,
                "detail": str(error.body),
            }
        ).encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers.append(("Content-Type", "application/problem+json; charset=utf-8"))
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


def _refusal(channel: HTTPChannel, request: HTTPRequestParser) -> WSGITask | ErrorTask:
    too_long = isinstance(request.error, RequestEntityTooLarge)
    return (_ToldByApp if too_long else _Problem)(channel, request)


class Channel(HTTPChannel):  # type: ignore[misc]  # waitress has no types
    """A connection whose refusals look like all others."""

    parser_class = PatientParser
    error_task_class = staticmethod(_refusal)
