"""The MLLP listener: sockets, admission, TLS; and one function, block → acknowledgement.

The acknowledgement is the handler's return value, so nothing is acknowledged before it is
handled.  Messages of one connection are handled one after another and answered in their
order; connections do not wait for each other.  Whatever a handler raises is answered AE, and
whatever a peer does (never reads, resets, sends one byte every two seconds) ends its own
session only.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

import structlog

from plugin.domain.turned_away import Reason
from plugin.hl7.doorkeeper import Doorkeeper
from plugin.hl7.faults import fault_refusal, refuse_block
from plugin.hl7.handshake import SecureListener
from plugin.hl7.mllp import Violation
from plugin.hl7.session import FaultHandler, Handler, Peer, Session, SessionPolicy
from plugin.hl7.tls import certificate_names, handshake_problem

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One address to listen on; `tls` is a server-side context."""

    host: str = "127.0.0.1"
    port: int = 2575
    name: str = "hl7"
    tls: ssl.SSLContext | None = None


class MllpServer:
    """Listens on endpoints in a thread of its own.

    Parameters
    ----------
    handler
        Coroutine function, run on the server's event loop: it must not block.
    on_violation
        The same for broken framing; without one it is answered AR and counted.
    doorkeeper
        Told of each connection that is refused, and for what.

    Attributes
    ----------
    counts
        Counter of ``opened``, ``messages``, ``failed``, ``failed_*``, ``refused_*``, ``closed_*``, ``fault_*``; for metrics.
    """

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        handler: Handler,
        *,
        policy: SessionPolicy | None = None,
        on_violation: FaultHandler | None = None,
        doorkeeper: Doorkeeper | None = None,
    ) -> None:
        self.endpoints = tuple(endpoints)
        self.handler = handler
        self.on_violation = on_violation or _answer_only
        self.policy = policy or SessionPolicy()
        self._doorkeeper = doorkeeper
        self.counts: Counter[str] = Counter()
        self.sessions: set[Session] = set()
        self._networks = [ip_network(network, strict=False) for network in self.policy.allowed]
        self._servers: list[asyncio.Server | SecureListener] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> list[tuple[str, int]]:
        """Listen; return the address of each endpoint, with the port that was given for 0.

        Raises
        ------
        OSError
            When an address cannot be bound; nothing listens then.
        """
        loop = _new_event_loop()
        self._loop = loop
        self._thread = threading.Thread(target=_run, args=(loop,), name="hl7", daemon=True)
        self._thread.start()
        try:
            return asyncio.run_coroutine_threadsafe(self._listen(), loop).result()
        except OSError:
            self.stop(0)
            raise

    def stop(self, timeout_s: float = 25.0) -> None:
        """Accept nothing more, finish what is being handled, answer it, and close."""
        if self._loop is None or self._thread is None:
            return
        loop, self._loop = self._loop, None
        asyncio.run_coroutine_threadsafe(self._drain(timeout_s), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        self._thread.join()
        loop.close()

    def metrics(self) -> str:
        """What happened at the listener, and how many connections are open, in the text format of Prometheus."""
        counted = [
            f'signgate_hl7_events{{event="{name}"}} {count}' for name, count in sorted(self.counts.items())
        ]
        return "\n".join(
            (
                "# HELP signgate_hl7_events Connections opened, refused, closed; messages; broken framing",
                "# TYPE signgate_hl7_events counter",
                *counted,
                "# HELP signgate_hl7_connections Connections that are open",
                "# TYPE signgate_hl7_connections gauge",
                f"signgate_hl7_connections {len(self.sessions)}\n",
            )
        )

    async def _listen(self) -> list[tuple[str, int]]:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._on_loop_error)
        addresses: list[tuple[str, int]] = []
        for endpoint in self.endpoints:
            session = partial(Session, self, partial(self._admit, endpoint))
            if endpoint.tls is None:
                server = await loop.create_server(session, endpoint.host, endpoint.port, backlog=512)
                self._servers.append(server)
                host, port = server.sockets[0].getsockname()[:2]
                addresses.append((host, port))
            else:
                secure = SecureListener(
                    session,
                    endpoint.tls,
                    handshake_s=self.policy.handshake_s,
                    unwelcome=partial(self._before_handshake, endpoint),
                    failed=partial(self._handshake_failed, endpoint),
                )
                self._servers.append(secure)
                addresses.append(await secure.listen(endpoint.host, endpoint.port))
        return addresses

    async def _drain(self, timeout_s: float) -> None:
        for server in self._servers:
            server.close()
        sessions = list(self.sessions)
        for session in sessions:
            session.finish()
        working = [session.worker for session in sessions if session.worker is not None]
        if working and timeout_s:
            await asyncio.wait(working, timeout=timeout_s)
        for session in list(self.sessions):
            session.close("stopped")
        # A moment in which the transports flush and report that they are closed.
        await asyncio.sleep(0.05)
        if self._doorkeeper:
            self._doorkeeper.tell()

    def _admit(self, endpoint: Endpoint, transport: asyncio.Transport) -> tuple[Peer, Reason | None]:
        certificate = certificate_names(transport.get_extra_info("peercert"))
        host, port = (transport.get_extra_info("peername") or ("", 0))[:2]
        local_port = (transport.get_extra_info("sockname") or ("", 0))[1]
        peer = Peer(host, port, endpoint.name, local_port, certificate[0] if certificate else "")
        reason = self._unwelcome(host)
        if not reason and endpoint.tls and self.policy.certificates:
            reason = None if set(certificate) & set(self.policy.certificates) else Reason.CERTIFICATE
        return peer, reason

    def _unwelcome(self, host: str, others: Sequence[str] = ()) -> Reason | None:
        """Why a host may not connect now; `others` are hosts whose handshake is under way."""
        policy = self.policy
        if self._networks and not _listed(host, self._networks):
            return Reason.ADDRESS
        if len(self.sessions) + len(others) >= policy.connections:
            return Reason.FULL
        if policy.connections_per_host:
            same = sum(session.peer.host == host for session in self.sessions) + others.count(host)
            if same >= policy.connections_per_host:
                return Reason.FULL_FOR_HOST
        return None

    def turn_away(self, peer: Peer, reason: Reason) -> None:
        """Count, log and tell of a connection that is refused."""
        self.counts[f"refused_{reason}"] += 1
        log.warning("hl7.refused", peer=str(peer), listener=peer.listener, reason=reason)
        if self._doorkeeper:
            self._doorkeeper.note(peer.host, peer.listener, reason)

    def cut_off(self, peer: Peer, reason: Reason) -> None:
        """Count, log and tell of a connection that had been let in and is closed by us."""
        self.counts[f"closed_{reason}"] += 1
        log.warning("hl7.cut_off", peer=str(peer), listener=peer.listener, reason=reason)
        if self._doorkeeper:
            self._doorkeeper.note(peer.host, peer.listener, reason)

    def _before_handshake(self, endpoint: Endpoint, host: str, port: int, others: Sequence[str]) -> bool:
        """Whether a connection is refused before its handshake, which costs more than all that comes after it."""
        reason = self._unwelcome(host, others)
        if reason:
            self.turn_away(Peer(host, port, endpoint.name), reason)
        return reason is not None

    def _handshake_failed(self, endpoint: Endpoint, host: str, port: int, error: OSError) -> None:
        self.counts["failed_handshake"] += 1
        if isinstance(error, ConnectionResetError):
            # Whoever looks whether the port is open (a load balancer, every few seconds) leaves like this.
            return
        problem = handshake_problem(error)
        log.warning("hl7.handshake", peer=f"{host}:{port}", listener=endpoint.name, problem=problem)
        if self._doorkeeper:
            self._doorkeeper.note(host, endpoint.name, Reason.HANDSHAKE, problem)

    def _on_loop_error(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """A transport's own error: told once, and nobody else is hurt."""
        error = context.get("exception")
        self.counts["failed_transport"] += 1
        log.warning("hl7.transport", problem=context.get("message", ""), error=type(error).__name__)


async def _answer_only(violation: Violation, _peer: Peer) -> bytes | None:
    return refuse_block(violation.head, fault_refusal(violation)) if violation.is_answered else None


def _new_event_loop() -> asyncio.AbstractEventLoop:
    """An event loop of uvloop where it is installed (it is not made for Windows)."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    loop.run_forever()


def _listed(host: str, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    address = ip_address(host.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return any((mapped or address) in network for network in networks)
