"""signgate send: many messages, each acknowledgement, the exit status."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from hl7_peers import listening

from plugin.commands.send import address, command, messages_in
from plugin.hl7.mllp import frame
from plugin.hl7.session import Peer

MESSAGE = "MSH|^~\\&|RIS|H1|S|Q|1||ORU^R01|{}|P|2.5||||||UNICODE UTF-8\rPID|1||P1||张三\r"


def message(control_id: object) -> bytes:
    return MESSAGE.format(control_id).encode()


async def judge(block: bytes, _peer: Peer) -> bytes:
    control_id = block.split(b"|")[9].decode()
    code = "AE" if control_id.startswith("bad") else "AA"
    err = "ERR||PID^1^3|101^Required field missing^HL70357|E||||PID-3 缺失\r" if code == "AE" else ""
    return f"MSH|^~\\&|S|Q|RIS|H1|1||ACK|X|P|2.5\rMSA|{code}|{control_id}\r{err}".encode()


def run(*args: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(command, args)
    return result.exit_code, result.stdout, result.stderr


def test_every_message_s_acknowledgement_is_printed(tmp_path: Path) -> None:
    (tmp_path / "one.hl7").write_bytes(message(1))
    (tmp_path / "many.hl7").write_bytes(message(2) + message(3))
    with listening(judge) as (server, port):
        status, out, _ = run(
            str(tmp_path / "one.hl7"), str(tmp_path / "many.hl7"), "--to", f"127.0.0.1:{port}"
        )
        assert server.counts["opened"] == 1, "one connection for all"
    assert status == 0
    assert [line.split(": ")[1] for line in out.splitlines()] == ["AA 1", "AA 2", "AA 3"]
    assert "many.hl7#2: AA 3" in out


def test_a_refusal_is_told_with_its_place_and_the_status_is_1(tmp_path: Path) -> None:
    (tmp_path / "x.hl7").write_bytes(message("bad1") + message(2))
    with listening(judge) as (_, port):
        status, out, err = run(str(tmp_path / "x.hl7"), "--to", f"127.0.0.1:{port}")
    assert status == 1
    assert "AE bad1 101 PID^1^3 PID-3 缺失" in out
    assert "AA 2" in out, "the rest is sent all the same"
    assert "1 of 2" in err


def test_nobody_listening_is_an_error_of_one_line(tmp_path: Path) -> None:
    (tmp_path / "x.hl7").write_bytes(message(1))
    status, out, _ = run(str(tmp_path / "x.hl7"), "--to", "127.0.0.1:1")
    assert status == 1
    assert "not delivered" in out and "refused" in out


def test_a_message_that_asks_for_silence_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "x.hl7").write_bytes(message(1).replace(b"|2.5|||", b"|2.5|||NE|NE"))

    async def silent(_block: bytes, _peer: Peer) -> None:
        return None

    with listening(silent) as (_, port):
        status, out, _ = run(str(tmp_path / "x.hl7"), "--to", f"127.0.0.1:{port}")
    assert status == 0 and "asks for no acknowledgement" in out


def test_the_whole_acknowledgement_on_request(tmp_path: Path) -> None:
    (tmp_path / "x.hl7").write_bytes(message(1))
    with listening(judge) as (_, port):
        _, out, _ = run(str(tmp_path / "x.hl7"), "--to", f"127.0.0.1:{port}", "--show")
    assert "  MSH|^~\\&|S|Q|RIS|H1" in out and "  MSA|AA|1" in out


@pytest.mark.parametrize(
    "content",
    [
        message(1) + message(2),
        frame(message(1)) + frame(message(2)),
        frame(message(1)) + b"\r\n" + b"\x0b" + message(2),
        b"FHS|^~\\&|A\rBHS|^~\\&|A\r" + message(1) + message(2) + b"BTS|2\rFTS|1\r",
        b"\xef\xbb\xbf" + message(1) + message(2),
    ],
)
def test_files_of_every_kind_hold_their_messages_untouched(content: bytes) -> None:
    assert list(messages_in(content)) == [message(1), message(2)]


def test_segment_ends_are_changed_only_on_request(tmp_path: Path) -> None:
    seen: list[bytes] = []

    async def note(block: bytes, peer: Peer) -> bytes:
        seen.append(block)
        return await judge(block, peer)

    (tmp_path / "x.hl7").write_bytes(message(1).replace(b"\r", b"\n"))
    with listening(note) as (_, port):
        for options in ((), ("--cr",)):
            run(str(tmp_path / "x.hl7"), "--to", f"127.0.0.1:{port}", *options)
    assert seen == [message(1).replace(b"\r", b"\n"), message(1)]


def test_addresses() -> None:
    assert address("ris.example:2575") == ("ris.example", 2575)
    assert address("[::1]:2575") == ("::1", 2575)
    for wrong in ("host", "host:", ":2575", "host:x", "host:70000"):
        with pytest.raises(click.BadParameter):
            address(wrong)


def test_a_file_without_a_message_is_wrong_use(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("hello")
    result = CliRunner().invoke(command, [str(tmp_path / "x.txt")])
    assert result.exit_code != 0
    assert "holds no HL7 message" in str(result.exception)
