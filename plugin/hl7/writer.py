"""Outbound ORU^R01: a critical value, a score, a label."""

from __future__ import annotations

from plugin.domain.critical import Alert, Tier
from plugin.domain.recognition import Label
from plugin.domain.scoring import ScoreSheet
from plugin.hl7.envelope import (
    OURS,
    Correspondent,
    Observation,
    Stamp,
    Subject,
    coded,
    in_bytes,
    msh,
    oru,
    written_time,
)
from plugin.hl7.escape import escape, escape_formatted
from plugin.hl7.header import DEFAULT_DELIMITERS as D

CRITICAL = ("73568-8", "Communication of critical results", "LN")
"""LOINC for the fact that, and what, was told."""

_FLAGS = {Tier.RED: "AA", Tier.ORANGE: "AA", Tier.YELLOW: "A"}
"""OBX-8 (HL7 table 0078); a follow-up list entry is abnormal, not critical."""

_ACR = {
    Tier.RED: ("RID49480", "ACR Category 1 Actionable Finding"),
    Tier.ORANGE: ("RID49481", "ACR Category 2 Actionable Finding"),
    Tier.YELLOW: ("RID49482", "ACR Category 3 Actionable Finding"),
}
"""RadLex (DICOM CID 7035): attention within minutes, hours, days."""


def alert_message(
    alert: Alert,
    subject: Subject,
    to: Correspondent,
    stamp: Stamp,
    *,
    revoked: bool = False,
    acknowledged: bool = False,
) -> bytes:
    """ORU^R01 that tells a critical value: OBX-8 ``AA``, LOINC 73568-8, then code, category and time limit.

    The ACR category stands in a row of its own, and the study's UID where it is known
    (113014, OBX-11 ``O``, as in IHE RAD RD).  OBX-5 of the first OBX is the text that a read-back must match.  A revoked alert is the
    same message with OBR-25 and OBX-11 ``X``; one that was read back says by whom and when.
    """
    finding = alert.finding
    flag = _FLAGS[finding.tier]
    observations = [
        Observation(kind="TX", code=CRITICAL, value=escape_formatted(finding.text, D), flag=flag),
        Observation(
            kind="CWE",
            code=("CRITICAL_FINDING", "危急值", OURS),
            value=coded(finding.code, finding.name),
            flag=flag,
        ),
        Observation(
            kind="CWE", code=("ACR_CATEGORY", "ACR分级", OURS), value=_category(finding.tier), flag=flag
        ),
        Observation(
            kind="ST", code=("CRITICAL_TIER", "危急值级别", OURS), value=escape(finding.tier.value, D)
        ),
        Observation(kind="ST", code=("ALERT_ID", "危急值记录号", OURS), value=escape(alert.alert_id, D)),
    ]
    if alert.escalation_level:
        level = str(alert.escalation_level)
        observations.append(Observation(kind="NM", code=("ESCALATION_LEVEL", "上报级别", OURS), value=level))
    if alert.due_at:
        value = written_time(alert.due_at, to)
        observations.append(Observation(kind="TS", code=("ALERT_DUE", "应回报时间", OURS), value=value))
    if acknowledged and alert.acknowledged_at:
        who = escape(alert.acknowledged_by, D)
        observations.append(Observation(kind="ST", code=("ACKNOWLEDGED_BY", "回报人", OURS), value=who))
        value = written_time(alert.acknowledged_at, to)
        observations.append(Observation(kind="TS", code=("ACKNOWLEDGED_AT", "回报时间", OURS), value=value))
    if subject.study_instance_uid:
        study, uid = ("113014", "DICOM Study", "DCM"), escape(subject.study_instance_uid, D)
        observations.append(Observation(kind="ST", code=study, value=uid, status="O"))
    service = ("CRITICAL", "危急值通报", OURS)
    status = "X" if revoked else "F"
    return oru(subject, service, observations, to, stamp, alert.detected_at, status=status)


def score_message(sheet: ScoreSheet, subject: Subject, to: Correspondent, stamp: Stamp) -> bytes:
    """ORU^R01 of a filled form: score, grade, mode, and each deduction with its reason."""
    result = sheet.result
    observations = [
        Observation(kind="CWE", code=("QC_GRADE", "质控等级", OURS), value=coded(result.grade, result.grade)),
        Observation(kind="ST", code=("QC_MODE", "质控方式", OURS), value=escape(sheet.mode.value, D)),
    ]
    if result.score is not None:
        score = Observation(kind="NM", code=("QC_SCORE", "质控评分", OURS), value=str(result.score))
        observations.insert(0, score)
    for deduction in result.deductions:
        text = f"{deduction.text}：{deduction.reason}" if deduction.reason else deduction.text
        observations.append(
            Observation(
                kind="TX",
                code=("QC_FATAL" if deduction.severe else "QC_NONCONFORMING", "扣分项", OURS),
                value=escape_formatted(text, D),
            )
        )
    service = (f"QC_{sheet.form_id}", "质量控制评分", OURS)
    return oru(subject, service, observations, to, stamp, sheet.scored_at)


def label_message(label: Label, subject: Subject, to: Correspondent, stamp: Stamp) -> bytes:
    """ORU^R01 of a mutual-recognition label: its mark, region and item; a withdrawn one is corrected to nothing (OBR-25 X)."""
    decision = label.decision
    withdrawn = label.withdrawn_at is not None
    observations = [
        Observation(kind="ST", code=("LABEL", "互认标识", OURS), value=escape(decision.mark, D)),
        Observation(kind="ST", code=("LABEL_REGION", "互认区域", OURS), value=escape(decision.region_id, D)),
    ]
    if decision.item:
        item = coded(str(decision.item.number), decision.item.printed)
        observations.append(Observation(kind="CWE", code=("LABEL_ITEM", "互认项目", OURS), value=item))
    if withdrawn:
        reason = escape_formatted(label.withdrawn_reason, D)
        observations.append(Observation(kind="TX", code=("LABEL_WITHDRAWN", "撤销原因", OURS), value=reason))
    at = label.withdrawn_at or label.decided_at
    service = ("RECOGNITION", "检查结果互认", OURS)
    return oru(subject, service, observations, to, stamp, at, status="X" if withdrawn else "F")


def ping_message(to: Correspondent, stamp: Stamp) -> bytes:
    """Header alone, a network management query (NMD): a receiver that lives answers it, if only AR."""
    return in_bytes([msh(to, stamp, "NMD^N02")], to)


def _category(tier: Tier) -> str:
    code, text = _ACR[tier]
    return f"{code}^{text}^RADLEX"
