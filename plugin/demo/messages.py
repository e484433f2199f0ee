"""The HL7 v2.4 that the simulated RIS sends: orders and reports, as Chinese systems write them.

What this RIS does its own way stands in site/hl7/demo_ris.toml.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from plugin.demo.cases import DemoCase
from plugin.hl7.escape import escape, escape_formatted
from plugin.hl7.header import DEFAULT_DELIMITERS

CODECS = {"UNICODE UTF-8": "utf-8", "GB 18030-2000": "gb18030"}
"""MSH-18 to codec, for the two that the demo writes."""

_PATIENT_CLASSES = {"outpatient": "O", "inpatient": "I", "emergency": "E", "checkup": "H"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What stands in MSH: made anew for each message."""

    control_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportText:
    """The two sections and OBR-25; `reported_at` is the RIS's clock at signing."""

    findings: str
    impression: str
    status: str
    reported_at: datetime


def order_message(case: DemoCase, envelope: Envelope, study_instance_uid: str) -> bytes:
    """ORM^O01, a new order; ZDS-1 carries the Study Instance UID (IHE RAD-4)."""
    order = case.file.order
    segments = [
        _msh(case, envelope, "ORM^O01"),
        _pid(case),
        _pv1(case),
        _segment("ORC", {1: "NW", 2: _t(order.placer_order_number), 3: _t(order.accession_number), 5: "SC",
                         9: _time(case.ordered_at), 12: _person(order.ordering_provider, order.ordering_name),
                         16: f"^^{_t(order.purpose)}", 17: f"^{_t(order.department)}"}),
        _obr(case),
        _segment("DG1", {1: "1", 3: f"^{_t(order.clinical_diagnosis)}", 4: _t(order.clinical_diagnosis)}),
        _segment("ZDS", {1: f"{study_instance_uid}^SIGNGATE^Application^DICOM"}),
    ]  # fmt: skip
    return _encode(case, segments)


def report_message(case: DemoCase, envelope: Envelope, text: ReportText, study_instance_uid: str) -> bytes:
    """ORU^R01 of the examination: technique, findings and impression in one OBX each."""
    draft = case.file.report
    obr = _obr(
        case,
        {22: _time(text.reported_at), 25: text.status,
         32: _person(draft.verifier_id, draft.verifier), 33: _person(draft.author_id, draft.author)},
    )  # fmt: skip
    sections = (
        ("TECH&检查技术", case.file.exam.technique),
        ("GDT&影像描述", text.findings),
        ("IMP&诊断结论", text.impression),
    )
    segments = [
        _msh(case, envelope, "ORU^R01"),
        _pid(case),
        _pv1(case),
        _segment("ORC", {1: "RE", 2: _t(case.file.order.placer_order_number), 3: _t(case.accession_number)}),
        obr,
        *_observations(sections, text.status),
        _segment("DG1", {1: "1", 3: f"^{_t(case.file.order.clinical_diagnosis)}", 4: _t(case.file.order.clinical_diagnosis)}),
        _segment("ZDS", {1: f"{study_instance_uid}^SIGNGATE^Application^DICOM"}),
    ]  # fmt: skip
    return _encode(case, segments)


def acknowledgement(ack: bytes) -> tuple[str, str, str]:
    """(MSA-1, MSA-2, text) of an ACK; the text is ERR-8 or MSA-3, empty when all is well."""
    code = control_id = text = ""
    for line in ack.decode("utf-8", "replace").split("\r"):
        fields = line.split("|")
        if fields[0] == "MSA":
            code, control_id = fields[1], fields[2] if len(fields) > 2 else ""
            text = text or (fields[3] if len(fields) > 3 else "")
        elif fields[0] == "ERR" and len(fields) > 8:
            text = fields[8]
    return code, control_id, text


def _msh(case: DemoCase, envelope: Envelope, kind: str) -> str:
    charset = case.file.charset
    return (
        f"MSH|^~\\&|DEMO_RIS|DEMO_HOSPITAL|SIGNGATE|QC|{_time(envelope.at)}||{kind}|"
        f"{envelope.control_id}|P|2.4||||||{charset}"
    )


def _pid(case: DemoCase) -> str:
    person, order = case.file.patient, case.file.order
    identifiers = [f"{_t(person.patient_id)}^^^HIS^PI"]
    if order.inpatient_number:
        identifiers.append(f"{_t(order.inpatient_number)}^^^&ZYH")
    if order.outpatient_number:
        identifiers.append(f"{_t(order.outpatient_number)}^^^&MZH")
    pinyin = person.pinyin.replace("^", "")
    return _segment(
        "PID",
        {1: "1", 3: "~".join(identifiers), 5: f"{_t(person.name)}^{pinyin}",
         7: person.birth_date.replace("-", ""), 8: person.sex},
    )  # fmt: skip


def _pv1(case: DemoCase) -> str:
    order = case.file.order
    place = f"{_t(order.ward)}^^{_t(order.bed)}^&{_t(order.department)}"
    visit = order.inpatient_number or order.outpatient_number
    return _segment("PV1", {1: "1", 2: _PATIENT_CLASSES[order.patient_class], 3: place, 19: _t(visit)})


def _obr(case: DemoCase, more: dict[int, str] | None = None) -> str:
    order = case.file.order
    fields = {
        1: "1", 2: _t(order.placer_order_number), 3: _t(order.accession_number),
        4: f"{_t(order.exam_item_code)}^{_t(order.exam_item)}", 7: _time(case.performed_at),
        13: f"^{_t(order.clinical_diagnosis)}^^^{_t(order.history)}",
        16: _person(order.ordering_provider, order.ordering_name), 18: _t(order.accession_number),
        24: order.modality, 31: f"^{_t(order.purpose)}", 34: _person("", case.file.exam.technician),
    }  # fmt: skip
    return _segment("OBR", fields | (more or {}))


def _observations(sections: Iterable[tuple[str, str]], status: str) -> list[str]:
    return [
        f"OBX|{number}|TX|{name}||{escape_formatted(text, DEFAULT_DELIMITERS)}||||||{status}"
        for number, (name, text) in enumerate(sections, 1)
    ]


def _segment(name: str, fields: dict[int, str]) -> str:
    return "|".join([name, *(fields.get(number, "") for number in range(1, max(fields) + 1))])


def _person(identifier: str, name: str) -> str:
    return f"{_t(identifier)}^{_t(name)}"


def _t(text: str) -> str:
    return escape(text, DEFAULT_DELIMITERS)


def _time(at: datetime) -> str:
    return at.strftime("%Y%m%d%H%M%S")


def _encode(case: DemoCase, segments: Iterable[str]) -> bytes:
    return ("\r".join(segments) + "\r").encode(CODECS[case.file.charset])
