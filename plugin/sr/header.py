"""Everything of the object but its content tree: PS3.3 A.35.2 (Enhanced SR), module by module.

The modules that all our documents share (patient, study, equipment, SOP common, evidence)
are functions of their own; the KOS and the PDF twin are made of the same ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from plugin.domain.imaging import DocumentReference, SeriesEvidence
from plugin.domain.patient import Patient
from plugin.sr.codes import CodeBook
from plugin.sr.content import DeviceInfo, Disclosure, SrContent, StudyContext
from plugin.sr.encode import Elements, Encoder, assemble, element, reference, sequence, uid

ENHANCED_SR = "1.2.840.10008.5.1.4.1.1.88.22"

_STAMP = re.compile(
    r"(\d{4})\D?(\d{1,2})\D?(\d{1,2})(?:\D{0,2}(\d{1,2})\D?(\d{2})(?:\D?(\d{2}))?)?|(\d{8})(\d{2})?(\d{2})?(\d{2})?"
)


def patient_module(e: Encoder, patient: Patient, elements: Elements) -> None:
    """PS3.3 C.7.1.1."""
    text = e.text
    elements[0x00100010] = text(0x00100010, "PN", patient.name)
    elements[0x00100020] = text(0x00100020, "LO", patient.patient_id)
    if patient.assigning_authority:
        elements[0x00100021] = text(0x00100021, "LO", patient.assigning_authority)
    born = read_moment(patient.birth_date)
    elements[0x00100030] = element(0x00100030, "DA", born.strftime("%Y%m%d").encode() if born else b"")
    elements[0x00100040] = text(0x00100040, "CS", patient.sex if patient.sex in ("M", "F", "O") else "")


def study_module(e: Encoder, study: StudyContext, elements: Elements) -> None:
    """PS3.3 C.7.2.1: as the study's own images say it, so that a PACS files us with them."""
    text = e.text
    elements[0x0020000D] = uid(0x0020000D, study.study_instance_uid)
    e.date_time(elements, 0x00080020, 0x00080030, read_moment(study.performed_at))
    elements[0x00080050] = text(0x00080050, "SH", study.accession_number)
    elements[0x00080090] = text(0x00080090, "PN", study.referring_physician)
    elements[0x00200010] = text(0x00200010, "SH", study.study_id)
    if study.description:
        elements[0x00081030] = text(0x00081030, "LO", study.description)


def equipment_module(e: Encoder, device: DeviceInfo, institution_name: str, elements: Elements) -> None:
    """PS3.3 C.7.5.1 and C.7.5.2."""
    text = e.text
    elements[0x00080070] = text(0x00080070, "LO", device.manufacturer)
    if institution_name:
        elements[0x00080080] = text(0x00080080, "LO", institution_name)
    if device.station_name:
        elements[0x00081010] = text(0x00081010, "SH", device.station_name)
    elements[0x00081090] = text(0x00081090, "LO", device.model)
    elements[0x00181000] = text(0x00181000, "LO", device.serial_number)
    elements[0x00181020] = text(0x00181020, "LO", device.software_version)


def sop_common_module(
    e: Encoder, sop_class_uid: str, sop_instance_uid: str, created_at: datetime, elements: Elements
) -> None:
    """PS3.3 C.12.1."""
    elements[0x00080005] = e.text(0x00080005, "CS", e.charset)
    e.date_time(elements, 0x00080012, 0x00080013, created_at)
    elements[0x00080016] = uid(0x00080016, sop_class_uid)
    elements[0x00080018] = uid(0x00080018, sop_instance_uid)
    offset = created_at.strftime("%z")[:5]
    if offset:
        elements[0x00080201] = e.text(0x00080201, "SH", offset)


def scheme_identification(e: Encoder, book: CodeBook, elements: Elements) -> None:
    """Who answers for our private codes (PS3.3 C.12.1, Coding Scheme Identification)."""
    scheme, text = book.scheme, e.text
    body: Elements = {
        0x00080102: text(0x00080102, "SH", scheme.designator),
        0x0008010C: uid(0x0008010C, scheme.uid),
        0x00080115: text(0x00080115, "ST", scheme.name),
        0x00080116: text(0x00080116, "ST", scheme.organization),
    }
    elements[0x00080110] = sequence(0x00080110, [assemble(body)])


def template_identification(book: CodeBook) -> bytes:
    """Content Template Sequence of the root (PS3.3 C.18.8)."""
    scheme = book.scheme
    body: Elements = {
        0x00080105: element(0x00080105, "CS", scheme.designator.encode()),
        0x00080118: uid(0x00080118, scheme.mapping_resource_uid),
        0x0040DB00: element(0x0040DB00, "CS", scheme.template.encode()),
    }
    return sequence(0x0040A504, [assemble(body)])


def evidence_sequence(tag: int, evidence: Iterable[SeriesEvidence]) -> bytes:
    """Hierarchical SOP instance references (PS3.3 table C.17-3), built once and directly."""
    studies: dict[str, list[bytes]] = {}
    for series in evidence:
        instances = sequence(0x00081199, [reference(*instance) for instance in series.instances])
        body = instances + uid(0x0020000E, series.series_instance_uid)
        studies.setdefault(series.study_instance_uid, []).append(body)
    items = [
        sequence(0x00081115, series) + uid(0x0020000D, study_uid) for study_uid, series in studies.items()
    ]
    return sequence(tag, items)


def document_references(tag: int, documents: Iterable[DocumentReference]) -> bytes:
    """The same shape for single documents, one item each, in the order given."""
    return sequence(
        tag,
        [
            sequence(
                0x00081115,
                [
                    sequence(0x00081199, [reference(d.sop_class_uid, d.sop_instance_uid)])
                    + uid(0x0020000E, d.series_instance_uid)
                ],
            )
            + uid(0x0020000D, d.study_instance_uid)
            for d in documents
        ],
    )


def sr_header(content: SrContent, book: CodeBook, e: Encoder) -> Elements:
    """All elements of the object outside its content tree."""
    elements: Elements = {}
    sop_common_module(e, ENHANCED_SR, content.sop_instance_uid, content.created_at, elements)
    scheme_identification(e, book, elements)
    patient_module(e, content.patient, elements)
    study_module(e, content.study, elements)
    equipment_module(e, content.device, content.institution_name, elements)
    if content.disclosure is Disclosure.PSEUDONYMOUS:
        elements[0x00120062] = e.text(0x00120062, "CS", "YES")
        elements[0x00120063] = e.text(0x00120063, "LO", "SignGate keyed pseudonyms")
    # SR Document Series (C.17.1)
    elements[0x00080060] = e.text(0x00080060, "CS", "SR")
    elements[0x0008103E] = e.text(0x0008103E, "LO", book.text("series_description"))
    elements[0x00081111] = sequence(0x00081111, [])
    elements[0x0020000E] = uid(0x0020000E, content.series_instance_uid)
    elements[0x00200011] = e.text(0x00200011, "IS", str(content.series_number))
    # SR Document General (C.17.2)
    elements[0x00200013] = e.text(0x00200013, "IS", str(content.instance_number))
    e.date_time(elements, 0x00080023, 0x00080033, content.created_at)
    _verification(content, e, elements)
    if content.predecessors:
        elements[0x0040A360] = document_references(0x0040A360, content.predecessors)
    if content.disclosure is not Disclosure.PSEUDONYMOUS:
        elements[0x0040A370] = request_sequence(content.study, e)
    elements[0x0040A372] = sequence(0x0040A372, [])
    if content.evidence:
        elements[0x0040A375] = evidence_sequence(0x0040A375, content.evidence)
    elements[0x0040A491] = e.text(0x0040A491, "CS", "COMPLETE")
    elements[0x0040A496] = e.text(0x0040A496, "CS", "FINAL")
    elements[0x0040A504] = template_identification(book)
    return elements


def _verification(content: SrContent, e: Encoder, elements: Elements) -> None:
    """Scorers answer for what they scored; where they are not named, nobody verifies."""
    verifiers: dict[tuple[str, str], datetime] = {}
    if content.disclosure is not Disclosure.SUMMARY:
        for scored in content.scored:
            who = (scored.sheet.scorer_id, scored.sheet.scorer_name)
            verifiers[who] = max(verifiers.get(who, scored.sheet.scored_at), scored.sheet.scored_at)
    named = {who: at for who, at in verifiers.items() if any(who)}
    elements[0x0040A493] = e.text(0x0040A493, "CS", "VERIFIED" if named else "UNVERIFIED")
    items = []
    for (login, name), at in named.items():
        local = at.astimezone(content.created_at.tzinfo)
        body: Elements = {
            # Type 1: an institution that is not named is still one.
            0x0040A027: e.text(0x0040A027, "LO", content.institution_name or content.device.name),
            0x0040A030: element(0x0040A030, "DT", e.moment(local).encode()),
            0x0040A075: e.text(0x0040A075, "PN", name or login),
            0x0040A088: sequence(0x0040A088, []),
        }
        items.append(assemble(body))
    if items:
        elements[0x0040A073] = sequence(0x0040A073, items)


def request_sequence(study: StudyContext, e: Encoder) -> bytes:
    """Referenced Request Sequence: one item for each study under the accession number."""
    items = []
    for study_uid in (study.study_instance_uid, *study.other_study_instance_uids):
        body: Elements = {
            0x00080050: e.text(0x00080050, "SH", study.accession_number),
            0x00081110: sequence(0x00081110, []),
            0x0020000D: uid(0x0020000D, study_uid),
            0x00321060: e.text(0x00321060, "LO", study.exam_item),
            0x00321064: sequence(0x00321064, []),
            0x00401001: e.text(0x00401001, "SH", ""),
            0x00402016: e.text(0x00402016, "LO", study.placer_order_number),
            0x00402017: e.text(0x00402017, "LO", study.filler_order_number),
        }
        items.append(assemble(body))
    return sequence(0x0040A370, items)


def read_moment(text: str) -> date | None:
    """Read a date, or date and time, as senders print them; ``None`` when it cannot be one.

    >>> read_moment("2024-09-08 10:24:22")
    datetime.datetime(2024, 9, 8, 10, 24, 22)
    >>> read_moment("20240908")
    datetime.date(2024, 9, 8)
    >>> read_moment("昨天") is None
    True
    """
    found = _STAMP.search(text)
    if not found:
        return None
    parts = [int(group) for group in found.groups() if group is not None]
    try:
        if len(parts) < 4:
            return date(*parts[:3])
        year, month, day, hour, minute, second = (*parts, 0, 0)[:6]
        if (hour, minute, second) > (24, 0, 0) or minute > 59 or second > 60:
            return None
        midnight = datetime(year, month, day)  # noqa: DTZ001  # local time, as printed
        return midnight + timedelta(hours=hour, minutes=minute, seconds=second)
    except (ValueError, OverflowError):
        return None
