"""One person's session at the hub: subscribed, listened to, come back to when it is lost.

A thread that lives as long as somebody looks at the page.  Whatever the hub does, closes,
says nonsense, refuses the token, it costs the page nothing but the order of its list.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import structlog
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from plugin.domain.errors import ConfigError, DeliveryFailed, InvalidInput
from plugin.fhircast import messages
from plugin.fhircast.settings import FhircastSettings
from plugin.kit.pinned_call import CalledAddress, Wire, pinned_socket, post, refused

log = structlog.get_logger(__name__)

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0

MOST_NONSENSE = 5
"""Messages that cannot be read before the connection is given up."""

MOST_OPEN = 32
"""Reports that a desktop may hold open; an older one is forgotten."""

LISTEN_S = 1.0
"""How soon a stop is noticed."""


@dataclass(slots=True)
class OpenReports:
    """The reports that are open, the newest last; shared between the listener and the page."""

    _numbers: tuple[str, ...] = ()

    def heed(self, event: messages.Event) -> None:
        """An open comes on top; a close takes its report away, wherever it stands."""
        if event.opens is None or not event.accession_numbers:
            return
        others = tuple(each for each in self._numbers if each not in event.accession_numbers)
        opened = event.accession_numbers[:1] if event.opens else ()
        self._numbers = (*others, *opened)[-MOST_OPEN:]

    def clear(self) -> None:
        """The session is lost: what was open then says nothing any more."""
        self._numbers = ()

    @property
    def top(self) -> str:
        """Accession number of the report that was opened last; empty for none."""
        return self._numbers[-1] if self._numbers else ""


@dataclass(slots=True, kw_only=True)
class Subscriber:
    """Listens to one topic until it is stopped.

    Parameters
    ----------
    token
        The bearer token; empty sends none.
    jitter
        Uniform in [0, 1): people who lost the hub together do not come back together.
    """

    settings: FhircastSettings
    topic: str
    token: str
    wire: Wire
    jitter: Callable[[], float]
    open_reports: OpenReports = field(default_factory=OpenReports)
    confirmed: threading.Event = field(default_factory=threading.Event)
    _stopped: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="fhircast", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Listen no more; the hub ends the subscription with the connection or its lease."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self) -> None:
        pause_s = FIRST_PAUSE_S
        while not self._stopped.is_set():
            try:
                self._listen()
            except (DeliveryFailed, InvalidInput, ConfigError, WebSocketException, OSError) as error:
                # The message may quote what the hub sent; its kind is enough to look for it.
                log.warning("fhircast.lost", reason=type(error).__name__, hub=self.settings.place)
            if self.confirmed.is_set():
                pause_s = FIRST_PAUSE_S
            self.confirmed.clear()
            self.open_reports.clear()
            self._stopped.wait(pause_s * (0.5 + self.jitter()))
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    def _listen(self) -> None:
        """Subscribe, and hear until the connection ends or the lease is nearly over."""
        body = messages.subscription(self.topic, self.settings.lease_s)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        status, answer = post(self.settings, self.wire, body, headers, timeout_s=self.settings.timeout_s)
        if (failure := refused(self.settings, status)) is not None:
            raise failure
        with self._connected(messages.endpoint(answer)) as connection:
            self._hear(connection)

    def _connected(self, url: str) -> ClientConnection:
        """Connect to an endpoint of the hub's own naming: it must stand on the list as well."""
        try:
            parts = urlsplit(url)
            scheme = {"wss": "https", "ws": "http"}.get(parts.scheme, "")
            place = CalledAddress(
                url=parts._replace(scheme=scheme).geturl(),
                allowed=self.settings.allowed,
                networks=self.settings.networks,
                plain_http=self.settings.plain_http,
            )
        except ValueError as error:
            raise DeliveryFailed("the hub's websocket stands at no allowed address", retry=False) from error
        timeout_s = self.settings.timeout_s
        return connect(
            url,
            sock=pinned_socket(place, self.wire, timeout_s=timeout_s),
            ssl=self.wire.tls() if parts.scheme == "wss" else None,
            server_hostname=parts.hostname if parts.scheme == "wss" else None,
            proxy=None,
            open_timeout=timeout_s,
            close_timeout=1.0,
            max_size=messages.MAX_MESSAGE,
            compression=None,
        )

    def _hear(self, connection: ClientConnection) -> None:
        nonsense, heard_s, lease_s = 0, 0.0, float(self.settings.lease_s)
        while not self._stopped.is_set() and heard_s < 0.8 * lease_s:
            try:
                text = connection.recv(timeout=LISTEN_S)
            except TimeoutError:
                heard_s += LISTEN_S
                continue
            try:
                message = messages.read(text)
            except InvalidInput:
                nonsense += 1
                if nonsense >= MOST_NONSENSE:
                    raise
                continue
            if isinstance(message, messages.Denied):
                raise DeliveryFailed("the hub denies the subscription", retry=True)
            if isinstance(message, messages.Subscribed):
                self.confirmed.set()
                lease_s = float(message.lease_s or lease_s)
                continue
            connection.send(messages.acknowledgment(message.event_id))
            if message.topic == self.topic:
                self.open_reports.heed(message)
