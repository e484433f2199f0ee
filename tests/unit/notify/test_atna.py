"""Audit messages keep to DICOM's schema, name identifiers alone, and leave out what DICOM does not know."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest

from plugin.notify.atna import KINDS, Entry, Source, message
from plugin.notify.syslog import line

AT = datetime(2026, 6, 1, 8, 30, 5, 123456, tzinfo=UTC)
SOURCE = Source(site="H001", name="SignGate", ae_title="SIGNGATE")
CHILDREN = {
    "AuditMessage": (
        "EventIdentification",
        "ActiveParticipant",
        "AuditSourceIdentification",
        "ParticipantObjectIdentification",
    ),
    "EventIdentification": ("EventID", "EventTypeCode"),
    "ActiveParticipant": ("RoleIDCode",),
    "ParticipantObjectIdentification": ("ParticipantObjectIDTypeCode", "ParticipantObjectDescription"),
    "ParticipantObjectDescription": ("SOPClass",),
    "SOPClass": ("Instance",),
}
"""PS3.15 A.5.1: which elements stand in which, in this order."""


def told(action: str, subject: str = "signgate", **detail: str) -> ElementTree.Element:
    raw = message(Entry(at=AT, actor="liu", action=action, subject=subject, detail=detail), SOURCE)
    assert raw is not None
    return ElementTree.fromstring(raw)


def keeps_to_the_schema(node: ElementTree.Element) -> None:
    allowed = CHILDREN.get(node.tag, ())
    places = [allowed.index(child.tag) for child in node]
    assert places == sorted(places), (node.tag, [child.tag for child in node])
    for child in node:
        keeps_to_the_schema(child)
    if "csd-code" in node.attrib:
        assert set(node.attrib) == {"csd-code", "codeSystemName", "originalText"}


@pytest.mark.parametrize("action", [*KINDS, "switch.gate"])
def test_every_event_keeps_to_the_schema(action: str) -> None:
    root = told(action, study="1.2.3", sop_class="1.2.840.10008.5.1.4.1.1.88.22", destination="archive")
    keeps_to_the_schema(root)
    event = root.find("EventIdentification")
    assert event is not None
    assert event.get("EventActionCode") in set("CRUDE")
    assert event.get("EventDateTime") == "2026-06-01T08:30:05.123+00:00"
    assert len(root.findall("AuditSourceIdentification")) == 1
    assert root.findall("ActiveParticipant")


def test_a_stored_document_names_study_patient_object_and_both_ends() -> None:
    root = told(
        "document.stored",
        "2.25.7",
        destination="archive",
        study="1.2.3",
        sop_class="1.2.840.10008.5.1.4.1.1.88.22",
        patient_id="P1",
    )
    roles = {p.get("UserID"): p.find("RoleIDCode").get("csd-code") for p in root.iter("ActiveParticipant")}  # type: ignore[union-attr]  # both have one
    assert roles == {"SIGNGATE": "110153", "archive": "110152"}
    objects = {o.get("ParticipantObjectID") for o in root.iter("ParticipantObjectIdentification")}
    assert objects == {"1.2.3", "P1"}
    assert [i.get("UID") for i in root.iter("Instance")] == ["2.25.7"]


def test_a_refused_sign_in_is_a_failure_from_an_address() -> None:
    root = told("session.refused", "liu", address="10.0.0.7")
    event, who = root.find("EventIdentification"), root.find("ActiveParticipant")
    assert event is not None
    assert who is not None
    assert event.get("EventOutcomeIndicator") == "4"
    assert (who.get("UserID"), who.get("NetworkAccessPointID")) == ("liu", "10.0.0.7")


def test_what_dicom_has_no_event_for_is_not_told() -> None:
    assert message(Entry(at=AT, actor="liu", action="gate.scored", subject="G1", detail={}), SOURCE) is None


def test_markup_in_an_identifier_stays_an_identifier() -> None:
    root = told("session.refused", '"/><x a="', address='1.2"<')
    who = root.find("ActiveParticipant")
    assert who is not None
    assert who.get("NetworkAccessPointID") == '1.2"<'


def test_a_line_of_rfc_5424() -> None:
    raw = line(AT, "host1", 42, "<x>张</x>".encode())
    head, _, body = raw.partition(b"\xef\xbb\xbf")
    assert head == b"<85>1 2026-06-01T08:30:05.123+00:00 host1 SignGate 42 DICOM+RFC3881 - "
    assert body.decode() == "<x>张</x>"
