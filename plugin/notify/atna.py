"""Entries of the audit trail as DICOM audit messages (PS3.15 A.5), for an IHE audit repository (ITI-20).

The trail holds identifiers alone, and so does what is made of it.  What DICOM has no event
for is not told: the trail itself is the record, the repository gets what it can compare.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

DCM = "DCM"
SUCCESS, MINOR_FAILURE = "0", "4"
STUDY, PATIENT = "110180", "2"

Code = tuple[str, str]
"""Code value and meaning."""

APPLICATION, SOURCE, DESTINATION = (
    ("110150", "Application"),
    ("110153", "Source Role ID"),
    ("110152", "Destination Role ID"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What an action of the trail is to DICOM (PS3.15 A.5.3)."""

    event: Code
    act: str
    type: Code | None = None
    outcome: str = SUCCESS


_ACTIVITY, _AUTHENTICATION = ("110100", "Application Activity"), ("110114", "User Authentication")
_ALERT, _EXPORT = ("110113", "Security Alert"), ("110106", "Export")
_ACCESSED, _TRANSFERRED = (
    ("110103", "DICOM Instances Accessed"),
    ("110104", "DICOM Instances Transferred"),
)
_RECORD = ("110110", "Patient Record")
_USERS = ("110137", "User Security Attributes Changed")
_SETTINGS = ("110129", "Security Configuration")

KINDS: Mapping[str, Kind] = {
    "application.started": Kind(event=_ACTIVITY, act="E", type=("110120", "Application Start")),
    "application.stopped": Kind(event=_ACTIVITY, act="E", type=("110121", "Application Stop")),
    "session.opened": Kind(event=_AUTHENTICATION, act="E", type=("110122", "Login")),
    "session.refused": Kind(event=_AUTHENTICATION, act="E", type=("110122", "Login"), outcome=MINOR_FAILURE),
    "document.stored": Kind(event=_TRANSFERRED, act="C"),
    "document.read": Kind(event=_ACCESSED, act="R"),
    **dict.fromkeys(("exam.read", "attachment.read", "sheet.read"), Kind(event=_RECORD, act="R")),
    "alerts.exported": Kind(event=_EXPORT, act="R"),
    "gate.override": Kind(event=_ALERT, act="E", type=("110127", "Emergency Override Started")),
    "page.refused": Kind(
        event=_ALERT, act="E", type=("110132", "Use of Restricted Function"), outcome=MINOR_FAILURE
    ),
    **dict.fromkeys(
        ("account.added", "account.first", "account.role", "account.disabled", "account.enabled"),
        Kind(event=_ALERT, act="E", type=_USERS),
    ),
    **dict.fromkeys(("policy.live", "policy.withdrawn"), Kind(event=_ALERT, act="E", type=_SETTINGS)),
}
"""Action of the trail to event; ``switch.*`` counts as a security configuration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Who reports.

    Parameters
    ----------
    site, name
        Audit Enterprise Site ID and Audit Source ID.
    ae_title
        How archives know us.
    """

    site: str
    name: str
    ae_title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of the trail."""

    at: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, str]


def message(entry: Entry, source: Source) -> bytes | None:
    """The AuditMessage as XML in UTF-8; ``None`` for what DICOM has no event for."""
    kind = KINDS.get(entry.action)
    if kind is None and entry.action.startswith("switch."):
        kind = Kind(event=_ALERT, act="E", type=_SETTINGS)
    if kind is None:
        return None
    root = Element("AuditMessage")
    event = SubElement(
        root,
        "EventIdentification",
        EventActionCode=kind.act,
        EventDateTime=entry.at.isoformat(timespec="milliseconds"),
        EventOutcomeIndicator=kind.outcome,
    )
    _code(event, "EventID", kind.event)
    if kind.type:
        _code(event, "EventTypeCode", kind.type)
    _participants(root, kind, entry, source)
    SubElement(
        root, "AuditSourceIdentification", AuditEnterpriseSiteID=source.site, AuditSourceID=source.name
    )
    _objects(root, kind, entry)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def _participants(root: Element, kind: Kind, entry: Entry, source: Source) -> None:
    if kind.event == _TRANSFERRED:
        _participant(root, source.ae_title, SOURCE, requestor=True)
        _participant(root, entry.detail.get("destination", ""), DESTINATION)
        return
    if kind.event == _ACTIVITY:
        _participant(root, source.name, APPLICATION)
        return
    address = entry.detail.get("address", "")
    _participant(root, entry.actor, None, requestor=True, address=address)


def _participant(
    root: Element, user: str, role: Code | None, *, requestor: bool = False, address: str = ""
) -> None:
    named = SubElement(
        root, "ActiveParticipant", UserID=user or "unknown", UserIsRequestor="true" if requestor else "false"
    )
    if address:
        named.set("NetworkAccessPointID", address)
        named.set("NetworkAccessPointTypeCode", "2")
    if role:
        _code(named, "RoleIDCode", role)


def _objects(root: Element, kind: Kind, entry: Entry) -> None:
    study = entry.detail.get("study") or (entry.subject if kind.event == _ACCESSED else "")
    if study:
        object_ = _object(root, study, "2", "3", (STUDY, "Study Instance UID"), DCM)
        if sop_class := entry.detail.get("sop_class"):
            described = SubElement(object_, "ParticipantObjectDescription")
            classes = SubElement(described, "SOPClass", UID=sop_class, NumberOfInstances="1")
            SubElement(classes, "Instance", UID=entry.subject)
    if patient := entry.detail.get("patient_id"):
        _object(root, patient, "1", "1", (PATIENT, "Patient Number"), "RFC-3881")
    if kind.event in (_ALERT, _EXPORT):
        _object(root, entry.subject, "2", "13", ("12", "URI"), "RFC-3881")


def _object(root: Element, subject: str, type_code: str, role: str, code: Code, scheme: str) -> Element:
    named = SubElement(
        root,
        "ParticipantObjectIdentification",
        ParticipantObjectID=subject,
        ParticipantObjectTypeCode=type_code,
        ParticipantObjectTypeCodeRole=role,
    )
    _code(named, "ParticipantObjectIDTypeCode", code, scheme)
    return named


def _code(parent: Element, name: str, code: Code, scheme: str = DCM) -> None:
    SubElement(parent, name, {"csd-code": code[0], "codeSystemName": scheme, "originalText": code[1]})
