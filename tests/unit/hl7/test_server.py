"""The listener on real sockets: order, limits, peers that misbehave, draining."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from contextlib import suppress
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hl7_peers import SteeredLoop, answers, client, connect, is_closed, listening
from patience import PATIENCE_S, until

from plugin.domain.turned_away import Reason, TurnedAway
from plugin.hl7.doorkeeper import Doorkeeper
from plugin.hl7.mllp import Limits, frame
from plugin.hl7.server import Endpoint, MllpServer
from plugin.hl7.session import Peer

HEAD = b"MSH|^~\\&|RIS|H1|S|Q|1||ORU^R01|%s|P|2.4\r"


def message(control_id: str) -> bytes:
    return HEAD % control_id.encode()


async def echo(block: bytes, _peer: Peer) -> bytes:
    """Acknowledge with the control ID alone."""
    control_id = block.split(b"|")[9]
    await asyncio.sleep(0)
    return b"MSH|^~\\&|S|Q|RIS|H1|1||ACK|X|P|2.4\rMSA|AA|" + control_id + b"\r"


async def set_by_the_test(event: threading.Event) -> None:
    """Wait without holding up the loop."""
    while not event.is_set():
        await asyncio.sleep(0.01)


# R21
def test_pipelined_messages_are_answered_in_their_order() -> None:
    async def slower_first(block: bytes, peer: Peer) -> bytes:
        await asyncio.sleep(0.05 if b"|1|P" in block else 0)
        return await echo(block, peer)

    with listening(slower_first) as (_, port), connect(port) as connection:
        stream = b"".join(frame(message(str(n))) for n in range(1, 40))
        for at in range(0, len(stream), 100):
            connection.sendall(stream[at : at + 100])
        assert answers(connection, 39) == [b"AA|%d" % n for n in range(1, 40)]


def test_connections_do_not_wait_for_each_other() -> None:
    release = threading.Event()

    async def handler(block: bytes, peer: Peer) -> bytes:
        if b"|slow|" in block:
            await set_by_the_test(release)
        return await echo(block, peer)

    with listening(handler) as (_, port), connect(port) as slow, connect(port) as quick:
        slow.sendall(frame(message("slow")))
        quick.sendall(frame(message("quick")))
        assert answers(quick, 1) == [b"AA|quick"]
        release.set()
        assert answers(slow, 1) == [b"AA|slow"]


def test_a_handler_that_fails_answers_ae_and_the_listener_goes_on() -> None:
    async def handler(block: bytes, peer: Peer) -> bytes:
        if b"|bad|" in block:
            raise RuntimeError("committer died")
        return await echo(block, peer)

    with listening(handler) as (server, port), connect(port) as connection:
        connection.sendall(frame(message("bad")) + frame(message("good")))
        assert answers(connection, 2) == [b"AE|bad", b"AA|good"]
        assert server.counts["failed"] == 1


def test_no_answer_is_sent_where_none_is_wanted() -> None:
    async def handler(block: bytes, peer: Peer) -> bytes | None:
        return None if b"|quiet|" in block else await echo(block, peer)

    with listening(handler) as (_, port), connect(port) as connection:
        connection.sendall(frame(message("quiet")) + frame(message("loud")))
        assert answers(connection, 1) == [b"AA|loud"]


# R18, R19
def test_a_half_frame_is_answered_and_closed_at_the_frame_time_out() -> None:
    with listening(echo, frame_s=0.2) as (server, port), connect(port) as half, connect(port) as drip:
        half.sendall(b"\x0b" + message("half"))
        for byte in frame(message("drip"))[:5]:
            with suppress(OSError):  # on a busy machine it has been closed by now
                drip.sendall(bytes([byte]))
        assert answers(half, 1) == [b"AR|half"]
        assert is_closed(half)
        assert is_closed(drip)
        until(lambda: server.counts["fault_no_end"] == 2)
        with connect(port) as good:
            good.sendall(frame(message("good")))
            assert answers(good, 1) == [b"AA|good"]


def test_a_busy_sender_is_not_taken_for_a_late_frame(loop: SteeredLoop) -> None:
    """There is a frame unfinished for far longer than a frame may take, and never the same one."""
    with listening(echo, frame_s=1000) as (server, port), connect(port) as connection:
        whole = [frame(message(str(n))) for n in range(6)]
        half = len(whole[0]) // 2
        connection.sendall(whole[0][:half])
        for one, following in pairwise(whole):
            connection.sendall(one[half:] + following[:half])
            assert len(answers(connection, 1)) == 1
            loop.advance(600)
        connection.sendall(whole[-1][half:])
        assert len(answers(connection, 1)) == 1
        assert not server.counts["fault_no_end"]


# R20
def test_a_frame_over_the_limit_is_answered_ar_and_closed() -> None:
    with listening(echo, limits=Limits(frame_bytes=10_000)) as (_, port), connect(port) as connection:
        connection.sendall(b"\x0b" + message("big") + b"x" * 12_000)
        assert answers(connection, 1) == [b"AR|big"]
        assert is_closed(connection)


# R22
def test_broken_framing_is_answered_and_the_next_frame_taken() -> None:
    with listening(echo, limits=Limits(tolerant=False)) as (_, port), connect(port) as connection:
        connection.sendall(message("no-vt") + b"\x1c\r" + frame(message("good")))
        assert answers(connection, 2) == [b"AR|no-vt", b"AA|good"]


def test_noise_before_a_frame_does_not_take_the_frame_s_answer() -> None:
    with listening(echo) as (server, port), connect(port) as connection:
        connection.sendall(b"hello\r\n" + frame(message("one")) + frame(message("two")))
        assert answers(connection, 2) == [b"AA|one", b"AA|two"]
        assert server.counts["fault_noise"] == 1
    with listening(echo, limits=Limits(tolerant=False)) as (_, port), connect(port) as connection:
        connection.sendall(b"hello" + frame(message("one")))
        assert answers(connection, 2) == [b"AR|", b"AA|one"], "where noise is not tolerated it is said"


# R23
def test_a_peer_that_resets_before_its_answer_hurts_nobody() -> None:
    begun, gone = threading.Event(), threading.Event()
    handled: list[bytes] = []

    async def handler(block: bytes, peer: Peer) -> bytes:
        begun.set()
        await set_by_the_test(gone)
        handled.append(block)
        return await echo(block, peer)

    with listening(handler) as (server, port):
        connection = connect(port)
        connection.sendall(frame(message("reset")))
        assert begun.wait(PATIENCE_S)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
        gone.set()
        until(lambda: handled and not server.sessions)
        with connect(port) as good:
            good.sendall(frame(message("good")))
            assert answers(good, 1) == [b"AA|good"]


def test_a_peer_that_never_reads_is_dropped_and_others_are_served() -> None:
    async def long_answer(block: bytes, peer: Peer) -> bytes:
        return await echo(block, peer) + (b"" if b"|good|" in block else b"ZZZ|" + b"x" * 200_000 + b"\r")

    told: list[TurnedAway] = []
    keeper = Doorkeeper(told.extend, lambda: datetime(2026, 6, 1, 1, 30, tzinfo=UTC))
    with listening(long_answer, write_s=0.3, doorkeeper=keeper) as (server, port):
        deaf = socket.socket()
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(("127.0.0.1", port))
        deaf.setblocking(False)
        for n in range(200):
            try:
                deaf.sendall(frame(message(str(n))))
            except OSError:  # full, or dropped already
                break
        with client(port) as good:
            assert good.send(message("good")).accepted  # type: ignore[union-attr]
        until(lambda: server.counts["closed_not_reading"] == 1)
        until(lambda: not server.sessions)
        deaf.close()
        assert not [name for name in server.counts if name.startswith("fault_")], (
            "what it had begun to say was broken off by us"
        )
    (cut_off,) = told
    assert (cut_off.peer, cut_off.reason, cut_off.count) == ("127.0.0.1", Reason.NOT_READING, 1)


# R24
def test_the_cap_refuses_and_existing_senders_go_on() -> None:
    with listening(echo, connections=3) as (server, port):
        kept = [connect(port) for _ in range(3)]
        until(lambda: len(server.sessions) == 3)
        refused = [connect(port) for _ in range(20)]
        assert all(is_closed(one) for one in refused)
        for one in kept:
            one.sendall(frame(message("kept")))
            assert answers(one, 1) == [b"AA|kept"]
        assert server.counts["refused_full"] == 20
        kept.pop().close()
        until(lambda: len(server.sessions) == 2)
        with connect(port) as again:
            again.sendall(frame(message("again")))
            assert answers(again, 1) == [b"AA|again"]
        for one in kept + refused:
            one.close()


def test_a_host_may_have_its_share_only() -> None:
    with listening(echo, connections_per_host=1) as (_, port), connect(port) as first:
        first.sendall(frame(message("a")))
        assert answers(first, 1) == [b"AA|a"]
        with connect(port) as second:
            assert is_closed(second)


# S9
def test_an_address_that_is_not_listed_is_refused() -> None:
    with listening(echo, allowed=("10.0.0.0/8",)) as (server, port), connect(port) as stranger:
        assert is_closed(stranger)
        assert server.counts["refused_address"] == 1
    with listening(echo, allowed=("127.0.0.0/8",)) as (_, port), client(port) as friend:
        assert friend.send(message("1")).accepted  # type: ignore[union-attr]


def test_silence_ends_a_session_where_that_is_configured(loop: SteeredLoop) -> None:
    with listening(echo, idle_s=1000) as (server, port), connect(port) as connection:
        connection.sendall(frame(message("1")))
        assert answers(connection, 1) == [b"AA|1"]
        until(lambda: loop.advance(1001) or server.counts["closed_idle"] == 1)
        assert is_closed(connection)


def test_silence_within_a_message_is_answered_when_the_message_s_time_is_over(loop: SteeredLoop) -> None:
    with listening(echo, idle_s=1000, frame_s=3000) as (server, port), connect(port) as connection:
        connection.sendall(frame(message("1"))[:-5])
        until(lambda: any(session.deframer.mid_frame for session in server.sessions))
        until(lambda: loop.advance(1001) or server.counts["fault_no_end"])
        assert answers(connection, 1) == [b"AR|1"]
        assert is_closed(connection)
        assert not server.counts["closed_idle"]


def test_a_peer_that_has_sent_all_still_gets_its_answers() -> None:
    with listening(echo) as (_, port), connect(port) as connection:
        connection.sendall(frame(message("1")) + frame(message("2")))
        connection.shutdown(socket.SHUT_WR)
        assert answers(connection, 2) == [b"AA|1", b"AA|2"]
        assert is_closed(connection)


# R44
def test_stopping_answers_what_is_in_flight_and_accepts_nothing_more() -> None:
    begun, stopping = threading.Event(), threading.Event()

    async def handler(block: bytes, peer: Peer) -> bytes:
        begun.set()
        await set_by_the_test(stopping)
        return await echo(block, peer)

    server = MllpServer([Endpoint(port=0)], handler)
    ((_, port),) = server.start()
    with connect(port) as connection, connect(port) as idle:
        connection.sendall(frame(message("1")) + frame(message("2")))
        assert begun.wait(PATIENCE_S)
        stopper = threading.Thread(target=server.stop, args=(PATIENCE_S,))
        stopper.start()
        until(lambda: refused(port))
        stopping.set()
        assert answers(connection, 2) == [b"AA|1"], "the second was not begun and is not acknowledged"
        assert is_closed(idle)
        stopper.join(PATIENCE_S)
        assert not stopper.is_alive()
        assert refused(port)


def refused(port: int) -> bool:
    """Whether nobody listens there any more."""
    try:
        connect(port).close()
    except (ConnectionRefusedError, ConnectionResetError):  # the latter: closed while it was in the queue
        return True
    return False


def test_a_stopped_server_can_be_stopped_again_and_a_taken_port_is_told() -> None:
    with listening(echo) as (server, port):
        with pytest.raises(OSError, match="in use"):
            MllpServer([Endpoint(port=port)], echo).start()
        server.stop()
        server.stop()


def test_the_handler_is_told_who_sends() -> None:
    seen: list[Peer] = []

    async def handler(block: bytes, peer: Peer) -> bytes:
        seen.append(peer)
        return await echo(block, peer)

    with listening(handler, endpoint=Endpoint(port=0, name="ris-a")) as (_, port), client(port) as sender:
        sender.send(message("1"))
    assert (seen[0].host, seen[0].listener, seen[0].local_port) == ("127.0.0.1", "ris-a", port)
