"""报告中患者信息与申请单明显不符 (4.2.5 g): name, sex, age, number; and what the text says of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from plugin.domain.issue import Issue
from plugin.rules.case_reading import CaseReading
from plugin.rules.validators.base import RuleOptions
from plugin.rules.validators.missing_field import is_empty
from plugin.text.terms import Assertion

_AGE = re.compile(r"^0*(\d{1,3})\s*(Y|岁|周岁|M|个?月|W|周|D|天|日)?", re.I)
_OF_YEARS = "(?:老年|高龄|中老年|中年|青年|青壮年|成年|青少年|少年|年轻|幼年)"
_TEXT_SEX = re.compile(
    rf"(?:患者|受检者|病人|病员|被检者)[:，,\s]{{0,2}}(?:系|为|是)?一?[名例位]?{_OF_YEARS}?(?P<sex>男|女)性?(?![儿科友朋])"
    rf"|(?<![\u4e00-\u9fff])(?P<bare>男|女)性?，\s*\d{{1,3}}岁|(?<![\u4e00-\u9fff]){_OF_YEARS}(?P<aged>男|女)性"
    r"|该(?P<that>男|女)性(?:患者|病人|受检者)|性别[:：]?\s?(?P<labelled>男|女)"
)
_TEXT_NAME = re.compile(
    r"姓名[:：]\s?(?P<labelled>[\u4e00-\u9fff]{2,4})(?![\u4e00-\u9fff])|(?:患者|病人)(?P<bare>[\u4e00-\u9fff]{2,3})，\s?[男女]"
)
_TEXT_AGE = re.compile(
    r"(?:患者|受检者|病人|男性?|女性?|年龄[:：]?)[^。；\n]{0,6}?(?<!\d)(?P<age>\d{1,3})岁(?!前|时|后)"
)
# 患者老年男性, 老年女性: of the patient, where 其母为老年女性 is not.
_ASIDE = r"(?:(?:患者|受检者|病人)[:，]?(?:系|为|是)?一?[名例位]?|(?<![\u4e00-\u9fff]))"
_OF_CHILD = re.compile(
    r"骨骺(?:线|板)?(?:未闭|未愈合|存在|可见)|囟门?(?:未闭|膨隆|张力|饱满|宽大)|(?:二次|次级)骨化中心|乳牙|胸腺[^，。；]{0,4}帆[状征形]|新生儿|患儿|婴幼?儿|男童|女童|髓鞘化(?:未|尚未)完成"
)
_OF_OLD = re.compile(rf"老年性|老年脑|绝经[后期]|{_ASIDE}(?:老年|高龄)[男女]")
_OF_YOUNG = re.compile(rf"{_ASIDE}(?:青年|青少年|少年|幼年)[男女]")
_OF_GROWN = re.compile(
    r"退行性(?:骨关节)?[变病改]|骨质(?:疏松|增生)|骨赘|骨刺形成|骨骺线?已?闭合|前列腺增生|动脉(?:粥样)?硬化"
)
_CHILD_MARKS = ("骨骺", "囟", "骨化中心", "儿", "童", "髓鞘", "乳牙", "帆")
_OLD_MARKS, _YOUNG_MARKS = ("老年", "绝经", "高龄"), ("青年", "少年", "幼年")
_GROWN_MARKS = ("退行", "骨质", "骨赘", "骨刺", "骨骺", "前列腺", "硬化")
"""Words of which every match holds one."""
_YEARS = {"": 1.0, "Y": 1.0, "岁": 1.0, "周岁": 1.0, "M": 1 / 12, "月": 1 / 12, "个月": 1 / 12}


class Options(RuleOptions):
    """Options of `identity_mismatch`.

    Parameters
    ----------
    years_apart
        Ages that differ by more are not one person's.
    grown_years, old_years, young_years, child_years
        Above the first no growth plate is open; below the second nothing is of old age; above the
        third nobody is young; below the fourth nothing is worn.
    """

    years_apart: float = 1.0
    grown_years: float = 25.0
    old_years: float = 40.0
    young_years: float = 55.0
    child_years: float = 11.0


def check(options: Options, reading: CaseReading) -> Iterator[Issue]:
    """Compare the report's header with the order, and with the text."""
    yield from _against_order(options, reading)
    yield from _against_text(options, reading)


def _against_order(options: Options, reading: CaseReading) -> Iterator[Issue]:
    order, report = reading.order, reading.report
    if order is None:
        return
    ours, theirs = report.patient, order.patient
    pairs = (("患者ID", ours.patient_id, theirs.patient_id),
             ("检查号", report.exam.accession_number, order.accession_number))  # fmt: skip
    for label, one, other in pairs:
        if _filled(one, other) and one.strip() != other.strip():
            yield _differ(options, reading, label, one, other)
    if _filled(ours.name, theirs.name) and not _same_name(ours.name, theirs.name):
        yield _differ(options, reading, "姓名", ours.name, theirs.name)
    if {ours.sex, theirs.sex} == {"M", "F"}:
        yield _differ(options, reading, "性别", _sex(ours.sex), _sex(theirs.sex))
    one_age, other_age = years_of(ours.age), years_of(theirs.age)
    if one_age is not None and other_age is not None and abs(one_age - other_age) > options.years_apart:
        yield _differ(options, reading, "年龄", _printed(ours.age), _printed(theirs.age))


def _differ(options: Options, reading: CaseReading, label: str, one: str, other: str) -> Issue:
    says = f"{label}不一致：报告为“{one}”，申请单为“{other}”。"
    return options.issue("identity_mismatch", reading.record(label), says, (reading.ordered(label),))


def _filled(one: str, other: str) -> bool:
    return not is_empty(one) and not is_empty(other)


def _sex(sex: str) -> str:
    return {"M": "男", "F": "女"}.get(sex, sex)


_UNITS = {"Y": "岁", "M": "月", "W": "周", "D": "天"}


def _printed(age: str) -> str:
    """An age as a report prints it: 46天 for ``046D``."""
    if age.isdigit():
        return f"{int(age)}岁"
    number, unit = age[:-1].lstrip("0"), _UNITS.get(age[-1:].upper())
    return number + unit if unit and number.isdigit() else age


def _same_name(one: str, other: str) -> bool:
    """Equal but for width, case and spaces; a masked name or another script proves nothing."""
    ours, theirs = _plain(one), _plain(other)
    if ours == theirs or re.search(r"[*xX×某]", one + other):
        return True
    return ours.isascii() != theirs.isascii()


def _plain(name: str) -> str:
    folded = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"[\s·.\-^]", "", folded)


def years_of(age: str) -> float | None:
    """Years of an age as printed or sent (``072Y``, ``72岁``, ``3M``, ``5天``); ``None`` when unreadable."""
    match = _AGE.match(age.strip())
    if not match:
        return None
    unit = (match[2] or "").upper()
    if unit in {"W", "周"}:
        return int(match[1]) / 52
    if unit in {"D", "天", "日"}:
        return int(match[1]) / 365
    return int(match[1]) * _YEARS.get(unit, 1.0)


def _against_text(options: Options, reading: CaseReading) -> Iterator[Issue]:
    """患者，女性 in a man's report; open growth plates at seventy."""
    sex, age = reading.report.patient.sex, years_of(reading.report.patient.age)
    for section, text in reading.sections:
        said = text.text
        found = _TEXT_SEX.search(said) if sex in {"M", "F"} and ("男" in said or "女" in said) else None
        if found and found[found.lastgroup or 0] != _sex(sex):
            place = reading.span(section, *found.span())
            yield options.issue(
                "identity_mismatch",
                place,
                f"“{place.text}”与受检者性别（{_sex(sex)}）不符。",
                (reading.record("性别"),),
            )
        name = reading.report.patient.name
        called = _TEXT_NAME.search(said) if ("姓名" in said or "患者" in said or "病人" in said) else None
        if called and not is_empty(name) and not _same_name(name, called[called.lastgroup or 0]):
            place = reading.span(section, *called.span())
            says = f"“{place.text}”与受检者姓名（{name}）不符。"
            yield options.issue("identity_mismatch", place, says, (reading.record("姓名"),))
        if age is None:
            continue
        told = _TEXT_AGE.search(said) if "岁" in said else None
        if (
            told
            and abs(int(told["age"]) - age) > options.years_apart
            and not re.search(r"既往|曾|前", told[0])
        ):
            place = reading.span(section, *told.span())
            yield options.issue(
                "identity_mismatch",
                place,
                f"“{place.text}”与受检者年龄（{_printed(reading.report.patient.age)}）不符。",
                (reading.record("年龄"),),
            )
        for pattern, marks, wrong in (
            (_OF_CHILD, _CHILD_MARKS, age > options.grown_years),
            (_OF_OLD, _OLD_MARKS, age < options.old_years),
            (_OF_YOUNG, _YOUNG_MARKS, age > options.young_years),
            (_OF_GROWN, _GROWN_MARKS, age < options.child_years),
        ):
            match = pattern.search(said) if wrong and any(mark in said for mark in marks) else None
            if match and text.assertion_at(*match.span()) in (
                Assertion.AFFIRMED,
                Assertion.PROBABLE,
                Assertion.KNOWN,
            ):
                place = reading.span(section, *match.span())
                yield options.issue(
                    "identity_mismatch",
                    place,
                    f"“{place.text}”与受检者年龄（{_printed(reading.report.patient.age)}）不符。",
                    (reading.record("年龄"),),
                )
