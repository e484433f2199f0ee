"""A small real FHIRcast hub for tests: subscriptions over HTTP, notifications over a websocket."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from patience import PATIENCE_S
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

TOKEN = "the hub's own token"


def context(accession_number: str) -> list[dict[str, Any]]:
    """The context of a DiagnosticReport event as the specification prints it."""
    kind = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "ACSN"}]}
    identifier = [{"type": kind, "value": accession_number}]
    return [
        {"key": "report", "resource": {"resourceType": "DiagnosticReport", "id": "r", "status": "unknown"}},
        {"key": "patient", "resource": {"resourceType": "Patient", "id": "p"}},
        {
            "key": "study",
            "resource": {
                "resourceType": "ImagingStudy",
                "id": "s",
                "identifier": [*identifier, {"system": "urn:dicom:uid", "value": "urn:oid:2.25.1"}],
            },
        },
    ]


class Hub:
    """Confirms every subscription that bears the token; keeps what it was asked and answered.

    Attributes
    ----------
    greet
        Sent to each websocket instead of the confirmation, when it is set.
    endpoint
        Told instead of its own websocket, when it is set.
    """

    def __init__(self) -> None:
        self.greet: list[str] = []
        self.endpoint = ""
        self.asked: list[dict[str, str]] = []
        self.acknowledged: list[dict[str, Any]] = []
        self._open: list[ServerConnection] = []
        self._channel = serve(self._serve, "127.0.0.1", 0)
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _Subscriptions)
        self._http.hub = self  # type: ignore[attr-defined]  # how a handler finds us
        self._threads = [
            threading.Thread(target=self._channel.serve_forever),
            threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self._http.server_address[1]}"

    @property
    def channel(self) -> str:
        return f"127.0.0.1:{self._channel.socket.getsockname()[1]}"

    @property
    def connected(self) -> int:
        return len(self._open)

    def tell(self, event: str, accession_number: str, topic: str, event_id: str = "e1") -> None:
        """Notify every connection."""
        self.say(
            json.dumps(
                {
                    "timestamp": "2026-06-01T08:00:00Z",
                    "id": event_id,
                    "event": {
                        "hub.topic": topic,
                        "hub.event": event,
                        "context": context(accession_number),
                    },
                }
            )
        )

    def say(self, text: str) -> None:
        for connection in list(self._open):
            with suppress(ConnectionClosed):  # it may end in the middle of what it does not want to hear
                connection.send(text)

    def hang_up(self) -> None:
        """Close every connection; whoever is connected afterwards has come since."""
        for connection in list(self._open):
            self._forget(connection)
            connection.close()

    def close(self) -> None:
        self.hang_up()
        self._channel.shutdown()
        self._http.shutdown()
        for thread in self._threads:
            thread.join(PATIENCE_S)
        self._http.server_close()

    def _serve(self, connection: ServerConnection) -> None:
        asked = self.asked[-1] if self.asked else {}
        confirmation = {
            "hub.mode": "subscribe",
            "hub.topic": asked.get("hub.topic"),
            "hub.events": asked.get("hub.events"),
            "hub.lease_seconds": int(asked.get("hub.lease_seconds", 60)),
        }
        with suppress(ConnectionClosed):
            for text in self.greet or [json.dumps(confirmation)]:
                connection.send(text)
            self._open.append(connection)
            for answer in connection:
                self.acknowledged.append(json.loads(answer))
        self._forget(connection)

    def _forget(self, connection: ServerConnection) -> None:
        with suppress(ValueError):  # the other end or we may have ended it first
            self._open.remove(connection)


class _Subscriptions(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        hub: Hub = self.server.hub  # type: ignore[attr-defined]  # set by the hub
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._answer(401, {"error": "no"})
            return
        hub.asked.append({name: values[0] for name, values in parse_qs(body).items()})
        self._answer(202, {"hub.channel.endpoint": hub.endpoint or f"ws://{hub.channel}/session"})

    def _answer(self, status: int, data: dict[str, str]) -> None:
        content = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        """Say nothing."""
