"""The MLLP sender: one persistent connection, each acknowledgement matched to its message.

An acknowledgement is believed only when its MSA-2 is the control ID that was sent.  One that
answers an earlier message is passed over; what an application says of a message after its CA
(v2.5.1, 2.9.3) is kept for whoever asks (:meth:`MllpClient.late`), on the connection that the
message went by or on any later one: MSA-2 tells which it is to.  After a time-out, or an
acknowledgement of a message that was never answered, the connection is dropped: what may still come
on it can never be taken for the answer to the next message.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from plugin.domain.errors import DeliveryFailed, DeliveryRefused, MessageRejected
from plugin.hl7 import header as msh
from plugin.hl7.answer import Answer, read_answer
from plugin.hl7.mllp import Block, Deframer, Limits, Violation, frame

REMEMBERED = 4096
"""Control IDs of a destination that an answer may still come to; an application may take minutes for its own."""


@dataclass(frozen=True, slots=True)
class Late:
    """The answer of an application to a message that its commit acknowledgement (CA) had let go.

    Parameters
    ----------
    sender
        MSH-3 and MSH-4 of the message, with MSA-2 how the archive knows it.
    """

    sender: str
    answer: Answer


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
        self._sent: dict[str, str] = {}
        """Control IDs that were answered, with the sender where only their commit was."""
        self._late: list[Late] = []

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
        control_id, sender = _identity(message)
        self._write(frame(message))
        deadline = self._clock() + self.destination.answer_s
        while expect_answer:
            answer = self._answer(deadline)
            if not control_id or answer.control_id == control_id:
                self._remember(control_id, sender if answer.code == "CA" else "")
                return answer
            if not self._is_late(answer):
                self.close()
                raise DeliveryFailed(
                    f"{self.destination} acknowledged {answer.control_id!r} instead of {control_id!r}; connection dropped",
                    retry=True,
                )
        self._remember(control_id, "")
        return None

    def recall(self, sent: Mapping[str, str]) -> None:
        """Know again what was sent before this process began.

        Parameters
        ----------
        sent
            Control ID to sender (MSH-3 and MSH-4) where only the commit was acknowledged, else to
            nothing; the oldest first.
        """
        self._sent = {**sent, **self._sent}

    @property
    def awaits_late(self) -> bool:
        """Whether an application has still to say what it makes of a message whose commit was acknowledged."""
        return bool(self._late or (self._socket and any(self._sent.values())))

    def late(self) -> list[Late]:
        """What applications have said after their commit acknowledgements; what is here is read, nothing is waited for."""
        if self._socket is not None:
            ended = self._take_what_came()
            if not self._unread_are_late() or ended:
                self.close()
        found, self._late = self._late, []
        return found

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
        return DeliveryRefused(
            f"{self.destination} answered {answer.reason}", retry=answer.code in ("AE", "CE")
        )

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
        if self._socket is None:
            return True
        ended = self._take_what_came()
        if self._unread_are_late() and not ended and not self._deframer.mid_frame:
            return False
        self.close()
        return True

    def _take_what_came(self) -> bool:
        """Read what is here; ``True`` when the other side has closed."""
        connection = self._socket
        assert connection is not None  # noqa: S101 - asked for by the callers
        connection.setblocking(False)
        try:
            while data := connection.recv(65536):
                self._unread += self._deframer.feed(data)
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        except OSError:
            pass
        return True

    def _unread_are_late(self) -> bool:
        """Take late answers out of what was read; ``False`` when there is anything else."""
        while self._unread:
            item = self._unread.popleft()
            try:
                if isinstance(item, Violation) or not self._is_late(read_answer(item.payload)):
                    return False
            except DeliveryFailed:
                return False
        return True

    def _is_late(self, answer: Answer) -> bool:
        """Whether it is to an earlier message; the first of its application after a CA is kept."""
        if answer.control_id not in self._sent:
            return False
        sender = self._sent[answer.control_id]
        if sender and answer.code != "CA":
            self._sent[answer.control_id] = ""
            self._late.append(Late(sender, answer))
        return True

    def _remember(self, control_id: str, sender: str) -> None:
        self._sent[control_id] = sender
        if len(self._sent) > REMEMBERED:
            del self._sent[next(iter(self._sent))]

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


def _identity(message: bytes) -> tuple[str, str]:
    """MSH-10 and sender of what is sent; empty when it has none, and any answer is then taken."""
    try:
        header = msh.read(message)
    except MessageRejected:
        return "", ""
    return header.text(10), header.sender


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate not accepted: {error.verify_message}"
    return error.strerror or str(error) or type(error).__name__
