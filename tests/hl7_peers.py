"""Both ends of an MLLP connection, for tests: a listener on a free port, and peers good and bad."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from plugin.hl7 import charset, header
from plugin.hl7.client import Destination, MllpClient
from plugin.hl7.mllp import Block, Deframer
from plugin.hl7.reader import Message
from plugin.hl7.server import Endpoint, MllpServer
from plugin.hl7.session import FaultHandler, Handler, SessionPolicy


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
    **policy: Any,
) -> Iterator[tuple[MllpServer, int]]:
    """A server on a free port of the loopback interface."""
    server = MllpServer(
        [endpoint or Endpoint(port=0)], handler, policy=SessionPolicy(**policy), on_violation=on_violation
    )
    ((_, port),) = server.start()
    try:
        yield server, port
    finally:
        server.stop(5)


def client(port: int, **how: Any) -> MllpClient:
    return MllpClient(Destination(host="127.0.0.1", port=port, **{"answer_s": 5.0, **how}))


def connect(port: int, timeout: float = 5.0) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout)


def answers(connection: socket.socket, count: int) -> list[bytes]:
    """MSA-1 and MSA-2 of the next answers."""
    deframer, found = Deframer(), []
    while len(found) < count:
        data = connection.recv(65536)
        if not data:
            break
        found += [item.payload for item in deframer.feed(data) if isinstance(item, Block)]
    return [b"|".join(payload.split(b"MSA|")[1].split(b"\r")[0].split(b"|")[:2]) for payload in found]


def is_closed(connection: socket.socket, within: float = 5.0) -> bool:
    connection.settimeout(within)
    try:
        while connection.recv(65536):
            pass
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False
    return True


def wait_for(condition: Callable[[], object], within: float = 5.0) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.01)
