"""The MLLP sender: one persistent connection, each acknowledgement matched to its message.

An acknowledgement is believed only when its MSA-2 is the control ID that was sent.  One that
answers an earlier message of the same connection (the AA that follows a CA, v2.5.1, 2.9.3) is
passed over.  After a time-out, or an acknowledgement of a message that was never sent, the
connection is dropped: what may still come on it can never be taken for the answer to the next message.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from plugin.domain.errors import DeliveryFailed, DeliveryRefused, MessageRejected
from plugin.hl7 import header as msh
from plugin.hl7.charset import decode
from plugin.hl7.mllp import Block, Deframer, Limits, Violation, frame
from plugin.hl7.reader import Message

ACCEPTED = frozenset({"AA", "CA"})
"""MSA-1 of a message that its receiver has taken."""

_REMEMBERED = 64
"""Control IDs of a connection whose answers are known to be late."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An acknowledgement.

    Parameters
    ----------
    code
        MSA-1.
    control_id
        MSA-2: which message is answered.
    error
        ERR-3.1 or its place in older versions, empty when accepted.
    location
        ERR-2 (segment ^ number ^ field), or its place in older versions.
    text
        What the receiver says, from ERR-8, ERR-7 or MSA-3.
    raw
        The block as received.
    """

    code: str
    control_id: str
    error: str
    location: str
    text: str
    raw: bytes

    @property
    def accepted(self) -> bool:
        return self.code in ACCEPTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where to send; `tls` is a client-side context, `server_name` what its certificate must say."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    server_name: str = ""
    connect_s: float = 5.0
    answer_s: float = 30.0
    answer_bytes: int = 1024 * 1024

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class MllpClient:
    """Sends messages one after another; not for use by several threads at once.

    The connection is made when first needed and kept; `send` makes it anew when the other
    side has closed it in the meantime.
    """

    def __init__(self, destination: Destination, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.destination = destination
        self._clock = clock
        self._socket: socket.socket | None = None
        self._deframer = Deframer()
        self._unread: deque[Block | Violation] = deque()
        self._sent: deque[str] = deque(maxlen=_REMEMBERED)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def send(self, message: bytes, *, expect_answer: bool = True) -> Answer | None:
        """Send one message and wait for its acknowledgement.

        Raises
        ------
        DeliveryFailed
            Nothing listens, the connection broke, no answer came in time, or the answer was to
            another message; the connection is dropped, and sending again is right.
        """
        control_id = _control_id(message)
        self._write(frame(message))
        deadline = self._clock() + self.destination.answer_s
        while expect_answer:
            answer = self._answer(deadline)
            if not control_id or answer.control_id == control_id:
                self._sent.append(control_id)
                return answer
            if answer.control_id not in self._sent:
                self.close()
                raise DeliveryFailed(
                    f"{self.destination} acknowledged {answer.control_id!r} instead of {control_id!r}; connection dropped",
                    retry=True,
                )
        self._sent.append(control_id)
        return None

    def deliver(self, message: bytes) -> Answer:
        """As `send`, and a refusal is an error: AE and CE may be sent again, AR and CR only by a person.

        Raises
        ------
        DeliveryFailed
            When the message was not taken.
        """
        answer = self.send(message)
        assert answer is not None  # noqa: S101 - send() answers None only when no answer is expected
        if answer.accepted:
            return answer
        raise self.refusal(answer)

    def refusal(self, answer: Answer) -> DeliveryRefused:
        """What an answer that refuses means for the sender."""
        text = " ".join(filter(None, (answer.code or "no MSA", answer.error, answer.text)))
        return DeliveryRefused(f"{self.destination} answered {text}", retry=answer.code in ("AE", "CE"))

    def close(self) -> None:
        """Drop the connection; the next `send` makes a new one."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _write(self, data: bytes) -> None:
        fresh = self._socket is None or self._is_stale()
        connection = self._connect() if fresh else self._socket
        assert connection is not None  # noqa: S101 - either just made or found alive
        try:
            connection.settimeout(self.destination.answer_s)
            connection.sendall(data)
        except OSError as error:
            self.close()
            raise DeliveryFailed(f"{self.destination}: {_reason(error)}", retry=True) from error

    def _is_stale(self) -> bool:
        """Closed by the other side, or with bytes nobody asked for: only late answers are passed over."""
        connection = self._socket
        if connection is None:
            return True
        connection.setblocking(False)
        try:
            while data := connection.recv(65536):
                self._unread += self._deframer.feed(data)
        except (BlockingIOError, ssl.SSLWantReadError):
            if not self._deframer.mid_frame and all(map(self._is_late, self._unread)):
                self._unread.clear()
                return False
        except OSError:
            pass
        self.close()
        return True

    def _is_late(self, item: Block | Violation) -> bool:
        if isinstance(item, Violation):
            return False
        try:
            return read_answer(item.payload).control_id in self._sent
        except DeliveryFailed:
            return False

    def _connect(self) -> socket.socket:
        destination = self.destination
        try:
            connection = socket.create_connection((destination.host, destination.port), destination.connect_s)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if destination.tls:
                name = destination.server_name or destination.host
                connection = destination.tls.wrap_socket(connection, server_hostname=name)
        except OSError as error:
            raise DeliveryFailed(f"{destination}: {_reason(error)}", retry=True) from error
        self._socket = connection
        self._deframer = Deframer(Limits(frame_bytes=destination.answer_bytes))
        self._unread.clear()
        self._sent.clear()
        return connection

    def _answer(self, deadline: float) -> Answer:
        """The next answer that comes on the connection, whichever message it is to."""
        while not self._unread:
            self._unread += self._deframer.feed(self._read(deadline))
        item = self._unread.popleft()
        if isinstance(item, Block):
            return read_answer(item.payload)
        self.close()
        raise DeliveryFailed(f"{self.destination} answered with broken framing ({item.fault})", retry=True)

    def _read(self, deadline: float) -> bytes:
        connection = self._socket
        assert connection is not None  # noqa: S101 - _write has just used it
        while (left := deadline - self._clock()) > 0:
            connection.settimeout(left)
            try:
                data = connection.recv(65536)
            except TimeoutError:
                continue
            except OSError as error:
                self.close()
                raise DeliveryFailed(f"{self.destination}: {_reason(error)}", retry=True) from error
            if data:
                return data
            self.close()
            raise DeliveryFailed(f"{self.destination} closed the connection without an answer", retry=True)
        self.close()
        raise DeliveryFailed(
            f"{self.destination} gave no answer in {self.destination.answer_s:g} s; connection dropped",
            retry=True,
        )


def read_answer(block: bytes) -> Answer:
    """Read an acknowledgement in whatever charset it is in; MSA-2 is given as text.

    Raises
    ------
    DeliveryFailed
        When it is none.
    """
    try:
        header = msh.read(block)
        message = Message(*_text(block, header))
    except MessageRejected as error:
        raise DeliveryFailed(f"the answer is no HL7 message: {error.text}", retry=True) from error
    msa = message.first("MSA")
    if msa is None:
        raise DeliveryFailed("the answer has no MSA segment", retry=True)
    err = message.first("ERR")
    code = text = location = ""
    if err:
        code = err.value(3, 1) or err.value(1, 4, 1)
        location = "^".join(filter(None, err.components(2) or err.components(1)[:3]))
        text = err.value(8) or err.value(7) or msa.value(3) or err.value(1, 4, 2)
    return Answer(msa.value(1), msa.field(2), code, location, text or msa.value(3), block)


def _text(block: bytes, header: msh.Header) -> tuple[str, msh.Delimiters, str]:
    """The answer as text; an answer whose charset is broken is still an answer."""
    try:
        decoded = decode(block, header.codec)
    except MessageRejected:
        return block.decode("latin-1"), header.delimiters, "latin-1"
    return decoded.text, header.delimiters, decoded.codec


def _control_id(message: bytes) -> str:
    """MSH-10 of what is sent; empty when it has none, and any answer is then taken."""
    try:
        return msh.read(message).text(10)
    except MessageRejected:
        return ""


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate not accepted: {error.verify_message}"
    return error.strerror or str(error) or type(error).__name__
