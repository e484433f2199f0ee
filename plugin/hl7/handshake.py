"""A listener that tells whose TLS handshake has failed, and why.

An event loop's own server drops a connection whose handshake fails without a word to anybody:
a certificate that has expired, or one of the wrong authority, would look like a sender that
has fallen silent.  So connections are accepted here and handed to the loop one by one.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

_PAUSE_S = 1.0
"""Where no connection can be accepted (no file descriptor is left), until the next is tried."""
_BACKLOG = 512


class SecureListener:
    """Accepts the connections of one TLS endpoint, on every address of its host.

    Parameters
    ----------
    session
        Makes the protocol of a connection, which begins when its handshake is done.
    unwelcome
        Asked before the handshake, with the host, its port, and the hosts whose handshake is under way:
        nobody who may not come in, or who only opens connections, costs us one.
    failed
        Told the peer's host and port, and why there is no session.
    """

    def __init__(
        self,
        session: Callable[[], asyncio.Protocol],
        context: ssl.SSLContext,
        *,
        handshake_s: float,
        unwelcome: Callable[[str, int, Sequence[str]], bool],
        failed: Callable[[str, int, OSError], None],
    ) -> None:
        self._session, self._context, self._handshake_s = session, context, handshake_s
        self._unwelcome, self._failed = unwelcome, failed
        self._shaking_hands: list[str] = []
        self._sockets: list[socket.socket] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def listen(self, host: str, port: int) -> tuple[str, int]:
        """Listen; return the first address, with the port that was given for 0.

        Raises
        ------
        OSError
            When an address cannot be bound; nothing listens then.
        """
        found = await asyncio.get_running_loop().getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        try:
            for family, *_, address in dict.fromkeys(found):
                listening = socket.create_server(address[:2], family=family, backlog=_BACKLOG)
                listening.setblocking(False)
                self._sockets.append(listening)
        except OSError:
            self.close()
            raise
        for listening in self._sockets:
            self._begin(self._accept(listening))
        bound: tuple[str, int] = self._sockets[0].getsockname()[:2]
        return bound

    def close(self) -> None:
        """Accept nothing more, and give up the handshakes that are under way."""
        for task in self._tasks:
            task.cancel()
        for listening in self._sockets:
            listening.close()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, address = await loop.sock_accept(listening)
            except OSError as error:
                self._failed("", 0, error)
                await asyncio.sleep(_PAUSE_S)
                continue
            host, port = address[:2]
            if self._unwelcome(host, port, self._shaking_hands):
                connection.close()
            else:
                self._begin(self._secure(connection, host, port))

    async def _secure(self, connection: socket.socket, host: str, port: int) -> None:
        self._shaking_hands.append(host)
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                self._session, connection, ssl=self._context, ssl_handshake_timeout=self._handshake_s
            )
        except OSError as error:
            connection.close()
            self._failed(host, port, error)
        finally:
            self._shaking_hands.remove(host)
