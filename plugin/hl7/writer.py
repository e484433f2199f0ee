"""Outbound ORU^R01: a critical value, a score, a label; and a held report passed on as it came.

Every value is escaped here, whatever it holds; a text can never end a segment or a frame.
Codes of our own are in the coding system ``99SIGNGATE``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from pydantic import field_validator

from plugin.domain.critical import Alert, Tier
from plugin.domain.errors import InvalidInput
from plugin.domain.order import ImagingOrder
from plugin.domain.patient import Patient
from plugin.domain.recognition import Label
from plugin.domain.report import Report
from plugin.domain.scoring import ScoreSheet
from plugin.hl7.charset import codec_of
from plugin.hl7.escape import escape, escape_formatted
from plugin.hl7.header import DEFAULT_DELIMITERS as D
from plugin.kit.registry import Options

OURS = "99SIGNGATE"
CRITICAL = ("73568-8", "Communication of critical results", "LN")
"""LOINC for the fact that, and what, was told."""

_FLAGS = {Tier.RED: "AA", Tier.ORANGE: "AA", Tier.YELLOW: "A"}
"""OBX-8 (HL7 table 0078); a follow-up list entry is abnormal, not critical."""


class Correspondent(Options):
    """How a receiver wants to be addressed: MSH-3 to MSH-6, MSH-11, MSH-12, MSH-18, and the clock of MSH-7."""

    sending_application: str = "SIGNGATE"
    sending_facility: str = ""
    receiving_application: str = ""
    receiving_facility: str = ""
    processing_id: str = "P"
    version: str = "2.5.1"
    charset: str = "UNICODE UTF-8"
    time_zone: str = "Asia/Shanghai"

    @field_validator("charset")
    @classmethod
    def _known(cls, name: str) -> str:
        if not codec_of(name):
            raise ValueError(f"{name!r} is not a character set of HL7 table 0211")
        return name


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """Identity of one outbound message; the same one is written again when it is sent again."""

    control_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The examination that a message is about."""

    patient: Patient
    accession_number: str
    placer_order_number: str = ""
    filler_order_number: str = ""
    exam_item_code: str = ""
    exam_item: str = ""
    modality: str = ""
    performed_at: str = ""

    @classmethod
    def of(cls, accession_number: str, report: Report | None, order: ImagingOrder | None) -> Subject:
        """From what is known of an examination, the report first."""
        exam = report.exam if report else None
        return cls(
            patient=report.patient if report else order.patient if order else Patient(),
            accession_number=accession_number,
            placer_order_number=order.placer_order_number if order else "",
            filler_order_number=order.filler_order_number if order else "",
            exam_item_code=(exam.exam_item_code if exam else "") or (order.exam_item_code if order else ""),
            exam_item=(exam.exam_item if exam else "") or (order.exam_item if order else ""),
            modality=(exam.modality if exam else "") or (order.modality if order else ""),
            performed_at=exam.performed_at if exam else "",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Observation:
    kind: str
    code: tuple[str, str, str]
    value: str
    """Already escaped."""
    flag: str = ""


def alert_message(
    alert: Alert,
    subject: Subject,
    to: Correspondent,
    stamp: Stamp,
    *,
    revoked: bool = False,
    acknowledged: bool = False,
) -> bytes:
    """ORU^R01 that tells a critical value: OBX-8 ``AA``, LOINC 73568-8, then code, tier and time limit.

    OBX-5 of the first OBX is the text that a read-back must match.  A revoked alert is the
    same message with OBR-25 and OBX-11 ``X``; one that was read back says by whom and when.
    """
    finding = alert.finding
    flag = _FLAGS[finding.tier]
    observations = [
        _Observation(kind="TX", code=CRITICAL, value=escape_formatted(finding.text, D), flag=flag),
        _Observation(
            kind="CWE",
            code=("CRITICAL_FINDING", "危急值", OURS),
            value=_coded(finding.code, finding.name),
            flag=flag,
        ),
        _Observation(
            kind="ST", code=("CRITICAL_TIER", "危急值级别", OURS), value=escape(finding.tier.value, D)
        ),
        _Observation(kind="ST", code=("ALERT_ID", "危急值记录号", OURS), value=escape(alert.alert_id, D)),
    ]
    if alert.due_at:
        value = _time(alert.due_at, to)
        observations.append(_Observation(kind="TS", code=("ALERT_DUE", "应回报时间", OURS), value=value))
    if acknowledged and alert.acknowledged_at:
        who = escape(alert.acknowledged_by, D)
        observations.append(_Observation(kind="ST", code=("ACKNOWLEDGED_BY", "回报人", OURS), value=who))
        value = _time(alert.acknowledged_at, to)
        observations.append(_Observation(kind="TS", code=("ACKNOWLEDGED_AT", "回报时间", OURS), value=value))
    service = ("CRITICAL", "危急值通报", OURS)
    status = "X" if revoked else "F"
    return _oru(subject, service, observations, to, stamp, alert.detected_at, status=status)


def score_message(sheet: ScoreSheet, subject: Subject, to: Correspondent, stamp: Stamp) -> bytes:
    """ORU^R01 of a filled form: score, grade, mode, and each deduction with its reason."""
    result = sheet.result
    observations = [
        _Observation(
            kind="CWE", code=("QC_GRADE", "质控等级", OURS), value=_coded(result.grade, result.grade)
        ),
        _Observation(kind="ST", code=("QC_MODE", "质控方式", OURS), value=escape(sheet.mode.value, D)),
    ]
    if result.score is not None:
        score = _Observation(kind="NM", code=("QC_SCORE", "质控评分", OURS), value=str(result.score))
        observations.insert(0, score)
    for deduction in result.deductions:
        text = f"{deduction.text}：{deduction.reason}" if deduction.reason else deduction.text
        observations.append(
            _Observation(
                kind="TX",
                code=("QC_FATAL" if deduction.severe else "QC_NONCONFORMING", "扣分项", OURS),
                value=escape_formatted(text, D),
            )
        )
    service = (f"QC_{sheet.form_id}", "质量控制评分", OURS)
    return _oru(subject, service, observations, to, stamp, sheet.scored_at)


def label_message(label: Label, subject: Subject, to: Correspondent, stamp: Stamp) -> bytes:
    """ORU^R01 of a mutual-recognition label: its mark, region and item; a withdrawn one is corrected to nothing (OBR-25 X)."""
    decision = label.decision
    withdrawn = label.withdrawn_at is not None
    observations = [
        _Observation(kind="ST", code=("LABEL", "互认标识", OURS), value=escape(decision.mark, D)),
        _Observation(kind="ST", code=("LABEL_REGION", "互认区域", OURS), value=escape(decision.region_id, D)),
    ]
    if decision.item:
        item = _coded(str(decision.item.number), decision.item.printed)
        observations.append(_Observation(kind="CWE", code=("LABEL_ITEM", "互认项目", OURS), value=item))
    if withdrawn:
        reason = escape_formatted(label.withdrawn_reason, D)
        observations.append(_Observation(kind="TX", code=("LABEL_WITHDRAWN", "撤销原因", OURS), value=reason))
    at = label.withdrawn_at or label.decided_at
    service = ("RECOGNITION", "检查结果互认", OURS)
    return _oru(subject, service, observations, to, stamp, at, status="X" if withdrawn else "F")


def ping_message(to: Correspondent, stamp: Stamp) -> bytes:
    """Header alone, a network management query (NMD): a receiver that lives answers it, if only AR."""
    text = _msh(to, stamp).replace("ORU^R01^ORU_R01", "NMD^N02") + "\r"
    return text.encode(codec_of(to.charset))


def _oru(
    subject: Subject,
    service: tuple[str, str, str],
    observations: Iterable[_Observation],
    to: Correspondent,
    stamp: Stamp,
    observed_at: datetime,
    status: str = "F",
) -> bytes:
    patient = subject.patient
    segments = [
        _msh(to, stamp),
        _segment(
            "PID",
            {
                1: "1",
                3: _parts(patient.patient_id, "", "", patient.assigning_authority),
                5: escape(patient.name, D),
                7: escape(patient.birth_date.replace("-", ""), D),
                8: escape(patient.sex, D),
            },
        ),
        _segment(
            "OBR",
            {
                1: "1",
                2: escape(subject.placer_order_number, D),
                3: escape(subject.filler_order_number or subject.accession_number, D),
                4: _parts(*service, subject.exam_item_code, subject.exam_item),
                7: escape("".join(c for c in subject.performed_at if c.isdigit())[:14], D),
                18: escape(subject.accession_number, D),
                22: _time(observed_at, to),
                24: escape(subject.modality, D),
                25: status,
            },
        ),
    ]
    for number, observation in enumerate(observations, 1):
        segments.append(
            _segment(
                "OBX",
                {
                    1: str(number),
                    2: observation.kind,
                    3: _parts(*observation.code),
                    5: observation.value,
                    8: observation.flag,
                    11: status,
                },
            )
        )
    text = "\r".join(segments) + "\r"
    try:
        return text.encode(codec_of(to.charset))
    except UnicodeEncodeError as error:
        lost = text[error.start]
        raise InvalidInput(
            "charset", f"{to.charset} has no {lost!r}; choose GB 18030-2000 or UNICODE UTF-8"
        ) from error


def _msh(to: Correspondent, stamp: Stamp) -> str:
    # MSH-1 is the separator, so MSH-n is the element n - 1 of the list.
    fields = {
        2: escape(to.sending_application, D),
        3: escape(to.sending_facility, D),
        4: escape(to.receiving_application, D),
        5: escape(to.receiving_facility, D),
        6: _time(stamp.at, to),
        8: "ORU^R01^ORU_R01",
        9: escape(stamp.control_id, D),
        10: escape(to.processing_id, D),
        11: escape(to.version, D),
        17: escape(to.charset, D),
    }
    return _segment("MSH", {1: "^~\\&", **fields})


def _segment(name: str, fields: dict[int, str]) -> str:
    return "|".join([name, *(fields.get(number, "") for number in range(1, max(fields) + 1))])


def _parts(*values: str) -> str:
    return "^".join(escape(value, D) for value in values).rstrip("^")


def _coded(code: str, text: str) -> str:
    return _parts(code, text, OURS)


def _time(at: datetime, to: Correspondent) -> str:
    return at.astimezone(ZoneInfo(to.time_zone)).strftime("%Y%m%d%H%M%S%z")
