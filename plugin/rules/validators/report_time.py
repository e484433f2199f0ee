"""报告完成时间由 RIS 自动生成; 签发医师为最后修改者; 报告不早于检查 (000 基本要求)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from plugin.domain.issue import Issue
from plugin.rules.case_reading import CaseReading
from plugin.rules.validators.base import RuleOptions

_MOMENT = re.compile(
    r"(\d{4})\D{0,2}(\d{1,2})\D{0,2}(\d{1,2})\D{0,2}(?:T|\s|日)*(\d{1,2})\D(\d{1,2})(?:\D(\d{1,2}))?|(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})"
)


class Options(RuleOptions):
    """Options of `report_time`."""


def check(options: Options, reading: CaseReading) -> Iterator[Issue]:
    """Compare the times of the record, and who changed the report last with who signed."""
    report = reading.report
    done, told = moment(report.exam.performed_at), moment(report.reported_at)
    if done and told and told < done:
        text = f"报告时间“{report.reported_at}”早于检查时间“{report.exam.performed_at}”。"
        yield options.issue("report_time", reading.record("报告时间"), text)
    if report.reported_at_source == "manual":
        yield options.issue(
            "report_time", reading.record("报告时间"), "报告时间应由RIS系统自动生成，不应手工填写。"
        )
    last = report.modified_by.strip()
    if last and report.verifier and last not in (report.verifier.strip(), report.author.strip()):
        text = f"报告最后由{last}修改，签发医师署名为{report.verifier}；应为最后修改报告者。"
        yield options.issue("report_time", reading.record("审核医师"), text)


def moment(text: str) -> datetime | None:
    """Date and time of a printed or ISO time; ``None`` when it has no time or is none."""
    match = _MOMENT.search(text)
    if not match:
        return None
    parts = [int(part) for part in match.groups()[:5] if part] or [int(p) for p in match.groups()[6:] if p]
    year, month, day, hour, minute = parts[:5]
    try:
        return datetime(year, month, day, hour, minute, tzinfo=UTC)  # one zone for both: only compared
    except ValueError:
        return None
