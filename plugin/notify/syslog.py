"""Syslog over TLS: RFC 5424 messages, framed by their length (RFC 5425), as IHE ATNA asks for."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from plugin.domain.errors import DeliveryFailed

PRIORITY = 10 * 8 + 5
"""Facility 10 (security/authorization), severity 5 (notice): IHE ITI TF-2 3.20.7."""

MESSAGE_ID = "DICOM+RFC3881"


def line(at: datetime, host: str, process: int, body: bytes) -> bytes:
    """A syslog message with its header; `body` is UTF-8 and says so by its mark."""
    when = at.isoformat(timespec="milliseconds")
    header = f"<{PRIORITY}>1 {when} {host or '-'} SignGate {process} {MESSAGE_ID} - "
    return header.encode("ascii") + b"\xef\xbb\xbf" + body


@dataclass(frozen=True, slots=True, kw_only=True)
class SyslogTls:
    """A receiver.

    Parameters
    ----------
    tls
        Trusts the receiver's authority alone, and identifies us where it asks.
    """

    host: str
    port: int
    tls: ssl.SSLContext
    timeout_s: float = 10

    def send(self, lines: Sequence[bytes]) -> None:
        """Send over one connection, and end it in order.

        Syslog has no answers.  What a receiver refuses (our certificate, in TLS 1.3 only after
        we have written) comes back as an alert while we wait for its end of the connection.

        Raises
        ------
        DeliveryFailed
            When it cannot be reached, is not whom it should be, or breaks off.
        """
        try:
            with (
                socket.create_connection((self.host, self.port), self.timeout_s) as plain,
                self.tls.wrap_socket(plain, server_hostname=self.host) as wire,
            ):
                wire.sendall(b"".join(b"%d %b" % (len(each), each) for each in lines))
                _end(wire)
        except OSError as error:
            raise DeliveryFailed(
                f"the audit repository {self.host}:{self.port} did not take {len(lines)} messages: {error}",
                retry=True,
            ) from error


def _end(wire: ssl.SSLSocket) -> None:
    """Say that we are done; a receiver that closes without a word, or not at all, has read us (RFC 5425, 4.4)."""
    try:
        wire.unwrap()
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError, TimeoutError):
        return
    except ssl.SSLError:
        raise
    except OSError as error:
        if error.errno:  # 0: the connection ended without a word
            raise
