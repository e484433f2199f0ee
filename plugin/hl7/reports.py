"""ORU^R01 and MDM^T02 → Report, by the sender's profile, with what the sender delivers at all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from plugin.domain.attachment import Attachment
from plugin.domain.report import Exam, Report, ReportStatus
from plugin.hl7.datatypes import iso_time, person
from plugin.hl7.orders import mapped
from plugin.hl7.patients import first_value, identify, nulls, require_identifier, require_patient, valued
from plugin.hl7.profile import Profile
from plugin.hl7.reader import Group, Message
from plugin.hl7.refusals import refusal
from plugin.hl7.sections import TEXT, Texts, collect, finished, section_of

_EXAM = (
    "accession_number", "study_instance_uid", "exam_item", "exam_item_code", "body_part", "technique", "device",
)  # fmt: skip
_REPORT = (
    "department", "clinical_diagnosis", "signature", "inpatient_number", "outpatient_number", "ward", "bed",
    "image_number",
)  # fmt: skip
_SECTIONED = ("findings", "impression")
_CORRECTS = frozenset({"T08", "T10"})
"""Events of MDM that edit or replace a document (v2.5.1, 9.6.8 and 9.6.10)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedReport:
    """One report of a message, the numbers of its order, and what came beside the text."""

    report: Report
    placer_order_number: str
    filler_order_number: str
    attachments: tuple[Attachment, ...] = ()
    unread: tuple[str, ...] = ()
    """OBX-3 of text that no section of the profile is for."""


def read_reports(message: Message, profile: Profile) -> list[ReceivedReport]:
    """Read every report of an ORU^R01 or MDM^T02.

    Orders that bear the same number are one report.  An order without text shares the
    text of the message's only report (two examinations, one report).

    Raises
    ------
    MessageRejected
        PID or OBR is missing, the status is unknown, or no text is where the profile expects it.
    """
    is_document = message.first("TXA") is not None
    groups = list(message.groups()) or ([Group.of(message)] if is_document else [])
    if not is_document:
        groups = [group for group in groups if group.obr is not None]
    if not groups:
        raise refusal("no_segment", "OBR^1", segment="OBR")
    orders = _by_number(groups, profile)
    found = [_report(message, together, profile) for together in orders]
    with_text = [one for one in found if one.report.findings or one.report.impression]
    if len(with_text) == 1 and len(found) > 1:
        found = [_shared(one, with_text[0]) for one in found]
    for one, together in zip(found, orders, strict=True):
        _require_text(message, one.report, together, profile, alone=len(found) == 1)
    return found


def _by_number(groups: list[Group], profile: Profile) -> list[list[Group]]:
    """Orders with the same accession, filler or placer number stand together, in the order they came.

    One that has no accession number belongs to the order before it that bears its filler's
    number, as a document does that has an OBR of its own.
    """
    together: dict[tuple[int, str], list[Group]] = {}
    of_filler: dict[tuple[int, str], str] = {}
    for group in groups:
        # Two patients never share a report, whatever the numbers say.
        patient = id(group.pid)
        accession = first_value(group, profile.exam.accession_number)
        filler = first_value(group, profile.report.filler_order_number)
        number = accession or of_filler.get((patient, filler), "") or filler
        number = number or first_value(group, profile.report.placer_order_number)
        if filler:
            of_filler.setdefault((patient, filler), number)
        together.setdefault((patient, number), []).append(group)
    return list(together.values())


def _report(message: Message, groups: list[Group], profile: Profile) -> ReceivedReport:
    group = groups[0]
    patient, patient_delivered = identify(group, profile)
    require_patient(message, patient)
    texts = collect(groups, profile.sections)
    sections = finished(texts, profile.sections)
    status = _status(message, group, texts, profile)
    exam, exam_delivered = _exam(group, profile)
    fields, report_delivered = _fields(group, profile)
    if technique := sections.get("technique"):
        exam = replace(exam, technique=technique)
        exam_delivered.add("technique")
    if diagnosis := sections.get("clinical_diagnosis"):
        fields["clinical_diagnosis"] = fields["clinical_diagnosis"] or diagnosis
        report_delivered.add("clinical_diagnosis")
    delivered = {f"patient.{name}" for name in patient_delivered}
    delivered |= {f"exam.{name}" for name in exam_delivered} | {f"report.{name}" for name in report_delivered}
    delivered |= _delivered_sections(texts, sections, status)
    report = Report(
        patient=patient,
        exam=exam,
        findings=sections.get("findings", ""),
        impression=sections.get("impression", ""),
        status=status,
        abnormal_flags=_flags(group, texts, profile),
        delivered=frozenset(delivered) | profile.report_delivered,
        **fields,
    )
    placer = first_value(group, profile.report.placer_order_number)
    filler = first_value(group, profile.report.filler_order_number)
    for number in (exam.accession_number, exam.study_instance_uid, placer, filler):
        require_identifier(number, "OBR^1")
    return ReceivedReport(
        report=report,
        placer_order_number=placer,
        filler_order_number=filler,
        attachments=tuple(texts.attachments),
        unread=tuple(dict.fromkeys(texts.unread)),
    )


def _flags(group: Group, texts: Texts, profile: Profile) -> tuple[str, ...]:
    """OBX-8 as sent or as mapped; elsewhere only what is mapped, for those fields hold other things as well."""
    table = profile.values.abnormal_flag
    elsewhere = (path.value(group).upper() for path in profile.report.abnormal_flags)
    return (
        *(table.get(flag.upper(), flag) for flag in texts.flags),
        *(table[value] for value in elsewhere if value in table),
    )


def _exam(group: Group, profile: Profile) -> tuple[Exam, set[str]]:
    paths = profile.exam
    values = {name: first_value(group, getattr(paths, name)) for name in _EXAM}
    values["modality"] = mapped(first_value(group, paths.modality), profile.values.modality)
    values["performed_at"] = iso_time(first_value(group, paths.performed_at))
    identifier, name = person(group, paths.technician)
    values["technician"] = name or identifier
    return Exam(**values), valued(values) | nulls(group, values, paths)


def _fields(group: Group, profile: Profile) -> tuple[dict[str, Any], set[str]]:
    paths = profile.report
    values: dict[str, Any] = {name: first_value(group, getattr(paths, name)) for name in _REPORT}
    values["reported_at"] = iso_time(first_value(group, paths.reported_at))
    values["author_id"], values["author"] = person(group, paths.author)
    values["verifier_id"], values["verifier"] = person(group, paths.verifier)
    values["modified_by"] = person(group, paths.modified_by)[1]
    delivered = valued(values) | nulls(group, values, paths)
    values["reported_at_source"] = paths.reported_at_source
    if paths.reported_at_source:
        delivered.add("reported_at_source")
    return values, delivered


def _status(message: Message, group: Group, texts: Texts, profile: Profile) -> ReportStatus:
    """OBR-25 or TXA-17, else what the sections' OBX-11 say together; an MDM's event may say more."""
    head, txa = message.first("MSH"), message.first("TXA")
    event = head.value(9, 2) if head and txa else ""
    if texts.withdrawn or event == "T11" or (txa and txa.value(19, 1).upper() == "CA"):
        return ReportStatus.CANCELLED
    status = _said_status(group, texts, profile)
    if event in _CORRECTS and status is ReportStatus.FINAL:
        return ReportStatus.CORRECTED
    return status


def _said_status(group: Group, texts: Texts, profile: Profile) -> ReportStatus:
    table = profile.values.report_status
    for path in profile.report.status:
        if sent := path.value(group).upper():
            if sent not in table:
                raise refusal(
                    "table_value",
                    f"{path.segment}^1^{path.field}",
                    field=f"{path.segment}-{path.field}",
                    found=sent,
                    table="report_status",
                    profile=profile.name,
                )
            return table[sent]
    given = {table[sent] for sent in texts.statuses if sent in table}
    if given == {ReportStatus.CANCELLED}:
        return ReportStatus.CANCELLED
    for status in (ReportStatus.CORRECTED, ReportStatus.PRELIMINARY):
        if status in given:
            return status
    return ReportStatus.FINAL


def _delivered_sections(texts: Texts, sections: dict[Any, str], status: ReportStatus) -> set[str]:
    """A sender that marks its sections delivers both: a final report without one of them has left it out."""
    delivered = {name for name in _SECTIONED if name in sections}
    marked = any(name in texts.lines for name in _SECTIONED)
    if marked and status in (ReportStatus.FINAL, ReportStatus.CORRECTED):
        delivered.update(_SECTIONED)
    return delivered


def _shared(one: ReceivedReport, full: ReceivedReport) -> ReceivedReport:
    if one is full or one.report.patient != full.report.patient:
        return one
    if one.report.status is ReportStatus.CANCELLED:
        return one
    exam = replace(one.report.exam, technique=one.report.exam.technique or full.report.exam.technique)
    report = replace(
        one.report,
        exam=exam,
        findings=full.report.findings,
        impression=full.report.impression,
        abnormal_flags=full.report.abnormal_flags,
        delivered=one.report.delivered | full.report.delivered,
    )
    return replace(one, report=report, attachments=one.attachments or full.attachments)


def _require_text(
    message: Message, report: Report, groups: list[Group], profile: Profile, *, alone: bool
) -> None:
    if report.findings.strip() or report.impression.strip() or report.status is ReportStatus.CANCELLED:
        return
    found: dict[str, list[str]] = {"no_report_text": [], "empty_report_text": [], "no_text_type": []}
    for obx in (segment for group in groups for segment in group.rest if segment.name == "OBX"):
        kind = obx.value(2).upper()
        code = obx.value(3, 1) or obx.value(3, 2) or kind
        if kind not in TEXT:
            found["no_text_type"].append(kind)
        elif section_of(obx, kind, profile.sections) in (None, "ignore"):
            found["no_report_text"].append(code)
        elif not obx.value(5).strip():
            found["empty_report_text"].append(code)
    for why, names in found.items():
        if told := ", ".join(dict.fromkeys(filter(None, names))):
            raise refusal(why, "OBX^1^5", found=told, profile=profile.name)
    number = next((n for n, obr in enumerate(message.all("OBR"), 1) if obr is groups[0].obr), 0)
    if alone or not number:
        raise refusal("no_obx", "OBX^1^5", profile=profile.name)
    raise refusal("no_text_of_one", f"OBR^{number}", number=str(number), found=report.exam.exam_item)
