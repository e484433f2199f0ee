"""Both ends of an MLLP connection, for tests: a listener on a free port, and peers good and bad."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from plugin.hl7 import charset, header
from plugin.hl7.client import Destination, MllpClient
from plugin.hl7.doorkeeper import Doorkeeper
from plugin.hl7.mllp import Block, Deframer
from plugin.hl7.reader import Message
from plugin.hl7.server import Endpoint, MllpServer
from plugin.hl7.session import FaultHandler, Handler, SessionPolicy
from tests.patience import PATIENCE_S


def opened(raw: bytes) -> Message:
    """A block as a message, decoded as its header says."""
    head = header.read(raw)
    decoded = charset.decode(raw, head.codec)
    return Message(decoded.text, head.delimiters, decoded.codec)


@contextmanager
def listening(
    handler: Handler,
    *,
    on_violation: FaultHandler | None = None,
    endpoint: Endpoint | None = None,
    doorkeeper: Doorkeeper | None = None,
    **policy: Any,
) -> Iterator[tuple[MllpServer, int]]:
    """A server on a free port of the loopback interface."""
    server = MllpServer(
        [endpoint or Endpoint(port=0)],
        handler,
        policy=SessionPolicy(**policy),
        on_violation=on_violation,
        doorkeeper=doorkeeper,
    )
    ((_, port),) = server.start()
    try:
        yield server, port
    finally:
        server.stop(5)


def client(port: int, **how: Any) -> MllpClient:
    patient = {"connect_s": PATIENCE_S, "answer_s": PATIENCE_S}
    return MllpClient(Destination(host="127.0.0.1", port=port, **{**patient, **how}))


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), PATIENCE_S)


def answers(connection: socket.socket, count: int) -> list[bytes]:
    """MSA-1 and MSA-2 of the next answers."""
    deframer, found = Deframer(), []
    while len(found) < count:
        data = connection.recv(65536)
        if not data:
            break
        found += [item.payload for item in deframer.feed(data) if isinstance(item, Block)]
    return [b"|".join(payload.split(b"MSA|")[1].split(b"\r")[0].split(b"|")[:2]) for payload in found]


def is_closed(connection: socket.socket, within: float = PATIENCE_S) -> bool:
    connection.settimeout(within)
    try:
        while connection.recv(65536):
            pass
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False
    return True


class SteeredLoop(asyncio.SelectorEventLoop):
    """A listener's loop whose clock a test puts on, so that hours pass between two lines."""

    _ahead_s = 0.0

    def time(self) -> float:
        return super().time() + self._ahead_s

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass; what came due meanwhile is done at once."""
        self._ahead_s += seconds
        self.call_soon_threadsafe(lambda: None)
