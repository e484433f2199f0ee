"""Storage commitment data sets, both directions (PS3.4 annex J)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence
from pynetdicom import evt

Reference = tuple[str, str]
CommitmentHandler = Callable[[str, Sequence[str], Mapping[str, int]], None]
"""Transaction UID, SOP instance UIDs that are kept, those that are not with their Failure Reasons."""


def request_dataset(transaction_uid: str, references: Iterable[Reference]) -> Dataset:
    """Action Information of a request (PS3.4 table J.3-1)."""
    ds = Dataset()
    ds.TransactionUID = transaction_uid
    ds.ReferencedSOPSequence = DicomSequence([_reference(*pair) for pair in references])
    return ds


def read_report(report: Dataset) -> tuple[str, list[str], dict[str, int]]:
    """Transaction UID, kept SOP instance UIDs and failed ones with reasons, of an event (PS3.4 table J.3-2)."""
    kept = [str(item.ReferencedSOPInstanceUID) for item in report.get("ReferencedSOPSequence") or ()]
    failed = {
        str(item.ReferencedSOPInstanceUID): int(item.get("FailureReason") or 0)
        for item in report.get("FailedSOPSequence") or ()
    }
    return str(report.TransactionUID), kept, failed


def answer_report(event: evt.Event, handler: CommitmentHandler) -> tuple[int, None]:
    """Handler of an N-EVENT-REPORT on an association of ours."""
    try:
        transaction_uid, kept, failed = read_report(event.event_information)
    except (AttributeError, KeyError, ValueError):
        return 0x0110, None
    handler(transaction_uid, kept, failed)
    return 0x0000, None


def _reference(sop_class_uid: str, sop_instance_uid: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = sop_class_uid
    item.ReferencedSOPInstanceUID = sop_instance_uid
    return item
