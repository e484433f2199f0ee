"""Storage commitment of the embedded PACS: a request is answered on a new association."""

from __future__ import annotations

import queue
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Event, Thread

import structlog
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pynetdicom import AE, build_role, evt

from plugin.embedded_pacs.vault import UID_SHAPE
from plugin.pacs.association import TUNED
from plugin.pacs.classes import COMMITMENT, COMMITMENT_INSTANCE
from plugin.pacs.steady import steadied

_log = structlog.get_logger()

_PAUSES_S = (0.0, 0.5, 2.0, 5.0, 15.0, 60.0)
"""Before each attempt to report; afterwards the requestor asks anew (PS3.4 J.3.2 lets it)."""

NO_SUCH_OBJECT = 0x0112
"""Failure Reason (PS3.3 C.14.1.1)."""


@dataclass(frozen=True, slots=True)
class _Request:
    peer: str
    transaction_uid: str
    references: tuple[tuple[str, str], ...]


class Committer:
    """Takes requests, looks the objects up, reports in a thread of its own.

    Parameters
    ----------
    peers
        AE title → (host, port) of those who may ask.
    holds
        Is this ``(class, instance)`` kept?
    """

    def __init__(
        self, ae_title: str, peers: Mapping[str, tuple[str, int]], holds: Callable[[str, str], bool]
    ) -> None:
        self._peers, self._holds = peers, holds
        self._requests: queue.Queue[_Request | None] = queue.Queue(maxsize=1000)
        self._stopping = Event()
        self._thread: Thread | None = None
        self._ae = AE(ae_title=ae_title)
        self._ae.connection_timeout, self._ae.acse_timeout, self._ae.dimse_timeout = 5, 10, 15
        self._ae.add_requested_context(COMMITMENT)

    def start(self) -> None:
        """Begin to report."""
        self._thread = Thread(target=self._run, name="embedded-pacs-commitment", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End; what was not reported will be asked for again."""
        self._stopping.set()
        self._requests.put(None)
        if self._thread:
            self._thread.join(timeout=20)

    def on_request(self, event: evt.Event) -> tuple[int, Dataset | None]:
        """Handler of N-ACTION (PS3.4 J.3.2): say yes or no to answering later."""
        peer = str(event.assoc.requestor.ae_title).strip()
        if peer not in self._peers:
            _log.warning("commitment refused", peer=peer, why="not among the peers")
            return 0x0124, None  # not authorised: we would not know where to report
        try:
            action = event.action_information
            references = tuple(
                (str(item.ReferencedSOPClassUID), str(item.ReferencedSOPInstanceUID))
                for item in action.ReferencedSOPSequence
            )
            transaction_uid = str(action.TransactionUID)
        except Exception as error:  # the peer's bytes; whatever they make pydicom raise
            _log.warning("commitment refused", peer=peer, why=type(error).__name__)
            return 0x0115, None  # invalid argument value
        if not references or not UID_SHAPE.fullmatch(transaction_uid):
            return 0x0115, None
        try:
            self._requests.put_nowait(_Request(peer, transaction_uid, references))
        except queue.Full:
            return 0x0213, None  # resource limitation
        return 0x0000, None

    def _run(self) -> None:
        while (request := self._requests.get()) is not None:
            for pause in _PAUSES_S:
                if self._stopping.wait(pause):
                    return
                if self._report(request):
                    break
            else:
                _log.error("commitment not reported", peer=request.peer, transaction=request.transaction_uid)

    def _report(self, request: _Request) -> bool:
        host, port = self._peers[request.peer]
        association = self._ae.associate(
            host,
            port,
            ae_title=request.peer,
            ext_neg=[build_role(COMMITMENT, scp_role=True)],
            evt_handlers=list(TUNED),
        )
        if not association.is_established:
            return False
        steadied(association)
        try:
            report, event_type = self._result(request)
            status, _ = association.send_n_event_report(report, event_type, COMMITMENT, COMMITMENT_INSTANCE)
            return "Status" in status and int(status.Status) == 0x0000
        except (RuntimeError, ValueError) as error:  # gone since, or the peer took no such context
            _log.warning("commitment report failed", peer=request.peer, why=type(error).__name__)
            return False
        finally:
            if association.is_established:
                association.release()

    def _result(self, request: _Request) -> tuple[Dataset, int]:
        """Event Information and Event Type ID: 1 all kept, 2 some not (PS3.4 table J.3-2)."""
        kept, failed = [], []
        for sop_class_uid, sop_instance_uid in request.references:
            item = Dataset()
            item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class_uid, sop_instance_uid
            if self._holds(sop_class_uid, sop_instance_uid):
                kept.append(item)
            else:
                item.FailureReason = NO_SUCH_OBJECT
                failed.append(item)
        report = Dataset()
        report.TransactionUID = request.transaction_uid
        if kept:
            report.ReferencedSOPSequence = Sequence(kept)
        if failed:
            report.FailedSOPSequence = Sequence(failed)
        return report, 2 if failed else 1
