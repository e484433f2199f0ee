"""The sender: one connection, the right answer to the right message."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from hl7_peers import SteeredLoop, client, is_closed, listening
from patience import PATIENCE_S, until
from ports import free_port

from plugin.domain.errors import DeliveryFailed
from plugin.hl7.answer import read_answer
from plugin.hl7.client import Late
from plugin.hl7.mllp import frame
from plugin.hl7.session import Peer


def message(control_id: str) -> bytes:
    return f"MSH|^~\\&|S|Q|RIS|H1|1||ORU^R01|{control_id}|P|2.4\r".encode()


def ack(control_id: str, code: str = "AA", more: str = "") -> bytes:
    return f"MSH|^~\\&|RIS|H1|S|Q|1||ACK|X|P|2.4\rMSA|{code}|{control_id}{more}\r".encode()


async def accept(block: bytes, _peer: Peer) -> bytes:
    return ack(block.split(b"|")[9].decode())


@contextmanager
def scripted(*replies: bytes) -> Iterator[tuple[int, list[int]]]:
    """A peer that sends `replies`, one a frame that it reads; how many connections it has seen."""
    seen: list[int] = []
    left = list(replies)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while left:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                seen.append(1)
                with connection:
                    while left and connection.recv(65536):
                        connection.sendall(left.pop(0))
                    connection.settimeout(PATIENCE_S)
                    try:
                        connection.recv(1)
                    except OSError:
                        continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1], seen


def test_messages_share_one_connection() -> None:
    with listening(accept) as (server, port), client(port) as sender:
        for number in range(5):
            answer = sender.send(message(str(number)))
            assert answer is not None
            assert (answer.accepted, answer.control_id) == (True, str(number))
        assert server.counts["opened"] == 1


# R46
def test_an_answer_to_another_message_is_not_believed_and_the_connection_dropped() -> None:
    with scripted(frame(ack("OLD")), frame(ack("2"))) as (port, seen), client(port) as sender:
        with pytest.raises(DeliveryFailed, match="'OLD' instead of '1'") as caught:
            sender.send(message("1"))
        assert caught.value.retry
        answer = sender.send(message("2"))
        assert answer is not None and answer.control_id == "2"
        assert len(seen) == 2


def test_a_late_answer_is_never_read_as_the_next_one() -> None:
    release = threading.Event()

    async def late(block: bytes, peer: Peer) -> bytes:
        while b"|slow|" in block and not release.is_set():
            await asyncio.sleep(0.01)
        return await accept(block, peer)

    with listening(late) as (server, port), client(port, answer_s=0.2) as sender:
        with pytest.raises(DeliveryFailed, match=r"no answer in 0\.2 s"):
            sender.send(message("slow"))
        release.set()
        sender.destination = replace(sender.destination, answer_s=PATIENCE_S)
        answer = sender.send(message("next"))
        assert answer is not None and answer.control_id == "next"
        assert server.counts["opened"] == 2


def test_an_answer_nobody_asked_for_does_not_stay_in_the_line() -> None:
    with scripted(frame(ack("1")) + frame(ack("1")), frame(ack("2"))) as (port, _), client(port) as sender:
        sender.send(message("1"))
        answer = sender.send(message("2"))
        assert answer is not None and answer.control_id == "2"


def test_the_application_s_answer_after_the_commit_s_is_passed_over() -> None:
    """A receiver in enhanced mode: CA at once, AA when it is done, sometimes with the next answer."""
    replies = (
        frame(ack("1", "CA")) + frame(ack("1")),
        frame(ack("2", "CA")),
        frame(ack("2")) + frame(ack("1")) + frame(ack("3", "CA")),
    )
    with scripted(*replies) as (port, seen), client(port) as sender:
        for number in "123":
            answer = sender.send(message(number))
            assert answer is not None and (answer.code, answer.control_id) == ("CA", number)
        assert len(seen) == 1, "the connection is kept, and nothing is sent twice"


def test_what_an_application_says_after_its_commit_is_kept_once_for_who_asks() -> None:
    replies = (
        frame(ack("1", "CA")) + frame(ack("1", "CA")) + frame(ack("1", "AE", "|no such patient")),
        frame(ack("2", "CA")),
        frame(ack("2")) + frame(ack("1")) + frame(ack("3")) + frame(ack("3", "AE")),
    )
    with scripted(*replies) as (port, seen), client(port) as sender:
        for number in "123":
            sender.send(message(number))
        said: list[tuple[str, str, str]] = []
        until(
            lambda: (
                said.extend((late.sender, late.answer.control_id, late.answer.code) for late in sender.late())
                or len(said) == 2
            )
        )
        assert said == [("S|Q", "1", "AE"), ("S|Q", "2", "AA")], (
            "an AA is an application's own, nothing follows it"
        )
        assert not sender.awaits_late
        assert len(seen) == 1


def test_a_late_answer_is_heard_of_a_peer_that_has_closed_meanwhile() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, client(listener.getsockname()[1]) as sender:
        said: list[Late] = []

        def receiver() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(frame(ack("1", "CA")) + frame(ack("1", "AR")))

        thread = threading.Thread(target=receiver, daemon=True)
        thread.start()
        answer = sender.send(message("1"))
        assert answer is not None and answer.code == "CA" and sender.awaits_late
        thread.join(PATIENCE_S)
        until(lambda: said.extend(sender.late()) or said)
        assert [late.answer.code for late in said] == ["AR"]
        until(lambda: not sender.late() and not sender.awaits_late)


def test_a_late_answer_on_a_later_connection_is_heard_and_hinders_no_message() -> None:
    """Receivers that close after each message say on the next connection what they made of the last."""
    replies = frame(ack("1", "CA")), frame(ack("1", "AE")) + frame(ack("2", "CA"))
    with scripted(*replies) as (port, seen), client(port) as sender:
        first = sender.send(message("1"))
        sender.close()
        second = sender.send(message("2"))
        assert first and second and (first.code, second.code) == ("CA", "CA")
        assert [(late.answer.control_id, late.answer.code) for late in sender.late()] == [("1", "AE")]
        assert len(seen) == 2


def test_a_peer_that_closes_is_dialled_again(loop: SteeredLoop) -> None:
    with listening(accept, idle_s=1000) as (server, port), client(port) as sender:
        sender.send(message("1"))
        until(lambda: loop.advance(1001) or server.counts["closed_idle"] == 1)
        assert sender._socket is not None
        assert is_closed(sender._socket)
        assert sender.send(message("2")) is not None
        assert server.counts["opened"] == 2


@pytest.mark.parametrize(
    ("code", "retry"), [("AE", True), ("CE", True), ("AR", False), ("CR", False), ("XX", False)]
)
def test_refusals_say_whether_trying_again_may_help(code: str, retry: bool) -> None:
    with scripted(frame(ack("1", code, "|PID-3 missing"))) as (port, _), client(port) as sender:
        with pytest.raises(DeliveryFailed, match="PID-3 missing") as caught:
            sender.deliver(message("1"))
        assert caught.value.retry is retry


def test_nobody_there() -> None:
    with client(free_port()) as sender, pytest.raises(DeliveryFailed, match="refused") as caught:
        sender.send(message("1"))
    assert caught.value.retry


@pytest.mark.parametrize("reply", [frame(b"MSH|^~\\&|x"), frame(b"nonsense"), frame(ack("1"))[:-8] + b"\x0b"])
def test_an_answer_that_is_none_is_an_error(reply: bytes) -> None:
    with scripted(reply) as (port, _), client(port, answer_s=0.5) as sender, pytest.raises(DeliveryFailed):
        sender.send(message("1"))


def test_answers_are_read_in_their_own_charset_and_form() -> None:
    old = "MSH|^~\\&|A|B|C|D|1||ACK|X|P|2.3||||||GB 18030-2000\rMSA|AE|张1|缺少 PID\rERR|PID^1^3^101&缺少&HL70357\r"
    answer = read_answer(old.encode("gb18030"))
    assert (answer.code, answer.control_id, answer.error, answer.text) == ("AE", "张1", "101", "缺少 PID")
    new = "MSH|^~\\&|A|B|C|D|1||ACK|X|P|2.5\rMSA|AR|1\rERR||MSH^1^9|200^x^HL70357|E|||why|为什么\r"
    answer = read_answer(new.encode())
    assert (answer.code, answer.error, answer.text) == ("AR", "200", "为什么")


@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
def test_an_answer_that_lost_characters_is_an_answer(codec: str) -> None:
    answer = read_answer("MSH|^~\\&|\ufffd|H|S|Q|1||ACK|9|P|2.4\rMSA|AA|7|\ufffd\r".encode(codec))
    assert (answer.code, answer.control_id, answer.accepted) == ("AA", "7", True)
