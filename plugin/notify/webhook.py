"""Signed calls to other systems (Standard Webhooks) that cannot be led astray.

The host and port must stand on the channel's list; the name is resolved once, each address
is checked, and the connection goes to the address that was checked, so that a name which
resolves to something else a moment later gains nothing.  Redirects are not followed, no
proxy of the environment is used, and a time-out bounds the whole call, drip by drip.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from plugin.domain.errors import DeliveryFailed
from plugin.domain.notice import Notice
from plugin.kit import signature
from plugin.kit.registry import Options
from plugin.notify.messages import MessageWriter, message_id
from plugin.notify.tools import Resolve, Tools

_MOST_ANSWER = 65_536


class WebhookOptions(Options):
    """Where to call, and what to believe.

    Parameters
    ----------
    url
        ``https://host[:port]/path``; ``http`` only with `plain_http`.
    secret
        Name under which the site keeps the signing secret.
    allowed
        ``host:port`` pairs that may be called; the URL's must be one of them.
    networks
        Private networks (``10.20.0.0/16``) that the host may lie in; without any it must be a
        public address.
    leaves_hospital
        Then the message names no patient.
    body
        ``signgate``: our JSON; ``wecom`` (also DingTalk) and ``feishu``: a text message to a robot.
    timeout_s
        For the whole call.
    """

    url: str
    secret: str
    allowed: tuple[str, ...]
    networks: tuple[str, ...] = ()
    leaves_hospital: bool = True
    plain_http: bool = False
    body: Literal["signgate", "wecom", "feishu"] = "signgate"
    timeout_s: float = Field(default=5.0, gt=0, le=30)

    @field_validator("networks")
    @classmethod
    def _networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for network in networks:
            ipaddress.ip_network(network)
        return networks

    @model_validator(mode="after")
    def _address(self) -> Self:
        parts = urlsplit(self.url)
        if parts.scheme != "https" and not (parts.scheme == "http" and self.plain_http):
            raise ValueError("url must be https:// (http:// only with plain_http = true)")
        if not parts.hostname or parts.username or parts.password:
            raise ValueError("url needs a host, and no user or password in it")
        if self.place not in self.allowed:
            raise ValueError(f"{self.place} is not in allowed")
        return self

    @property
    def place(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


def send_webhook(options: WebhookOptions, tools: Tools, notice: Notice) -> bool:
    """Call; ``False``, for a system that took the message is not yet a person who read it.

    Raises
    ------
    DeliveryFailed
        The address is not allowed, nobody answered in time, or the answer was not a success;
        ``retry`` is false where only the settings can help.
    """
    body = json.dumps(_content(options, tools.writer, notice), ensure_ascii=False).encode()
    key = signature.decode_secret(tools.secret(options.secret))
    headers = signature.headers(key, message_id(notice), int(tools.clock().timestamp()), body)
    status, answer = post(options, tools, body, headers)
    if 300 <= status < 400:
        raise DeliveryFailed(f"{options.place} redirects ({status}); name the final address", retry=False)
    if not 200 <= status < 300:
        raise DeliveryFailed(f"{options.place} answered {status}", retry=True)
    if options.body != "signgate" and (code := _robot_error(answer)):
        # A robot says 200 and means no.
        raise DeliveryFailed(f"{options.place} refused the message: code {code}", retry=True)
    return False


def post(options: WebhookOptions, tools: Tools, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
    """Send one POST to the pinned address and return status and answer."""
    parts = urlsplit(options.url)
    host, port = options.place.rsplit(":", 1)
    address = _allowed_address(options, tools.resolve, host, int(port))
    connection = http.client.HTTPConnection(host, int(port), timeout=options.timeout_s)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    wire: socket.socket | None = None

    def give_up() -> None:
        if wire is not None:
            with suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)

    deadline = threading.Timer(options.timeout_s, give_up)
    deadline.start()
    try:
        wire = socket.create_connection((address, int(port)), timeout=options.timeout_s)
        if parts.scheme == "https":
            wire = tools.tls().wrap_socket(wire, server_hostname=host)
        connection.sock = wire
        sent = {**headers, "Content-Type": "application/json; charset=utf-8", "Connection": "close"}
        connection.request("POST", path, body, sent)
        answer = connection.getresponse()
        return answer.status, answer.read(_MOST_ANSWER)
    except (OSError, http.client.HTTPException) as error:
        raise DeliveryFailed(
            f"{options.place} cannot be called: {type(error).__name__}", retry=True
        ) from error
    finally:
        deadline.cancel()
        connection.close()


def _allowed_address(options: WebhookOptions, look_up: Resolve, host: str, port: int) -> str:
    try:
        addresses = look_up(host, port)
    except OSError as error:
        raise DeliveryFailed(f"{host} has no address", retry=True) from error
    networks = [ipaddress.ip_network(network) for network in options.networks]
    for text in addresses:
        address = ipaddress.ip_address(text.partition("%")[0])
        inside = any(address.version == net.version and address in net for net in networks)
        # 169.254.169.254 answers with a cloud's keys; no network on the list makes it a receiver.
        if not address.is_link_local and not address.is_multicast and (inside or address.is_global):
            return text
    raise DeliveryFailed(f"{host} resolves to no allowed address; name its network in networks", retry=False)


def _content(options: WebhookOptions, writer: MessageWriter, notice: Notice) -> dict[str, object]:
    text = writer.write(notice, outside=options.leaves_hospital)
    if options.body == "wecom":
        return {"msgtype": "text", "text": {"content": f"{text.subject}\n{text.body}"}}
    if options.body == "feishu":
        return {"msg_type": "text", "content": {"text": f"{text.subject}\n{text.body}"}}
    fields = writer.outside_fields(notice) if options.leaves_hospital else writer.inside_fields(notice)
    return {
        "type": f"signgate.alert.{notice.occasion.value}",
        "timestamp": notice.alert.detected_at.isoformat(),
        "data": {
            "alert_id": notice.alert.alert_id,
            "tier": notice.alert.finding.tier.value,
            "level": notice.alert.escalation_level,
            "subject": text.subject,
            "text": text.body,
            "fields": fields,
        },
    }


def _robot_error(answer: bytes) -> int:
    """0 when a robot took the message; its error code, or -1 when the answer was cut or is no JSON."""
    try:
        said = json.loads(answer)
    except ValueError:
        return -1
    code = said.get("errcode", said.get("code", 0)) if isinstance(said, dict) else -1
    return code if isinstance(code, int) else -1
