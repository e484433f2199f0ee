"""DB50 7.1 数据质量: timeliness, consistency, completeness, accuracy, continuity, with the cases behind each figure.

Computed from what came over the wire.  A field that no sender delivers is not known and
counts for nothing; a group of fields without any source is shown as not measurable
(decisions 29).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Literal

from plugin.kit.registry import Options
from plugin.kit.settings import load
from plugin.rules.recognition_items import DICOM_CLASSES

Kind = Literal["emergency", "routine", "special"]
Form = Literal["text", "date", "time", "sex", "age", "modality", "status"]

_PLACEHOLDER = re.compile(r"[\s\-—_/\\.?？*无空X×]*", re.IGNORECASE)
_FORMS: Mapping[str, re.Pattern[str]] = {
    "date": re.compile(r"\d{4}[-/.]?\d{1,2}[-/.]?\d{1,2}"),
    "time": re.compile(
        r"\d{4}[-/.]?\d{1,2}[-/.]?\d{1,2}[ T]?\d{1,2}:?\d{2}(:?\d{2}(\.\d+)?)?([+-]\d{2}:?\d{2}|Z)?"
    ),
    "sex": re.compile(r"[MFOU]|男|女"),
    "age": re.compile(r"\d{1,3}\s*([YMWD]|岁|月|周|天)?"),
    "status": re.compile(r"[PFCX]|preliminary|final|corrected|cancelled"),
}


class Limit(Options):
    """A report must be out `report_h` hours after the examination."""

    kind: Kind
    modalities: tuple[str, ...]
    report_h: float


class Timeliness(Options):
    """7.1.1; `warn_share` of a limit without report is time for an alarm."""

    clause: str
    warn_share: float = 0.8
    upload_h: float
    limits: tuple[Limit, ...]


class Pair(Options):
    """Fields that must say the same."""

    text: str
    fields: tuple[str, ...]


class Consistency(Options):
    """7.1.2."""

    clause: str
    least: float
    pairs: tuple[Pair, ...]


class Group(Options):
    """Fields of one kind of information."""

    text: str
    fields: tuple[str, ...]


class Completeness(Options):
    """7.1.3."""

    clause: str
    least: float
    groups: tuple[Group, ...]


class FormGroup(Options):
    """Fields of one kind of information, and the form of each."""

    text: str
    fields: dict[str, Form]


class Accuracy(Options):
    """7.1.4."""

    clause: str
    least: float
    groups: tuple[FormGroup, ...]


class Continuity(Options):
    """7.1.5."""

    clause: str
    longest_gap_h: float


class DataQualityRules(Options):
    """``config/data_quality.toml``."""

    timeliness: Timeliness
    consistency: Consistency
    completeness: Completeness
    accuracy: Accuracy
    continuity: Continuity

    @classmethod
    def read(cls, config_dir: Path) -> DataQualityRules:
        """Read the file.

        Raises
        ------
        ConfigError
            Naming file, line and key of the first mistake.
        """
        return load(cls, config_dir / "data_quality.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRecord:
    """One study as the wire told it.

    Parameters
    ----------
    fields
        Dotted name to value; a name that is absent was not delivered, an empty value was left empty.
    performed_at, reported_at, uploaded_at
        With time zone; ``None`` when not known (yet).
    """

    accession_number: str
    modality: str
    kind: Kind = "routine"
    fields: Mapping[str, str] = field(default_factory=dict)
    performed_at: datetime | None = None
    reported_at: datetime | None = None
    uploaded_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure: share of what meets the standard, and the cases that do not.

    Parameters
    ----------
    share
        0 to 1, ``None`` when nothing could be measured.
    least
        What the standard asks for.
    cases
        Accession number and what is wrong, in Chinese.
    """

    name: str
    text: str
    clause: str
    share: float | None
    least: float
    measured: int
    cases: tuple[tuple[str, str], ...] = ()

    @property
    def met(self) -> bool | None:
        """``None`` when it could not be measured."""
        return None if self.share is None else self.share >= self.least


def figures(rules: DataQualityRules, records: Sequence[StudyRecord], now: datetime) -> tuple[Figure, ...]:
    """All figures of a period: timeliness, upload, consistency, completeness, accuracy, each group, continuity."""
    complete, accurate = rules.completeness, rules.accuracy
    by_group = [_completeness(complete, group, records) for group in complete.groups]
    by_form = [_accuracy(accurate, group, records) for group in accurate.groups]
    return (
        _timeliness(rules.timeliness, records, now),
        _upload(rules.timeliness, records, now),
        _consistency(rules.consistency, records),
        _total("completeness", "完整性", complete.clause, complete.least, by_group),
        *by_group,
        _total("accuracy", "准确性", accurate.clause, accurate.least, by_form),
        *by_form,
        _continuity(rules.continuity, records, now),
    )


def due(
    rules: DataQualityRules, records: Iterable[StudyRecord], now: datetime
) -> tuple[tuple[str, str], ...]:
    """Alarms before a limit is broken: examinations without report whose time is running out."""
    alarms = []
    for each in records:
        limit = _limit(rules.timeliness, each)
        if limit is None or each.performed_at is None or each.reported_at is not None:
            continue
        passed = now - each.performed_at
        if limit * rules.timeliness.warn_share <= passed < limit:
            minutes = int((limit - passed).total_seconds() // 60)
            alarms.append((each.accession_number, f"距报告时限还有{minutes}分钟"))
    return tuple(alarms)


def _limit(rules: Timeliness, record: StudyRecord) -> timedelta | None:
    modality = DICOM_CLASSES.get(record.modality.upper(), record.modality).replace("MG", "DR")
    for limit in rules.limits:
        if limit.kind == record.kind and modality in limit.modalities:
            return timedelta(hours=limit.report_h)
    return None


def _timeliness(rules: Timeliness, records: Sequence[StudyRecord], now: datetime) -> Figure:
    cases, measured = [], 0
    for each in records:
        limit = _limit(rules, each)
        if limit is None or each.performed_at is None:
            continue
        if each.reported_at is None and now - each.performed_at < limit:
            continue
        measured += 1
        taken = (each.reported_at or now) - each.performed_at
        if taken >= limit:
            word = "用时" if each.reported_at else "尚无报告，已过"
            cases.append((each.accession_number, f"{word}{_hours(taken)}，时限{_hours(limit)}"))
    return _figure("timeliness", "报告及时性", rules.clause, 1.0, measured, cases)


def _upload(rules: Timeliness, records: Sequence[StudyRecord], now: datetime) -> Figure:
    limit = timedelta(hours=rules.upload_h)
    cases, measured = [], 0
    for each in records:
        if each.performed_at is None or (each.uploaded_at is None and now - each.performed_at < limit):
            continue
        measured += 1
        taken = (each.uploaded_at or now) - each.performed_at
        if taken >= limit:
            word = "上传用时" if each.uploaded_at else "尚未上传，已过"
            cases.append((each.accession_number, f"{word}{_hours(taken)}"))
    return _figure("upload", "上传及时性", rules.clause, 1.0, measured, cases)


def _consistency(rules: Consistency, records: Sequence[StudyRecord]) -> Figure:
    cases, measured = [], 0
    for each in records:
        compared, wrong = False, []
        for pair in rules.pairs:
            values = {_same(pair, each.fields[name]) for name in pair.fields if each.fields.get(name)}
            compared = compared or sum(bool(each.fields.get(name)) for name in pair.fields) > 1
            if len(values) > 1:
                wrong.append(pair.text)
        measured += compared
        if wrong:
            cases.append((each.accession_number, f"不一致：{'、'.join(wrong)}"))
    return _figure("consistency", "一致性", rules.clause, rules.least, measured, cases)


def _same(pair: Pair, value: str) -> str:
    plain = value.strip().upper()
    modality = pair.fields and pair.fields[0].endswith("modality")
    return DICOM_CLASSES.get(plain, plain).replace("MG", "DR") if modality else plain


def _completeness(rules: Completeness, group: Group, records: Sequence[StudyRecord]) -> Figure:
    cases, measured = [], 0
    for each in records:
        delivered = [name for name in group.fields if name in each.fields]
        measured += bool(delivered)
        if empty := [name for name in delivered if _PLACEHOLDER.fullmatch(each.fields[name])]:
            cases.append((each.accession_number, f"为空：{'、'.join(empty)}"))
    return _figure("completeness", group.text, rules.clause, rules.least, measured, cases)


def _accuracy(rules: Accuracy, group: FormGroup, records: Sequence[StudyRecord]) -> Figure:
    cases, measured = [], 0
    for each in records:
        # An empty field is incomplete, not inaccurate.
        filled = {
            name: each.fields[name].strip() for name in group.fields if each.fields.get(name, "").strip()
        }
        measured += bool(filled)
        if wrong := [name for name, value in filled.items() if not _has_form(value, group.fields[name])]:
            cases.append((each.accession_number, f"内容不合规：{'、'.join(wrong)}"))
    return _figure("accuracy", group.text, rules.clause, rules.least, measured, cases)


def _has_form(value: str, form: Form) -> bool:
    if form == "modality":
        return value.upper() in DICOM_CLASSES or value.upper() in {"US", "NM", "PT", "XA", "RF", "ES"}
    if form == "text":
        return _PLACEHOLDER.fullmatch(value) is None
    return _FORMS[form].fullmatch(value) is not None


def _continuity(rules: Continuity, records: Sequence[StudyRecord], now: datetime) -> Figure:
    """Every pause between uploads counts, the one that still lasts too."""
    uploads = sorted(each.uploaded_at for each in records if each.uploaded_at is not None)
    limit = timedelta(hours=rules.longest_gap_h)
    pauses = list(pairwise([*uploads, now])) if uploads else []
    cases = [
        ("", f"{start.isoformat(timespec='minutes')} 起间断{_hours(end - start)}")
        for start, end in pauses
        if end - start > limit
    ]
    return _figure("continuity", "连续性", rules.clause, 1.0, len(pauses), cases)


def _total(name: str, text: str, clause: str, least: float, groups: Sequence[Figure]) -> Figure:
    """Over all groups that could be measured, each weighing alike."""
    shares = [group.share for group in groups if group.share is not None]
    share = sum(shares) / len(shares) if shares else None
    measured = sum(group.measured for group in groups)
    return Figure(name=name, text=text, clause=clause, share=share, least=least, measured=measured)


def _figure(
    name: str, text: str, clause: str, least: float, measured: int, cases: Sequence[tuple[str, str]]
) -> Figure:
    share = (measured - len(cases)) / measured if measured else None
    return Figure(
        name=name, text=text, clause=clause, share=share, least=least, measured=measured, cases=tuple(cases)
    )


def _hours(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    return f"{hours:.1f}小时" if hours >= 1 else f"{hours * 60:.0f}分钟"
