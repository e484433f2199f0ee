"""A TCP socket that says what it has at once.

Request and answer protocols with small writes suffer when Nagle's algorithm on one side
waits for the delayed acknowledgement of the other: 40 ms for each small write.
"""

from __future__ import annotations

import socket

_QUICKACK: int | None = getattr(socket, "TCP_QUICKACK", None)  # Linux alone has it


def send_at_once(sock: socket.socket) -> None:
    """Switch Nagle's algorithm off: our small writes do not wait for the other side."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def acknowledge_at_once(sock: socket.socket) -> None:
    """Acknowledge what has come so far, so that the other side's small writes do not wait for us.

    The option is not lasting (tcp(7)): it has to be set again after each read.  Where the
    system does not have it, nothing happens.
    """
    if _QUICKACK is not None:
        sock.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
