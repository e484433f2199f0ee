"""TLS on both ends: who gets in, and who does not."""

from __future__ import annotations

import ssl
from contextlib import suppress
from pathlib import Path

import pytest
from certificates import Authority
from hl7_peers import client, connect, is_closed, listening
from patience import until
from structlog.testing import capture_logs

from plugin.domain.errors import DeliveryFailed
from plugin.hl7.client import MllpClient
from plugin.hl7.mllp import frame
from plugin.hl7.server import Endpoint
from plugin.hl7.session import Peer
from plugin.hl7.tls import certificate_names, client_context, server_context

MESSAGE = b"MSH|^~\\&|RIS|H1|S|Q|1||ORU^R01|1|P|2.4\r"
SEEN: list[Peer] = []


async def accept(_block: bytes, peer: Peer) -> bytes:
    SEEN.append(peer)
    return b"MSH|^~\\&|S|Q|RIS|H1|1||ACK|X|P|2.4\rMSA|AA|1\r"


@pytest.fixture
def ca(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def endpoint(ca: Authority, *, mutual: bool = True) -> Endpoint:
    certificate, key = ca.issue("hl7.hospital.test")
    return Endpoint(port=0, tls=server_context(certificate, key, ca.certificate if mutual else None))


def secured(port: int, ca: Authority, who: tuple[Path, Path] | None, **how: str) -> MllpClient:
    context = client_context(ca.certificate, *(who or (None, None)))
    return client(port, tls=context, server_name=how.get("server_name", "hl7.hospital.test"))


def test_a_client_with_a_certificate_is_served_and_known_by_name(ca: Authority) -> None:
    with (
        listening(accept, endpoint=endpoint(ca)) as (_, port),
        secured(port, ca, ca.issue("ris.test")) as sender,
    ):
        for _ in range(3):
            assert sender.send(MESSAGE).accepted
    assert SEEN[-1].certificate == "ris.test"


def test_without_mutual_authentication_any_client_may_come(ca: Authority) -> None:
    with (
        listening(accept, endpoint=endpoint(ca, mutual=False)) as (_, port),
        secured(port, ca, None) as sender,
    ):
        assert sender.send(MESSAGE).accepted


# S10
@pytest.mark.parametrize("who", ["nobody", "self-signed", "expired"])
def test_a_client_that_cannot_prove_itself_does_not_get_in(who: str, ca: Authority, tmp_path: Path) -> None:
    certificate = {
        "nobody": lambda: None,
        "self-signed": lambda: Authority(tmp_path, "Other CA").issue("ris.test"),
        "expired": lambda: ca.issue("ris.test", days=-1),
    }[who]()
    with (
        capture_logs() as logged,
        listening(accept, endpoint=endpoint(ca)) as (server, port),
        secured(port, ca, certificate) as sender,
    ):
        before = len(SEEN)
        with pytest.raises(DeliveryFailed):
            sender.send(MESSAGE)
        assert len(SEEN) == before
        with secured(port, ca, ca.issue("ris.test")) as good:
            assert good.send(MESSAGE).accepted
        until(lambda: server.counts["failed_handshake"] == 1)
    (told,) = [entry for entry in logged if entry["event"] == "hl7.handshake"]
    assert told["peer"].startswith("127.0.0.1:")
    words = {
        "nobody": "peer did not return",
        "self-signed": "unable to get local issuer",
        "expired": "has expired",
    }
    assert words[who] in told["problem"]


def test_what_came_with_the_end_of_the_handshake_is_not_lost(ca: Authority) -> None:
    """In TLS 1.3 a client's first message may lie in the segment that ends its handshake."""
    context = client_context(ca.certificate, *ca.issue("ris.test"))
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname="hl7.hospital.test")
    with listening(accept, endpoint=endpoint(ca)) as (_, port), connect(port) as connection:
        with pytest.raises(ssl.SSLWantReadError):
            tls.do_handshake()
        connection.sendall(outgoing.read())
        while True:
            incoming.write(connection.recv(65536))
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                continue
        tls.write(frame(MESSAGE))
        connection.sendall(outgoing.read())
        answer = b""
        while b"MSA|AA|1" not in answer:
            incoming.write(connection.recv(65536))
            with suppress(ssl.SSLWantReadError):
                answer += tls.read(65536)


def test_connections_that_only_begin_a_handshake_do_not_outnumber_the_limit(ca: Authority) -> None:
    with listening(accept, endpoint=endpoint(ca), connections=3) as (server, port):
        idle = [connect(port) for _ in range(3)]
        with connect(port) as one_more:
            assert is_closed(one_more)
        assert server.counts["refused_full"] == 1
        for each in idle:
            each.close()
        until(lambda: server.counts["failed_handshake"] == 3)
        with secured(port, ca, ca.issue("ris.test")) as good:
            assert good.send(MESSAGE).accepted


def test_who_may_not_connect_costs_no_handshake(ca: Authority) -> None:
    with listening(accept, endpoint=endpoint(ca), allowed=("10.0.0.0/8",)) as (server, port):
        with connect(port) as stranger:
            assert is_closed(stranger)
        assert server.counts["refused_address"] == 1
        assert server.counts["failed_handshake"] == 0


def test_a_look_whether_the_port_is_open_is_counted_and_not_told(ca: Authority) -> None:
    with capture_logs() as logged, listening(accept, endpoint=endpoint(ca)) as (server, port):
        connect(port).close()
        until(lambda: server.counts["failed_handshake"] == 1)
    assert not [entry for entry in logged if entry["event"] == "hl7.handshake"]


def test_a_certificate_of_the_wrong_name_is_refused(ca: Authority) -> None:
    with listening(accept, endpoint=endpoint(ca), certificates=("ris.test",)) as (server, port):
        with secured(port, ca, ca.issue("lis.test")) as stranger, pytest.raises(DeliveryFailed):
            stranger.send(MESSAGE)
        until(lambda: server.counts["refused_certificate"] == 1)
        with secured(port, ca, ca.issue("ris.test")) as friend:
            assert friend.send(MESSAGE).accepted


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_old_versions_are_not_spoken(version: ssl.TLSVersion, ca: Authority) -> None:
    context = client_context(ca.certificate, *ca.issue("ris.test"))
    context.minimum_version = context.maximum_version = version
    context.set_ciphers("ALL:@SECLEVEL=0")
    with (
        listening(accept, endpoint=endpoint(ca)) as (_, port),
        client(port, tls=context, server_name="hl7.hospital.test") as old,
        pytest.raises(DeliveryFailed),
    ):
        old.send(MESSAGE)


def test_a_weak_cipher_is_not_agreed_on(ca: Authority) -> None:
    context = client_context(ca.certificate, *ca.issue("ris.test"))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES128-SHA:ECDHE-ECDSA-AES128-SHA")
    with (
        listening(accept, endpoint=endpoint(ca)) as (_, port),
        client(port, tls=context, server_name="hl7.hospital.test") as weak,
        pytest.raises(DeliveryFailed),
    ):
        weak.send(MESSAGE)


def test_our_client_refuses_a_server_of_another_name_or_authority(ca: Authority, tmp_path: Path) -> None:
    with listening(accept, endpoint=endpoint(ca, mutual=False)) as (_, port):
        with (
            secured(port, ca, None, server_name="other.test") as sender,
            pytest.raises(DeliveryFailed, match="certificate not accepted"),
        ):
            sender.send(MESSAGE)
        other = Authority(tmp_path, "Other CA")
        with (
            client(port, tls=client_context(other.certificate), server_name="hl7.hospital.test") as sender,
            pytest.raises(DeliveryFailed, match="certificate not accepted"),
        ):
            sender.send(MESSAGE)


def test_plain_bytes_on_a_tls_port_are_dropped_and_others_served(ca: Authority) -> None:
    with listening(accept, endpoint=endpoint(ca)) as (_, port):
        with client(port) as plain, pytest.raises(DeliveryFailed):
            plain.send(frame(MESSAGE))
        with secured(port, ca, ca.issue("ris.test")) as good:
            assert good.send(MESSAGE).accepted


def test_names_of_a_certificate() -> None:
    given = {
        "subject": ((("commonName", "a"),), (("organizationName", "o"),)),
        "subjectAltName": (("DNS", "b"), ("IP Address", "1.1.1.1")),
    }
    assert certificate_names(given) == ["a", "b"]
    assert certificate_names(None) == []
