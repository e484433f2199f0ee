"""News for the ward's page by server-sent events; the page's own asking stays as the safety net.

A stream holds a thread of the web server, so there are only so many, and each ends after
half a minute, or when the server stops; the browser comes back by itself.  Whoever gets none asks as before.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

from flask import Blueprint, Response

from plugin.console.alerts import state_of, waiting_in
from plugin.console.desk import ConsoleDesk
from plugin.console.gatekeeper import allow, signed_in
from plugin.domain.listing import Page
from plugin.domain.people import Role

LONGEST_S = 30.0
LOOK_EVERY_S = 0.5

COME_BACK_MS = 500
"""How soon a browser opens the next stream when one has ended."""


def routes(console: Blueprint, desk: ConsoleDesk) -> None:
    """Add the route of this file."""

    @console.get("/alerts/stream")
    def alerts_stream() -> Response:
        allow(desk, "alerts")
        account = signed_in().account
        department = account.department if account.role is Role.CLINICIAN else ""
        if not desk.streams.begin():
            # To an EventSource this says: do not come back.
            return Response(status=204)
        answer = Response(_events(desk, department), mimetype="text/event-stream")
        answer.call_on_close(desk.streams.leave)
        answer.headers["Cache-Control"] = "no-store"
        answer.headers["X-Accel-Buffering"] = "no"
        return answer


def _events(desk: ConsoleDesk, department: str) -> Iterator[str]:
    """A line whenever the list of open alerts has changed, the first at once."""
    yield f"retry: {COME_BACK_MS}\n\n"
    said, until = "", time.monotonic() + LONGEST_S
    while time.monotonic() < until:
        listing = desk.reading.alerts(Page(limit=100), open_only=True, department=department)
        state = state_of(listing)
        if state != said:
            said = state
            yield f"data: {json.dumps({'state': state, 'waiting': waiting_in(listing)})}\n\n"
        else:
            # A comment: only by writing does a server learn that the browser has gone.
            yield ":\n\n"
        if desk.streams.ended(LOOK_EVERY_S):
            return
