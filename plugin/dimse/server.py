"""Our DICOM door: C-ECHO, C-STORE, storage commitment results, study announcements.

The door knows the protocol and nothing of what is done with what comes in: each service
is a callback, and its outcome is the status that the peer gets.  Objects are handed on
as the bytes that came, behind a PS3.10 header; decoding them is the receiver's choice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import structlog
from pydantic import Field
from pydicom.dataset import Dataset
from pydicom.uid import (
    UID,
    AllTransferSyntaxes,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)
from pynetdicom import AE, AllStoragePresentationContexts, evt
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.dsutils import encode_file_meta
from pynetdicom.transport import ThreadedAssociationServer

from plugin.domain.errors import DeliveryFailed, InvalidInput, NotAllowed, StoreUnavailable
from plugin.kit import prompt_socket
from plugin.kit.registry import Options
from plugin.kit.settings import OwnPort
from plugin.kit.where import where

_log = structlog.get_logger()

VERIFICATION = UID("1.2.840.10008.1.1")
COMMITMENT = UID("1.2.840.10008.1.20.1")
INSTANCE_AVAILABILITY = UID("1.2.840.10008.5.1.4.33")
PLAIN = [ExplicitVRLittleEndian, ImplicitVRLittleEndian]
SYNTAXES = [*PLAIN, *(uid for uid in AllTransferSyntaxes if uid not in PLAIN and not uid.is_deflated)]
"""Nobody on the road looks at pixels, so that every one passes.  Deflated is not taken: a small object may unpack to any size."""

LARGEST_PDU = 131072
"""The most that DCMTK's tools send in one piece."""

SUCCESS = 0x0000
UID_SHAPE = re.compile(r"[0-9.]{1,64}")


class DimseOptions(Options):
    """``[dimse]`` of ``site.toml``.

    Parameters
    ----------
    port
        0 takes a free one.
    known_callers
        AE titles that may connect; empty lets everybody in who can reach the port, which
        is loopback unless `host` says otherwise.
    """

    ae_title: Annotated[str, Field(min_length=1, max_length=16)] = "SIGNGATE"
    host: str = "127.0.0.1"
    port: OwnPort = 11112
    known_callers: tuple[str, ...] = ()
    max_associations: Annotated[int, Field(ge=1, le=500)] = 25
    idle_s: Annotated[float, Field(gt=0)] = 60


@dataclass(frozen=True, slots=True)
class ReceivedObject:
    """An object as it came; `part10` is a whole DICOM file."""

    calling_ae_title: str
    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    part10: bytes


@dataclass(frozen=True, slots=True)
class AnnouncedStudy:
    """An Instance Availability Notification (PS3.4 annex R): what of a study is now where."""

    study_instance_uid: str
    instances: tuple[tuple[str, str, str], ...]
    """(series_instance_uid, sop_class_uid, sop_instance_uid), those available at once."""


CommitmentCallback = Callable[[str, Sequence[str], Mapping[str, int]], None]
StoreCallback = Callable[[ReceivedObject], None]
AvailabilityCallback = Callable[[AnnouncedStudy], None]


class DimseServer:
    """Listens in threads of its own between `start` and `stop`.

    Parameters
    ----------
    on_commitment
        ``(transaction_uid, stored, failed)``: SOP instance UIDs, those that failed with
        their Failure Reasons (PS3.3 C.14.1.1); success is answered when
        it returns, so that it must have written down what it was told.
    on_store, on_available
        Without one the service is not offered.
    """

    def __init__(
        self,
        options: DimseOptions,
        on_commitment: CommitmentCallback,
        on_store: StoreCallback | None = None,
        on_available: AvailabilityCallback | None = None,
    ) -> None:
        self.options = options
        self.port = options.port
        self._on_commitment, self._on_store, self._on_available = on_commitment, on_store, on_available
        self._server: ThreadedAssociationServer | None = None
        ae = AE(ae_title=options.ae_title)
        ae.require_called_aet = True
        ae.require_calling_aet = list(options.known_callers)
        ae.maximum_associations = options.max_associations
        # Of few large pieces instead of many small: each costs the same, and an image has half a megabyte.
        ae.maximum_pdu_size = LARGEST_PDU
        ae.network_timeout, ae.acse_timeout, ae.dimse_timeout = options.idle_s, 10, 30
        ae.add_supported_context(VERIFICATION, PLAIN)
        # The reporting archive is the SCP of the class although it opens the association.
        ae.add_supported_context(COMMITMENT, PLAIN, scu_role=True, scp_role=True)
        if on_available:
            ae.add_supported_context(INSTANCE_AVAILABILITY, PLAIN)
        if on_store:
            for context in AllStoragePresentationContexts:
                if context.abstract_syntax is not None:
                    ae.add_supported_context(context.abstract_syntax, SYNTAXES)
        self._ae = ae

    def start(self) -> None:
        """Listen; `port` then tells where.

        Raises
        ------
        StoreUnavailable
            When the address cannot be listened on.
        """
        handlers: list[tuple[Any, ...]] = [
            (evt.EVT_CONN_OPEN, _tune),
            (evt.EVT_DATA_RECV, _tune),
            (evt.EVT_DATA_SENT, _tune),
            (evt.EVT_C_ECHO, lambda _: SUCCESS),
            (evt.EVT_C_STORE, self._store),
            (evt.EVT_N_EVENT_REPORT, self._event_report),
            (evt.EVT_N_CREATE, self._create),
        ]
        address = (self.options.host, self.options.port)
        try:
            server = self._ae.start_server(address, block=False, evt_handlers=handlers)
        except OSError as error:
            raise StoreUnavailable(
                f"DIMSE cannot listen on {address[0]}:{address[1]}: {error.strerror}; "
                "is another SignGate running, or does --port-base need changing?"
            ) from error
        self._server = server
        if server:
            self.port = server.server_address[1]

    def stop(self) -> None:
        """Stop listening and break off what is still open."""
        if self._server:
            self._server.shutdown()
            self._server = None
        self._ae.shutdown()

    def _store(self, event: evt.Event) -> int:
        request = event.request
        if self._on_store is None or not isinstance(request, C_STORE) or request.DataSet is None:
            return 0x0122
        uid = str(request.AffectedSOPInstanceUID or "")
        if not UID_SHAPE.fullmatch(uid):
            return 0xA900
        received = ReceivedObject(
            calling_ae_title=str(event.assoc.requestor.ae_title).strip(),
            sop_class_uid=str(request.AffectedSOPClassUID),
            sop_instance_uid=uid,
            transfer_syntax_uid=str(event.context.transfer_syntax),
            part10=b"\0" * 128 + b"DICM" + encode_file_meta(event.file_meta) + request.DataSet.getvalue(),
        )
        return _status(lambda: self._on_store(received) if self._on_store else None, "C-STORE", uid)

    def _event_report(self, event: evt.Event) -> tuple[int, Dataset | None]:
        try:
            report = event.event_information
            transaction = _uid(report.TransactionUID)
            stored = [str(i.ReferencedSOPInstanceUID) for i in report.get("ReferencedSOPSequence") or ()]
            failed = {
                str(i.ReferencedSOPInstanceUID): int(i.get("FailureReason") or 0)
                for i in report.get("FailedSOPSequence") or ()
            }
        except Exception as error:  # the peer's bytes; whatever they make pydicom raise
            _log.warning("commitment report refused", why=type(error).__name__)
            return 0x0115, None
        told = lambda: self._on_commitment(transaction, stored, failed)  # noqa: E731  # two uses of one shape
        return _status(told, "N-EVENT-REPORT", transaction), None

    def _create(self, event: evt.Event) -> tuple[int, Dataset | None]:
        if self._on_available is None:
            return 0x0122, None
        try:
            announced = _announced(event.attribute_list)
        except Exception as error:  # the peer's bytes; whatever they make pydicom raise
            _log.warning("availability notification refused", why=type(error).__name__)
            return 0x0106, None
        callback = self._on_available
        return _status(lambda: callback(announced), "N-CREATE", announced.study_instance_uid), None


def _status(act: Callable[[], None], service: str, subject: str) -> int:
    """Run a callback; its outcome as a DIMSE status, in one place."""
    try:
        act()
    except StoreUnavailable as error:
        _log.error("refused for now", service=service, subject=subject, why=str(error))
        return 0xA700 if service == "C-STORE" else 0x0213
    except DeliveryFailed as error:
        _log.warning("not passed on", service=service, subject=subject, why=error.text)
        return 0xA700 if error.retry else 0xC000
    except NotAllowed:
        return 0x0124
    except InvalidInput as error:
        # What is wrong with a field may be said by quoting it; the field's name is enough here.
        _log.warning("refused", service=service, subject=subject, field=error.where)
        return 0xA900 if service == "C-STORE" else 0x0115
    except Exception as error:
        # A defect of ours must not break the association: the peer keeps its object.
        _log.error("failed", service=service, subject=subject, error=type(error).__name__, where=where(error))
        return 0x0110
    return SUCCESS


def _announced(attributes: Dataset) -> AnnouncedStudy:
    instances = [
        (str(series.SeriesInstanceUID), str(item.ReferencedSOPClassUID), str(item.ReferencedSOPInstanceUID))
        for series in attributes.ReferencedSeriesSequence
        for item in series.ReferencedSOPSequence
        if item.get("InstanceAvailability", "ONLINE") in ("ONLINE", "NEARLINE")
    ]
    return AnnouncedStudy(_uid(attributes.StudyInstanceUID), tuple(instances))


def _uid(value: object) -> str:
    """What a peer names a thing by; it is written into the log, and so must be a UID (PS3.5 9.1).

    Raises
    ------
    ValueError
        When it is none.
    """
    text = str(value)
    if not UID_SHAPE.fullmatch(text):
        raise ValueError("not a UID")
    return text


def _tune(event: evt.Event) -> None:
    transport = event.assoc.dul.socket
    sock = transport.socket if transport else None
    if sock is None:
        return
    try:
        if event.event is evt.EVT_CONN_OPEN:
            prompt_socket.send_at_once(sock)
        prompt_socket.acknowledge_at_once(sock)
    except OSError:
        return  # gone already; pynetdicom's reader reports that itself
