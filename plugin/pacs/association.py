"""Associations to one node: opened with what is needed, kept, and used again.

An association costs several round trips and, at the node, a thread; one an object is two
to four times slower than one kept.  pynetdicom leaves its sockets as the system gives
them; both ends then wait for each other on every small write (40 ms).  Its public
notifications of an opened connection and of data that has come are where we say otherwise.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Event, RLock
from typing import Any

from pydicom.uid import UID
from pynetdicom import AE, evt
from pynetdicom.association import Association
from pynetdicom.pdu_primitives import A_ASSOCIATE, SCP_SCU_RoleSelectionNegotiation
from pynetdicom.presentation import PresentationContext, build_context
from pynetdicom.transport import ThreadedAssociationServer

from plugin.domain.errors import DeliveryFailed
from plugin.kit import prompt_socket
from plugin.pacs.node import PacsNode, tls_context
from plugin.pacs.status import PeerSilent
from plugin.pacs.steady import steadied

MAX_CONTEXTS = 128
"""Presentation context IDs are the odd numbers from 1 to 255 (PS3.8 9.3.2.2)."""

Context = tuple[str, tuple[str, ...]]
"""Abstract syntax and the transfer syntaxes proposed for it, preferred first."""

_REJECTION = {
    (1, 1): "no reason given",
    (1, 2): "application context not supported",
    (1, 3): "our AE title is not known there",
    (1, 7): "the called AE title is not theirs",
    (2, 1): "no reason given",
    (2, 2): "protocol version not supported",
    (3, 1): "temporary congestion",
    (3, 2): "local limit exceeded",
}
"""(source, diagnostic) of an A-ASSOCIATE-RJ (PS3.8 table 9-21)."""


def tune(event: evt.Event) -> None:
    """Handler for EVT_CONN_OPEN, EVT_DATA_RECV and EVT_DATA_SENT: send and acknowledge at once."""
    transport = event.assoc.dul.socket
    sock = transport.socket if transport else None
    if sock is None:  # closed by the other side while the notification was under way
        return
    try:
        if event.event is evt.EVT_CONN_OPEN:
            prompt_socket.send_at_once(sock)
        prompt_socket.acknowledge_at_once(sock)
    except OSError:
        # The connection went away under us; pynetdicom's reader reports that itself.
        return


TUNED: list[tuple[Any, ...]] = [
    (event, tune) for event in (evt.EVT_CONN_OPEN, evt.EVT_DATA_RECV, evt.EVT_DATA_SENT)
]
"""Event handlers that make an association prompt; shared by every association of ours."""


_COMMENTARY = (evt.EVT_DIMSE_RECV, evt.EVT_DIMSE_SENT, evt.EVT_PDU_RECV, evt.EVT_PDU_SENT)


def without_commentary(speaker: Association | ThreadedAssociationServer) -> None:
    """Unbind pynetdicom's own commentary, unless its debug log is kept.

    It spells every PDU and message out for that log, whether anybody reads it or not: a
    tenth of the time of a C-STORE.  A server hands its handlers on to its associations.
    """
    if logging.getLogger("pynetdicom").isEnabledFor(logging.DEBUG):
        return
    for event in _COMMENTARY:
        bound: Any = speaker.get_handlers(event)  # of a notification: a list of (function, arguments)
        for handler, *_ in list(bound or ()):
            if getattr(handler, "__module__", "").startswith("pynetdicom."):
                speaker.unbind(event, handler)


def _answer(association: Association) -> A_ASSOCIATE | None:
    """What the node said to our request, if it said anything.

    A rejection closes the connection.  When that is seen before pynetdicom's requestor has
    looked whether the connection was made, it takes it for one that never was and leaves
    the rejection unread: of those of an Orthanc beside us, one in twenty.
    """
    answer = association.acceptor.primitive or association.dul.peek_next_pdu()
    return answer if isinstance(answer, A_ASSOCIATE) else None


class Associations:
    """Keeps one association to `node`; thread-safe, one user at a time.

    Parameters
    ----------
    handlers
        pynetdicom event handlers beside those that tune the socket.
    monotonic
        Seconds that only grow.
    """

    def __init__(
        self,
        node: PacsNode,
        handlers: Iterable[tuple[Any, ...]] = (),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.node, self._monotonic = node, monotonic
        self._handlers = [*TUNED, *handlers]
        self._lock = RLock()
        self._kept: Association | None = None
        self._proposed: dict[Context, None] = {}
        self._used_at = 0.0
        ae = AE(ae_title=node.own_ae_title)
        ae.connection_timeout = node.connect_timeout_s
        ae.acse_timeout = node.association_timeout_s
        ae.dimse_timeout = node.answer_timeout_s
        ae.network_timeout = node.answer_timeout_s + node.idle_s
        self._ae = ae
        self._tls = (tls_context(node.tls), node.host) if node.tls else None

    @contextmanager
    def use(self, needed: Iterable[Context]) -> Iterator[Association]:
        """Give the kept association when it negotiated `needed`, else a new one.

        It is kept afterwards, unless it broke or the block raised what is no answer of the node.

        Raises
        ------
        DeliveryFailed
            When none could be opened.
        """
        with self._lock:
            association = self._fitting(dict.fromkeys(needed))
            try:
                yield association
            except DeliveryFailed as error:
                if isinstance(error, PeerSilent):  # any other is an answer: the line is sound
                    self._drop()
                raise
            except BaseException:
                self._drop()
                raise
            self._used_at = self._monotonic()

    @property
    def is_open(self) -> bool:
        """An association is kept and may be used again."""
        return self._alive()

    def close(self) -> None:
        """Release what is kept."""
        with self._lock:
            if self._kept and self._kept.is_established:
                self._kept.release()
            self._kept = None

    def open(
        self, contexts: Iterable[Context], roles: Iterable[SCP_SCU_RoleSelectionNegotiation] = ()
    ) -> Association:
        """A new association that the caller releases.

        Raises
        ------
        DeliveryFailed
            `retry` is ``False`` only when the node rejects us permanently (PS3.8 9.3.4).
        """
        node = self.node
        proposed: list[PresentationContext] = [
            build_context(uid, list(syntaxes)) for uid, syntaxes in contexts
        ]
        reached = Event()
        association = self._ae.associate(
            node.host,
            node.port,
            contexts=proposed,
            ae_title=node.ae_title,
            ext_neg=list(roles),
            evt_handlers=[*self._handlers, (evt.EVT_CONN_OPEN, lambda _: reached.set())],
            tls_args=self._tls,
        )
        if association.is_established:
            without_commentary(association)
            return steadied(association)
        answer = _answer(association)
        if answer is not None and answer.result:
            why = _REJECTION.get((answer.result_source or 0, answer.diagnostic or 0), "reason unknown")
            permanent = answer.result == 1
            raise DeliveryFailed(
                f"{node} rejects the association {'permanently' if permanent else 'for now'}: {why}",
                retry=not permanent,
            )
        if answer is not None and not association.accepted_contexts:
            names = ", ".join(dict.fromkeys(UID(str(context.abstract_syntax)).name for context in proposed))
            raise DeliveryFailed(f"{node} supports none of what was proposed: {names}", retry=False)
        if not reached.is_set():
            raise DeliveryFailed(
                f"{node} cannot be reached: nobody listens there, a firewall drops us, or TLS fails",
                retry=True,
            )
        raise DeliveryFailed(
            f"{node} takes connections and does not answer the association request", retry=True
        )

    def _fitting(self, needed: dict[Context, None]) -> Association:
        if self._kept and self._alive() and all(context in self._proposed for context in needed):
            return self._kept
        self.close()
        together = {**needed, **self._proposed}
        self._proposed = together if len(together) <= MAX_CONTEXTS else needed
        self._kept = self.open(self._proposed)
        return self._kept

    def _alive(self) -> bool:
        fresh = self._monotonic() - self._used_at < self.node.idle_s
        return self._kept is not None and bool(self._kept.is_established) and fresh

    def _drop(self) -> None:
        if self._kept and self._kept.is_established:
            self._kept.abort()
        self._kept = None
