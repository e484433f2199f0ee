"""Numbers that decide whether a finding is critical, read from the text around it.

Each measure is a small function from the words around a mention to a value in its unit, or
``None`` when they give none; where several values stand there, the one that matters most.
A threshold in ``catalogue.toml`` names the measure and the bound.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from plugin.kit.registry import Entry, Options, Registry


class Around(NamedTuple):
    """What a measure may look at.

    Parameters
    ----------
    passage
        Folded text of the sentence that holds the mention.
    at
        Where the mention begins in it.
    report
        Folded findings and impression.
    age_days
        Of the patient; ``None`` when not known.
    """

    passage: str
    at: int
    report: str
    age_days: float | None = None


class NoOptions(Options):
    """A measure has nothing to set."""


Value: TypeAlias = float | None
Measure: TypeAlias = Callable[[Around], Value]

_N = r"(\d{1,4}(?:\.\d{1,3})?)"
_TO = rf"(?:\s?(?:mm|cm|ml|hu|%)?\s?[-~至到、]\s?{_N})?"
_LENGTH = rf"{_N}{_TO}(?:\s?[×x*]\s?{_N})?(?:\s?[×x*]\s?{_N})?\s?(mm|cm|毫米|厘米)"
_WORDS = r"[^，。；\d]{0,8}"
_UNIT = re.compile("[mc]m|[毫厘]米")
_UNIT_MM = {"mm": 1.0, "毫米": 1.0, "cm": 10.0, "厘米": 10.0}
_FRACTION = {"三分之一": 33.0, "三分之二": 67.0, "二分之一": 50.0, "一半": 50.0, "四分之一": 25.0, "四分之三": 75.0,
             "五分之四": 80.0, "1/3": 33.0, "2/3": 67.0, "1/2": 50.0, "1/4": 25.0, "3/4": 75.0, "4/5": 80.0}  # fmt: skip
_PART = r"(" + "|".join(re.escape(word) for word in _FRACTION) + r")"

_HU = re.compile(rf"(?:ct值|hu值|ct\s?值|密度值|ct)[^，。；\d]{{0,10}}{_N}{_TO}|{_N}{_TO}\s?(?:hu|h\b)")
_SHIFT = re.compile(rf"中线[^。；]{{0,30}}?{_LENGTH}")
_COMPRESSION = re.compile(
    rf"(?:压缩|萎陷|受压|气胸|塌陷|压迫|积气|体积缩小)[^。；\d]{{0,14}}?(?:(\d{{1,3}})(?:\s?%?\s?[-~至到]\s?(\d{{1,3}}))?\s?%|{_PART})"
    rf"|(?:(\d{{1,3}})\s?%|{_PART})[^，。；\d]{{0,6}}(?:压缩|萎陷|受压)"
)
_NARROWING = re.compile(
    rf"(?:狭窄|变窄|受压)[^。；\d]{{0,12}}?(?:(\d{{1,3}})(?:\s?%?\s?[-~至到]\s?(\d{{1,3}}))?\s?%|{_PART})"
)
_ANEURYSM = re.compile(
    rf"(?:动脉瘤|瘤样扩张|瘤体|瘤样膨隆|扩张|膨隆)[^。；\d]{{0,20}}?{_LENGTH}|{_LENGTH}[^，。；]{{0,8}}动脉瘤"
)
_EFFUSION = re.compile(rf"心包[^。；]{{0,40}}?{_LENGTH}")
_AAST = re.compile(
    r"aast[^。；]{0,8}?([1-5]|[ⅰⅱⅲⅳⅴ]|iv|v|i{1,3})\s?(?:级|型|度)?|([1-5]|[ⅰⅱⅲⅳⅴ]|iv|v|i{1,3})\s?级"
)
_ROMAN = {"ⅰ": 1, "ⅱ": 2, "ⅲ": 3, "ⅳ": 4, "ⅴ": 5, "i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5}
_GROWTH = re.compile(r"(?:增加|增大|增多|扩大|加重|增幅)[^，。；\d]{0,6}(\d{1,3})(?:\.\d+)?\s?%")
_NODULE = re.compile(
    rf"(?:结节|磨玻璃|ggn|ggo|病灶|影|大者|直径|长径|大小|最大)[^。；\d]{{0,26}}+{_LENGTH}|{_LENGTH}[^，。；\d]{{0,18}}(?:结节|磨玻璃)"
)
_VOLUME = re.compile(
    rf"{_N}{_TO}\s?(?:ml|毫升|cm3|cm³|立方厘米)|{_N}\s?(mm|cm)?[×x*]{_N}\s?(mm|cm)?[×x*]{_N}\s?(mm|cm)"
)
_EXTENT = re.compile(
    rf"(?:大小|范围|直径|长径|最大径|大者|长约){_WORDS}{_LENGTH}|(?=\d[\d.]*\s?(?:mm|cm)?[×x*]){_LENGTH}"
)
_THICKNESS = re.compile(rf"(?:最深|深度|深约|深处|液深|(?<!层)厚|宽约|宽度){_WORDS}{_LENGTH}")
_MONTHS = re.compile(
    r"([1-9]\d?|一|二|两|三|四|五|六|半|九|十二)(?:\s?[-~至到、]\s?(\d{1,2}|三|四|六|十二))?\s?(个月|月|周|年|天)(?:后|内|左右|复查|随访|随诊|定期)"
    r"|(?:复查|随访|随诊)[^，。；\d]{0,4}([1-9]\d?|一|二|两|三|四|五|六|半)(?:\s?[-~至到、]\s?(\d{1,2}))?\s?(个月|周|年)"
)
# What every one of them holds, and 周围 or 年龄 do not; each branch opens with a literal, so that the search skips.
_INTERVAL = re.compile(
    "|".join(unit + "(?:[后内]|左右|复查|随[访诊]|定期)" for unit in "月周年天") + "|复查|随[访诊]"
)
_SHOWN_BY = {"follow_up_months": _INTERVAL}
"""Measure to what a section holds wherever one of its sentences gives it."""
_CHINESE = {
    "一": 1.0,
    "二": 2.0,
    "两": 2.0,
    "三": 3.0,
    "四": 4.0,
    "五": 5.0,
    "六": 6.0,
    "半": 0.5,
    "九": 9.0,
    "十二": 12.0,
}
_MONTHS_IN = {"个月": 1.0, "月": 1.0, "周": 0.25, "年": 12.0, "天": 1 / 30}
_AGE = re.compile(r"\s*(\d{1,4})\s*(天|日|d|周|w|个月|月|m|岁|y)")
_DAYS_IN = {"天": 1, "日": 1, "d": 1, "周": 7, "w": 7, "个月": 30, "月": 30, "m": 30, "岁": 365, "y": 365}
_REPORT = 3_000
"""Characters of findings and impression that are searched when the sentence gives no size."""
_NEAR = 90
"""A number farther than this from the mention speaks of something else."""


def may_give(measure: str, section: str) -> bool:
    """Whether a section (folded) may give a measure at all; ``False`` spares looking for what it is of."""
    shown_by = _SHOWN_BY.get(measure)
    return shown_by is None or shown_by.search(section) is not None


def attenuation(options: NoOptions, around: Around) -> Value:
    """CT value in HU; of a range its upper end."""
    return _nearest(_HU, around, lambda match: max(_numbers(match)))


def midline_shift(options: NoOptions, around: Around) -> Value:
    """Shift of the midline in mm."""
    return _nearest(_SHIFT, around, _length)


def lung_compression(options: NoOptions, around: Around) -> Value:
    """How much of a lung is compressed, in %: of two sides the worse one, of a range its upper end."""
    near = around.passage[max(around.at - 2 * _NEAR, 0) : around.at + 2 * _NEAR]
    return max((_percent(match) for match in _COMPRESSION.finditer(near)), default=None)


def narrowing(options: NoOptions, around: Around) -> Value:
    """Narrowing of an airway in %."""
    return _nearest(_NARROWING, around, _percent)


def aneurysm_diameter(options: NoOptions, around: Around) -> Value:
    """Largest diameter of an aneurysm in mm."""
    return _nearest(_ANEURYSM, around, _length)


def effusion_depth(options: NoOptions, around: Around) -> Value:
    """Depth of a pericardial effusion in mm."""
    return _nearest(_EFFUSION, around, _length)


def aast(options: NoOptions, around: Around) -> Value:
    """AAST grade of an organ injury, 1 to 5."""
    return _nearest(_AAST, around, lambda match: float(_roman(match[1] or match[2])))


def growth(options: NoOptions, around: Around) -> Value:
    """Growth against the prior in %."""
    return _nearest(_GROWTH, around, lambda match: float(match[1]))


def volume(options: NoOptions, around: Around) -> Value:
    """Volume in ml, as given or as half the product of three diameters (多田公式)."""
    return _nearest(_VOLUME, around, _millilitres)


def extent(options: NoOptions, around: Around) -> Value:
    """Longest diameter in mm, where the text says that it gives a size."""
    return _nearest(_EXTENT, around, _length)


def thickness(options: NoOptions, around: Around) -> Value:
    """Depth or thickness in mm of what has collected."""
    return _nearest(_THICKNESS, around, _length)


def nodule_size(options: NoOptions, around: Around) -> Value:
    """Largest diameter in mm of the nodules of the report: advice and size often stand apart."""
    sizes = _nodules(around.passage[max(around.at - 2 * _NEAR, 0) : around.at + 4 * _NEAR])
    if not sizes:
        for sentence in around.report[:_REPORT].replace("\n", "。").split("。"):
            if "肺" in sentence and ("结节" in sentence or "磨玻璃" in sentence):
                sizes += _nodules(sentence)
    return max(sizes, default=None)


def follow_up_months(options: NoOptions, around: Around) -> Value:
    """Shortest interval of advised follow-up, in months."""
    if not _INTERVAL.search(around.passage):
        return None
    found = []
    for match in _MONTHS.finditer(around.passage, max(around.at - 2 * _NEAR, 0), around.at + 4 * _NEAR):
        number, unit = match[1] or match[4], match[3] or match[6]
        found.append((_CHINESE[number] if number in _CHINESE else float(number)) * _MONTHS_IN[unit])
    return min(found, default=None)


def age_days(options: NoOptions, around: Around) -> Value:
    """Age of the patient in days."""
    return around.age_days


MEASURES: Registry[Value] = Registry(
    "critical measure",
    [
        Entry("attenuation", NoOptions, attenuation),
        Entry("midline_shift", NoOptions, midline_shift),
        Entry("lung_compression", NoOptions, lung_compression),
        Entry("narrowing", NoOptions, narrowing),
        Entry("aneurysm_diameter", NoOptions, aneurysm_diameter),
        Entry("effusion_depth", NoOptions, effusion_depth),
        Entry("aast", NoOptions, aast),
        Entry("growth", NoOptions, growth),
        Entry("volume", NoOptions, volume),
        Entry("extent", NoOptions, extent),
        Entry("thickness", NoOptions, thickness),
        Entry("nodule_size", NoOptions, nodule_size),
        Entry("follow_up_months", NoOptions, follow_up_months),
        Entry("age_days", NoOptions, age_days),
    ],
    group="signgate.critical_measures",
)


@lru_cache(maxsize=512)
def age_in_days(age: str) -> float | None:
    """Days of an age as printed or sent: ``3天``, ``012D``, ``2月``, ``1岁3月``, ``072Y``."""
    match = _AGE.match(age.lower())
    return float(int(match[1]) * _DAYS_IN[match[2]]) if match else None


def _nearest(pattern: re.Pattern[str], around: Around, value: Callable[[re.Match[str]], float]) -> Value:
    best: Value = None
    distance = _NEAR
    for match in pattern.finditer(around.passage, max(around.at - 2 * _NEAR, 0), around.at + 3 * _NEAR):
        apart = max(match.start() - around.at, around.at - match.end(), 0)
        if apart < distance:
            best, distance = value(match), apart
    return best


def _nodules(words: str) -> list[float]:
    """Sizes of nodules in mm; most sentences name nodules and give no length."""
    return [_length(match) for match in _NODULE.finditer(words)] if _UNIT.search(words) else []


def _numbers(match: re.Match[str]) -> list[float]:
    return [float(group) for group in match.groups() if group]


def _percent(match: re.Match[str]) -> float:
    groups = [group for group in match.groups() if group]
    return max(_FRACTION[group] if group in _FRACTION else float(group) for group in groups)


def _length(match: re.Match[str]) -> float:
    unit = next(group for group in reversed(match.groups()) if group in _UNIT_MM)
    return max(float(group) for group in match.groups() if group and group not in _UNIT_MM) * _UNIT_MM[unit]


def _millilitres(match: re.Match[str]) -> float:
    numbers = [float(group) for group in match.groups() if group and group not in _UNIT_MM]
    units = [group for group in match.groups() if group in _UNIT_MM]
    if not units:
        return max(numbers)
    a, b, c = (number * _UNIT_MM[units[-1]] / 10 for number in numbers)
    return a * b * c / 2


def _roman(text: str) -> int:
    return _ROMAN.get(text) or int(text)
