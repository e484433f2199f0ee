"""A running site and an audit repository of its own: syslog over TLS, away for a while, and not whom it should be."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
from patience import until
from ports import free_port
from running_site import Console, running_site, score
from stores import temporary_store
from tls_files import Authority

from plugin.delivery.follow_audit import FollowAudit
from plugin.domain.errors import DeliveryFailed
from plugin.notify.syslog import SyslogTls
from plugin.pacs.node import TlsOptions, tls_context


class Repository:
    """Reads frames (RFC 5425) from whoever shows a certificate of the authority."""

    def __init__(self, authority: Authority, port: int) -> None:
        self.authority = authority
        certificate, key = self.authority.issue("localhost")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        context.load_verify_locations(self.authority.path)
        context.verify_mode = ssl.CERT_REQUIRED
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port = self._listener.getsockname()[1]
        self._context = context
        self.lines: list[str] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            try:
                with self._context.wrap_socket(plain, server_side=True) as wire:
                    raw = b""
                    while data := wire.recv(65536):
                        raw += data
            except OSError:
                continue
            while raw:
                length, _, rest = raw.partition(b" ")
                self.lines.append(rest[: int(length)].decode("utf-8"))
                raw = rest[int(length) :]

    def close(self) -> None:
        self._listener.close()

    def events(self) -> list[tuple[str, str]]:
        """(event, type) of what has come, in order."""
        found = []
        for each in self.lines:
            root = ElementTree.fromstring(each.partition("\ufeff")[2].encode())
            codes = [root.find(f"EventIdentification/{name}") for name in ("EventID", "EventTypeCode")]
            found.append(tuple(code.get("csd-code", "") if code is not None else "" for code in codes))
        return found


@contextmanager
def repository(folder: Path) -> Iterator[Repository]:
    folder.mkdir()
    made = Repository(Authority(folder), 0)
    try:
        yield made
    finally:
        made.close()


def options(repo: Repository) -> TlsOptions:
    certificate, key = repo.authority.issue("signgate")
    return TlsOptions(authority=repo.authority.path, certificate=certificate, key=key)


@pytest.mark.slow
def test_a_running_site_tells_who_did_what(tmp_path: Path) -> None:
    with repository(tmp_path / "pki") as repo:
        tls = options(repo)
        toml = (
            f'[atna]\nhost = "localhost"\nport = {repo.port}\npoll_s = 0.2\n'
            f'[atna.tls]\nauthority = "{tls.authority}"\ncertificate = "{tls.certificate}"\nkey = "{tls.key}"\n'
        )
        with running_site(tmp_path / "site", toml) as gate:
            score(gate)
            Console(gate, "head")
            stored = ("110104", "")
            until(lambda: stored in repo.events() and ("110114", "110122") in repo.events())
            assert gate.terminate() == 0
        events = repo.events()
        assert events[0] == ("110100", "110120"), "the start first"
        assert events[-1] == ("110100", "110121"), "and the stop last, told before we end"
        [transferred] = [each for each in repo.lines if "DICOM Instances Transferred" in each]
        assert 'ParticipantObjectID="P1"' in transferred
        assert "测试甲" not in "".join(repo.lines)
        assert "测试医师" not in "".join(repo.lines)


def test_a_repository_that_is_away_gets_everything_once_when_it_is_back(tmp_path: Path) -> None:
    port = free_port()
    with repository(tmp_path / "pki") as first:
        tls = options(first)
    receiver = SyslogTls(host="localhost", port=port, tls=tls_context(tls))
    with temporary_store(tmp_path / "data") as store:
        follower = FollowAudit(
            store.read,
            lambda rows: receiver.send([f"{row.number}".encode() for row in rows]),
            tmp_path / "position",
            poll_s=0.1,
        )
        follower.start()
        for number in range(3):
            store.write(
                lambda uow, number=number: uow.audit.append(
                    datetime(2026, 6, 1, tzinfo=UTC), "liu", "x", str(number), {}
                )
            )
        until(lambda: "did not take 3 messages" in "".join(follower.faults()))
        back = Repository(first.authority, port)
        try:
            until(lambda: len(back.lines) >= 3 and not follower.faults())
            assert back.lines == ["1", "2", "3"]
            assert (tmp_path / "position").read_text() == "3\n"
        finally:
            back.close()
            follower.stop()


def test_a_repository_of_another_authority_gets_nothing(tmp_path: Path) -> None:
    with repository(tmp_path / "one") as real, repository(tmp_path / "other") as impostor:
        receiver = SyslogTls(host="localhost", port=impostor.port, tls=tls_context(options(real)))
        with pytest.raises(DeliveryFailed, match="did not take 1 messages"):
            receiver.send([b"secret"])
        assert impostor.lines == []
