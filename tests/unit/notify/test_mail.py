"""A mail over a real SMTP conversation."""

import email
import email.policy
import socketserver
import threading
from collections.abc import Iterator

import pytest

from plugin.domain.errors import DeliveryFailed
from plugin.domain.notice import Notice
from plugin.notify.mail import MailOptions, send_mail
from plugin.notify.tools import Tools


class Relay(socketserver.ThreadingTCPServer):
    """Speaks enough SMTP to take a mail; `refuse` names a command that is answered with 550."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.mails: list[bytes] = []
        self.refuse: dict[str, str] = {}


class _Conversation(socketserver.StreamRequestHandler):
    server: Relay

    def handle(self) -> None:
        self._say("220 relay.test")
        while line := self.rfile.readline():
            word = line.split()[0].decode().upper() if line.split() else ""
            if word in self.server.refuse:
                self._say(self.server.refuse[word])
            elif word == "EHLO":
                self._say("250-relay.test\r\n250 AUTH PLAIN")
            elif word == "DATA":
                self._say("354 go on")
                self.server.mails.append(b"".join(iter(self.rfile.readline, b".\r\n")))
                self._say("250 taken")
            elif word == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("235 welcome" if word == "AUTH" else "250 ok")

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")


@pytest.fixture
def relay() -> Iterator[Relay]:
    server = Relay()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def options(relay: Relay, **changes: object) -> MailOptions:
    given: dict[str, object] = {
        "host": "127.0.0.1",
        "port": relay.server_address[1],
        "security": "none",
        "sender": "signgate@hospital.test",
        "recipients": ("duty@hospital.test",),
        "timeout_s": 30.0,
    }
    return MailOptions.model_validate({**given, **changes})


def test_a_mail_names_nobody_by_default(relay: Relay, tools: Tools, notice: Notice) -> None:
    assert send_mail(options(relay), tools, notice) is False
    mail = email.message_from_bytes(relay.mails[0], policy=email.policy.default)
    said = str(mail["Subject"]) + mail.get_content()
    assert "红色危急值" in said
    assert not [word for word in ("测试患者甲", "P0001", "ACC-77", "大量气胸") if word in said]
    assert mail["Message-ID"] == "<0123456789abcdef.raised.0@signgate>"


def test_a_mail_of_the_house_says_who(relay: Relay, tools: Tools, notice: Notice) -> None:
    send_mail(options(relay, leaves_hospital=False, user="signgate", secret="mail"), tools, notice)
    mail = email.message_from_bytes(relay.mails[0], policy=email.policy.default)
    assert "测试患者甲" in mail.get_content()


@pytest.mark.parametrize(
    ("refuse", "told", "retry"),
    [
        ({"AUTH": "535 no"}, "password", False),
        ({"RCPT": "550 who"}, "took no mail", True),
        ({"DATA": "554 full"}, "took no mail", True),
        ({"EHLO": "421 busy", "HELO": "421 busy"}, "took no mail", True),
    ],
)
def test_a_refusal_is_a_failure(
    relay: Relay, tools: Tools, notice: Notice, refuse: dict[str, str], told: str, retry: bool
) -> None:
    relay.refuse = refuse
    with pytest.raises(DeliveryFailed, match=told) as caught:
        send_mail(options(relay, user="signgate", secret="mail"), tools, notice)
    assert caught.value.retry is retry


def test_a_server_that_cannot_encrypt_gets_nothing(relay: Relay, tools: Tools, notice: Notice) -> None:
    with pytest.raises(DeliveryFailed):
        send_mail(options(relay, security="starttls"), tools, notice)
    assert relay.mails == []


def test_nobody_listening_is_a_failure(relay: Relay, tools: Tools, notice: Notice) -> None:
    with pytest.raises(DeliveryFailed, match="took no mail"):
        send_mail(options(relay, port=9), tools, notice)
