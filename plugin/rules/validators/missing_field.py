"""A field of the report is empty, a placeholder, or a date without its time (000 表A.1, 001 5.3 a)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from operator import attrgetter

from plugin.domain.issue import Issue, Section, Severity, Span
from plugin.domain.order import PatientClass
from plugin.rules.case_reading import CaseReading
from plugin.rules.validators.base import RuleOptions

_PLACEHOLDER = re.compile(
    r"[Xx×✕*＊_＿\-—–/\\.。…?？\s□○◯]+[科岁年月天室床号院]?|(?:[Xx×✕]+[年月日时分秒:：/\-\s]*)+|[岁年月天]"
    r"|待填写?|待补充?|待录入?|待完善|待定|待审核?|待签名?|未填写?|未录入?|未审核?|未签名?|未知|请(?:填写|输入|选择|录入).*"
    r"|空白?|暂?缺|N/?A|null|none|nil|undefined|unknown|tbd|test|暂无|没?有|无|不详|不明|同上|(?:0000|1900)[-/.年]\d.*"
    r"|[【\[{<]\s*[^】\]}>]*\s*[】\]}>]",
    re.I,
)
_OPENING = frozenset("Xx×✕*＊_＿-—–/\\.。…?？□○◯待未请空缺NnUuTt暂没无不同岁年月天01【[{<")
"""What every placeholder begins with."""
# What stands where a text is to come: a status, a heading alone, numbers with nothing behind them.
_UNWRITTEN = re.compile(
    r"(?:(?:正式)?报告|诊断|结论|结果)?(?:待|未|尚未|后)(?:正式)?(?:科内|上级)?(?:医[师生])?(?:发|出|补|报|报告|诊断|审核?|会诊|讨论|书写|写|修改|补发|出具|完成)+"
    r"|(?:影像|放射|CT|MRI?|DR|X线|超声)?(?:诊断|检查)?(?:诊断|印象|结论|意见|提示|所见|描述|表现)[:：]?"
    r"|(?:[(（]?\d{1,2}[.、)）．]?[;；。，]?\s*)+|(?:请|此处|在此)(?:处)?(?:填写|输入|录入).*|(?:模板|草稿|测试)",
    re.I,
)
_LONGEST_UNWRITTEN = 16
_SECTIONS = {"findings": Section.FINDINGS, "impression": Section.IMPRESSION}
_UNSIGNED = frozenset(("none", "无", "未签", "未签名", "待签", "待签名"))
_TIME = re.compile(r"\d{1,2}\s*[:：时]\s*\d{1,2}|\d{8}\s*\d{4,6}|T\d{4,6}|\d{12,14}")
_DATE = re.compile(r"\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}|\d{8}")


class Options(RuleOptions):
    """Options of `missing_field`.

    Parameters
    ----------
    fields
        Delivered name to printed name: the fields that every report has.
    inpatient, outpatient
        The same for fields that only inpatients or outpatients have.
    with_time
        Fields that show a date and a time (时、分).
    section_severity
        Severity when findings or impression are empty.
    """

    fields: dict[str, str]
    inpatient: dict[str, str] = {}
    outpatient: dict[str, str] = {}
    with_time: tuple[str, ...] = ()
    section_severity: Severity = Severity.ERROR


def check(options: Options, reading: CaseReading) -> Iterator[Issue]:
    """Look at each field that the sender delivers."""
    delivered = reading.report.delivered
    for name, label in (*options.fields.items(), *_by_class(options, reading)):
        if name not in delivered:
            continue
        value = str(_getter(name)(reading.report))
        if is_empty(value, name):
            yield _missing(options, reading, name, label)
        elif name in options.with_time and _DATE.search(value) and not _TIME.search(value):
            yield options.issue(
                "missing_field", reading.record(label), f"{label}“{value}”只有日期，应显示到时、分。"
            )


def is_empty(value: str, name: str = "") -> bool:
    """Whether a field holds nothing, or a placeholder."""
    text = value.strip()
    if name == "report.signature":
        return not text or text.lower() in _UNSIGNED
    if name in _SECTIONS and len(text) <= _LONGEST_UNWRITTEN and _UNWRITTEN.fullmatch(text):
        return True
    return not text or (text[0] in _OPENING and _PLACEHOLDER.fullmatch(text) is not None)


def _by_class(options: Options, reading: CaseReading) -> Iterator[tuple[str, str]]:
    """Fields that hang on where the patient lies."""
    report = reading.report
    kind = reading.order.patient_class if reading.order else PatientClass.UNKNOWN
    if kind is PatientClass.UNKNOWN:
        if not is_empty(report.inpatient_number):
            kind = PatientClass.INPATIENT
        elif not is_empty(report.outpatient_number):
            kind = PatientClass.OUTPATIENT
    if kind is PatientClass.INPATIENT:
        yield from options.inpatient.items()
    elif kind is PatientClass.OUTPATIENT:
        yield from options.outpatient.items()
    elif kind is PatientClass.UNKNOWN:
        yield from options.inpatient.items()
        yield from options.outpatient.items()


@lru_cache(maxsize=64)
def _getter(name: str) -> attrgetter[object]:
    """From a report to its field: ``patient.name``, ``report.author``, ``findings``."""
    return attrgetter(name.removeprefix("report."))


def _missing(options: Options, reading: CaseReading, name: str, label: str) -> Issue:
    if name in _SECTIONS:
        place = Span(section=_SECTIONS[name], start=0, end=0, text="")
        return options.issue("missing_field", place, f"{label}为空。", severity=options.section_severity)
    return options.issue("missing_field", reading.record(label), f"{label}未填写或为占位符，请补全。")
