"""One MLLP connection: frames in, acknowledgements out, both in order, within limits."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol, cast

import structlog

from plugin.domain.turned_away import Reason
from plugin.hl7.faults import refuse_block
from plugin.hl7.mllp import Block, Deframer, Limits, Violation, frame
from plugin.hl7.refusals import refusal
from plugin.kit.where import where

log = structlog.get_logger(__name__)

_BACKLOG = 8
"""Complete messages that wait on one connection before we stop reading from it."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end.

    Parameters
    ----------
    listener
        Name of the endpoint it connected to; profiles may go by it.
    certificate
        Common name of its client certificate, empty without one.
    """

    host: str
    port: int
    listener: str = ""
    local_port: int = 0
    certificate: str = ""

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


Handler = Callable[[bytes, Peer], Awaitable[bytes | None]]
"""Handles one block; returns the block to answer with, or ``None`` for no answer."""
FaultHandler = Callable[[Violation, Peer], Awaitable[bytes | None]]
"""Keeps and answers what broke the framing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPolicy:
    """What a connection may do, and how many there may be.

    Parameters
    ----------
    connections, connections_per_host
        More are refused by closing them at once; MLLP has no words for it.
    idle_s
        Silence between two messages after which a session is closed; 0 never does.
    frame_s
        Time from the first byte of a frame to its last, however slowly it drips.
    write_s
        Time that an acknowledgement may wait for a peer that does not read.
    allowed
        Networks that may connect; empty lets everybody.
    certificates
        Common names or DNS names of client certificates that may connect; empty lets every
        certificate that the CA has signed.
    """

    limits: Limits = field(default_factory=Limits)
    connections: int = 256
    connections_per_host: int = 0
    idle_s: float = 0.0
    frame_s: float = 30.0
    write_s: float = 30.0
    handshake_s: float = 10.0
    allowed: tuple[str, ...] = ()
    certificates: tuple[str, ...] = ()


Admission = Callable[[asyncio.Transport], tuple[Peer, Reason | None]]
"""Says who has connected, and why it may not, if it may not."""


class Host(Protocol):
    """What a session needs of its server."""

    handler: Handler
    on_violation: FaultHandler
    policy: SessionPolicy
    counts: Counter[str]
    sessions: set[Session]

    def turn_away(self, peer: Peer, reason: Reason) -> None: ...

    def cut_off(self, peer: Peer, reason: Reason) -> None: ...


class Session(asyncio.Protocol):
    """One connection: frames in, acknowledgements out, both in order."""

    def __init__(self, server: Host, admission: Admission) -> None:
        self.server, self.admission, self.policy = server, admission, server.policy
        self.deframer = Deframer(server.policy.limits)
        self.waiting: deque[Block | Violation] = deque()
        self.worker: asyncio.Task[None] | None = None
        self.peer = Peer("", 0)
        self._timer: asyncio.TimerHandle | None = None
        self._frame_timer: asyncio.TimerHandle | None = None
        self._writable: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport | None = None
        self._ending = False
        self._reading = True

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are not subclasses of asyncio's, but do the same.
        self._transport = cast(asyncio.Transport, transport)
        self.peer, reason = self.admission(self._transport)
        if reason:
            self.server.turn_away(self.peer, reason)
            self._ending = True
            self._transport.abort()
            return
        self.server.counts["opened"] += 1
        self.server.sessions.add(self)
        self._rest()

    def data_received(self, data: bytes) -> None:
        if self._ending:
            return
        found = list(self.deframer.feed(data))
        if found:
            self.waiting.extend(found)
            self._work()
            # What is begun now is another frame, with a time of its own.
            self._stop_timers()
        if len(self.waiting) >= _BACKLOG:
            self._read(False)
        self._rest()

    def eof_received(self) -> bool:
        """The peer has sent all; what is complete is still handled and answered."""
        if left := self.deframer.cut():
            self.waiting.append(left)
        self._ending = True
        if not self.waiting and not self.worker:
            return False
        self._work()
        # A TLS connection cannot be half closed; there the answer is lost and the sender sends again.
        return self._transport is not None and self._transport.get_extra_info("ssl_object") is None

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timers()
        self._ending = True
        self._resume_writing()
        self.server.sessions.discard(self)
        self._transport = None
        if left := self.deframer.cut():
            self.waiting.append(left)
        if self.waiting and not self.worker:
            self._work()

    def pause_writing(self) -> None:
        self._writable = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        self._resume_writing()

    # what the server asks for

    def finish(self) -> None:
        """Read nothing more; what waits unhandled is left for the sender to send again."""
        self._ending = True
        self.waiting.clear()
        self._read(False)
        if not self.worker:
            self.close("stopped")

    def close(self, reason: str) -> None:
        """Close, after what was written has been sent."""
        if self._transport and not self._transport.is_closing():
            self.server.counts[f"closed_{reason}"] += 1
            self._transport.close()

    # the work

    def _work(self) -> None:
        if self.worker is None:
            self.worker = asyncio.get_running_loop().create_task(self._handle_waiting())

    async def _handle_waiting(self) -> None:
        try:
            while self.waiting:
                item = self.waiting.popleft()
                answer = await self._answer_to(item)
                if answer is not None:
                    await self._write(answer)
                if isinstance(item, Violation) and item.fatal:
                    self._ending = True
                    self.waiting.clear()
                if not self._ending and len(self.waiting) < _BACKLOG:
                    self._read(True)
        finally:
            self.worker = None
        if self._ending:
            self.close("ended")
        else:
            self._rest()

    async def _answer_to(self, item: Block | Violation) -> bytes | None:
        counts = self.server.counts
        try:
            if isinstance(item, Block):
                counts["messages"] += 1
                return await self.server.handler(item.payload, self.peer)
            counts[f"fault_{item.fault}"] += 1
            log.warning("hl7.framing", peer=str(self.peer), fault=str(item.fault), bytes=item.size)
            return await self.server.on_violation(item, self.peer)
        except Exception as error:  # the listener outlives every handler
            counts["failed"] += 1
            log.error(
                "hl7.handler_failed", peer=str(self.peer), error=type(error).__name__, where=where(error)
            )
            return refuse_block(item.payload if isinstance(item, Block) else item.head, refusal("internal"))

    async def _write(self, answer: bytes) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        transport.write(frame(answer))
        if self._writable is not None:
            try:
                await asyncio.wait_for(asyncio.shield(self._writable), self.policy.write_s)
            except TimeoutError:
                self.server.cut_off(self.peer, Reason.NOT_READING)
                self._ending = True
                self.waiting.clear()
                # What it had begun to say is not broken off by the peer.
                self.deframer.cut()
                transport.abort()

    def _read(self, on: bool) -> None:
        if self._reading == on or self._transport is None or self._transport.is_closing():
            return
        self._reading = on
        (self._transport.resume_reading if on else self._transport.pause_reading)()

    # time

    def _rest(self) -> None:
        """Set the clock that runs now: for the frame that was begun, or for silence."""
        if self._ending:
            return
        loop = asyncio.get_running_loop()
        if self.deframer.mid_frame:
            if self._frame_timer is None:
                self._frame_timer = loop.call_later(self.policy.frame_s, self._frame_is_late)
        elif self._frame_timer:
            self._frame_timer.cancel()
            self._frame_timer = None
        if self._timer:
            self._timer.cancel()
            self._timer = None
        # Silence within a frame is the frame's: it is answered when its time is over.
        if self.policy.idle_s and not self.worker and not self.deframer.mid_frame:
            self._timer = loop.call_later(self.policy.idle_s, self._too_idle)

    def _frame_is_late(self) -> None:
        self._frame_timer = None
        if not self._reading:
            # We are the slow ones.
            self._rest()
            return
        if (left := self.deframer.cut()) is None:
            return
        self._ending = True
        self.waiting.append(left)
        self._work()

    def _too_idle(self) -> None:
        self._timer = None
        self._ending = True
        self.close("idle")

    def _stop_timers(self) -> None:
        for timer in filter(None, (self._timer, self._frame_timer)):
            timer.cancel()
        self._timer = self._frame_timer = None

    def _resume_writing(self) -> None:
        if self._writable and not self._writable.done():
            self._writable.set_result(None)
        self._writable = None
