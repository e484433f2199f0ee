"""DIMSE statuses, read as: done, try again, or call a person.

Tables of PS3.4 B.2.3 (C-STORE) and PS3.7 annex C.
"""

from __future__ import annotations

from pydicom.dataset import Dataset

from plugin.domain.errors import DeliveryFailed

_KNOWN = {
    0x0105: "no such attribute",
    0x0106: "invalid attribute value",
    0x0107: "attribute list error",
    0x0110: "processing failure",
    0x0112: "no such SOP instance",
    0x0117: "invalid SOP instance",
    0x0118: "no such SOP class",
    0x0119: "class-instance conflict",
    0x0122: "SOP class not supported",
    0x0123: "no such action",
    0x0124: "not authorised",
    0x0210: "duplicate invocation",
    0x0211: "unrecognised operation",
    0x0212: "mistyped argument",
    0x0213: "resource limitation",
    0xA700: "out of resources",
    0xA900: "data set does not match SOP class",
    0xC000: "cannot understand",
}
_RETRY = {0x0110, 0x0213}
_DUPLICATE = 0x0111


class PeerSilent(DeliveryFailed):
    """No answer came: the association broke off, or the time for an answer ran out."""

    def __init__(self, text: str) -> None:
        super().__init__(text, retry=True)


def settle_store(status: Dataset, node: str, sop_instance_uid: str) -> str:
    """Return ``""`` for stored, or the warning it was stored with.

    A duplicate (0x0111) is stored: the instance is there under its own identity, which
    is what a retry after a lost answer meets.

    Raises
    ------
    DeliveryFailed
        No answer, 0x0110 and A7xx with ``retry=True``; A9xx, Cxxx and the rest need a person.
    """
    value = _value(status, f"{node} did not answer the C-STORE of {sop_instance_uid} in time")
    if value in (0x0000, _DUPLICATE):
        return ""
    if value in (0x0001, 0x0107, 0x0116) or 0xB000 <= value <= 0xBFFF:
        return f"0x{value:04X} {_comment(status)}".strip()
    raise DeliveryFailed(
        f"{node} refused {sop_instance_uid}: {describe(status)}",
        retry=value in _RETRY or 0xA700 <= value <= 0xA7FF,
    )


def require_success(status: Dataset, what: str) -> None:
    """Any answer but success is a failure of `what`.

    Raises
    ------
    DeliveryFailed
        Retried when the peer was silent, busy or out of resources.
    """
    value = _value(status, f"{what}: no answer")
    if value != 0x0000:
        raise DeliveryFailed(
            f"{what}: {describe(status)}", retry=value in _RETRY or 0xA700 <= value <= 0xA7FF
        )


def describe(status: Dataset) -> str:
    """``0xA700 out of resources (comment of the peer)``."""
    value = int(status.Status)
    family = {0xA7: 0xA700, 0xA9: 0xA900, 0xC0: 0xC000}.get(value >> 8, value)
    name = (
        _KNOWN.get(value)
        or _KNOWN.get(family)
        or ("cannot understand" if value >> 12 == 0xC else "unknown status")
    )
    comment = _comment(status)
    return f"0x{value:04X} {name}" + (f" ({comment})" if comment else "")


def _value(status: Dataset, silent: str) -> int:
    if "Status" not in status:
        raise PeerSilent(silent)
    return int(status.Status)


def _comment(status: Dataset) -> str:
    """The peer's comment as one printable line: it goes to logs and pages."""
    text = str(status.get("ErrorComment", "") or "")
    return "".join(c if c.isprintable() else "?" for c in text)[:64]
