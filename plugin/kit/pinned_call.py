"""Calls to other systems that cannot be led astray (ADR 22).

The host and port must stand on a list; the name is resolved once, each address is checked,
and the connection goes to the address that was checked, so that a name which resolves to
something else a moment later gains nothing.  Redirects are not followed, no proxy of the
environment is used, and a time-out bounds the whole call, drip by drip.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Protocol, Self
from urllib.parse import urlsplit

from pydantic import field_validator, model_validator

from plugin.domain.errors import DeliveryFailed
from plugin.kit.registry import Options

MOST_ANSWER = 65_536

Resolve = Callable[[str, int], Sequence[str]]
"""Host and port to addresses, most wanted first; raises OSError when there is none."""


class Wire(Protocol):
    """How names become addresses, and how a connection is encrypted."""

    @property
    def resolve(self) -> Resolve: ...
    @property
    def tls(self) -> Callable[[], ssl.SSLContext]: ...


class CalledAddress(Options):
    """Where to call, and what to believe.

    Parameters
    ----------
    url
        ``https://host[:port]/path``; ``http`` only with `plain_http`.
    allowed
        ``host:port`` pairs that may be called; the URL's must be one of them.
    networks
        Private networks (``10.20.0.0/16``) that the host may lie in; without any it must be a
        public address.
    """

    url: str
    allowed: tuple[str, ...]
    networks: tuple[str, ...] = ()
    plain_http: bool = False

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


def resolve(host: str, port: int) -> list[str]:
    """Addresses of a host, as the system knows them."""
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def post(
    options: CalledAddress,
    wire: Wire,
    body: bytes,
    headers: Mapping[str, str],
    *,
    timeout_s: float,
    most: int = MOST_ANSWER,
) -> tuple[int, bytes]:
    """Send one POST (of JSON, unless `headers` say otherwise) to the pinned address.

    Parameters
    ----------
    timeout_s
        Bounds the whole call.

    Returns
    -------
    tuple
        Status and the first `most` bytes of the answer.

    Raises
    ------
    DeliveryFailed
        The address is not allowed (``retry`` is false), or nobody answered in time.
    """
    parts = urlsplit(options.url)
    host, port = options.place.rsplit(":", 1)
    connection = http.client.HTTPConnection(host, int(port), timeout=timeout_s)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    line: socket.socket | None = None
    too_late = threading.Event()

    def give_up() -> None:
        too_late.set()
        if line is not None:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    deadline = threading.Timer(timeout_s, give_up)
    deadline.start()
    try:
        line = pinned_socket(options, wire, timeout_s=timeout_s)
        if parts.scheme == "https":
            line = wire.tls().wrap_socket(line, server_hostname=host)
        connection.sock = line
        sent = {"Content-Type": "application/json; charset=utf-8", **headers, "Connection": "close"}
        connection.request("POST", path, body, sent)
        answer = connection.getresponse()
        status, said = answer.status, answer.read(most)
    except (OSError, http.client.HTTPException) as error:
        late = too_late.is_set() or isinstance(error, TimeoutError)
        why = "no whole answer in time" if late else type(error).__name__
        raise DeliveryFailed(f"{options.place} cannot be called: {why}", retry=True) from error
    finally:
        deadline.cancel()
        connection.close()
    if too_late.is_set():
        # What was read before the line was cut may look whole.
        raise DeliveryFailed(f"{options.place} cannot be called: no whole answer in time", retry=True)
    return status, said


def pinned_socket(options: CalledAddress, wire: Wire, *, timeout_s: float) -> socket.socket:
    """A connection to the address that was checked, not yet encrypted.

    Raises
    ------
    DeliveryFailed
        The address is not allowed (``retry`` is false), or has none.
    OSError
        Nobody answers there.
    """
    host, port = options.place.rsplit(":", 1)
    address = _allowed_address(options, wire.resolve, host, int(port))
    return socket.create_connection((address, int(port)), timeout=timeout_s)


def refused(options: CalledAddress, status: int) -> DeliveryFailed | None:
    """What is wrong with an answer of this status; ``None`` for a success."""
    if 300 <= status < 400:
        return DeliveryFailed(f"{options.place} redirects ({status}); name the final address", retry=False)
    if not 200 <= status < 300:
        return DeliveryFailed(f"{options.place} answered {status}", retry=True)
    return None


def _allowed_address(options: CalledAddress, look_up: Resolve, host: str, port: int) -> str:
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
