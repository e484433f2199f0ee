"""The simulated RIS calls SignGate: Standard Webhooks over HTTP, and MLLP.

This is what a vendor writes in an afternoon (docs/integration.md), in Python.
"""

from __future__ import annotations

import json
import socket
import threading
import time
import uuid
from collections.abc import Mapping
from types import TracebackType
from typing import Any

import requests

from plugin.kit import signature

_VT, _FS, _CR = b"\x0b", b"\x1c", b"\r"


class CallRefused(Exception):
    """SignGate answered with a problem (RFC 9457); the text says what and what to do."""

    def __init__(self, status: int, text: str) -> None:
        self.status, self.text = status, text
        super().__init__(f"HTTP {status}: {text}")


class HookCaller:
    """Signed calls to ``/hooks``.

    Parameters
    ----------
    base_url
        Where SignGate's web door is, without a slash at the end.
    secret
        The shared secret, decoded.
    """

    def __init__(self, base_url: str, secret: bytes, timeout_s: float = 10.0) -> None:
        self.base_url, self._secret, self._timeout_s = base_url, secret, timeout_s
        self._http = requests.Session()
        # A proxy of the environment has no business between two programs of one hospital.
        self._http.trust_env = False

    def post(self, path: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """Send `data` signed; return the answer.

        Raises
        ------
        CallRefused
            On any status but 2xx.
        requests.RequestException
            When SignGate cannot be reached: sign, and ask again later.
        """
        body = json.dumps(data, ensure_ascii=False).encode()
        return self._send("POST", path, body)

    def get(self, path: str) -> dict[str, Any]:
        """Signed GET: the method, path and query are what is signed."""
        return self._send("GET", path, b"")

    def _send(self, method: str, path: str, body: bytes) -> dict[str, Any]:
        signed = signature.signed_body(method, path, body)
        headers = signature.headers(self._secret, f"ris_{uuid.uuid4()}", int(time.time()), signed)
        if body:
            headers["content-type"] = "application/json"
        answer = self._http.request(
            method, self.base_url + path, data=body or None, headers=headers, timeout=self._timeout_s
        )
        if answer.status_code // 100 != 2:
            raise CallRefused(answer.status_code, _problem(answer))
        result: dict[str, Any] = answer.json()
        return result

    def verify(self, headers: Mapping[str, str], body: bytes) -> str:
        """Call ID of a call-back that SignGate signed.

        Raises
        ------
        NotAuthentic
            Missing, stale or wrong signature.
        """
        sent = {name.lower(): value for name, value in headers.items()}
        call_id, _ = signature.verify([self._secret], sent, body, time.time())
        return call_id


class ReadApi:
    """``GET /api/v1/…`` with a token."""

    def __init__(self, base_url: str, token: str, timeout_s: float = 10.0) -> None:
        self._base_url, self._timeout_s = base_url, timeout_s
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str) -> dict[str, Any]:
        """The answer to ``/api/v1`` + `path`.

        Raises
        ------
        CallRefused
            On any status but 2xx.
        requests.RequestException
            When SignGate cannot be reached.
        """
        answer = self._http.get(f"{self._base_url}/api/v1{path}", timeout=self._timeout_s)
        if answer.status_code // 100 != 2:
            raise CallRefused(answer.status_code, _problem(answer))
        result: dict[str, Any] = answer.json()
        return result


def _problem(answer: requests.Response) -> str:
    try:
        problem = answer.json()
    except ValueError:
        return answer.reason
    return str(problem.get("detail") or problem.get("title") or answer.reason)


class MllpLine:
    """One MLLP connection, kept open; a message is sent and its ACK awaited, one at a time."""

    def __init__(self, host: str, port: int, timeout_s: float = 15.0) -> None:
        self._address, self._timeout_s = (host, port), timeout_s
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()

    def send(self, message: bytes) -> bytes:
        """Return the ACK's bytes.

        Raises
        ------
        OSError
            When the connection breaks before the ACK; the message may be sent again as it is.
        """
        with self._lock:
            line = self._socket or self._connect()
            try:
                line.sendall(_VT + message + _FS + _CR)
                return self._block(line)
            except OSError:
                self._close()
                raise

    def close(self) -> None:
        """Close the connection; the next message opens another."""
        with self._lock:
            self._close()

    def __enter__(self) -> MllpLine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _connect(self) -> socket.socket:
        line = socket.create_connection(self._address, self._timeout_s)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = line
        return line

    def _close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _block(self, line: socket.socket) -> bytes:
        received = b""
        while not received.endswith(_FS + _CR):
            piece = line.recv(65536)
            if not piece:
                raise ConnectionResetError("the connection was closed before the ACK came")
            received += piece
        return received.strip(_VT + _FS + _CR)
