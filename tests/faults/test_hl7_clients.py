"""Clients that are none of ours, at a whole SignGate: openssl, plain sockets, two thousand of them at once."""

from __future__ import annotations

import contextlib
import json
import resource
import shutil
import socket
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from certificates import Authority
from conftest import ROOT, need_tool
from hl7_peers import answers, connect, is_closed
from patience import PATIENCE_S, until

from plugin.domain.errors import MessageRejected
from plugin.hl7 import header
from plugin.hl7.answer import read_answer
from plugin.hl7.mllp import END, Block, Deframer, frame
from tests.ports import free_port, free_ports
from tests.running import SignGate, order, report, running, start

pytestmark = pytest.mark.slow

FILES = 3000
"""For two thousand connections, at either end."""


def configured(folder: Path, hl7: str) -> list[str]:
    """Arguments of a SignGate with `hl7` added to its listener's settings."""
    config = folder / "config"
    shutil.copytree(ROOT / "config", config, ignore=shutil.ignore_patterns("__pycache__"))
    site = config / "site.toml"
    text = site.read_text(encoding="utf-8")
    assert text.count("\n[hl7]\n") == 1
    site.write_text(text.replace("\n[hl7]\n", f"\n[hl7]\n{hl7}\n"), encoding="utf-8")
    return ["--config", str(config)]


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SignGate, Authority, int]]:
    """TLS beside the plain listener, for clients whose certificate the hospital's own authority has signed."""
    folder = tmp_path_factory.mktemp("tls")
    authority = Authority(folder)
    certificate, key = authority.issue("hl7.hospital.test")
    base, port = free_ports(4), free_port()
    tls = (
        f'tls = {{ port = {port}, certificate = "{certificate}", key = "{key}", '
        f'client_authority = "{authority.certificate}" }}'
    )
    gate = start(folder / "data", base, *configured(folder, tls))
    yield gate, authority, port
    gate.kill()


def openssl(port: int, message: bytes, *arguments: str | Path) -> bytes:
    """What ``openssl s_client`` prints for a framed message: the answer, or nothing when it is let in no further."""
    command = [
        need_tool("openssl"),
        "s_client",
        "-connect",
        f"127.0.0.1:{port}",
        "-quiet",
        *map(str, arguments),
    ]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as it:
        assert it.stdin is not None and it.stdout is not None
        # With -quiet it stays at the end of its input, so that the answer can come.
        at_last = threading.Timer(PATIENCE_S, it.kill)
        at_last.start()
        try:
            with contextlib.suppress(BrokenPipeError):
                it.stdin.write(frame(message))
                it.stdin.flush()
            said = b""
            while not said.endswith(END) and (more := it.stdout.read1()):
                said += more
            return said
        finally:
            at_last.cancel()
            it.kill()


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_openssl_with_a_certificate_is_served_beside_the_plain_listener(
    secured: tuple[SignGate, Authority, int], version: str
) -> None:
    gate, authority, port = secured
    assert f" hl7=127.0.0.1:{gate.base} hl7-tls=127.0.0.1:{port} web=" in gate.ready
    certificate, key = authority.issue("ris.hospital.test")
    trusted = ("-CAfile", authority.certificate, "-verify_return_error")
    said = openssl(port, order(f"TLS{version}"), version, "-cert", certificate, "-key", key, *trusted)
    assert f"MSA|AA|OTLS{version}".encode() in said
    assert gate.send(order(f"plain{version}")).accepted


def test_openssl_without_a_certificate_gets_no_answer_and_others_are_served(
    secured: tuple[SignGate, Authority, int], tmp_path: Path
) -> None:
    gate, _, port = secured
    stranger = Authority(tmp_path, "Another CA").issue("ris.hospital.test")
    for arguments in (
        (),
        ("-cert", stranger[0], "-key", stranger[1]),
        ("-tls1_1", "-cipher", "ALL:@SECLEVEL=0"),
    ):
        assert b"MSA|" not in openssl(port, order("TLSno"), *arguments)
    assert gate.send(order("TLSyes")).accepted


@pytest.mark.parametrize(
    "version", ["2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.7.1", "2.8", "2.8.2"]
)
def test_every_version_is_answered_in_its_own_form(
    secured: tuple[SignGate, Authority, int], version: str
) -> None:
    gate, _, _ = secured
    good = order(f"V{version}").replace(b"|P|2.4|", f"|P|{version}|".encode())
    assert gate.send(good).accepted
    bad = gate.send(good.replace(b"|NW|", b"|??|").replace(b"|OV", b"|BV"))
    lines = bad.raw.split(b"\r")
    assert (bad.code, bad.error, bad.location) == ("AE", "103", "ORC^1^1")
    assert lines[0].split(b"|")[11] == version.encode()
    withdrawn = version >= "2.7"
    assert (len(lines[1].split(b"|")) > 3) is not withdrawn, "MSA-3 was withdrawn in 2.7"
    assert lines[2].startswith(b"ERR||ORC^1^1|103^" if version >= "2.5" else b"ERR|ORC^1^1^103&"), lines[2]


@pytest.mark.parametrize(
    ("accept", "application", "good", "bad"),
    [
        ("AL", "AL", "AA", "AE"),
        ("AL", "NE", "CA", "CE"),
        ("AL", "", "CA", "CE"),
        ("NE", "AL", "AA", "AE"),
        ("SU", "NE", "CA", "AE"),
        ("ER", "NE", "", "CE"),
        ("NE", "ER", "", "AE"),
    ],
)
def test_enhanced_mode_answers_what_was_asked_for(
    secured: tuple[SignGate, Authority, int], accept: str, application: str, good: str, bad: str
) -> None:
    gate, _, _ = secured
    number = f"E{accept}{application}"
    message = order(number).replace(b"|P|2.4||||||", f"|P|2.5|||{accept}|{application}||".encode())
    wrong = message.replace(b"|NW|", b"|??|").replace(f"|O{number}|".encode(), f"|X{number}|".encode())
    with connect(gate.base) as peer:
        peer.sendall(frame(message) + frame(wrong) + frame(order(f"{number}end")))
        found = [each.decode().split("|") for each in answers(peer, 2 + bool(good))]
    expected = ([[good, f"O{number}"]] if good else []) + [[bad, f"X{number}"]]
    assert found == [*expected, ["AA", f"O{number}end"]]


def test_the_two_thousandth_connection_is_served_and_the_next_one_refused(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < FILES:
        pytest.skip(f"this system lets a process open {hard} files only")
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, hard))
    peers: list[socket.socket] = []
    try:
        with running(tmp_path / "data", *configured(tmp_path, "connections = 2000")) as gate:
            peers += (connect(gate.base) for _ in range(2000))
            for number in (0, 999, 1999):
                peers[number].sendall(frame(order(f"C{number}")))
                assert answers(peers[number], 1) == [f"AA|OC{number}".encode()]
            with connect(gate.base) as one_too_many:
                assert is_closed(one_too_many)
            for peer in peers[:1000]:
                peer.close()
            until(lambda: taken_again(gate))  # the places of those who left are given again
            peers[1500].sendall(frame(report("C1500", "双肺纹理清晰。", "未见异常。")))
            assert answers(peers[1500], 1) == [b"AA|UC1500"]
            assert gate.terminate() == 0
    finally:
        for peer in peers:
            peer.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def taken_again(gate: SignGate) -> bool:
    """Whether a new sender finds a place and is served."""
    with connect(gate.base) as again, contextlib.suppress(OSError):
        again.sendall(frame(order("Cagain")))
        return answers(again, 1) == [b"AA|OCagain"]
    return False


@pytest.mark.shared
def test_every_sample_is_answered_and_found_again_byte_for_byte(shared: Path, tmp_path: Path) -> None:
    """What public suites and Chinese systems send: understood, or refused with a reason; the bytes are kept."""
    folder = shared / "samples" / "hl7"
    sent: dict[str, bytes] = {}
    with running(tmp_path / "data") as gate:
        for number, entry in enumerate(json.loads((folder / "manifest.json").read_text(encoding="utf-8"))):
            # The constructed samples share one control ID and MSH-7, which would be one message only.
            block = _unframed((folder / entry["file"]).read_bytes())
            block = block.replace(b"|RIS2024061200418|", b"|RIS%d|" % number)
            sent[entry["file"]] = block
            with connect(gate.base) as peer:
                # The second message has its answer in any case: a sender may have waived the first one's.
                peer.sendall(frame(block) + frame(order(f"S{number}")))
                answered = _blocks_until(peer, f"MSA|AA|OS{number}".encode())
            assert len(answered) == 2 or _wants_no_answer(block), entry["file"]
            for answer in answered[:-1]:
                reply = read_answer(answer)
                assert reply.accepted or (reply.error and reply.text), entry["file"]
        assert gate.terminate() == 0
    with closing(sqlite3.connect(tmp_path / "data" / "signgate.sqlite")) as database:
        kept = dict(database.execute("select raw, state from messages").fetchall())
        texts = database.execute("select body from reports").fetchall()
        reasons = database.execute("select error from messages where state <> 'accepted'").fetchall()
    assert [name for name, block in sent.items() if block not in kept] == []
    assert all(error for (error,) in reasons)
    assert all("\ufffd" not in body for (body,) in texts)
    accepted = sum(kept[block] == "accepted" for block in sent.values())
    assert accepted >= 25, "the rest are other types, or lack what an order or a report must have"


def _unframed(raw: bytes) -> bytes:
    """The message of a sample, some of which were saved with frame characters."""
    if not raw.startswith(b"\x0b"):
        return raw
    (block,) = Deframer().feed(raw if b"\x1c" in raw else frame(raw[1:]))
    assert isinstance(block, Block)
    return block.payload


def _wants_no_answer(block: bytes) -> bool:
    try:
        head = header.read(block)
    except MessageRejected:
        return False
    return (head.text(15), head.text(16)) == ("NE", "NE")


def _blocks_until(peer: socket.socket, last: bytes) -> list[bytes]:
    deframer, found = Deframer(), list[bytes]()
    while not found or last not in found[-1]:
        data = peer.recv(65536)
        assert data, "closed without an answer"
        found += [each.payload for each in deframer.feed(data) if isinstance(each, Block)]
    return found
