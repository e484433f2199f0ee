"""DB50 7.1.2 一致性, 7.1.3 完整性, 7.1.4 准确性: what the fields of a study say, and what they leave out."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from plugin.domain.data_quality import Figure, StudyRecord
from plugin.kit.registry import Options
from plugin.kit.settings import Share
from plugin.rules.data_quality.times import met_by
from plugin.rules.recognition.items import DICOM_CLASSES

Form = Literal["text", "date", "time", "sex", "age", "modality", "status"]

_PLACEHOLDER = re.compile(r"[\s\-—_/\\.?？*无空X×]*", re.IGNORECASE)
_FORMS: Mapping[str, re.Pattern[str]] = {
    "date": re.compile(r"\d{4}[-/.]?\d{1,2}[-/.]?\d{1,2}"),
    "time": re.compile(
        r"\d{4}[-/.年]?\d{1,2}[-/.月]?\d{1,2}日?[ T]*\d{1,2}[:时]?\d{2}(:?\d{2}(\.\d+)?)?分?([+-]\d{2}:?\d{2}|Z)?"
    ),
    "sex": re.compile(r"[MFOU]|男|女"),
    "age": re.compile(r"\d{1,3}\s*([YMWD]|岁|月|个月|周|天)?"),
    "status": re.compile(r"[PFCX]|preliminary|final|corrected|cancelled"),
}
_OTHER_MODALITIES = frozenset({"US", "NM", "PT", "XA", "RF", "ES"})


class Pair(Options):
    """Fields that must say the same."""

    text: str
    fields: tuple[str, ...]


class Consistency(Options):
    """7.1.2; `rules` of the report checks whose findings are contradictions of report and images."""

    clause: str
    least: Share
    pairs: tuple[Pair, ...]
    rules: dict[str, str] = {}


class Group(Options):
    """Fields of one kind of information."""

    text: str
    fields: tuple[str, ...]


class Completeness(Options):
    """7.1.3.

    Parameters
    ----------
    expected_share
        A field that at least this share of a modality's studies brings is delivered by this site:
        where it does not come, it is missing.
    """

    clause: str
    least: Share
    expected_share: Share = 0.5
    groups: tuple[Group, ...]


class FormGroup(Options):
    """Fields of one kind of information, and the form of each."""

    text: str
    fields: dict[str, Form]


class Accuracy(Options):
    """7.1.4."""

    clause: str
    least: Share
    groups: tuple[FormGroup, ...]


def with_expected(records: Sequence[StudyRecord], share: float) -> list[StudyRecord]:
    """`records`, where a field that its kin usually bring stands empty if it did not come.

    Fields of the report are expected of reported studies only.
    """
    kin: dict[tuple[str, bool], list[StudyRecord]] = defaultdict(list)
    for each in records:
        kin[each.modality, each.reported].append(each)
    expected: dict[tuple[str, bool], dict[str, str]] = {}
    for key, members in kin.items():
        counts = Counter(name for each in members for name, value in each.fields.items() if value)
        expected[key] = {name: "" for name, times in counts.items() if times >= share * len(members)}
    return [
        replace(each, fields={**expected[each.modality, each.reported], **each.fields}) for each in records
    ]


def consistent(rules: Consistency, records: Sequence[StudyRecord]) -> Figure:
    """Requisition, report and images name the same patient, number and modality."""
    cases, measured = [], 0
    for each in records:
        compared, wrong = False, list(each.contradictions)
        for pair in rules.pairs:
            said = [each.fields[name] for name in pair.fields if each.fields.get(name)]
            compared = compared or len(said) > 1
            if len({_same(pair, value) for value in said}) > 1:
                wrong.append(pair.text)
        measured += compared or bool(wrong)
        if wrong:
            cases.append((each.accession_number, f"不一致：{'、'.join(wrong)}"))
    return met_by("consistency", "一致性", rules.clause, measured, cases, rules.least)


def complete(
    rules: Completeness, records: Sequence[StudyRecord], names: Mapping[str, str]
) -> tuple[Figure, ...]:
    """The whole, then each of the ten groups."""
    groups = [_filled(rules, group, records, names) for group in rules.groups]
    return (_total("completeness", "完整性", rules.clause, rules.least, groups), *groups)


def accurate(rules: Accuracy, records: Sequence[StudyRecord], names: Mapping[str, str]) -> tuple[Figure, ...]:
    """The whole, then each of the seven groups."""
    groups = [_of_form(rules, group, records, names) for group in rules.groups]
    return (_total("accuracy", "准确性", rules.clause, rules.least, groups), *groups)


def _same(pair: Pair, value: str) -> str:
    plain = value.strip().upper()
    modality = pair.fields and pair.fields[0].endswith("modality")
    return DICOM_CLASSES.get(plain, plain).replace("MG", "DR") if modality else plain


def _filled(
    rules: Completeness, group: Group, records: Sequence[StudyRecord], names: Mapping[str, str]
) -> Figure:
    cases, measured = [], 0
    for each in records:
        delivered = [name for name in group.fields if name in each.fields]
        measured += bool(delivered)
        if empty := [name for name in delivered if _PLACEHOLDER.fullmatch(each.fields[name])]:
            cases.append((each.accession_number, f"为空：{_called(empty, names)}"))
    return _one_of(met_by("completeness", group.text, rules.clause, measured, cases, rules.least))


def _of_form(
    rules: Accuracy, group: FormGroup, records: Sequence[StudyRecord], names: Mapping[str, str]
) -> Figure:
    cases, measured = [], 0
    for each in records:
        # An empty field is incomplete, not inaccurate.
        filled = {
            name: each.fields[name].strip() for name in group.fields if each.fields.get(name, "").strip()
        }
        measured += bool(filled)
        if wrong := [name for name, value in filled.items() if not _has_form(value, group.fields[name])]:
            cases.append((each.accession_number, f"内容不合规：{_called(wrong, names)}"))
    return _one_of(met_by("accuracy", group.text, rules.clause, measured, cases, rules.least))


def _called(fields: Sequence[str], names: Mapping[str, str]) -> str:
    return "、".join(names.get(each, each) for each in fields)


def _has_form(value: str, form: Form) -> bool:
    if form == "modality":
        return value.upper() in DICOM_CLASSES or value.upper() in _OTHER_MODALITIES
    if form == "text":
        return _PLACEHOLDER.fullmatch(value) is None
    return _FORMS[form].fullmatch(value) is not None


def _total(name: str, text: str, clause: str, least: float, groups: Sequence[Figure]) -> Figure:
    """Over all groups that could be measured, each weighing alike."""
    shares = [group.share for group in groups if group.share is not None]
    share = sum(shares) / len(shares) if shares else None
    measured = max((group.measured for group in groups), default=0)
    return Figure(name=name, text=text, clause=clause, share=share, least=least, measured=measured)


def _one_of(figure: Figure) -> Figure:
    return replace(figure, group=True)
