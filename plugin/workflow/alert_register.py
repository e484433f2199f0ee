"""The register of critical values (危急值登记本), as Chinese hospitals keep it on paper.

One row an alert, with the columns that inspections ask for; exercises stand in it as what
they are, and count in no figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from plugin.domain.critical import AlertState, AlertStep
from plugin.domain.listing import AlertCase
from plugin.workflow.alert_trail import REMINDER, SYSTEM, Note

COLUMNS = (
    "检查日期", "患者姓名", "病案号", "科室床号", "检查项目", "检查结果",
    "临床联系人", "联系电话", "联系时间", "报告人", "备注",
)  # fmt: skip
"""The paper book's columns, in its order."""

_UNSAID = "更正后的报告不再含此结果"

_NOTED = frozenset({AlertState.DECLINED, AlertState.HANDLED, AlertState.REVOKED})


def register_rows(cases: Sequence[AlertCase], zone: tzinfo) -> list[tuple[str, ...]]:
    """Cases as rows of :data:`COLUMNS`, oldest first; times to the minute by the hospital's clock."""
    return [_row(case, zone) for case in sorted(cases, key=lambda case: case.row.alert.detected_at)]


def _row(case: AlertCase, zone: tzinfo) -> tuple[str, ...]:
    row, alert = case.row, case.row.alert
    bed = f"{row.bed}床" if row.bed and not row.bed.endswith("床") else row.bed
    return (
        case.performed_at or _minute(alert.detected_at, zone),
        row.patient_name,
        case.record_number,
        " ".join(part for part in (row.department, row.ward, bed) if part),
        row.exam_item,
        alert.finding.name
        if alert.finding.text == alert.finding.name
        else f"{alert.finding.name}：{alert.finding.text}",
        alert.acknowledged_by,
        phone_of(case.trail),
        _minute(alert.acknowledged_at, zone),
        case.reporter
        or _people(case.trail, AlertState.CONFIRMED)
        or _people(case.trail, AlertState.DETECTED),
        _remarks(case, zone),
    )


def phone_of(trail: Sequence[AlertStep]) -> str:
    """The number at which the value was read back, or else the last that was called."""
    numbers = [step.phone for step in trail if step.phone and step.state is AlertState.ACKNOWLEDGED]
    called = [step.phone for step in trail if step.phone]
    return (numbers or called or [""])[-1]


def _remarks(case: AlertCase, zone: tzinfo) -> str:
    said = []
    if case.row.alert.is_drill:
        said.append("演练")
    if checked := _people(case.trail, AlertState.CONFIRMED):
        said.append(f"核对：{checked}")
    climbed = [step for step in case.trail if step.state is AlertState.ESCALATED]
    again = sum(step.note.startswith(REMINDER) for step in climbed)
    if len(climbed) > again:
        said.append(f"逐级上报 {len(climbed) - again} 次")
    if again:
        said.append(f"无人接收，再次提醒 {again} 次")
    names = {AlertState.DECLINED: "退回", AlertState.HANDLED: "处置", AlertState.REVOKED: "撤销"}
    said += [
        f"{names[step.state]} {_minute(step.at, zone)} {_UNSAID if step.note == Note.UNSAID else step.note}"
        for step in case.trail
        if step.state in _NOTED
    ]
    return "；".join(said)


def _people(trail: Sequence[AlertStep], state: AlertState) -> str:
    return "、".join(dict.fromkeys(s.actor for s in trail if s.state is state and s.actor != SYSTEM))


def _minute(at: datetime | None, zone: tzinfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M") if at else ""
